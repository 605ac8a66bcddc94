"""The vault's table and keys in memory. They pass the contract tests of the real ones (test_vault.py)."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from typing import Any

from shopwright.privacy.dynamodb import Row
from shopwright.privacy.vault import NotYours, VaultUnavailable
from shopwright.tenancy.tenant import Tenant


class FakePersonalTable:
    """Remembers every row of every merchant; `down = True` makes it a table that does not answer."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, str | bytes]] = {}
        self.down = False

    def of(self, tenant: Tenant) -> "FakeRows":
        return FakeRows(self, tenant.merchant_id)

    def everything(self) -> dict[tuple[str, str], Any]:
        return dict(self.rows)

    def place(self, merchant: str, item: str, row: Row) -> None:
        self.rows[merchant, item] = dict(row)


class FakeRows:
    """One merchant's rows of it."""

    def __init__(self, table: FakePersonalTable, merchant: str) -> None:
        self._table = table
        self._merchant = merchant

    def get(self, item: str) -> Row | None:
        return self._held().get((self._merchant, item))

    def add(self, item: str, row: Row) -> None:
        self._held().setdefault((self._merchant, item), dict(row))

    def claim(self, item: str, row: Row) -> None:
        if "erased" in (self.get(item) or {"erased": ""}):
            self.put(item, row)

    def put(self, item: str, row: Row) -> None:
        self._held()[self._merchant, item] = dict(row)

    def remove(self, item: str) -> None:
        self._held().pop((self._merchant, item), None)

    def below(self, prefix: str) -> Iterator[str]:
        return iter([item for merchant, item in self._held() if merchant == self._merchant and item.startswith(prefix)])

    def _held(self) -> dict[tuple[str, str], dict[str, str | bytes]]:
        if self._table.down:
            raise VaultUnavailable
        return self._table.rows


class FakeDataKeys:
    """Keys that are wrapped with a pad of a secret and their context: under another context nothing opens."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)
        self.opened: list[dict[str, str]] = []

    def make(self, context: dict[str, str]) -> tuple[bytes, bytes]:
        plain, nonce = secrets.token_bytes(32), secrets.token_bytes(16)
        pad = self._pad(nonce)
        body = bytes(one ^ other for one, other in zip(plain, pad, strict=True))
        return plain, nonce + body + self._mark(nonce + body, context)

    def open(self, wrapped: bytes, context: dict[str, str]) -> bytes:
        self.opened.append(context)
        nonce, body, mark = wrapped[:16], wrapped[16:48], wrapped[48:]
        if not hmac.compare_digest(mark, self._mark(nonce + body, context)):
            raise NotYours
        return bytes(one ^ other for one, other in zip(body, self._pad(nonce), strict=True))

    def _pad(self, nonce: bytes) -> bytes:
        return hashlib.sha256(self._secret + nonce).digest()

    def _mark(self, sealed: bytes, context: dict[str, str]) -> bytes:
        return hmac.new(self._secret, sealed + json.dumps(context, sort_keys=True).encode(), "sha256").digest()


class FakeRecords:
    """Remembers what was recorded."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, dict[str, str]]] = []

    def add(self, tenant: Tenant, **said: str) -> None:
        self.kept.append((tenant.merchant_id, said))
