"""Whose keys open which account: changes when what a merchant's gateway needs to be known by does.

Each merchant's keys are one secret, `<prefix>/<merchant>/gateway`, put there by an operator. What is read is kept for
a few minutes. Keys that a gateway refuses, or a webhook that no key fits, may mean that they were changed a moment ago:
then they are read again, once, and the same thing is asked with the new ones.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shopwright.checkout.gateways import (
    Authorization,
    Change,
    Event,
    Gateway,
    Means,
    Misconfigured,
    Payment,
    Standing,
    WebhookForged,
)
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.secretsmanager import Secret, SecretMalformed, SecretMissing
from shopwright.tenancy.tenant import Tenant

Reveal = Callable[[Tenant, str], str]
_Result = TypeVar("_Result")

KEPT_MERCHANTS = 500
MISSING_S = 60.0  # so long a merchant without a gateway is believed to have none
RENEW_EVERY_S = 20.0  # at most: whoever forges webhooks does not make us read secrets all day


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StripeKeys(_Keys):
    """What a merchant's secret holds when the gateway is Stripe. Secrets that hold at once are parted by a blank."""

    gateway: Literal["stripe"]
    secret_key: str = Field(pattern=r"^(sk|rk)_[A-Za-z0-9_\-]{4,250}$", repr=False)
    webhook_secrets: str = Field(default="", pattern=r"^(whsec_[!-~]+( whsec_[!-~]+)*)?$", repr=False)


class AdyenKeys(_Keys):
    """The same for Adyen. Without a prefix of the live address it is the sandbox."""

    gateway: Literal["adyen"]
    api_key: str = Field(pattern=r"^[!-~]{4,1000}$", repr=False)
    merchant_account: str = Field(pattern=r"^[A-Za-z0-9_\-]{1,80}$")
    hmac_keys: str = Field(default="", pattern=r"^([0-9A-Fa-f]{64}( [0-9A-Fa-f]{64})*)?$", repr=False)
    live_prefix: str = Field(default="", pattern=r"^[A-Za-z0-9\-]{0,120}$")


Keys = StripeKeys | AdyenKeys
KEYS: TypeAdapter[Keys] = TypeAdapter(Keys)


@dataclass(slots=True)
class _Kept:
    """One merchant's secret and what was made of it."""

    secret: Secret
    keys: Keys | None = None
    gateway: Gateway | None = None
    missing_since: float | None = None
    renewed_at: float = field(default=float("-inf"))


class Accounts:
    """Every merchant's gateway. `addresses` are the vendors' where they are not the real ones: on a laptop."""

    def __init__(
        self,
        prefix: str,
        reveal: Reveal,
        *,
        secret: Callable[[str], Secret] = Secret,
        addresses: Mapping[str, str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._prefix = prefix
        self._reveal = reveal
        self._secret = secret
        self._addresses = addresses or {}
        self._now = now
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = Lock()

    def of(self, tenant: Tenant) -> "MerchantsGateway":
        """The merchant's gateway, or Misconfigured when there is none that can be used."""
        return MerchantsGateway(self, tenant, self.current(tenant).vendor)

    def current(self, tenant: Tenant) -> Gateway:
        """The adapter for the keys as they were last read."""
        kept = self._at_hand(tenant)
        if kept.missing_since is not None and self._now() - kept.missing_since < MISSING_S:
            raise Misconfigured
        return self._made(tenant, kept, kept.secret.json)

    def renewed(self, tenant: Tenant) -> Gateway | None:
        """The adapter for other keys than those that were refused; None when they have not changed, or were read anew
        a moment ago."""
        kept = self._at_hand(tenant)
        with self._lock:
            if self._now() - kept.renewed_at < RENEW_EVERY_S:
                return None
            kept.renewed_at = self._now()
        before = kept.gateway
        after = self._made(tenant, kept, kept.secret.refresh)
        return None if after is before else after

    def _at_hand(self, tenant: Tenant) -> _Kept:
        with self._lock:
            kept = self._kept.get(tenant.merchant_id)
            if kept is None:
                kept = _Kept(self._secret(secret_name(self._prefix, tenant)))
                self._kept[tenant.merchant_id] = kept
                if len(self._kept) > KEPT_MERCHANTS:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(tenant.merchant_id)
            return kept

    def _made(self, tenant: Tenant, kept: _Kept, read: Callable[[], Mapping[str, str]]) -> Gateway:
        try:
            keys = KEYS.validate_python(dict(read()))
        except SecretMissing:
            kept.missing_since, kept.keys, kept.gateway = self._now(), None, None
            raise Misconfigured from None
        except (SecretMalformed, ValidationError):
            raise Misconfigured from None  # the cause would carry the keys
        kept.missing_since = None
        if kept.gateway is None or keys != kept.keys:
            kept.keys, kept.gateway = keys, self._adapter(tenant, keys)
        return kept.gateway

    def _adapter(self, tenant: Tenant, keys: Keys) -> Gateway:
        # Imported here and not above: whoever has the one gateway need not wait for the other's SDK.
        if keys.gateway == "stripe":
            from shopwright.checkout.gateways import stripe

            account = stripe.Account(tenant, keys.secret_key, tuple(keys.webhook_secrets.split()))
            return stripe.Stripe(account, self._reveal, address=self._addresses.get(stripe.VENDOR))
        from shopwright.checkout.gateways import adyen

        theirs = adyen.Account(
            tenant, keys.merchant_account, keys.api_key, tuple(keys.hmac_keys.split()), keys.live_prefix
        )
        return adyen.AdyenGateway(theirs, self._reveal, address=self._addresses.get(adyen.VENDOR))


class MerchantsGateway:
    """One merchant's gateway, whichever keys it has at the moment."""

    def __init__(self, accounts: Accounts, tenant: Tenant, vendor: str) -> None:
        self._accounts = accounts
        self._tenant = tenant
        self._vendor = vendor

    @property
    def vendor(self) -> str:
        return self._vendor

    def authorize(
        self, payment: Payment, means: Means, deadline: Deadline, *, persist: Callable[[str], None]
    ) -> Authorization:
        return self._ask(lambda gateway: gateway.authorize(payment, means, deadline, persist=persist))

    def resume(self, payment: Payment, proof: Mapping[str, str], deadline: Deadline) -> Authorization:
        return self._ask(lambda gateway: gateway.resume(payment, proof, deadline))

    def capture(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        return self._ask(lambda gateway: gateway.capture(payment, deadline, serial=serial))

    def void(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        return self._ask(lambda gateway: gateway.void(payment, deadline, serial=serial))

    def refund(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        return self._ask(lambda gateway: gateway.refund(payment, deadline, serial=serial))

    def reverse(self, payment: Payment, deadline: Deadline, *, serial: int = 1) -> Change:
        return self._ask(lambda gateway: gateway.reverse(payment, deadline, serial=serial))

    def find(self, payment: Payment, deadline: Deadline) -> Standing | None:
        return self._ask(lambda gateway: gateway.find(payment, deadline))

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> tuple[Event, ...]:
        return self._ask(lambda gateway: gateway.verify_webhook(headers, body))

    def _ask(self, call: Callable[[Gateway], _Result]) -> _Result:
        try:
            return call(self._accounts.current(self._tenant))
        except (Misconfigured, WebhookForged):
            renewed = self._accounts.renewed(self._tenant)
            if renewed is None or renewed.vendor != self._vendor:
                raise
            return call(renewed)


def secret_name(prefix: str, tenant: Tenant) -> str:
    """Where a merchant's keys are."""
    return f"{prefix}/{tenant.merchant_id}/gateway"
