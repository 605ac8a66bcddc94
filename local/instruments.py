"""What a demo shopper buys, and with what: this changes when `local/demo/purchases.toml` is written in another way."""

import tomllib
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from local.merchants import DEMO


class Instrument(BaseModel):
    """Something to pay with at a gateway's double; `does` is what it does when it is charged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    does: str
    instrument: str = Field(repr=False)


class Wanted(BaseModel):
    """What is bought at one shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str
    quantity: int = Field(ge=1)


def instruments(gateway: str) -> tuple[Instrument, ...]:
    """What a shopper may pay with at this gateway's double."""
    return tuple(Instrument.model_validate(one) for one in _written()["instruments"][gateway])


def wanted(merchant: str) -> Wanted:
    """What the story's shopper buys there."""
    return Wanted.model_validate(_written()[merchant])


@cache
def _written() -> dict[str, Any]:
    return tomllib.loads((DEMO / "purchases.toml").read_text("utf-8"))
