"""What can go wrong on the way to a gateway and back: this changes when something else can.

A fault waits for its call, does its harm once (or as often as it says), and is gone. Each can be written as JSON, so
that another process may ask for it.
"""

import threading
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Operation = Literal[
    "create", "authorize", "resume", "capture", "void", "cancel_unseen", "refund", "reverse", "find", "find_refunds"
]
Harm = Literal[
    "decline",  # the bank says no, with `code`
    "delay",  # it is at work for `ms`, and done at the end of them, whether or not anybody still waits
    "lose_request",  # nothing is done, and the connection breaks
    "lose_reply",  # it is done, and the connection breaks
    "duplicate",  # the network delivers the request twice
    "fail_before",  # 5xx (`status`), and nothing is done
    "fail_after",  # 5xx (`status`), and it is done
    "busy",  # 429
    "later",  # received, and done when `settle` is called
    "later_fails",  # received, and fails when `settle` is called
    "garbage",  # it is done, and the answer is no JSON
]


class Fault(BaseModel):
    """One harm to one call. Without a vendor, operation or order it is for whichever comes next."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    harm: Harm
    operation: Operation | None = None
    vendor: Literal["stripe", "adyen"] | None = None
    order_id: str | None = None
    times: int = Field(default=1, ge=1)
    code: str = ""
    ms: int = Field(default=0, ge=0, le=60_000)
    status: int = Field(default=500, ge=500, le=599)

    def fits(self, vendor: str, operation: str, order_id: str) -> bool:
        return (
            self.vendor in (None, vendor)
            and self.operation in (None, operation)
            and (self.order_id is None or self.order_id == order_id)
        )


class Faults:
    """The faults that wait, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fault, int]] = []
        self._lock = threading.Lock()

    def add(self, faults: Iterable[Fault]) -> None:
        with self._lock:
            self._waiting += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        with self._lock:
            self._waiting.clear()

    @property
    def left(self) -> int:
        """How many have not happened yet."""
        return sum(times for _, times in self._waiting)

    def next(self, vendor: str, operation: str, order_id: str) -> Fault | None:
        """The fault of this call, if one waits for it."""
        with self._lock:
            for index, (fault, times) in enumerate(self._waiting):
                if fault.fits(vendor, operation, order_id):
                    if times > 1:
                        self._waiting[index] = (fault, times - 1)
                    else:
                        del self._waiting[index]
                    return fault
        return None
