"""SQS's parked sagas, when an operator calls (`make resume`): have each undone once more.

A message is deleted only after its execution has been started, so that nothing is lost when this function ends in
between; an execution that was started twice does no harm. What nobody can read is counted and left where it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from shopwright.checkout.stepfunctions import Sagas
from shopwright.checkout.work import Step
from shopwright.documents.sqs import AT_MOST, Message, Queue
from shopwright.errors import Invalid
from shopwright.runtime import task
from shopwright.runtime.paying import OrderSettings
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import MerchantOrders

HOLD_S = 330  # longer than this function runs: what it has seen does not come to it twice
SPARE_S = 10.0  # kept for letting go of what stays


class Environment(OrderSettings):
    parked_queue_url: str
    saga_arn: str


class Call(BaseModel):
    """What an operator asks. `dry`: only say what would be done."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=1000, ge=1)
    dry: bool = False


class Parked(Step):
    """The input of an execution that was parked."""

    begin: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """`unreadable` is how many nobody can read; `left` is about how many lie in the queue now, those included."""

    resumed: int
    unreadable: int
    left: int
    dry: bool


@dataclass(frozen=True, slots=True)
class Desk:
    queue: Queue
    orders: "Callable[[Tenant], MerchantOrders]"
    undo: Callable[[Tenant, str, str, str], None]  # order, saga, and which attempt


@cache
def wire() -> Desk:
    env = Environment.read()
    sagas = Sagas(env.saga_arn)
    return Desk(
        queue=Queue(env.parked_queue_url),
        orders=env.orders().of,
        undo=lambda tenant, order, saga, attempt: sagas.again(tenant, order, saga, "undo", attempt),
    )


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def resume(call: Call) -> Resumed:
        at = desk()
        resumed, unreadable, stays = 0, 0, list[Message]()
        done = set[tuple[str, str]]()  # an order may lie in the queue more than once: one more undoing is enough
        try:
            while (room := call.limit - resumed - unreadable) > 0 and task.deadline().left_s() > SPARE_S:
                found = at.queue.receive(min(room, AT_MOST), hold_s=HOLD_S)
                if not found:
                    break
                for message in found:
                    parked = _parked(message)
                    if parked is None:
                        unreadable += 1
                        stays.append(message)
                        continue
                    resumed += 1
                    if call.dry:
                        stays.append(message)
                        continue
                    if (parked.merchant_id, parked.order_id) not in done:
                        orders = at.orders(parked.tenant)
                        order = orders.look(parked.order_id)
                        orders.resume(order.id)
                        at.undo(parked.tenant, order.id, order.saga_id, message.id)
                        done.add((parked.merchant_id, parked.order_id))
                    at.queue.delete(message)
        finally:
            for message in stays:
                at.queue.let_go(message)
        return Resumed(resumed, unreadable, at.queue.waiting(), call.dry)

    return task.handler(resume, Call, kind="trigger")


def _parked(message: Message) -> Parked | None:
    try:
        parked = Parked.model_validate_json(message.body)
        _ = parked.tenant
    except (ValidationError, Invalid):
        return None
    return parked


handler = build()
