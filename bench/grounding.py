"""Does the checker of a model's claims tell true from false? On our own claims, and on judged sets, beside simple ways.

Without DATA our own: claims made by rule about the demo shops, each shop measured with weights fitted without it, and a
hundred claims written by hand, which nothing is fitted on. With DATA also every judged set that the folder holds.
F1 is of finding what is not supported.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import shopwright_models
from numpy.typing import NDArray
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.grounding.claims import claims
from shopwright.grounding.evidence import Cited, Embed, Evidence, weigh
from shopwright.grounding.judge import judge, probability
from shopwright.grounding.reading import statements
from shopwright.llm import words
from shopwright.llm.extractive import compose
from shopwright.llm.units import Source

from bench import measures
from bench.grounding_fit import Table, embedding, fit, lesson_set, shop_set, table
from bench.grounding_sets import Asked, Claimed, hand_written, judged_sets, questions, wice
from bench.measures import Floats
from bench.outcome import Options, Outcome, quantile
from bench.vectors import KeptVectors
from local import places

FOLDS = 5
FIXED_COSINE = 0.7  # above which a passage is often taken for an answer
BARS = {"shop, made": 0.95, "shop, by hand": 0.90, "grounding_wice": 0.72, "grounding_ragtruth_qa": 0.75}
_TIMED = 40
_OVERLAPPING = 12  # statements of a source that the cosine baseline looks at, those that share most words

Truth = NDArray[np.bool_]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was said of each item: stands or not, and how sure."""

    stands: Truth
    sure: Floats


def measure(options: Options) -> Outcome:
    """Our own claims always; the judged sets when there is a folder of them."""
    embedder = OnnxEmbedder(shopwright_models.directory())
    kept = KeptVectors(places.BUILD / "bench", embedder.model.sha256)
    metrics: dict[str, float] = {}
    notes = [
        "Made claims: each shop under weights fitted on the other two; by hand: as shipped, fitted on none of them.",
        "F1 is of what is not supported. The simple ways (word overlap, cosine) have the threshold that is best on the "
        "other folds of the same set; the checker has its own, and once that.",
    ]
    try:
        embed = embedding(kept, embedder)
        shop, taught = table(shop_set(), embed), table(lesson_set(), embed)
        pages = _pages(options, embed)
        _report(metrics, "shop, made", shop_set(), shop.true, _held_out(shop, taught, pages), embed)
        hand = hand_written()
        _report(metrics, "shop, by hand", hand, _true(hand), shipped(hand, embed), embed)
        if options.data is not None:
            for name, whole in judged_sets(options.data):
                items = _some(whole, options.limit)
                print(f"  {name}: {len(items):,} items", flush=True)
                verdicts = (
                    _folded(pages, [shop, taught])
                    if name == "grounding_wice" and pages is not None
                    else _answers(items, embed)
                )
                _report(metrics, name, items, _true(items), verdicts, embed)
            notes += [
                f"grounding_wice: {FOLDS} folds, the weights fitted without the fold; every other set as shipped, "
                "fitted on none of it. An answer stands when all of its claims do, and when it claims nothing.",
                "mtrag: what to say nothing to, because what was found does not answer it; the extractive answer's own "
                f"confidence as shipped, beside a cosine of {FIXED_COSINE:g} with the nearest passage.",
            ]
            if asked := _some(questions(options.data), options.limit):
                _abstention(metrics, asked, kept, embedder)
        metrics["ms a claim, p50, embedding included"] = _speed(embedder)
    finally:
        kept.close()
    bars = {f"{name} balanced accuracy": (">=", bar) for name, bar in BARS.items()}
    if options.limit:
        notes.append(f"cut short: about {options.limit} items of a judged set.")
    return Outcome("grounding", metrics, {name: bar for name, bar in bars.items() if name in metrics}, tuple(notes))


def _pages(options: Options, embed: Embed) -> Table | None:
    """The open texts that the weights are fitted on too, when they are there."""
    if options.data is None or not (options.data / "grounding_wice" / "dev.jsonl.gz").is_file():
        return None
    return table(_some(wice(options.data), options.limit), embed)


def _some(items: Sequence[Item], limit: int | None) -> list[Item]:
    return list(items[:: -(-len(items) // limit)] if limit and items else items)


def _true(items: Sequence[Claimed]) -> Truth:
    return np.array([one.supported for one in items])


def _held_out(shop: Table, taught: Table, pages: Table | None) -> Verdicts:
    """Each shop under weights that know neither its claims nor its lessons."""
    sure = np.zeros(len(shop.true))
    for name in np.unique(shop.groups):
        there = shop.groups == name
        others = [shop.part(~there), taught.part(taught.groups != name), *([pages] if pages else [])]
        sure[there] = measures.probability(fit(others), shop.features[there])
    return _verdicts(sure, shop.evidence)


def _folded(pages: Table, others: Sequence[Table]) -> Verdicts:
    parts = measures.folds(len(pages.true), FOLDS)
    sure = np.zeros(len(pages.true))
    for part in range(FOLDS):
        there = parts == part
        sure[there] = measures.probability(fit([*others, pages.part(~there)]), pages.features[there])
    return _verdicts(sure, pages.evidence)


def _verdicts(sure: Floats, evidence: Sequence[Evidence]) -> Verdicts:
    certain = np.array([bool(one.kinds) for one in evidence])
    return Verdicts((sure >= 0.5) & ~certain, np.where(certain, np.minimum(sure, 0.05), sure))


def shipped(items: Sequence[Claimed], embed: Embed) -> Verdicts:
    evidence = [weigh(one.text, one.cited, embed) for one in items]
    return _verdicts(np.array([probability(one) for one in evidence]), evidence)


def _answers(items: Sequence[Claimed], embed: Embed) -> Verdicts:
    """Whole answers, every claim of which is taken to cite all that was given."""
    stands, sure = [], []
    for one in items:
        said = [_verdict(claim.text, one.cited, embed) for claim in claims(one.text)]
        stands.append(all(stand for stand, _ in said))
        sure.append(float(np.prod([likely for _, likely in said])) if said else 1.0)
    return Verdicts(np.array(stands), np.array(sure))


def _verdict(text: str, cited: Sequence[Cited], embed: Embed) -> tuple[bool, float]:
    evidence = weigh(text, cited, embed)
    likely = probability(evidence)
    return likely >= 0.5 and not evidence.kinds, min(likely, 0.05) if evidence.kinds else likely


def _report(
    metrics: dict[str, float], name: str, items: Sequence[Claimed], true: Truth, said: Verdicts, embed: Embed
) -> None:
    metrics[f"{name} items"] = float(len(items))
    metrics[f"{name} balanced accuracy"] = balanced(said.stands, true)
    metrics[f"{name} F1"] = measures.f1(~said.stands, ~true)
    metrics[f"{name} AUC"] = measures.area(said.sure, true)
    metrics[f"{name} balanced accuracy, threshold as for the simple ways"] = balanced(
        _thresholded(said.sure, true), true
    )
    metrics[f"{name} ECE"] = measures.calibration_error(said.sure, true)
    for way, score in (("word overlap", _overlap), ("cosine", _nearest(embed))):
        scores = np.array([score(one) for one in items])
        found = _thresholded(scores, true)
        metrics[f"{name} balanced accuracy, {way}"] = balanced(found, true)
        metrics[f"{name} F1, {way}"] = measures.f1(~found, ~true)
        metrics[f"{name} AUC, {way}"] = measures.area(scores, true)


def balanced(said: Truth, true: Truth) -> float:
    """The mean of the shares of the true that are found true and of the false that are found false."""
    return float((said[true].mean() + (~said[~true]).mean()) / 2)


def _thresholded(scores: Floats, true: Truth) -> Truth:
    """Each fold under the threshold with the best balanced accuracy on the others."""
    parts = measures.folds(len(true), FOLDS)
    said = np.zeros(len(true), dtype=bool)
    for part in range(FOLDS):
        there = parts == part
        tried = np.unique(np.quantile(scores[~there], np.linspace(0.005, 0.995, 199)))
        best = max(tried, key=lambda bound: balanced(scores[~there] >= bound, true[~there]))
        said[there] = scores[there] >= best
    return said


def _overlap(one: Claimed) -> float:
    """The share of the words that are in what is cited."""
    mine = words.terms(one.text)
    theirs = frozenset[str]().union(*(words.terms(" ".join((*cited.titles, cited.text))) for cited in one.cited))
    return len(mine & theirs) / len(mine) if mine else 0.0


def _nearest(embed: Embed) -> Callable[[Claimed], float]:
    def score(one: Claimed) -> float:
        mine = words.terms(one.text)
        parts = [part for cited in one.cited for part in statements(cited.text)]
        near = sorted(parts, key=lambda part: -len(mine & words.terms(part)))[:_OVERLAPPING]
        first, *others = np.array(embed([one.text, *near]))
        return float(max(other @ first for other in others)) if others else 0.0

    return score


def _abstention(metrics: dict[str, float], asked: Sequence[Asked], kept: KeptVectors, embedder: OnnxEmbedder) -> None:
    silent = np.array([not one.answerable for one in asked])
    vectors = kept.of([one.question for one in asked], embedder.question, kind="question")
    cosines, confidence = [], []
    for one, vector in zip(asked, vectors, strict=True):
        near = [
            float(kept.of([text], lambda t: embedder.passages([t])[0], kind="passage")[0] @ vector)
            for text in one.passages
        ]
        sources = [
            Source(ref, (), text, cosine) for ref, (text, cosine) in enumerate(zip(one.passages, near, strict=True))
        ]
        cosines.append(max(near, default=0.0))
        confidence.append(bool(compose(one.question, sources).sentences))
    said = {
        "extractive, as shipped": ~np.array(confidence),
        "cosine, fixed": np.array(cosines) < FIXED_COSINE,
        "cosine, best on the other folds": ~_thresholded(np.array(cosines), ~silent),
        "nothing found": np.array([not one.passages for one in asked]),
    }
    metrics["mtrag questions"] = float(len(asked))
    metrics["mtrag without an answer"] = float(silent.sum())
    for way, quiet in said.items():
        metrics[f"mtrag abstention F1, {way}"] = measures.f1(quiet, silent)
        metrics[f"mtrag abstention balanced accuracy, {way}"] = balanced(~quiet, ~silent)


def _speed(embedder: OnnxEmbedder) -> float:
    """A claim of an answer with one source, nothing known from before."""
    took = []
    for one in shop_set()[:: len(shop_set()) // _TIMED]:
        started = time.perf_counter()
        judge(f"{one.text} [1]", {1: one.cited[0]}, embedder.passages)
        took.append((time.perf_counter() - started) * 1000)
    return quantile(took, 0.5)
