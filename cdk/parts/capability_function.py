"""One Lambda function of ours: everything that follows from its name, and a role that starts with almost nothing."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.parts import places
from cdk.parts.acknowledge import acknowledge
from cdk.parts.ground import Ground
from cdk.parts.layers import ARCHITECTURE, RUNTIME

_INTERFACES = [  # what Lambda itself does to attach a function to the network
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
]

_CALLERS_WAIT = (
    "Its callers wait for it (the API, Cognito, Step Functions, or a queue's poller, whose queue has a dead letter "
    "queue), so a failure goes back to them and would never reach a queue of its own."
)
_RUNTIME = "Python 3.13 is the deployed runtime until every compiled wheel of the layers exists for the next one."


class CapabilityFunction(lambda_.Function):
    """`CapabilityFunction(self, "ingest-parse", …)` runs functions/ingest-parse/ingest_parse.py.

    It is deployed as shopwright-<stage>-ingest-parse. Its capability makes its grants, next to it; no role is shared.
    In the network it reaches the database and the cache; `outward` it reaches the internet besides.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        ground: Ground,
        *,
        timeout_s: int,
        memory_mb: int,
        layers: Sequence[str] = ("common",),
        environment: Mapping[str, str] | None = None,
        in_network: bool = False,
        outward: bool = False,
        failures: str = _CALLERS_WAIT,
        records_key: kms.IKey | None = None,
        records_kept: logs.RetentionDays | None = None,
        runs: str | None = None,
        reserved: int | None = None,
        groups: Sequence[ec2.ISecurityGroup] = (),
    ) -> None:
        """`runs` is the folder in functions/ when it is not `name`; `groups` stand in for the functions' own."""
        module = (runs or name).replace("-", "_")
        folder = places.FUNCTIONS / (runs or name)
        if not (folder / f"{module}.py").is_file():
            raise FileNotFoundError(f"The function {name} has no module: {folder / module}.py is missing.")
        deployed = ground.stage.resource(name)
        home = Construct(scope, name)
        records = logs.LogGroup(
            home,
            "Records",
            log_group_name=f"/aws/lambda/{deployed}",
            retention=records_kept or ground.stage.log_retention,
            encryption_key=records_key,
            removal_policy=RemovalPolicy.RETAIN if ground.stage.protected else RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            home,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {deployed} may do.",
        )
        records.grant_write(role)
        if in_network:
            role.add_to_policy(iam.PolicyStatement(actions=_INTERFACES, resources=["*"]))
        acknowledge(
            role,
            {
                "AwsSolutions-IAM5[Resource::*]": "X-Ray's two put actions take no resource; neither do the network "
                "interface actions that Lambda needs to attach a function to the network.",
            },
        )
        tier = ground.network.outward_tier if outward else ground.network.functions_tier
        super().__init__(
            home,
            "Function",
            function_name=deployed,
            description=f"Shopwright: {name}.",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=f"{module}.handler",
            code=lambda_.Code.from_asset(str(folder), exclude=["__pycache__", "**/__pycache__", "*.pyc"]),
            layers=[ground.layers[layer] for layer in layers],
            role=role,
            timeout=Duration.seconds(timeout_s),
            memory_size=memory_mb,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=records,
            logging_format=lambda_.LoggingFormat.JSON,
            reserved_concurrent_executions=ground.stage.concurrency.get(name, reserved),
            environment={
                "STAGE": ground.stage.name,
                "LOG_LEVEL": "INFO",
                "POWERTOOLS_SERVICE_NAME": name,
                "POWERTOOLS_METRICS_NAMESPACE": "Shopwright",
                "ORT_DISABLE_TELEMETRY": "1",  # onnxruntime would report to its maker
                **(environment or {}),
            },
            vpc=ground.network.vpc if in_network else None,
            vpc_subnets=tier if in_network else None,
            security_groups=[*groups] or [ground.network.functions] if in_network else None,
        )
        self.folder = name
        acknowledge(
            self,
            {"AwsSolutions-L1": _RUNTIME, "Serverless-LambdaLatestVersion": _RUNTIME, "Serverless-LambdaDLQ": failures},
        )
