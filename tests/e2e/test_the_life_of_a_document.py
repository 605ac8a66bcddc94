"""A merchant follows a document while it is taken in, and deletes it: then no store holds a byte of it."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from shopwright.privacy.vault import TOKEN

from tests.e2e.shop import Visitor
from tests.e2e.stores import Stores, wait

pytestmark = pytest.mark.usefixtures("socket_enabled")


def canary() -> str:
    """A word that no other document holds."""
    return "canary" + uuid.uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop"))


def found(stores: Stores, *words: str) -> dict[str, list[str]]:
    """Where each of the words lies, in any case."""
    places: dict[str, list[str]] = {word: [] for word in words}
    for where, kept in stores.everything():
        small = kept.lower()
        for word in words:
            if word.encode() in small:
                places[word].append(where)
    return places


def test_a_merchant_sees_how_far_a_document_is_and_its_steps_only_go_forward(kitchen: Visitor) -> None:
    sections = "\n\n".join(f"## Part {n}\n\n" + f"Sentence {n} of this guide is about pans. " * 40 for n in range(160))
    document = kitchen.drop("progress.md", f"# A long guide\n\n{sections}\n".encode())
    seen: list[dict[str, Any]] = []

    def done() -> bool:
        now = kitchen.document(document)
        if now.status == 200:
            seen.append(now.body)
        return now.status == 200 and now.body["status"] == "searchable"

    wait(done, within_s=180, every_s=0.05)

    last = seen[-1]
    assert last["progress"] == dict.fromkeys(("passages", "masked", "embedded", "searchable"), last["chunks"])
    assert last["chunks"] > 100
    order = ["received", "parsed", "masked", "embedded", "searchable"]
    places = [order.index(one["status"]) for one in seen]
    assert places == sorted(places)
    for step in ("masked", "embedded"):
        counts = [one["progress"][step] for one in seen]
        assert counts == sorted(counts)
        assert any(0 < count < last["chunks"] for count in counts), f"{step} was never seen on its way: {set(counts)}"
    assert last["received_at"] <= last["parsed_at"] <= last["embedded_at"] <= last["searchable_at"]
    assert document in str(kitchen.call("GET", "/v1/documents?status=searchable&limit=100").body)
    assert document not in str(kitchen.call("GET", "/v1/documents?status=failed&limit=100").body)


def test_a_refused_document_names_its_failure(kitchen: Visitor) -> None:
    seen = kitchen.wait_for(kitchen.drop("no-words.md", b""))

    assert (seen["status"], seen["reason_code"]) == ("quarantined", "EmptyFile")
    assert "empty" in seen["reason"]


def test_a_deleted_document_is_in_no_store_any_more(stores: Stores, kitchen: Visitor) -> None:
    word, refused = canary(), canary()
    document = kitchen.drop(f"{word}.md", f"# First\n\nThe {word} sings.\n".encode())
    kitchen.wait_for(document)
    kitchen.drop(f"{word}.md", f"# Second\n\nThe {word} sings again.\n".encode())
    wait(lambda: kitchen.document(document).body["version"] == 2, within_s=60)
    set_apart = kitchen.drop(f"{refused}.txt", bytes(range(256)) * 8 + refused.encode(), "text/plain")
    assert kitchen.wait_for(set_apart)["status"] == "quarantined"
    before = found(stores, word, refused)
    assert any(place.startswith("table shopwright.chunk") for place in before[word])
    assert any("documents" in place for place in before[word])
    assert any("quarantine" in place for place in before[refused])

    for one in (document, set_apart):
        assert kitchen.call("DELETE", f"/v1/documents/{one}").status == 202

    wait(lambda: kitchen.document(document).status == 404 and kitchen.document(set_apart).status == 404, within_s=60)
    wait(stores.quiet, within_s=60)
    assert found(stores, word, refused) == {word: [], refused: []}


@pytest.fixture
def keeping(stores: Stores) -> Iterator[None]:
    """This stage keeps what it masks, so that it can be restored."""
    functions, name = stores.client("lambda"), stores.cloud.outputs["PiiSanitizeFunctionName"]
    before = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**before, "KEEP_PERSONAL": "token"}}
    )
    yield
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": before})


def kept(stores: Stores) -> dict[str, dict[str, Any]]:
    """The vault's rows of the shop, by their names."""
    rows = stores.client("dynamodb").scan(TableName=stores.cloud.outputs["PersonalTable"], ConsistentRead=True)["Items"]
    return {row["item"]["S"]: row for row in rows if row["merchant_id"]["S"] == "kitchen"}


def token_in(stores: Stores, document: str) -> str:
    """The one token that stands in a document's passages."""
    ((content,),) = stores.rows(
        "select string_agg(content, ' ') from shopwright.chunk where document_id = %s", document
    )
    (token,) = TOKEN.findall(content)
    return str(token)


def test_what_was_masked_in_a_deleted_document_can_be_restored_by_nobody_any_more(
    stores: Stores, kitchen: Visitor, keeping: None
) -> None:
    document = kitchen.drop("contact.md", b"# Contact\n\nWrite to mary.poppins@cutlery.example about pans.\n")
    other = kitchen.drop("another.md", b"# Contact\n\nWrite to bert.sweep@cutlery.example about pots.\n")
    assert [kitchen.wait_for(one)["masked"] for one in (document, other)] == [1, 1]
    tokens = {one: token_in(stores, one) for one in (document, other)}
    rows = kept(stores)
    scopes = {one: "scope#" + rows[f"token#{token}"]["scope"]["S"] for one, token in tokens.items()}
    assert all(any(name.startswith(f"{scope}#key#") for name in rows) for scope in scopes.values())

    assert kitchen.call("DELETE", f"/v1/documents/{document}").status == 202
    wait(lambda: kitchen.document(document).status == 404, within_s=60)
    wait(stores.quiet, within_s=60)

    left = kept(stores)
    assert [name for name in left if name.startswith(scopes[document])] == [scopes[document]]
    assert set(left[scopes[document]]) == set(left[f"token#{tokens[document]}"]) == {"merchant_id", "item", "erased"}
    assert "sealed" in left[f"token#{tokens[other]}"]
    assert any(name.startswith(f"{scopes[other]}#key#") for name in left)
