"""Schedule, every minute: tell what the outboxes of all merchants hold, in order, and mark it as told afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pydantic import BaseModel
from shopwright.runtime import task
from shopwright.runtime.paying import OrderSettings
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import Announcement, Orders

SPARE_S = 5.0  # kept for marking what has been told


class Environment(OrderSettings):
    orders_topic_arn: str


class Tick(BaseModel):
    """The schedule's event. What is in it does not matter."""


@dataclass(frozen=True, slots=True)
class Published:
    merchants: int
    events: int


@dataclass(frozen=True, slots=True)
class Desk:
    orders: "Orders"
    publish: "Callable[[Tenant, Announcement], None]"


@cache
def wire() -> Desk:
    from shopwright.checkout.sns import Topic

    env = Environment.read()
    return Desk(env.orders(), Topic(env.orders_topic_arn).publish)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def publish(tick: Tick) -> Published:
        at, merchants, events = desk(), 0, 0
        for tenant in at.orders.merchants_telling():
            if task.deadline().left_s() < SPARE_S:
                break
            orders = at.orders.of(tenant)
            told: list[str] = []
            try:
                for event in orders.announcements():
                    at.publish(tenant, event)
                    told.append(event.id)
            finally:  # what was told before a failure is not told again
                orders.announced(told)
            merchants, events = merchants + 1, events + len(told)
        return Published(merchants, events)

    return task.handler(publish, Tick, kind="trigger")


handler = build()
