"""Claims that the checker's weights are fitted on: made from the demo shops otherwise than those that it is held to.

True: a merchant's sentence as it is, one of its clauses, two of them joined, one with a few words left out. False: a
sentence with the figure or the subject of its neighbour, with an opposite, with or without a "not", or about what the
cited passage does not mention.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shopwright.documents.parse.formats import read
from shopwright.grounding.evidence import Cited
from shopwright.grounding.figures import figures

from local.merchants import DEMO

SHOPS = ("outdoor", "kitchen", "electronics")
OPPOSITES = {
    "before": "after", "free": "not free", "over": "under", "within": "beyond", "first": "last", "without": "with",
    "more": "less", "longer": "shorter", "opened": "unopened", "unused": "used", "dry": "wet", "wet": "dry",
    "included": "excluded", "same": "different", "new": "used", "hot": "cold", "lukewarm": "hot", "black": "white",
    "steel": "plastic", "below": "above", "broken": "intact", "card": "cheque", "Tuesday": "Monday",
    "up to": "at least",
}  # fmt: skip
DROPPED = (
    "usually ",
    "please ",
    "any ",
    "also ",
    "either ",
    "still ",
    "own ",
    "together ",
    "thinly ",
    "flat ",
    "fine ",
)


@dataclass(frozen=True, slots=True)
class Lesson:
    shop: str
    text: str
    cited: Cited
    supported: bool


def lessons(*, seed: int = 7) -> list[Lesson]:
    """The same ones for the same seed."""
    made = []
    for shop in SHOPS:
        chance = random.Random(f"{seed} {shop}")  # noqa: S311 - a draw of samples, no secret
        passages = [cited for cited in _passages(shop) if len(cited.text.split()) > 6]
        for cited in passages:
            for text, supported in _of(cited, passages, chance):
                made.append(Lesson(shop, text, cited, supported))
    return made


def _passages(shop: str) -> Iterator[Cited]:
    folder = DEMO / shop / "documents"
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("catalog"):
            for block in read(path.read_bytes(), str(path.relative_to(folder))).blocks:
                yield Cited(re.sub(r"^.*\?\n", "", block.text), block.path)


def _of(cited: Cited, passages: list[Cited], chance: random.Random) -> Iterator[tuple[str, bool]]:
    sentences = [one for one in re.split(r"(?<=[.!])\s+(?=[A-Z])", cited.text) if len(one.split()) > 3]
    for sentence in sentences:
        yield from _true(sentence, sentences, chance)
        yield from _false(sentence, sentences, chance)
    other = chance.choice(passages)
    if other.titles != cited.titles:
        yield chance.choice(re.split(r"(?<=[.!])\s+(?=[A-Z])", other.text)), False


def _true(sentence: str, sentences: list[str], chance: random.Random) -> Iterator[tuple[str, bool]]:
    yield sentence, True
    clauses = [one.strip(" .") for one in re.split(r"[;,] (?:and|but|so) |; | and (?=takes|comes|tell|let)", sentence)]
    if len(clauses) > 1 and len(clauses[0].split()) > 3:
        yield f"{clauses[0]}.", True
    for word in DROPPED:
        if word in sentence:
            yield sentence.replace(word, "", 1), True
    if len(sentences) > 1:
        another = chance.choice([one for one in sentences if one != sentence] or sentences)
        yield f"{sentence.rstrip('.')}, and {another[0].lower()}{another[1:]}", True


def _false(sentence: str, sentences: list[str], chance: random.Random) -> Iterator[tuple[str, bool]]:
    for word, other in OPPOSITES.items():
        if re.search(rf"\b{word}\b", sentence):
            yield re.sub(rf"\b{word}\b", other, sentence, count=1), False
    mine = figures(sentence)
    for neighbour in sentences:
        theirs = [one for one in figures(neighbour) if one.dimension]
        for figure in mine:
            for other_figure in theirs:
                if figure.dimension == other_figure.dimension and figure.low != other_figure.low:
                    yield sentence[: figure.start] + other_figure.text + sentence[figure.end :], False
        subject, verb = _subject(sentence), _subject(neighbour)
        if neighbour != sentence and subject and verb and subject != verb:
            yield sentence.replace(subject, verb, 1), False
    if " not " in sentence:
        yield sentence.replace(" not ", " ", 1), False
    elif match := re.search(r"\b(is|are|may|can|must|will)\b ", sentence):
        yield f"{sentence[: match.end()]}not {sentence[match.end() :]}", False


def _subject(sentence: str) -> str:
    """What a sentence speaks of, when it plainly begins with it."""
    match = re.match(
        r"([A-Z][\w' ]{2,40}?) (?:costs?|takes?|is|are|may|can|cannot|come|comes|carry|carries) ", sentence
    )
    return match[1] if match and match[1].split()[0] not in {"It", "They", "There", "We", "You", "This"} else ""
