"""The whole road of a document: S3, EventBridge, SQS, Step Functions, PostgreSQL, API Gateway, cited answer."""

import re
import uuid

import pytest

from tests.e2e.shop import Visitor, eventually

pytestmark = pytest.mark.usefixtures("socket_enabled")
# The card's number, whole or half masked; an id or a time in milliseconds may hold its digits by chance.
CARD = re.compile(r"(?<![\w.-])4111\b(?!\.\d)|4111[ -]?1111")


def page(word: str, days: int) -> bytes:
    return f"""# The {word} promise

## Sending a {word} back

A {word} may be sent back within {days} days of delivery, in its own box.

## Repairs

Repairs of a {word} are free of charge for {days + 600} days.
""".encode()


@pytest.fixture
def word() -> str:
    """A word that no other document holds."""
    return "quill" + uuid.uuid4().hex[:8].translate(str.maketrans("0123456789", "ghijklmnop"))


def test_a_dropped_page_answers_with_the_merchants_own_words_and_where_they_stand(
    kitchen: Visitor, kitchen_shopper: Visitor, word: str
) -> None:
    document = kitchen.drop(f"{word}.md", page(word, 47))
    seen = kitchen.wait_for(document)
    assert seen["status"] == "searchable", seen

    answer = kitchen_shopper.ask(f"Within how many days may a {word} be sent back?")

    assert answer.status == 200, answer
    assert answer.body["verdict"] == "answered"
    assert "47 days" in answer.body["answer"]
    cited = answer.body["citations"][0]
    assert cited["document_id"] == document
    assert cited["section"].endswith(f"Sending a {word} back")
    source = page(word, 47).decode()
    assert "47 days" in source[cited["start"] : cited["end"]]
    assert cited["source_uri"]
    assert 0 < answer.body["confidence"] <= 1
    assert {"first_useful_ms", "first_token_ms", "done_ms"} <= answer.body["clocks"].keys()
    assert answer.body["request_id"] == answer.headers["x-request-id"]


def test_a_new_version_replaces_the_old_words_and_a_removed_page_answers_no_more(
    kitchen: Visitor, kitchen_shopper: Visitor, word: str
) -> None:
    question = f"Within how many days may a {word} be sent back?"
    document = kitchen.drop(f"{word}.md", page(word, 31))
    kitchen.wait_for(document)

    assert kitchen.drop(f"{word}.md", page(word, 92)) == document
    eventually(lambda: "92 days" in kitchen_shopper.ask(question).body["answer"])
    assert "31 days" not in kitchen_shopper.ask(question).body["answer"]

    assert kitchen.call("DELETE", f"/v1/documents/{document}").status in {202, 204}
    eventually(lambda: document not in str(kitchen_shopper.ask(question).body))
    assert "92 days" not in kitchen_shopper.ask(question).body["answer"]
    assert kitchen.document(document).status == 404


def test_the_same_page_dropped_twice_changes_nothing(kitchen: Visitor, word: str) -> None:
    document = kitchen.drop(f"{word}.md", page(word, 12))
    first = kitchen.wait_for(document)

    kitchen.drop(f"{word}.md", page(word, 12))
    again = kitchen.wait_for(document)

    assert again["chunks"] == first["chunks"]
    assert again["status"] == "searchable"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.md", b"", "empty"),
        ("picture.txt", bytes(range(256)) * 64, "text"),
        ("huge.txt", b"all work and no play " * 2_500_000, "MB"),
    ],
    ids=["0 bytes", "binary as text", "50 MB"],
)
def test_a_page_that_cannot_be_read_is_kept_aside_and_the_merchant_is_told_why(
    kitchen: Visitor, name: str, content: bytes, says: str, word: str
) -> None:
    document = kitchen.drop(f"{word}-{name}", content, "text/plain")

    seen = kitchen.wait_for(document)

    assert seen["status"] == "quarantined", seen
    assert says in seen["reason"]


def test_personal_data_in_a_page_never_reaches_a_shopper(kitchen: Visitor, kitchen_shopper: Visitor, word: str) -> None:
    content = f"# {word}\n\nFor the {word} write to jane.roe@example.com or pay with 4111 1111 1111 1111.\n".encode()
    kitchen.wait_for(kitchen.drop(f"{word}.md", content))

    answer = kitchen_shopper.ask(f"Where do I write for the {word}?")

    assert answer.body["verdict"] == "answered"
    assert "jane.roe" not in str(answer.body)
    assert not CARD.search(str(answer.body))


def test_a_conversation_is_remembered_for_its_own_shopper_alone_and_can_be_forgotten(
    kitchen_shopper: Visitor, kitchen_guest: Visitor, outdoor_shopper: Visitor
) -> None:
    said = kitchen_shopper.ask("My card is 4111 1111 1111 1111. How long do I have to return something?")
    session = said.body["session_id"]

    kept = kitchen_shopper.call("GET", f"/v1/sessions/{session}")
    assert kept.status == 200
    assert "[card]" in str(kept.body)
    assert not CARD.search(str(kept.body))
    missing = kitchen_shopper.call("GET", f"/v1/sessions/{uuid.uuid4()}")
    for stranger in (kitchen_guest, outdoor_shopper):
        refused = stranger.call("GET", f"/v1/sessions/{session}")
        assert refused.status == missing.status == 404
        assert refused.body["message"] == missing.body["message"]

    assert kitchen_shopper.call("DELETE", f"/v1/sessions/{session}").status == 204
    assert kitchen_shopper.call("GET", f"/v1/sessions/{session}").status == 404


def test_a_dropped_feed_is_on_the_shelves_for_every_shopper_of_that_merchant_alone(
    kitchen: Visitor, kitchen_guest: Visitor, outdoor_shopper: Visitor, word: str
) -> None:
    feed = f"sku,title,price,currency,stock\n{word}-1 A/B,Pan {word},29.50,GBP,4\n{word}-2 C,Lid {word},9,GBP,0\n"
    kitchen.wait_for(kitchen.drop(f"{word}.csv", feed.encode(), "text/csv"))

    first = kitchen_guest.call("GET", f"/v1/products?limit=1&order=name&text={word.upper()}")
    second = kitchen_guest.call("GET", f"/v1/products?limit=1&order=name&text={word}&cursor={first.body['cursor']}")
    had = kitchen_guest.call("GET", f"/v1/products?text={word}&available=true")
    [pan] = kitchen_guest.call("GET", f"/v1/products?sku={word}-1%20A%2FB").body["products"]
    lid = kitchen_guest.call("GET", f"/v1/products/{word}-2%20C")

    assert [one["title"] for page in (first, second) for one in page.body["products"]] == [f"Lid {word}", f"Pan {word}"]
    assert second.body["cursor"] is None
    assert [one["title"] for one in had.body["products"]] == [f"Pan {word}"]
    assert (lid.status, lid.body["product_id"]) == (200, f"{word}-2 C")
    [variant] = pan["variants"]
    assert variant["price"] == {"amount": 2950, "currency": "GBP", "version": 1}
    assert variant["stock"] == {"available": 4, "version": 1}
    assert kitchen_guest.call("GET", f"/v1/products/{word}-3").status == 404
    assert kitchen_guest.call("GET", "/v1/products?cursor=made-up").status == 400
    assert outdoor_shopper.call("GET", f"/v1/products/{word}-2%20C").status == 404
    assert outdoor_shopper.call("GET", f"/v1/products?text={word}").body["products"] == []
