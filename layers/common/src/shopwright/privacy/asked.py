"""Overrules the recognizer in a shopper's question: changes when people write their questions in another way.

It was trained on sentences, and hears a name in much that a shopper writes without one: the word with which a question
begins, everyday words, an article's number in small letters, the words of another language.
"""

import re
from dataclasses import replace

from shopwright.privacy import names
from shopwright.privacy.policy import near
from shopwright.privacy.redact import STRUCTURED, Finding, Kind

PEOPLES = frozenset({names.LISTS["first"], names.LISTS["last"]})
_EVERYDAY = names.LISTS["common"]
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_OPENER = re.compile(rf"\W*({_WORD.pattern})\s*")
_CODE = re.compile(r"[A-Za-z]+(?:-[A-Za-z0-9]+)+")  # letters and figures in one word with hyphens
_BOUND = re.compile(r"\b(?:below|under|above|over|than|beneath|beyond)\s+[0-9]", re.I)  # "below 100": of no house
_CALLED = 3  # words in front of a name that may say that it is one


def heard(text: str, finding: Finding) -> Finding | None:
    """What is left of what the recognizer found; None: nothing that would be somebody's."""
    if finding.kind in STRUCTURED:
        return finding
    if _is_in_a_number(text, finding) or _BOUND.search(text, finding.start, finding.end):
        return None
    start = _behind_openers(text, finding)
    if (start > finding.start or _is_foreign(text)) and not _may_be_somebody(text, replace(finding, start=start)):
        return None
    left = replace(finding, start=start)
    return None if left.kind is Kind.NAME and _is_everyday(text, left) else left


def _behind_openers(text: str, finding: Finding) -> int:
    """Where the words end with which a question begins in another language."""
    start = finding.start
    while (word := _OPENER.match(text, start, finding.end)) and word[1].casefold() in near("openers"):
        start = word.end()
    return start


def _is_foreign(text: str) -> bool:
    return any(word.casefold() in near("openers") for word in _WORD.findall(text))


def _may_be_somebody(text: str, finding: Finding) -> bool:
    if _is_called_so(text, finding):
        return True
    left = text[finding.start : finding.end]
    people = any(set(names.lists(one.lower())) & PEOPLES for one in _WORD.findall(left) if one[0].isupper())
    return people or (finding.kind is Kind.ADDRESS and any(map(str.isdigit, left)))


def _is_called_so(text: str, finding: Finding) -> bool:
    """Do the words in front say that somebody's name follows?"""
    before = _WORD.findall(text[: finding.start])[-_CALLED:]
    return any(
        word.casefold() in near("introduces") or names.roles().get(word.casefold()) == "titles" for word in before
    )


def _is_in_a_number(text: str, finding: Finding) -> bool:
    """Is it a piece of an article's number, as sg-ute-110?"""
    return any(
        code.start() <= finding.start and finding.end <= code.end() and any(map(str.isdigit, code[0]))
        for code in _CODE.finditer(text)
    )


def _is_slip(word: str) -> bool:
    """Is it an everyday word with two letters that changed places: "waht"?"""
    swapped = (word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1))
    return len(word) > 3 and any(_EVERYDAY in names.lists(one) for one in swapped if one != word)


def _is_everyday(text: str, finding: Finding) -> bool:
    """One word that nobody is called by, or the plural of one at the beginning; or an island behind what it is."""
    said = text[finding.start : finding.end]
    if not said.isalpha() or _is_called_so(text, finding):
        return False
    before = [word.casefold() for word in _WORD.findall(text[: finding.start])]
    if before[-1:] == ["of"] and near("islands") & set(before[-2:]):
        return True
    held = set(names.lists(said.lower()))
    if not held & PEOPLES and (_EVERYDAY in held or (said.islower() and _is_slip(said))):
        return True
    return not before and said.endswith("s") and _EVERYDAY in names.lists(said.lower()[:-1])
