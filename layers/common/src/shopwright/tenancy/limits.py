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
    renewable_s: int
    renewing_s: int
    renewed_again_s: int


@dataclass(frozen=True, slots=True)
class Compartment:
    """How much of the shop one merchant may take at once. `per_second` bounds what one environment begins by itself."""

    at_once: int
    waiting: int
    wait_ms: int
    lease_ms: int
    per_second: int


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """How long, and how well, an environment knows who was a member when it last could look."""

    known_s: int
    most: int
    asked_again_s: int


@cache
def guests() -> GuestLimits:
    """The limits on guests."""
    return GuestLimits(**_table()["guests"])


@cache
def together() -> Compartment:
    """What one merchant may take of all environments together."""
    return Compartment(**_table()["bulkhead"])


@cache
def alone() -> Compartment:
    """What one merchant may take of one environment that cannot ask the others."""
    return Compartment(**_table()["bulkhead_alone"])


@cache
def acquaintance() -> Acquaintance:
    """What an environment goes by while the members table cannot be read."""
    return Acquaintance(**_table()["acquaintance"])


def _table() -> dict[str, dict[str, int]]:
    return tomllib.loads(files("shopwright.tenancy").joinpath("limits.toml").read_text("utf-8"))
