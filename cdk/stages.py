"""How big, how safe and how dear each stage is. This file changes when a stage's size changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from aws_cdk import aws_logs as logs

# What Aurora PostgreSQL allows by default at each maximum capacity; we set it explicitly, so that the budget is exact.
_MAX_CONNECTIONS = MappingProxyType({1: 189, 4: 823, 8: 1669, 16: 3360, 32: 5000})
_MAX_CONNECTIONS_BELOW_ONE_ACU = 2000  # Aurora's cap when the cluster may shrink to half a unit or sleep
_BUDGET_PERCENT = 80  # the rest is for deployments (old and new environments overlap), operators and replication
_ACCOUNT_CONCURRENCY = 1000  # AWS's default quota per region
CONNECTED_TOOLS = 8  # those that AgentCore's gateway may call and that ask the database; each has a function of its own
_UNRESERVED = 100  # AWS refuses to reserve the last hundred; functions without a reservation live on them

DATABASE_FUNCTIONS = frozenset(
    {
        *("carts", "chat", "chat-stream", "documents", "health", "ingest-parse", "insert-vectors", "quarantine"),
        *("remove-document", "reembed", "products", "switch-model", "migrate", "refresh-views", "shop-statistics"),
        *("tend-indexes", "checkout", "orders", "reserve-stock", "authorize", "confirm-order", "capture", "compensate"),
        *("settle-payments", "sweep-orders", "resume-sagas", "publish-events", "reconcile"),
        *("write-receipt", "tell-stock", "count-sale"),
    }
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. Making one that would exhaust the database or the account raises ValueError."""

    name: str
    protected: bool  # what holds data is retained, and neither it nor its stack can be deleted by accident

    zones: int
    nat_gateways: int  # for the few functions that need both the database and the internet: payments
    endpoint_zones: int  # interface endpoints are billed per zone and hour

    aurora_min_acu: float
    aurora_max_acu: int
    readers: int
    backup_days: int

    cache_node: str
    cache_shards: int
    cache_replicas: int

    requests_per_second: int
    burst: int
    origins: tuple[str, ...]  # where the merchants' pages may call from

    concurrency: Mapping[str, int]  # reserved, for the functions that hold a database connection
    dispatch_concurrency: int  # how many dispatchers may start executions at once
    ingestions: int  # how many documents are worked off at once; the rest wait in the queue

    log_retention: logs.RetentionDays
    audit_log_retention: logs.RetentionDays
    audit_days: int
    audit_compliance: bool  # COMPLIANCE cannot be lifted by anyone; GOVERNANCE lets a test stage be cleaned up

    orchestrator: Literal["inline", "agentcore"] = "inline"  # where answers are made: in the functions, or on AgentCore
    tool_concurrency: int = 4  # with agentcore: reserved for each tool that holds a connection

    keep_personal: Literal["mask", "token"] = "mask"  # of documents: for good, or with tokens that can be restored
    models: Literal["none", "bedrock"] = "none"  # who answers what the merchants' own sentences cannot
    # Sources beside our own passages, and a further check of what a model says: each is made by the operator, with the
    # merchants' ids as metadata, and is off unless it is named here.
    knowledge_base_id: str = ""
    amazon_q_application_id: str = ""
    amazon_q_retriever_id: str = ""
    guardrail_id: str = ""
    guardrail_version: str = ""

    def __post_init__(self) -> None:
        if not 2 <= self.zones <= 3:
            raise ValueError(f"{self.name}: zones is {self.zones}; choose 2 or 3.")
        if not 1 <= self.nat_gateways <= self.zones:
            raise ValueError(f"{self.name}: nat_gateways is {self.nat_gateways}; choose 1 to {self.zones}.")
        if not 1 <= self.endpoint_zones <= self.zones:
            raise ValueError(f"{self.name}: endpoint_zones is {self.endpoint_zones}; choose 1 to {self.zones}.")
        if self.aurora_max_acu not in _MAX_CONNECTIONS:
            raise ValueError(f"{self.name}: aurora_max_acu is {self.aurora_max_acu}; choose {list(_MAX_CONNECTIONS)}.")
        if not 2 <= self.dispatch_concurrency <= 1000:
            raise ValueError(f"{self.name}: dispatch_concurrency is {self.dispatch_concurrency}; choose 2 to 1000.")
        if unlike := DATABASE_FUNCTIONS ^ set(self.concurrency):
            raise ValueError(
                f"{self.name}: concurrency must name exactly the database functions; see {sorted(unlike)}."
            )
        if self.reserved > self.connection_budget:
            raise ValueError(
                f"{self.name}: {self.reserved} reserved environments exceed the budget of {self.connection_budget} "
                f"connections ({_BUDGET_PERCENT} % of {self.max_connections}); reserve less or raise aurora_max_acu."
            )
        if self.reserved > _ACCOUNT_CONCURRENCY - _UNRESERVED:
            raise ValueError(
                f"{self.name}: {self.reserved} reserved environments exceed the {_ACCOUNT_CONCURRENCY - _UNRESERVED} "
                "that an account may reserve; lower concurrency."
            )

        self._check_named()

    def _check_named(self) -> None:
        for one, other in (
            ("amazon_q_application_id", "amazon_q_retriever_id"),
            ("guardrail_id", "guardrail_version"),
        ):
            if bool(getattr(self, one)) != bool(getattr(self, other)):
                raise ValueError(f"{self.name}: {one} and {other} go together; give both or neither.")
        if self.guardrail_id and self.models == "none":
            raise ValueError(f"{self.name}: a guardrail checks what a model says; choose models, or leave it out.")

    def resource(self, name: str) -> str:
        """The deployed name of what is called `name` in the repository."""
        return f"shopwright-{self.name}-{name}"

    @property
    def gateway_secrets(self) -> str:
        """Below which name the keys of merchants' payment gateways are."""
        return f"shopwright/{self.name}/merchants"

    @property
    def max_connections(self) -> int:
        """What each Aurora instance of this stage accepts."""
        most = _MAX_CONNECTIONS[self.aurora_max_acu]
        return min(most, _MAX_CONNECTIONS_BELOW_ONE_ACU) if self.aurora_min_acu < 1 else most

    @property
    def connection_budget(self) -> int:
        """How many connections functions may hold. Each environment holds at most one on each instance."""
        return self.max_connections * _BUDGET_PERCENT // 100

    @property
    def reserved(self) -> int:
        """How many environments may hold a connection at once.

        On AgentCore a question is answered over a connection that lasts as long as it: there are as many as chat and
        chat-stream may run at once, who hold none themselves then.
        """
        tools = CONNECTED_TOOLS * self.tool_concurrency if self.orchestrator == "agentcore" else 0
        return sum(self.concurrency.values()) + tools


DEV = Stage(
    name="dev",
    protected=False,
    zones=2,
    nat_gateways=1,
    endpoint_zones=1,
    aurora_min_acu=0.5,
    aurora_max_acu=4,
    readers=1,
    backup_days=1,
    cache_node="cache.t4g.micro",
    cache_shards=1,
    cache_replicas=1,
    requests_per_second=500,
    burst=1000,
    origins=("http://127.0.0.1:8000",),
    concurrency=MappingProxyType(
        {
            "carts": 30,
            "chat": 100,
            "chat-stream": 60,
            "products": 20,
            "documents": 30,
            "health": 10,
            "ingest-parse": 30,
            "insert-vectors": 30,
            "quarantine": 10,
            "remove-document": 10,
            "reembed": 4,
            "switch-model": 2,
            "migrate": 2,
            "refresh-views": 1,
            "shop-statistics": 10,
            "tend-indexes": 1,
            "checkout": 20,
            "orders": 20,
            "reserve-stock": 10,
            "authorize": 20,
            "confirm-order": 10,
            "capture": 20,
            "compensate": 10,
            "settle-payments": 10,
            "sweep-orders": 1,
            "resume-sagas": 1,
            "publish-events": 1,
            "reconcile": 1,
            "write-receipt": 2,
            "tell-stock": 2,
            "count-sale": 2,
        }
    ),
    dispatch_concurrency=2,
    ingestions=4,
    log_retention=logs.RetentionDays.ONE_WEEK,
    audit_log_retention=logs.RetentionDays.ONE_MONTH,
    audit_days=1,
    audit_compliance=False,
)

STAGING = Stage(
    name="staging",
    protected=False,
    zones=2,
    nat_gateways=1,
    endpoint_zones=2,
    aurora_min_acu=1,
    aurora_max_acu=8,
    readers=1,
    backup_days=7,
    cache_node="cache.t4g.small",
    cache_shards=2,
    cache_replicas=1,
    requests_per_second=500,
    burst=1000,
    origins=("https://staging.shopwright.example",),
    concurrency=MappingProxyType(
        {
            "carts": 50,
            "chat": 200,
            "chat-stream": 100,
            "products": 40,
            "documents": 50,
            "health": 10,
            "ingest-parse": 50,
            "insert-vectors": 50,
            "quarantine": 20,
            "remove-document": 20,
            "reembed": 10,
            "switch-model": 2,
            "migrate": 2,
            "refresh-views": 1,
            "shop-statistics": 10,
            "tend-indexes": 1,
            "checkout": 30,
            "orders": 30,
            "reserve-stock": 20,
            "authorize": 40,
            "confirm-order": 20,
            "capture": 40,
            "compensate": 20,
            "settle-payments": 20,
            "sweep-orders": 1,
            "resume-sagas": 1,
            "publish-events": 1,
            "reconcile": 1,
            "write-receipt": 2,
            "tell-stock": 2,
            "count-sale": 2,
        }
    ),
    dispatch_concurrency=5,
    ingestions=20,
    log_retention=logs.RetentionDays.ONE_MONTH,
    audit_log_retention=logs.RetentionDays.SIX_MONTHS,
    audit_days=30,
    audit_compliance=False,
    models="bedrock",
)

PROD = Stage(
    name="prod",
    protected=True,
    zones=3,
    nat_gateways=3,
    endpoint_zones=3,
    aurora_min_acu=2,
    aurora_max_acu=32,
    readers=2,
    backup_days=35,
    cache_node="cache.r7g.large",
    cache_shards=3,
    cache_replicas=2,
    requests_per_second=2000,
    burst=4000,
    origins=("https://shopwright.example",),
    concurrency=MappingProxyType(
        {
            "carts": 20,
            "chat": 200,
            "chat-stream": 120,
            "products": 30,
            "documents": 50,
            "health": 20,
            "ingest-parse": 60,
            "insert-vectors": 60,
            "quarantine": 20,
            "remove-document": 30,
            "reembed": 10,
            "switch-model": 2,
            "migrate": 2,
            "refresh-views": 1,
            "shop-statistics": 10,
            "tend-indexes": 1,
            "checkout": 30,
            "orders": 20,
            "reserve-stock": 20,
            "authorize": 50,
            "confirm-order": 20,
            "capture": 40,
            "compensate": 20,
            "settle-payments": 20,
            "sweep-orders": 1,
            "resume-sagas": 1,
            "publish-events": 1,
            "reconcile": 1,
            "write-receipt": 2,
            "tell-stock": 2,
            "count-sale": 2,
        }
    ),
    dispatch_concurrency=10,
    ingestions=50,
    log_retention=logs.RetentionDays.ONE_YEAR,
    audit_log_retention=logs.RetentionDays.TWO_YEARS,
    audit_days=365,
    audit_compliance=True,
    models="bedrock",
)

STAGES: Mapping[str, Stage] = MappingProxyType({stage.name: stage for stage in (DEV, STAGING, PROD)})


def stage(name: str) -> Stage:
    """The stage of that name, or a ValueError that lists the names there are."""
    if name not in STAGES:
        raise ValueError(f"There is no stage {name!r}; choose one of {', '.join(STAGES)}.")
    return STAGES[name]
