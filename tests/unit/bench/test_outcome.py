"""A bench's figures: a missed bar is written down as missed, and quantiles were really measured."""

import json
from pathlib import Path

import pytest

from bench.outcome import Options, Outcome, quantile


def test_a_missed_bar_is_reported_in_both_files(tmp_path: Path) -> None:
    outcome = Outcome("speed", {"ratio": 0.5, "runs": 7.0}, {"ratio": (">=", 0.6)})

    outcome.write(tmp_path)

    assert json.loads((tmp_path / "speed.json").read_text(encoding="utf-8")) == {
        "name": "speed",
        "metrics": {"ratio": 0.5, "runs": 7.0},
        "bars": {"ratio": {"value": 0.5, "op": ">=", "bar": 0.6, "ok": False}},
    }
    assert "| ratio | 0.5 | >= 0.6 | **no** |" in (tmp_path / "speed.md").read_text(encoding="utf-8")
    assert not outcome.ok


@pytest.mark.parametrize(
    ("value", "op", "ok"), [(1.0, "<=", True), (1.1, "<=", False), (1.0, ">=", True), (0.9, ">=", False)]
)
def test_a_bar_is_met_at_its_very_value(value: float, op: str, ok: bool) -> None:
    assert Outcome("x", {"m": value}, {"m": (op, 1.0)}).ok is ok


def test_a_bar_about_no_metric_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Outcome("x", {}, {"forgotten": ("<=", 1.0)}).write(tmp_path)


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.95, 95), (1.0, 100)])
def test_a_quantile_is_one_of_the_samples(share: float, value: int) -> None:
    assert quantile(range(100, 0, -1), share) == value


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="no sample"):
        quantile([], 0.5)


def test_a_limit_shortens_and_never_lengthens() -> None:
    assert Options(limit=3).count(quick=10, full=100) == 3
    assert Options(limit=300).count(quick=10, full=100) == 10
    assert Options(quick=False).count(quick=10, full=100) == 100


def test_what_lies_behind_the_figures_is_written_beside_them(tmp_path: Path) -> None:
    Outcome("x", {"m": 1.0}, details={"wrong": ["£5"]}).write(tmp_path)

    assert json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))["details"] == {"wrong": ["£5"]}
    assert "£5" not in (tmp_path / "x.md").read_text(encoding="utf-8")
