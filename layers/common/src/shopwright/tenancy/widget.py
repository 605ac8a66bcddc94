"""A merchant's public widget key, and the pages it may be used on."""

import re
from dataclasses import dataclass

from shopwright.errors import Denied
from shopwright.tenancy.tenant import Tenant

KEY = r"^[A-Za-z0-9_-]{8,64}$"
_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]{1,253}|\[[0-9a-f:]+\])(?::([0-9]{1,5}))?")
_USUAL = {"http": "80", "https": "443"}


class NotThisPage(Denied):
    """The widget key is unknown, or is used on a page that its merchant has not listed: the two look the same."""


@dataclass(frozen=True, slots=True)
class Widget:
    """One widget key. It is public, and so it allows little: a guest's token, on the merchant's own pages."""

    key: str
    tenant: Tenant
    origins: frozenset[str]


def admit(widget: Widget | None, origin: str | None) -> Widget:
    """The widget, if a page of this origin may use it.

    A browser always sends the true origin; something that is no browser can send any, which is why guests are also
    counted.
    """
    page = None if origin is None else _canonical(origin)
    if widget is None or page is None or page not in {_canonical(listed) for listed in widget.origins}:
        raise NotThisPage("This widget key cannot be used here. The merchant lists the pages that may use it.")
    return widget


def _canonical(origin: str) -> str | None:
    """Scheme, host and port as browsers compare them; None for what no browser would send as a page's origin."""
    match = _ORIGIN.fullmatch(origin.lower())
    if match is None:
        return None
    scheme, host, port = match.groups()
    return f"{scheme}://{host}:{port or _USUAL[scheme]}"
