"""Ten turns with each of the demo's shops on the page, in a real browser: what one reads there is right and cited.

What they have asked for lies in the cart that the page shows.
"""

import re
from collections.abc import Iterator

import pytest

from local import merchants
from local.cloud import Running
from tests.e2e import browser as chromium
from tests.e2e.browser import Browser
from tests.e2e.test_ten_turns import TURNS, Turn
from tests.e2e.test_the_page import SKIPPED, ask, enter, lines_in_the_cart

pytestmark = pytest.mark.usefixtures("socket_enabled", "stocked")
_HELD = re.compile(r"(?P<pieces>[0-9]+) × (?P<title>.+?) \((?P<amount>[0-9.]+) (?P<currency>[A-Z]{3})\)")
_LAST = "[...document.querySelectorAll('article:not(.mine)')].at(-1)"


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium.program()
    if program is None:
        pytest.skip(SKIPPED)
    opened = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


@pytest.mark.parametrize("shop", TURNS)
def test_ten_turns_on_the_page_are_right_cited_and_true(shop: str, browser: Browser, cloud: Running) -> None:
    enter(browser, cloud, merchants.shop(shop).widget_key)

    for turn in TURNS[shop]:
        ask(browser, turn["message"])
        holds(browser, turn)

    in_the_cart(browser, TURNS[shop][-1])
    assert browser.js("document.querySelectorAll('article.mine').length") == 10
    assert browser.complaints == []


def holds(page: Browser, turn: Turn) -> None:
    """What stands on the page is what the turn expects; each source opens, and what is told of products is in them."""
    told = str(page.js(f"{_LAST}.querySelector('.answer').innerText"))
    said = f"{turn['message']!r} -> {told!r}"
    assert page.js(f"{_LAST}.querySelectorAll('.wrong').length") == 0, said
    assert all(part in told for part in turn.get("says", ())), said
    assert not any(part in told for part in turn.get("not", ())), said
    heard = str(page.js("document.getElementById('status').textContent"))
    assert all(part in heard for part in turn.get("says", ())), heard

    marks = set(page.js(f"[...{_LAST}.querySelectorAll('.answer .ref')].map((one) => one.textContent)"))
    quotes = [opened(page, number) for number in range(page.js(f"{_LAST}.querySelectorAll('.sources button').length"))]
    assert marks == {str(number) for number, _ in enumerate(quotes, start=1)}, said
    assert quotes or not turn.get("cites"), said
    cards = " ".join(page.js(f"[...{_LAST}.querySelectorAll('.card')].map((one) => one.innerText)"))
    for value in turn.get("facts", ()):
        assert value in cards, (said, cards)
        assert any(value in quote for quote in quotes), (said, quotes)


def opened(page: Browser, number: int) -> str:
    """The passage behind a source, by its button and back."""
    page.js(f"{_LAST}.querySelectorAll('.sources button')[{number}].click()")
    page.wait("document.getElementById('passage').open")
    quote = str(page.js("document.getElementById('passage-quote').innerText"))
    assert quote.strip()
    assert page.js("document.getElementById('passage-place').textContent")
    page.press("Escape", code=27)
    page.wait("!document.getElementById('passage').open")
    page.js("document.getElementById('message').focus()")
    return quote


def in_the_cart(page: Browser, turn: Turn) -> None:
    """The page's own cart has the lines that the last answer told, and no other."""
    held = [match for part in turn["says"] if (match := _HELD.fullmatch(part))]
    assert held, turn
    assert lines_in_the_cart(page) == len(held)
    shown = str(page.js("document.getElementById('till-body').innerText"))
    for line in held:
        assert f"{line['pieces']} × {line['title']}" in shown, shown
        assert f"{line['currency']} {line['amount']}" in shown, shown
