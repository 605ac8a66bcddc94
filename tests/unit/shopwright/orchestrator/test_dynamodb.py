"""What only the real table can get wrong: leftovers, interruptions, two writers at once, no answer."""

from typing import Any

import pytest
from shopwright.orchestrator.dynamodb import Sessions
from shopwright.orchestrator.session import LIFETIME_S, SessionNotFound, SessionsUnavailable
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.vended.dynamodb import client

from tests.unit.shopwright.orchestrator.conftest import KITCHEN, NOBODYS, OUTDOOR, Clock, turn


def test_deleting_leaves_no_item_behind_however_many_turns_there_were(dynamodb: Any, clock: Clock) -> None:
    ann = Sessions("sessions", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))
    for number in range(2, 61):
        ann.remember(session_id, turn(number))
    assert dynamodb.scan(TableName="sessions")["Count"] == 61

    ann.delete(session_id)

    assert dynamodb.scan(TableName="sessions")["Count"] == 0


def test_a_deletion_that_broke_off_can_be_taken_up_again(dynamodb: Any, clock: Clock) -> None:
    class Stumbling:
        """Breaks off once, after the conversation has been closed."""

        def __init__(self) -> None:
            self.fell = False
            self.exceptions = dynamodb.exceptions

        def batch_write_item(self, **request: Any) -> Any:
            if not self.fell:
                self.fell = True
                raise dynamodb.exceptions.ProvisionedThroughputExceededException({"Error": {}}, "BatchWriteItem")
            return dynamodb.batch_write_item(**request)

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

    stumbling: Any = Stumbling()
    ann = Sessions("sessions", lambda _: stumbling, now=clock).of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn())

    with pytest.raises(SessionsUnavailable):
        ann.delete(session_id)
    with pytest.raises(SessionNotFound):
        ann.remember(session_id, turn(2))
    ann.delete(session_id)

    assert dynamodb.scan(TableName="sessions")["Count"] == 0


def test_two_who_write_at_once_lose_no_turn(dynamodb: Any, clock: Clock) -> None:
    class Crowded:
        """Somebody else adds a turn between our look at the head and our writing."""

        def __init__(self) -> None:
            self.others = 0
            self.exceptions = dynamodb.exceptions

        def transact_write_items(self, **request: Any) -> Any:
            if self.others < 1 and session_id:
                self.others += 1
                Sessions("sessions", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann").remember(
                    session_id, turn(2)
                )
            return dynamodb.transact_write_items(**request)

        def __getattr__(self, name: str) -> Any:
            return getattr(dynamodb, name)

    session_id = ""
    crowded: Any = Crowded()
    ann = Sessions("sessions", lambda _: crowded, now=clock).of(OUTDOOR, "user#ann")
    session_id = ann.remember(None, turn(1))

    ann.remember(session_id, turn(3))

    assert ann.open(session_id).turns == (turn(1), turn(2), turn(3))


def test_items_carry_the_time_at_which_dynamodb_may_drop_them(dynamodb: Any, clock: Clock) -> None:
    Sessions("sessions", lambda _: dynamodb, now=clock).of(OUTDOOR, "user#ann").remember(None, turn())

    ends = {item["expires_at"]["N"] for item in dynamodb.scan(TableName="sessions")["Items"]}

    assert ends == {str(1_790_000_000 + LIFETIME_S)}


def test_a_table_that_does_not_answer_is_named_as_unavailable_within_its_time_limits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:9")
    unreachable = client.__wrapped__(Credentials("testing", "testing"))  # the product's own, made anew
    limits = vars(unreachable.meta.config)
    assert (limits["connect_timeout"] + limits["read_timeout"]) * limits["retries"]["total_max_attempts"] <= 2
    ann = Sessions("sessions", lambda _: unreachable).of(OUTDOOR, "user#ann")

    for attempt in (
        lambda: ann.open(NOBODYS),
        lambda: ann.remember(None, turn()),
        lambda: ann.remember(NOBODYS, turn()),
        lambda: ann.delete(NOBODYS),
    ):
        with pytest.raises(SessionsUnavailable):
            attempt()


def test_conversations_are_reached_with_the_credentials_of_their_own_merchant_and_of_no_other() -> None:
    asked: list[str] = []
    handed: list[Credentials] = []

    def vend(tenant: Tenant) -> Credentials:
        asked.append(tenant.merchant_id)
        return Credentials(f"key of {tenant.merchant_id}", "secret", "token")

    def dynamodb(credentials: Credentials) -> Any:
        handed.append(credentials)
        return object()

    sessions = Sessions("sessions", dynamodb, vend=vend)
    assert (asked, handed) == ([], [])
    sessions.of(OUTDOOR, "user#ann")
    assert (asked, [one.access_key_id for one in handed]) == (["outdoor"], ["key of outdoor"])
    sessions.of(KITCHEN, "user#ann")
    assert (asked[1:], [one.access_key_id for one in handed[1:]]) == (["kitchen"], ["key of kitchen"])


def test_the_client_signs_with_what_was_vended_and_is_made_once_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    vended = Credentials("key of outdoor", "secret", "token")

    made = client(vended)

    signing = made._request_signer._credentials  # type: ignore[attr-defined]  # nothing public tells it
    assert (signing.access_key, signing.secret_key, signing.token) == ("key of outdoor", "secret", "token")
    assert client(Credentials("key of outdoor", "secret", "token")) is made
    assert client(Credentials("key of kitchen", "secret", "token")) is not made
