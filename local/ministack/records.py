"""This file changes when how a record-only resource is kept changes; which types are record-only is data.

Imports nothing of MiniStack, because `local.assembly_types` reads the same list from another environment.
"""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LIST = Path(__file__).with_name("record_only.toml")


class BadRecord(Exception):
    """record_only.toml holds something that is not a record-only type."""


@dataclass(frozen=True, slots=True)
class RecordOnly:
    """A type that the laptop only writes down: how its ids begin, and what `Fn::GetAtt` on it answers."""

    type: str
    prefix: str
    attributes: dict[str, str]

    def physical_id(self, stack: str, logical_id: str) -> str:
        return f"{self.prefix}-{hashlib.sha256(f'{stack}/{logical_id}'.encode()).hexdigest()[:17]}"

    def answer(self, physical_id: str, *, region: str, account: str) -> dict[str, str]:
        return {
            name: text.format(id=physical_id, region=region, account=account) for name, text in self.attributes.items()
        }


def read(path: Path = LIST) -> tuple[RecordOnly, ...]:
    records = []
    for name, entry in tomllib.loads(path.read_text("utf-8")).items():
        attributes = entry.get("attributes", {})
        if set(entry) - {"prefix", "attributes"} or not isinstance(entry.get("prefix"), str):
            raise BadRecord(f"{path.name}: {name} needs a prefix, may have attributes, and nothing else")
        records.append(RecordOnly(name, entry["prefix"], dict(attributes)))
    return tuple(records)


def install(handlers: dict[str, dict[str, Any]], *, region: Callable[[], str], account: Callable[[], str]) -> None:
    """Teach MiniStack the listed types. One that it has learned itself is left to it."""
    for record in read():
        handlers.setdefault(record.type, _handler(record, region, account))


def _handler(record: RecordOnly, region: Callable[[], str], account: Callable[[], str]) -> dict[str, Any]:
    def create(logical_id: str, properties: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        physical_id = record.physical_id(stack, logical_id)
        return physical_id, record.answer(physical_id, region=region(), account=account())

    def update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack: str) -> tuple[str, dict[str, str]]:
        return physical_id, record.answer(physical_id, region=region(), account=account())

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        """There is nothing behind a record."""

    return {"create": create, "update": update, "delete": delete}
