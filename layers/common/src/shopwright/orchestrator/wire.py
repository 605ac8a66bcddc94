"""A question and its answer between two of our programs: changes when what passes between them does.

Lines of JSON, each an event or the end. Answers and events are carried whole, whatever fields they gain: their
dataclasses are what is written and read. A failure is carried as its kind, its name and its message, and is the same
to whoever catches it on the other side.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import from_json

from shopwright import errors
from shopwright.errors import Exhausted, ShopwrightError, Unavailable
from shopwright.orchestrator.answer import Answer
from shopwright.orchestrator.events import Delta, Event, Products, Sources

LONGEST_S = 30  # no question is worked on for longer
_NAME = re.compile(r"[A-Z][A-Za-z]{1,60}")
_KINDS: Mapping[str, type[ShopwrightError]] = {
    kind.__name__: kind
    for kind in (
        errors.Invalid,
        errors.Denied,
        errors.NotFound,
        errors.Conflict,
        errors.Declined,
        errors.Exhausted,
        errors.Unavailable,
    )
}


class Unreadable(Exception):
    """This is no line of ours. What was in it is not said: it may be anybody's words."""


class Asked(BaseModel):
    """A question on its way. Who asks is in the warrant, and nowhere else."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warrant: Annotated[str, Field(repr=False)]
    message: Annotated[str, Field(repr=False, min_length=1, max_length=4000)]
    session_id: str | None
    request_id: str | None
    key: str | None = None
    within_ms: Annotated[int, Field(ge=1, le=LONGEST_S * 1000)]


class Broken(BaseModel):
    """A failure on its way. `kind` is empty for one that has no name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    error: str
    message: str
    retry_after_s: int | None = None


class Line(BaseModel):
    """An event (`event`, what it is of), the answer (`done`), or what came instead of one (`failed`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: Literal["sources", "products", "delta", "done", "failed"]
    body: Annotated[dict[str, Any], Field(repr=False)]
    failure: Broken | None = None


@cache
def _shape(of: type) -> type[BaseModel]:
    """A model with the dataclass's fields. Made on first use: that takes as long as importing some of our functions.

    A failure is no data: it goes beside the answer.
    """
    hints = get_type_hints(of)
    shaped: dict[str, Any] = {one.name: (hints[one.name], ...) for one in fields(of) if one.name != "failure"}
    shape: type[BaseModel] = create_model(
        f"{of.__name__}OnTheWire",
        __config__=ConfigDict(extra="forbid", frozen=True),
        **shaped,
    )
    return shape


_EVENTS: Mapping[str, type[Sources | Products | Delta]] = {"sources": Sources, "products": Products, "delta": Delta}


def event(told: Event) -> str:
    """An event as a line. Only those that an answer tells while it comes about travel."""
    for what, kind in _EVENTS.items():
        if isinstance(told, kind):
            return _line(what, _body(told))
    raise TypeError(f"{type(told).__name__} is not told by an answer")


def done(answer: Answer) -> str:
    """The answer as a line."""
    return _line("done", _body(answer), None if answer.failure is None else broken(answer.failure))


def failed(failure: BaseException) -> str:
    """What came instead of an answer. Our own mistakes keep their words to themselves."""
    return _line("failed", {}, broken(failure))


def broken(failure: BaseException) -> Broken:
    kind = next((name for name, kind in _KINDS.items() if isinstance(failure, kind)), "")
    if not kind:
        return Broken(kind="", error="Unexpected", message="")
    wait = failure.retry_after_s if isinstance(failure, Exhausted | Unavailable) else None
    return Broken(kind=kind, error=type(failure).__name__, message=str(failure), retry_after_s=wait)


def read(line: bytes | str) -> Line:
    """A line that came, or Unreadable."""
    try:
        return Line.model_validate(from_json(line))
    except (ValidationError, ValueError):
        raise Unreadable from None


def told(line: Line) -> Event:
    """The event that a line carries."""
    return _read(_EVENTS[line.what], line.body)  # type: ignore[no-any-return]  # each of the three is one


def answered(line: Line) -> Answer:
    """The answer that a line carries, its failure by the name that it had."""
    answer: Answer = _read(Answer, line.body)
    if line.failure is None:
        return answer
    failure = restored(line.failure)
    if not isinstance(failure, Unavailable):
        raise Unreadable
    return replace(answer, failure=failure)


def restored(failure: Broken) -> ShopwrightError:
    """The failure as it was raised: of its kind, under its name. Unreadable when it had none."""
    if failure.kind not in _KINDS or not _NAME.fullmatch(failure.error):
        raise Unreadable
    raised = _named(failure.kind, failure.error)(failure.message)
    if failure.retry_after_s is not None and isinstance(raised, Exhausted | Unavailable):
        raised.retry_after_s = failure.retry_after_s
    return raised


def _line(what: str, body: dict[str, Any], failure: Broken | None = None) -> str:
    return Line.model_validate({"what": what, "body": body, "failure": failure}).model_dump_json()


@cache
def _named(kind: str, name: str) -> type[ShopwrightError]:
    """A class of that name: the one that was raised may live in a module that this program never loads."""
    return type(name, (_KINDS[kind],), {"__doc__": f"{kind}, as another program of ours named it."})


def _body(given: Answer | Sources | Products | Delta) -> dict[str, Any]:
    kind: type = type(given)
    shape = _shape(kind)
    return shape.model_construct(**{name: getattr(given, name) for name in shape.model_fields}).model_dump(mode="json")


def _read(of: type, body: Mapping[str, Any]) -> Any:
    shape = _shape(of)
    try:
        held = shape.model_validate(body)
    except ValidationError:
        raise Unreadable from None
    return of(**{name: getattr(held, name) for name in shape.model_fields})
