"""make demo: the story of three shops, told by the real thing. It changes when there is more to show.

Nothing in it is staged: files go through the bucket's event to the database, questions through the API, and an
expectation that is not met ends the demo with its name.
"""

import os
import sys
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from pydantic import BaseModel, ConfigDict

from local import places, terminal
from local.api import Said, Shop
from local.ask import GOODBYE, told
from local.cloud import TROUBLE, Cloud, Running
from local.drop import OVER, Dropped, File, drop, files, table
from local.instruments import instruments
from local.merchants import DEMO, Merchant, shops, token
from local.purchases import Bought, Ear, Till, WentOtherwise, listening, money


class NotAsTold(terminal.Stop):
    """The demo showed something else than it promises."""


class Answered(BaseModel):
    """A question with the words that its answer must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    contains: tuple[str, ...]
    documents: tuple[str, ...]
    story: bool = False


class RefusedQuestion(BaseModel):
    """A question to which this shop's documents hold no answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    known_to: str | None = None
    story: bool = False


class Questions(BaseModel):
    """What one shop may be asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answered: tuple[Answered, ...]
    refused: tuple[RefusedQuestion, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """One shop on the running cloud, with the callers that the story needs."""

    merchant: Merchant
    questions: Questions
    shopkeeper: Shop
    guest: Shop
    shopper: Shop


def questions() -> dict[str, Questions]:
    """Every shop's questions, by merchant."""
    written = tomllib.loads((DEMO / "questions.toml").read_text("utf-8"))
    return {merchant: Questions.model_validate(asked) for merchant, asked in written.items()}


def fill(stages: Sequence[Stage]) -> dict[str, tuple[Dropped, ...]]:
    """These shops' files at once, as on a busy morning; what became of them, by merchant."""
    start = time.monotonic()
    given = {stage.merchant.id: files(stage.merchant.documents) for stage in stages}
    progress = terminal.Progress(sum(map(len, given.values())))

    def one(stage: Stage) -> tuple[Dropped, ...]:
        def on_change(file: File, status: str) -> None:
            progress.tell(f"{stage.merchant.id}/{file.name}", status, done=status in OVER)

        return drop(stage.shopkeeper, given[stage.merchant.id], on_change=on_change)

    with ThreadPoolExecutor(len(stages), thread_name_prefix="shop") as pool:
        dropped = tuple(pool.map(one, stages))
    progress.end()
    for stage, results in zip(stages, dropped, strict=True):
        if not all(result.good for result in results):
            print(table(results))
            raise NotAsTold(f"Not every file of {stage.merchant.name} became searchable.")
        print(f"  {stage.merchant.name:<24} {len(results):>3} files  {sum(one.chunks for one in results):>5} passages")
    print(f"  searchable in {time.monotonic() - start:.1f} s")
    return {stage.merchant.id: results for stage, results in zip(stages, dropped, strict=True)}


def answer(stage: Stage) -> Said:
    """A question that the shop's own words answer, with a citation of the right document."""
    asked = next(question for question in stage.questions.answered if question.story)
    said = stage.guest.ask(asked.question)
    if not said.answered:
        raise NotAsTold(f"{stage.merchant.name} did not answer {asked.question!r}: {said.answer}")
    missing = [words for words in asked.contains if words not in said.answer]
    if missing:
        raise NotAsTold(f"{stage.merchant.name} answered {asked.question!r} without {missing}: {said.answer}")
    cited = [citation.source_uri for citation in said.citations]
    if not any(uri.endswith(asked.documents) for uri in cited):
        right = " or ".join(asked.documents)
        raise NotAsTold(f"{stage.merchant.name} answered {asked.question!r} from {cited}, not from {right}.")
    print(f"  Q  {asked.question}\n{told(said)}")
    return said


def refuse(stage: Stage) -> str:
    """A question that only another shop can answer gets no answer here."""
    asked = next(question for question in stage.questions.refused if question.story)
    said = stage.guest.ask(asked.question)
    if said.answered or said.citations:
        raise NotAsTold(f"{stage.merchant.name} answered what it cannot know, {asked.question!r}: {said.answer}")
    print(f"  Q  {asked.question}\n{told(said)}")
    return asked.question


def keep_apart(stage: Stage, other: Stage, foreign: Dropped) -> None:
    """With one shop's token nothing of another's can be had, by any of the ways one would try."""
    known = next(question for question in other.questions.answered if question.story)
    only_there = next(
        (question for question in stage.questions.refused if question.known_to == other.merchant.id), None
    )
    if only_there is None:
        raise NotAsTold(f"questions.toml has no question for {stage.merchant.id} that only {other.merchant.id} knows.")
    said = stage.shopkeeper.ask(only_there.question)
    if said.answered or said.citations:
        raise NotAsTold(f"{stage.merchant.name} told of {other.merchant.name}: {said.answer}")

    mine, theirs = stage.shopkeeper.ask(known.question), other.shopkeeper.ask(known.question)
    leaked = [words for words in known.contains if words in mine.answer]
    if leaked:
        raise NotAsTold(f"{stage.merchant.name} answered with {other.merchant.name}'s {leaked}.")
    if not all(words in theirs.answer for words in known.contains):
        raise NotAsTold(f"{other.merchant.name} did not answer its own question {known.question!r}: {theirs.answer}")

    fetched = stage.shopkeeper.raw("GET", f"/v1/documents/{foreign.document_id}")
    if fetched.status != 404:
        raise NotAsTold(f"GET of {other.merchant.name}'s document gave {fetched.status}, not 404.")
    own = other.shopkeeper.raw("GET", f"/v1/documents/{foreign.document_id}")
    if own.status != 200:
        raise NotAsTold(f"{other.merchant.name} cannot see its own document: {own.status} {own.reason}.")
    posed = stage.shopkeeper.raw("POST", "/v1/chat", {"message": known.question, "merchant_id": other.merchant.id})
    if posed.status != 403:
        raise NotAsTold(f"A body that names {other.merchant.id} gave {posed.status}, not 403.")

    print(f"  With {stage.merchant.id}'s token, of {other.merchant.id}:")
    rows = [
        (f"ask {only_there.question!r}", GOODBYE),
        (f"GET /v1/documents/{foreign.document_id}", f"404 (200 for {other.merchant.id})"),
        (f'POST /v1/chat {{"merchant_id": "{other.merchant.id}"}}', f"403 {posed.body.get('error', '')}".rstrip()),
    ]
    width = max(len(tried) for tried, _ in rows)
    for tried, got in rows:
        print(f"    {tried.ljust(width)}  {got}")


def buy(till: Till, ear: Ear) -> None:
    """From the cart to the paid order: the terms, the shopper's word to them, the money, and what others are told."""
    till.fill()
    quoted = till.shopper.quote(instruments(till.merchant.gateway)[0].instrument).terms
    amount = partial(money, currency=quoted.currency)
    line = quoted.lines[0]
    bought = till.buy("pays")
    order, held = bought.order, bought.ledger
    if order.status != "paid" or bought.cart or not held:
        raise NotAsTold(f"{till.merchant.name} did not sell: {order.status} {order.message}, {held}.")
    if (held["payments"], held["captured"], held["open_holds"]) != (1, order.total_minor, 0):
        raise NotAsTold(f"{till.merchant.name}'s gateway holds {dict(held)} and not {order.total_minor} once.")
    sold = till.wanted.quantity
    if bought.left_before is None or bought.left_after != bought.left_before - sold:
        raise NotAsTold(f"{till.merchant.name} had {bought.left_before}, sold {sold} and has {bought.left_after}.")
    event = ear.hear("OrderPaid", order.order_id)
    print(f"  cart     {line['quantity']} x {line['title']}")
    print(
        f"  quote    goods {amount(quoted.goods_minor)}, delivery {amount(quoted.delivery_minor)}, total "
        f"{amount(quoted.total_minor)}, of which {amount(quoted.tax_minor)} tax; signed, and agreed to once"
    )
    print(f"  order    {order.order_id}: {', '.join(bought.seen)} ({bought.seconds:.1f} s)")
    print(f"  gateway  {held['vendor']}: one payment, {amount(held['captured'])} taken; stock {_stock(bought)}")
    print(f"  event    {event['kind']} {event['id']}")
    receipt(till, order.order_id)


def receipt(till: Till, order_id: str) -> None:
    """The receipt with the shop's branding, fetched as its shopper fetches it."""
    page, file = till.receipt(order_id, places.BUILD / "receipts")
    branding = till.merchant.branding
    shown = page.read_text("utf-8")
    missing = [words for words in (till.merchant.name, branding.colour, order_id) if words not in shown]
    if missing or not file.read_bytes().startswith(b"%PDF-"):
        raise NotAsTold(f"{till.merchant.name}'s receipt lacks {missing or 'its PDF'}: {page}")
    print(f"  receipt  {page}\n           {file}")


def come_to_nothing(till: Till) -> None:
    """A card that is declined, and a shopper who never answers their bank: nothing is held, and the cart is there."""
    till.fill()
    rows: list[tuple[str, str]] = []
    for tried, does, walk_away in (("a declined card", "declined", False), ("an abandoned payment", "asks", True)):
        bought = till.buy(does, walk_away=walk_away)
        held = bought.ledger
        kept = (held.get("open_holds", 0), held.get("captured", 0), held.get("held", 0))
        if bought.order.status != "cancelled" or kept != (0, 0, 0):
            raise NotAsTold(
                f"{tried} at {till.merchant.name}: {bought.order.status}, and the gateway has {dict(held)}."
            )
        if bought.left_after != bought.left_before or bought.cart != 1:
            raise NotAsTold(f"{tried} at {till.merchant.name}: stock {_stock(bought)}, cart of {bought.cart}.")
        print(f"  {till.merchant.name}, {tried} ({bought.seconds:.1f} s): {bought.order.message}")
        rows.append((tried, f"nothing held, nothing taken; stock {_stock(bought)}; the cart is there"))
    width = max(len(tried) for tried, _ in rows)
    for tried, got in rows:
        print(f"    {tried.ljust(width)}  {got}")


def _stock(bought: Bought) -> str:
    return f"{bought.left_before} before, {bought.left_after} after"


def sell(stages: Sequence[Stage], owner: Cloud, running: Running) -> None:
    """One shop for each gateway sells something, and fails to."""
    by_gateway = {stage.merchant.gateway: stage for stage in reversed(stages)}
    tills = [Till(stage.merchant, stage.shopper, owner, running) for stage in by_gateway.values()]
    try:
        with listening(running) as ear:
            for till in tills:
                print(terminal.bold(f"\n{till.merchant.name} sells, through {till.merchant.gateway.capitalize()}"))
                buy(till, ear)
        print(terminal.bold("\nA payment that comes to nothing leaves nothing behind"))
        for till in tills:
            come_to_nothing(till)
    except WentOtherwise as otherwise:
        raise NotAsTold(str(otherwise)) from otherwise


def tell(running: Running, began: float, instance: str = "demo") -> None:
    """The whole story on a running cloud."""
    asked = questions()
    enter = partial(token, running.outputs, running.gateway_url, instance=instance)
    stages = [
        Stage(
            merchant,
            asked[merchant.id],
            Shop(running.api_url, enter(merchant.id, "merchant")),
            Shop(running.api_url, enter(merchant.id, "guest")),
            Shop(running.api_url, enter(merchant.id, "shopper")),
        )
        for merchant in shops()
    ]
    first, *others = stages
    print(terminal.bold(f"\n{first.merchant.name} hands in its documents"))
    dropped = fill([first])
    print(terminal.bold(f"\n{first.merchant.name}"))
    answer(first)
    print(f"    first answer {time.monotonic() - began:.1f} s after `make demo`")
    print(terminal.bold("\nThe other shops hand in theirs, all at once"))
    dropped |= fill(others)

    for number, stage in enumerate(stages):
        print(terminal.bold(f"\n{stage.merchant.name}"))
        if stage is not first:
            answer(stage)
        refuse(stage)
        other = stages[(number + 1) % len(stages)]
        keep_apart(stage, other, dropped[other.merchant.id][0])

    sell(stages, Cloud(instance), running)


def main() -> int:
    began = time.monotonic()
    instance = os.environ.get("INSTANCE") or "demo"
    cloud = Cloud(instance)
    leave = os.environ.get("DEMO_EXIT") == "1"
    try:
        running = cloud.up()
        tell(running, began, instance)
    finally:
        if leave:
            cloud.down()
    if leave:
        print("\nEverything is stopped. `make demo` tells it again and leaves the cloud running.")
        return 0
    print(terminal.bold("\nThe laptop cloud goes on running"))
    print(f"  page     {running.outputs['PageUrl']}")
    print(f"  API      {running.api_url}")
    print(f"  gateway  {running.gateway_url}")
    print("  tokens   `make up` prints one for each shop")
    print('  ask      make ask MERCHANT=kitchen Q="Which pans work on induction?"')
    print("  drop     make drop MERCHANT=kitchen FILES=path/to/folder")
    print("  stop     make down")
    return 0


def cautious() -> int:
    """What keeps the cloud from starting is one line too, as for `make up`."""
    try:
        return main()
    except TROUBLE as trouble:
        raise terminal.Stop(str(trouble)) from trouble


if __name__ == "__main__":
    sys.exit(terminal.run(cautious))
