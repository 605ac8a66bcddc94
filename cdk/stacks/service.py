"""The service, deployed many times a day: the functions, the API and the machines, one construct per capability."""

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from cdk.capabilities.after_sale import AfterSale
from cdk.capabilities.auditing import Auditing
from cdk.capabilities.catalog import Catalog
from cdk.capabilities.checkout import Checkout
from cdk.capabilities.conversation import Conversation
from cdk.capabilities.documents import Documents
from cdk.capabilities.handover import Handover
from cdk.capabilities.identity import Identity
from cdk.capabilities.ingestion import Ingestion
from cdk.capabilities.page import Page
from cdk.capabilities.payments import Payments
from cdk.capabilities.privacy import Privacy
from cdk.capabilities.reembedding import Reembedding
from cdk.capabilities.streaming import Streaming
from cdk.capabilities.upkeep import Upkeep
from cdk.parts.alarms import Alarms
from cdk.parts.asl_state_machine import pascal
from cdk.parts.capability_function import CapabilityFunction
from cdk.parts.front_door import FrontDoor
from cdk.parts.grants import database_address
from cdk.parts.ground import Ground
from cdk.parts.layers import Layers
from cdk.parts.member_pool import MemberPool
from cdk.stacks.data import Data
from cdk.stacks.network import Network
from cdk.stages import Stage

if TYPE_CHECKING:
    from cdk.capabilities.agentcore import AgentCore


class Service(Stack):
    """Can be made again from nothing, but for the pool's users: a protected stage retains the pool."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage, network: Network, data: Data) -> None:
        super().__init__(
            scope,
            name,
            stack_name=stage.resource("service"),
            description="Shopwright: functions, API, state machines.",
        )
        self.alarms = Alarms(self, "Alarms", stage=stage)
        ground = Ground(stage=stage, network=network, data=data, layers=Layers(self, "Layers"), alarms=self.alarms)
        self.members = MemberPool(self, "Members", stage=stage)
        self.page = Page(self, "Page", stage=stage)
        self.door = FrontDoor(self, "Door", ground=ground, pool=self.members.pool, pages=[self.page.origin])

        self.auditing = Auditing(self, "Auditing", ground=ground)
        upkeep = Upkeep(self, "Upkeep", ground=ground, door=self.door)
        identity = Identity(self, "Identity", ground=ground, door=self.door, members=self.members)
        catalog = Catalog(self, "CatalogApi", ground=ground, door=self.door)
        documents = Documents(self, "DocumentsApi", ground=ground, door=self.door)
        privacy = Privacy(self, "Privacy", ground=ground, door=self.door)
        handover = Handover(self, "Handover", ground=ground, door=self.door)
        agent = self._agent(ground, handover) if stage.orchestrator == "agentcore" else None
        agent_arn = None if agent is None else agent.program.arn
        conversation = Conversation(self, "Conversation", ground=ground, door=self.door, agent_arn=agent_arn)
        self.payments = Payments(self, "Payments", ground=ground, door=self.door)
        self.checkout = Checkout(
            self, "Checkout", ground=ground, door=self.door, payments=self.payments, after=upkeep.migrations
        )
        self.after_sale = AfterSale(self, "AfterSale", ground=ground, topic=self.checkout.topic, payments=self.payments)
        self.streaming = Streaming(self, "Streaming", ground=ground, door=self.door, agent_arn=agent_arn)
        if agent is None:
            for answers in (conversation.answers, self.streaming.answers):
                handover.begun_by(answers)
        handover.ended_by(conversation.sessions)
        self.page.may_speak_to(f"https://{self.door.host}", f"wss://{self.streaming.socket.host}")
        self.ingestion = Ingestion(self, "Ingestion", ground=ground, after=upkeep.migrations)
        self.reembedding = Reembedding(self, "Reembedding", ground=ground)

        tools = () if agent is None else tuple(agent.tools.values())
        for function in (*self.door.behind, self.streaming.answers, *tools):
            self.auditing.heard_by(function)

        self.functions: tuple[CapabilityFunction, ...] = (
            *self.after_sale.functions,
            *self.auditing.functions,
            *self.checkout.functions,
            *self.payments.functions,
            *conversation.functions,
            *catalog.functions,
            *documents.functions,
            *handover.functions,
            *identity.functions,
            *self.ingestion.functions,
            *privacy.functions,
            *self.reembedding.functions,
            *self.streaming.functions,
            *upkeep.functions,
            *(() if agent is None else agent.functions),
        )
        self._outputs(stage, data, handover)

    def _agent(self, ground: Ground, handover: Handover) -> "AgentCore":
        # Imported here and not above: its constructs take a second to import, and most stages have none of it.
        from cdk.capabilities.agentcore import AgentCore

        agent = AgentCore(self, "AgentCore", ground=ground, members=self.members, hands_over=handover.begun_by)
        CfnOutput(self, "AgentRuntimeArn", value=agent.program.arn)
        CfnOutput(self, "ToolsUrl", value=agent.gateway.gateway_url or "")
        return agent

    def _outputs(self, stage: Stage, data: Data, handover: Handover) -> None:
        address = database_address(data)
        outputs = {
            "ApiUrl": self.door.api.url,
            "ApiId": self.door.api.rest_api_id,
            "SocketUrl": self.streaming.socket.url,
            "SocketApiId": self.streaming.socket.api.api_id,
            "PageUrl": self.page.origin,
            "PageBucket": self.page.bucket.bucket_name,
            "UserPoolId": self.members.pool.user_pool_id,
            "UserClientId": self.members.user_client.user_pool_client_id,
            "GuestClientId": self.members.guest_client.user_pool_client_id,
            "DocumentsBucket": data.documents.bucket_name,
            "QuarantineBucket": data.quarantine.bucket_name,
            "ArtifactsBucket": data.artifacts.bucket_name,
            "SessionsTable": data.sessions.table_name,
            "CartsTable": data.carts.table_name,
            "HandoversTable": data.handovers.table_name,
            "HandoversTopicArn": handover.topic.topic_arn,
            "ClaimsTable": data.claims.table_name,
            "CheckoutSagaArn": self.checkout.machine.state_machine_arn,
            "ParkedSagasQueueUrl": self.checkout.parked.queue_url,
            "OrdersTopicArn": self.checkout.topic.topic_arn,
            "ReceiptsBucket": data.receipts.bucket_name,
            **{
                f"{pascal(name)}QueueUrl": queue.queue_url
                for what, (events, failed) in self.after_sale.queues.items()
                for name, queue in ((f"{what}-events", events), (f"{what}-failed", failed))
            },
            "WebhooksTable": data.webhooks.table_name,
            "WebhooksQueueUrl": self.payments.events.queue_url,
            "WebhooksDeadLetterQueueUrl": self.payments.dead_letters.queue_url,
            "GatewaySecrets": stage.gateway_secrets,
            "SecretsKeyArn": data.secrets_key.key_arn,
            "CircuitsTable": data.circuits.table_name,
            "MembersTable": data.members.table_name,
            "SocketsTable": data.sockets.table_name,
            "PersonalTable": data.personal.table_name,
            "PersonalRecordsTable": data.personal_records.table_name,
            "IngestionArn": self.ingestion.machine.state_machine_arn,
            "ReembeddingArn": self.reembedding.machine.state_machine_arn,
            "IngestionQueueUrl": self.ingestion.queue.queue_url,
            "IngestionFailedQueueUrl": self.ingestion.failed.queue_url,
            "IngestionDeadLetterQueueUrl": self.ingestion.dead_letters.queue_url,
            "AuditBucket": data.audit.bucket_name,
            "AuditHeadsTable": data.audit_heads.table_name,
            "AuditQueueUrl": self.auditing.queue.queue_url,
            "DatabaseHost": address["DATABASE_HOST"],
            "DatabasePort": address["DATABASE_PORT"],
            "DatabaseName": address["DATABASE_NAME"],
            "DatabaseMasterSecretArn": data.master_secret.secret_arn,
            "DatabaseSecretArn": data.database_secret.secret_arn,
            "CacheSecretArn": data.cache_secret.secret_arn,
            "TenantKeySecretArn": data.tenant_key_secret.secret_arn,
            **{f"{pascal(function.folder)}FunctionName": function.function_name for function in self.functions},
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
