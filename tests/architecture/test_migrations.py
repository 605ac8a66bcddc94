"""Every migration has a number of its own, without a gap, and a way back."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

MIGRATIONS = ROOT / "layers" / "common" / "src" / "shopwright" / "database" / "migrations"
NAME = re.compile(r"(\d{4})_[a-z0-9_]+?(\.down)?\.sql")
STATEMENT = re.compile(r"(?:--[^\n]*\n|\s)*[a-zA-Z]")


def faults(folder: Path) -> list[str]:
    """What is wrong with the migrations of a folder, one sentence each."""
    found: list[str] = []
    forward: dict[str, str] = {}
    back: set[str] = set()
    for path in sorted(folder.iterdir()):
        if path.suffix != ".sql":
            continue
        match = NAME.fullmatch(path.name)
        if not match:
            found.append(f"{path.name}: is not called NNNN_words.sql or NNNN_words.down.sql")
            continue
        if not STATEMENT.match(path.read_text(encoding="utf-8")):
            found.append(f"{path.name}: holds no statement")
        if match[2]:
            back.add(path.name.replace(".down.sql", ".sql"))
        elif match[1] in forward:
            found.append(f"{path.name}: has the number of {forward[match[1]]}")
        else:
            forward[match[1]] = path.name
    found += [f"{name}: has no way back" for name in sorted(set(forward.values()) - back)]
    found += [f"{name}: has a way back only" for name in sorted(back - set(forward.values()))]
    if list(forward) != [f"{number:04}" for number in range(1, len(forward) + 1)]:
        found.append(f"the numbers {', '.join(forward)} have a gap")
    return found


def test_our_migrations_are_numbered_and_can_be_taken_back() -> None:
    assert list(MIGRATIONS.glob("0001_*.sql"))
    assert faults(MIGRATIONS) == []


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (["0001_a.sql"], "0001_a.sql: has no way back"),
        (["0001_a.down.sql"], "0001_a.sql: has a way back only"),
        (["1_a.sql"], "1_a.sql: is not called NNNN_words.sql or NNNN_words.down.sql"),
        (["0001_a.sql", "0001_b.sql"], "0001_b.sql: has the number of 0001_a.sql"),
        (["0001_a.sql", "0001_a.down.sql", "0003_c.sql", "0003_c.down.sql"], "the numbers 0001, 0003 have a gap"),
    ],
)
def test_a_migration_out_of_order_is_noticed(tmp_path: Path, names: list[str], fault: str) -> None:
    for name in names:
        (tmp_path / name).write_text("-- why\nselect 1;\n", encoding="utf-8")

    assert fault in faults(tmp_path)


def test_an_empty_migration_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_text("-- only words\n", encoding="utf-8")
    (tmp_path / "0001_a.down.sql").write_text("drop table a;\n", encoding="utf-8")

    assert faults(tmp_path) == ["0001_a.sql: holds no statement"]
