"""What is not to be there, and in which colours it is or is not: changes when we read more of denials."""

import re
from dataclasses import dataclass
from functools import cache

from shopwright.orchestrator.vocabulary import any_of, colour_names, numbers, once, said


@dataclass(frozen=True, slots=True)
class Denied:
    """What is not to be there. `as_word`: how it was written where it may be one word, such as "non-stick"."""

    what: str
    as_word: str = ""


_MOST_DENIED = 8
_AND_ALSO = re.compile(r"\s*,?\s*\b(?:or|nor)\b\s*(?:in\s+)?", re.I)
_NO_BEFORE = r"(?<!\bnot )(?<!n't )(?<!\bno )(?<!\bwithout )(?<!\bexcept )(?<!\bother than )"


def colours_in(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    wished: list[str] = []
    refused: list[str] = []
    end, denied = 0, False
    for match in _tables().colour.finditer(text):
        denied = bool(match["no"]) or (denied and bool(_AND_ALSO.fullmatch(text[end : match.start()])))
        (refused if denied else wished).append(colour_names()[match["colour"].lower()])
        end = match.end()
    return once(wished), once(one for one in refused if one not in wished)


def denied_in(text: str) -> tuple[tuple[Denied, ...], str]:
    """What is not to be there, and the text without the words that say so. Colours are read apart."""
    tables = _tables()
    found: list[Denied] = []
    rest = text
    for says, goes_on in tables.denied:
        for _ in range(_MOST_DENIED):
            match = says.search(rest)
            if match is None:
                break
            what, as_word = match["what"], match.groupdict().get("word") or ""
            lead = tables.between.match(what)
            said = what[lead.end() if lead else 0 :]
            end = tables.until.search(said) if not as_word else None
            said, left = (said[: end.start()], said[end.start() :]) if end else (said, "")
            if not goes_on and not as_word:
                said, also, others = said.partition(" and ")
                left = f"{also}{others}{left}"
            for part in re.split(r"\s+(?:or|nor|and)\s+", said):
                plain = " ".join(tables.colour.sub(" ", part).split()).strip("'\"-–")
                if plain and plain != "ones" and tables.colour.search(part):
                    left = f"{plain} {left}"  # "not red kettles" are kettles
                elif plain and plain != "ones":
                    found.append(Denied(plain, as_word))
            rest = f"{rest[: match.start()]} , {left}{rest[match.end() :]}"
    return once(found), rest


def colour_words() -> re.Pattern[str]:
    """A colour, with the words that refuse it."""
    return _tables().colour


@dataclass(frozen=True, slots=True)
class _Tables:
    """What `wanted.toml` says of denials and colours, ready to be searched with."""

    colour: re.Pattern[str]
    denied: tuple[tuple[re.Pattern[str], bool], ...]  # and whether an "and" goes on denying
    between: re.Pattern[str]
    until: re.Pattern[str]


@cache
def _tables() -> _Tables:
    lists = said("wanted")
    degrees = rf"(?:{any_of(numbers())})\s+(?:degrees|celsius|centigrade)"  # minus ten degrees
    none = rf"(?!(?:{any_of(lists['denied']['no_denial'].split())}|in stock|{degrees}|[0-9]+)(?![\w'-]))"
    words = r"[^.,;:?!()]+"
    auxiliary = r"(?:(?:is|are|do|does|has|have|ca|wo|should|need|must|would|could)n'?t|cannot)"
    all_of = any_of(lists["denied"]["all_of"])
    no = (
        r"(?P<no>\bnon-|(?:\b(?:not|no|nothing|never|neither|nor|(?:don'?t|do not) (?:want|like|need))"
        rf"|\b(?:{all_of})|\b{auxiliary})\s+"
        r"(?:be\s+|come\s+|made\s+)?(?:in\s+)?(?:the\s+|an?\s+|any\s+|colou?red\s+)?)?"
    )
    return _Tables(
        colour=re.compile(rf"{no}\b(?P<colour>{any_of(colour_names())})\b", re.I),
        denied=(
            (re.compile(rf"{_NO_BEFORE}\b(?P<word>non[- ](?P<what>[^\W_]+))\b", re.I), False),
            (re.compile(r"\b(?P<word>(?P<what>[^\W\d_]+)-free)\b(?<!hands-free)(?<!toll-free)", re.I), False),
            (re.compile(rf"(?<![\w-])(?:{all_of})\s+{none}(?P<what>{words})", re.I), True),
            (re.compile(rf"\bi (?:do not|don'?t) (?:want|like|need) {none}(?P<what>{words})", re.I), False),
            (
                re.compile(
                    r"(?<!\bi )(?<!\byou )(?<!\bwe )(?<!\bthey )(?<!\bwhy )(?<!^)"
                    rf"\b{auxiliary}\s+{none}(?P<what>{words})",
                    re.I,
                ),
                False,
            ),
            (
                re.compile(
                    r"(?<!\byou )(?<!\bthere )(?<!\bwe )(?<!\bthey )"
                    rf"\b(?:not|no|never|neither)\s+{none}(?P<what>{words})",
                    re.I,
                ),
                False,
            ),
        ),
        between=re.compile(rf"(?:(?:{any_of(lists['denied']['between'].split())})\s+)+", re.I),
        until=re.compile(rf"(?:^|\s)(?:{any_of(lists['denied']['until'].split())})(?![\w'-])", re.I),
    )
