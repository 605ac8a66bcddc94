"""Lambda, from the AgentCore Gateway: run one tool of the shop, for the caller whom introduce-caller has signed for.

It is deployed once for each tool, under a role that reaches what this tool needs (`tools.py`) and nothing else.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from shopwright.observability import audit, metrics
from shopwright.observability.sqs import Audit
from shopwright.orchestrator.registry import Came, Outcome, Registry
from shopwright.orchestrator.toolbox import box
from shopwright.runtime import gateway, task, tooling
from shopwright.runtime.gateway import Arguments
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.tenancy.caller import Caller
from shopwright.tenancy.secretsmanager import Secret
from shopwright.tenancy.warrant import Warrants, for_a_tool

STATUS = {Came.DONE: 200, Came.FORBIDDEN: 403, Came.UNAVAILABLE: 503, Came.TIMED_OUT: 503, Came.BROKEN: 500}


class Environment(Settings):
    tool: str
    warrant_secret_arn: str
    audit_queue_url: str


@dataclass(frozen=True, slots=True)
class Desk:
    tool: str
    warrants: Warrants
    registry: Registry
    trail: Audit
    now: Callable[[], float] = time.time


@cache
def wire() -> Desk:
    env = Environment.read()
    return Desk(
        tool=env.tool,
        warrants=Warrants.of(Secret(env.warrant_secret_arn)),
        registry=Registry(
            {env.tool: box(tooling.desk())[env.tool]},
            report=lambda tool, mistake: logger().error("tool broke", extra={"tool": tool}, exc_info=mistake),
        ),
        trail=Audit(env.audit_queue_url),
    )


def build(desk: Callable[[], Desk] = wire) -> gateway.ToolHandler:
    def call(arguments: Arguments) -> dict[str, Any]:
        at, came = desk(), gateway.beside()
        caller = at.warrants.read(came.warrant, for_a_tool(at.tool))
        outcome = at.registry.call(caller, at.tool, arguments.root, task.deadline(), request_id=came.request_id)
        logger().info("tool called", extra={"tool": at.tool, "came": outcome.came, "error": outcome.error})
        told = _told(outcome)
        _record(at, caller, came.request_id, arguments.root, told, STATUS.get(outcome.came, 422))
        return told

    return gateway.tool(call)


def _told(outcome: Outcome) -> dict[str, Any]:
    """What the tool gives; or, under `error`, by what name it did not, and what the model may do about it."""
    if outcome.value is not None:
        return dict(outcome.value)
    return {"error": outcome.error, "message": outcome.says}


def _record(at: Desk, caller: Caller, request_id: str, arguments: object, told: object, status: int) -> None:
    record = audit.Record(
        id=audit.new_id(),
        merchant_id=caller.tenant.merchant_id,
        at=audit.timestamp(at.now()),
        request_id=request_id,
        subject=caller.subject,
        role=caller.role.value,
        route=f"MCP {at.tool}",
        status=status,
        request_payload_hash=audit.digest(json.dumps(arguments).encode()),
        response_reference=f"sha256:{audit.digest(json.dumps(told).encode())}",
    )
    try:
        at.trail.hand_in(record)
    except audit.AuditUnavailable as failure:
        metrics.count_together("AuditNotHandedIn")
        logger().error("audit record not handed in", extra={"record": asdict(record)}, exc_info=failure)


handler = build()
