"""Least privilege: the whole table is compared, so that a right that nobody meant to give cannot slip in."""

import json

from tests.cdk.assembly import FUNCTIONS, Assembly
from tests.cdk.permissions import EVERYONE, TABLE, permissions

# Actions for which AWS knows no resource.
ANYWHERE = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
    "states:SendTaskSuccess",  # a task's token is its own authority
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
}


def test_every_role_may_do_exactly_what_the_table_says(cloud: Assembly) -> None:
    expected = json.loads(TABLE.read_text(encoding="utf-8"))

    assert permissions(cloud) == expected, "Was it meant? Then write it down: python -m tests.cdk.permissions"


def test_every_function_has_a_role_of_its_own(cloud: Assembly) -> None:
    roles = [cloud.label(function.stack, function.properties["Role"]) for function in map(cloud.function, FUNCTIONS)]

    assert len(set(roles)) == len(FUNCTIONS)
    assert all(
        {action for actions in permissions(cloud)[role].values() for action in actions} >= EVERYONE for role in roles
    )


def test_nothing_is_granted_everywhere_but_what_has_no_resource(cloud: Assembly) -> None:
    everywhere = {
        action
        for table in permissions(cloud).values()
        for reach, actions in table.items()
        if reach[0] == "*"
        for action in actions
    }

    assert everywhere <= ANYWHERE
    assert not [
        action
        for table in permissions(cloud).values()
        for actions in table.values()
        for action in actions
        if "*" in action
    ]


def test_no_function_but_migrate_reads_the_masters_secret(cloud: Assembly) -> None:
    readers = {
        role for role, table in permissions(cloud).items() for reach in table if reach.startswith("Data/DatabaseMaster")
    }

    assert readers == {"Service/Upkeep/migrate/Role"}


def test_a_key_is_used_only_through_the_service_that_it_guards_or_for_one_named_purpose(cloud: Assembly) -> None:
    bare = [
        (role, reach)
        for role, table in permissions(cloud).items()
        for reach, actions in table.items()
        if any(action.startswith("kms:") for action in actions)
        and not ("kms:ViaService" in reach or "kms:EncryptionContext:purpose StringEquals" in reach)
    ]

    assert bare == []
