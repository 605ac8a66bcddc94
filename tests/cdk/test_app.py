"""The app as a whole: every stage can be built, twice alike, and says by the agreed names where everything is."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from aws_cdk import App
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk.stages import DEV, PROD, STAGES, Stage
from tests.cdk.assembly import FUNCTIONS, STACKS, Assembly

OUTPUTS = {
    "ApiUrl",
    "ApiId",
    "AuditBucket",
    "AuditHeadsTable",
    "AuditQueueUrl",
    "HandoversTable",
    "HandoversTopicArn",
    "SocketUrl",
    "SocketApiId",
    "PageUrl",
    "PageBucket",
    "UserPoolId",
    "UserClientId",
    "GuestClientId",
    "DocumentsBucket",
    "QuarantineBucket",
    "ArtifactsBucket",
    "SessionsTable",
    "CartsTable",
    "CircuitsTable",
    "MembersTable",
    "SocketsTable",
    "PersonalTable",
    "PersonalRecordsTable",
    "IngestionArn",
    "CheckoutSagaArn",
    "ClaimsTable",
    "GatewaySecrets",
    "OrdersTopicArn",
    "ReceiptsBucket",
    "ReceiptsEventsQueueUrl",
    "ReceiptsFailedQueueUrl",
    "SalesEventsQueueUrl",
    "SalesFailedQueueUrl",
    "StockEventsQueueUrl",
    "StockFailedQueueUrl",
    "ParkedSagasQueueUrl",
    "SecretsKeyArn",
    "WebhooksDeadLetterQueueUrl",
    "WebhooksQueueUrl",
    "WebhooksTable",
    "ReembeddingArn",
    "IngestionQueueUrl",
    "IngestionFailedQueueUrl",
    "IngestionDeadLetterQueueUrl",
    "DatabaseHost",
    "DatabasePort",
    "DatabaseName",
    "DatabaseMasterSecretArn",
    "DatabaseSecretArn",
    "CacheSecretArn",
    "TenantKeySecretArn",
}
Synthesize = Callable[..., Assembly]


@pytest.fixture(scope="module")
def built(synthesize: Synthesize) -> dict[str, Assembly]:
    """Every stage, once."""
    return {name: synthesize(of) for name, of in STAGES.items()}


def test_the_service_says_where_everything_is(cloud: Assembly) -> None:
    names = {name for name in cloud.templates["Service"]["Outputs"] if not name.startswith("ExportsOutput")}
    functions = {"".join(word.capitalize() for word in folder.split("-")) + "FunctionName" for folder in FUNCTIONS}

    assert names == OUTPUTS | functions


def test_no_stack_but_the_service_depends_on_what_changes_daily(cloud: Assembly) -> None:
    for stack in ("Network", "Data", "Watch"):
        assert "shopwright-dev-service:" not in json.dumps(cloud.templates[stack]), stack


def test_every_finding_is_cured_or_has_its_reason(cloud: Assembly) -> None:
    assert _findings(cloud.folder) == set()


def test_a_finding_without_a_reason_stops_the_build(
    synthesize: Synthesize, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("spoiled")

    def spoil(app: App) -> None:
        watch = cast("Construct", app.node.find_child("Watch"))
        s3.Bucket(watch, "OpenToAnyone")
        sqs.Queue(watch, "ForgetsFailures")

    with pytest.raises(RuntimeError, match="ValidationFailed"):
        synthesize(DEV, spoil=spoil, folder=folder)

    assert {("AwsSolutions", "AwsSolutions-S1"), ("Serverless", "Serverless-SQSRedrivePolicy")} <= _findings(folder)


def _findings(folder: Path) -> set[tuple[str, str]]:
    """What the security rules have found and nobody has given a reason for: the pack, and the rule."""
    report = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    return {
        (one["pluginName"], violation["ruleName"]) for one in report["pluginReports"] for violation in one["violations"]
    }


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_can_be_built(built: dict[str, Assembly], name: str) -> None:
    stacks = {stack for stack in STACKS if built[name].templates[stack]["Resources"]}
    (cluster,) = built[name].all("AWS::RDS::DBCluster")
    zones = {json.dumps(subnet.properties["AvailabilityZone"]) for subnet in built[name].all("AWS::EC2::Subnet")}

    assert stacks == set(STACKS)
    assert len(zones) == STAGES[name].zones
    assert len(built[name].all("AWS::RDS::DBInstance")) == 1 + STAGES[name].readers
    assert cluster.properties["ServerlessV2ScalingConfiguration"]["MaxCapacity"] == STAGES[name].aurora_max_acu


def test_production_cannot_be_deleted_by_accident(built: dict[str, Assembly]) -> None:
    prod = built["prod"]
    (cluster,) = prod.all("AWS::RDS::DBCluster")
    (pool,) = prod.all("AWS::Cognito::UserPool")
    stateful = prod.all(
        "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::RDS::DBCluster", "AWS::Cognito::UserPool"
    )
    manifest = json.loads((prod.folder / "manifest.json").read_text(encoding="utf-8"))

    assert cluster.properties["DeletionProtection"] is True
    assert pool.properties["DeletionProtection"] == "ACTIVE"
    assert all(table.properties["DeletionProtectionEnabled"] is True for table in prod.all("AWS::DynamoDB::Table"))
    assert [one.path for one in stateful if one.body["DeletionPolicy"] != "Retain"] == []
    assert manifest["artifacts"]["Data"]["properties"]["terminationProtection"] is True
    lock = prod.one("Data/Audit").properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert lock == {"Mode": "COMPLIANCE", "Days": PROD.audit_days}


def test_building_twice_gives_the_same_bytes(synthesize: Synthesize, built: dict[str, Assembly]) -> None:
    again = synthesize(DEV)

    for stack in STACKS:
        name = f"{stack}.template.json"
        assert (again.folder / name).read_bytes() == (built["dev"].folder / name).read_bytes(), stack


def test_a_stage_with_a_way_to_the_internet_can_be_built_too(synthesize: Synthesize) -> None:
    with_nat: Stage = replace(DEV, nat_gateways=1)

    assert len(synthesize(with_nat).all("AWS::EC2::NatGateway")) == 1
