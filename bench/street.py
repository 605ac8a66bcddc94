"""The retrieval bench's shop street: merchants of very different sizes, their passages' vectors and words, questions.

Changes when what is searched, or what counts as found, does. Everything follows from the seed.
"""

import uuid
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

DIMENSIONS = 384
LATENT = 32  # real embeddings lie near a surface of far fewer dimensions than they have
TOPICS = 300
NEAREST = 10
SKEW = 0.9
WORDS = 20_000
SYLLABLES = (
    *("ka", "lo", "mi", "ter", "zan", "por", "el", "qui", "sta", "ron"),
    *("be", "dur", "fen", "gra", "hol", "jin", "lum", "nex", "ost", "pra"),
)

Floats = npt.NDArray[np.float32]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Street:
    """`owner[i]` has the passage `vectors[i]`; `asked[j]` is asked with `questions[j]` and `words_asked[j]`."""

    sizes: Whole
    owner: Whole
    vectors: Floats
    texts: tuple[str, ...]
    asked: Whole
    questions: Floats
    words_asked: tuple[str, ...]
    arrival: Whole  # the order in which the passages come: the merchants' are mixed

    @staticmethod
    def merchant(number: int) -> str:
        return f"m-{number:04}"

    @cached_property
    def starts(self) -> Whole:
        return np.concatenate([[0], np.cumsum(self.sizes)])

    @cached_property
    def ids(self) -> tuple[uuid.UUID, ...]:
        return tuple(uuid.UUID(int=(0x8 << 76) + number + 1) for number in range(len(self.owner)))

    def own(self, question: int) -> slice:
        """The passages of the merchant who is asked."""
        merchant = self.asked[question]
        return slice(int(self.starts[merchant]), int(self.starts[merchant + 1]))

    def exact(self, question: int) -> list[int]:
        """By brute force: the passages that a perfect search finds."""
        own = self.own(question)
        scores = self.vectors[own] @ self.questions[question]
        k = min(NEAREST, len(scores))
        best = np.argpartition(-scores, k - 1)[:k]
        return [int(one) + own.start for one in best]


def street(merchants: int, passages: int, questions: int, *, seed: int = 7) -> Street:
    """Zipf's law for the sizes; six questions in ten go to merchants by their size, four to any."""
    dice = np.random.default_rng(seed)
    weight = 1 / np.arange(1, merchants + 1) ** SKEW
    sizes = np.maximum((weight / weight.sum() * passages).astype(int), 20)
    sizes[0] += passages - sizes.sum()
    owner = np.repeat(np.arange(merchants), sizes)
    middles = dice.normal(size=(TOPICS, LATENT))
    outward = dice.normal(size=(LATENT, DIMENSIONS)) / np.sqrt(LATENT)
    topic = np.concatenate(
        [dice.choice(dice.choice(TOPICS, size=min(30, max(5, size // 30)), replace=False), size=size) for size in sizes]
    )
    latent = middles[topic] + 0.55 * dice.normal(size=(passages, LATENT))
    busy = questions * 6 // 10
    asked = np.concatenate(
        [dice.choice(merchants, size=busy, p=sizes / sizes.sum()), dice.choice(merchants, size=questions - busy)]
    )
    starts = np.concatenate([[0], np.cumsum(sizes)])
    source = np.array([dice.integers(starts[merchant], starts[merchant + 1]) for merchant in asked])
    near = latent[source] + 0.35 * dice.normal(size=(questions, LATENT))
    said = _words(dice, topic)
    return Street(
        sizes=sizes,
        owner=owner,
        vectors=_unit(dice, latent, outward),
        texts=tuple(" ".join(row) for row in said),
        asked=asked,
        questions=_unit(dice, near, outward),
        words_asked=tuple(" ".join(dice.choice(said[one], size=3, replace=False)) for one in source),
        arrival=dice.permutation(passages),
    )


def _unit(dice: np.random.Generator, latent: npt.NDArray[np.float64], outward: npt.NDArray[np.float64]) -> Floats:
    raw = (latent @ outward + 0.06 * dice.normal(size=(len(latent), DIMENSIONS))).astype(np.float32)
    unit: Floats = raw / np.linalg.norm(raw, axis=1, keepdims=True)
    return unit


def _words(dice: np.random.Generator, topic: Whole) -> npt.NDArray[np.str_]:
    """Sixty words a passage: half from the language, few of them often, half from its topic."""
    syllables = np.array(SYLLABLES)
    made = np.array(["".join(dice.choice(syllables, size=dice.integers(2, 5))) for _ in range(WORDS)])
    often = 1 / np.arange(1, WORDS + 1)
    common = dice.choice(WORDS, size=(len(topic), 30), p=often / often.sum())
    of_topic = dice.integers(0, WORDS, size=(TOPICS, 300))
    rank = 1 / np.arange(1, 301)
    own = of_topic[topic[:, None], dice.choice(300, size=(len(topic), 30), p=rank / rank.sum())]
    said: npt.NDArray[np.str_] = made[np.concatenate([common, own], axis=1)]
    return said
