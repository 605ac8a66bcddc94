"""How shoppers ask for what no page knows: changes when those patterns are written down otherwise (`beside.toml`)."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.orchestrator.wanted import plain_text

_LONGEST = 14  # words: what is longer is about something else


@cache
def says(of: str, what: str) -> re.Pattern[str]:
    """What a message that says so looks like."""
    orders = _table()["orders"]
    pattern = "|".join(_table()[of][what])
    for name in ("lead", "mine", "thing"):
        pattern = pattern.replace(name.upper(), orders[name])
    return re.compile(pattern, re.I)


@dataclass(frozen=True, slots=True)
class Abroad:
    """The same in another language, by its code: a person is wanted, or the shopper's own orders are asked for."""

    code: str
    person: bool = False
    parcel: bool = False


def abroad(message: str) -> Abroad | None:
    """What a message in another language asks for beside the documents; None: nothing that we understand."""
    plain = plain_text(message).strip(" .,!?¿¡;:")
    if len(plain.split()) > _LONGEST:
        return None
    for code, one in _abroad().items():
        if all(says.search(plain) for says in one["person"]) and not one["denies"][0].search(plain):
            return Abroad(code, person=True)
        for what in ("parcel", "orders"):
            if any(says.search(plain) for says in one[what]):
                return Abroad(code, parcel=what == "parcel")
    return None


@cache
def _abroad() -> dict[str, dict[str, list[re.Pattern[str]]]]:
    def made(said: str | list[str]) -> list[re.Pattern[str]]:
        return [re.compile(one, re.I) for one in ([said] if isinstance(said, str) else said)]

    return {code: {what: made(said) for what, said in one.items()} for code, one in _table()["abroad"].items()}


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.orchestrator").joinpath("beside.toml").read_text("utf-8"))
