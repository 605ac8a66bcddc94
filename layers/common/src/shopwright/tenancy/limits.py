"""The numbers of `limits.toml`, read once."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class GuestLimits:
    """How many guests may come in, and for how long."""

    per_source_per_minute: int
    per_widget_per_minute: int
    lifetime_s: int


@cache
def guests() -> GuestLimits:
    """The limits on guests."""
    table = tomllib.loads(files("shopwright.tenancy").joinpath("limits.toml").read_text("utf-8"))
    return GuestLimits(**table["guests"])
