"""How good search and abstention are on judged sets, beside BM25 and beside a threshold on the cosine."""

import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shopwright_models
from numpy.typing import NDArray
from shopwright.documents.aurora import Content
from shopwright.documents.chunk import Chunk, chunk, embedded_text
from shopwright.documents.document import PIPELINE, Arrival
from shopwright.documents.parse.block import Block, Parsed
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.embedding.tokens import Tokens
from shopwright.retrieval.aurora import Search
from shopwright.retrieval.search import Filter, Passage
from shopwright.retrieval.weigh import word_weight, words_of
from shopwright.tenancy.tenant import Tenant

from bench import abstention, measures
from bench.abstention import Asked
from bench.judged import ProductQuestion, Query, RetrievalSet, product_questions, retrieval_sets
from bench.measures import Floats
from bench.outcome import CannotMeasure, NeedsData, Options, Outcome, quantile
from bench.rerank import Reranker
from bench.store import Store, store
from bench.vectors import KeptVectors
from local import places

DEPTH = 100  # all that hybrid search looks at: 50 by meaning and 50 by word
RERANKED = 20
A_DOCUMENT = 1000  # passages of one, so that each is written well within its passport's life
FOLDS = 5
SLACK = 0.01
GAIN = 0.03
SMALL = 2000  # items that are indexed whole even when the bench is cut short
ALWAYS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
SHARED = (0.0, 1.0, 2.0, 3.0, 4.0)


@dataclass(frozen=True, slots=True)
class Found:
    """What one query found: items by BM25 and by vector, and hybrid search's passages with the items they are of."""

    by_word: list[str]
    by_vector: list[str]
    passages: tuple[Passage, ...]
    owners: Mapping[str, str]

    def hybrid(self, weight: float) -> list[str]:
        """Its ranking under another weight: the passages are the same, whatever the weight."""
        ordered = sorted(self.passages, key=lambda one: (-(one.similarity + weight * (one.lexical or 0)), one.chunk_id))
        return _items(ordered, self.owners)


@dataclass(frozen=True, slots=True)
class Measured:
    """A set with what its queries found. Queries without a single good item are left out: nothing ranks them."""

    given: RetrievalSet
    queries: tuple[Query, ...]
    found: tuple[Found, ...]
    reranked: tuple[list[str], ...] | None
    hybrid_ms: float
    vector_ms: float

    def main(self, ranked: Sequence[Sequence[str]]) -> Floats:
        """The set's main figure, query by query."""
        if self.given.main == "MRR":
            figures = [measures.reciprocal_rank(q.grades, r) for q, r in zip(self.queries, ranked, strict=True)]
        else:
            figures = [
                measures.ndcg(q.grades, r, binary=self.given.binary) for q, r in zip(self.queries, ranked, strict=True)
            ]
        return np.array(figures)

    def under(self, rule: "tuple[float, float]") -> Floats:
        always, shared = rule
        return self.main(
            [
                found.hybrid(always + shared / words_of(query.text))
                for query, found in zip(self.queries, self.found, strict=True)
            ]
        )


def measure(options: Options) -> Outcome:
    """Every set that the folder holds, each as a merchant of its own in a real database."""
    if options.data is None:
        raise NeedsData("it needs judged sets: make bench NAME=quality DATA=<folder of them>")
    given = list(retrieval_sets(options.data))
    questions = product_questions(options.data)
    if not given and not questions:
        raise CannotMeasure(f"{options.data} holds none of the sets that bench/judged.py names.")
    kept = places.BUILD / "bench"
    embedder = OnnxEmbedder(shopwright_models.directory())
    vectors = KeptVectors(kept, embedder.model.sha256)
    reader = _Reader(embedder, vectors)
    metrics: dict[str, float] = {}
    limits: dict[str, tuple[str, float]] = {}
    notes = [f"left out, because the folder lacks it: {name}" for name in _lacking(given, bool(questions))]
    try:
        rerank, without = _reranker(kept)
        if without:
            notes.append(without)
        with store("quality") as place:
            measured = [_measure(one, place, reader, rerank, options.limit) for one in given]
            asked = _ask(questions[:: _stride(len(questions), options.limit)], place, reader)
        if measured:
            _report(measured, metrics, limits)
        if asked:
            figures, bars = abstention.measure(asked)
            metrics |= figures
            limits |= bars
    finally:
        vectors.close()
    notes += [
        "hybrid is the product's own search under row-level security with the shipped weights; held out: under weights "
        f"fitted on the other queries ({FOLDS} folds); other sets: under weights fitted on the other sets.",
        "p: paired randomization test, two-sided, 10,000 rounds. Queries without any good item are left out.",
    ]
    if options.limit:
        notes.append(f"cut short: at most {options.limit} queries of a set, and of a big set only the judged items.")
    return Outcome("quality", metrics, limits, tuple(notes))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Texts to vectors, each embedded once."""

    embedder: OnnxEmbedder
    vectors: KeptVectors

    def questions(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.vectors.of(texts, self.embedder.question, kind="question")

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.vectors.of(texts, lambda text: self.embedder.passages([text])[0], kind="passage")


def _stride(how_many: int, limit: int | None) -> int:
    """Every how manieth to take, so that all kinds of questions are among them."""
    return -(-how_many // limit) if limit else 1


def _lacking(given: Sequence[RetrievalSet], questions: bool) -> list[str]:
    held = {one.name for one in given}
    wanted = ["product_search_chorus", "ir_cranfield", "faq_stackfaq"]
    return [name for name in wanted if name not in held] + ([] if questions else ["product_qa_amazon"])


def _reranker(kept: Path) -> "tuple[Callable[[str, Sequence[str]], list[float]] | None, str]":
    """Scores of a question's passages, each pair once; without the model, what to say."""
    try:
        model = Reranker(kept / "reranker")
    except CannotMeasure as reason:
        return None, f"hybrid + rerank left out: {reason}"
    scores = KeptVectors(kept, "reranker_en")

    def rerank(question: str, passages: Sequence[str]) -> list[float]:
        pairs = [f"{question}\0{passage}" for passage in passages]
        rows = scores.of(pairs, lambda pair: model.score(*pair.split("\0", 1)), kind="pair")
        return [float(row[0]) for row in rows]

    return rerank, ""


def _measure(
    given: RetrievalSet,
    place: Store,
    reader: _Reader,
    rerank: Callable[[str, Sequence[str]], list[float]] | None,
    limit: int | None,
) -> Measured:
    """Index the items as the product would, and ask every query in every way."""
    queries = tuple(query for query in given.queries if any(query.grades.values()))[:limit]
    items = given.items
    if limit and len(items) > SMALL:
        wanted = {item for query in queries for item in query.grades}
        items = tuple(item for item in items if item.id in wanted)
    print(f"  {given.name}: {len(items):,} items, {len(queries)} queries", flush=True)
    tenant = Tenant(given.name.replace("_", "-"))
    tokens = Tokens(shopwright_models.directory())
    chunks = [(item.id, piece) for item in items for piece in _pieces(item.id, item.title, item.text, tokens.count)]
    owners = {str(piece.id): item for item, piece in chunks}
    pieces = [piece for _, piece in chunks]
    _write(place, tenant, reader, pieces)

    words = _bm25([f"{item.title}\n{item.text}" for item in items], [query.text for query in queries])
    search = Search(place.database, model=reader.embedder.model)
    found, hybrid_ms, vector_ms = [], [], []
    for query, asked, by_word in zip(queries, reader.questions([q.text for q in queries]), words, strict=True):
        vector = asked.tolist()
        started = time.perf_counter()
        search.hybrid(place.signer.sign(tenant), query.text, vector)
        hybrid_ms.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        search.nearest(place.signer.sign(tenant), vector)
        vector_ms.append((time.perf_counter() - started) * 1000)
        near = search.nearest(place.signer.sign(tenant), vector, limit=DEPTH)
        passages = search.hybrid(place.signer.sign(tenant), query.text, vector, limit=DEPTH)
        found.append(
            Found(
                [items[at].id for at in by_word],
                list(dict.fromkeys(owners[chunk_id] for chunk_id, _ in near)),
                passages,
                owners,
            )
        )
    reranked = None
    if rerank:
        reranked = tuple(_reranked(query.text, one, rerank) for query, one in zip(queries, found, strict=True))
    return Measured(given, queries, tuple(found), reranked, quantile(hybrid_ms, 0.5), quantile(vector_ms, 0.5))


def _ask(questions: Sequence[ProductQuestion], place: Store, reader: _Reader) -> list[Asked]:
    """Each question's candidates are a document of one merchant, and search is narrowed to that document."""
    if not questions:
        return []
    print(f"  product_qa: {len(questions):,} questions", flush=True)
    tenant = Tenant("product-qa")
    tokens = Tokens(shopwright_models.directory())
    documents = place.documents.of(tenant)
    cosines = []
    for number, (one, vector) in enumerate(
        zip(questions, reader.questions([q.question for q in questions]), strict=True)
    ):
        drop = Arrival(f"documents/{tenant}/{number}.md", "01", 1)
        blocks = tuple(Block((), c.text, at, at + 1, whole=True) for at, c in enumerate(one.candidates))
        pieces = chunk(drop.document_id, Parsed("", blocks), tokens.count)
        given = reader.passages([embedded_text(piece.section, piece.content) for piece in pieces])
        passages = [(piece, row.tolist()) for piece, row in zip(pieces, given, strict=True)]
        documents.register(drop, title="Product")
        documents.replace(drop, Content("Product", "0" * 64, PIPELINE, 0, reader.embedder.model, passages))
        cosines.append(reader.passages([candidate.text for candidate in one.candidates]) @ vector)
    with place.server.connect("bench") as admin:
        admin.execute("vacuum analyze")
    search = Search(place.database, model=reader.embedder.model)
    asked = []
    for number, (one, vector) in enumerate(
        zip(questions, reader.questions([q.question for q in questions]), strict=True)
    ):
        document = Arrival(f"documents/{tenant}/{number}.md", "01", 1).document_id
        found = search.hybrid(
            place.signer.sign(tenant), one.question, vector.tolist(), only=Filter(documents=(document,))
        )
        asked.append(Asked(one, cosines[number], found, lambda passage: passage.start))
    return asked


def _pieces(item: str, title: str, text: str, count: Callable[[str], int]) -> tuple[Chunk, ...]:
    """A page with the item's title, cut by the product's own rules."""
    return chunk(item, Parsed(title, (Block((), text or title, 0, 1, whole=True),)), count)


def _write(place: Store, tenant: Tenant, reader: _Reader, pieces: Sequence[Chunk]) -> None:
    vectors = reader.passages([embedded_text(piece.section, piece.content) for piece in pieces])
    documents = place.documents.of(tenant)
    for at in range(0, len(pieces), A_DOCUMENT):
        drop = Arrival(f"documents/{tenant}/part-{at}.md", "01", 1)
        documents.register(drop, title=tenant.merchant_id)
        passages = [
            (piece, vector.tolist())
            for piece, vector in zip(pieces[at : at + A_DOCUMENT], vectors[at : at + A_DOCUMENT], strict=True)
        ]
        documents.replace(drop, Content(tenant.merchant_id, "0" * 64, PIPELINE, 0, reader.embedder.model, passages))
    with place.server.connect("bench") as admin:
        admin.execute("vacuum analyze")


def _bm25(items: Sequence[str], queries: Sequence[str]) -> list[list[int]]:
    """Places of the items, by bm25s in its own environment."""
    python = places.python("peers-quality")
    if not python.is_file():
        raise CannotMeasure(f"{python} is not there: make it with `python3 local/setup.py peers-quality`.")
    answer = subprocess.run(  # noqa: S603 - our own interpreter and our own program
        [python, Path(__file__).with_name("bm25_peer.py")],
        input=json.dumps({"items": items, "queries": queries, "depth": DEPTH}),
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    if answer.returncode:
        raise CannotMeasure(f"bm25s failed under {python}:\n{answer.stderr.strip()[-2000:]}")
    places_found: list[list[int]] = json.loads(answer.stdout)
    return places_found


def _reranked(question: str, found: Found, rerank: Callable[[str, Sequence[str]], list[float]]) -> list[str]:
    """The best few in the cross-encoder's order, the rest after them as they were."""
    head, tail = found.passages[:RERANKED], found.passages[RERANKED:]
    scores = rerank(question, [embedded_text(one.section, one.content) for one in head])
    ordered = [one for _, one in sorted(zip(scores, head, strict=True), key=lambda pair: -pair[0])]
    return _items([*ordered, *tail], found.owners)


def _items(passages: Sequence[Passage], owners: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(owners[one.chunk_id] for one in passages))


def _rules() -> Iterator[tuple[float, float]]:
    return itertools.product(ALWAYS, SHARED)


def _report(measured: Sequence[Measured], metrics: dict[str, float], limits: dict[str, tuple[str, float]]) -> None:
    under = [{rule: one.under(rule) for rule in _rules()} for one in measured]
    held_out = [np.zeros(len(one.queries)) for one in measured]
    parts = [measures.folds(len(one.queries), FOLDS) for one in measured]
    for part in range(FOLDS):
        rule = _fitted([{r: f[p != part] for r, f in u.items()} for u, p in zip(under, parts, strict=True)])
        for figures, by_rule, place in zip(held_out, under, parts, strict=True):
            figures[place == part] = by_rule[rule][place == part]

    shipped, words, vectors = [], [], []
    for at, one in enumerate(measured):
        name, main = one.given.name, one.given.main
        ways: dict[str, list[list[str]]] = {
            "BM25": [found.by_word for found in one.found],
            "dense": [found.by_vector for found in one.found],
            "hybrid": [
                found.hybrid(word_weight(query.text)) for query, found in zip(one.queries, one.found, strict=True)
            ],
        }
        if one.reranked is not None:
            ways["hybrid + rerank"] = list(one.reranked)
        for way, ranked in ways.items():
            metrics |= {f"{name} {way} {what}": value for what, value in _figures(one, ranked).items()}
        by_word, by_vector, hybrid = (one.main(ways[way]) for way in ("BM25", "dense", "hybrid"))
        words.append(by_word)
        vectors.append(by_vector)
        shipped.append(hybrid)
        metrics[f"{name} hybrid, held out, {main}"] = float(held_out[at].mean())
        if len(measured) > 1:
            others = _fitted([by_rule for where, by_rule in enumerate(under) if where != at])
            metrics[f"{name} hybrid, other sets, {main}"] = float(under[at][others].mean())
        metrics[f"{name} p, hybrid against BM25"] = measures.chance([hybrid], [by_word])
        metrics[f"{name} p, hybrid against dense"] = measures.chance([hybrid], [by_vector])
        if one.reranked is not None:
            metrics[f"{name} p, hybrid + rerank against hybrid"] = measures.chance([one.main(one.reranked)], [hybrid])
        best = max(by_word.mean(), by_vector.mean())
        for figure in (f"{name} hybrid {main}", f"{name} hybrid, held out, {main}"):
            limits[figure] = (">=", float(best) - SLACK)
        metrics[f"{name} hybrid p50 ms"] = one.hybrid_ms
        metrics[f"{name} vector p50 ms"] = one.vector_ms
        metrics[f"{name} hybrid p50 / vector p50"] = one.hybrid_ms / one.vector_ms
    rule = _fitted(under)
    metrics["weights fitted on all: always"], metrics["weights fitted on all: shared"] = rule
    metrics["mean of sets BM25"] = _mean(words)
    metrics["mean of sets dense"] = _mean(vectors)
    for figure, scores in (("mean of sets hybrid", shipped), ("mean of sets hybrid, held out", held_out)):
        metrics[figure] = _mean(scores)
        limits[figure] = (">=", _mean(words) + GAIN)
    metrics["mean of sets p, hybrid against BM25"] = measures.chance(shipped, words)
    metrics["mean of sets p, hybrid against dense"] = measures.chance(shipped, vectors)


def _figures(one: Measured, ranked: Sequence[Sequence[str]]) -> dict[str, float]:
    pairs = list(zip((query.grades for query in one.queries), ranked, strict=True))
    binary = one.given.binary
    return {
        "nDCG@10": _average(measures.ndcg(g, r, binary=binary) for g, r in pairs),
        "nDCG@10 condensed": _average(measures.ndcg(g, measures.condensed(g, r), binary=binary) for g, r in pairs),
        "judged@10": _average(measures.judged(g, r) for g, r in pairs),
        "recall@10": _average(measures.recall(g, r) for g, r in pairs),
        "MRR": _average(measures.reciprocal_rank(g, r) for g, r in pairs),
    }


def _fitted(by_rule: Sequence[Mapping[tuple[float, float], Floats]]) -> tuple[float, float]:
    """The rule with the best mean over the sets; of equal ones, the first."""
    return max(_rules(), key=lambda rule: _mean([figures[rule] for figures in by_rule]))


def _mean(sets: Sequence[Floats]) -> float:
    return float(np.mean([figures.mean() for figures in sets]))


def _average(figures: Iterator[float]) -> float:
    return float(np.mean(list(figures)))
