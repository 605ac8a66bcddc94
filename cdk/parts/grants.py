"""Least privilege in a few verbs: each names the actions, the one resource, and the key that guards it."""

from collections.abc import Sequence
from typing import Protocol

from aws_cdk import ArnFormat, Aws, Fn, Stack, Tokenization
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sns as sns
from constructs import Node

from cdk.parts import models
from cdk.parts.acknowledge import acknowledge
from cdk.parts.ground import Ground
from cdk.stacks.data import DATABASE_NAME, Data

_READ_KEY = ("kms:Decrypt",)
_WRITE_KEY = ("kms:Decrypt", "kms:GenerateDataKey")


class Grantee(Protocol):
    """Who is given rights and told where things are: a function, or the program that AgentCore runs."""

    @property
    def node(self) -> Node: ...
    @property
    def role(self) -> iam.IRole | None: ...
    def add_environment(self, key: str, value: str) -> object: ...
    def add_to_role_policy(self, statement: iam.PolicyStatement) -> None: ...


def allow(function: Grantee, actions: Sequence[str], resource: str) -> None:
    """These actions on this one resource."""
    function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=[resource]))


def use_table(function: Grantee, table: dynamodb.ITable, *actions: str) -> None:
    """These actions on the table. DynamoDB uses its key in the caller's name."""
    allow(function, [f"dynamodb:{action}" for action in actions], table.table_arn)
    _use_key(function, table.encryption_key, "dynamodb", (*_WRITE_KEY, "kms:DescribeKey"))


def use_rows(function: Grantee, table: dynamodb.ITable, prefix: str, *actions: str) -> None:
    """These actions on those rows of the table whose key begins so, and on no other row."""
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=[f"dynamodb:{action}" for action in actions],
            resources=[table.table_arn],
            conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": f"{prefix}*"}},
        )
    )
    _use_key(function, table.encryption_key, "dynamodb", (*_WRITE_KEY, "kms:DescribeKey"))


def use_index(function: Grantee, table: dynamodb.ITable, index: str) -> None:
    """Queries of one index of a table that the function uses."""
    allow(function, ["dynamodb:Query"], f"{table.table_arn}/index/{index}")


def use_objects(function: Grantee, data: Data, bucket: s3.Bucket, prefix: str, *actions: str) -> None:
    """These actions on the objects below the prefix (`documents/`), and on no other object."""
    export = data.arn_export(bucket)
    allow(function, [f"s3:{action}" for action in actions], f"{Fn.import_value(export)}/{prefix}*")
    acknowledge(
        _role(function),
        {
            f"AwsSolutions-IAM5[Resource::{export}/{prefix}*]": f"{function.node.path} works on every object below "
            f"{prefix}, whose names merchants choose, and on nothing else."
        },
    )
    writes = any(action.startswith("Put") for action in actions)
    if writes or any(action.startswith("Get") for action in actions):
        _use_key(function, bucket.encryption_key, "s3", _WRITE_KEY if writes else _READ_KEY)


def list_objects(function: Grantee, bucket: s3.Bucket, prefix: str | None = None) -> None:
    """The names below the prefix. Without a prefix, a missing object also reads as missing and not as forbidden."""
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}} if prefix else None,
        )
    )


def delete_versions(function: Grantee, data: Data, bucket: s3.Bucket, prefix: str) -> None:
    """Delete objects below the prefix for good: each of their versions, which has to be found first."""
    use_objects(function, data, bucket, prefix, "DeleteObject", "DeleteObjectVersion")
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=["s3:ListBucketVersions"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
        )
    )


def read_secret(function: Grantee, secret: secretsmanager.Secret) -> None:
    """The current value of this secret."""
    allow(function, ["secretsmanager:GetSecretValue"], secret.secret_arn)
    _use_key(function, secret.encryption_key, "secretsmanager", _READ_KEY)


def use_gateways(function: lambda_.Function, data: Data, prefix: str) -> None:
    """The keys of every merchant's payment gateway, which operators put below the prefix (`Stage.gateway_secrets`)."""
    function.add_environment("GATEWAY_SECRETS", prefix)
    arn = Stack.of(function).format_arn(
        service="secretsmanager",
        resource="secret",
        resource_name=f"{prefix}/*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    allow(function, ["secretsmanager:GetSecretValue"], arn)
    acknowledge(
        _role(function),
        {
            "AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret:"
            f"{prefix}/*]": f"{function.node.path} acts for whichever merchant it is called for, and merchants come "
            "after deployment."
        },
    )
    _use_key(function, data.secrets_key, "secretsmanager", _READ_KEY)


def use_personal_key(function: Grantee, data: Data, purpose: str, *actions: str) -> None:
    """These actions on the key of personal data, for one purpose (`token`: to name, `value`: to seal and to read).

    KMS compares the purpose with what was bound into the data key, so a key for values never opens for naming.
    """
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=[f"kms:{action}" for action in actions],
            resources=[data.personal_key.key_arn],
            conditions={"StringEquals": {"kms:EncryptionContext:purpose": purpose}},
        )
    )


def use_database(function: Grantee, data: Data, *, as_tenant: bool = True) -> None:
    """The database as the application's user, and, to see anyone's rows, the key that signs whose they are."""
    environment = {
        **database_address(data),
        "DATABASE_SECRET_ARN": data.database_secret.secret_arn,
    }
    if as_tenant:
        environment["TENANT_KEY_SECRET_ARN"] = data.tenant_key_secret.secret_arn
        read_secret(function, data.tenant_key_secret)
    for name, value in environment.items():
        function.add_environment(name, value)
    read_secret(function, data.database_secret)


def use_cache(function: Grantee, data: Data) -> None:
    """The cache, over TLS, and the token that it asks for."""
    environment = {
        "CACHE_HOST": data.cache.attr_configuration_end_point_address,
        "CACHE_PORT": data.cache.attr_configuration_end_point_port,
        "CACHE_TLS": "require",
        "CACHE_SECRET_ARN": data.cache_secret.secret_arn,
    }
    for name, value in environment.items():
        function.add_environment(name, value)
    read_secret(function, data.cache_secret)


def use_reader(function: Grantee, data: Data) -> None:
    """Besides, where the readers are; login and network are the writer's."""
    function.add_environment("DATABASE_READER_HOST", data.database.cluster_read_endpoint.hostname)


def use_models(function: Grantee, ground: Ground) -> None:
    """The stage's language models, if it has any, and the ledger that says what they may still cost."""
    data = ground.data
    environment = {
        "LEDGER_TABLE": data.ledger.table_name,
        "MODELS": ground.stage.models,
        # Of another server than Bedrock's own: on a laptop `make model` sets them.
        "MODEL_ENDPOINT": "",
        "MODEL_NAME": "",
        "MODEL_SECRET_ARN": "",
    }
    for name, value in environment.items():
        function.add_environment(name, value)
    if ground.stage.models == "none":
        return
    # A transaction needs the permission of each write in it.
    use_table(function, data.ledger, "BatchGetItem", "ConditionCheckItem", "GetItem", "PutItem", "UpdateItem")
    asked = ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    function.add_to_role_policy(iam.PolicyStatement(actions=asked, resources=list(models.arns())))
    acknowledge(
        _role(function),
        {
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:bedrock:*::foundation-model/{model}]": "A profile that "
            "spans regions answers in whichever has room: it is this one model in any of them."
            for model in models.spanning()
        },
    )


def use_circuits(function: Grantee, data: Data) -> None:
    """The circuits of what it depends on: read again and again, written when one opens, is tried or closes."""
    function.add_environment("CIRCUITS_TABLE", data.circuits.table_name)
    use_table(function, data.circuits, "GetItem", "PutItem", "UpdateItem")


def use_sources(function: Grantee, ground: Ground) -> None:
    """The stage's sources beside our own passages and its further check of what a model says, if it has any."""
    stage, here = ground.stage, f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
    environment = {
        "KNOWLEDGE_BASE_ID": stage.knowledge_base_id,
        "AMAZON_Q_APPLICATION_ID": stage.amazon_q_application_id,
        "AMAZON_Q_RETRIEVER_ID": stage.amazon_q_retriever_id,
        "GUARDRAIL_ID": stage.guardrail_id,
        "GUARDRAIL_VERSION": stage.guardrail_version,
    }
    for name, value in environment.items():
        function.add_environment(name, value)
    if stage.knowledge_base_id:
        base = f"arn:{Aws.PARTITION}:bedrock:{here}:knowledge-base/{stage.knowledge_base_id}"
        allow(function, ["bedrock:Retrieve"], base)
    if stage.amazon_q_application_id:
        application = f"arn:{Aws.PARTITION}:qbusiness:{here}:application/{stage.amazon_q_application_id}"
        allow(function, ["qbusiness:SearchRelevantContent"], application)
    if stage.guardrail_id:
        guardrail = f"arn:{Aws.PARTITION}:bedrock:{here}:guardrail/{stage.guardrail_id}"
        allow(function, ["bedrock:ApplyGuardrail"], guardrail)


def publish(function: Grantee, topic: sns.Topic, key: kms.IKey) -> None:
    """Messages to the topic, sealed with its key."""
    allow(function, ["sns:Publish"], topic.topic_arn)
    _use_key(function, key, "sns", _WRITE_KEY)


def database_address(data: Data) -> dict[str, str]:
    """Where the writer is, and that it is spoken to over TLS only."""
    return {
        "DATABASE_HOST": data.database.cluster_endpoint.hostname,
        "DATABASE_PORT": Tokenization.stringify_number(data.database.cluster_endpoint.port),
        "DATABASE_NAME": DATABASE_NAME,
        "DATABASE_TLS": "require",
    }


def _role(function: Grantee) -> iam.IRole:
    if function.role is None:
        raise ValueError(f"{function.node.path} has no role.")
    return function.role


def _use_key(function: Grantee, key: kms.IKey | None, service: str, actions: Sequence[str]) -> None:
    if key is None:
        raise ValueError(f"{function.node.path}: what it uses through {service} has no key of ours.")
    function.add_to_role_policy(
        iam.PolicyStatement(
            actions=list(actions),
            resources=[key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": f"{service}.{Aws.REGION}.amazonaws.com"}},
        )
    )
