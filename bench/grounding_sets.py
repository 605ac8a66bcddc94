"""Sets of answers with judged claims, as a folder of them holds them: changes when their shape does."""

import gzip
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopwright.grounding.evidence import Cited

from bench.outcome import CannotMeasure

HAND = Path(__file__).parent / "grounding_hand.toml"


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is claimed, by what it is held, whether that bears it out, and what it belongs with."""

    text: str
    cited: tuple[Cited, ...]
    supported: bool
    group: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The last question of a conversation, what was found for it, and whether that answers it."""

    question: str
    passages: tuple[str, ...]
    answerable: bool


def hand_written() -> list[Claimed]:
    """Our own hundred."""
    claimed = []
    for source in tomllib.loads(HAND.read_text("utf-8"))["sources"]:
        cited = (Cited(source["text"], tuple(source["title"].split(" > "))),)
        shop = source["document"].partition("/")[0]
        claimed += [Claimed(text, cited, True, shop) for text in source["supported"]]
        claimed += [Claimed(text, cited, False, shop) for text in source["unsupported"]]
    return claimed


def wice(folder: Path) -> list[Claimed]:
    return _read(folder, "grounding_wice", _wice)


def judged_sets(folder: Path) -> Iterator[tuple[str, list[Claimed]]]:
    """Those that the folder holds. An item is a claim or a whole answer; what is partly supported is not."""
    for name, read in _SETS.items():
        if (folder / name / "dev.jsonl.gz").is_file():
            yield name, _read(folder, name, read)


def questions(folder: Path) -> list[Asked]:
    """Conversations whose last question the passages found for it answer, or do not."""
    path = folder / "grounding_mtrag" / "answerability_dev.jsonl.gz"
    return [
        Asked(
            row["conversation"][-1]["text"],
            tuple(one["text"].strip() for one in row["context"]),
            row["answerability"] in ("ANSWERABLE", "PARTIAL"),
        )
        for row in (_lines(path) if path.is_file() else ())
    ]


def _wice(row: Mapping[str, Any]) -> Iterator[Claimed]:
    yield Claimed(row["claim"], (Cited("\n".join(row["evidence"])),), bool(row["supported"]), row["context_title"])


def _ragtruth(row: Mapping[str, Any]) -> Iterator[Claimed]:
    passages = tuple(Cited(text.strip()) for text in re.split(r"passage \d+:", row["context"]) if text.strip())
    yield Claimed(row["response"], passages, not row["hallucinated"], row["source_id"])


def _answer(row: Mapping[str, Any]) -> Iterator[Claimed]:
    supported = bool(row["supported"]) if "supported" in row else not row["hallucinated"]
    yield Claimed(row["response"], (Cited(row["context"]),), supported, row["id"])


def _memerag(row: Mapping[str, Any]) -> Iterator[Claimed]:
    """Its English part: the checker reads no other language."""
    if row["lang"] == "en":
        cited = tuple(Cited(text) for text in row["context"])
        for sentence in row["sentences"]:
            if sentence["label"] in ("Supported", "Not Supported"):
                yield Claimed(sentence["text"], cited, sentence["label"] == "Supported", row["id"])


_SETS: dict[str, Callable[[Mapping[str, Any]], Iterator[Claimed]]] = {
    "grounding_wice": _wice,
    "grounding_ragtruth_qa": _ragtruth,
    "grounding_begin": _answer,
    "grounding_faithbench": _answer,
    "grounding_memerag": _memerag,
}


def _read(folder: Path, name: str, read: Callable[[Mapping[str, Any]], Iterator[Claimed]]) -> list[Claimed]:
    return [claimed for row in _lines(folder / name / "dev.jsonl.gz") for claimed in read(row)]


def _lines(path: Path) -> list[Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, ValueError) as problem:
        raise CannotMeasure(f"{path} is not gzip of one JSON object a line: {problem}") from problem
