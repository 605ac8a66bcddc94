"""Stages keep what they promise: the database is never asked for more connections than it has."""

from dataclasses import replace

import pytest

from cdk.stages import DEV, PROD, STAGES, Stage, stage


@pytest.mark.parametrize("of", STAGES.values(), ids=STAGES)
def test_reserved_environments_fit_into_four_fifths_of_the_connections(of: Stage) -> None:
    assert 0 < of.reserved <= of.max_connections * 0.8


def test_a_stage_that_would_exhaust_its_database_cannot_be_made() -> None:
    greedy = {**DEV.concurrency, "chat": DEV.connection_budget + 1 - (DEV.reserved - DEV.concurrency["chat"])}

    with pytest.raises(ValueError, match=r"659 reserved environments exceed the budget of 658 connections"):
        replace(DEV, concurrency=greedy)


def test_a_stage_that_would_exhaust_the_account_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="an account may reserve"):
        replace(PROD, concurrency={**PROD.concurrency, "chat": 700})


def test_a_database_that_may_shrink_to_half_a_unit_accepts_fewer_connections() -> None:
    assert replace(PROD, aurora_min_acu=0.5).max_connections == 2000
    assert PROD.max_connections == 5000


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"zones": 1}, "zones is 1"),
        ({"nat_gateways": 0}, "nat_gateways is 0"),
        ({"endpoint_zones": 3}, "endpoint_zones is 3"),
        ({"aurora_max_acu": 5}, "aurora_max_acu is 5"),
        ({"dispatch_concurrency": 1}, "dispatch_concurrency is 1"),
        ({"concurrency": {"chat": 1}}, "must name exactly the database functions"),
    ],
)
def test_a_stage_that_aws_would_refuse_says_what_to_change(change: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        replace(DEV, **change)  # type: ignore[arg-type]  # each is a field's own type, or wrong on purpose


def test_an_unknown_stage_lists_those_there_are() -> None:
    with pytest.raises(ValueError, match="choose one of dev, staging, prod"):
        stage("production")
