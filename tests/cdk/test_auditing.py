"""The audit trail: who may write it, who may not, and what keeps it as it was written."""

import json

from tests.cdk.assembly import FUNCTIONS, Assembly
from tests.cdk.permissions import permissions

RECORD = "Service/Auditing/record-audit/Role"
VERIFY = "Service/Auditing/verify-audit/Role"


def test_entries_are_locked_and_encrypted_with_our_key(cloud: Assembly) -> None:
    bucket = cloud.one("Data/Audit")

    assert bucket.properties["ObjectLockEnabled"] is True
    assert bucket.properties["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"] == 1
    (rule,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_the_trails_log_is_encrypted_with_a_key_that_serves_that_log_alone(cloud: Assembly) -> None:
    function = cloud.function("record-audit")
    records = cloud.one(cloud.label("Service", function.properties["LoggingConfig"]["LogGroup"]))
    policy = json.dumps(cloud.one("Data/AuditKey").properties["KeyPolicy"])

    assert cloud.label("Service", records.properties["KmsKeyId"]) == "Data/AuditKey"
    assert "log-group:/aws/lambda/shopwright-dev-record-audit" in policy


def test_one_role_alone_writes_the_trail_and_nobody_may_delete_from_it(cloud: Assembly) -> None:
    reaching = {
        role: {
            action
            for reach, actions in table.items()
            if reach.startswith(("Data/Audit/", "Data/Audit "))
            for action in actions
        }
        for role, table in permissions(cloud).items()
    }

    assert {role for role, actions in reaching.items() if "s3:PutObject" in actions} == {RECORD}
    assert not [role for role, actions in reaching.items() if any("Delete" in action for action in actions)]
    assert {role for role, actions in reaching.items() if actions} == {RECORD, VERIFY}


def test_every_function_that_answers_verified_callers_hands_its_records_in_and_no_other_may(cloud: Assembly) -> None:
    handing = {
        role
        for role, table in permissions(cloud).items()
        if "sqs:SendMessage" in table.get("Service/Auditing/Records", [])
    }
    told = {
        folder
        for folder in FUNCTIONS
        if "AUDIT_QUEUE_URL" in cloud.function(folder).properties["Environment"]["Variables"]
    }

    assert {role.split("/")[2] for role in handing} == told
    assert {"chat", "documents", "sessions"} <= told
    assert not {"health", "guests", "ingest-parse"} & told
