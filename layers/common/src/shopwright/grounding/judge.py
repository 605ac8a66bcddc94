"""May a model's prose be said? Every claim of it is held against what it cites. Changes when the verdict does.

    judged = judge(prose, {1: Cited(passage.content, passage.section)}, embed, filled=["€219.00"])
    judged.passes, judged.score, judged.confidence, judged.flags

A claim stands when it is more likely borne out than not, and states no figure that is neither in what it cites nor in a
slot that the database filled. What cites nothing that we have does not stand, true or not.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

from shopwright.grounding.claims import Said, claims
from shopwright.grounding.evidence import Cited, Embed, Evidence, weigh

NUMBER, UNIT, CURRENCY = "number", "unit", "currency"
NEGATION, ENTITY, UNSUPPORTED, NO_CITATION = "negation", "entity", "unsupported", "no_citation"
FEATURES = tuple(field.name for field in fields(Evidence) if field.name != "kinds")


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim, how likely it is borne out by what it cites, and what is wrong with it if it does not stand."""

    claim: Said
    probability: float
    stands: bool
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on an answer. `confidence` is the probability that every claim of it is borne out."""

    claims: tuple[Judged, ...]

    @property
    def score(self) -> float:
        """The share of claims that stand. Saying nothing is not being right."""
        return sum(one.stands for one in self.claims) / len(self.claims) if self.claims else 0.0

    @property
    def passes(self) -> bool:
        """`grounding_pass`: something is claimed, and all of it stands."""
        return bool(self.claims) and all(one.stands for one in self.claims)

    @property
    def confidence(self) -> float:
        return math.prod(one.probability for one in self.claims) if self.claims else 0.0

    @property
    def flags(self) -> tuple[str, ...]:
        """The kinds of what does not stand, each once."""
        return tuple(dict.fromkeys(flag for one in self.claims for flag in one.flags))


def judge(prose: str, sources: Mapping[int, Cited], embed: Embed, *, filled: Iterable[str] = ()) -> Judgement:
    """Hold every claim of a model's prose against the sources whose numbers it gives."""
    slots, remembering = tuple(filled), _remembering(embed)
    return Judgement(tuple(_judged(said, sources, remembering, slots) for said in claims(prose)))


def probability(evidence: Evidence) -> float:
    """How likely a claim with such evidence is borne out. How much a thing tells depends on how long the source is."""
    fitted = _fitted()
    length = evidence.statements - fitted["about"]["statements"]
    told = fitted["about"]["intercept"] + sum(
        getattr(evidence, name) * (fitted["weights"][name] + length * fitted["by_length"][name]) for name in FEATURES
    )
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, told))))


def _remembering(embed: Embed) -> Embed:
    """Each text once: the claims of an answer cite the same passages."""
    known: dict[str, Sequence[float]] = {}

    def remembered(texts: Sequence[str]) -> list[Sequence[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, embed(new), strict=True))
        return [known[text] for text in texts]

    return remembered


def _judged(said: Said, sources: Mapping[int, Cited], embed: Embed, filled: Sequence[str]) -> Judged:
    cited = [sources[ref] for ref in said.refs if ref in sources]
    if not cited:
        return Judged(said, 0.0, stands=False, flags=(NO_CITATION,))
    evidence = weigh(said.text, cited, embed, filled=filled)
    likely = probability(evidence)
    if likely >= _fitted()["about"]["threshold"] and not evidence.kinds:
        return Judged(said, likely, stands=True, flags=())
    likely = min(likely, _fitted()["about"]["wrong_figure"]) if evidence.kinds else likely
    return Judged(said, likely, stands=False, flags=_flags(evidence))


def _flags(evidence: Evidence) -> tuple[str, ...]:
    flags = list(evidence.kinds)
    if evidence.figures_elsewhere and NUMBER not in flags:
        flags.append(NUMBER)
    if evidence.denied or evidence.contrary:
        flags.append(NEGATION)
    if evidence.names_missing or evidence.names_elsewhere:
        flags.append(ENTITY)
    return tuple(flags) or (UNSUPPORTED,)


@cache
def _fitted() -> "dict[str, dict[str, float]]":
    return tomllib.loads(files("shopwright.grounding").joinpath("judge.toml").read_text("utf-8"))
