"""Queries live in .sql files, each with a name and a reason."""

from pathlib import Path

import pytest
from shopwright.database.queries import Queries

ROOT = Path(__file__).parents[4] / "layers" / "common" / "src" / "shopwright"


def test_a_query_is_found_by_its_name_and_says_what_it_is_for() -> None:
    queries = Queries("\n-- name: one\n-- Just one.\nselect 1;\n\n-- name: two\n-- Two,\n-- in words.\nselect\n 2;\n")

    assert dict(queries) == {"one": "select 1", "two": "-- in words.\nselect\n 2"}
    assert queries.purposes["one"] == "Just one."


@pytest.mark.parametrize(
    "source",
    [
        "",
        "select 1;",
        "-- name: a\nselect 1;",
        "-- name: a\n-- Why.\n",
        "-- name: a\n-- x\nselect 1;\n-- name: a\n-- x\nselect 2;",
    ],
)
def test_a_query_without_name_reason_or_text_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)quer"):
        Queries(source)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("queries.sql")), ids=lambda path: path.parent.name)
def test_every_file_of_ours_can_be_read(path: Path) -> None:
    assert Queries(path.read_text("utf-8")).purposes
