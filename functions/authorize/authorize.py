"""Checkout-saga, step 2: have the money held; with a token, wait for whoever has to act first.

A payment that is being undone and that the gateway does not find is asked for `again`, under the same key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from shopwright.checkout import saga
from shopwright.checkout.order import State
from shopwright.checkout.work import Asking
from shopwright.runtime import task
from shopwright.runtime.paying import PayingSettings, WalletSettings

WAITS = frozenset({State.ASKED, State.PENDING, State.CHALLENGED})


class Environment(PayingSettings, WalletSettings):
    pass


@dataclass(frozen=True, slots=True)
class Asked:
    outcome: str


@cache
def wire() -> saga.Desk:
    env = Environment.read()
    return env.paying(env.wallet())


def build(desk: Callable[[], saga.Desk] = wire) -> task.TaskHandler:
    def authorize(step: Asking) -> Asked:
        if step.token:
            saga.listen(step.tenant, step.order_id, step.token, WAITS, desk=desk())
            return Asked("listening")
        if step.again:
            return Asked(saga.ask_again(step.tenant, step.order_id, desk=desk(), deadline=task.deadline()))
        return Asked(saga.authorize(step.tenant, step.order_id, desk=desk(), deadline=task.deadline()))

    return task.handler(authorize, Asking)


handler = build()
