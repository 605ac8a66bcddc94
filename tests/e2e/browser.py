"""A real browser for the tests of the page: Debian's Chromium without a window, led by its DevTools protocol."""

import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.integration.laptop.socket_client import WebSocket

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
START_S = 60


def program() -> str | None:
    """The browser of this machine, if it has one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


class Browser:
    """One tab, and everything that it has complained about."""

    def __init__(self, chromium: str, folder: Path) -> None:
        self.complaints: list[str] = []
        self._numbers = 0
        self._process = subprocess.Popen(  # noqa: S603 - the browser that this machine has
            [
                chromium,
                "--headless=new",
                "--no-sandbox",  # root may not use it; it is shown our own page alone
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-proxy-server",
                "--remote-debugging-port=0",
                f"--user-data-dir={folder}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._tab = self._first_tab(folder)
        for domain in ("Page", "Runtime", "Log", "Accessibility", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        """One command, and its result."""
        self._numbers += 1
        self._tab.send({"id": self._numbers, "method": method, "params": parameters})
        while True:
            told = self._tab.receive()
            self._listen(told)
            if told.get("id") == self._numbers:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']}")
                return told["result"]

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def js(self, expression: str) -> Any:
        """What the page answers to an expression."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def wait(self, expression: str, *, within_s: float = 60) -> Any:
        """What the expression gives once it is true."""
        until = time.monotonic() + within_s
        while not (seen := self.js(expression)):
            assert time.monotonic() < until, f"not within {within_s} s: {expression}; {self.complaints}"
            time.sleep(0.1)
        return seen

    def type(self, text: str) -> None:
        self.call("Input.insertText", text=text)

    def press(self, key: str, *, code: int, text: str = "") -> None:
        for kind in ("keyDown", "keyUp"):
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **more)

    def close(self) -> None:
        self._tab.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def _listen(self, told: dict[str, Any]) -> None:
        match told:
            case {"method": "Log.entryAdded", "params": {"entry": entry}} if entry["level"] in {"error", "warning"}:
                self.complaints.append(f"{entry['source']}: {entry['text']} {entry.get('url', '')}")
            case {"method": "Runtime.exceptionThrown", "params": {"exceptionDetails": details}}:
                self.complaints.append(json.dumps(details))

    def _first_tab(self, folder: Path) -> WebSocket:
        until = time.monotonic() + START_S
        port_file = folder / "DevToolsActivePort"
        while time.monotonic() < until and self._process.poll() is None:
            if port_file.is_file() and (told := port_file.read_text().splitlines()):
                with urllib.request.urlopen(f"http://127.0.0.1:{told[0]}/json/list", timeout=10) as answer:
                    tabs = [one for one in json.load(answer) if one["type"] == "page"]
                if tabs:
                    place = urlsplit(tabs[0]["webSocketDebuggerUrl"])
                    return WebSocket("127.0.0.1", int(place.port or 0), place.path, patience_s=60)
            time.sleep(0.1)
        self._process.kill()
        self._process.wait(10)
        raise AssertionError("the browser did not start")
