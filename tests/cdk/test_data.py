"""What must never be lost or read by the wrong eyes."""

from typing import Any

import pytest

from tests.cdk.assembly import Assembly

BUCKETS = ("Documents", "Quarantine", "Artifacts", "Audit")


@pytest.mark.parametrize("name", [*BUCKETS, "AccessLogs"])
def test_no_bucket_can_be_made_public(cloud: Assembly, name: str) -> None:
    bucket = cloud.one(f"Data/{name}")

    assert bucket.properties["PublicAccessBlockConfiguration"] == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    denials = [
        statement
        for policy in cloud.all("AWS::S3::BucketPolicy")
        if cloud.label(policy.stack, policy.properties["Bucket"]) == bucket.path
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert len(denials) == 1


@pytest.mark.parametrize("name", BUCKETS)
def test_objects_are_versioned_encrypted_with_our_key_and_watched(cloud: Assembly, name: str) -> None:
    properties = cloud.one(f"Data/{name}").properties

    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert cloud.label("Data", rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == "Data/ObjectsKey"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert cloud.label("Data", properties["LoggingConfiguration"]["DestinationBucketName"]) == "Data/AccessLogs"


def test_a_record_of_the_audit_cannot_be_changed_before_its_time(cloud: Assembly) -> None:
    audit = cloud.one("Data/Audit").properties

    assert audit["ObjectLockEnabled"] is True
    assert audit["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 1}


def test_only_drops_of_documents_are_announced(cloud: Assembly) -> None:
    announcing = [
        bucket.path for bucket in cloud.all("AWS::S3::Bucket") if "NotificationConfiguration" in bucket.properties
    ]

    assert announcing == ["Data/Documents"]
    assert cloud.one("Data/Documents").properties["NotificationConfiguration"] == {
        "EventBridgeConfiguration": {"EventBridgeEnabled": True}
    }


def test_work_in_progress_is_gone_after_three_days(cloud: Assembly) -> None:
    rules = cloud.one("Data/Artifacts").properties["LifecycleConfiguration"]["Rules"]

    (work,) = [rule for rule in rules if rule.get("Prefix") == "steps/"]
    assert (work["Status"], work["ExpirationInDays"]) == ("Enabled", 3)
    assert not [rule for rule in rules if "ExpirationInDays" in rule and rule is not work]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Sessions", {"merchant_id": "HASH", "item": "RANGE"}),
        ("Carts", {"merchant_id": "HASH", "item": "RANGE"}),
        ("Circuits", {"circuit": "HASH"}),
        ("Members", {"subject": "HASH"}),
        ("PersonalRecords", {"merchant_id": "HASH", "item": "RANGE"}),
        ("Ledger", {"merchant_id": "HASH", "item": "RANGE"}),
    ],
)
def test_tables_forget_on_time_and_can_be_restored(cloud: Assembly, name: str, keys: dict[str, str]) -> None:
    table = cloud.one(f"Data/{name}").properties

    assert {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} == keys
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert cloud.label("Data", table["SSESpecification"]["KMSMasterKeyId"]) == "Data/TablesKey"


def test_every_key_of_ours_is_rotated(cloud: Assembly) -> None:
    keys = cloud.all("AWS::KMS::Key")

    assert len(keys) >= 5
    assert all(key.properties["EnableKeyRotation"] is True for key in keys)


def test_the_database_speaks_tls_only_and_accepts_exactly_its_budget(cloud: Assembly) -> None:
    cluster = cloud.one("Data/Database").properties
    (parameters,) = cloud.all("AWS::RDS::DBClusterParameterGroup")
    members = cloud.all("AWS::RDS::DBInstance")

    assert parameters.properties["Parameters"] == {"max_connections": "823", "rds.force_ssl": "1"}
    assert cluster["StorageEncrypted"] is True
    assert cloud.label("Data", cluster["KmsKeyId"]) == "Data/DatabaseKey"
    assert cluster["Engine"] == "aurora-postgresql"
    assert cluster["EngineVersion"].startswith("17.")
    assert len(members) == 2, "a writer and a reader"
    assert not [member.path for member in members if member.properties.get("PubliclyAccessible") is not False]


def test_the_cache_wants_tls_and_a_token_that_no_template_holds(cloud: Assembly) -> None:
    (cache,) = cloud.all("AWS::ElastiCache::ReplicationGroup")

    assert cache.properties["ClusterMode"] == "enabled"
    assert cache.properties["TransitEncryptionEnabled"] is True
    assert cache.properties["TransitEncryptionMode"] == "required"
    assert cache.properties["AtRestEncryptionEnabled"] is True
    assert "{{resolve:secretsmanager:" in str(cache.properties["AuthToken"])


@pytest.mark.parametrize(
    ("name", "template", "generated", "length"),
    [
        ("DatabaseUser", '{"username": "shopwright_app"}', "password", 40),
        ("TenantKey", '{"kid": "k1"}', "key", 64),
        ("CacheToken", "{}", "token", 64),
    ],
)
def test_secrets_are_made_by_the_cloud(cloud: Assembly, name: str, template: str, generated: str, length: int) -> None:
    made: dict[str, Any] = cloud.one(f"Data/{name}").properties["GenerateSecretString"]

    assert made == {
        "SecretStringTemplate": template,
        "GenerateStringKey": generated,
        "PasswordLength": length,
        "ExcludePunctuation": True,
    }


def test_no_template_holds_a_function_of_cdks_own(cloud: Assembly) -> None:
    ours = {function.properties["FunctionName"] for function in cloud.all("AWS::Lambda::Function")}
    custom = {one.type for one in cloud.all() if one.type.startswith("Custom::") or "CustomResource" in one.type}

    assert all(str(name).startswith("shopwright-dev-") for name in ours)
    assert custom == {"Custom::Migrations"}
