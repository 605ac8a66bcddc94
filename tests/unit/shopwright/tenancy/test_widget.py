"""A widget key works on its merchant's own pages only."""

import pytest
from shopwright.tenancy.tenant import Tenant
from shopwright.tenancy.widget import NotThisPage, Widget, admit

SHOP = Widget("wk_outdoor", Tenant("outdoor"), frozenset({"https://outdoor.example", "http://localhost:8080"}))


@pytest.mark.parametrize(
    "origin",
    ["https://outdoor.example", "https://OUTDOOR.example", "https://outdoor.example:443", "http://localhost:8080"],
)
def test_the_merchants_own_page_may_use_it(origin: str) -> None:
    assert admit(SHOP, origin) is SHOP


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "*",
        "https://outdoor.example.evil.example",
        "https://evil.example/https://outdoor.example",
        "http://outdoor.example",
        "https://outdoor.example:444",
        "https://outdoor.example/",
        "https://оutdoor.example",
        "https://user@outdoor.example",
        "file://",
        "http://localhost:8080\n",
    ],
)
def test_no_other_page_may(origin: str | None) -> None:
    with pytest.raises(NotThisPage):
        admit(SHOP, origin)


def test_an_unknown_key_looks_like_a_wrong_page() -> None:
    with pytest.raises(NotThisPage) as unknown:
        admit(None, "https://outdoor.example")
    with pytest.raises(NotThisPage) as elsewhere:
        admit(SHOP, "https://evil.example")

    assert str(unknown.value) == str(elsewhere.value)


def test_a_widget_without_pages_works_nowhere() -> None:
    with pytest.raises(NotThisPage):
        admit(Widget("wk_new", Tenant("outdoor"), frozenset()), "null")
