"""Products with their values, and what is told of them: a shelf to ask about."""

from collections.abc import Mapping

from shopwright.catalog.facts import Kind, Told
from shopwright.orchestrator import seeking, showing
from shopwright.orchestrator.item import Item, Shown
from shopwright.orchestrator.wanted import wanted
from shopwright.retrieval.search import Passage

UNITS = {"price": "EUR", "sale_price": "EUR", "weight": "g", "capacity": "l"}


FLAGS = ("dishwasher_safe", "vegan")


def item(title: str, prose: str = "", **values: str) -> Item:
    facts = {"price": "20.00", "stock": "5", **values}
    sheet = {name: told(title, name, value) for name, value in facts.items() if value}
    passage = Passage(
        f"c-{title}", "d", 1, "Catalog", (title,), 0, 9, "d.csv", _record(title, prose, values), 0.8, None, 0.8
    )
    return Item(title.casefold(), title, passage, sheet)


def _record(title: str, prose: str, values: Mapping[str, str]) -> str:
    told = [f"{name}: {value}" for name, value in values.items() if value]
    return "; ".join([f"sku: 1; name: {title}", *told, f"description: {prose}" if prose else "brand: Own"])


def told(title: str, name: str, value: str) -> Told:
    kind = Kind.MONEY if "price" in name else Kind.QUANTITY if name in ("weight", "stock", "capacity") else Kind.WORDS
    kind = Kind.FLAG if name in FLAGS else kind
    return Told(title.casefold(), "", name, kind, value, UNITS.get(name, ""), 3)


def found(message: str, *items: Item, complete: bool = True) -> Shown | None:
    by = seeking.by_word(message)
    about, wishes = seeking.subject(message, wanted(message))
    asked = seeking.sought(about, wishes, compared_by=by)
    return showing.found(asked, items, complete=complete)


def text(shown: Shown | None) -> str:
    assert shown is not None
    return "\n".join(line.text for line in shown.lines)


def fitting(shown: Shown | None) -> list[str]:
    """Those of which it is said that they fit, by name."""
    assert shown is not None
    titles: list[str] = []
    for line in shown.lines[1:] if "fit" in shown.lines[0].text else []:
        if not line.items:
            break
        titles.append(line.items[0].title)
    return sorted(titles)
