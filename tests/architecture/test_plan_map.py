"""The plan map stands, and its check notices what it promises to notice."""

from pathlib import Path

import pytest

from local.plan_map import PLAN, ROOT, Promise, expected, faults, read


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one file and one test."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "code.py").write_text("X = 1\n", encoding="utf-8")
    tests = "def test_it() -> None: ...\n\n\nclass TestAll:\n    def test_more(self) -> None: ...\n"
    (tmp_path / "tests" / "test_code.py").write_text(tests, encoding="utf-8")
    return tmp_path


def a_map(*rows: str) -> list[Promise]:
    """A whole map in which every line is for later, but for the rows given."""
    given = read("\n".join(rows))
    taken = {promise.line for promise in given}
    return given + [Promise(line, "words", "later", (), "later", "") for line in expected() if line not in taken]


def test_our_own_map_has_no_fault() -> None:
    promises = read((ROOT / "docs" / "plan.md").read_text(encoding="utf-8"))

    assert faults(promises, ROOT) == []


def test_the_plan_has_its_forty_five_items() -> None:
    assert len(PLAN) == 45
    assert len(expected()) == sum(PLAN.values())


@pytest.mark.parametrize(
    "row",
    [
        "| 1a | a promise | done | `code.py`, `tests/test_code.py::test_it` | |",
        "| 1a | a promise | done | `tests/test_code.py::TestAll::test_more` | |",
        "| 1a | a promise | partly | `code.py` | the rest |",
        "| 1a | a promise | later | later | |",
    ],
)
def test_a_sound_row_is_accepted(shop: Path, row: str) -> None:
    assert faults(a_map(row), shop) == []


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("| 1a | a promise | done | `gone.py`, `tests/test_code.py` | |", "1a: gone.py is not there"),
        ("| 1a | a promise | done | `tests/test_code.py::test_no` | |", "1a: tests/test_code.py has no test test_no"),
        (
            "| 1a | a promise | done | `tests` | |",
            "1a: tests is a folder: name the tests in it that keep the promise",
        ),
        ("| 1a | a promise | done | `code.py` | |", "1a: is said to be done, and names no test"),
        ("| 1a | a promise | done | | |", "1a: names no file or test that fulfils it"),
        ("| 1a | a promise | partly | `code.py` | |", "1a: is kept in part, and does not say what is still to come"),
        ("| 1a | a promise | soon | later | |", "1a: its state is 'soon', and must be one of done, partly, later"),
        (
            "| 1a | a promise | later | `code.py` | |",
            "1a: is for later, so its target is the one word `later`, unquoted",
        ),
        ("| 1z | a promise | later | later | |", "1z: the plan has no such line"),
        ("| 1a | | later | later | |", "1a: says nothing about what is promised"),
    ],
)
def test_a_fault_is_named_with_its_line(shop: Path, row: str, fault: str) -> None:
    assert fault in faults(a_map(row), shop)


def test_a_line_of_the_plan_cannot_be_left_out(shop: Path) -> None:
    without = [promise for promise in a_map() if promise.line != "10.6d"]

    assert faults(without, shop) == ["10.6d: the map has no row for this line of the plan"]


def test_a_line_of_the_plan_stands_once(shop: Path) -> None:
    row = "| 1a | a promise | later | later | |"

    assert faults(a_map(row, row), shop) == ["1a: has 2 rows, and needs one"]
