"""The four steps of ingestion, and what becomes of files that cannot go through them, each step with its own desk."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import embed
import ingest_parse
import insert_vectors
import pii_sanitize
import pytest
import quarantine
import remove_document
from shopwright.catalog import feeds
from shopwright.catalog.product import Feed
from shopwright.documents.aurora import VectorsGone
from shopwright.documents.document import Status, document_id
from shopwright.documents.parse import formats
from shopwright.documents.parse.block import Parsed
from shopwright.documents.parse.decode import decode
from shopwright.documents.rejected import (
    BrokenFeed,
    BrokenTable,
    EmptyFile,
    EncryptedFile,
    FileTooLarge,
    NotText,
    TooMuchMemory,
    UnsafeName,
    UnsupportedFormat,
)
from shopwright.documents.sandbox import Sandbox
from shopwright.documents.work import Batch, Drop, EmbeddedBatch
from shopwright.embedding.model import Model
from shopwright.runtime.task import LARGEST_RESULT_BYTES, MalformedInput
from shopwright.tenancy.tenant import Tenant

from tests.unit.functions.ingestion import KEY, Files, Payloads, Shelf, Wares, context, drop, sample
from tests.unit.shopwright.documents import samples

PAGE = b"# Shipping\n\nWe ship in 2 days. Write to anna@example.com or call +49 30 901820.\n\n## Costs\n\nIt is free.\n"
MODEL = Model("tiny", 2, "a" * 64)


class Counting:
    """A model whose vectors count characters. It notes what it has embedded."""

    def __init__(self, model: Model, embedded: list[str]) -> None:
        self.model = model
        self._embedded = embedded

    def passages(self, texts: Iterable[str]) -> list[list[float]]:
        given = list(texts)
        self._embedded += given
        return [[float(len(text)), 1.0] for text in given]


class Shop:
    """Every step's desk over the same shelf and buckets."""

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        self.read: Callable[[bytes, str], Parsed] = sandbox.read if sandbox else formats.read
        self.products_in = partial(ingest_parse.products_in, sandbox) if sandbox else products_here
        self.shelf, self.documents, self.work = Shelf(), Files({KEY: PAGE}), Payloads()
        self.wares = Wares()
        self.embedded: list[str] = []
        self.serving = MODEL.name
        self.answers_forgotten: list[str] = []  # whose

    def desk_of_removal(self, *shred: Callable[[Tenant, str], None]) -> remove_document.Desk:
        def forgets(tenant: Tenant) -> int:
            self.answers_forgotten.append(tenant.merchant_id)
            return 1

        return remove_document.Desk(self.shelf.of, self.wares.of, self.documents.of, shred, forgets)

    def parse(self, **change: Any) -> Any:
        desk = ingest_parse.Desk(
            self.shelf.of,
            self.wares.of,
            self.documents.of,
            self.work.of,
            lambda text: len(text.split()),
            self.read,
            self.products_in,
            lambda tenant: replace(MODEL, name=self.serving),
        )
        return run(ingest_parse.build(lambda: desk), drop(**change))

    def sanitize(self, batch: str, **change: Any) -> Any:
        desk = pii_sanitize.Desk(self.work.of)
        return run(pii_sanitize.build(lambda: desk), drop(batch=batch, **change))

    def embed(self, batch: str, **change: Any) -> Any:
        desk = embed.Desk(self.work.of, lambda name: Counting(replace(MODEL, name=name), self.embedded))
        return run(embed.build(lambda: desk), drop(batch=batch, model=self.serving, **change))

    def insert(self, parsed: Any, batches: list[str], **change: Any) -> Any:
        desk = insert_vectors.Desk(self.shelf.of, self.wares.of, self.work.of)
        told = {"sha256": parsed["sha256"], "feed": parsed["feed"]}
        return run(insert_vectors.build(lambda: desk), drop(batches=batches, **told, **change))

    def quarantine(self, **change: Any) -> Any:
        desk = quarantine.Desk(self.shelf.of, self.documents.of, self.work.of, "apart")
        return run(quarantine.build(lambda: desk), drop(**change))

    def take_in(self, **change: Any) -> Any:
        parsed = self.parse(**change)
        if parsed["outcome"] != "parsed":
            return parsed
        done = [self.embed(self.sanitize(key, **change)["batch"], **change)["batch"] for key in parsed["batches"]]
        return self.insert(parsed, done, **change)

    @property
    def row(self) -> dict[str, Any]:
        return self.shelf.rows[document_id(KEY)]


def products_here(data: bytes, key: str) -> Feed | None:
    """Read in this process, which is quicker: for files of our own."""
    return feeds.read(decode(data), PurePosixPath(key).suffix)


def run(handler: Callable[..., Any], event: object) -> Any:
    return handler(event, context())


def test_a_file_becomes_searchable_masked_and_nothing_of_the_work_is_left() -> None:
    shop = Shop()

    assert shop.take_in() == {"outcome": "searchable", "chunks": 2, "masked": 2}
    content = shop.row["content"]
    assert shop.row["status"] is Status.SEARCHABLE
    assert [chunk.content for chunk, _ in content.passages] == [
        "We ship in 2 days. Write to [email] or call [phone].",
        "It is free.",
    ]
    assert (content.title, content.model) == ("Shipping", MODEL)
    assert shop.embedded == [
        "Shipping\nWe ship in 2 days. Write to [email] or call [phone].",
        "Shipping > Costs\nIt is free.",
    ]
    assert shop.work.files == {}
    for of_whom in (shop.shelf.tenants, shop.documents.tenants, shop.work.tenants):
        assert set(of_whom) == {"kitchen"}


def test_a_citation_points_into_the_file_as_the_merchant_wrote_it() -> None:
    shop = Shop()
    shop.take_in()
    chunk, _ = shop.row["content"].passages[0]

    assert PAGE.decode()[chunk.start : chunk.end].startswith("We ship in 2 days. Write to anna@example.com")


def test_personal_data_leave_the_payloads_at_the_second_step() -> None:
    shop = Shop()
    masked = shop.sanitize(shop.parse()["batches"][0])
    vectors = shop.embed(masked["batch"])

    assert masked == {"batch": masked["batch"], "masked": 2}
    for key in (masked["batch"], vectors["batch"]):
        assert b"anna@example.com" not in shop.work.files[key]
        assert b"901820" not in shop.work.files[key]


def test_a_products_record_keeps_its_names_and_loses_whoever_may_be_reached() -> None:
    shop = Shop()
    rows = "P-1,Tideline Sandal,79.90,EUR,Emile Henry\nP-2,Softfall Pan,26.00,EUR,ask ann@example.com\n"
    key = "documents/kitchen/goods.csv"
    shop.documents.files[key] = f"sku,name,price,currency,brand\n{rows}".encode()

    shop.take_in(key=key)

    assert [chunk.content for chunk, _ in shop.shelf.rows[document_id(key)]["content"].passages] == [
        "sku: P-1; name: Tideline Sandal; price: 79.90 EUR; brand: Emile Henry",
        "sku: P-2; name: Softfall Pan; price: 26.00 EUR; brand: ask [email]",
    ]


def guide(paragraphs: list[str]) -> bytes:
    return ("# Guide\n\n" + "\n\n".join(paragraphs)).encode()


@pytest.mark.parametrize("headed", [True, False])
@pytest.mark.parametrize("edit", ["longer", "new", "gone"])
def test_an_edit_of_one_paragraph_embeds_only_what_changed(headed: bool, edit: str) -> None:
    shop = Shop()
    said = [" ".join(f"word{n}-{m}" for m in range(30 + n * 7 % 60)) + "." for n in range(720)]
    if headed:
        said = [f"## Part {n}\n\n{text}" for n, text in enumerate(said[:200])]
    shop.documents.files[KEY] = guide(said)
    first = shop.take_in(sequencer="01")
    assert first["chunks"] >= 200
    shop.embedded.clear()
    middle = {"longer": [said[100] + " And one more."], "new": [said[100], "A new paragraph."], "gone": []}[edit]
    shop.documents.files[KEY] = guide([*said[:100], *middle, *said[101:]])
    again = shop.take_in(sequencer="02")

    assert again["outcome"] == "searchable"
    assert len(shop.row["content"].passages) == again["chunks"]
    assert all(vector is not None for _, vector in shop.row["content"].passages)
    assert len(shop.embedded) <= (1 if headed else 12)


def test_what_another_pipeline_embedded_is_embedded_anew() -> None:
    shop = Shop()
    shop.take_in(sequencer="01")
    kept = shop.row["content"]
    shop.row["content"] = replace(kept, pipeline="another", sha256="0" * 64)
    shop.embedded.clear()
    shop.take_in(sequencer="02")

    assert len(shop.embedded) == 2


def test_a_vector_that_was_to_be_kept_and_is_gone_is_told_by_its_name() -> None:
    shop = Shop()
    shop.take_in(sequencer="01")
    shop.documents.files[KEY] = PAGE + b"\n## More\n\nNew.\n"
    parsed = shop.parse(sequencer="02")
    done = [
        shop.embed(shop.sanitize(key, sequencer="02")["batch"], sequencer="02")["batch"] for key in parsed["batches"]
    ]
    shop.row["content"] = replace(shop.row["content"], passages=[])

    with pytest.raises(VectorsGone):
        shop.insert(parsed, done, sequencer="02")


def test_a_hostile_file_is_refused_by_the_process_that_reads_it() -> None:
    key = "documents/kitchen/secret.pdf"
    with Sandbox() as sandbox:
        shop = Shop(sandbox)
        shop.documents.files[key] = samples.encrypted_pdf("Prices", user="secret")
        with pytest.raises(EncryptedFile, match="password"):
            shop.parse(key=key)
        shop.documents.files[key] = samples.pdf("The tent costs 129 EUR.")

        assert shop.parse(key=key, sequencer="02")["chunks"] == 1


@pytest.mark.parametrize("name", ["../outdoor/a.md", "%2e%2e/a.md", "．．／a.md", "pr\u0456ces.md", "a\u202emd.md"])
def test_a_file_under_a_hostile_name_is_refused_before_it_is_read(name: str) -> None:
    with pytest.raises(UnsafeName):
        Shop().parse(key=f"documents/kitchen/{name}")


def test_how_many_pages_could_not_be_read_is_noted_with_the_document() -> None:
    shop = Shop()
    shop.read = lambda data, key: replace(formats.read(data, key), unread_pages=2)
    shop.take_in()

    assert (shop.row["status"], shop.row["unread_pages"]) == (Status.SEARCHABLE, 2)


def test_the_same_file_dropped_twice_changes_nothing() -> None:
    shop = Shop()
    shop.take_in()
    before = shop.row["content"]

    assert shop.take_in(sequencer="02")["outcome"] == "unchanged"
    assert shop.take_in(sequencer="02")["outcome"] == "unchanged"  # the same event once more
    assert shop.row["content"] is before
    assert shop.work.files == {}


def test_a_late_older_drop_is_superseded_at_once() -> None:
    shop = Shop()
    shop.take_in(sequencer="05")

    assert shop.parse(sequencer="04")["outcome"] == "superseded"
    assert shop.work.files == {}


def test_a_file_that_is_gone_before_it_is_read_is_left_to_its_deletion() -> None:
    shop = Shop()
    shop.documents.files.clear()

    assert shop.parse()["outcome"] == "superseded"
    assert shop.row["status"] is Status.DELETED  # and not on its way for ever, should the event about it be lost


def test_a_file_under_a_name_that_is_personal_is_refused_and_its_title_is_masked() -> None:
    shop = Shop()
    key = "documents/kitchen/canaryfile@example.com 4111111111111111.md"
    shop.documents.files[key] = PAGE

    with pytest.raises(UnsupportedFormat, match="Rename"):
        shop.parse(key=key)
    assert shop.shelf.rows[document_id(key)]["title"] == "[email] [card]"


@pytest.mark.parametrize(
    ("key", "data", "size", "error"),
    [
        ("documents/kitchen/a.md", b"", 0, EmptyFile),
        ("documents/kitchen/a.md", b"never read", 50 * 1024 * 1024, FileTooLarge),
        ("documents/kitchen/a.exe", b"MZ", 2, UnsupportedFormat),
        ("documents/kitchen/a.txt", b"\x00\x01\x02", 3, NotText),
    ],
)
def test_a_file_that_we_cannot_read_is_refused_by_name(key: str, data: bytes, size: int, error: type) -> None:
    shop = Shop()
    shop.documents.files[key] = data

    with pytest.raises(error):
        shop.parse(key=key, size=size)


@pytest.mark.parametrize(
    "change",
    [{"merchant_id": "outdoor"}, {"document_id": "d-other"}, {"key": "documents/outdoor/a.md"}, {"sequencer": "x"}],
)
def test_a_step_refuses_an_input_whose_parts_do_not_belong_together(change: dict[str, str]) -> None:
    shop = Shop()
    desk = ingest_parse.Desk(
        shop.shelf.of,
        shop.wares.of,
        shop.documents.of,
        shop.work.of,
        len,
        shop.read,
        shop.products_in,
        lambda tenant: MODEL,
    )
    with pytest.raises(MalformedInput):
        run(ingest_parse.build(lambda: desk), {**drop(), **change})
    assert shop.shelf.rows == {}


FEED_KEY = "documents/kitchen/catalog.csv"
FEED = b"""sku,name,price,currency,stock,description
P-1,Skillet,29.50,GBP,4,Write to anna@example.com about it.
P-2,,19.00,GBP,1,No name.
P-3,Kettle,39.00,GBP,0,Whistles.
"""


def test_a_product_feed_fills_the_catalog_together_with_its_passages() -> None:
    shop = Shop()
    shop.documents.files[FEED_KEY] = FEED

    assert shop.take_in(key=FEED_KEY)["outcome"] == "searchable"
    feed, owners = shop.wares.feeds[document_id(FEED_KEY)]
    assert [product.id for product in feed.products] == ["P-1", "P-3"]
    assert [(refused.row, refused.reason) for refused in feed.refused] == [(3, "This row has no title.")]
    passages = {chunk.id: chunk.content for chunk, _ in shop.shelf.rows[document_id(FEED_KEY)]["content"].passages}
    assert len(passages) == 2  # a row that was refused is told to the merchant alone
    assert {owner.product_id: passages[chunk] for chunk, owner in owners.items()} == {
        "P-1": "sku: P-1; name: Skillet; price: 29.50 GBP; stock: 4; description: Write to [email] about it.",
        "P-3": "sku: P-3; name: Kettle; price: 39.00 GBP; stock: 0; description: Whistles.",
    }
    assert shop.work.files == {}
    assert set(shop.wares.tenants) == {"kitchen"}


def test_rows_of_a_table_share_passages_and_products_never_do() -> None:
    shop = Shop()
    feed = "Artikelnummer;Bezeichnung;Preis\n" + "".join(f"A-{n};Topf {n};{n},50 EUR\n" for n in range(1, 6))
    table = "Land;Preis;Tage\n" + "".join(f"Land {n};{n},50 EUR;{n}\n" for n in range(1, 6))
    for name, text, passages in (("waren", feed, 5), ("versand", table, 1)):
        shop.documents.files[f"documents/kitchen/{name}.csv"] = text.encode()
        shop.take_in(key=f"documents/kitchen/{name}.csv")

        kept = shop.shelf.rows[document_id(f"documents/kitchen/{name}.csv")]["content"].passages
        assert len(kept) == passages, name
    assert len(shop.wares.feeds) == 1


REFUSED = [
    {"sku": "1", "title": "Good Ladle", "price": "4.00"},
    {"sku": "2", "title": "Negative Ladle", "price": "-4.00"},
    {"sku": "3", "title": "Free Ladle", "price": "free"},
    {"sku": "1", "title": "Doubled Ladle", "price": "5.00"},
    {"sku": "5", "title": "", "price": "6.00"},
    {"sku": "6", "title": "Spoon", "price": "7.00"},
]
ASIDE = {"question": "Do you ship?", "answer": "Within a week."}
IN_XML = "".join(f"<item>{''.join(f'<{name}>{said}</{name}>' for name, said in row.items())}</item>" for row in REFUSED)
FEEDS = {
    "csv": "\n".join(["sku,title,price", *(",".join(row.values()) for row in REFUSED)]),
    "json": json.dumps(REFUSED),
    "jsonl": "\n".join(map(json.dumps, REFUSED)),
    "shop.json": json.dumps({"shop": "Larkin", "faq": [ASIDE, ASIDE, ASIDE], "products": REFUSED}),
    "xml": f"<rss><channel><title>Larkin</title>{IN_XML}</channel></rss>",
}


@pytest.mark.parametrize("ending", FEEDS)
def test_a_row_that_was_refused_is_told_to_the_merchant_and_to_no_shopper(ending: str) -> None:
    shop = Shop()
    key = f"documents/kitchen/catalog.{ending}"
    shop.documents.files[key] = FEEDS[ending].encode()

    shop.take_in(key=key)

    feed, _ = shop.wares.feeds[document_id(key)]
    kept = shop.shelf.rows[document_id(key)]["content"].passages
    told = " ".join(" ".join((*chunk.section, chunk.content)) for chunk, _ in kept)
    assert [product.title for product in feed.products] == ["Good Ladle", "Spoon"]
    assert len(feed.refused) == 4
    assert ("Good Ladle" in told, "Spoon" in told) == (True, True)
    assert not any(word in told for word in ("Negative", "Free", "Doubled", "6.00"))
    assert ("Within a week." in told) is (ending == "shop.json")  # and what is no product is no row that was refused


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.csv", "sku,title,price\n1,Pan,free\n2,Pot,free\n", "None of the 2 rows .* Row 2: Its price cannot be read"),
        ("a.csv", "sku,title,price\n1;Pan;4\n2;Pot;5\n", "Row 2: This row has no title"),
        ("a.json", '[{"id": "1", "title": "Pan", "price": "free"}]', "None of the 1 rows"),
        ("a.xml", "<r><item><id>1</id><title>Pan</title><price>free</price></item></r>", "None of the 1 rows"),
        ("a.jsonl", '{"id": "1", "title": "Ann of ann@example.com", "price": "ask Ann"}', "Row 1: Its price cannot"),
    ],
)
def test_a_feed_of_which_no_row_can_be_read_is_refused_with_its_reason(name: str, text: str, told: str) -> None:
    shop = Shop()
    key = f"documents/kitchen/{name}"
    shop.documents.files[key] = text.encode()

    with pytest.raises(BrokenFeed, match=told) as refused:
        shop.take_in(key=key)
    assert not any(word in str(refused.value) for word in ("free", "Ann", "Pan"))  # the message goes far: no quotation
    assert shop.wares.feeds == {}


def test_a_feed_whose_reader_gave_up_before_its_first_row_is_refused_too() -> None:
    nothing = Parsed("", (), 0)

    with pytest.raises(BrokenFeed, match="no row of it can be read"):
        ingest_parse.cut(nothing, Feed((), ()), "d-1", len)


def test_a_json_feed_most_of_whose_rows_lack_their_code_is_no_page_of_text() -> None:
    shop = Shop()
    rows = [
        {"id": "1", "title": "Pan", "price": "9.00"},
        *({"id": "", "title": f"Pot {n}", "price": 9} for n in range(5)),
    ]
    shop.documents.files["documents/kitchen/a.json"] = json.dumps(rows).encode()

    shop.take_in(key="documents/kitchen/a.json")

    feed, _ = shop.wares.feeds[document_id("documents/kitchen/a.json")]
    assert ([product.id for product in feed.products], len(feed.refused)) == (["1"], 5)


def test_a_feed_in_a_text_file_is_a_table_of_products() -> None:
    shop = Shop()
    key = "documents/kitchen/google.txt"
    shop.documents.files[key] = b"id\ttitle\tprice\nA-1\tChair\t15.00 USD\nA-2\tDesk\tfree\n"

    shop.take_in(key=key)

    [(passage, _)] = shop.shelf.rows[document_id(key)]["content"].passages
    assert (passage.section, passage.content) == (("Google", "Chair"), "id: A-1; title: Chair; price: 15.00 USD")
    assert passage.id in shop.wares.feeds[document_id(key)][1]


@pytest.mark.parametrize("open_quotation", ['"Chair\t15.00 USD\nA-2\tDesk', '"' + "Chair " * 200_000])
def test_a_feed_in_a_text_file_that_breaks_off_is_no_page_of_text(open_quotation: str) -> None:
    shop = Shop()
    key = "documents/kitchen/google.txt"
    shop.documents.files[key] = f"id\ttitle\tprice\nA-1\t{open_quotation}\t5.00 USD\n".encode()

    with pytest.raises(BrokenTable, match="quotation mark"):
        shop.take_in(key=key)


def test_a_feed_that_names_a_document_type_is_one_all_the_same() -> None:
    shop = Shop()
    key = "documents/kitchen/yml.xml"
    offer = '<offer id="{}"><name>Pan</name><price>{}</price></offer>'
    shop.documents.files[key] = (
        '<!DOCTYPE yml_catalog SYSTEM "http://127.0.0.1/shops.dtd"><yml_catalog><shop><offers>'
        f"{offer.format(1, '9.00')}{offer.format(2, 'x')}</offers></shop></yml_catalog>"
    ).encode()

    shop.take_in(key=key)

    assert [product.id for product in shop.wares.feeds[document_id(key)][0].products] == ["1"]
    assert len(shop.shelf.rows[document_id(key)]["content"].passages) == 1


def test_a_feed_that_lost_a_product_to_another_tells_it_again_when_it_is_dropped_again() -> None:
    shop = Shop()
    shop.documents.files[FEED_KEY] = FEED
    shop.take_in(key=FEED_KEY)
    assert shop.parse(key=FEED_KEY, sequencer="02")["outcome"] == "unchanged"

    shop.wares.taken_over.add(document_id(FEED_KEY))

    assert shop.parse(key=FEED_KEY, sequencer="03")["outcome"] == "parsed"


def test_a_feed_that_eats_memory_is_refused_by_the_process_that_reads_it() -> None:
    columns = ",".join(f"c{number}" for number in range(497))
    wide = f"sku,title,price,{columns}\n" + ("1,Tent,9" + "," * 497 + "\n") * 16_000  # as a table it is a small one
    with Sandbox() as sandbox:
        shop = Shop(sandbox)
        shop.documents.files[FEED_KEY] = wide.encode()
        with pytest.raises(TooMuchMemory, match="smaller files"):
            shop.parse(key=FEED_KEY)
        shop.documents.files[FEED_KEY] = FEED

        assert shop.take_in(key=FEED_KEY, sequencer="02")["outcome"] == "searchable"
    feed, _ = shop.wares.feeds[document_id(FEED_KEY)]
    assert feed == products_here(FEED, FEED_KEY)


def test_a_file_that_is_no_feed_any_more_withdraws_its_products() -> None:
    shop = Shop()
    shop.documents.files[FEED_KEY] = FEED
    shop.take_in(key=FEED_KEY)
    shop.documents.files[FEED_KEY] = b"question,answer,topic\nDo you ship?,We do.,shipping\n"

    assert shop.take_in(key=FEED_KEY, sequencer="02")["outcome"] == "searchable"
    assert shop.wares.feeds == {}


def test_a_deleted_feed_takes_its_products_with_it() -> None:
    shop = Shop()
    shop.documents.files[FEED_KEY] = FEED
    shop.take_in(key=FEED_KEY)
    handler = remove_document.build(shop.desk_of_removal)

    run(handler, drop(key=FEED_KEY, sequencer="02", size=0))

    assert shop.wares.feeds == {}


def test_a_document_of_five_thousand_passages_fits_between_the_states() -> None:
    shop = Shop()
    lines = [f"Product {n};{n}.00;EUR" for n in range(5000)]
    key = "documents/kitchen/" + "a-rather-long-folder-name/" * 8 + "catalog.csv"
    shop.documents.files[key] = "\n".join(["name;price;currency", *lines]).encode()
    parsed = shop.parse(key=key, size=len(shop.documents.files[key]))
    # As the machine hands it to the last step: the input, the result, and each batch's new key.
    state = {
        **drop(key=key),
        "parsed": parsed,
        "embedded": [name.replace("cut", "embedded") for name in parsed["batches"]],
    }

    assert parsed["chunks"] == 5000
    assert sum(len(shop.work.read(name, Batch).pieces) for name in parsed["batches"]) == 5000
    assert len(json.dumps(state)) < LARGEST_RESULT_BYTES / 4


@pytest.mark.parametrize(
    ("error", "cause", "reason"),
    [
        (
            "EmptyFile",
            json.dumps({"errorMessage": "This file is empty. Upload one with text in it."}),
            "This file is empty. Upload one with text in it.",
        ),
        ("EmptyFile", "not json", quarantine.FAILED),
        ("EmptyFile", "[]", quarantine.FAILED),
        ("KeyError", json.dumps({"errorMessage": "a shopper's secret"}), quarantine.FAILED),
    ],
)
def test_a_refused_file_is_set_apart_and_the_merchant_reads_why(error: str, cause: str, reason: str) -> None:
    shop = Shop()
    shop.parse()

    done = shop.quarantine(outcome="refused", error={"Error": error, "Cause": cause})

    assert done == {"outcome": "quarantined", "error": error}
    assert (shop.row["status"], shop.row["reason"], shop.row["code"]) == (Status.QUARANTINED, reason, error)
    assert shop.documents.apart == {f"apart/quarantine/kitchen/{document_id(KEY)}/01/shipping.md": KEY}
    assert KEY in shop.documents.files  # deleting it would look like the merchant's own deletion
    assert shop.work.files == {}


def test_a_failure_of_ours_is_told_and_the_file_stays_where_it_is() -> None:
    shop = Shop()
    shop.parse()

    done = shop.quarantine(outcome="failed", error={"Error": "States.Timeout"})

    assert done == {"outcome": "failed", "error": "States.Timeout"}
    assert (shop.row["status"], shop.row["reason"], shop.documents.apart) == (Status.FAILED, quarantine.FAILED, {})
    assert shop.row["code"] == "IngestionFailed"


def test_a_last_step_whose_answer_was_lost_is_repeated_without_its_payloads() -> None:
    shop = Shop()
    parsed = shop.parse()
    done = [shop.embed(shop.sanitize(key)["batch"])["batch"] for key in parsed["batches"]]
    shop.insert(parsed, done)
    content = shop.row["content"]

    assert shop.insert(parsed, done) == {"outcome": "unchanged", "chunks": 0, "masked": 0}
    assert shop.row["content"] is content


def test_a_drop_that_is_overtaken_on_its_way_leaves_nothing_of_its_work() -> None:
    shop = Shop()
    parsed = shop.parse()
    done = [shop.embed(shop.sanitize(key)["batch"])["batch"] for key in parsed["batches"]]
    shop.take_in(sequencer="02")

    assert shop.insert(parsed, done)["outcome"] == "superseded"
    assert shop.work.files == {}


def test_how_many_passages_a_file_has_is_noted_as_soon_as_it_is_cut() -> None:
    shop = Shop()
    parsed = shop.parse()

    assert (shop.row["status"], shop.row["passages"]) == (Status.PARSED, parsed["chunks"])


def test_a_deleted_object_takes_its_passages_with_it() -> None:
    shop = Shop()
    shop.take_in()
    kept = {("kitchen", document_id(KEY)): "a token", ("outdoor", document_id(KEY)): "somebody else's"}

    def shred(tenant: Tenant, scope: str) -> None:
        del kept[tenant.merchant_id, scope]

    handler = remove_document.build(lambda: shop.desk_of_removal(shred))

    assert run(handler, drop(sequencer="02", size=0)) == {"outcome": "removed"}
    assert shop.row["content"] is None
    assert shop.documents.forgotten == [KEY]
    assert list(kept.values()) == ["somebody else's"]
    assert shop.answers_forgotten == ["kitchen"]


def test_a_late_deletion_takes_nothing_of_what_came_after_it() -> None:
    shop = Shop()
    shop.take_in(sequencer="05")
    handler = remove_document.build(shop.desk_of_removal)

    assert run(handler, drop(sequencer="04", size=0)) == {"outcome": "superseded"}
    assert shop.row["content"] is not None
    assert shop.documents.forgotten == []


def test_a_file_is_embedded_by_the_model_that_serves_its_merchant() -> None:
    shop = Shop()
    shop.serving = "the-next-model"

    parsed = shop.parse()
    batch = shop.work.read(shop.embed(shop.sanitize(parsed["batches"][0])["batch"])["batch"], EmbeddedBatch)

    assert parsed["model"] == batch.model.name == "the-next-model"


def test_vectors_survive_the_payload_in_the_precision_of_the_database() -> None:
    shop = Shop()
    key = shop.embed(shop.sanitize(shop.parse()["batches"][0])["batch"])["batch"]
    batch = shop.work.read(key, EmbeddedBatch)

    assert [vector for _, vector in batch.passages] == [[61.0, 1.0], [28.0, 1.0]]
    assert batch.model == MODEL


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Drop, "ingest-parse/markdown.json"),
        (pii_sanitize.Work, "pii-sanitize/batch.json"),
        (embed.Work, "embed/batch.json"),
        (insert_vectors.Work, "insert-vectors/one-batch.json"),
        (insert_vectors.Work, "insert-vectors/feed.json"),
        (quarantine.Work, "quarantine/refused.json"),
        (quarantine.Work, "quarantine/failed.json"),
        (Drop, "remove-document/deleted.json"),
    ],
)
def test_every_sample_event_is_one_that_its_step_takes(model: Any, name: str) -> None:
    assert model.model_validate(sample(name)).merchant_id == "kitchen"
