"""Who may read what was masked, and what an erasure can rely on."""

from typing import Any

import pytest

from tests.cdk.assembly import Assembly
from tests.cdk.permissions import permissions

RESTORE = "Service/Privacy/restore-personal/Role"
ERASE = "Service/Privacy/erase-personal/Role"
REMOVE = "Service/Ingestion/remove-document/Role"
SANITIZE = "Service/Ingestion/pii-sanitize/Role"
VALUES = "Data/PersonalKey if kms:EncryptionContext:purpose StringEquals value"
PAYMENTS = "Data/PersonalKey if kms:EncryptionContext:purpose StringEquals payment"
CHECKOUT, ORDERS, AUTHORIZE = (f"Service/Checkout/{name}/Role" for name in ("checkout", "orders", "authorize"))
NAMES = "Data/PersonalKey if kms:EncryptionContext:purpose StringEquals token"


def reaches(cloud: Assembly, place: str) -> dict[str, dict[str, list[str]]]:
    """Role → what it reaches of a place, and the actions."""
    found = {
        role: {reach: actions for reach, actions in table.items() if reach.partition(" if ")[0] == place}
        for role, table in permissions(cloud).items()
    }
    return {role: table for role, table in found.items() if table}


def test_one_role_alone_opens_what_was_kept_and_writers_cannot_read(cloud: Assembly) -> None:
    naming = {NAMES: ["kms:Decrypt", "kms:GenerateDataKey"]}
    assert reaches(cloud, "Data/PersonalKey") == {
        RESTORE: {VALUES: ["kms:Decrypt"]},
        SANITIZE: {VALUES: ["kms:GenerateDataKey"], **naming},
        # What pays an order lies under keys of its own: who opens those opens nobody's name or address.
        CHECKOUT: {PAYMENTS: ["kms:GenerateDataKey"], **naming},
        ORDERS: {PAYMENTS: ["kms:Decrypt", "kms:GenerateDataKey"], **naming},
        AUTHORIZE: {PAYMENTS: ["kms:Decrypt", "kms:GenerateDataKey"], **naming},
    }


def test_only_whoever_erases_may_delete_or_search(cloud: Assembly) -> None:
    table = {role: reach["Data/Personal"] for role, reach in reaches(cloud, "Data/Personal").items()}

    assert table == {
        RESTORE: ["dynamodb:GetItem"],
        SANITIZE: ["dynamodb:GetItem", "dynamodb:PutItem"],
        CHECKOUT: ["dynamodb:GetItem", "dynamodb:PutItem"],
        ORDERS: ["dynamodb:GetItem", "dynamodb:PutItem"],
        AUTHORIZE: ["dynamodb:GetItem", "dynamodb:PutItem"],
        ERASE: ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
        REMOVE: ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
    }


def test_records_are_added_by_two_and_read_or_changed_by_none(cloud: Assembly) -> None:
    table = {role: reach["Data/PersonalRecords"] for role, reach in reaches(cloud, "Data/PersonalRecords").items()}

    assert table == {RESTORE: ["dynamodb:PutItem"], ERASE: ["dynamodb:PutItem"]}


def test_no_point_in_time_brings_back_a_destroyed_key(cloud: Assembly) -> None:
    def recoverable(name: str) -> Any:
        return cloud.one(f"Data/{name}").properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]

    assert recoverable("Personal") is False
    assert recoverable("PersonalRecords") is True


def test_the_key_of_personal_data_is_its_own_and_is_rotated(cloud: Assembly) -> None:
    assert cloud.one("Data/PersonalKey").properties["EnableKeyRotation"] is True


def test_documents_are_masked_for_good_unless_the_stage_says_otherwise(cloud: Assembly) -> None:
    variables = cloud.function("pii-sanitize").properties["Environment"]["Variables"]

    assert variables["KEEP_PERSONAL"] == "mask"


@pytest.mark.parametrize("function", ["restore-personal", "erase-personal"])
def test_a_failure_wakes_somebody(cloud: Assembly, function: str) -> None:
    watched = [alarm.path for alarm in cloud.all("AWS::CloudWatch::Alarm") if f"/{function}/" in alarm.path]

    assert any("Failing" in path for path in watched)


def test_restoring_in_numbers_wakes_somebody(cloud: Assembly) -> None:
    (alarm,) = [
        alarm
        for alarm in cloud.all("AWS::CloudWatch::Alarm")
        if "/restore-personal/" in alarm.path and "Many" in alarm.path
    ]

    assert (alarm.properties["MetricName"], alarm.properties["Threshold"]) == ("Invocations", 50)
