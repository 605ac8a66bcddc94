"""How a socket meets Lambda: what comes in by it, what goes out, and how a failure is told instead of shown."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shopwright.errors import Exhausted, Invalid, ShopwrightError, Unavailable
from shopwright.observability import audit, metrics
from shopwright.observability.sqs import Audit
from shopwright.orchestrator.events import Accepted, Delta, Done, Event, Failed, Products, Sources
from shopwright.runtime import strict
from shopwright.runtime.journal import logger
from shopwright.runtime.said import Message, answered, cited, fact
from shopwright.sockets.socket import SocketGone, SocketOver
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.standing import NotSignedIn
from shopwright.tenancy.tenant import Tenant

ASK = "ask"
ROUTE = "POST /v1/chat"  # whoever may ask there may ask here
AUDITED = "WebSocket ask"
_AUDITED_STATUS = {"done": 200, "error": 503}  # whoever has left is 499, as others write it down
_BROKEN = Failed("Unexpected", "Something broke on our side. The request id finds it in our log.")
_LAST = (NotSignedIn, SocketOver)  # after these nothing more can come by this socket


class MessageTooLarge(Invalid):
    """The message is larger than any question can be."""


class UnknownAction(Invalid):
    """The message asks for something that a socket does not do."""


class Ask(Message):
    """What a shopper sends: a question, as POST /v1/chat takes it, with a name of the sender's own for it."""

    action: Literal["ask"]
    id: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Comes back as `message_id` with every event of the answer."
        ),
    ] = None


class Place(BaseModel):
    """The socket, as API Gateway describes it."""

    model_config = ConfigDict(frozen=True)

    connection_id: Annotated[str, Field(alias="connectionId", min_length=1, max_length=128)]
    event: Annotated[Literal["CONNECT", "MESSAGE", "DISCONNECT"], Field(alias="eventType")]
    request_id: Annotated[str, Field(alias="requestId", min_length=1, max_length=128)]
    authorizer: dict[str, Any] = {}


class Frame(BaseModel):
    """What comes from a socket, or the word that it is opened or closed."""

    model_config = ConfigDict(frozen=True)

    place: Annotated[Place, Field(alias="requestContext")]
    body: Annotated[str, Field(repr=False)] = ""


class Taken(BaseModel):
    """What API Gateway gets for a frame. What there is to say goes to the socket."""

    status: Annotated[int, Field(serialization_alias="statusCode")] = 200


class Asked(BaseModel):
    """A question that was taken, on its way to the function that answers it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connection_id: str
    request_id: str
    message_id: str | None
    told: Annotated[int, Field(ge=0, description="How many events have been sent for it.")]
    asked_at: float
    message: Annotated[str, Field(repr=False)]
    session_id: str | None
    merchant_id: str
    role: Role
    subject: Annotated[str, Field(repr=False)]
    scopes: tuple[str, ...]

    @property
    def caller(self) -> Caller:
        """Who was checked when it was taken."""
        return Caller(Tenant(self.merchant_id), self.role, self.subject, frozenset(self.scopes))


class Line:
    """The events of one request, numbered from 0 in the order in which they were sent.

    A number that comes twice is the same event: what sends it may have tried again.
    """

    def __init__(
        self,
        send: Callable[[str, str], None],
        connection_id: str,
        request_id: str,
        message_id: str | None = None,
        *,
        told: int = 0,
    ) -> None:
        self._send = send
        self._connection_id = connection_id
        self._request_id = request_id
        self.message_id = message_id
        self.told = told
        self.last: tuple[str, str] | None = None  # the name of what was sent last, and how it read

    def tell(self, event: Event) -> None:
        """Send it. SocketGone when nobody is there to read it.

        A part that cannot be sent is left out: Done has all of it.
        """
        name, body = _named(event, self._request_id)
        head = {"event": name, "seq": self.told, "request_id": self._request_id, "message_id": self.message_id}
        text = json.dumps({**body, **head}, ensure_ascii=False)
        self.told += 1  # whatever comes of it: an event that was not sent for sure may have arrived
        try:
            self._send(self._connection_id, text)
        except Unavailable as failure:
            if not isinstance(event, Sources | Products | Delta):
                raise
            logger().warning("a part of an answer was not sent", exc_info=failure)
        else:
            self.last = (name, text)


def record(asked: Asked, line: Line, trail: Audit, *, now: float) -> None:
    """Hand in the audit trail's record of a question and of what was told last, as a route does for a request."""
    name, text = line.last or ("nothing", "")
    made = audit.Record(
        id=audit.new_id(),
        merchant_id=asked.merchant_id,
        at=audit.timestamp(now),
        request_id=asked.request_id,
        subject=asked.subject,
        role=asked.role.value,
        route=AUDITED,
        status=_AUDITED_STATUS.get(name, 499),
        request_payload_hash=audit.digest(asked.message.encode("utf-8", "surrogatepass")),
        response_reference=f"sha256:{audit.digest(text.encode())}",
    )
    try:
        trail.hand_in(made)
    except audit.AuditUnavailable as failure:
        metrics.count_together("AuditNotHandedIn")
        logger().error("audit record not handed in", extra={"record": asdict(made)}, exc_info=failure)


@contextmanager
def errors_told(line: Line, close: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Tell what goes wrong inside as an event. `close` is called when the socket is of no use any more."""
    try:
        yield
    except SocketGone:
        logger().info("the shopper left")
    except ShopwrightError as failure:
        metrics.count("ClientErrors", int(not isinstance(failure, Unavailable)))
        logger().warning("message refused", extra={"error": type(failure).__name__}, exc_info=failure)
        _tell_last(line, _failed(failure), close if isinstance(failure, _LAST) else None)
    except Exception as failure:
        metrics.count("ServerErrors")
        logger().exception("message broke", extra={"error": type(failure).__name__})
        _tell_last(line, _BROKEN)


def read(text: str, line: Line) -> Ask:
    """The question in a message. From then on, `line` names it as its sender does."""
    value, _ = strict.read(text)
    if not isinstance(value, dict):
        raise strict.MalformedBody("The message must be a JSON object.")
    name = value.get("id")
    if isinstance(name, str) and len(name) <= 64:
        line.message_id = name
    if value.get("action") != ASK:
        raise UnknownAction(f'The only action here is "{ASK}", as in {{"action": "{ASK}", "message": "…"}}.')
    try:
        return Ask.model_validate(value)
    except ValidationError as refusal:
        told = [(strict.field(error["loc"]), error) for error in refusal.errors()]
        raise Invalid(strict.complaint(told)) from None


def _tell_last(line: Line, event: Failed, close: Callable[[], None] | None = None) -> None:
    try:
        line.tell(event)
        if close is not None:
            close()
    except SocketGone:
        logger().info("the shopper left")
    except Unavailable as failure:
        logger().warning("a failure could not be told", exc_info=failure)


def _failed(failure: ShopwrightError) -> Failed:
    wait = failure.retry_after_s if isinstance(failure, Exhausted | Unavailable) else None
    return Failed(type(failure).__name__, str(failure), wait)


def _named(event: Event, request_id: str) -> tuple[str, dict[str, Any]]:
    match event:
        case Accepted():
            return "accepted", {}
        case Sources(citations):
            return "sources", {"citations": [cited(one).model_dump(mode="json") for one in citations]}
        case Products(facts):
            return "products", {"facts": [fact(one).model_dump(mode="json") for one in facts]}
        case Delta(text):
            return "delta", {"text": text}
        case Done(said):
            return "done", answered(said, request_id).model_dump(mode="json")
        case Failed(error, message, retry_after_s):
            return "error", {"error": error, "message": message, "retry_after_s": retry_after_s}
