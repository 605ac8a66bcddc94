"""No shopper is told another product's price: asked of all the demo's products, and of some that are none."""

import csv
import json
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from shopwright.orchestrator.said import NOT_IN_DOCUMENTS

from tests.integration.answer.conftest import DEMO, SHOPS, Shops

TABLE: dict[str, dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_name("honesty.toml").read_text("utf-8")
)
NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
FULL = os.environ.get("SHOPWRIGHT_FULL") == "1"
SPELLED = re.compile(r"\b(?:One|Two|Three|Four|Six|Single|Double)\b")


@dataclass(frozen=True)
class Product:
    shop: str
    name: str
    price: str
    weight: str


def _products() -> Iterator[Product]:
    for shop in SHOPS:
        documents = DEMO / shop / "documents"
        if (documents / "catalog.json").exists():
            rows = json.loads((documents / "catalog.json").read_text("utf-8"))["products"]
        else:
            text = (documents / "catalog.csv").read_text("utf-8")
            rows = list(csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.splitlines()[0] else ","))
        for row in rows:
            yield Product(shop, row["name"], str(row["price"]), str(row.get("weight_g") or ""))


PRODUCTS = tuple(_products())
NAMES = {(product.shop, product.name) for product in PRODUCTS}


def _never_sold() -> Iterator[tuple[str, str]]:
    """Each name with one of its numbers changed to one that the shop does not have."""
    for product in PRODUCTS:
        for pattern, others in ((NUMBER, ("47", "3", "120")), (SPELLED, ("Seven", "Nine"))):
            for match in pattern.finditer(product.name):
                changed = (product.name[: match.start()] + other + product.name[match.end() :] for other in others)
                yield product.shop, next(name for name in changed if (product.shop, name) not in NAMES)


@pytest.mark.parametrize("shop", SHOPS)
def test_every_product_is_found_by_its_exact_name(shops: Shops, shop: str) -> None:
    wrong = []
    for at, product in enumerate(PRODUCTS):
        if product.shop == shop:
            asked = {f"How much is the {product.name}?": f"{product.name}: price {product.price}"}
            if FULL or at % 3 == 0:
                asked[f"how much is the {product.name.lower()}"] = f"{product.name}: price {product.price}"
            if product.weight and (FULL or at % 3 == 1):
                asked[f"What does the {product.name} weigh?"] = f"{product.name}: weight {product.weight} g"
            for question, told in asked.items():
                said = shops.ask(shop, question).text
                if not said.startswith(told) or said.count("[") != 1:
                    wrong.append((question, said))

    assert wrong == []


@pytest.mark.parametrize("shop", SHOPS)
def test_a_product_that_the_shop_does_not_have_gets_no_other_products_price(shops: Shops, shop: str) -> None:
    names = [name for owner, name in _never_sold() if owner == shop]

    told = {name: shops.ask(shop, f"How much is the {name}?") for name in names}

    assert len(names) > 30
    assert {name: said.text for name, said in told.items() if said.verdict != "not_in_documents"} == {}


@pytest.mark.parametrize(("shop", "question"), [(shop, question) for shop in TABLE for question in TABLE[shop]])
def test_the_nearest_thing_is_not_taken_for_the_thing(shops: Shops, shop: str, question: str) -> None:
    want = TABLE[shop][question]

    said = shops.ask(shop, question)

    assert all(text in said.text for text in want.get("contains", ())), said.text
    assert not any(text in said.text for text in want.get("without", ())), said.text
    if want.get("contains") == []:
        assert said.verdict == "not_in_documents", said.text


def test_it_is_told_of_by_the_record_of_what_was_named_before(shops: Shops) -> None:
    before = shops.ask("outdoor", "Show me the Squall Rain Jacket").session_id

    has = shops.ask("outdoor", "does it have pit zips?", before)
    is_not_told = shops.ask("outdoor", "is it waterproof?", before)

    assert "Squall Rain Jacket: Pit zips, a hood that fits over a helmet" in has.text
    assert is_not_told.verdict == NOT_IN_DOCUMENTS  # that it is found beside a waterproofing spray does not say so


def test_what_was_named_before_comes_back_by_the_rule_for_what_it_is(shops: Shops) -> None:
    before = shops.ask("electronics", "How much is the Murmur Buds?").session_id

    assert "only in their sealed box" in shops.ask("electronics", "Can I return it?", before).text
    assert "4 to 6 business days" in shops.ask("electronics", "When will it arrive?", before).text
