"""What `make drop` and `make ask` say to somebody who got it wrong."""

import signal
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from local import ask, commands, drop, terminal
from local.cloud import Running


def nothing_runs(instance: str) -> Running | None:
    return None


def never_asked(instance: str) -> Running | None:
    raise AssertionError("a wrong command line does not get as far as the cloud")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["bakery", "."], "There is no merchant 'bakery'. Choose one of: electronics, kitchen, outdoor."),
        (["kitchen", "no/such/folder"], "There is no no/such/folder. Give FILES a file or a folder."),
    ],
)
def test_a_drop_that_cannot_be_says_what_to_change(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert terminal.run(partial(drop.main, arguments, find=never_asked)) == 1
    assert capsys.readouterr().err == said + "\n"


def test_a_question_to_no_merchant_lists_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert terminal.run(partial(ask.main, ["bakery", "Do you have rye?"], find=never_asked)) == 1
    assert "Choose one of: electronics, kitchen, outdoor." in capsys.readouterr().err


def test_without_a_running_cloud_both_commands_name_the_one_that_starts_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "faq.md").write_text("words", "utf-8")

    assert terminal.run(partial(drop.main, ["kitchen", str(tmp_path)], find=nothing_runs)) == 1
    assert terminal.run(partial(ask.main, ["kitchen", "Do pans rust?"], find=nothing_runs)) == 1
    assert capsys.readouterr().err.count("run `make up` first") == 2


@pytest.mark.parametrize("command", [drop.main, ask.main])
def test_a_command_without_its_words_shows_how_it_is_written(
    command: object, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("MERCHANT", "FILES", "Q"):
        monkeypatch.delenv(variable, raising=False)
    assert callable(command)

    with pytest.raises(SystemExit) as end:
        command([], find=never_asked)

    assert end.value.code == 2
    assert "MERCHANT=kitchen" in capsys.readouterr().err


class Untidy:
    """Interrupted while it is tidied up."""

    def __del__(self) -> None:
        raise KeyboardInterrupt


def doze() -> None:
    """Ten seconds at most: what `interrupt_again` raises is heard between two naps, and not in the middle of one."""
    for _ in range(1_000):
        time.sleep(0.01)


def test_an_interrupt_is_not_lost_while_objects_are_tidied_up() -> None:
    before, sys.unraisablehook = sys.unraisablehook, commands.interrupt_again
    pressed = signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background nobody presses anything
    try:
        Untidy()  # and gone at once
        with pytest.raises(KeyboardInterrupt):
            doze()
    finally:
        sys.unraisablehook = before
        signal.signal(signal.SIGINT, pressed)
