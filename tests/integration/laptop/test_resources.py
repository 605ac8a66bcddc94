"""What the assembly asks for is there, on real servers where there are any; the edits are the listed ones."""

import json
from typing import Any

import pytest

from local.deploy import Cloud
from tests.integration.laptop.launcher import CACHE, DATABASE, Laptop
from tests.integration.laptop.templates import arn, function, ref, role, template

DENY_PLAIN_HTTP = {
    "Sid": "TlsOnly",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
DENY_DELETION = {"Sid": "Keep", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}


@pytest.fixture(scope="module")
def outputs(laptop: Laptop) -> dict[str, str]:
    resources: dict[str, Any] = {
        "Role": role(),
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Policy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": ref("Bucket"),
                "PolicyDocument": {"Version": "2012-10-17", "Statement": [DENY_PLAIN_HTTP, DENY_DELETION]},
            },
        },
        "Table": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "KeySchema": [{"AttributeName": "subject", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "subject", "AttributeType": "S"}],
                "BillingMode": "PAY_PER_REQUEST",
                "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
            },
        },
        "Cluster": {
            "Type": "AWS::RDS::DBCluster",
            "Properties": {"Engine": "aurora-postgresql", "MasterUsername": "shop", "MasterUserPassword": "swordfish9"},
        },
        "Reader": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {
                "Engine": "aurora-postgresql",
                "DBClusterIdentifier": ref("Cluster"),
                "DBInstanceClass": "db.serverless",
            },
        },
        "Cache": {
            "Type": "AWS::ElastiCache::ReplicationGroup",
            "Properties": {
                "ReplicationGroupDescription": "answers",
                "Engine": "valkey",
                "CacheParameterGroupName": "default.valkey8.cluster.on",
                "NumNodeGroups": 1,
                "ReplicasPerNodeGroup": 1,
                "AutomaticFailoverEnabled": True,
            },
        },
        "Nat": {"Type": "AWS::EC2::NatGateway", "Properties": {}},
        "Trail": {"Type": "AWS::CloudTrail::Trail", "Properties": {}},
        "Plain": function(
            "import os\ndef handler(event, context):\n    return {k: v for k, v in os.environ.items() if 'TLS' in k}",
            variables={"DATABASE_TLS": "require", "CACHE_TLS": "require", "OTHER_TLS": "require"},
        ),
    }
    attributes: dict[str, Any] = {
        "Bucket": ref("Bucket"),
        "Table": ref("Table"),
        "Plain": ref("Plain"),
        "Writer": {"Fn::GetAtt": ["Cluster", "Endpoint.Address"]},
        "WriterPort": {"Fn::GetAtt": ["Cluster", "Endpoint.Port"]},
        "ReaderHost": {"Fn::GetAtt": ["Cluster", "ReadEndpoint.Address"]},
        "InstancePort": {"Fn::GetAtt": ["Reader", "Endpoint.Port"]},
        "Cache": {"Fn::GetAtt": ["Cache", "ConfigurationEndPoint.Address"]},
        "CachePort": {"Fn::GetAtt": ["Cache", "ConfigurationEndPoint.Port"]},
        "Nat": {"Fn::GetAtt": ["Nat", "NatGatewayId"]},
        "NatRef": ref("Nat"),
        "Trail": arn("Trail"),
    }
    return laptop.deploy("resources", template(resources, attributes))


def test_the_database_and_its_reader_are_at_the_real_server(outputs: dict[str, str]) -> None:
    host, port = DATABASE.split(":")
    assert (outputs["Writer"], outputs["ReaderHost"]) == (host, host)
    assert (outputs["WriterPort"], outputs["InstancePort"]) == (port, port)


def test_the_cache_in_cluster_mode_is_at_the_real_server(outputs: dict[str, str]) -> None:
    assert f"{outputs['Cache']}:{outputs['CachePort']}" == CACHE


def test_a_tables_time_to_live_is_kept(laptop: Laptop, outputs: dict[str, str]) -> None:
    told = laptop.client("dynamodb").describe_time_to_live(TableName=outputs["Table"])["TimeToLiveDescription"]
    assert told == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}


def test_only_the_denial_of_plain_http_is_left_out_of_a_policy(laptop: Laptop, outputs: dict[str, str]) -> None:
    policy = json.loads(laptop.client("s3").get_bucket_policy(Bucket=outputs["Bucket"])["Policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["Keep"]


def test_functions_are_told_that_the_real_servers_speak_no_tls(laptop: Laptop, outputs: dict[str, str]) -> None:
    assert laptop.invoke(outputs["Plain"]) == {
        "DATABASE_TLS": "disable",
        "CACHE_TLS": "disable",
        "OTHER_TLS": "require",
    }


def test_a_record_only_resource_answers_with_its_listed_attributes(outputs: dict[str, str]) -> None:
    assert outputs["Nat"] == outputs["NatRef"]
    assert outputs["Nat"].startswith("nat-")
    assert outputs["Trail"].startswith("arn:aws:cloudtrail:us-east-1:000000000000:trail/trail-")


def test_a_reference_to_a_secret_is_its_arn_and_stays_it(laptop: Laptop) -> None:
    def keep(text: str) -> str:
        secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": text}}
        copy = {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Type": "String",
                "Value": {"Fn::Sub": "{{resolve:secretsmanager:${Secret}:SecretString:word}}"},
            },
        }
        outputs = laptop.deploy(
            "secret", template({"Secret": secret, "Copy": copy}, {"Arn": ref("Secret"), "Copy": ref("Copy")})
        )
        found = laptop.client("ssm").get_parameter(Name=outputs["Copy"])["Parameter"]["Value"]
        assert found == json.loads(text)["word"]
        return outputs["Arn"]

    secrets = laptop.client("secretsmanager")
    first = keep('{"word": "one"}')
    assert first.startswith("arn:aws:secretsmanager:us-east-1:000000000000:secret:")
    assert secrets.get_secret_value(SecretId=first)["SecretString"] == '{"word": "one"}'

    Cloud(laptop.endpoint).remove("secret")
    assert first not in {secret["ARN"] for secret in secrets.list_secrets()["SecretList"]}

    second = keep('{"word": "two"}')
    laptop.deploy(
        "secret", template({"Secret": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "3"}}})
    )
    assert secrets.get_secret_value(SecretId=second)["SecretString"] == "3"
