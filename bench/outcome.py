"""What a bench finds and how it is written down: metrics, bars, JSON and a table."""

import json
import math
import operator
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_OPERATORS: dict[str, Callable[[float, float], bool]] = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for: the short form or the full one, one's own input, and a bound on the number of samples."""

    quick: bool = True
    data: Path | None = None
    limit: int | None = None

    def count(self, *, quick: int, full: int) -> int:
        """How many samples to take: the form's number, or fewer when there is a limit."""
        wanted = quick if self.quick else full
        return wanted if self.limit is None else max(1, min(wanted, self.limit))


@dataclass(frozen=True, slots=True)
class Bar:
    """A promise about a metric."""

    value: float
    op: str
    bar: float

    @property
    def ok(self) -> bool:
        return _OPERATORS[self.op](self.value, self.bar)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A bench's figures. Every bar is about one of the metrics; `details` go beside them into the JSON."""

    name: str
    metrics: dict[str, float]
    limits: dict[str, tuple[str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bars(self) -> dict[str, Bar]:
        return {metric: Bar(self.metrics[metric], op, bar) for metric, (op, bar) in self.limits.items()}

    @property
    def ok(self) -> bool:
        return all(bar.ok for bar in self.bars.values())

    def as_json(self) -> str:
        bars = {m: {"value": b.value, "op": b.op, "bar": b.bar, "ok": b.ok} for m, b in self.bars.items()}
        told = {"name": self.name, "metrics": self.metrics, "bars": bars}
        told |= {"details": self.details} if self.details else {}
        return json.dumps(told, indent=2, ensure_ascii=False) + "\n"

    def as_table(self) -> str:
        rows = [f"# {self.name}", "", "| metric | value | bar | met |", "|---|---:|---|---|"]
        bars = self.bars
        for metric, value in self.metrics.items():
            promise = bars.get(metric)
            said = f"{promise.op} {promise.bar:g} | {'yes' if promise.ok else '**no**'}" if promise else " | "
            rows.append(f"| {metric} | {value:,.4g} | {said} |")
        return "\n".join([*rows, *(f"\n{note}" for note in self.notes)]) + "\n"

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.name}.json").write_text(self.as_json(), encoding="utf-8")
        (folder / f"{self.name}.md").write_text(self.as_table(), encoding="utf-8")


def quantile(samples: Iterable[float], share: float) -> float:
    """The sample below which that share of them lies (nearest rank: always one that was really measured)."""
    ordered = sorted(samples)
    if not ordered:
        raise ValueError("There is nothing to take a quantile of: no sample was measured.")
    return ordered[max(1, math.ceil(share * len(ordered) - 1e-9)) - 1]


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


class CannotMeasure(Exception):
    """Something that the bench needs is missing; the message says how to get it."""


class NeedsData(CannotMeasure):
    """Somebody's own data is needed, and none was given: without `NAME` the bench is left out, and nothing is wrong."""
