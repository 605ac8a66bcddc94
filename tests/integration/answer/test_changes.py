"""Whatever changes between finding a product and telling of it, no shopper is told a wrong fact.

Each case asks a question and changes the catalog after the search and before the values are read, in real PostgreSQL.
What is told is then held against the database by this test's own reading of it.
"""

import os
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice

from shopwright.catalog.facts import Sheet
from shopwright.orchestrator.answer import Answer, answer
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from tests.integration.answer.conftest import SHOPS, Shops
from tests.integration.answer.test_facts import SIGNER

FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
CASES = 2000 if FULL else 90
SEED = 20261126
KINDS = {
    "outdoor": ("tent", "jacket", "boot", "bag", "backpack", "stove"),
    "kitchen": ("pan", "knife", "oven", "tin", "bowl", "kettle"),
    "electronics": ("headphones", "monitor", "speaker", "keyboard", "cable", "charger"),
}
TOLD = re.compile(r"\b(price|weight|stock|colour) ([^,\[\n]+?)(?=,| \[|\n|$)")


@dataclass(frozen=True)
class Row:
    """A product as the database has it, read by this test."""

    title: str
    price: Decimal
    currency: str
    price_version: int
    left: int
    weight: Decimal | None
    colour: str


@dataclass(frozen=True)
class Case:
    """A question, and what changes while it is answered: new prices and new stock, by product."""

    shop: str
    question: str
    kind: str
    bound: int | None
    prices: Mapping[str, int]
    held: Mapping[str, int]


PRICE = b"update shopwright.product_fact set amount = %(amount)s where name = 'price' and product_id = %(id)s"
READ = b"""
select p.id, p.title, price.amount, price.unit, price.version,
       greatest(s.on_hand - s.held, 0) as left_over, weight.amount as weight, colour.words
  from shopwright.product p
  join shopwright.product_fact price
       on (price.merchant_id, price.product_id, price.name) = (p.merchant_id, p.id, 'price')
  join shopwright.stock s on (s.merchant_id, s.product_id) = (p.merchant_id, p.id)
  left join shopwright.product_fact weight
       on (weight.merchant_id, weight.product_id, weight.name) = (p.merchant_id, p.id, 'weight')
  left join shopwright.product_fact colour
       on (colour.merchant_id, colour.product_id, colour.name) = (p.merchant_id, p.id, 'colour')
 where not p.withdrawn
"""


class Catalog:
    """One shop's catalog, behind the product's back."""

    def __init__(self, shops: Shops, shop: str) -> None:
        self._database, self._tenant = shops.database, Tenant(shop)

    def read(self) -> dict[str, Row]:
        with self._database.as_tenant(SIGNER.sign(self._tenant)) as db:
            rows = db.execute(READ).fetchall()
        return {
            row["id"]: Row(
                row["title"],
                Decimal(row["amount"]) / 100,
                row["unit"],
                row["version"],
                row["left_over"],
                row["weight"],
                row["words"] or "",
            )
            for row in rows
        }

    def change(self, prices: Mapping[str, int], held: Mapping[str, int]) -> None:
        with self._database.as_tenant(SIGNER.sign(self._tenant)) as db:
            for product, amount in prices.items():
                db.execute(PRICE, {"amount": amount, "id": product})
            for product, count in held.items():
                db.execute(
                    b"update shopwright.stock set held = least(%(held)s, on_hand) where product_id = %(id)s",
                    {"held": count, "id": product},
                )


def cases(catalogs: Mapping[str, Catalog]) -> Iterator[Case]:
    """The same ones every time."""
    chance = random.Random(SEED)  # noqa: S311  the same cases every time, no secret
    rows = {shop: catalog.read() for shop, catalog in catalogs.items()}
    while True:
        shop = chance.choice(SHOPS)
        kind = chance.choice(KINDS[shop])
        near = [product for product, row in rows[shop].items() if kind in row.title.casefold()]
        one, two = chance.sample(sorted(rows[shop]), 2)
        if len(near) > 1 and chance.random() < 0.5:
            one, two = chance.sample(sorted(near), 2)
        titles = rows[shop][one].title, rows[shop][two].title
        bound = chance.randrange(10, 400, 10)
        asked = chance.choice(
            (
                f"How much is the {titles[0]}?",
                f"What is the price of the {titles[0]}?",
                f"Is the {titles[0]} in stock?",
                f"show me {kind}s under {bound}",
                f"I'm looking for {kind}s for less than {bound}, in stock",
                f"what is the cheapest {kind}?",
                f"What is your most expensive {kind}?",
                f"what's your lightest {kind}?",
                f"Do you sell {kind}s?",
                f"Compare the {titles[0]} and the {titles[1]}",
                f"which is cheaper, the {titles[0]} or the {titles[1]}?",
                f"Which is lighter, the {titles[0]} or the {titles[1]}?",
            )
        )
        touched = {one, two, *chance.sample(sorted(near), min(len(near), chance.randrange(4)))}
        prices = {product: chance.randrange(100, 90_000) for product in sorted(touched) if chance.random() < 0.7}
        held = {product: chance.choice((0, 1, 5, 10_000)) for product in sorted(touched) if chance.random() < 0.5}
        yield Case(
            shop,
            asked,
            kind,
            bound if f"under {bound}" in asked or f"less than {bound}" in asked else None,
            prices,
            held,
        )


def ask(shops: Shops, case: Case, change: Callable[[], None]) -> Answer:
    """Ask, with the change after the search and before what it found is told."""
    changed: list[bool] = []

    def facts(caller: Caller, chunks: Sequence[str]) -> Mapping[str, Sheet]:
        if not changed:
            change()
            changed.append(True)
        return shops.desk.facts(caller, chunks)

    caller = Caller(Tenant(case.shop), Role.SHOPPER, f"user#{case.shop}", frozenset({"shop/chat"}))
    said = answer(
        Question(case.question, caller, None), desk=replace(shops.desk, facts=facts), deadline=Deadline(20_000)
    )
    if not changed:
        change()
    return said


def wrong(case: Case, said: Answer, now: Mapping[str, Row]) -> list[str]:
    """What is told and is not so."""
    by_title = {row.title: row for row in now.values()}
    found: list[str] = []
    for line in said.text.splitlines():
        title = max((one for one in by_title if line.startswith(f"{one}: ")), key=len, default=None)
        if title is not None:
            found += _wrong_line(line.removeprefix(f"{title}: "), by_title[title])
    for fact in said.facts:
        row = now[fact.product_id]
        if fact.name == "price" and (Decimal(fact.value), fact.version) != (row.price, row.price_version):
            found.append(f"fact {fact}")
        if fact.name == "stock" and int(fact.value) != row.left:
            found.append(f"fact {fact}")
    return [*found, *_wrong_claims(case, said, now)]


def _wrong_line(told: str, row: Row) -> Iterator[str]:
    is_so = {
        "price": f"{row.price:.2f} {row.currency}",
        "weight": "" if row.weight is None else f"{row.weight:f} g",
        "stock": str(row.left),
    }
    for name, value in TOLD.findall(told):
        if not (row.colour.startswith(value.strip()) if name == "colour" else value.strip() == is_so[name]):
            yield f"{row.title}: {name} {value}"
    says_out = "sold out" in told or "out of stock" in told
    if says_out != (row.left == 0) and ("price" in told or "stock" in told):
        yield f"{row.title}: sold out is {says_out}, left {row.left}"


def _wrong_claims(case: Case, said: Answer, now: Mapping[str, Row]) -> Iterator[str]:
    lines = said.text.splitlines()
    shown = [now[product.product_id] for product in said.products]
    called = [row for row in now.values() if re.search(rf"\b{case.kind}s?$", row.title.casefold())]
    head = lines[0] if lines else ""
    fits = re.match(r"These fit|This fits|[0-9]+ fit\.", head)
    if fits and case.bound is not None:
        yield from (f"{row.title} is not under {case.bound}" for row in shown if row.price >= case.bound)
    if head.startswith("Nothing here fits") and case.bound is not None:
        fit = [row for row in called if row.price < case.bound and (row.left or "in stock" not in case.question)]
        yield from (f"{row.title} fits" for row in fit)
    if "in stock" in case.question and fits:
        yield from (f"{row.title} is sold out" for row in shown if not row.left)
    best: dict[str, Callable[[Row], Decimal]] = {
        "The cheapest that can be had": lambda row: row.price,
        "The most expensive that can be had": lambda row: -row.price,
        "The lightest that can be had": lambda row: row.weight if row.weight is not None else Decimal("Infinity"),
    }
    for words, value in best.items():
        if head.startswith(words):
            yield from (f"{row.title} is more so" for row in called if row.left and value(row) < value(shown[0]))
    verdict = re.match(r"(?P<title>.+) is the (?P<word>cheaper|lighter) one\.", head)
    if verdict:
        one = next(row for row in shown if row.title == verdict["title"])
        for other in shown:
            if verdict["word"] == "cheaper" and other.price < one.price:
                yield f"{other.title} is cheaper"
            if verdict["word"] == "lighter" and (
                other.weight is None or one.weight is None or other.weight < one.weight
            ):
                yield f"{other.title} is lighter"


def test_no_answer_tells_what_was_so_when_it_was_looked_for(shops: Shops) -> None:
    catalogs = {shop: Catalog(shops, shop) for shop in SHOPS}
    before = {shop: catalog.read() for shop, catalog in catalogs.items()}
    mistakes: list[tuple[str, list[str], str]] = []
    told = moved = 0
    for case in islice(cases(catalogs), CASES):
        catalog = catalogs[case.shop]

        def change(catalog: Catalog = catalog, case: Case = case) -> None:
            catalog.change(case.prices, case.held)

        try:
            said = ask(shops, case, change)
            found = wrong(case, said, catalog.read())
        finally:
            back = {product: int(before[case.shop][product].price * 100) for product in case.prices}
            catalog.change(back, dict.fromkeys(case.held, 0))
        if found:
            mistakes.append((case.question, found, said.text))
        told += bool(said.facts)
        moved += bool({fact.product_id for fact in said.facts} & (case.prices.keys() | case.held.keys()))

    assert mistakes == []
    assert told >= 0.8 * CASES  # who tells nothing tells nothing wrong
    assert moved >= 0.4 * CASES
