"""The network, which lives for years: zones, tiers, who may talk to whom, and the ways to AWS without the internet."""

from aws_cdk import Fn, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from cdk.stages import Stage

DATABASE_PORT = 5433  # not the default port: scanners look there first
CACHE_PORT = 6390  # the same

_INTERFACES = {
    "Bedrock": ec2.InterfaceVpcEndpointAwsService.BEDROCK_RUNTIME,
    "SecretsManager": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Lambda": ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
    "Sns": ec2.InterfaceVpcEndpointAwsService.SNS,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "StepFunctions": ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS,
}
_OF_AGENTCORE = {"AgentCore": ec2.InterfaceVpcEndpointAwsService.BEDROCK_AGENTCORE}


class Network(Stack):
    """Public subnets (for NAT, and load balancers when they come), private ones for functions, outward ones for those
    that speak to payment gateways, isolated ones for data."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            name,
            stack_name=stage.resource("network"),
            description="Shopwright: the network, its tiers and its endpoints.",
            termination_protection=stage.protected,
        )
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.20.0.0/16"),
            availability_zones=[Fn.select(index, Fn.get_azs()) for index in range(stage.zones)],
            nat_gateways=stage.nat_gateways,
            # The default group is attached to nothing; emptying it would take a custom resource in another language.
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=24,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(
                    name="private",
                    # CDK calls a private subnet without NAT "isolated"; ours still is a tier of its own.
                    subnet_type=ec2.SubnetType.PRIVATE_ISOLATED,
                    cidr_mask=20,
                ),
                ec2.SubnetConfiguration(name="isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24),
                ec2.SubnetConfiguration(name="outward", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=24),
            ],
        )
        self.functions_tier = ec2.SubnetSelection(subnet_group_name="private")
        self.outward_tier = ec2.SubnetSelection(subnet_group_name="outward")
        self.data_tier = ec2.SubnetSelection(subnet_group_name="isolated")

        self.functions = self._group("Functions", "Functions that reach the database or the cache.")
        self.database = self._group("Database", "Aurora PostgreSQL.")
        self.cache = self._group("Cache", "ElastiCache for Valkey.")
        self.endpoints = self._group("Endpoints", "Interface endpoints of AWS services.")
        for target, port in ((self.database, DATABASE_PORT), (self.cache, CACHE_PORT), (self.endpoints, 443)):
            target.connections.allow_from(self.functions, ec2.Port.tcp(port), "from our functions")
        # S3 and DynamoDB are reached by route, at public addresses; but for the outward tier no other route leads out.
        self.functions.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "S3 and DynamoDB through their gateways")

        self.asking: ec2.SecurityGroup | None = None
        self.agents: ec2.SecurityGroup | None = None
        self.tools: ec2.SecurityGroup | None = None
        self.carts: ec2.SecurityGroup | None = None
        if stage.orchestrator == "agentcore":
            self._for_agentcore()

        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        self.vpc.add_gateway_endpoint("DynamoDb", service=ec2.GatewayVpcEndpointAwsService.DYNAMODB)
        private = self.vpc.select_subnets(subnet_group_name="private").subnets
        beside = _OF_AGENTCORE if stage.orchestrator == "agentcore" else {}
        for service, endpoint in {**_INTERFACES, **_sources(stage), **beside}.items():
            self.vpc.add_interface_endpoint(
                service,
                service=endpoint,
                subnets=ec2.SubnetSelection(subnets=private[: stage.endpoint_zones]),
                security_groups=[self.endpoints],
                open=False,
                private_dns_enabled=True,
            )

        self._flow_log(stage)

    @property
    def askers(self) -> list[ec2.ISecurityGroup]:
        """The group of those who have answers made on AgentCore; none, where answers are made in the functions."""
        return [] if self.asking is None else [self.asking]

    def _for_agentcore(self) -> None:
        """Who reaches what when answers are made on AgentCore: whoever asks there has no way to the database."""
        self.asking = self._group("Asking", "chat and chat-stream, whose answers are made on AgentCore.")
        self.agents = self._group("Agents", "The program that AgentCore runs.")
        self.tools = self._group("Tools", "Tools behind the gateway of AgentCore that ask the database.")
        self.carts = self._group("Carts", "Besides, the tool that holds carts.")
        ways = (
            (self.database, DATABASE_PORT, (self.agents, self.tools)),
            (self.cache, CACHE_PORT, (self.agents, self.asking)),
            (self.endpoints, 443, (self.agents, self.asking, self.tools)),
        )
        for target, port, sources in ways:
            for source in sources:
                target.connections.allow_from(source, ec2.Port.tcp(port), f"from {source.node.id.lower()}")
        for group in (self.agents, self.asking, self.carts):
            group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "DynamoDB through its gateway")

    def _group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, name, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _flow_log(self, stage: Stage) -> None:
        records = logs.LogGroup(
            self,
            "FlowRecords",
            retention=stage.log_retention,
            removal_policy=RemovalPolicy.RETAIN if stage.protected else RemovalPolicy.DESTROY,
        )
        writer = iam.Role(self, "FlowWriter", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Flow",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(records, writer),
            traffic_type=ec2.FlowLogTrafficType.ALL if stage.protected else ec2.FlowLogTrafficType.REJECT,
        )


def _sources(stage: Stage) -> dict[str, ec2.InterfaceVpcEndpointAwsService]:
    """Ways to the sources beside our own passages, where the stage has such: an endpoint is paid for by the hour."""
    found = {}
    if stage.knowledge_base_id:
        found["BedrockAgentRuntime"] = ec2.InterfaceVpcEndpointAwsService.BEDROCK_AGENT_RUNTIME
    if stage.amazon_q_application_id:
        found["QBusiness"] = ec2.InterfaceVpcEndpointAwsService.Q_BUSSINESS
    return found
