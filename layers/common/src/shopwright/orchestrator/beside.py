"""How shoppers ask for what no page knows: changes when those patterns are written down otherwise (`beside.toml`)."""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def says(of: str, what: str) -> re.Pattern[str]:
    """What a message that says so looks like."""
    orders = _table()["orders"]
    pattern = "|".join(_table()[of][what])
    for name in ("lead", "mine", "thing"):
        pattern = pattern.replace(name.upper(), orders[name])
    return re.compile(pattern, re.I)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.orchestrator").joinpath("beside.toml").read_text("utf-8"))
