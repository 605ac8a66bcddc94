"""Handing files in: which are taken, how each is followed, and what is said of those that are refused."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from local import web
from local.api import Document, Refused, RefusedRow, Shop, Ticket, Upload, Wares, WarnedOf
from local.drop import Dropped, File, NothingToDrop, drop, files, notes, table


class Bazaar(Shop):
    """A shop that remembers what was uploaded, and moves each document on a step whenever somebody looks."""

    def __init__(self, ends: Mapping[str, Document], *, closed: Iterable[str] = ()) -> None:
        super().__init__("http://127.0.0.1:1", "nobody's token")
        self.ends = ends
        self.closed = set(closed)
        self.content: dict[str, bytes] = {}
        self.steps: dict[str, list[str]] = {}
        self.ticks = 0

    def offer(self, path: str, size: int) -> Ticket:
        if path in self.closed:
            raise Refused("the upload", web.Answer(422, {"error": "Invalid", "message": "not this path"}))
        return Ticket(document_id=path, upload=Upload(url=f"http://127.0.0.1:1/{path}"))

    def upload(self, ticket: Ticket, content: bytes) -> None:
        self.content[ticket.document_id] = content
        self.steps[ticket.document_id] = ["received", "parsed", "embedded"]

    def document(self, document_id: str) -> Document | None:
        if document_id not in self.steps:
            return None
        if self.steps[document_id]:
            self.ticks += 1
            status = self.steps[document_id].pop(0)
            return Document(document_id=document_id, status=status, updated_at=f"tick {self.ticks}")
        return self.ends[document_id]


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 0.0

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> float:
        return self.now


def found(name: str, chunks: int = 3, *, at: str = "at the end") -> Document:
    return Document(document_id=name, status="searchable", chunks=chunks, updated_at=at)


def shelf(folder: Path, **contents: str) -> tuple[File, ...]:
    for name, content in contents.items():
        (folder / f"{name}.md").write_text(content, "utf-8")
    return files(folder)


def test_a_folder_is_taken_whole_but_for_what_is_hidden(tmp_path: Path) -> None:
    for name in ("faq.md", "guides/care.txt", ".DS_Store", ".git/config", "guides/.draft.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("words", "utf-8")

    assert [file.name for file in files(tmp_path)] == ["faq.md", "guides/care.txt"]


def test_a_folder_inside_a_hidden_one_is_not_hidden_itself(tmp_path: Path) -> None:
    inside = tmp_path / ".cache" / "shop"
    inside.mkdir(parents=True)
    (inside / "faq.md").write_text("words", "utf-8")

    assert [file.name for file in files(inside)] == ["faq.md"]


def test_one_file_is_taken_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "faq.md").write_text("words", "utf-8")

    assert [file.name for file in files(tmp_path / "faq.md")] == ["faq.md"]


@pytest.mark.parametrize(("name", "said"), [("nowhere", "There is no"), (".", "holds no files")])
def test_a_path_without_files_says_so(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(NothingToDrop, match=said):
        files(tmp_path / name)


def test_a_dropped_file_is_followed_until_shoppers_can_find_it(tmp_path: Path) -> None:
    clock, heard = Clock(), []
    bazaar = Bazaar({"faq.md": found("faq.md")})

    (result,) = drop(
        bazaar,
        shelf(tmp_path, faq="words"),
        on_change=lambda file, status: heard.append(status),
        pause=clock.pause,
        clock=clock.read,
    )

    assert bazaar.content == {"faq.md": b"words"}
    assert (result.status, result.chunks, result.good) == ("searchable", 3, True)
    assert heard == ["uploaded", "received", "parsed", "embedded", "searchable"]


def test_a_file_that_is_found_already_is_followed_until_the_new_one_is(tmp_path: Path) -> None:
    class Slow(Bazaar):
        """For three looks it has not noticed the new upload."""

        def upload(self, ticket: Ticket, content: bytes) -> None:
            super().upload(ticket, content)
            self.steps[ticket.document_id] = ["searchable"] * 3 + ["received"]
            self.ends = {**self.ends, ticket.document_id: found("faq.md", 7, at="a minute later")}
            self.old = found("faq.md")

        def document(self, document_id: str) -> Document | None:
            if self.steps.get(document_id, [])[:1] == ["searchable"] and document_id in self.content:
                self.steps[document_id].pop(0)
                return self.old
            return super().document(document_id)

    clock = Clock()
    bazaar = Slow({"faq.md": found("faq.md")})
    bazaar.steps["faq.md"] = []

    (result,) = drop(bazaar, shelf(tmp_path, faq="newer words"), pause=clock.pause, clock=clock.read)

    assert (result.status, result.chunks) == ("searchable", 7)


def test_an_earlier_drop_of_the_same_file_is_let_finish_first(tmp_path: Path) -> None:
    clock = Clock()
    bazaar = Bazaar({"faq.md": found("faq.md", 5, at="later")})
    bazaar.steps["faq.md"] = ["parsed", "embedded", "quarantined"]

    (result,) = drop(bazaar, shelf(tmp_path, faq="words"), pause=clock.pause, clock=clock.read)

    assert bazaar.content == {"faq.md": b"words"}
    assert (result.status, result.chunks) == ("searchable", 5)


def test_a_quarantined_file_is_told_with_its_reason_and_the_others_go_on(tmp_path: Path) -> None:
    clock = Clock()
    bad = Document(
        document_id="bad.md", status="quarantined", updated_at="at the end", reason="NotText: it holds something else"
    )
    bazaar = Bazaar({"bad.md": bad, "faq.md": found("faq.md")})

    results = drop(bazaar, shelf(tmp_path, bad="\x00", faq="words"), pause=clock.pause, clock=clock.read)

    assert [(one.name, one.status, one.good) for one in results] == [
        ("bad.md", "quarantined", False),
        ("faq.md", "searchable", True),
    ]
    assert "NotText: it holds something else" in table(results)


def test_a_feeds_refused_rows_and_doubtful_articles_are_told_with_their_reasons(tmp_path: Path) -> None:
    clock = Clock()
    rows = tuple(RefusedRow(row=number, reason=f"This row has no title ({number}).") for number in range(2, 22))
    warned = (WarnedOf(sku="P-1", reason="Its price is 0."),)
    wares = Wares(refused=rows, refused_count=31, warned=warned, warned_count=1)
    feed = found("feed.md").model_copy(update={"catalog": wares})
    bazaar = Bazaar({"feed.md": feed, "faq.md": found("faq.md")})

    results = drop(bazaar, shelf(tmp_path, feed="x", faq="words"), pause=clock.pause, clock=clock.read)
    said = notes(results)

    assert "feed.md: rows refused (31)" in said
    assert "  row 11: This row has no title (11)." in said
    assert "row 12" not in said
    assert "  and 21 more; GET /v1/documents/feed.md shows the first 20" in said
    assert "feed.md: articles to look at (1)\n  P-1: Its price is 0." in said
    assert "faq.md" not in said
    assert notes(results[:1]) == ""


def test_a_file_that_the_api_will_not_take_is_refused_with_the_apis_words(tmp_path: Path) -> None:
    clock = Clock()
    bazaar = Bazaar({"faq.md": found("faq.md")}, closed=["bad.md"])

    results = drop(bazaar, shelf(tmp_path, bad="x", faq="words"), pause=clock.pause, clock=clock.read)

    assert [one.status for one in results] == ["refused", "searchable"]
    assert "422 Invalid: not this path" in table(results)


def test_patience_ends_and_says_how_far_the_file_had_come(tmp_path: Path) -> None:
    clock = Clock()
    bazaar = Bazaar({"faq.md": Document(document_id="faq.md", status="embedded", updated_at="at the end")})

    (result,) = drop(bazaar, shelf(tmp_path, faq="words"), patience_s=30, pause=clock.pause, clock=clock.read)

    assert (result.status, result.good) == ("embedded", False)
    assert "not done after 30 s" in (result.reason or "")
    assert clock.now >= 30


def test_columns_stand_under_one_another_and_lines_end_where_their_words_end(tmp_path: Path) -> None:
    clock = Clock()
    bazaar = Bazaar({"faq.md": found("faq.md", 12), "returns.md": found("returns.md")})

    lines = table(drop(bazaar, shelf(tmp_path, faq="a", returns="b"), pause=clock.pause, clock=clock.read)).splitlines()

    assert (
        len({line.index(word) for line, word in zip(lines, ["STATUS", "searchable", "searchable"], strict=True)}) == 1
    )
    assert all(line == line.rstrip() for line in lines)


class Stumbling(Bazaar):
    """A shop whose API is away for the first few looks."""

    def __init__(self, ends: Mapping[str, Document], *, status: int, looks: int) -> None:
        super().__init__(ends)
        self.status = status
        self.looks = looks

    def document(self, document_id: str) -> Document | None:
        if document_id in self.steps and self.looks:
            self.looks -= 1
            raise Refused("the document", web.Answer(self.status, {"error": "MembersUnavailable", "message": "later"}))
        return super().document(document_id)


def test_a_moment_in_which_the_api_is_away_says_nothing_about_a_file(tmp_path: Path) -> None:
    shop, clock = Stumbling({"faq.md": found("faq.md")}, status=503, looks=3), Clock()

    [dropped] = drop(shop, shelf(tmp_path, faq="words"), pause=clock.pause, clock=clock.read)

    assert (dropped.status, dropped.chunks) == ("searchable", 3)


def test_an_api_that_stays_away_ends_the_wait(tmp_path: Path) -> None:
    shop, clock = Stumbling({"faq.md": found("faq.md")}, status=503, looks=10**6), Clock()

    [dropped] = drop(shop, shelf(tmp_path, faq="words"), pause=clock.pause, clock=clock.read, patience_s=5)

    assert dropped.status == "refused"
    assert 4 <= clock.now <= 6


def test_a_link_that_leads_out_of_the_folder_stays_at_home(tmp_path: Path) -> None:
    (tmp_path / "private.txt").write_text("not for the shop", "utf-8")
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "faq.md").write_text("words", "utf-8")
    (folder / "again.md").symlink_to("faq.md")
    (folder / "linked.txt").symlink_to("../private.txt")

    assert [file.name for file in files(folder)] == ["again.md", "faq.md"]


def test_a_name_of_any_kind_takes_one_line_of_the_table() -> None:
    told = table([Dropped("two\nlines.md", "searchable", None, 1, "d"), Dropped("x" * 240, "searchable", None, 1, "d")])

    assert len(told.splitlines()) == 3
    assert max(map(len, told.splitlines())) < 120
