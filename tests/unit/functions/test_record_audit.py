"""What routes hand in becomes each merchant's trail, and an operator can have it looked at."""

import json
from typing import Any

import pytest
import record_audit
import verify_audit
from shopwright.observability import audit, trail
from shopwright.tenancy.tenant import Tenant

from tests.fakes.gateway import Context
from tests.fakes.trail import FakeArchive, FakeHeads
from tests.unit.shopwright.observability.test_trail import record

KITCHEN, OUTDOOR = Tenant("kitchen"), Tenant("outdoor")


class Shop:
    def __init__(self) -> None:
        self.heads, self.archive = FakeHeads(), FakeArchive()
        self.said: list[str] = []

    def take(self, *messages: tuple[str, Any]) -> list[str]:
        """The ids of the messages that come back."""
        desk = record_audit.Desk(
            lambda tenant, records: trail.append(tenant, records, heads=self.heads, archive=self.archive),
            self.said.append,
        )
        event = {
            "Records": [
                {"messageId": f"m-{number}", "body": body, "attributes": {"MessageGroupId": group}}
                for number, (group, body) in enumerate(messages)
            ]
        }
        told = record_audit.build(lambda: desk)(event, Context())
        return [one["itemIdentifier"] for one in told["batchItemFailures"]]

    def verify(self, merchant_id: str | None = None) -> Any:
        desk = verify_audit.Desk(self.heads, self.archive)
        return verify_audit.build(lambda: desk)({"merchant_id": merchant_id}, Context())


def message(number: int, tenant: Tenant = KITCHEN) -> tuple[str, str]:
    held = record(number, tenant)
    return tenant.merchant_id, json.dumps({name: getattr(held, name) for name in held.__dataclass_fields__})


def test_records_of_two_merchants_become_two_trails() -> None:
    shop = Shop()

    assert shop.take(message(1), message(2, OUTDOOR), message(3)) == []
    assert [one.number for one in shop.archive.all(KITCHEN) if one] == [1, 2]
    assert [one.number for one in shop.archive.all(OUTDOOR) if one] == [1]
    assert shop.verify() == {
        "whole": True,
        "trails": [
            {"merchant_id": "kitchen", "entries": 2, "findings": []},
            {"merchant_id": "outdoor", "entries": 1, "findings": []},
        ],
    }


def test_each_entry_is_also_a_line_of_the_audit_log() -> None:
    shop = Shop()
    shop.take(message(1), message(2))

    entries = [audit.parsed(line) for line in shop.said]
    assert entries == list(shop.archive.all(KITCHEN))


@pytest.mark.parametrize("body", ["no json", "{}", '{"id": "x"}'])
def test_what_is_no_record_comes_back_and_holds_nobody_else_up(body: str) -> None:
    shop = Shop()

    assert shop.take(("kitchen", body), message(1, OUTDOOR)) == ["m-0"]
    assert shop.archive.tenants() == {OUTDOOR}


def test_a_record_in_another_merchants_group_is_refused() -> None:
    shop = Shop()

    assert shop.take(("outdoor", message(1)[1])) == ["m-0"]
    assert shop.archive.tenants() == set()


def test_a_broken_trail_is_named_with_the_place() -> None:
    shop = Shop()
    shop.take(message(1), message(2), message(3))
    del shop.archive.objects[KITCHEN][1]

    told = shop.verify("kitchen")

    assert not told["whole"]
    assert told["trails"][0]["findings"] == [{"flaw": "cut_off", "number": 1}]
