"""A model of the sale, small enough to look at every state of it: who may do what next, and what must never be.

Shoppers want the last one of an article. Whatever can happen does, in every order: a request or an answer is lost or
late, a process ends between the gateway's deed and our note of it (in an undoing too), the gateway holds, takes and
gives back in its own time, its webhooks come late, twice and in any order, a bank asks its shopper once or twice, who
answers or never does, a process ends while an answer is being used, goods are kept no longer while they are at it, a
shop cancels, and an operator resumes what was parked. The design is one set of rules; each of `MUTANTS` breaks one of
them, and must be found out.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

RETRIES = 1


class At(StrEnum):
    """Which step of the machine comes next."""

    RESERVE = "reserve"
    AUTHORIZE = "authorize"
    CONFIRM = "confirm"
    CAPTURE = "capture"
    UNDO = "undo"
    PARKED = "parked"
    END = "end"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the design promises; a mutant lacks one of it."""

    same_key: bool = True  # the same call again is the same deed
    asks_the_gateway: bool = True  # an unknown outcome is looked up, and never taken for a failure
    stock_first: bool = True
    release_once: bool = True  # only what is held is released
    sweeper_looks: bool = True  # a hold whose money may be held is never released
    undo_by_books: bool = True  # the gateway's books decide between void and refund, not our memory
    webhook_looks: bool = True  # a capture pays a placed order only
    confirm_looks: bool = True  # nothing is placed whose goods are kept no more, or that is being undone
    undo_again: bool = True  # what is held after it was undone is undone once more
    waits_to_undo: bool = True  # what the gateway does not know yet whether it will hold is not taken for undone
    asynchronous: bool = False  # the gateway holds, takes and gives back in its own time
    challenges: bool = True  # banks ask shoppers something
    uses_as_it_tells: bool = True  # an answer to the bank is used up in the write that tells what became of it
    uses_its_own: bool = True  # and it alone, never the one that was brought meanwhile
    cancels: bool = True  # shops cancel


MUTANTS: dict[str, Rules] = {
    "a key for each call": Rules(same_key=False),
    "a time-out is a failure": Rules(asks_the_gateway=False, undo_again=False),
    "the order before the goods": Rules(stock_first=False),
    "release whatever the state": Rules(release_once=False),
    "a sweeper that only looks at the clock": Rules(sweeper_looks=False, confirm_looks=False),
    "undo from memory": Rules(undo_by_books=False),
    "a webhook that pays whatever the order": Rules(webhook_looks=False, asynchronous=True),
    "place what is being undone": Rules(confirm_looks=False),
    "use the shopper's answer up, then write down what the bank said": Rules(uses_as_it_tells=False),
    "use up whatever answer is there by then": Rules(uses_its_own=False),
    "nothing held yet is nothing held": Rules(waits_to_undo=False, undo_again=False, asynchronous=True),
    "undo once": Rules(undo_again=False, asynchronous=True),
}


@dataclass(frozen=True, slots=True)
class Saga:
    """One sale: the machine's next step, what PostgreSQL says, what the gateway's books say, and what is on its way."""

    at: At = At.RESERVE
    tries: int = 0
    order: str = "started"  # started placed paid undoing cancelled
    known: str = (
        "none"  # none asked pending challenged asked_again declined authorized capturing captured undoing undone
    )
    kept: str = "none"  # none held released sold
    books: str = "nothing"  # nothing pending challenged asks_again held taking taken back
    holds: int = 0  # open at the gateway
    taken: int = 0
    given: int = 0
    coming: frozenset[str] = frozenset()  # webhooks, and a request that is late
    proof: int = 0  # which of the shopper's answers to their bank lies there to be shown to the gateway
    brought: int = 0  # how many they have brought
    using: bool = False  # what lies there is about to be taken away
    also: bool = False  # a second execution undoes it, while the first goes on until it sees that


_AT_WORK = frozenset({"taking", "letting_go", "giving_back"})  # the gateway has received it, and does it yet


@dataclass(frozen=True, slots=True)
class World:
    stock: int
    sagas: tuple[Saga, ...]


def explore(
    rules: Rules, *, shoppers: int = 2, stock: int = 1, until_wrong: bool = False
) -> tuple[int, dict[str, int]]:
    """Every state that can be reached, and how often each wrong was seen in them; or only until the first is."""
    begin = Saga(At.RESERVE if rules.stock_first else At.AUTHORIZE)
    first = World(stock, (begin,) * shoppers)
    seen, queue, wrong = {first}, deque([first]), dict[str, int]()
    while queue:
        world = queue.popleft()
        nexts = [*_nexts(world, rules)]
        for one in _wrongs(world, stock, stuck=not nexts):
            wrong[one] = wrong.get(one, 0) + 1
        if wrong and until_wrong:
            break
        for after in nexts:
            if after not in seen:
                seen.add(after)
                queue.append(after)
    return len(seen), wrong


def _wrongs(world: World, stock: int, *, stuck: bool) -> Iterator[str]:
    for saga in world.sagas:
        if saga.taken - saga.given > 1:
            yield "charged twice"
        if saga.holds > 1 or (saga.holds and saga.taken > saga.given):
            yield "held twice"
        if saga.order == "started" and saga.books == "asks_again" and not saga.proof:
            if saga.known == "challenged":
                yield "the bank's second question is never asked"
            if saga.known == "asked_again" and saga.brought == 2:
                yield "the shopper's second answer is lost"
        if saga.order == "placed" and saga.kept != "held":
            yield "placed without goods"
        if saga.at is At.END and not saga.also and not saga.coming and saga.books not in _AT_WORK:
            net = saga.taken - saga.given
            if saga.order == "paid" and (net != 1 or saga.kept != "sold"):
                yield "paid without money or goods"
            if saga.order == "cancelled" and net:
                yield "charged without an order"
            if saga.order == "cancelled" and saga.holds:
                yield "held without an order"
            if saga.order == "cancelled" and saga.kept == "held":
                yield "goods held without an order"
    kept = sum(saga.kept in ("held", "sold") for saga in world.sagas)
    if world.stock < 0 or kept > stock:
        yield "oversold"
    if world.stock + kept != stock:
        yield "stock lost or made"
    if stuck and any(saga.at is not At.END for saga in world.sagas):
        yield "stuck"


def _nexts(world: World, rules: Rules) -> Iterator[World]:
    for number, saga in enumerate(world.sagas):
        for stock, after in _moves(world.stock, saga, rules):
            if after != saga or stock != world.stock:
                sagas = (*world.sagas[:number], after, *world.sagas[number + 1 :])
                yield World(stock, sagas)


def _moves(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    yield from _gateway(stock, saga, rules)
    yield from _webhooks(stock, saga, rules)
    if saga.also:
        for left, undone in _undo(stock, replace(saga, at=At.UNDO, tries=0), rules):
            yield left, replace(undone, at=saga.at, tries=saga.tries, also=undone.at is not At.END)
    yield from _sweeper(stock, saga, rules)
    match saga.at:
        case At.RESERVE:
            yield from _reserve(stock, saga, rules)
        case At.AUTHORIZE:
            yield from ((stock, one) for one in _authorize(saga, rules))
        case At.CONFIRM:
            yield from _confirm(stock, saga, rules)
        case At.CAPTURE:
            yield from _capture(stock, saga, rules)
        case At.UNDO:
            yield from _undo(stock, saga, rules)
        case At.PARKED:
            yield stock, replace(saga, at=At.UNDO, tries=0)  # an operator


def _turn(saga: Saga) -> Saga:
    """Give it up, unless it is paid."""
    order = "undoing" if saga.order in ("started", "placed") else saga.order
    return replace(saga, at=At.UNDO, tries=0, order=order)


def _on(saga: Saga, at: At, **changed: str) -> Saga:
    return replace(saga, at=at, tries=0, **changed)  # type: ignore[arg-type]  # the fields named are texts


def _reserve(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    after = At.AUTHORIZE if rules.stock_first else At.CAPTURE
    if saga.order in ("undoing", "cancelled"):
        yield stock, _turn(saga)
    elif saga.kept == "held":
        yield stock, _on(saga, after)
    elif stock > 0:
        yield stock - 1, _on(saga, after, kept="held")
        yield stock - 1, replace(saga, kept="held")  # and the process ends: the step comes again
    elif not rules.stock_first and saga.order == "placed":
        yield stock - 1, _on(saga, after, kept="held")  # it was promised
    else:
        yield stock, _turn(saga)


def _authorize(saga: Saga, rules: Rules) -> Iterator[Saga]:
    if saga.order in ("undoing", "cancelled"):
        yield _turn(saga)
        return
    match saga.known:
        case "authorized":
            yield _on(saga, At.CONFIRM)
        case "declined" | "undone":
            yield _turn(saga)
        case "none":
            yield replace(saga, known="asked")  # written down before it is asked
        case "challenged" | "asked_again" if saga.using:
            yield replace(saga, proof=0, using=False)
        case "challenged" | "asked_again" if saga.proof:
            yield from _shown(saga, rules)
        case "challenged" | "asked_again" | "pending":
            yield from _looked(saga)
            yield _turn(saga)  # the shopper's time is over, or the gateway's
        case "asked":
            for answered in _held(saga, rules):
                yield answered if answered.books in ("challenged", "pending") else _recorded(answered)
                yield from _unknown(answered, rules)  # the answer is lost
            yield _on(replace(saga, known="declined"), At.AUTHORIZE) if saga.books == "nothing" else saga
            yield from _unknown(saga, rules)  # the request is lost
            if rules.same_key and saga.books == "nothing":  # or is only late: it is done when nobody waits any more
                yield from _unknown(replace(saga, coming=saga.coming | {"late"}), rules)


def _held(saga: Saga, rules: Rules) -> Iterator[Saga]:
    """The gateway does what it is asked: under the same key the same thing as before."""
    if rules.same_key and saga.books != "nothing":
        yield saga
        return
    yield replace(saga, books="held", holds=saga.holds + 1, coming=saga.coming | {"authorized"})
    if rules.challenges and saga.books == "nothing":
        yield replace(saga, books="challenged", known="challenged")
    if rules.asynchronous and saga.books == "nothing":
        yield replace(saga, books="pending", known="pending")


def _shown(saga: Saga, rules: Rules) -> Iterator[Saga]:
    """The gateway is shown what the shopper brought back; the same again is answered as before."""
    answered = [saga]
    if (saga.proof, saga.books) in ((1, "challenged"), (2, "asks_again")):
        answered = [replace(saga, books="held", holds=saga.holds + 1, coming=saga.coming | {"authorized"})]
    if (saga.proof, saga.books) == (1, "challenged"):
        answered.append(replace(saga, books="asks_again"))
    for one in answered:
        yield one  # the answer is lost, or the process ends behind it
        if not rules.uses_as_it_tells:
            yield replace(one, proof=0)  # and the process ends
        used = replace(one, using=True) if not rules.uses_its_own else replace(one, proof=0)
        yield _recorded(used)


_AS_KNOWN = {
    "held": "authorized",
    "challenged": "challenged",
    "asks_again": "asked_again",
    "taken": "authorized",
    "pending": "pending",
}


def _recorded(saga: Saga) -> Saga:
    return replace(saga, known=_AS_KNOWN.get(saga.books, saga.known))


def _looked(saga: Saga) -> Iterator[Saga]:
    if saga.books == "held":
        yield replace(saga, known="authorized")
    if saga.books == "back":
        yield replace(saga, known="undone")


def _unknown(saga: Saga, rules: Rules) -> Iterator[Saga]:
    """No answer: the same call again, then look, then turn round."""
    if saga.tries < RETRIES:
        yield replace(saga, tries=saga.tries + 1)
    elif rules.asks_the_gateway:
        found = _recorded(saga)
        yield found if found.known != saga.known else _turn(saga)
    else:
        yield _turn(replace(saga, known="declined"))


def _confirm(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    after = At.CAPTURE if rules.stock_first else At.RESERVE
    if saga.order == "placed":
        yield stock, _on(saga, after)
        return
    fits = saga.order == "started" and (saga.kept == "held" or not rules.stock_first)
    if not fits and rules.confirm_looks:
        yield stock, _turn(saga)
        return
    yield stock, _on(saga, after, order="placed")
    yield stock, replace(saga, order="placed")


def _capture(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    if saga.order == "paid":
        yield stock, _on(saga, At.END)
    elif saga.order in ("undoing", "cancelled") or saga.known in ("undone", "declined"):
        yield stock, _turn(saga)
    elif saga.known == "captured":
        yield stock, _paid(saga, rules)
    elif saga.known == "authorized":
        yield stock, replace(saga, known="capturing")
    elif saga.books == "held":
        yield stock, _turn(saga)  # refused for good
        yield stock, _without_answer(saga)
        taking = replace(saga, books="taking") if rules.asynchronous else _taken(saga)
        yield stock, _without_answer(taking)
        yield stock, taking if rules.asynchronous else _paid(replace(taking, known="captured"), rules)
    elif saga.books == "taken":  # the same call again: done already
        yield stock, _paid(replace(saga, known="captured"), rules)
        yield stock, _without_answer(saga)
    elif saga.books == "taking":
        yield stock, _turn(saga)  # it has not been heard of for a day
    else:
        yield stock, _turn(saga)


def _without_answer(saga: Saga) -> Saga:
    return replace(saga, tries=saga.tries + 1) if saga.tries < RETRIES else _turn(saga)


def _taken(saga: Saga) -> Saga:
    return replace(
        saga, books="taken", holds=max(saga.holds - 1, 0), taken=saga.taken + 1, coming=saga.coming | {"captured"}
    )


def _paid(saga: Saga, rules: Rules) -> Saga:
    if saga.order == "placed" or (saga.order in ("undoing", "cancelled") and not rules.webhook_looks):
        kept = "sold" if saga.kept == "held" else saga.kept
        return replace(saga, order="paid", kept=kept, known="captured")
    return replace(saga, known="captured")


def _gateway(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    """What the gateway, the bank and the shopper do in their own time."""
    if saga.books == "challenged":
        yield stock, replace(saga, books="held", holds=saga.holds + 1, coming=saga.coming | {"authorized"})
        if saga.known == "challenged" and not saga.brought:
            yield stock, replace(saga, proof=1, brought=1)
    if saga.books == "asks_again" and saga.known == "asked_again" and saga.brought == 1:
        yield stock, replace(saga, proof=2, brought=2)
    if saga.books == "pending":
        yield stock, replace(saga, books="held", holds=saga.holds + 1, coming=saga.coming | {"authorized"})
        yield stock, replace(saga, books="back", coming=saga.coming | {"declined"})
    if "late" in saga.coming:
        here = replace(saga, coming=saga.coming - {"late"})
        if here.books == "nothing" or (here.books == "back" and rules.asynchronous):
            here = replace(here, books="held", holds=here.holds + 1, coming=here.coming | {"authorized"})
        yield stock, here
    if saga.books == "taking":
        yield stock, _taken(saga)
        yield stock, replace(saga, books="held", coming=saga.coming | {"capture_failed"})
    if saga.books == "letting_go":
        yield stock, replace(saga, books="back", holds=0, coming=saga.coming | {"undone"})
    if saga.books == "giving_back":
        yield stock, replace(saga, books="back", given=saga.taken, coming=saga.coming | {"undone"})


_BEFORE = ("none", "asked", "pending", "challenged", "asked_again", "declined")


def _webhooks(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    for told in saga.coming:
        if told == "late":
            continue
        for left in (saga.coming - {told}, saga.coming):  # it may come once more
            here = replace(saga, coming=left)
            match told:
                case "declined" if saga.known in ("none", "asked", "pending"):
                    here = replace(here, known="declined")
                case "authorized" if saga.known in _BEFORE:
                    here = replace(here, known="authorized")
                    if saga.order == "cancelled" and rules.undo_again:
                        here = replace(here, at=At.UNDO, tries=0, order="undoing")
                case "authorized" if saga.known in ("undone", "undoing") and saga.books == "held" and rules.undo_again:
                    order = "undoing" if saga.order == "cancelled" else saga.order
                    here = replace(here, known="authorized", at=At.UNDO, tries=0, order=order)
                case "captured" if saga.known not in ("captured", "undone", "undoing"):
                    here = _paid(replace(here, known="captured"), rules)
                    if saga.order == "cancelled" and rules.undo_again and here.order != "paid":
                        here = replace(here, at=At.UNDO, tries=0, order="undoing")
                case "captured" if not rules.webhook_looks:
                    here = _paid(here, rules)
                case "capture_failed" if saga.known == "capturing" and saga.order == "placed":
                    here = _turn(here)
                case "undone" if saga.known == "undoing":
                    here = replace(here, known="undone")
            yield stock, here


def _sweeper(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    """Goods are kept no longer, at any moment between reserving and placing; or the shop cancels, at any before
    paying. Both have another execution undo it, while the sale goes on until it sees that."""
    if rules.cancels and saga.order in ("started", "placed"):
        yield stock, replace(saga, order="undoing", also=True)
    if saga.order != "started" or saga.kept != "held":
        return
    if rules.sweeper_looks:
        if saga.known in ("none", "challenged", "asked_again", "declined"):
            yield stock, replace(saga, order="undoing", also=True)
    else:
        yield stock + 1, replace(saga, kept="released")


def _undo(stock: int, saga: Saga, rules: Rules) -> Iterator[tuple[int, Saga]]:
    if saga.order == "paid":
        yield stock, _on(saga, At.END)
        return
    if saga.known in ("none", "declined", "undone"):
        order = "cancelled"
        if saga.kept == "held" or (not rules.release_once and saga.kept == "released"):
            released = replace(saga, order=order, kept="released")
            yield stock + 1, _on(released, At.END)
            yield stock + 1, released  # and the process ends: the step comes again
        else:
            yield stock, _on(saga, At.END, order=order)
        return
    yield stock, _gone_on(saga)  # the request is lost, or the process ends before it
    for undone in _reversed(saga, rules):
        yield stock, _gone_on(undone)  # the answer is lost, or the process ends behind it
        if undone.books in ("letting_go", "giving_back"):
            yield stock, replace(undone, known="undoing")
        else:
            yield stock, replace(undone, known="undone")


def _gone_on(saga: Saga) -> Saga:
    return replace(saga, tries=saga.tries + 1) if saga.tries < RETRIES else _on(saga, At.PARKED)


def _reversed(saga: Saga, rules: Rules) -> Iterator[Saga]:
    """The gateway lets go of what it holds, or gives back what it took."""
    refund = saga.books == "taken" if rules.undo_by_books else saga.known == "captured"
    match saga.books:
        case "nothing" | "back":
            yield saga if saga.books == "back" else replace(saga, books="back")
        case "challenged" | "asks_again":
            yield replace(saga, books="back")
        case "letting_go" | "giving_back":
            yield saga
        case "pending" if not rules.waits_to_undo:
            yield saga  # refused: and that is taken for done
        case "pending" | "taking":
            return  # it can be undone when it is held, or taken; or there is nothing to undo
        case "held" if not refund:
            yield replace(saga, books="letting_go") if rules.asynchronous else replace(saga, books="back", holds=0)
        case "taken" if refund:
            yield (
                replace(saga, books="giving_back")
                if rules.asynchronous
                else replace(saga, books="back", given=saga.taken)
            )
        case _:
            yield saga  # refused: and whoever does not look takes that for done
