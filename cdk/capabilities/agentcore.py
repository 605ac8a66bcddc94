"""Everything that exists because the orchestrator may run on AgentCore, and agents may call the shop's tools there."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import ArnFormat, Aws, Duration, NestedStack, RemovalPolicy, Stack
from aws_cdk import aws_bedrockagentcore as agentcore
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct
from shopwright.orchestrator.tool_schemas import cedar, gateway, target
from shopwright.orchestrator.tools import Definition, definitions
from shopwright.runtime.gateway import HEADER

from cdk.parts.agent_program import AgentProgram
from cdk.parts.alarms import MINUTE
from cdk.parts.answering import use_warrants
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.grants import Grantee, use_database, use_reader, use_table
from cdk.parts.ground import Ground
from cdk.parts.layers import MORE_MODELS
from cdk.parts.member_pool import RESOURCE_SERVER, MemberPool

MEMORY_DAYS = 7  # the shortest that AgentCore knows


class AgentCore(NestedStack):
    """The program's runtime; and the gateway, behind which each tool has a function and a role of its own.

    It is nested: with it the service would hold more than the 500 resources that one stack may.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        ground: Ground,
        members: MemberPool,
        hands_over: Callable[[Grantee], None],
    ) -> None:
        """`hands_over` lets somebody keep conversations for a person of the shop."""
        super().__init__(scope, name)
        self._ground, self._hands_over = ground, hands_over
        data = ground.data
        self.program = AgentProgram(self, "Program", ground=ground, also=hands_over)

        introduce = CapabilityFunction(
            self,
            "introduce-caller",
            ground,
            timeout_s=5,
            memory_mb=512,
            environment={"MEMBERS_TABLE": data.members.table_name, "SOCKETS_TABLE": data.sockets.table_name},
        )
        use_table(introduce, data.members, "GetItem")
        use_table(introduce, data.sockets, "UpdateItem")
        use_warrants(introduce, data)
        ground.alarms.on(
            introduce,
            "Failing",
            introduce.metric_errors(period=MINUTE),
            above=5,
            minutes=3,
            says="introduce-caller fails: no agent can call a tool. See its log group.",
        )

        engine = agentcore.PolicyEngine(
            self,
            "Policy",
            policy_engine_name=self._named("policy"),
            description="Which role may have which of the shop's tools.",
        )
        role = self._role("GatewayRole", "gateway", "What the gateway may do: call the shop's tools.")
        self.gateway = agentcore.Gateway(
            self,
            "Gateway",
            gateway_name=ground.stage.resource("tools"),
            description="Shopwright: the shop's tools, for agents.",
            authorizer_configuration=agentcore.GatewayAuthorizer.using_cognito(
                user_pool=members.pool, allowed_scopes=[f"{RESOURCE_SERVER}/chat"]
            ),
            protocol_configuration=agentcore.GatewayProtocol.mcp(
                instructions="Tools of one merchant's shop. Whose it is, and who asks, is told by the token alone.",
                supported_versions=[agentcore.MCPProtocolVersion.MCP_2025_06_18],
            ),
            interceptor_configurations=[agentcore.LambdaInterceptor.for_request(introduce, pass_request_headers=True)],
            policy_engine_configuration=agentcore.GatewayPolicyEngineConfig(
                policy_engine=engine, mode=agentcore.PolicyEngineMode.ENFORCE
            ),
            role=role.without_policy_updates(),  # CDK would let it call every version of every function
        )
        enabled = [tool for tool in definitions().values() if tool.enabled]
        self.tools = {tool.name: self._tool(tool) for tool in enabled}
        for tool in enabled:
            self._offered(tool, engine)

        self._let_call(role, engine, [introduce, *self.tools.values()])
        self.gateway.node.add_dependency(role)

        self.memory = self._memory()
        self.functions = (introduce, *self.tools.values())

    def _let_call(self, role: iam.Role, engine: agentcore.PolicyEngine, functions: list[CapabilityFunction]) -> None:
        """The gateway calls these functions, and asks these policies whether it may."""
        own = _arn(self, f"gateway/{self._ground.stage.resource('tools')}-??????????")
        for actions, resources in (
            (["lambda:InvokeFunction"], [function.function_arn for function in functions]),
            (["bedrock-agentcore:GetPolicyEngine"], [engine.policy_engine_arn]),
            (
                ["bedrock-agentcore:AuthorizeAction", "bedrock-agentcore:PartiallyAuthorizeActions"],
                [engine.policy_engine_arn, own],
            ),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))

    def _memory(self) -> agentcore.Memory:
        """For agents that an operator lets in. None of our programs writes to it: a conversation with the shop lies in
        the sessions table, from where it can be had, handed out and deleted whole."""
        key = kms.Key(
            self,
            "MemoryKey",
            description=f"Shopwright {self._ground.stage.name}: what agents remember.",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN if self._ground.stage.protected else RemovalPolicy.DESTROY,
        )
        role = self._role("MemoryRole", "memory", "What AgentCore's memory may do: use its key.")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
                resources=[key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": f"bedrock-agentcore.{Aws.REGION}.amazonaws.com"}},
            )
        )
        return agentcore.Memory(
            self,
            "Memory",
            memory_name=self._named("memory"),
            description="What agents that an operator lets in remember of a shopper, and for how long.",
            expiration_duration=Duration.days(MEMORY_DAYS),
            kms_key=key,
            execution_role=role.without_policy_updates(),
        )

    def _tool(self, tool: Definition) -> CapabilityFunction:
        """The tool's function, which reaches what the tool says that it needs, and nothing else."""
        connected = "database" in tool.needs
        function = CapabilityFunction(
            self,
            f"tool-{target(tool)}",
            self._ground,
            runs="call-tool",
            layers=("common", "models") if "embedding" in tool.needs else ("common",),
            timeout_s=10,
            memory_mb=1024 if "embedding" in tool.needs else 512,
            environment={"TOOL": tool.name},
            in_network=connected,
            groups=self._groups(tool) if connected else (),
            reserved=self._ground.stage.tool_concurrency if connected else None,
        )
        use_warrants(function, self._ground.data)
        for need in tool.needs:
            if give := self._needs().get(need):
                give(function)
        return function

    def _needs(self) -> Mapping[str, Callable[[CapabilityFunction], None]]:
        """How each need of a tool (`tools.py`) is met."""
        data = self._ground.data

        def embedding(function: CapabilityFunction) -> None:
            use_reader(function, data)
            function.add_environment("MORE_MODELS", MORE_MODELS)

        def carts(function: CapabilityFunction) -> None:
            function.add_environment("CARTS_TABLE", data.carts.table_name)
            use_table(function, data.carts, "GetItem", "PutItem")

        return {
            "database": lambda function: use_database(function, data),
            "embedding": embedding,
            "carts": carts,
            "hand_over": self._hands_over,
        }

    def _groups(self, tool: Definition) -> list[ec2.ISecurityGroup]:
        network = self._ground.network
        wanted = [network.tools, network.carts if "carts" in tool.needs else None]
        return [group for group in wanted if group is not None]

    def _offered(self, tool: Definition, engine: agentcore.PolicyEngine) -> None:
        """The tool at the gateway, and the policy that says to whom."""
        (described,) = gateway([tool])
        offered = self.gateway.add_lambda_target(
            f"Offers{tool.name.title().replace('_', '')}",
            gateway_target_name=target(tool),
            description=tool.says,
            lambda_function=self.tools[tool.name],
            # What it gives is not promised: a refusal has another shape.
            tool_schema=agentcore.ToolSchema.from_inline(
                [
                    agentcore.ToolDefinition(
                        name=described["name"],
                        description=described["description"],
                        input_schema=_shape(described["inputSchema"]),
                    )
                ]
            ),
        )
        made = offered.node.default_child
        if not isinstance(made, agentcore.CfnGatewayTarget):
            raise TypeError(f"A target is made of {type(made).__name__}, which CDK never did before.")
        made.metadata_configuration = agentcore.CfnGatewayTarget.MetadataConfigurationProperty(
            allowed_request_headers=[HEADER]
        )
        allowed = engine.add_policy(
            f"Allows{tool.name.title().replace('_', '')}",
            policy_name=tool.name,
            description=f"Who may call {tool.name}.",
            statement=agentcore.PolicyStatement.from_cedar(cedar(tool, self.gateway.gateway_arn)),
            validation_mode=agentcore.PolicyValidationMode.FAIL_ON_ANY_FINDINGS,
        )
        allowed.node.add_dependency(offered)  # what it names must be there

    def _role(self, name: str, of: str, says: str) -> iam.Role:
        return iam.Role(
            self,
            name,
            assumed_by=iam.ServicePrincipal(
                "bedrock-agentcore.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": _arn(self, f"{of}/*")},
                },
            ),
            description=says,
        )

    def _named(self, name: str) -> str:
        return self._ground.stage.resource(name).replace("-", "_")


def _arn(scope: Construct, resource: str) -> str:
    return Stack.of(scope).format_arn(
        service="bedrock-agentcore", resource=resource, arn_format=ArnFormat.NO_RESOURCE_NAME
    )


def _shape(described: Mapping[str, Any]) -> agentcore.SchemaDefinition:
    return agentcore.SchemaDefinition(
        type=_TYPES[described["type"]],
        description=described.get("description"),
        properties={name: _shape(one) for name, one in described["properties"].items()}
        if "properties" in described
        else None,
        required=described.get("required"),
        items=_shape(described["items"]) if "items" in described else None,
    )


_TYPES = {
    "string": agentcore.SchemaDefinitionType.STRING,
    "number": agentcore.SchemaDefinitionType.NUMBER,
    "integer": agentcore.SchemaDefinitionType.INTEGER,
    "boolean": agentcore.SchemaDefinitionType.BOOLEAN,
    "array": agentcore.SchemaDefinitionType.ARRAY,
    "object": agentcore.SchemaDefinitionType.OBJECT,
}
