"""What proves to another program of ours who asks: a short-lived, signed statement of a caller whom the edge verified.

A passport says whose rows a transaction may see; a warrant says for whom a program may act, and for what: the purpose
is signed with it, so that one which was made out for a tool's call opens no other door. Whoever takes it holds the same
key. Form: `<kid>.<what is stated, base64url>.<hex>`, where hex = HMAC-SHA256(key, all before it).
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from shopwright.errors import Denied, Invalid
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.secretsmanager import Secret, SecretMalformed
from shopwright.tenancy.tenant import Tenant

LIFETIME_S = 60
LONGEST = 4096
_SKEW_S = 5  # between the clocks of two machines
_FORM = re.compile(r"(?P<kid>[A-Za-z0-9_-]{1,64})\.(?P<stated>[A-Za-z0-9_-]{1,4000})\.(?P<signature>[0-9a-f]{64})")


class NotIntroduced(Denied):
    """Nobody of ours has said who asks, or not for this, or too long ago."""

    def __init__(self) -> None:
        super().__init__("Who asks has not been verified. Ask through the shop's own address.")


@dataclass(frozen=True, slots=True)
class Warrant:
    """A signed caller. `text` is handed to the program that acts for them and appears nowhere else."""

    caller: Caller
    text: str

    def __repr__(self) -> str:
        return f"Warrant({self.caller!r})"


class Warrants:
    """Makes out warrants and reads them; both sides hold the key."""

    def __init__(
        self,
        key: Callable[[], SigningKey],
        *,
        anew: Callable[[], SigningKey] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`anew` reads the key past any memory of it, for a warrant that was signed with one that is not known yet."""
        self._key = key
        self._anew = anew or key
        self._now = now

    @classmethod
    def of(cls, secret: Secret) -> "Warrants":
        """With the key of a secret `{"kid", "key"}`; the key is the text's UTF-8."""
        return cls(lambda: _key_in(secret.json()), anew=lambda: _key_in(secret.refresh()))

    def make_out(self, caller: Caller, purpose: str, *, lifetime_s: int = LIFETIME_S) -> Warrant:
        """A warrant for one purpose, valid for `lifetime_s` seconds from now. For verified callers alone."""
        stated = {
            "merchant_id": caller.tenant.merchant_id,
            "role": caller.role.value,
            "subject": caller.subject,
            "scopes": sorted(caller.scopes),
            "purpose": purpose,
            "expires": int(self._now()) + lifetime_s,
        }
        key = self._key()
        said = base64.urlsafe_b64encode(json.dumps(stated).encode()).rstrip(b"=").decode()
        statement = f"{key.kid}.{said}"
        return Warrant(caller, f"{statement}.{_signature(key, statement)}")

    def read(self, text: str | None, purpose: str) -> Caller:
        """The caller, or NotIntroduced; it is never said what was wrong."""
        form = _FORM.fullmatch(text) if isinstance(text, str) and len(text) <= LONGEST else None
        if form is None:
            raise NotIntroduced
        key = self._key()
        if form["kid"] != key.kid:
            key = self._anew()
        if form["kid"] != key.kid:
            raise NotIntroduced
        if not hmac.compare_digest(_signature(key, f"{form['kid']}.{form['stated']}"), form["signature"]):
            raise NotIntroduced
        stated = json.loads(base64.urlsafe_b64decode(form["stated"] + "=" * (-len(form["stated"]) % 4)))
        now = self._now()
        if stated["purpose"] != purpose or not now < stated["expires"] <= now + LIFETIME_S + _SKEW_S:
            raise NotIntroduced
        try:
            return Caller(
                tenant=Tenant(stated["merchant_id"]),
                role=Role(stated["role"]),
                subject=stated["subject"],
                scopes=frozenset(stated["scopes"]),
            )
        except (Invalid, ValueError):
            raise NotIntroduced from None


def for_a_question(message: str, session_id: str | None, request_id: str | None) -> str:
    """The purpose of a warrant that goes with one question: it stands for these words and no others."""
    asked = json.dumps([message, session_id, request_id]).encode()
    return f"answer:{hashlib.sha256(asked).hexdigest()}"


def for_a_tool(name: str) -> str:
    """The purpose of a warrant that goes with a call of one tool."""
    return f"tool:{name}"


def _key_in(held: Mapping[str, str]) -> SigningKey:
    try:
        return SigningKey(held["kid"], held["key"].encode())
    except KeyError as missing:
        raise SecretMalformed(f"The warrant key secret lacks {missing}.") from None


def _signature(key: SigningKey, statement: str) -> str:
    return hmac.new(key.key, statement.encode(), hashlib.sha256).hexdigest()
