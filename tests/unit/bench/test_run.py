"""The runner: a missed bar is told, and forgiven unless strictness is asked for; failing to measure never is."""

from pathlib import Path

import pytest

from bench.outcome import CannotMeasure, NeedsData, Options, Outcome
from bench.run import main


def good(options: Options) -> Outcome:
    return Outcome("good", {"quick": float(options.quick)}, {"quick": (">=", 0)})


def slow(options: Options) -> Outcome:
    return Outcome("slow", {"ratio": 9.0}, {"ratio": ("<=", 1)})


def broken(options: Options) -> Outcome:
    raise CannotMeasure("build it first")


@pytest.mark.parametrize(("strict", "code"), [([], 0), (["--strict"], 1)])
def test_a_missed_bar_is_told_and_fails_only_the_strict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], strict: list[str], code: int
) -> None:
    assert main(strict, benches={"good": good, "slow": slow}, results=tmp_path) == code
    assert capsys.readouterr().err == "BAR MISSED  slow: ratio is 9, not <= 1\n"
    assert {path.name for path in tmp_path.iterdir()} == {"good.json", "good.md", "slow.json", "slow.md"}


def test_a_bench_that_cannot_measure_fails_the_run_and_leaves_no_older_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_text("{}", encoding="utf-8")

    assert main([], benches={"broken": broken, "good": good}, results=tmp_path) == 2
    assert capsys.readouterr().err == "CANNOT MEASURE  broken: build it first\n"
    assert {path.name for path in tmp_path.iterdir()} == {"good.json", "good.md"}


def hungry(options: Options) -> Outcome:
    raise NeedsData("it needs a folder")


@pytest.mark.parametrize(
    ("named", "code", "told"), [([], 0, ""), (["hungry"], 2, "CANNOT MEASURE  hungry: it needs a folder\n")]
)
def test_a_bench_that_needs_data_is_left_out_with_a_word_unless_it_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], named: list[str], code: int, told: str
) -> None:
    assert main(named, benches={"hungry": hungry}, results=tmp_path) == code

    said = capsys.readouterr()
    assert said.err == told
    assert ("hungry: left out, it needs a folder" in said.out) is not bool(named)


@pytest.mark.parametrize(("named", "quick"), [([], 1.0), (["good"], 0.0), (["--name", "good"], 0.0)])
def test_a_named_bench_runs_in_full_and_all_of_them_in_short(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], named: list[str], quick: float
) -> None:
    main(named, benches={"good": good}, results=tmp_path)

    assert f'"quick": {quick}' in (tmp_path / "good.json").read_text(encoding="utf-8")
    assert "| quick |" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["nothing"], ["--limit", "0"], ["--data", "/nowhere/at/all"]])
def test_a_wrong_wish_is_refused(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(arguments, benches={"good": good}, results=tmp_path)

    assert refusal.value.code == 2
