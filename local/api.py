"""This file changes when what the shop's API says to its callers changes: the laptop's commands read it here alone."""

import mimetypes
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from local import web

SETTLED = frozenset({"searchable", "quarantined", "failed", "deleted"})
MEDIA_TYPES: Mapping[str, str] = {
    ".csv": "text/csv",
    ".htm": "text/html",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".txt": "text/plain",
}


class Refused(Exception):
    """The API said no; the message has its status and its words."""

    def __init__(self, what: str, answer: web.Answer) -> None:
        super().__init__(f"{what}: {answer.status} {answer.reason}")
        self.status = answer.status


class Misunderstood(Exception):
    """The API answered in a shape that these commands do not know."""


class _Told(BaseModel):
    """What the API may say more than we read is none of our business."""

    model_config = ConfigDict(frozen=True, extra="ignore")


T = TypeVar("T", bound=_Told)


class Upload(_Told):
    """Where a file goes, once."""

    url: str
    method: str = "PUT"
    headers: dict[str, str] = {}


class Ticket(_Told):
    """A document that the API awaits."""

    document_id: str
    upload: Upload


class RefusedRow(_Told):
    """A row of a feed that could not be read."""

    row: int
    reason: str


class WarnedOf(_Told):
    """An article of a feed that its merchant should look at."""

    sku: str
    reason: str


class Wares(_Told):
    """What became of a product feed; of the rows and articles the first ones."""

    refused: tuple[RefusedRow, ...] = ()
    refused_count: int = 0
    warned: tuple[WarnedOf, ...] = ()
    warned_count: int = 0


class Document(_Told):
    """How far one document has come."""

    document_id: str
    status: str
    updated_at: str
    reason: str | None = None
    chunks: int = 0
    catalog: Wares | None = None


class Citation(_Told):
    """Where an answer stands in the merchant's own words."""

    title: str
    section: str = ""
    source_uri: str
    start: int
    end: int

    @property
    def place(self) -> str:
        """The document's title and the titles above the passage, outermost first, none said twice in a row."""
        titles = [self.title, *self.section.split(" > ")]
        return " > ".join(
            title for title, before in zip(titles, ["", *titles], strict=False) if title not in {"", before}
        )


class Said(_Told):
    """One answer, as a shopper gets it."""

    answer: str
    verdict: str
    confidence: float
    citations: tuple[Citation, ...]
    clocks: dict[str, float | None]
    session_id: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the shop's documents held an answer."""
        return self.verdict == "answered"


class Article(_Told):
    """A line of a cart."""

    sku: str
    quantity: int
    title: str | None


class Cart(_Told):
    """What a shopper means to buy."""

    version: int
    lines: tuple[Article, ...]


class Terms(_Told):
    """What of a quote is told; amounts are in minor units."""

    lines: tuple[dict[str, object], ...]
    currency: str
    goods_minor: int
    delivery_minor: int
    tax_minor: int
    total_minor: int
    nonce: str
    expires_at: int


class Quote(_Told):
    """A signed quote. It goes back as it came."""

    quote: dict[str, object]
    quote_hash: str
    signature: str

    @property
    def terms(self) -> Terms:
        return Terms.model_validate(self.quote)


class Begun(_Told):
    """An order that has been taken."""

    order_id: str
    status_url: str


class ToDo(_Told):
    """What a bank asks of its shopper."""

    url: str


class Order(_Told):
    """How far an order is."""

    order_id: str
    status: str
    message: str
    action: ToDo | None
    total_minor: int
    currency: str


class Receipt(_Told):
    """Where a receipt can be fetched, for a while."""

    html: str
    pdf: str


class Shop:
    """The API with one caller's token."""

    def __init__(self, api_url: str, token: str) -> None:
        self._api = api_url.rstrip("/")
        self._token = token

    def offer(self, path: str, size: int) -> Ticket:
        """Ask for the right to upload this file."""
        media_type = MEDIA_TYPES.get(path[path.rfind(".") :].lower()) or mimetypes.guess_type(path)[0]
        wanted = {"name": path, "size": size, "media_type": media_type or "application/octet-stream"}
        return self._read(Ticket, "the upload", self.raw("POST", "/v1/documents", wanted), {200, 201, 202})

    def upload(self, ticket: Ticket, content: bytes) -> None:
        """Straight to the bucket, past the API, as the ticket says."""
        told = ticket.upload
        answer = web.call(told.method, told.url, headers=dict(told.headers), body=content)
        if answer.status not in {200, 201, 204}:
            raise Refused("the bucket", answer)

    def document(self, document_id: str) -> Document | None:
        """How far it has come; None while it is not known."""
        answer = self.raw("GET", f"/v1/documents/{document_id}")
        return None if answer.status == 404 else self._read(Document, "the document", answer, {200})

    def ask(self, message: str) -> Said:
        return self._read(Said, "the chat", self.raw("POST", "/v1/chat", {"message": message}), {200})

    def cart(self) -> Cart:
        return self._read(Cart, "the cart", self.raw("GET", "/v1/cart"), {200})

    def put(self, sku: str, quantity: int) -> Cart:
        """So many of an article, whatever the cart had of it before."""
        answer = self.raw("PUT", f"/v1/cart/lines/{quote(sku, safe='')}", {"quantity": quantity})
        return self._read(Cart, "the cart", answer, {200})

    def left(self, sku: str) -> int | None:
        """How many can be bought now; None: nobody counts them."""
        answer = self.raw("GET", f"/v1/products/{quote(sku, safe='')}")
        if answer.status != 200:
            raise Refused("the product", answer)
        stocks = [one["stock"] for one in answer.body["variants"] if one["sku"] == sku]
        return stocks[0]["available"] if stocks and stocks[0] else None

    def quote(self, instrument: str) -> Quote:
        """The full terms of buying the cart with this."""
        answer = self.raw("POST", "/v1/checkout/quote", {"instrument": instrument})
        return self._read(Quote, "the quote", answer, {200})

    def agree(self, quoted: Quote, *, key: str, return_url: str) -> Begun:
        """The shopper's own word to these terms. The same key again has no further effect."""
        body = {
            "quote": quoted.quote,
            "signature": quoted.signature,
            "consent": {"quote_hash": quoted.quote_hash, "nonce": quoted.terms.nonce, "agreed": True},
            "return_url": return_url,
        }
        answer = web.call(
            "POST",
            self._api + "/v1/checkout",
            token=self._token,
            json_body=body,
            headers={"idempotency-key": key},
        )
        return self._read(Begun, "the checkout", answer, {202})

    def order(self, order_id: str) -> Order:
        return self._read(Order, "the order", self.raw("GET", f"/v1/orders/{order_id}"), {200})

    def receipt(self, order_id: str) -> Receipt | None:
        """The receipt of a paid order; None while it is being written."""
        answer = self.raw("GET", f"/v1/orders/{order_id}/receipt")
        return None if answer.status == 404 else self._read(Receipt, "the receipt", answer, {200})

    def raw(self, method: str, path: str, body: object = None) -> web.Answer:
        """Whatever comes back, also a refusal."""
        return web.call(method, self._api + path, token=self._token, json_body=body)

    def _read(self, model: type[T], what: str, answer: web.Answer, good: set[int]) -> T:
        if answer.status not in good:
            raise Refused(what, answer)
        try:
            return model.model_validate(answer.body)
        except ValidationError as odd:
            raise Misunderstood(f"{what} came in a shape that is not known here: {odd}") from odd
