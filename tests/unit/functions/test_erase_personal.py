"""Erasing works for a document, for a person and for both; afterwards nobody can read what was kept."""

from typing import Any

import erase_personal
import pytest
from shopwright.privacy import vault as rules
from shopwright.privacy.redact import Kind
from shopwright.privacy.vault import Erased, Vault
from shopwright.tenancy.member import Member
from shopwright.tenancy.tenant import Tenant

from tests.fakes import gateway
from tests.fakes.gateway import Answer
from tests.fakes.members import FakeMembers
from tests.fakes.personal import FakeDataKeys, FakePersonalTable, FakeRecords
from tests.fakes.trail import FakeAudit

MARY = gateway.member(subject="user#mary", role="merchant", scopes=("shop/erase",))
PAUL = gateway.member("kitchen", subject="user#paul", role="merchant", scopes=("shop/erase",))
NARROW = gateway.member(subject="user#nora", role="merchant", scopes=("shop/restore",))
OUTDOOR = Tenant("outdoor")
DOCUMENT = "d-mfrggzdfmztwq2lknnwg"


class Desk:
    """A vault with a value of a document and one of a person."""

    def __init__(self) -> None:
        table, self.records = FakePersonalTable(), FakeRecords()
        self.vault = Vault(table, FakeDataKeys())  # type: ignore[arg-type]  # their twins in memory
        self.of_document = self.vault.keeper(OUTDOOR, rules.document(DOCUMENT))(Kind.NAME, "Canary Roe")
        self.of_ann = self.vault.keeper(OUTDOOR, rules.subject("user#ann"))(Kind.PHONE, "+44 20 7946 0958")
        # As it is wired: the same table, and no keys.
        self.keyless = Vault(table, keys=None)  # type: ignore[arg-type]  # its twin in memory

    def ask(self, row: Member = MARY, **body: Any) -> Answer:
        desk = erase_personal.Desk(FakeMembers(MARY, PAUL, NARROW), FakeAudit(), self.records.add, self.keyless.shred)
        request = gateway.request("POST", "/v1/privacy/erase", token=gateway.claims(row), body=body)
        return gateway.send(erase_personal.build(lambda: desk), request)

    def readable(self) -> set[str]:
        found = set()
        for token in (self.of_document, self.of_ann):
            try:
                found.add(self.vault.restore(OUTDOOR, token).kind.value)
            except Erased:
                continue
        return found


@pytest.mark.parametrize(
    ("asked", "erased", "left"),
    [
        ({"document_id": DOCUMENT}, 1, {"phone"}),
        ({"subject": "user#ann"}, 1, {"name"}),
        ({"document_id": DOCUMENT, "subject": "user#ann"}, 2, set()),
        ({"subject": "user#nobody"}, 0, {"name", "phone"}),
    ],
)
def test_exactly_what_was_asked_for_is_gone(asked: dict[str, Any], erased: int, left: set[str]) -> None:
    desk = Desk()

    answer = desk.ask(**asked)

    assert (answer.status, answer.body) == (200, {"erased": erased})
    assert desk.readable() == left
    assert desk.ask(**asked).body == {"erased": 0}


def test_an_erasure_is_recorded_without_the_person() -> None:
    desk = Desk()

    desk.ask(document_id=DOCUMENT, subject="user#ann")

    whats = [record["what"] for _, record in desk.records.kept]
    assert whats[0] == f"document:{DOCUMENT}"
    assert whats[1].startswith("subject:")
    assert "ann" not in whats[1]


def test_another_merchant_erases_nothing_of_ours() -> None:
    desk = Desk()

    assert desk.ask(PAUL, document_id=DOCUMENT).body == {"erased": 0}
    assert desk.readable() == {"name", "phone"}


def test_whoever_may_restore_may_not_erase_for_that() -> None:
    desk = Desk()

    assert desk.ask(NARROW, document_id=DOCUMENT).status == 403
    assert desk.records.kept == []


@pytest.mark.parametrize(
    "body", [{}, {"document_id": "d-1"}, {"subject": ""}, {"subject": "a b"}, {"everything": True}]
)
def test_what_is_malformed_is_said(body: dict[str, Any]) -> None:
    assert Desk().ask(**body).status == 422
