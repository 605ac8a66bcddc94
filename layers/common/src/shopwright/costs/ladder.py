"""What may still be used while a budget runs out: changes when the order of giving things up does.

Down the ladder: a large model, a middle one, a small one, the merchant's own sentences without a model, a template.
What has been kept is taken first from the middle of the way on.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from importlib.resources import files

from shopwright.costs.ledger import Left, Limits


class Rung(IntEnum):
    """What an answer is made with. A higher one may be used wherever a lower one is asked for, if it can be paid."""

    TEMPLATE = 0
    EXTRACTIVE = 1
    SMALL = 2
    MIDDLE = 3
    LARGE = 4


@dataclass(frozen=True, slots=True)
class Step:
    """Where on the ladder somebody stands. `kept`: take a kept answer first, even if it is a little old."""

    rung: Rung
    kept: bool


@dataclass(frozen=True, slots=True)
class _Row:
    least: int  # thousandths of the limit
    step: Step


BOTTOM = Step(Rung.TEMPLATE, kept=True)


def step(left: Left, limits: Limits) -> Step:
    """The highest step that what is left allows."""
    rows = _rows()
    of_session = _step(rows["session"], left.session, limits.session)
    of_merchant = _step(rows["merchant_day"], left.merchant, limits.merchant_day)
    return Step(min(of_session.rung, of_merchant.rung), of_session.kept or of_merchant.kept)


def _step(rows: Sequence[_Row], left: int, limit: int) -> Step:
    return next((row.step for row in rows if left * 1000 >= limit * row.least and left > 0), BOTTOM)


@cache
def _rows() -> dict[str, tuple[_Row, ...]]:
    table = tomllib.loads(files("shopwright.costs").joinpath("ladder.toml").read_text("utf-8"))
    return {
        of: tuple(
            sorted(
                (_Row(row["from"], Step(Rung[row["rung"].upper()], row["kept"])) for row in rows),
                key=lambda row: -row.least,
            )
        )
        for of, rows in table.items()
    }
