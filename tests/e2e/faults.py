"""What may fail behind the shop, and comes back: servers that stop, and AWS saying no or nothing at all."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from local import doubles, model
from local.cloud import Cloud, Running
from local.models.server import Double, running

CHAT, AUDIT = "shopwright-dev-chat", "shopwright-dev-record-audit"
_NO_TABLE = "shopwright-dev-no-such-table"
_STALL_S = 30


class Bedrock:
    """The model's double on one address; it can stop, and come back there."""

    def __init__(self) -> None:
        self.double = Double()
        self._port = 0
        self._running: AbstractContextManager[tuple[Double, str]] | None = None

    def start(self) -> str:
        playing, self.double = self.double.answering, Double()
        self.double.answering = playing
        self._running = running(self.double, self._port)
        _, address = self._running.__enter__()
        self._port = int(address.rpartition(":")[2])
        return address

    def stop(self) -> None:
        if self._running is not None:
            self._running.__exit__(None, None, None)
        self._running = None


@dataclass(frozen=True, slots=True)
class Place:
    """All that can be made to fail."""

    laptop: Cloud
    cloud: Running
    bedrock: Bedrock


@contextmanager
def no_database(place: Place) -> Iterator[None]:
    place.laptop.postgres.kill()
    try:
        yield
    finally:
        place.laptop.postgres.start()


@contextmanager
def no_cache(place: Place) -> Iterator[None]:
    place.laptop.valkey.kill()
    try:
        yield
    finally:
        place.laptop.valkey.start()


@contextmanager
def no_model(place: Place) -> Iterator[None]:
    place.bedrock.stop()
    try:
        yield
    finally:
        place.bedrock.start()


def tables_gone(*variables: str) -> Callable[[Place], AbstractContextManager[None]]:
    """DynamoDB answers what concerns these tables with an error of the client's."""

    @contextmanager
    def fault(place: Place) -> Iterator[None]:
        with _told(place, CHAT, dict.fromkeys(variables, _NO_TABLE)):
            yield

    return fault


def aws_answers(
    function: str, service: str, status: int, name: str, *, stalls: bool = False
) -> Callable[[Place], AbstractContextManager[None]]:
    """Each call of the function to the service gets this error, or nothing at all."""

    @contextmanager
    def fault(place: Place) -> Iterator[None]:
        stopping = threading.Event()

        class Refusing(doubles.Handler):
            def refuse(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if stalls:
                    stopping.wait(_STALL_S)
                if service == "S3":
                    self.answer_bytes(status, f"<Error><Code>{name}</Code><Message>no</Message></Error>".encode())
                else:
                    self.answer_json(status, {"__type": f"com.amazonaws#{name}", "message": "no"})

        for verb in ("GET", "PUT", "POST"):
            setattr(Refusing, f"do_{verb}", Refusing.refuse)
        with (
            doubles.running(doubles.Server(Refusing), stopping) as address,
            _told(place, function, {f"AWS_ENDPOINT_URL_{service}": address}),
        ):
            yield

    return fault


@contextmanager
def _told(place: Place, function: str, variables: Mapping[str, str]) -> Iterator[None]:
    held = model.tell(place.cloud, function, variables)
    try:
        yield
    finally:
        model.tell(place.cloud, function, held)


FAULTS: Mapping[str, Callable[[Place], AbstractContextManager[None]]] = {
    "the database is down": no_database,
    "the cache is down": no_cache,
    "the model is down": no_model,
    "conversations, carts, the ledger and circuits cannot be reached": tables_gone(
        "SESSIONS_TABLE", "CARTS_TABLE", "LEDGER_TABLE", "CIRCUITS_TABLE"
    ),
    "DynamoDB throttles": aws_answers(CHAT, "DYNAMODB", 400, "ThrottlingException"),
    "DynamoDB refuses": aws_answers(CHAT, "DYNAMODB", 400, "AccessDeniedException"),
    "DynamoDB says nothing": aws_answers(CHAT, "DYNAMODB", 500, "InternalServerError", stalls=True),
    "KMS has no key for the trail": aws_answers(AUDIT, "S3", 400, "KMS.DisabledException"),
    "S3 takes no trail": aws_answers(AUDIT, "S3", 503, "SlowDown"),
}
