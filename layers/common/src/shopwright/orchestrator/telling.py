"""How the values of a product are put into a line: changes when a product is told otherwise."""

import re
from collections.abc import Iterable, Sequence

from shopwright.catalog.facts import AVAILABILITY, STOCK
from shopwright.grounding.wording import wording
from shopwright.orchestrator import having
from shopwright.orchestrator.amounts import held_of, value_of
from shopwright.orchestrator.fitting import is_size, sizes_of
from shopwright.orchestrator.item import Item, Line, Shown, is_out
from shopwright.orchestrator.seeking import Sought
from shopwright.orchestrator.vocabulary import figures


def bought(items: Sequence[Item], most_first: Sequence[str]) -> Shown:
    """Those of the products that were bought most, in that order."""
    by_id = {item.product_id: item for item in items}
    told = [by_id[one] for one in most_first if one in by_id][: figures()["most"]]
    says = "bought_most" if told else "none_bought" if most_first else "nothing_bought"
    names = frozenset({"price", "sale_price", STOCK, AVAILABILITY})
    lines = [Line(wording().shelf[says]), *(line_of(item, prices_of(item)) for item in told)]
    return Shown(tuple(lines), tuple(told), tuple(items), names, passing=True)


def told(items: Sequence[Item], names: Sequence[str]) -> Shown | None:
    """The values that were asked for, of each of these products; None, when none of them has any."""
    lines: list[Line] = []
    for item in items:
        held = [name for name in _with_sale(names) if _has(item, name)]
        if held:
            lines.append(line_of(item, (*held, *stock_of(item, out_only=STOCK not in names))))
        else:
            what = wording().shelf["or"].join(name.replace("_", " ") for name in names)
            lines.append(Line(wording().shelf["does_not_say"].format(name=what, title=item.title), (item,)))
    if not any(line.told for line in lines):
        return None
    return Shown(tuple(lines), tuple(items), tuple(items), frozenset({*_with_sale(names), STOCK, AVAILABILITY}))


def line_for(item: Item, asked: Sought) -> Line:
    wishes = asked.wishes
    names = [*prices_of(item)]
    several = "colour" in item.sheet and len(having.parts(item.sheet["colour"].value)) > 1
    names += ["colour"] if wishes.colours or wishes.not_colours or (asked.lacks and several) else []
    sizes = sizes_of(item) if wishes.sizes else {}
    names += [name for name, value in sizes.items() if any(is_size(one, value) for one in wishes.sizes)] or [*sizes][:1]
    names += [held.name for one in wishes.measures if (held := held_of(item, one.name)) and held.name]
    names += named_value(item, asked.by.name) if asked.by else []
    names += labelled(item, asked.asks)
    names += [flag for one in (*asked.has, *asked.lacks) for flag in one.flags]
    return line_of(item, (*names, *stock_of(item, out_only=not (wishes.in_stock or asked.counts))))


def labelled(item: Item, text: str) -> list[str]:
    """The values whose figure has a label of its own that the words name: the "R-value" of "R-value 3.4"."""
    plain = text.casefold()
    labels = {name: label[1].casefold() for name, fact in item.sheet.items() if (label := _LABEL.match(fact.value))}
    return [name for name, label in labels.items() if re.search(rf"(?<![\w-]){re.escape(label)}(?![\w-])", plain)]


_LABEL = re.compile(r"([^\W\d_][^\W\d]*(?:[ -][^\W\d]+){0,2}?):? -?[0-9]")


def line_of(item: Item, names: Iterable[str]) -> Line:
    """These values of a product, told."""
    held = [item.sheet[name] for name in dict.fromkeys(names) if name in item.sheet]
    out = [wording().shelf["sold_out"]] if is_out(item) else []
    told = ", ".join([*(f"{fact.name.replace('_', ' ')} {fact.text}" for fact in held), *out])
    hangs = tuple(item.sheet[name] for name in (STOCK, AVAILABILITY) if name in item.sheet)
    return (
        Line(f"{item.title}: {told}", (item,), tuple(dict.fromkeys((*held, *hangs))))
        if told
        else Line(item.title, (item,), hangs)
    )


def prices_of(item: Item) -> tuple[str, ...]:
    return tuple(name for name in ("price", "sale_price") if name in item.sheet)


def _with_sale(names: Sequence[str]) -> tuple[str, ...]:
    return (*names, "sale_price") if "price" in names else tuple(names)


def named_value(item: Item, name: str) -> list[str]:
    value = value_of(item, name) if name and name != "price" else ""
    return [value] if value else []


def stock_of(item: Item, *, out_only: bool) -> tuple[str, ...]:
    return () if out_only else tuple(name for name in (STOCK, AVAILABILITY) if name in item.sheet)


def _has(item: Item, name: str) -> bool:
    return name in item.sheet or (name == STOCK and AVAILABILITY in item.sheet)
