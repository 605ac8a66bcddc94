"""Reads policy.toml, what is masked where: changes when the file's shape does."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


def rule(use: str) -> dict[str, Any]:
    """What is done with findings in a text of this use."""
    row: dict[str, Any] = _policy()[use]
    return row


@cache
def near(name: str) -> frozenset[str]:
    """One of the lists of words that a finding is judged by, in small letters."""
    return frozenset(_policy()["near"][name].split())


def figure(name: str) -> int:
    """One of the figures of the same table."""
    return int(_policy()["near"][name])


@cache
def _policy() -> dict[str, Any]:
    return tomllib.loads(files("shopwright.privacy").joinpath("policy.toml").read_text("utf-8"))
