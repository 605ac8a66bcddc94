"""Holds what was masked, so that those who may can have it back, until it is erased: changes when those rules do.

A value is sealed under a data key of its scope (a document, or a person), and its token is an HMAC under a key of the
merchant: the same value in the same scope has the same token, and nobody can make one without the key. The scope's
salt goes into the HMAC, so that after an erasure a token cannot even be guessed at. Whoever makes tokens may not open
data keys: only the restoring function's role may (KMS looks at the purpose in the encryption context).
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shopwright.errors import Denied, Invalid, NotFound, Unavailable
from shopwright.privacy.redact import Kind
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.privacy.dynamodb import MerchantRows, PersonalTable
    from shopwright.privacy.kms import DataKeys

TOKEN = re.compile(r"tok_[a-z2-7]{24}")
_NONCE = 12
_SCOPE = re.compile(r"(?:document|subject):[\x21-\x7e]{1,200}")
_SPACES = re.compile(r"\s+")


class NotAScope(Invalid):
    """What is to be erased is neither a document nor a person."""


class TokenUnknown(NotFound):
    """This merchant has no such token; whether another has it is nobody's business."""

    def __init__(self) -> None:
        super().__init__("There is no such token. Send it as it stands in the text: tok_ and 24 characters.")


class Erased(NotFound):
    """The value was erased for good: its key is gone, so nobody can read it again."""

    def __init__(self) -> None:
        super().__init__("This was erased, and nobody can restore it.")


class NotYours(Denied):
    """The row was sealed for somebody else: another merchant's, or moved from its place."""

    def __init__(self) -> None:
        super().__init__("This cannot be restored for this merchant.")


class VaultUnavailable(Unavailable):
    """The vault's table or its keys did not answer."""

    def __init__(self) -> None:
        super().__init__("Personal data cannot be kept, restored or erased at the moment. Please try again.")


@dataclass(frozen=True, slots=True)
class Drawer:
    """A part of the vault with keys of its own: whoever may open one can open no other. `exact`: two values are the
    same only letter by letter, which a name in two spellings is and a gateway's token is not."""

    purpose: str
    exact: bool


PERSONAL = Drawer("value", exact=False)
PAYMENTS = Drawer("payment", exact=True)  # what a gateway charges, and what a bank asks and answers


@dataclass(frozen=True, slots=True)
class Restored:
    """What a token stood for."""

    kind: Kind
    value: str

    def __repr__(self) -> str:
        return f"Restored({self.kind.value})"  # the value is somebody's


class Vault:
    """One merchant's part is reached through `keeper`, `restore` and `shred`, which all take the tenant first."""

    def __init__(self, table: "PersonalTable", keys: "DataKeys | None", drawer: Drawer = PERSONAL) -> None:
        self._table = table
        self._drawer = drawer
        self._keys = keys  # None where nothing is ever opened: an erasure needs no keys

    def keeper(self, tenant: Tenant, scope: str) -> Callable[[Kind, str], str]:
        """What gives a token for a value of this scope, and keeps the value. Keys are fetched by the first value."""
        return _Keeper(self._table.of(tenant), self._with_keys(), tenant, _named(scope), self._drawer).keep

    def restore(self, tenant: Tenant, token: str) -> Restored:
        """What the token stands for, or TokenUnknown, Erased, NotYours."""
        rows = self._table.of(tenant)
        row = rows.get(f"token#{token}") if TOKEN.fullmatch(token) else None
        if row is None:
            raise TokenUnknown
        if "erased" in row:
            raise Erased
        scope, kind = str(row["scope"]), str(row["kind"])
        key = rows.get(f"scope#{scope}#key#{row['key']!s}")
        if key is None:
            raise Erased
        sealed = _bytes(row["sealed"])
        plain = self._with_keys().open(_bytes(key["wrapped"]), _context(tenant, self._drawer.purpose, scope))
        try:
            value = AESGCM(plain).decrypt(sealed[:_NONCE], sealed[_NONCE:], _bound(tenant, token, scope, kind))
        except InvalidTag:
            raise NotYours from None
        return Restored(Kind(kind), value.decode())

    def shred(self, tenant: Tenant, scope: str) -> int:
        """Make every token of the scope unreadable, keys first; give how many there were. Again is no harm: it goes on
        where a failure stopped it."""
        rows, name = self._table.of(tenant), _named(scope)
        head = f"scope#{name}"
        if rows.get(head) is None:
            return 0
        rows.put(head, {"erased": "yes"})
        for item in rows.below(f"{head}#key#"):
            rows.remove(item)
        erased = 0
        for item in rows.below(f"{head}#token#"):
            rows.put(f"token#{item.rpartition('#')[2]}", {"erased": "yes"})
            rows.remove(item)
            erased += 1
        return erased

    def _with_keys(self) -> "DataKeys":
        if self._keys is None:
            raise LookupError("This vault was made without keys: it can only erase.")
        return self._keys


class _Keeper:
    """The open scope of one merchant, for the length of one piece of work."""

    def __init__(self, rows: "MerchantRows", keys: "DataKeys", tenant: Tenant, scope: str, drawer: Drawer) -> None:
        self._rows = rows
        self._keys = keys
        self._tenant = tenant
        self._scope = scope
        self._drawer = drawer
        self._open: tuple[bytes, str, AESGCM] | None = None
        self._kept: dict[str, None] = {}

    def keep(self, kind: Kind, value: str) -> str:
        """The value's token; when it is new, the value sealed under it."""
        naming, key, sealer = self._opened()
        token = _token(naming, kind, value, self._drawer)
        if token not in self._kept:
            bound = _bound(self._tenant, token, self._scope, kind.value)
            nonce = secrets.token_bytes(_NONCE)
            sealed = nonce + sealer.encrypt(nonce, value.encode(), bound)
            # The pointer first: a value that no erasure would find must not exist.
            self._rows.add(f"scope#{self._scope}#token#{token}", {})
            row = {"scope": self._scope, "kind": kind.value, "key": key, "sealed": sealed}
            self._rows.add(f"token#{token}", row)
            self._kept[token] = None
        return token

    def _opened(self) -> tuple[bytes, str, AESGCM]:
        if self._open is None:
            salt = self._salt()
            plain, wrapped = self._keys.make(_context(self._tenant, self._drawer.purpose, self._scope))
            key = secrets.token_hex(8)
            self._rows.add(f"scope#{self._scope}#key#{key}", {"wrapped": wrapped})
            naming = hmac.new(self._merchants_key(), f"{self._scope}|".encode() + salt, "sha256").digest()
            self._open = naming, key, AESGCM(plain)
        return self._open

    def _salt(self) -> bytes:
        head = f"scope#{self._scope}"
        self._rows.claim(head, {"salt": secrets.token_bytes(16)})
        row = self._rows.get(head)
        if row is None or "salt" not in row:
            raise VaultUnavailable  # erased at this very moment: the caller's retry begins anew
        return _bytes(row["salt"])

    def _merchants_key(self) -> bytes:
        context = _context(self._tenant, "token", "merchant")
        row = self._rows.get("merchant")
        if row is None:
            _, wrapped = self._keys.make(context)
            self._rows.add("merchant", {"wrapped": wrapped})
            row = self._rows.get("merchant")
        if row is None:
            raise VaultUnavailable
        return self._keys.open(_bytes(row["wrapped"]), context)


def document(document_id: str) -> str:
    """The scope of a document: its tokens die with it."""
    return f"document:{document_id}"


def subject(name: str) -> str:
    """The scope of a person."""
    return f"subject:{name}"


def shown(scope: str) -> str:
    """A scope as the records name it: a document by its id, a person only by the vault's name for them."""
    return scope if scope.startswith("document:") else f"subject:{_named(scope)}"


def _named(scope: str) -> str:
    """A scope's name in the table: nobody's id is in a key."""
    if not _SCOPE.fullmatch(scope):
        raise NotAScope("Name a document or a subject: document:<its id> or subject:<its id>.")
    return hashlib.sha256(scope.encode()).hexdigest()[:40]


def _token(naming: bytes, kind: Kind, value: str, drawer: Drawer) -> str:
    said = f"{drawer.purpose}|{value}" if drawer.exact else _SPACES.sub(" ", value).strip().casefold()
    digest = hmac.new(naming, f"{kind.value}|{said}".encode(), "sha256").digest()
    return "tok_" + base64.b32encode(digest[:15]).decode().lower()


def _context(tenant: Tenant, purpose: str, scope: str) -> dict[str, str]:
    return {"merchant_id": tenant.merchant_id, "purpose": purpose, "scope": scope}


def _bound(tenant: Tenant, token: str, scope: str, kind: str) -> bytes:
    return "\n".join((tenant.merchant_id, token, scope, kind)).encode()


def _bytes(value: str | bytes) -> bytes:
    if isinstance(value, str):
        raise NotYours  # a row that somebody wrote by hand
    return value
