"""Every way in which a sale can be cut short: where its process ends, what the network and the gateway do to each call,
and in which order webhooks come. Exhaustive for one fault, drawn by a seed for two.

`python -m tests.integration.checkout.sweep [--schedules N] [--seed N]` runs all of it and says what it found.
"""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shopwright.checkout.order import Status

from local.gateways.faults import Fault
from tests.integration.checkout.house import House, Kill, violations

HARMS = (
    "decline",
    "lose_request",
    "lose_reply",
    "duplicate",
    "fail_before",
    "fail_after",
    "busy",
    "later",
    "later_fails",
    "garbage",
)
OPERATIONS = {
    "stripe": ("create", "authorize", "capture", "void", "refund", "find", "find_refunds"),
    "adyen": ("authorize", "resume", "capture", "cancel_unseen", "reverse"),
}
PATHS = (
    "paid",
    "declined",
    "challenged",
    "challenged_twice",
    "abandoned",
    "pending",
    "cancelled",
    "cancelled_pending",
    "cancelled_capturing",
    "refunded",
    "contended",
)
_PAYS = {
    "declined": "decline",
    "challenged": "challenge",
    "challenged_twice": "challenge_twice",
    "abandoned": "challenge",
    "pending": "pending",
    "cancelled_pending": "pending",
}
_CANCELS_WAITING = frozenset({"cancelled_pending", "cancelled_capturing"})
_SELLS = frozenset({"paid", "challenged", "challenged_twice", "pending"})


@dataclass(frozen=True, slots=True)
class Schedule:
    """One sale and what goes wrong in it."""

    vendor: str
    path: str
    kill: int = -1  # at which effect the process ends
    after: bool = False
    lost: bool = False  # the execution ends with it
    second: int = -1  # at which effect a later process ends
    harms: tuple[tuple[str, str, int], ...] = ()  # operation, harm, how often
    shuffle: int = 0  # webhooks come in another order, and twice
    before_reply: bool = False

    @property
    def sells(self) -> bool:
        """Does a sale that is cut short like this go on from where it stood, to its end?"""
        return self.path in _SELLS and not (self.lost or self.harms)

    def __str__(self) -> str:
        kill = "" if self.kill < 0 else f" killed {'after' if self.after else 'before'} effect {self.kill}"
        more = "" if self.second < 0 else f" and {self.second}"
        lost = " for good" if self.lost else ""
        harms = "".join(f" {operation}:{harm}x{times}" for operation, harm, times in self.harms)
        return f"{self.vendor} {self.path}{kill}{more}{lost}{harms} shuffle={self.shuffle}"


def run(house: House, schedule: Schedule) -> list[str]:
    """Walk it, let everything come to rest, and say what is wrong."""
    house.kill = Kill(schedule.kill, after=schedule.after, lost=schedule.lost, second=schedule.second)
    house.late = timedelta(0)
    house.answers_bank = {"abandoned": "silence"}.get(schedule.path, "pass")
    house.double.post.copies = 2 if schedule.shuffle else 1
    house.double.post.reverse = bool(schedule.shuffle % 2)
    sku = house.shelve(stock=1)
    ann, bob = f"ann-{sku}", f"bob-{sku}"  # nobody has anything of another schedule in the cart
    order = house.order(sku, who=ann, pays=_PAYS.get(schedule.path, "ok"))
    orders = [order]
    house.harm(
        *(
            Fault.model_validate({"harm": harm, "operation": operation, "times": times, "order_id": order, "code": ""})
            for operation, harm, times in schedule.harms
        )
    )
    if schedule.path == "contended":
        orders.append(house.order(sku, who=bob))
        house.walk(orders[1])
    _slow(house, schedule.path, order)
    house.walk(order)
    house.meanwhile = None
    if schedule.path.startswith("cancelled") and house.orders.look(order).status in (Status.STARTED, Status.PLACED):
        house.orders.cancel(order)
        house.walk(order, "undo")
    if schedule.path == "refunded":
        house.recover(order)
        house.kill = Kill(schedule.kill, after=schedule.after, lost=schedule.lost)
        house.harm(
            *(
                Fault.model_validate({"harm": harm, "operation": operation, "times": times, "order_id": order})
                for operation, harm, times in schedule.harms
                if operation in ("refund", "reverse", "find", "void")
            )
        )
        if house.orders.look(order).status is Status.PAID:
            house.orders.refund(order, restock=True)
            house.walk(order, "undo")
    if schedule.shuffle:
        house.webhooks(shuffled=random.Random(schedule.shuffle), copies=2)  # noqa: S311 - which order does not matter
    house.answers_bank = "pass" if schedule.path != "abandoned" else "silence"
    house.recover(*orders)
    wrong = violations(house, sku, 1, *orders)
    if schedule.sells and house.orders.look(order).status is not Status.PAID:
        wrong.append(f"{order} was given up though its machine went on")
    house.kill = Kill()
    return wrong


def _slow(house: House, path: str, order: str) -> None:
    """While its gateway is at work, the shop cancels: one more execution undoes it, and the first goes on."""
    if path not in _CANCELS_WAITING:
        return
    if path == "cancelled_capturing":
        house.harm(Fault(harm="later", operation="capture", order_id=order))

    def cancel() -> None:
        if house.orders.look(order).status in (Status.STARTED, Status.PLACED):
            house.orders.cancel(order)
            house.walk(order, "undo")

    house.meanwhile = cancel


def effects(house: House, path: str) -> int:
    """How many effects a sale of this kind has when nothing goes wrong."""
    house.kill = counted = Kill()
    house.answers_bank = "silence" if path == "abandoned" else "pass"
    order = house.order(who=f"counter-{path}", pays=_PAYS.get(path, "ok"))
    _slow(house, path, order)
    house.walk(order)
    house.meanwhile = None
    count = counted.count
    house.recover(order)
    return count


def one_fault(vendor: str, lengths: dict[str, int]) -> Iterator[Schedule]:
    """Every schedule with a single fault: each kill before and after each effect, each harm to each call."""
    for path in PATHS:
        for at, after, lost in itertools.product(range(lengths[path]), (False, True), (False, True)):
            yield Schedule(vendor, path, kill=at, after=after, lost=lost)
        for operation, harm, times in itertools.product(OPERATIONS[vendor], HARMS, (1, 20)):
            yield Schedule(vendor, path, harms=((operation, harm, times),))
        for shuffle in (1, 2):
            yield Schedule(vendor, path, shuffle=shuffle)


def two_faults(vendor: str, lengths: dict[str, int], dice: random.Random) -> Iterator[Schedule]:
    """Schedules with two faults and webhooks out of order, drawn for ever."""
    while True:
        path = dice.choice(PATHS)
        length = lengths[path] + 8  # into its undoing, too
        harms = tuple(
            (dice.choice(OPERATIONS[vendor]), dice.choice(HARMS), dice.choice((1, 1, 2, 20)))
            for _ in range(dice.choice((0, 1, 1, 2)))
        )
        killed = not harms or dice.random() < 0.7
        yield Schedule(
            vendor,
            path,
            kill=dice.randrange(length) if killed else -1,
            after=dice.random() < 0.5,
            lost=dice.random() < 0.4,
            second=dice.randrange(length) if killed and dice.random() < 0.5 else -1,
            harms=harms,
            shuffle=dice.choice((0, dice.randrange(1, 1000))),
        )


def sweep(houses: Sequence[House], schedules: Iterator[Schedule], most: int) -> tuple[int, list[str]]:
    """Run so many; gives how many ran, and every violation with its schedule."""
    by_vendor = {house.vendor: house for house in houses}
    wrong: list[str] = []
    ran = 0
    for schedule in itertools.islice(schedules, most):
        ran += 1
        try:
            found = run(by_vendor[schedule.vendor], schedule)
        except (
            Exception
        ) as failure:  # a walk that never ends, or an error that nobody named: a violation like any other
            found = [f"{type(failure).__name__}: {failure}"]
        wrong += [f"[{schedule}] {one}" for one in found]
    return ran, wrong
