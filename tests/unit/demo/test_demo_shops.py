"""The three demo shops say one thing each, everywhere, and nothing of one another."""

import csv
import json
import re
import tomllib
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from shopwright.documents.parse.formats import read
from shopwright.privacy.redact import mask
from shopwright.tenancy.tenant import Tenant

from local.merchants import DEMO, Merchant, shops

MERCHANTS = ("outdoor", "kitchen", "electronics")
QUESTIONS: dict[str, dict[str, list[dict[str, Any]]]] = tomllib.loads((DEMO / "questions.toml").read_text("utf-8"))
SYMBOL = {"EUR": "€", "GBP": "£", "USD": "$"}


class Prose(HTMLParser):
    """The words of a page, without its tags, styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.silent += tag in {"style", "script"}
        self.words.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in {"style", "script"}
        self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


def text(path: Path) -> str:
    content = path.read_text("utf-8")
    if path.suffix == ".html":
        prose = Prose()
        prose.feed(content)
        content = "".join(prose.words)
    return " ".join(content.split())


def documents(merchant: str) -> dict[str, str]:
    folder = DEMO / merchant / "documents"
    return {str(path.relative_to(folder)): text(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def pages(merchant: str) -> str:
    """All but the catalog, in which the same words may describe a product."""
    return "\n".join(words for name, words in documents(merchant).items() if not name.startswith("catalog"))


def catalog(merchant: str) -> list[dict[str, Any]]:
    folder = DEMO / merchant / "documents"
    if merchant == "kitchen":
        products: list[dict[str, Any]] = json.loads((folder / "catalog.json").read_text("utf-8"))["products"]
        return products
    with (folder / "catalog.csv").open(encoding="utf-8", newline="") as feed:
        return list(csv.DictReader(feed, delimiter=";" if merchant == "electronics" else ",", strict=True))


def shop(merchant: str) -> Merchant:
    return next(known for known in shops() if known.id == merchant)


def facts(merchant: str) -> dict[str, str]:
    stated: dict[str, str] = tomllib.loads((DEMO / merchant / "merchant.toml").read_text("utf-8"))["facts"]
    return stated


def says(words: str, phrase: str) -> bool:
    """Whether the phrase stands there by itself: "5 years" does not stand in "25 years"."""
    return re.search(rf"(?<![\w.]){re.escape(phrase)}(?![\w])(?!\.\d)", words) is not None


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_catalog_has_at_least_a_hundred_products_each_with_its_own_name_and_number(merchant: str) -> None:
    products = catalog(merchant)

    assert len(products) >= 100
    assert len({product["sku"] for product in products}) == len(products)
    assert len({product["name"] for product in products}) == len(products)
    assert len({product["description"] for product in products}) == len(products)
    assert all(re.fullmatch(r"[A-Z]{2}-[A-Z]{3}-\d{3}", product["sku"]) for product in products)


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_every_product_has_a_price_in_the_shops_currency_and_a_stock(merchant: str) -> None:
    for product in catalog(merchant):
        assert None not in product, f"{product['sku']} has more fields than the header"
        assert re.fullmatch(r"\d+\.\d\d", product["price"]), product["sku"]
        assert Decimal("5") <= Decimal(product["price"]) <= Decimal("1000"), product["sku"]
        assert product["currency"] == shop(merchant).currency, product["sku"]
        assert 0 <= int(product["stock"]) < 500, product["sku"]
        assert 0 < int(product["weight_g"]) < 30_000, product["sku"]


def test_no_product_number_or_name_stands_in_two_shops() -> None:
    everything = [product for merchant in MERCHANTS for product in catalog(merchant)]

    assert len({product["sku"] for product in everything}) == len(everything)
    assert len({product["name"] for product in everything}) == len(everything)


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_each_fact_of_a_shop_stands_in_at_least_two_places_and_never_otherwise(merchant: str) -> None:
    stated, words = facts(merchant), pages(merchant)
    found = {
        "return_window": re.findall(
            r"(?:return\b[^.]{0,40}? within (?:the )?|you have |the )(\d+ days)(?= (?:of|from|count)|\.)", words, re.I
        ),
        "free_delivery_over": re.findall(r"free for orders over ([€£$]\d+(?:\.\d\d)?)", words),
        "standard_fee": re.findall(r"standard (?:delivery|shipping) costs ([€£$]\d+\.\d\d)", words, re.I),
        "standard_time": re.findall(
            r"standard (?:delivery|shipping) costs \S+ and takes (\d to \d (?:working|business) days)", words, re.I
        ),
        "express_fee": re.findall(r"(?:express delivery|expedited shipping) costs ([€£$]\d+\.\d\d)", words, re.I),
        "refund_time": re.findall(r"refund[^.]{0,20} within (\d+ (?:working|business) days)", words, re.I),
    }

    for name, values in found.items():
        assert values, f"{name} stands nowhere"
        assert set(values) == {stated[name]}, name
    assert len(found["return_window"]) >= 2
    assert len(found["free_delivery_over"]) >= 2
    assert len(found["standard_fee"]) >= 2
    assert stated["express_time"] in words


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_the_till_asks_for_delivery_as_the_pages_say(merchant: str) -> None:
    """What costs just as much as they say is not over it."""
    asked = shop(merchant).terms
    said = facts(merchant)

    def minor(amount: str) -> int:
        return int(Decimal(amount.strip("€£$")) * 100)

    assert asked.free_from_minor == minor(said["free_delivery_over"]) + 1
    assert asked.delivery_minor == minor(said["standard_fee"])


@pytest.mark.parametrize(
    "name", ["return_window", "free_delivery_over", "standard_fee", "standard_time", "express_fee"]
)
def test_the_shops_differ_in_what_they_promise_so_that_a_leak_would_show(name: str) -> None:
    promises = [facts(merchant)[name] for merchant in MERCHANTS]

    assert len(set(promises)) == len(MERCHANTS)


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_shop_writes_money_in_its_own_currency_only(merchant: str) -> None:
    own = SYMBOL[shop(merchant).currency]
    words = "\n".join(documents(merchant).values())

    assert own in words
    assert not [symbol for symbol in SYMBOL.values() if symbol != own and symbol in words]


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_products_that_the_pages_name_are_in_the_catalog(merchant: str) -> None:
    names = " | ".join(product["name"] for product in catalog(merchant))
    ranges = {
        "outdoor": ["Meadowlark", "Cotgrass", "Cragstone High Mountain Boot"],
        "kitchen": ["Hearthstone", "Forgeday", "Plainsong", "Softfall", "Bramble", "Whetmore", "Crumbworks"],
        "electronics": ["Murmur Buds", "Braidline USB-C", "USB4", "Reservoir 27K", "Reservoir 20K", "Worldplug"],
    }
    brands = " | ".join({product["brand"] for product in catalog(merchant)})

    for named in ranges[merchant]:
        assert named in pages(merchant), named
        assert named in names or named in brands, named


def test_the_power_banks_hold_in_the_guide_what_their_catalog_lines_say() -> None:
    guide = documents("electronics")["guides/choosing-a-charger.md"]
    lines = {product["name"]: product["description"] for product in catalog("electronics")}

    for name, energy in re.findall(r"the (Reservoir \d+K Power Bank) holds (\d+ Wh)", guide, re.I):
        assert energy in lines[name]
    assert len(re.findall(r"Reservoir \d+K Power Bank holds", guide)) == 2


@pytest.mark.parametrize(("merchant", "phrase"), [("outdoor", "Muddy Boots Promise"), ("kitchen", "Edge Post")])
def test_a_promise_with_a_name_has_one_number_wherever_it_is_told(merchant: str, phrase: str) -> None:
    sentences = [part for part in re.split(r"(?<=\.)\s", pages(merchant)) if phrase in part]
    numbers = {
        number for part in sentences for number in re.findall(r"\d+ days outdoors|outdoors for \d+ days|£\S+", part)
    }
    values = {re.sub(r"[^\d.]", "", number).rstrip(".") for number in numbers}

    assert len(sentences) >= 2
    assert len(values) == 1


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_shop_has_answers_to_give_and_questions_to_refuse(merchant: str) -> None:
    assert len(QUESTIONS[merchant]["answered"]) >= 12
    assert len(QUESTIONS[merchant]["refused"]) >= 5
    for kind in ("answered", "refused"):
        assert sum(question.get("story", False) for question in QUESTIONS[merchant][kind]) == 1


@pytest.mark.parametrize(
    ("merchant", "question"),
    [(merchant, question) for merchant in MERCHANTS for question in QUESTIONS[merchant]["answered"]],
    ids=lambda value: value if isinstance(value, str) else value["question"],
)
def test_an_answer_stands_in_its_document_and_in_no_other_shop(merchant: str, question: dict[str, Any]) -> None:
    elsewhere = {other: "\n".join(documents(other).values()) for other in MERCHANTS if other != merchant}

    assert question["contains"]
    assert question["documents"]
    for phrase in question["contains"]:
        for name in question["documents"]:
            assert says(documents(merchant)[name], phrase), f"{phrase!r} does not stand in {name}"
        assert not [other for other, words in elsewhere.items() if says(words, phrase)], f"{phrase!r} stands elsewhere"


@pytest.mark.parametrize(
    ("merchant", "question"),
    [
        (merchant, question)
        for merchant in MERCHANTS
        for question in QUESTIONS[merchant]["refused"]
        if "known_to" in question
    ],
    ids=lambda value: value if isinstance(value, str) else value["question"],
)
def test_a_refused_question_is_answered_by_the_named_shop_alone(merchant: str, question: dict[str, Any]) -> None:
    known_to = question["known_to"]

    assert known_to != merchant
    answers = [known for known in QUESTIONS[known_to]["answered"] if known["question"] == question["question"]]
    assert len(answers) == 1, f"{known_to} has no such question to answer"


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_shop_gives_no_address_or_number_of_a_person(merchant: str) -> None:
    for name, words in documents(merchant).items():
        assert not re.search(r"\S@\S", words), f"{name} holds an e-mail address"
        assert not re.search(r"\+\d|\b0\d{2,4}[ -]\d{3}", words), f"{name} holds a telephone number"
        assert not re.search(r"(?:\d[ -]?){13,}", words), f"{name} holds what may be a card number"


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_shop_mixes_the_formats_that_merchants_mix(merchant: str) -> None:
    suffixes = {Path(name).suffix for name in documents(merchant)}

    assert {".html", ".md", ".txt"} <= suffixes
    assert suffixes & {".csv", ".json"}


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_shop_can_be_a_tenant_and_a_widget(merchant: str) -> None:
    known = shop(merchant)

    assert Tenant(known.id).merchant_id == merchant
    assert known.widget_key.startswith("pk-")
    assert set(known.users) == {"merchant", "shopper"}
    assert known.origins


def test_no_two_shops_share_a_key_or_a_user() -> None:
    known = shops()

    assert len({merchant.widget_key for merchant in known}) == len(known)
    assert len({user for merchant in known for user in merchant.users.values()}) == 2 * len(known)


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_every_document_of_a_shop_can_be_read_and_knows_its_title(merchant: str) -> None:
    folder = DEMO / merchant / "documents"
    for path in sorted(folder.rglob("*.*")):
        parsed = read(path.read_bytes(), f"documents/{merchant}/{path.relative_to(folder).as_posix()}")

        assert parsed.title, path
        assert len(parsed.blocks) >= 3, path


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_a_catalog_is_read_as_one_passage_for_each_product_that_says_its_price(merchant: str) -> None:
    (path,) = (DEMO / merchant / "documents").glob("catalog.*")
    words = {
        block.path[-1]: block.text
        for block in read(path.read_bytes(), f"documents/{merchant}/{path.name}").blocks
        if block.path
    }

    for product in catalog(merchant):
        assert f"price: {product['price']} {product['currency']}" in words[product["name"]]
        assert product["description"] in words[product["name"]]


@pytest.mark.parametrize("merchant", MERCHANTS)
def test_nothing_in_a_shops_documents_or_questions_is_taken_for_personal_data(merchant: str) -> None:
    folder = DEMO / merchant / "documents"
    for path in sorted(folder.rglob("*.*")):
        assert not mask(path.read_text("utf-8")).found, path
    for question in QUESTIONS[merchant]["answered"] + QUESTIONS[merchant]["refused"]:
        assert not mask(question["question"]).found, question["question"]
