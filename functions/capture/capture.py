"""Checkout-saga, step 4: take the money that is held; with a token, wait for the gateway to say that it has."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.checkout import saga
from shopwright.checkout.order import State
from shopwright.checkout.work import Waiting
from shopwright.runtime import task
from shopwright.runtime.paying import CartSettings, PayingSettings

WAITS = frozenset({State.CAPTURING})


class Environment(PayingSettings, CartSettings):
    pass


@dataclass(frozen=True, slots=True)
class Taken:
    outcome: str


@cache
def wire() -> saga.Desk:
    env = Environment.read()
    return env.paying(bought=env.bought())


def build(desk: Callable[[], saga.Desk] = wire) -> task.TaskHandler:
    def capture(step: Waiting) -> Taken:
        if step.token:
            saga.listen(step.tenant, step.order_id, step.token, WAITS, desk=desk())
            return Taken("listening")
        return Taken(saga.capture(step.tenant, step.order_id, desk=desk(), deadline=task.deadline()))

    return task.handler(capture, Waiting)


handler = build()
