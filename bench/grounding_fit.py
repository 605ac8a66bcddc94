"""`python -m bench.grounding_fit DATA`: fits the weights of `grounding/judge.toml` anew, and writes them there.

DATA holds `grounding_wice`. Fitted on three sets that weigh alike, and so do the true and the false in each: the claims
of grounding_shop.py, the lessons of grounding_lessons.py, and claims of an encyclopedia, each with the page it cites,
so that one set of weights reads a paragraph and a long page. Every other set is only measured on.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
import shopwright_models
from numpy.typing import NDArray
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.grounding.evidence import Cited, Embed, Evidence, weigh
from shopwright.grounding.judge import FEATURES

from bench import measures
from bench.grounding_lessons import lessons
from bench.grounding_sets import Claimed, wice
from bench.grounding_shop import shop_claims
from bench.measures import Floats
from bench.vectors import KeptVectors
from local import places

MIDDLE = 1.5  # about the logarithm of one and the statements of a passage: where a weight is just itself
RIDGE = 1.0
EACH = 500.0  # what a set weighs, in claims
THRESHOLD = 0.5
WRONG_FIGURE = 0.05  # the most that a claim with a figure that nothing bears out is said to be likely


@dataclass(frozen=True, slots=True)
class Table:
    """Claims as the fit sees them: features, truth, and the shop or fold that each belongs to."""

    features: Floats
    true: NDArray[np.bool_]
    groups: NDArray[np.str_]
    evidence: tuple[Evidence, ...]

    def part(self, which: NDArray[np.bool_]) -> "Table":
        return Table(self.features[which], self.true[which], self.groups[which], ())


def table(claimed: Sequence[Claimed], embed: Embed) -> Table:
    evidence = tuple(weigh(one.text, one.cited, embed) for one in claimed)
    rows = np.array([[getattr(one, name) for name in FEATURES] for one in evidence])
    return Table(
        spread(rows),
        np.array([one.supported for one in claimed]),
        np.array([one.group for one in claimed]),
        evidence,
    )


def spread(rows: Floats) -> Floats:
    """Each feature alone, and times the length of the source."""
    length = rows[:, [FEATURES.index("statements")]] - MIDDLE
    return np.hstack([rows, rows * length])


def fit(tables: Sequence[Table]) -> Floats:
    weights = []
    for one in tables:
        share = one.true.mean()
        weights.append(np.where(one.true, 0.5 / share, 0.5 / (1 - share)) * EACH / len(one.true))
    return measures.logistic(
        np.vstack([one.features for one in tables]),
        np.concatenate([one.true for one in tables]),
        weights=np.concatenate(weights),
        ridge=RIDGE,
    )


def shop_set() -> list[Claimed]:
    return [Claimed(one.text, (Cited(one.source, one.titles),), one.supported, one.shop) for one in shop_claims()]


def lesson_set() -> list[Claimed]:
    return [Claimed(one.text, (one.cited,), one.supported, one.shop) for one in lessons()]


def embedding(kept: KeptVectors, embedder: OnnxEmbedder) -> Callable[[Sequence[str]], list[list[float]]]:
    def embed(texts: Sequence[str]) -> list[list[float]]:
        rows = kept.of(texts, lambda text: embedder.passages([text])[0], kind="passage")
        return [[float(value) for value in row] for row in rows]

    return embed


def toml(fitted: Floats, note: Sequence[str]) -> str:
    n = len(FEATURES)
    about = {"intercept": fitted[0], "threshold": THRESHOLD, "wrong_figure": WRONG_FIGURE, "statements": MIDDLE}
    lines = [*(f"# {line}".rstrip() for line in note), "", "[about]"]
    lines += [f"{name} = {value:.4g}" for name, value in about.items()]
    for title, at in (("weights", 1), ("by_length", 1 + n)):
        lines += ["", f"[{title}]", *(f"{name} = {fitted[at + i]:.4f}" for i, name in enumerate(FEATURES))]
    return "\n".join(lines) + "\n"


def main(folder: Path) -> None:
    embedder = OnnxEmbedder(shopwright_models.directory())
    kept = KeptVectors(places.BUILD / "bench", embedder.model.sha256)
    try:
        embed = embedding(kept, embedder)
        shop, taught = table(shop_set(), embed), table(lesson_set(), embed)
        pages = table(wice(folder), embed)
    finally:
        kept.close()
    note = (
        "How likely a claim is borne out, from what was found for and against it: a logistic fit.",
        "",
        f"Written by `python -m bench.grounding_fit` over {len(shop.true)} made claims and {len(taught.true)} lessons",
        f"about three made-up shops and {len(pages.true)} claims of an encyclopedia; each set weighs alike, and so do",
        "its true and its false ones. A feature counts `weights` + `by_length` x (the source's length - `statements`).",
        "`make bench NAME=grounding` says how good it is, on claims that it was not fitted on.",
    )
    path = Path(str(files("shopwright.grounding").joinpath("judge.toml")))
    path.write_text(toml(fit([shop, taught, pages]), note), encoding="utf-8")
    print(f"{path.name} is written.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
