"""The page in a real browser: a visitor asks by keyboard alone, sees the answer come, and looks where it is written."""

import json
import re
from collections.abc import Iterator

import pytest
import urllib3

from local import merchants, operate, web
from local.cloud import Running
from tests.e2e import browser as chromium
from tests.e2e.browser import Browser
from tests.e2e.shop import Visitor

pytestmark = pytest.mark.usefixtures("socket_enabled")
RETURNS = b"# Sending things back\n\nYou may return unused bakeware within 41 days of delivery.\n"
CATALOG = b"""id,title,price,currency,availability,quantity,description
zanzibar-1,Zanzibar Roasting Tin,24.50,GBP,in_stock,40,A roasting tin of enamelled steel for the oven.
"""
QUESTION = "Within how many days may I return unused bakeware?"
SKIPPED = "there is no Chromium on this machine: apt-get install chromium"


@pytest.fixture(scope="module")
def documents(kitchen: Visitor) -> None:
    for name, content, media in (("baking.md", RETURNS, "text/markdown"), ("catalog-page.csv", CATALOG, "text/csv")):
        assert kitchen.wait_for(kitchen.drop(name, content, media))["status"] == "searchable"


@pytest.fixture
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = chromium.program()
    if program is None:
        pytest.skip(SKIPPED)
    opened = Browser(program, tmp_path_factory.mktemp("chromium"))
    yield opened
    opened.close()


@pytest.fixture
def page(browser: Browser, cloud: Running, documents: None) -> Browser:
    """The page, in the kitchen shop."""
    enter(browser, cloud, merchants.shop("kitchen").widget_key)
    return browser


def enter(browser: Browser, cloud: Running, widget_key: str) -> None:
    """Open the page and choose a shop."""
    browser.open(cloud.outputs["PageUrl"])
    browser.wait("document.getElementById('shop').options.length === 3")
    browser.js(
        f"(() => {{ const shop = document.getElementById('shop'); shop.value = '{widget_key}';"
        " shop.dispatchEvent(new Event('change')); })()"
    )


def ask(page: Browser, question: str) -> str:
    """Type it and press Enter; the text of the whole answer."""
    before = page.js("document.querySelectorAll('.clocks, .wrong').length")
    assert page.js("document.activeElement.id") == "message"
    page.type(question)
    page.press("Enter", code=13, text="\r")
    page.wait(f"document.querySelectorAll('.clocks, .wrong').length > {before}")
    return str(page.js("[...document.querySelectorAll('article:not(.mine)')].at(-1).innerText"))


def test_the_page_is_served_with_the_headers_of_its_distribution(cloud: Running) -> None:
    answer = urllib3.request("GET", cloud.outputs["PageUrl"], retries=False, timeout=10)

    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert (answer.headers["x-frame-options"], answer.headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert answer.headers["cache-control"] == "no-cache"
    config = web.call("GET", f"{cloud.outputs['PageUrl']}config.json")
    assert config.status == 200
    assert config.body["api"] == cloud.api_url
    assert len(config.body["shops"]) == 3


def test_a_visitor_asks_by_keyboard_and_opens_where_the_answer_is_written(page: Browser) -> None:
    told = ask(page, QUESTION)

    assert "41 days" in told, told
    assert re.search(r"sources \d+ ms · first words \d+ ms · done \d+ ms · cache \w+ · confidence \d+ %", told), told
    announced = page.js("document.getElementById('status').textContent")
    assert "41 days" in announced
    assert "[1]" not in announced

    page.js("document.querySelector('.answer .ref').focus()")
    page.press("Enter", code=13, text="\r")
    assert page.wait("document.getElementById('passage').open")
    passage = page.js("document.getElementById('passage').innerText")
    assert "You may return unused bakeware within 41 days of delivery." in passage
    assert "baking.md" in passage
    page.press("Escape", code=27)
    page.wait("!document.getElementById('passage').open")
    assert page.js("document.activeElement.className") == "ref"
    assert page.complaints == []


def test_an_answer_is_on_the_page_before_it_is_whole(page: Browser) -> None:
    page.js(
        "window.seen = []; new MutationObserver(() => { const last = [...document.querySelectorAll('article')].at(-1);"
        " const words = last.querySelector('.answer')?.textContent;"
        " if (words) window.seen.push([last.getAttribute('aria-busy'), !!last.querySelector('.clocks')]); })"
        ".observe(document.getElementById('conversation'), { childList: true, subtree: true, attributes: true }); true"
    )

    ask(page, QUESTION)

    seen = page.js("window.seen")
    assert seen[0] == ["true", False], seen
    assert seen[-1] == [None, True], seen


def test_a_product_is_shown_as_a_card_with_its_price_of_now(page: Browser) -> None:
    told = ask(page, "What does the Zanzibar Roasting Tin cost?")

    assert "24.50" in told, told
    cards = page.js("[...document.querySelectorAll('.card')].map((one) => one.innerText)")
    assert len(cards) == 1, cards
    assert "24.50 GBP" in cards[0]


def test_a_conversation_goes_on_and_another_shop_begins_anew(page: Browser) -> None:
    ask(page, QUESTION)
    ask(page, "And how do I send it back?")
    assert page.js("document.querySelectorAll('article').length") == 4

    page.js(
        "(() => { const shop = document.getElementById('shop'); shop.selectedIndex = (shop.selectedIndex + 1) % 3;"
        " shop.dispatchEvent(new Event('change')); })()"
    )

    assert page.js("document.querySelectorAll('article').length") == 0
    assert "41 days" not in ask(page, QUESTION)


def test_while_no_line_can_be_opened_answers_come_all_the_same_and_the_conversation_goes_on(page: Browser) -> None:
    page.call("Network.setBlockedURLs", urls=["*/v1/chat/tickets"])

    assert "41 days" in ask(page, QUESTION)
    assert page.js("document.querySelectorAll('article .sources button').length") == 1
    page.call("Network.setBlockedURLs", urls=[])
    assert "41 days" in ask(page, QUESTION)
    assert page.js("document.querySelectorAll('article').length") == 4


def test_a_question_that_is_refused_says_why_and_the_page_goes_on(page: Browser) -> None:
    assert "there is no word in it" in ask(page, "?!")
    assert "41 days" in ask(page, QUESTION)


def test_what_the_shop_and_the_visitor_say_is_text_and_never_markup(page: Browser) -> None:
    ask(page, "<img src=x onerror=alert(1)> <script>window.owned = 1</script> bakeware?")

    assert page.js(
        "window.owned === undefined && document.querySelectorAll('article img, article script').length === 0"
    )
    assert "<img src=x" in page.js("document.querySelector('.mine p').textContent")


def test_everything_that_can_be_used_has_a_name_and_comes_in_reading_order(page: Browser) -> None:
    ask(page, QUESTION)

    tree = page.call("Accessibility.getFullAXTree")["nodes"]
    usable = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored")
        and node.get("role", {}).get("value") in {"button", "textbox", "combobox", "link", "log"}
    ]
    assert all(name for _, name in usable), usable
    assert {role for role, _ in usable} >= {"button", "textbox", "combobox", "log"}
    page.js("document.querySelector('.skip').focus()")
    order = ["skip"]
    for _ in range(8):
        page.press("Tab", code=9)
        order.append(
            page.js("document.activeElement.id || document.activeElement.className || document.activeElement.tagName")
        )
    assert order == ["skip", "shop", "cart-open", "conversation", "ref", "BUTTON", "message", "send", "BODY"], order


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground(page: Browser, scheme: str) -> None:
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    ask(page, QUESTION)

    pairs = page.js(
        """(() => {
          const ground = (element) => {
            for (let one = element; one; one = one.parentElement) {
              const colour = getComputedStyle(one).backgroundColor;
              if (!colour.endsWith(", 0)")) return colour;
            }
            return "rgb(255, 255, 255)";
          };
          return [...document.querySelectorAll("p, h1, h2, button, label, textarea, select")]
            .filter((one) => one.offsetParent)
            .map((one) => [one.id || one.className || one.tagName, getComputedStyle(one).color, ground(one)]);
        })()"""
    )

    assert len(pairs) > 8
    faint = [(name, round(contrast(ink, paper), 2)) for name, ink, paper in pairs if contrast(ink, paper) < 4.5]
    assert faint == []


def test_the_page_fits_a_phone(page: Browser) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=320, height=568, deviceScaleFactor=2, mobile=True)
    ask(page, QUESTION)

    assert page.js("document.documentElement.scrollWidth") <= 320
    assert page.js("document.getElementById('send').getBoundingClientRect().bottom") <= 568
    assert page.js("document.getElementById('send').getBoundingClientRect().height") >= 44


def take_to_the_till(page: Browser) -> None:
    """One roasting tin into the cart, by keyboard."""
    ask(page, "What does the Zanzibar Roasting Tin cost?")
    page.js("document.querySelector('.card .take').focus()")
    page.press("Enter", code=13, text="\r")
    page.wait("!!document.getElementById('check-out')")


def see_the_terms(page: Browser, paid_with: str) -> str:
    """Choose what to pay with and go on; the terms, as they are shown."""
    page.js(
        "[...document.querySelectorAll('[name=instrument]')]"
        f".find((one) => one.parentElement.innerText.includes('{paid_with}')).click()"
    )
    page.js("document.getElementById('check-out').click()")
    page.wait("!!document.getElementById('pay')")
    return str(page.js("document.getElementById('till-body').innerText"))


def agree(page: Browser) -> None:
    page.js("document.getElementById('agreed').focus()")
    page.press(" ", code=32, text=" ")
    page.wait("!document.getElementById('pay').disabled")
    page.js("document.getElementById('pay').focus()")
    page.press("Enter", code=13, text="\r")


def words(page: Browser, *, until: str) -> str:
    """What is said of the order once this is in it."""
    page.wait(f"document.getElementById('order-words')?.textContent.includes('{until}')")
    said, heard = json.loads(
        page.js("JSON.stringify(['order-words', 'till-status'].map(id => document.getElementById(id).textContent))")
    )
    assert heard in (said, "Your receipt is there.")  # to those who listen, too: the receipt comes a moment after
    return str(said)


def lines_in_the_cart(page: Browser) -> int:
    page.js("document.getElementById('till').open || document.getElementById('cart-open').click()")
    page.wait("document.getElementById('till-body').innerText && document.getElementById('till-title').textContent")
    return int(page.js("document.querySelectorAll('#till-body .line').length"))


def test_a_visitor_buys_by_keyboard_after_seeing_the_full_terms(page: Browser, cloud: Running) -> None:
    take_to_the_till(page)
    assert page.js("document.querySelectorAll('[name=instrument]:checked').length") == 0

    terms = see_the_terms(page, "that pays")

    for said in (
        "1 × Zanzibar Roasting Tin",
        "GBP 24.50",
        "Delivery",
        "GBP 3.95",
        "Tax, included",
        "Total",
        "GBP 28.45",
    ):
        assert said in terms, terms
    assert "These terms hold until" in terms
    assert page.js("document.getElementById('agreed').checked") is False
    assert page.js("document.getElementById('pay').disabled") is True
    assert page.js("document.getElementById('pay').textContent") == "Pay GBP 28.45"
    assert page.js("document.activeElement.id") == "till-title"

    agree(page)

    assert words(page, until="Paid.") == "Paid. Thank you for your order!"
    operate.at_home(cloud).call("publish-events", {})  # the schedule would within a minute
    receipts = page.wait("[...document.querySelectorAll('#receipt a')].map((one) => one.href).join(' ')", within_s=90)
    shown, kept = (urllib3.request("GET", url, retries=False, timeout=10) for url in receipts.split())
    assert (shown.status, kept.status, kept.data[:5]) == (200, 200, b"%PDF-")
    assert "Zanzibar Roasting Tin" in shown.data.decode()
    page.press("Escape", code=27)
    page.wait("!document.getElementById('till').open")
    assert lines_in_the_cart(page) == 0
    # A receipt that is not written yet is a 404, which the browser notes.
    assert [one for one in page.complaints if not one.endswith("/receipt")] == []


def test_a_declined_card_is_told_in_a_shoppers_words_and_keeps_the_cart(page: Browser) -> None:
    take_to_the_till(page)
    see_the_terms(page, "without enough")
    agree(page)

    assert "There is not enough money available" in words(page, until="came to nothing")
    page.wait("document.getElementById('cart-open').textContent === 'Cart (1)'")
    page.js("[...document.querySelectorAll('#till-body button')].at(-1).click()")
    page.wait("document.querySelectorAll('#till-body .line').length === 1")


def test_a_bank_that_asks_is_answered_in_another_window_and_the_order_goes_on_here(page: Browser) -> None:
    take_to_the_till(page)
    see_the_terms(page, "asks first")
    agree(page)
    words(page, until="Your bank asks")

    bank = page.js("document.getElementById('bank').href")
    assert page.js("document.getElementById('bank').rel") == "noopener noreferrer"
    page.call("Target.createTarget", url=f"{bank}?answer=pass")

    assert "Paid." in words(page, until="Paid.")


def test_who_comes_back_from_their_bank_to_no_open_page_finds_their_order_again(page: Browser) -> None:
    take_to_the_till(page)
    see_the_terms(page, "asks first")
    agree(page)
    words(page, until="Your bank asks")

    page.open(page.js("document.getElementById('bank').href") + "?answer=pass")  # in this window: the page is gone

    assert "Paid." in words(page, until="Paid.")
    assert page.js("location.search") == ""


def test_a_visitor_who_opens_the_page_again_is_who_they_were_until_they_are_forgotten(
    page: Browser, cloud: Running
) -> None:
    take_to_the_till(page)

    enter(page, cloud, merchants.shop("kitchen").widget_key)
    assert lines_in_the_cart(page) == 1

    forget = "[...document.querySelectorAll('#till-body button')].find((one) => one.textContent.startsWith('Forget'))"
    page.js(f"{forget}.click()")
    page.wait("document.getElementById('till')?.open === false")  # the page is being read anew
    enter(page, cloud, merchants.shop("kitchen").widget_key)
    assert lines_in_the_cart(page) == 0


def test_a_bank_that_says_no_keeps_the_cart(page: Browser) -> None:
    take_to_the_till(page)
    see_the_terms(page, "asks first")
    agree(page)
    words(page, until="Your bank asks")

    page.call("Target.createTarget", url=page.js("document.getElementById('bank').href") + "?answer=fail")

    words(page, until="came to nothing")
    page.js("[...document.querySelectorAll('#till-body button')].at(-1).click()")
    page.wait("document.querySelectorAll('#till-body .line').length === 1")


def test_everything_at_the_till_has_a_name_and_fits_a_phone(page: Browser) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=320, height=568, deviceScaleFactor=2, mobile=True)
    take_to_the_till(page)
    for step in ("cart", "terms"):
        tree = page.call("Accessibility.getFullAXTree")["nodes"]
        usable = [
            node.get("name", {}).get("value", "")
            for node in tree
            if not node.get("ignored")
            and node.get("role", {}).get("value") in {"button", "radio", "checkbox", "link", "dialog"}
        ]
        assert usable
        assert all(usable), usable
        assert page.js("document.documentElement.scrollWidth") <= 320
        assert page.js("document.getElementById('till').scrollWidth <= document.getElementById('till').clientWidth")
        if step == "cart":
            see_the_terms(page, "that pays")


def contrast(ink: str, paper: str) -> float:
    """As WCAG counts it."""
    light, dark = sorted((luminance(ink), luminance(paper)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(float(part) / 255) for part in re.findall(r"[\d.]+", colour)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_that_are_too_alike_would_be_noticed() -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21)
    assert contrast("rgb(150, 150, 150)", "rgb(255, 255, 255)") < 4.5
