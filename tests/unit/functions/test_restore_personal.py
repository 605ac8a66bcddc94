"""Personal data comes back only for whoever may have it, and never without a record."""

from typing import Any

import pytest
import restore_personal
from shopwright.privacy import vault as rules
from shopwright.privacy.redact import Kind
from shopwright.privacy.vault import Vault, VaultUnavailable
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.personal import FakeDataKeys, FakePersonalTable, FakeRecords
from tests.fakes.trail import FakeAudit

MARY = gateway.member(subject="user#mary", role="merchant", scopes=("shop/chat", "shop/documents", "shop/restore"))
PAUL = gateway.member("kitchen", subject="user#paul", role="merchant", scopes=("shop/restore",))
NARROW = gateway.member(subject="user#nora", role="merchant", scopes=("shop/chat", "shop/documents"))
FEED = gateway.member(subject="client#7feed", role="machine", scopes=("shop/restore",))
ANN = gateway.member(scopes=("shop/chat", "shop/restore"))
OUTDOOR = Tenant("outdoor")
CANARY = "canary.ann@example.com"


class Desk:
    """A vault with one value in it."""

    def __init__(self) -> None:
        self.table, self.records = FakePersonalTable(), FakeRecords()
        self.vault = Vault(self.table, FakeDataKeys())  # type: ignore[arg-type]  # their twins in memory
        self.token = self.vault.keeper(OUTDOOR, rules.document("d-1"))(Kind.EMAIL, CANARY)

    def ask(self, row: Member = MARY, **changed: Any) -> Answer:
        desk = restore_personal.Desk(
            FakeMembers(MARY, PAUL, NARROW, FEED, ANN), FakeAudit(), self.records.add, self.vault.restore
        )
        body = {"token": self.token, "reason": "the courier needs it", **changed}
        request = gateway.request("POST", "/v1/privacy/restore", token=gateway.claims(row), body=body)
        return gateway.send(restore_personal.build(lambda: desk), request)


def test_who_may_gets_the_value_and_is_recorded() -> None:
    desk = Desk()

    answer = desk.ask()

    assert (answer.status, answer.body) == (200, {"kind": "email", "value": CANARY})
    [(merchant, record)] = desk.records.kept
    assert merchant == "outdoor"
    assert (record["who"], record["did"], record["what"]) == ("user#mary", "restore", desk.token)
    assert record["request_id"] == gateway.REQUEST_ID
    assert CANARY not in str(record)


def test_a_reason_that_names_somebody_is_recorded_without_them() -> None:
    desk = Desk()

    desk.ask(reason=f"{CANARY} called from +44 20 7946 0958")

    assert desk.records.kept[0][1]["why"] == "[email] called from [phone]"


@pytest.mark.parametrize("row", [NARROW, FEED, ANN], ids=["without the scope", "a machine", "a shopper"])
def test_others_are_refused_and_nothing_is_opened(row: Member) -> None:
    desk = Desk()

    assert desk.ask(row).status == 403
    assert desk.records.kept == []


def test_another_merchants_token_does_not_exist() -> None:
    answer = Desk().ask(PAUL)

    assert (answer.status, answer.body["error"]) == (404, "TokenUnknown")


def test_what_was_erased_says_so() -> None:
    desk = Desk()
    desk.vault.shred(OUTDOOR, rules.document("d-1"))

    answer = desk.ask()

    assert (answer.status, answer.body["error"]) == (404, "Erased")


@pytest.mark.parametrize("changed", [{"token": "tok_1"}, {"reason": ""}, {"token": None}, {"why": "x"}])
def test_what_is_malformed_is_said_and_not_recorded(changed: dict[str, Any]) -> None:
    desk = Desk()

    assert desk.ask(**changed).status == 422
    assert desk.records.kept == []


def test_what_cannot_be_recorded_is_not_restored(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk()

    def full(*_: Any, **__: Any) -> None:
        raise VaultUnavailable

    desk.records.add = full  # type: ignore[method-assign]  # a table that does not take it
    answer = desk.ask()

    assert answer.status == 503
    assert CANARY not in str(answer.body)


def test_the_log_knows_the_kind_and_neither_the_value_nor_the_token(capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk()

    desk.ask()

    said = capsys.readouterr().out
    assert '"kind":"email"' in said.replace(" ", "")
    assert CANARY not in said
    assert desk.token not in said
