"""What may fail behind the shop, and comes back: servers that stop, and AWS saying no or nothing at all."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import urllib3

from local import doubles, model
from local.cloud import Cloud, Running
from local.models.server import Double, running

CHAT, AUDIT = "shopwright-dev-chat", "shopwright-dev-record-audit"
STREAM, SOCKET = "shopwright-dev-chat-stream", "shopwright-dev-chat-socket"
_NO_TABLE = "shopwright-dev-no-such-table"
_STALL_S = 30
_OF_THE_WAY = {"host", "content-length", "connection", "accept-encoding"}  # headers that are not handed on
_HTTP = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=10), retries=False, maxsize=16)


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


class DynamoDB:
    """The way to every table, which can be made to fail without those who use it being begun anew."""

    def __init__(self, behind: str) -> None:
        self._behind = behind
        self._stopping = threading.Event()
        self._failing: tuple[int, str] | None = None
        self._stalls = False

    @contextmanager
    def open(self) -> Iterator[str]:
        """Its address."""
        way = self

        class Passing(doubles.Handler):
            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if way._failing is None:
                    headers = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_WAY}
                    answer = _HTTP.request(self.command, way._behind + self.path, body=body, headers=headers)
                    given = {name: value for name, value in answer.headers.items() if name.lower().startswith("x-amz")}
                    self.answer_bytes(answer.status, answer.data, given, answer.headers.get("content-type", ""))
                    return
                status, name = way._failing
                if way._stalls:
                    way._stopping.wait(_STALL_S)
                self.answer_json(status, {"__type": f"com.amazonaws#{name}", "message": "no"})

        for verb in ("GET", "PUT", "POST"):
            setattr(Passing, f"do_{verb}", Passing.pass_on)
        with doubles.running(doubles.Server(Passing), self._stopping) as address:
            yield address

    @contextmanager
    def failing(self, status: int, name: str, *, stalls: bool = False) -> Iterator[None]:
        """Each call gets this error, or nothing at all for longer than anybody waits."""
        self._failing, self._stalls = (status, name), stalls
        try:
            yield
        finally:
            self._failing = None


@dataclass(frozen=True, slots=True)
class Place:
    """All that can be made to fail."""

    laptop: Cloud
    cloud: Running
    bedrock: Bedrock
    dynamodb: DynamoDB


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


def dynamodb_answers(
    status: int, name: str, *, stalls: bool = False
) -> Callable[[Place], AbstractContextManager[None]]:
    """Each call to any table gets this error, or nothing at all."""
    return lambda place: place.dynamodb.failing(status, name, stalls=stalls)


def s3_answers(function: str, status: int, name: str) -> Callable[[Place], AbstractContextManager[None]]:
    """Each call of the function to S3 gets this error."""

    @contextmanager
    def fault(place: Place) -> Iterator[None]:
        class Refusing(doubles.Handler):
            def refuse(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.answer_bytes(status, f"<Error><Code>{name}</Code><Message>no</Message></Error>".encode())

        for verb in ("GET", "PUT", "POST"):
            setattr(Refusing, f"do_{verb}", Refusing.refuse)
        with (
            doubles.running(doubles.Server(Refusing), threading.Event()) as address,
            _told(place, function, {"AWS_ENDPOINT_URL_S3": address}),
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
    "DynamoDB throttles": dynamodb_answers(400, "ThrottlingException"),
    "DynamoDB refuses": dynamodb_answers(400, "AccessDeniedException"),
    "DynamoDB says nothing": dynamodb_answers(500, "InternalServerError", stalls=True),
    "KMS has no key for the trail": s3_answers(AUDIT, 400, "KMS.DisabledException"),
    "S3 takes no trail": s3_answers(AUDIT, 503, "SlowDown"),
}
