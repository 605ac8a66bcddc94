"""The program that AgentCore runs: its image, its role that starts with almost nothing, and where it stands."""

from collections.abc import Callable

from aws_cdk import ArnFormat, Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ecr_assets as ecr_assets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.parts import places
from cdk.parts.acknowledge import acknowledge
from cdk.parts.answering import let_answer, use_warrants
from cdk.parts.grants import Grantee
from cdk.parts.ground import Ground

_SLEEPS_AFTER = Duration.minutes(5)
_LIVES = Duration.hours(1)


class AgentProgram(Construct):
    """`layers/agent` on AgentCore, answering for chat and chat-stream."""

    def __init__(self, scope: Construct, name: str, *, ground: Ground, also: Callable[[Grantee], None]) -> None:
        super().__init__(scope, name)
        network = ground.network
        folder = places.agent()
        if not (folder / "Dockerfile").is_file():
            raise FileNotFoundError(f"{folder / 'Dockerfile'} is missing. Run `make layer TARGET=agent`.")
        if network.agents is None:
            raise ValueError(f"{ground.stage.name}: the network has no place for AgentCore's program.")
        self._environment = {
            "STAGE": ground.stage.name,
            "LOG_LEVEL": "INFO",
            "POWERTOOLS_SERVICE_NAME": "agent",
            "POWERTOOLS_METRICS_NAMESPACE": "Shopwright",
            "ORT_DISABLE_TELEMETRY": "1",
            # What Lambda would tell a function. An answer is told to cost what it costs in a function of this size.
            "AWS_REGION": Aws.REGION,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        }
        self.role: iam.Role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "bedrock-agentcore.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": _arn(self, "bedrock-agentcore", "*")},
                },
            ),
            description=f"What the program of {ground.stage.resource('agent')} may do.",
        )
        let_answer(self, ground)
        also(self)  # what else chat may do; later nothing more can be told to the program
        use_warrants(self, ground.data)
        image = ecr_assets.DockerImageAsset(
            self, "Image", directory=str(folder), platform=ecr_assets.Platform.LINUX_ARM64, display_name="agent"
        )
        image.repository.grant_pull(self.role)
        self.add_to_role_policy(
            iam.PolicyStatement(actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"], resources=["*"])
        )
        self.runtime = agentcore.Runtime(
            self,
            "Runtime",
            runtime_name=ground.stage.resource("agent").replace("-", "_"),
            description="Shopwright: the orchestrator.",
            agent_runtime_artifact=agentcore.AgentRuntimeArtifact.from_image_uri(image.image_uri),
            execution_role=self.role.without_policy_updates(),  # CDK would add rights that the program has no use for
            environment_variables=self._environment,
            network_configuration=agentcore.RuntimeNetworkConfiguration.using_vpc(
                self, vpc=network.vpc, vpc_subnets=network.functions_tier, security_groups=[network.agents]
            ),
            protocol_configuration=agentcore.ProtocolType.HTTP,
            lifecycle_configuration=agentcore.LifecycleConfiguration(
                idle_runtime_session_timeout=_SLEEPS_AFTER, max_lifetime=_LIVES
            ),
        )
        self.runtime.node.add_dependency(self.role)
        self._records(ground)
        acknowledge(
            self.role,
            {
                "AwsSolutions-IAM5[Resource::*]": "X-Ray's two put actions and the token by which AgentCore pulls the "
                "program's image take no resource."
            },
        )

    def _records(self, ground: Ground) -> None:
        """The log that AgentCore writes, under the name that it gives it; made here, so that it does not grow for ever.

        What it says of a question is what our own log says: AgentCore's own records, which hold the words, stay off.
        """
        records = logs.LogGroup(
            self,
            "Records",
            log_group_name=f"/aws/bedrock-agentcore/runtimes/{self.runtime.agent_runtime_id}-DEFAULT",
            retention=ground.stage.log_retention,
            removal_policy=RemovalPolicy.RETAIN if ground.stage.protected else RemovalPolicy.DESTROY,
        )
        iam.Policy(  # apart from the role's own, which is there before the runtime that this is named after
            self,
            "Writes",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[records.log_group_arn]
                )
            ],
        )

    @property
    def arn(self) -> str:
        return self.runtime.agent_runtime_arn

    def add_environment(self, key: str, value: str) -> None:
        """As a function has it; before the runtime is made."""
        self._environment[key] = value

    def add_to_role_policy(self, statement: iam.PolicyStatement) -> None:
        """As a function has it."""
        self.role.add_to_principal_policy(statement)


def _arn(scope: Construct, service: str, resource: str) -> str:
    return Stack.of(scope).format_arn(service=service, resource=resource, arn_format=ArnFormat.NO_RESOURCE_NAME)
