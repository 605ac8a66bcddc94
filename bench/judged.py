"""Sets of questions with judged answers, as a folder of them holds them: changes when their shape does."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.outcome import CannotMeasure


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be found: a product, a page, a question with its answers."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, and how good each judged item is for it. What is not judged is not known to be bad."""

    id: str
    text: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """`binary`: any grade above zero counts alike, as the set's makers advise."""

    name: str
    items: tuple[Item, ...]
    queries: tuple[Query, ...]
    main: str  # "nDCG@10" or "MRR"
    binary: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    text: str
    good: bool


@dataclass(frozen=True, slots=True)
class ProductQuestion:
    group: str
    question: str
    candidates: tuple[Candidate, ...]


def retrieval_sets(folder: Path) -> Iterator[RetrievalSet]:
    """Those that the folder holds."""
    for name, read in (
        ("product_search_chorus", _products),
        ("ir_cranfield", _abstracts),
        ("faq_stackfaq", _answers),
    ):
        if (folder / name / "corpus.jsonl.gz").is_file() and (folder / name / "dev.jsonl.gz").is_file():
            yield read(name, _lines(folder / name / "corpus.jsonl.gz"), _lines(folder / name / "dev.jsonl.gz"))


def product_questions(folder: Path) -> tuple[ProductQuestion, ...]:
    """Shoppers' questions, each with the passages that may hold its answer; none when the folder has no such set."""
    path = folder / "product_qa_amazon" / "dev.jsonl.gz"
    if not path.is_file():
        return ()
    return tuple(
        ProductQuestion(
            row["set"].partition("/")[0],
            row["question"],
            tuple(Candidate(one["text"], one["label"] > 0) for one in row["candidates"]),
        )
        for row in _lines(path)
        if row["candidates"]
    )


def _products(name: str, corpus: Sequence[Any], dev: Sequence[Any]) -> RetrievalSet:
    items = tuple(
        Item(row["id"], row["title"], "\n".join(filter(None, (row.get("brand"), row.get("description")))))
        for row in corpus
    )
    return RetrievalSet(name, items, _graded(dev), "nDCG@10", binary=False)


def _abstracts(name: str, corpus: Sequence[Any], dev: Sequence[Any]) -> RetrievalSet:
    items = tuple(Item(row["id"], row["title"], row["text"].removeprefix(row["title"])) for row in corpus)
    return RetrievalSet(name, items, _graded(dev), "nDCG@10", binary=True)


def _answers(name: str, corpus: Sequence[Any], dev: Sequence[Any]) -> RetrievalSet:
    items = tuple(Item(row["id"], row["question"], "\n".join(row["answers"])) for row in corpus)
    queries = tuple(Query(row["qid"], row["query"], dict.fromkeys(row["relevant"], 1)) for row in dev)
    return RetrievalSet(name, items, queries, "MRR", binary=True)


def _graded(dev: Sequence[Any]) -> tuple[Query, ...]:
    return tuple(Query(str(row.get("qid", row["query"])), row["query"], row["judgements"]) for row in dev)


def _lines(path: Path) -> list[Any]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]
    except (OSError, ValueError) as problem:
        raise CannotMeasure(f"{path} is not gzip of one JSON object a line: {problem}") from problem
