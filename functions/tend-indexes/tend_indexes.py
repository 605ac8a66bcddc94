"""Schedule, every six hours, and by hand: keep the vector indexes as good as they were built, without blocking readers.

By hand, `{"index": "ivfflat"}` (or `"hnsw"`) also says which kind is to stand from now on; rounds make it so, one
partition after another.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import BaseModel
from shopwright.database.connection import Address
from shopwright.database.secrets import login_in
from shopwright.database.tend import Keeper, Round, keeper
from shopwright.observability import metrics
from shopwright.resilience.deadline import Deadline
from shopwright.runtime import task
from shopwright.runtime.journal import logger
from shopwright.runtime.settings import Settings
from shopwright.tenancy.secretsmanager import Secret


class Environment(Settings):
    database_host: str
    database_port: int
    database_name: str
    database_tls: str
    database_upkeep_secret_arn: str


class Call(BaseModel):
    """The schedule's event, or a choice by hand."""

    index: Literal["hnsw", "ivfflat"] | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    keeper: Callable[[Deadline], AbstractContextManager[Keeper]]


@cache
def wire() -> Desk:
    env = Environment.read()
    address = Address(env.database_host, env.database_port, env.database_name, env.database_tls)
    login = login_in(Secret(env.database_upkeep_secret_arn))

    @contextmanager
    def at_work(deadline: Deadline) -> Iterator[Keeper]:
        with keeper(address, login(), left_ms=lambda: 1000 * deadline.left_s()) as one:
            yield one

    return Desk(keeper=at_work)


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def tend_indexes(call: Call) -> Round:
        with desk().keeper(task.deadline()) as at_work:
            if call.index is not None:
                at_work.choose(call.index)
            done = at_work.round()
        for one in done.tended:
            now = one.recall if one.recall_after is None else one.recall_after
            if now is not None:
                metrics.gauge("IndexRecallLost", 1 - now)
            if one.cause is not None:
                logger().info(
                    "index built anew",
                    extra={
                        "relation": one.relation,
                        "kind": one.kind,
                        "rows": one.rows,
                        "cause": one.cause,
                        "recall_before": one.recall,
                        "recall_after": one.recall_after,
                    },
                )
        metrics.count("IndexesRebuilt", sum(one.cause is not None for one in done.tended))
        metrics.count("TablesVacuumed", len(done.vacuumed))
        metrics.count("IndexesLeft", done.left)
        return done

    return task.handler(tend_indexes, Call, kind="trigger")


handler = build()
