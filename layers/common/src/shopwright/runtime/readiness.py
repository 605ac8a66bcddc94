"""Are the things that we depend on there? All asked at once, each within its own short time."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

Report = Callable[[str, Exception], None]


class Readiness:
    """Asks every dependency at once. One that is still busy with an earlier question counts as unavailable, and is
    not asked again meanwhile, so that a hanging dependency costs one thread and never more."""

    def __init__(self, checks: Mapping[str, Callable[[], None]], *, timeout_s: float, report: Report) -> None:
        self._checks = checks
        self._timeout_s = timeout_s
        self._report = report
        self._threads = ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="readiness")
        self._running: dict[str, Future[None]] = {}

    def ask(self) -> dict[str, bool]:
        """Dependency → whether it answered in time."""
        for name, check in self._checks.items():
            if name not in self._running:
                self._running[name] = self._threads.submit(check)
        wait(self._running.values(), timeout=self._timeout_s)
        return {name: self._answered(name) for name in self._checks}

    def _answered(self, name: str) -> bool:
        if not self._running[name].done():
            return False
        failure = self._running.pop(name).exception()
        if failure is None:
            return True
        if isinstance(failure, Exception):
            self._report(name, failure)
            return False
        raise failure
