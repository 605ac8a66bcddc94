"""What was asked is in the audit trail, without a word of it, and a hand laid on the trail shows."""

from typing import Any

import pytest

from local.operate import Service
from tests.e2e.shop import Visitor, eventually
from tests.e2e.stores import Stores

pytestmark = pytest.mark.usefixtures("socket_enabled")
QUESTION = "Do you sell zibeline teacups in periwinkle?"


@pytest.fixture
def service(stores: Stores) -> Service:
    return stores.service


def trail(service: Service, merchant_id: str) -> Any:
    return service.call("verify-audit", {"merchant_id": merchant_id})["trails"][0]


def entries(service: Service, merchant_id: str) -> dict[str, str]:
    s3 = service.client("s3")
    bucket = service.output("AuditBucket")
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"audit/{merchant_id}/").get("Contents", [])
    return {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read().decode() for one in found}


def test_a_question_is_recorded_by_hash_and_a_missing_entry_is_found(
    kitchen_shopper: Visitor, service: Service
) -> None:
    answer = kitchen_shopper.ask(QUESTION)

    assert answer.status == 200
    eventually(lambda: answer.body["request_id"] in "".join(entries(service, "kitchen").values()))
    eventually(lambda: not trail(service, "kitchen")["findings"])
    kept = entries(service, "kitchen")
    assert "zibeline" not in "".join(kept.values())

    s3, bucket = service.client("s3"), service.output("AuditBucket")
    first = min(kept)
    s3.delete_object(Bucket=bucket, Key=first)
    try:
        assert trail(service, "kitchen")["findings"]
    finally:
        s3.put_object(Bucket=bucket, Key=first, Body=kept[first].encode())
    assert not trail(service, "kitchen")["findings"]
