"""This file changes when what the shop's API says to its callers changes: the laptop's commands read it here alone."""

import mimetypes
from collections.abc import Mapping
from typing import TypeVar

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


class Document(_Told):
    """How far one document has come."""

    document_id: str
    status: str
    updated_at: str
    reason: str | None = None
    chunks: int = 0


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
