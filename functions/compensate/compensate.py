"""Checkout-saga, undone: by what the gateway really holds; with a token, wait for it; or give up, for an operator."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.checkout import saga
from shopwright.checkout.work import Undoing
from shopwright.observability import metrics
from shopwright.runtime import task
from shopwright.runtime.paying import PayingSettings


class Environment(PayingSettings):
    pass


@dataclass(frozen=True, slots=True)
class Undone:
    outcome: str


@cache
def wire() -> saga.Desk:
    return Environment.read().paying()


def build(desk: Callable[[], saga.Desk] = wire) -> task.TaskHandler:
    def compensate(step: Undoing) -> Undone:
        if step.give_up:
            metrics.count("SagasParked")
            return Undone(saga.give_up(step.tenant, step.order_id, step.give_up, desk=desk()))
        if step.token:
            saga.listen(step.tenant, step.order_id, step.token, saga.AT_WORK, desk=desk())
            return Undone("listening")
        deadline = task.deadline()
        return Undone(saga.compensate(step.tenant, step.order_id, step.reason, desk=desk(), deadline=deadline))

    return task.handler(compensate, Undoing)


handler = build()
