"""Which deadline an entry point gets: `deadlines.toml`, read once."""

import tomllib
from functools import cache
from importlib.resources import files

from aws_lambda_powertools.utilities.typing import LambdaContext

from shopwright.resilience.deadline import Deadline


@cache
def budgets() -> dict[str, dict[str, int]]:
    """Kind of entry point (http, step, queue, trigger) → entry point → milliseconds."""
    table = tomllib.loads(files("shopwright.runtime").joinpath("deadlines.toml").read_text("utf-8"))
    return {kind: {entry: int(ms) for entry, ms in rows.items()} for kind, rows in table.items()}


def start(kind: str, entry: str, context: LambdaContext) -> Deadline:
    """The deadline of a call that begins now. An entry point without a row is a KeyError: it must be given one."""
    return Deadline(budgets()[kind][entry], remaining_ms=context.get_remaining_time_in_millis)
