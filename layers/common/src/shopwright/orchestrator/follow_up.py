"""What "it" is: changes when we understand more ways of asking on.

Deliberately narrow. A short question with a pronoun and no name of its own is asked about the name in the question
before; anything else is taken as it stands, since a wrong guess answers a question that nobody asked.
"""

import re
from collections.abc import Sequence

_PRONOUN = re.compile(r"\b(?:it|its|they|them|their|theirs|that one|this one|those|these)\b", re.I)
_NAME = re.compile(
    r"(?<![.!?:] )(?<!^)\b(?:[A-Z][\w'’-]*|[0-9]+[A-Z]*(?=\s+[A-Z]))"
    r"(?:\s+(?:[A-Z][\w'’-]*|[0-9]+[\w-]*|of|the|and))*"
)
_I = re.compile(r"I(?:['’]\w+)?")
_TRAILING = re.compile(r"(?:\s+(?:of|the|and))+$")
_ITS_GUARANTEE = re.compile(r"\b(?:its|their) (?P<what>guarantee|warranty)\b", re.I)
_LONGEST = 12  # words: a longer question brings its own subject


def resolve(question: str, before: Sequence[str]) -> str:
    """The question with the name that its pronoun stands for, if an earlier question (oldest first) has one."""
    if len(question.split()) > _LONGEST or not _PRONOUN.search(question) or names(question):
        return question
    for earlier in reversed(before):
        named = names(earlier)
        if named and _ITS_GUARANTEE.search(question):
            return _ITS_GUARANTEE.sub(rf"the \g<what> on the {named[-1]}", question)
        if named:
            return f"{question} ({named[-1]})"
        if not _PRONOUN.search(earlier):
            return question  # the last question that was not itself a follow-up named nothing
    return question


def has_pronoun(question: str) -> bool:
    """Whether a question stands on what was spoken of before it."""
    return bool(_PRONOUN.search(question))


def names(question: str) -> list[str]:
    """What stands with capital letters, but not where a sentence begins."""
    return [_TRAILING.sub("", match[0]) for match in _NAME.finditer(question) if not _I.fullmatch(match[0])]
