"""Each demo shop answers its shoppers' questions from its own pages, and no others: the whole way, but for HTTP."""

import html
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from shopwright.documents.parse.decode import decode

from tests.integration.answer.conftest import DEMO, SHOPS, Shops

STORY: dict[str, dict[str, list[dict[str, Any]]]] = tomllib.loads((DEMO / "questions.toml").read_text("utf-8"))
FURTHER: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("questions.toml").read_text("utf-8"))
ANSWERED = [(shop, item) for shop in SHOPS for item in STORY[shop]["answered"]]
REFUSED = [(shop, item["question"]) for shop in SHOPS for item in STORY[shop]["refused"]]
OTHERS = [(shop, question, texts) for shop in FURTHER for question, texts in FURTHER[shop].items()]


def _frequently_asked() -> Iterator[tuple[str, str, str]]:
    """Each question of the shops' own lists, with what stands under it."""
    for shop in SHOPS:
        [page] = (DEMO / shop / "documents").glob("faq.*")
        found = re.split(r"^## (.+\?)$|<(?:h3|dt)>(.+?\?)</(?:h3|dt)>", page.read_text("utf-8"), flags=re.MULTILINE)
        for at in range(1, len(found), 3):
            text = " ".join(re.sub(r"<[^>]+>", " ", found[at + 2]).split())
            yield shop, html.unescape(found[at] or found[at + 1]), html.unescape(text)


@pytest.mark.parametrize(("shop", "item"), ANSWERED, ids=lambda value: value if isinstance(value, str) else None)
def test_a_question_is_answered_from_the_shops_own_page(shops: Shops, shop: str, item: dict[str, Any]) -> None:
    said = shops.ask(shop, item["question"])

    assert said.verdict == "answered"
    for text in item["contains"]:
        assert text in said.text
    pages = {citation.source_uri.removeprefix(f"documents/{shop}/") for citation in said.citations}
    assert pages & set(item["documents"])


@pytest.mark.parametrize(("shop", "question"), REFUSED)
def test_what_only_another_shop_knows_is_refused_here(shops: Shops, shop: str, question: str) -> None:
    said = shops.ask(shop, question)

    assert (said.verdict, said.citations) == ("not_in_documents", ())


@pytest.mark.parametrize(("shop", "question", "texts"), OTHERS)
def test_a_shopper_may_ask_in_other_words(shops: Shops, shop: str, question: str, texts: list[str]) -> None:
    said = shops.ask(shop, question)

    assert said.verdict == ("answered" if texts else "not_in_documents"), said.text
    for text in texts:
        assert text in said.text


@pytest.mark.parametrize("shop", SHOPS)
def test_a_question_that_the_merchant_has_answered_gets_that_answer(shops: Shops, shop: str) -> None:
    entries = [(question, text) for owner, question, text in _frequently_asked() if owner == shop]
    told = {question: shops.ask(shop, question) for question, _ in entries}

    assert len(entries) >= 8
    for question, text in entries:
        assert told[question].verdict == "answered", question
        sentences = re.split(r" ?\[[0-9]+\] ?", told[question].text)
        assert all(sentence in text for sentence in sentences), told[question].text
        assert "/faq." in told[question].citations[0].source_uri


@pytest.mark.parametrize(("shop", "item"), ANSWERED[::6], ids=lambda value: value if isinstance(value, str) else None)
def test_a_citation_opens_where_the_merchant_wrote_it(shops: Shops, shop: str, item: dict[str, Any]) -> None:
    for citation in shops.ask(shop, item["question"]).citations:
        assert citation.source_uri.startswith(f"documents/{shop}/")
        page = DEMO / shop / "documents" / citation.source_uri.removeprefix(f"documents/{shop}/")
        place = decode(page.read_bytes())[citation.start : citation.end]
        figures = [word for word in citation.quote.split() if any(map(str.isdigit, word))]
        assert all(word.strip(".,;") in place or word.replace(".", "") in place for word in figures)


@pytest.mark.parametrize(
    ("shop", "question", "goes_on", "told"),
    [
        ("outdoor", "How long is the warranty on tents?", "and on jackets?", "a warranty of 2 years"),
        ("outdoor", "What colour is the Eiderlight -8?", "and the -18?", "Eiderlight -18 Expedition Bag: colour black"),
        ("kitchen", "How long is the guarantee on Hearthstone?", "and on Bramble?", "guaranteed for 3 years"),
        ("kitchen", "How much is the Whetmore Paring Knife?", "and how long is its guarantee?", "for 15 years"),
        (
            "kitchen",
            "Is the Garlic Press dishwasher safe?",
            "and the Hand Grinder?",
            "Hand Grinder: dishwasher safe no",
        ),
        ("electronics", "How much are the Murmur Buds Pro?", "and the battery life?", "battery 8 h"),
    ],
)
def test_and_something_else_is_the_question_before_of_it(
    shops: Shops, shop: str, question: str, goes_on: str, told: str
) -> None:
    said = shops.ask(shop, goes_on, shops.ask(shop, question).session_id)

    assert said.verdict == "answered"
    assert told in said.text


def test_a_follow_up_is_answered_about_the_same_product(shops: Shops) -> None:
    first = shops.ask("outdoor", "What is the price of the Grayling Ridge Winter Tent?")

    second = shops.ask("outdoor", "And how heavy is it?", first.session_id)

    assert "3150 g" in second.text
    assert "Grayling Ridge Winter Tent" in second.text


def test_the_same_question_gets_the_same_answer(shops: Shops) -> None:
    said = {shops.ask("kitchen", "How much does gift wrapping cost?").text for _ in range(5)}

    assert len(said) == 1


def test_composing_and_checking_cost_little_beside_the_search(shops: Shops) -> None:
    clocks = sorted(
        (said.clocks.first_token_ms or 0) - (said.clocks.first_useful_ms or 0)
        for said in (shops.ask("outdoor", "How much does express delivery cost?") for _ in range(21))
    )
    found = sorted(
        shops.ask("outdoor", "How much does express delivery cost?").clocks.first_useful_ms or 0 for _ in range(21)
    )

    assert clocks[10] < 2 * found[10]  # an answer may take three times what embedding and searching take
