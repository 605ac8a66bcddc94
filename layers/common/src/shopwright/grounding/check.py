"""Does an answer stand on what it cites? Changes when we hold claims to another standard.

An extractive claim stands when its quotations are in the source word for word and it says nothing that they do not:
no word, no number, no unit and no "not" of its own, and none of theirs left out of a sentence.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"[0-9]+(?:[.,:][0-9]+)*|[^\W\d_]+|[^\w\s]")
_FIGURE = re.compile(r"([€$£¥]?)\s?([0-9]+(?:[.,:][0-9]+)*)\s?([€$£¥%]|[^\W\d_]+|°\s?[CF])?")
_LABELLED = re.compile(r"[^\W\d]\w*?_(?P<unit>[^\W\d_]+): (?P<number>[0-9]+(?:[.,][0-9]+)*)$")
_JOINS = frozenset({":", ",", ";", "."})
_NOT = frozenset({"not", "no", "never", "without", "except", "excluding", "cannot", "nor", "neither"})


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of an answer, the passage that it cites, and the words that it took from there."""

    text: str
    ref: int
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which claims stand and which do not."""

    supported: tuple[Claim, ...]
    unsupported: tuple[Claim, ...]

    @property
    def score(self) -> float:
        """The share of claims that stand. Saying nothing is not being right."""
        said = len(self.supported) + len(self.unsupported)
        return len(self.supported) / said if said else 0.0


def check(claims: Iterable[Claim], sources: Mapping[int, str]) -> Verdict:
    """Hold each claim against the passage it cites. A claim that cites nothing we have does not stand, true or not."""
    supported: list[Claim] = []
    unsupported: list[Claim] = []
    for claim in claims:
        source = sources.get(claim.ref)
        stands = source is not None and _stands(claim, source)
        (supported if stands else unsupported).append(claim)
    return Verdict(tuple(supported), tuple(unsupported))


def _stands(claim: Claim, source: str) -> bool:
    if not claim.quotes or not all(quote and _is_quoted(quote, source) for quote in claim.quotes):
        return False
    if claim.quotes == (claim.text,):
        return True
    said, quoted = _tokens(claim.text), _tokens(" ".join(claim.quotes).replace("_", " "))
    return (
        set(said) <= set(quoted) | _JOINS
        and _figures((claim.text,)) <= _figures(claim.quotes)
        and all(said.count(word) == quoted.count(word) for word in _NOT & {*said, *quoted})
    )


def _is_quoted(quote: str, source: str) -> bool:
    """Word for word, and not from the middle of a word or a number: "5 days" is not in "15 days"."""
    for match in re.finditer(re.escape(quote), source):
        before, after = source[: match.start()][-1:], source[match.end() :][:1]
        if not (_joined(before, quote[0]) or _joined(quote[-1], after)):
            return True
    return False


def _joined(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum()


def _tokens(text: str) -> list[str]:
    return [token.casefold() for token in _TOKEN.findall(text)]


def _figures(texts: Iterable[str]) -> set[tuple[str, str]]:
    """Numbers, each with its currency or unit; a field such as `weight_g: 1280` carries its unit in its name."""
    found: set[tuple[str, str]] = set()
    for text in texts:
        found |= {(number, (before or after).casefold()) for before, number, after in _FIGURE.findall(text)}
        labelled = _LABELLED.fullmatch(text)
        if labelled:
            found.add((labelled["number"], labelled["unit"].casefold()))
    return found
