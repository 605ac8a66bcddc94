"""Schedule, every quarter of an hour: count again what merchants' statistics show. No reader waits meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from pydantic import BaseModel
from shopwright.runtime import task
from shopwright.runtime.database import DatabaseSettings


class Environment(DatabaseSettings):
    pass


class Tick(BaseModel):
    """The schedule's event. What is in it does not matter."""


@dataclass(frozen=True, slots=True)
class Counted:
    """When the counts are from; None: another call is counting right now."""

    counted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    refresh: Callable[[], datetime | None]


@cache
def wire() -> Desk:
    from shopwright.database.views import refresh

    database = Environment.read().database(connect_timeout_s=5, statement_timeout_ms=240_000)
    return Desk(refresh=lambda: refresh(database))


def build(desk: Callable[[], Desk] = wire) -> task.TaskHandler:
    def refresh_views(tick: Tick) -> Counted:
        return Counted(desk().refresh())

    return task.handler(refresh_views, Tick, kind="trigger")


handler = build()
