"""What hangs counts as gone, costs one thread, and counts again when it is back."""

import threading

from shopwright.runtime.readiness import Readiness


def test_each_is_asked_at_once_and_what_fails_is_told_apart() -> None:
    told: list[tuple[str, str]] = []

    def refuse() -> None:
        raise ConnectionError("10.0.0.7 refused")

    def meet() -> None:
        both.wait()

    both = threading.Barrier(2, timeout=8)  # passed only by two who are asked at the same time
    readiness = Readiness(
        {"a": meet, "b": meet, "c": refuse},
        timeout_s=9,
        report=lambda name, failure: told.append((name, type(failure).__name__)),
    )

    assert readiness.ask() == {"a": True, "b": True, "c": False}
    assert told == [("c", "ConnectionError")]


def test_what_hangs_is_gone_until_it_is_back_and_is_not_asked_twice_meanwhile() -> None:
    gate, asked = threading.Event(), []

    def hang() -> None:
        asked.append(1)
        assert gate.wait(10)

    readiness = Readiness({"slow": hang, "quick": lambda: None}, timeout_s=0.5, report=lambda *_: None)
    for _ in range(3):
        assert readiness.ask() == {"slow": False, "quick": True}
    assert len(asked) == 1

    gate.set()
    assert [readiness.ask() for _ in range(2)][-1] == {"slow": True, "quick": True}
