"""A merchant's documents through their life: events come twice, late and at once, and readers never see a half."""

import threading
from base64 import urlsafe_b64encode
from dataclasses import replace
from itertools import count

import pytest
from shopwright.database.paging import NotACursor
from shopwright.documents.aurora import Documents, OtherModelServes, Outcome, VectorsGone
from shopwright.documents.document import PIPELINE, Arrival, DocumentNotFound, Status
from shopwright.embedding.model import Model
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import Shop
from tests.integration.database.shop import BGE, KITCHEN, OUTDOOR, SIGNER, arrival, content, vector

OLD = ["Shipping costs 5 euro.", "We ship on Mondays."]
NEW = ["Shipping is free.", "We ship on Mondays.", "Parcels are tracked."]
NAMES = count()


@pytest.fixture
def name() -> str:
    return f"page-{next(NAMES)}.md"


@pytest.fixture
def kitchen(shop: Shop) -> Documents:
    return shop.repository().of(KITCHEN)


def take_in(documents: Documents, drop: Arrival, texts: list[str]) -> Outcome:
    if documents.register(drop, title="A page") is not Outcome.GOES_ON:
        return Outcome.SUPERSEDED
    return documents.replace(drop, content(drop, texts))


def words(shop: Shop, drop: Arrival) -> set[str]:
    """What a shopper can be told of a document."""
    found = shop.search().hybrid(SIGNER.sign(KITCHEN), "ship parcels", vector("x"), limit=50)
    return {passage.content for passage in found if passage.document_id == drop.document_id}


def test_a_document_is_followed_from_its_arrival_to_the_search(shop: Shop, kitchen: Documents, name: str) -> None:
    drop = arrival(KITCHEN, name, "0A")
    seen = []
    kitchen.register(drop, title="A page")
    seen.append(kitchen.get(drop.document_id).status)
    for status in (Status.PARSED, Status.MASKED, Status.EMBEDDED):
        assert kitchen.advance(drop, status)
        seen.append(kitchen.get(drop.document_id).status)
    assert kitchen.replace(drop, content(drop, NEW, title="Shipping")) is Outcome.SEARCHABLE
    document = kitchen.get(drop.document_id)

    assert [*seen, document.status] == ["received", "parsed", "masked", "embedded", "searchable"]
    assert (document.title, document.chunks, document.version, document.bytes) == ("Shipping", 3, 1, 100)
    assert words(shop, drop) == set(NEW)


def test_the_same_content_dropped_again_changes_nothing_but_the_sequencer(
    shop: Shop, kitchen: Documents, name: str
) -> None:
    first, again, late = (arrival(KITCHEN, name, at) for at in ("01", "03", "02"))
    take_in(kitchen, first, OLD)
    sent = content(again, OLD)

    assert kitchen.register(again, title="A page") is Outcome.GOES_ON
    assert kitchen.keep_if_unchanged(again, sha256=sent.sha256, pipeline=sent.pipeline)
    document = kitchen.get(again.document_id)
    assert (document.status, document.version, document.chunks) == (Status.SEARCHABLE, 1, 2)
    assert take_in(kitchen, late, NEW) is Outcome.SUPERSEDED
    assert words(shop, first) == set(OLD)


def test_content_of_an_older_pipeline_is_taken_in_anew(kitchen: Documents, name: str) -> None:
    drop, again = (arrival(KITCHEN, name, at) for at in ("01", "02"))
    take_in(kitchen, drop, OLD)
    kitchen.register(again, title="A page")

    assert not kitchen.keep_if_unchanged(again, sha256=content(drop, OLD).sha256, pipeline="another")


@pytest.mark.parametrize(("older", "newer"), [("01", "02"), ("0A", "0b"), ("1", "12"), ("00FF", "01")])
def test_a_late_older_drop_never_wins(shop: Shop, kitchen: Documents, name: str, older: str, newer: str) -> None:
    late, first = arrival(KITCHEN, name, older), arrival(KITCHEN, name, newer)
    take_in(kitchen, first, NEW)

    assert kitchen.register(late, title="A page") is Outcome.SUPERSEDED
    assert kitchen.replace(late, content(late, OLD)) is Outcome.SUPERSEDED
    assert not kitchen.quarantine(late, reason="late", code="EmptyFile")
    assert kitchen.remove(late) is Outcome.SUPERSEDED
    assert words(shop, first) == set(NEW)


def test_sequencers_of_different_lengths_are_padded_on_the_right(kitchen: Documents, name: str) -> None:
    take_in(kitchen, arrival(KITCHEN, name, "5A"), OLD)

    assert kitchen.register(arrival(KITCHEN, name, "5A00"), title="") is Outcome.UNCHANGED  # equal: done already
    assert kitchen.register(arrival(KITCHEN, name, "59FF"), title="") is Outcome.SUPERSEDED
    assert kitchen.register(arrival(KITCHEN, name, "5A01"), title="") is Outcome.GOES_ON


def test_an_older_drop_that_was_on_its_way_stops_at_the_last_step(shop: Shop, kitchen: Documents, name: str) -> None:
    older, newer = arrival(KITCHEN, name, "01"), arrival(KITCHEN, name, "02")
    kitchen.register(older, title="A page")
    take_in(kitchen, newer, NEW)

    assert kitchen.replace(older, content(older, OLD)) is Outcome.SUPERSEDED
    assert words(shop, newer) == set(NEW)


def test_a_step_that_is_tried_again_finds_its_work_done(kitchen: Documents, name: str) -> None:
    drop = arrival(KITCHEN, name, "01")
    take_in(kitchen, drop, OLD)

    assert kitchen.replace(drop, content(drop, OLD)) is Outcome.UNCHANGED
    assert kitchen.get(drop.document_id).version == 1


def test_a_new_version_keeps_the_ids_of_what_it_did_not_change(shop: Shop, kitchen: Documents, name: str) -> None:
    def ids() -> dict[str, str]:
        found = shop.search().hybrid(SIGNER.sign(KITCHEN), "ship", vector("x"), limit=50)
        return {p.content: p.chunk_id for p in found if p.document_id == arrival(KITCHEN, name, "1").document_id}

    take_in(kitchen, arrival(KITCHEN, name, "01"), OLD)
    before = ids()
    take_in(kitchen, arrival(KITCHEN, name, "02"), NEW)
    after = ids()

    assert before["We ship on Mondays."] == after["We ship on Mondays."]
    assert set(after) == set(NEW)


def test_a_passage_that_stays_keeps_its_vector_and_needs_no_new_one(shop: Shop, kitchen: Documents, name: str) -> None:
    first, second = (arrival(KITCHEN, name, at) for at in ("01", "02"))
    take_in(kitchen, first, OLD)
    after = content(second, NEW)
    ids = [chunk.id for chunk, _ in after.passages]
    kept = kitchen.embedded(second.document_id, ids, model=BGE, pipeline=PIPELINE)

    assert kept == {chunk.id for chunk, _ in after.passages if chunk.content == "We ship on Mondays."}
    assert kitchen.embedded(second.document_id, ids, model=BGE, pipeline="another") == frozenset()
    assert (
        kitchen.embedded(second.document_id, ids, model=Model("new", 384, "b" * 64), pipeline=PIPELINE) == frozenset()
    )
    assert shop.repository().of(OUTDOOR).embedded(second.document_id, ids, model=BGE, pipeline=PIPELINE) == frozenset()

    kitchen.register(second, title="A page")
    passages = [(chunk, None if chunk.id in kept else vector) for chunk, vector in after.passages]
    assert kitchen.replace(second, replace(after, passages=passages)) is Outcome.SEARCHABLE
    assert words(shop, second) == set(NEW)
    assert kitchen.embedded(second.document_id, ids, model=BGE, pipeline=PIPELINE) == frozenset(ids)


def test_a_vector_that_was_to_be_kept_and_is_gone_stops_the_version_that_counts_on_it(
    shop: Shop, kitchen: Documents, name: str
) -> None:
    first, second, third = (arrival(KITCHEN, name, at) for at in ("01", "02", "03"))
    take_in(kitchen, first, OLD)
    newest = content(third, OLD)
    take_in(kitchen, second, NEW)  # arrives in between, and drops a passage that the newest counts on
    kitchen.register(third, title="A page")

    with pytest.raises(VectorsGone):
        kitchen.replace(third, replace(newest, passages=[(chunk, None) for chunk, _ in newest.passages]))
    assert words(shop, second) == set(NEW)


def test_a_deletion_removes_the_passages_and_an_older_drop_does_not_bring_them_back(
    shop: Shop, kitchen: Documents, name: str
) -> None:
    drop, gone = arrival(KITCHEN, name, "02"), arrival(KITCHEN, name, "03")
    take_in(kitchen, drop, OLD)

    assert kitchen.remove(gone) is Outcome.REMOVED
    assert words(shop, drop) == set()
    with pytest.raises(DocumentNotFound):
        kitchen.get(drop.document_id)
    assert take_in(kitchen, drop, OLD) is Outcome.SUPERSEDED
    assert kitchen.remove(gone) is Outcome.REMOVED  # the same event again
    assert take_in(kitchen, arrival(KITCHEN, name, "04"), OLD) is Outcome.SEARCHABLE


def test_a_deletion_that_overtakes_the_drop_still_wins(kitchen: Documents, name: str) -> None:
    assert kitchen.remove(arrival(KITCHEN, name, "02")) is Outcome.REMOVED
    assert kitchen.register(arrival(KITCHEN, name, "01"), title="A page") is Outcome.SUPERSEDED


def test_a_refused_new_version_is_told_and_the_one_before_stays_searchable(
    shop: Shop, kitchen: Documents, name: str
) -> None:
    good, bad = arrival(KITCHEN, name, "01"), arrival(KITCHEN, name, "02")
    take_in(kitchen, good, OLD)
    kitchen.register(bad, title="A page")
    assert kitchen.quarantine(bad, reason="This file is empty. Upload one with text in it.", code="EmptyFile")

    document = kitchen.get(bad.document_id)
    assert (document.status, document.chunks) == (Status.QUARANTINED, 2)
    assert document.reason == "This file is empty. Upload one with text in it."
    assert words(shop, good) == set(OLD)
    assert kitchen.register(bad, title="A page") is Outcome.UNCHANGED


def test_a_reader_sees_the_old_version_or_the_new_and_never_a_half(shop: Shop, kitchen: Documents, name: str) -> None:
    versions = [[f"Edition {edition} says ship, line {line}." for line in range(60)] for edition in (1, 2)]
    drop = arrival(KITCHEN, name, "0000")
    take_in(kitchen, drop, versions[0])
    stop = threading.Event()
    seen: list[frozenset[str]] = []

    def read() -> None:
        database = shop.database()
        while not stop.is_set():
            with database.as_tenant(SIGNER.sign(KITCHEN)) as db:
                rows = db.execute(
                    "select content from shopwright.chunk where merchant_id = 'kitchen' and document_id = %s",
                    (drop.document_id,),
                ).fetchall()
            seen.append(frozenset(row["content"] for row in rows))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(1, 13):
        take_in(kitchen, arrival(KITCHEN, name, f"{turn:04x}"), versions[turn % 2])
    stop.set()
    reader.join(20)

    assert len(seen) > 12
    assert set(seen) <= {frozenset(version) for version in versions}
    assert len(set(seen)) == 2


def test_a_deletion_leaves_nothing_of_the_file_in_any_table(shop: Shop, kitchen: Documents) -> None:
    name = "canaryname.md"
    take_in(kitchen, arrival(KITCHEN, name, "01"), ["The canaryword is sung at dawn."])
    before = everything(shop)
    kitchen.remove(arrival(KITCHEN, name, "02"))

    assert "canaryword" in before
    assert "canaryname" in before
    assert "canary" not in everything(shop)


def everything(shop: Shop) -> str:
    """Every row of every table, as a superuser reads them."""
    with shop.server.connect(shop.address.name) as connection:
        tables = connection.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname like 'shopwright%'"
        ).fetchall()
        rows = [
            str(row)
            for (table,) in tables
            for row in connection.execute(f"select t::text from {table} t").fetchall()  # noqa: S608 - names that PostgreSQL gave
            if ".canary" not in str(row)  # the row of the self-test
        ]
    return "\n".join(rows)


def test_a_list_of_one_status_comes_in_pages_too(shop: Shop) -> None:
    documents = shop.repository().of(Tenant("pager"))
    for number in range(7):
        drop = arrival(Tenant("pager"), f"status-{number}.md", "01")
        documents.register(drop, title="A page")
        if number % 2:
            documents.fail(drop, reason="We could not take this file in.", code="Unexpected")
    first = documents.list(2, status=Status.FAILED)
    second = documents.list(2, first.cursor, status=Status.FAILED)

    seen = [*first.documents, *second.documents]
    assert (len(seen), second.cursor) == (3, None)
    assert {(one.status, one.reason_code) for one in seen} == {(Status.FAILED, "Unexpected")}


def test_the_times_of_a_document_are_those_of_its_steps(kitchen: Documents, name: str) -> None:
    drop = arrival(KITCHEN, name, "0A")
    kitchen.register(drop, title="A page")
    kitchen.advance(drop, Status.PARSED, passages=3, unread_pages=2)
    on_its_way = kitchen.get(drop.document_id)
    kitchen.advance(drop, Status.EMBEDDED)
    kitchen.replace(drop, content(drop, NEW))
    there = kitchen.get(drop.document_id)

    assert (on_its_way.passages, on_its_way.embedded_at, on_its_way.searchable_at) == (3, None, None)
    times = [there.received_at, there.parsed_at, there.embedded_at, there.searchable_at]
    assert all(times)
    assert times == sorted(times, key=str)
    kitchen.register(arrival(KITCHEN, name, "0B"), title="A page")
    again = kitchen.get(drop.document_id)
    assert (again.passages, again.parsed_at, again.searchable_at) == (0, None, there.searchable_at)
    assert (on_its_way.unread_pages, there.unread_pages) == (2, 2)


def test_pages_reach_every_document_once_and_only_the_merchants_own(shop: Shop) -> None:
    outdoor = shop.repository().of(OUTDOOR)
    names = {f"documents/outdoor/{n}.md" for n in range(7)}
    for key in names:
        outdoor.register(Arrival(key, "01"), title="A page")
    seen: list[str] = []
    cursor = None
    while True:
        page = outdoor.list(3, cursor)
        seen += [document.source_key for document in page.documents]
        cursor = page.cursor
        if cursor is None:
            break

    assert sorted(seen) == sorted(names)
    good = outdoor.list(3).cursor
    assert good
    made = ["2026-11-24T10:00:00 d-aaaaaaaaaaaaaaaaaaaa", "2026-11-24T10:00:00+00:00 d-a\0", "0 d-aaaaaaaaaaaaaaaaaaaa"]
    for wrong in ("%%%", "bm9wZQ", good + "A", good + "AA", *(urlsafe_b64encode(m.encode()).decode() for m in made)):
        with pytest.raises(NotACursor):
            outdoor.list(3, wrong)


def test_vectors_of_another_model_or_other_weights_are_refused_whole(shop: Shop, kitchen: Documents, name: str) -> None:
    drop = arrival(KITCHEN, name, "01")
    kitchen.register(drop, title="A page")
    for model in (Model("other", 384, "0" * 64), Model("bge-small-en-v1.5", 384, "0" * 64)):
        with pytest.raises(OtherModelServes):
            kitchen.replace(drop, content(drop, OLD, model=model))

    assert words(shop, drop) == set()
    assert kitchen.get(drop.document_id).status is Status.RECEIVED


def test_every_change_to_what_can_be_told_is_a_new_generation_and_nothing_else_is(
    shop: Shop, kitchen: Documents, name: str
) -> None:
    def generation() -> int:
        with shop.database().as_tenant(SIGNER.sign(KITCHEN)) as db:
            row = db.execute("select number from shopwright.generation").fetchone()
        return 0 if row is None else int(row["number"])

    first, again, gone = (arrival(KITCHEN, name, sequencer) for sequencer in ("0A", "0B", "0C"))
    seen = [generation()]
    kitchen.register(first, title="A page")
    kitchen.replace(first, content(first, OLD))
    seen.append(generation())
    kitchen.replace(first, content(first, OLD))
    kitchen.register(again, title="A page")
    kitchen.keep_if_unchanged(again, sha256=content(first, OLD).sha256, pipeline=content(first, OLD).pipeline)
    seen.append(generation())
    kitchen.remove(gone)
    seen.append(generation())

    assert [number - seen[0] for number in seen] == [0, 1, 1, 2]


def test_a_file_that_comes_again_after_its_deletion_has_a_name_from_the_start(kitchen: Documents, name: str) -> None:
    first, gone, again = (arrival(KITCHEN, name, sequencer) for sequencer in ("0A", "0B", "0C"))
    take_in(kitchen, first, OLD)
    kitchen.remove(gone)

    kitchen.register(again, title="A page")

    assert kitchen.get(again.document_id).title == "A page"
