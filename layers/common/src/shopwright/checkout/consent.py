"""The shopper's own word, once: changes when what makes an agreement valid does.

A consent names the hash of the very terms that the shopper was shown, comes with the shopper's own access token, and is
spent by the first request that it comes with. Nothing that a model writes is one: the tools of a conversation neither
take nor give a signature or a consent, and a machine's token may not come to this route.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from shopwright.checkout import ids
from shopwright.checkout.canonical import Json
from shopwright.checkout.order import Placing
from shopwright.checkout.quote import Quote, Signatures, differences
from shopwright.errors import Conflict, Denied, Invalid, Unavailable
from shopwright.tenancy.caller import Caller

MAX_REQUEST_ID = 64
MAX_URL = 500
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


class Unconsented(Invalid):
    """Nobody agreed to exactly these terms."""

    def __init__(self) -> None:
        super().__init__("Show the shopper these terms, and send their consent to them: the quote's hash and nonce.")


class QuoteForeign(Denied):
    """The quote was made for somebody else."""

    def __init__(self) -> None:
        super().__init__("This quote was made for another shopper. Ask for one of your own.")


class QuoteExpired(Conflict):
    """The quote's time is over."""

    def __init__(self) -> None:
        super().__init__("This quote has expired. Ask for a new one, and agree to that.")


class TermsChanged(Conflict):
    """The shopper would be told something else now. The message says what."""


class ConsentUsed(Conflict):
    """This consent has been spent on another request."""

    def __init__(self) -> None:
        super().__init__("This consent has been used. Ask for a new quote, and agree to that.")


class KeyNeeded(Invalid):
    """A checkout comes without a key by which it is known when it is sent twice."""

    def __init__(self) -> None:
        super().__init__(f"Send an Idempotency-Key of 1 to {MAX_REQUEST_ID} letters, figures, hyphens or underscores.")


class KeyOfAnother(Conflict):
    """The key came before, with another body."""

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for another request. Give each request one of its own.")


class RequestInFlight(Conflict):
    """The same request is being worked on."""

    def __init__(self) -> None:
        super().__init__("This request is still being worked on. Ask again in a moment.")


class ReturnUrlUnusable(Invalid):
    """A bank may not send the shopper back to this address."""

    def __init__(self, sites: Iterable[str] = ()) -> None:
        where = ", ".join(sorted(sites)) or "the operator puts its website on record"
        super().__init__(
            f"return_url is an https address of the shop's own ({where}), of at most {MAX_URL} characters, without a "
            "name or password."
        )


class ClaimsUnavailable(Unavailable):
    """Consents can be neither read nor spent at the moment."""

    def __init__(self) -> None:
        super().__init__("Orders cannot be taken at the moment. Please try again.")


@dataclass(frozen=True, slots=True)
class Agreed:
    """What a shopper's page sends: the quote as it was given, and the consent to it."""

    quote: Quote
    signature: str
    quote_hash: str
    nonce: str
    agreed: bool
    return_url: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A consent that is being spent: on which order, by which request."""

    nonce: str
    order_id: str
    saga_id: str
    quote_hash: str
    subject: str
    request: str  # the hash of key and body of the one request that may come again


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach. `quoted` makes the quote that the shopper would get now; `claim` is False when the
    consent has been spent on another request; `claimed` looks, and spends nothing. `sites` are the hosts of the shop's
    own pages; `on_this_machine`: one's own machine is a page too."""

    signatures: Signatures
    quoted: Callable[[Caller, Quote], Quote]
    claimed: Callable[[Caller, str], Claim | None]
    claim: Callable[[Caller, Claim], bool]
    place: Callable[[Caller, Placing], None]
    start: Callable[[Caller, str, str], None]
    sites: Callable[[Caller], frozenset[str]]
    now: Callable[[], float]
    on_this_machine: bool = False


def begin(caller: Caller, agreed: Agreed, *, request: str, desk: Desk) -> str:
    """Take the order, and start what reserves, charges and confirms it; gives the order's id.

    The same request again goes on from wherever the first one stopped: a consent that it has spent stays spent on it,
    even when the quote has expired meanwhile.
    """
    quote = agreed.quote
    desk.signatures.check(quote, agreed.signature)
    if quote.merchant_id != caller.tenant.merchant_id or quote.subject != caller.subject:
        raise QuoteForeign
    if not agreed.agreed or agreed.quote_hash != quote.hash or agreed.nonce != quote.nonce:
        raise Unconsented
    check_return_url(agreed.return_url, desk.sites(caller), on_this_machine=desk.on_this_machine)
    order, saga = ids.order_id(caller.tenant, quote.nonce), ids.saga_id(caller.tenant, quote.nonce)
    claim = Claim(quote.nonce, order, saga, quote.hash, caller.subject, request)
    before = desk.claimed(caller, quote.nonce)
    if before is None:
        _check_terms(caller, quote, desk)
        if not desk.claim(caller, claim):
            raise ConsentUsed
    elif before != claim:
        raise ConsentUsed
    consent: dict[str, Json] = {
        "quote_hash": quote.hash,
        "nonce": quote.nonce,
        "subject": caller.subject,
        "role": caller.role.value,
        "channel": "http",
        "request": request,
        "at": int(desk.now()),
    }
    desk.place(caller, Placing(order, saga, quote, consent, agreed.return_url))
    desk.start(caller, order, saga)
    return order


def check_return_url(url: str, sites: frozenset[str], *, on_this_machine: bool) -> None:
    """Raise ReturnUrlUnusable unless it is a page of the shop's own: whoever comes from a bank believes what they see.
    Plain http is for one's own machine alone."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ReturnUrlUnusable(sites) from None
    ours = parts.scheme == "https" and host_of(url) in sites
    here = on_this_machine and host in _LOOPBACK and parts.scheme in ("http", "https")
    safe = not parts.username and not parts.password and len(url) <= MAX_URL and url.isprintable() and port != 0
    if not safe or not (ours or here):
        raise ReturnUrlUnusable(sites)


def host_of(address: str) -> str:
    """The host of a site's address, with its port unless it is the usual one; `www.` before it makes no other site."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.")
    return host if parts.port in (None, 443) else f"{host}:{parts.port}"


def _check_terms(caller: Caller, quote: Quote, desk: Desk) -> None:
    if quote.expires_at <= desk.now():
        raise QuoteExpired
    changed = differences(quote, desk.quoted(caller, quote))
    if changed:
        raise TermsChanged(f"{' '.join(changed)} Ask for a new quote, and agree to that.")
