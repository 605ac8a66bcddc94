"""A function of ours can be a resource: CloudFormation waits for its answer, and believes it."""

import json
from typing import Any

import pytest

from local.deploy import Cloud, StackFailed
from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import arn, function, ref, role, template

ANSWERS_CLOUDFORMATION = """
    import json, urllib.request

    asked = []

    def handler(event, context):
        if "RequestType" not in event:
            return asked
        asked.append([event["RequestType"], event["ResourceProperties"]["Version"],
                      event.get("OldResourceProperties", {}).get("Version"), event.get("PhysicalResourceId")])
        version = event["ResourceProperties"]["Version"]
        if version == "crash":
            raise ValueError("the password is swordfish")
        answer = {
            "Status": "FAILED" if version == "refuse" else "SUCCESS",
            "Reason": "the database said no",
            "PhysicalResourceId": "schema",
            "StackId": event["StackId"], "RequestId": event["RequestId"],
            "LogicalResourceId": event["LogicalResourceId"],
            "Data": {"Applied": version},
        }
        request = urllib.request.Request(event["ResponseURL"], json.dumps(answer).encode(), method="PUT")
        urllib.request.urlopen(request, timeout=5).close()
"""


def shop(version: str, *, kind: str = "Custom::Migration") -> dict[str, Any]:
    """The function lives beside, in a stack of its own, so that it outlives the resource and can tell."""
    return template(
        {
            "Migration": {
                "Type": kind,
                "Properties": {"ServiceToken": {"Fn::ImportValue": "MigrateArn"}, "Version": version},
            }
        },
        {"Applied": {"Fn::GetAtt": ["Migration", "Applied"]}, "Id": ref("Migration")},
    )


@pytest.fixture(scope="module")
def migrate(laptop: Laptop) -> str:
    made = template({"Role": role(), "Migrate": function(ANSWERS_CLOUDFORMATION)}, {"Name": ref("Migrate")})
    made["Outputs"]["Arn"] = {"Value": arn("Migrate"), "Export": {"Name": "MigrateArn"}}
    return laptop.deploy("migrate", made)["Name"]


def asked(laptop: Laptop, migrate: str) -> list[list[str | None]]:
    answer: list[list[str | None]] = laptop.invoke(migrate, {})
    return answer


@pytest.mark.parametrize("kind", ["Custom::Migration", "AWS::CloudFormation::CustomResource"])
def test_a_custom_resource_is_created_updated_and_deleted(laptop: Laptop, migrate: str, kind: str) -> None:
    before = len(asked(laptop, migrate))

    assert laptop.deploy("custom", shop("1", kind=kind)) == {"Applied": "1", "Id": "schema"}
    assert laptop.deploy("custom", shop("2", kind=kind)) == {"Applied": "2", "Id": "schema"}
    Cloud(laptop.endpoint).remove("custom")

    assert asked(laptop, migrate)[before:] == [
        ["Create", "1", None, None],
        ["Update", "2", "1", "schema"],
        ["Delete", "2", None, "schema"],
    ]


def test_a_refusal_fails_the_stack_with_its_reason(laptop: Laptop, migrate: str) -> None:
    with pytest.raises(StackFailed, match=r"Migration \(Custom::Migration\): .*the database said no"):
        laptop.deploy("refused", shop("refuse"))


def test_a_stack_that_failed_to_be_made_can_be_deployed_again(laptop: Laptop, migrate: str) -> None:
    with pytest.raises(StackFailed):
        laptop.deploy("again", shop("refuse"))
    assert laptop.deploy("again", shop("1"))["Applied"] == "1"


def test_a_crash_fails_the_stack_at_once_and_tells_no_secret(laptop: Laptop, migrate: str) -> None:
    with pytest.raises(StackFailed, match="ended with ValueError before it answered") as failure:
        laptop.deploy("crashed", shop("crash"))
    assert "swordfish" not in json.dumps(str(failure.value))
