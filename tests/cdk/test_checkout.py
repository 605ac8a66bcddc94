"""Who may move money, who hears of a sale that could not be undone, and what a sale's history can hold."""

import json

import pytest

from tests.architecture.tree import ROOT
from tests.cdk.assembly import Assembly
from tests.cdk.permissions import permissions

MOVES_MONEY = {"authorize", "capture", "compensate", "settle-payments"}
LOOKS = {"checkout", "reconcile"}


def test_an_operator_is_woken_when_a_sale_could_not_be_undone(cloud: Assembly) -> None:
    alarm = cloud.one("Service/Checkout/Parked/Waiting").properties

    (dimension,) = alarm["Dimensions"]
    assert cloud.label("Service", dimension["Value"]) == "Service/Checkout/Parked"
    assert (alarm["MetricName"], alarm["Threshold"], alarm["EvaluationPeriods"]) == (
        "ApproximateNumberOfMessagesVisible",
        0,
        1,
    )
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert [cloud.label("Service", action) for action in alarm["AlarmActions"]] == ["Service/Alarms/Topic"]
    assert "make resume" in alarm["AlarmDescription"]


@pytest.mark.parametrize("name", ["Differences", "Unreached"])
def test_an_operator_is_woken_by_what_a_night_could_not_reconcile(cloud: Assembly, name: str) -> None:
    alarm = cloud.one(f"Service/Checkout/{name}").properties

    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == ("Shopwright", f"Reconciliation{name}", 0)
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "reconcile"}]
    assert [cloud.label("Service", action) for action in alarm["AlarmActions"]] == ["Service/Alarms/Topic"]


def test_the_machine_parks_into_the_queue_that_is_watched(cloud: Assembly) -> None:
    bound = cloud.one("Service/Checkout/checkout-saga/Machine").properties["DefinitionSubstitutions"]

    assert cloud.label("Service", bound["ParkedQueueUrl"]) == "Service/Checkout/Parked"


def test_only_the_steps_of_a_sale_have_the_keys_of_gateways(cloud: Assembly) -> None:
    holders = {
        role.split("/")[2]
        for role, table in permissions(cloud).items()
        for reach in table
        if "merchants/*" in reach and role.startswith("Service/Checkout/")
    }

    assert holders == MOVES_MONEY | LOOKS


def test_a_sales_history_holds_ids_and_outcomes_alone() -> None:
    machine = json.loads((ROOT / "statemachines" / "checkout-saga.asl.json").read_text("utf-8"))
    handed: set[str] = set()
    for state in machine["States"].values():
        handed |= set(state.get("Parameters", {}).get("Payload", {}))
        if state["Type"] == "Task" and state["Resource"].endswith("lambda:invoke"):
            assert state["ResultSelector"] == {"outcome.$": "$.Payload.outcome"}

    assert handed == {"merchant_id.$", "order_id.$", "token.$", "why.$", "give_up.$", "again"}
