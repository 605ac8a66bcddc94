"""How long a page guarantees a product that is named: changes when such a rule is found otherwise.

"Tents and backpacks carry 5 years" names no product: its record says that it is a tent. "Bramble appliances" names a
range, and a product of it begins with that name.
"""

import re
from collections.abc import Sequence

from shopwright.llm import fits, words
from shopwright.llm.units import Unit, name

_CAPITAL = re.compile(r"(?<=[a-z0-9,] )[A-Z]\w+")
_BUSINESS = "warranty"


def rule(question: str, units: Sequence[Unit], most: int) -> list[Unit]:
    """The sentences that hold for every product that the question may mean; none where one of them has none, or where
    something else is asked."""
    if not fits.asks_of_goods(question) or fits.asks_of_what_is_not(question):
        return []
    asked = fits.subject(question)
    business = words.terms(_BUSINESS)
    named = asked.words - business - words.terms("year month")
    if not asked.words >= business or asked.words & fits.trade() != business or not named:
        return []
    numbers = {number for number, _ in asked.numbers}
    meant = [unit for unit in units if name(unit) and named <= words.terms(name(unit))]
    meant = [unit for unit in meant if numbers & {*fits.tokens(name(unit))}] or meant
    pages = [
        unit
        for unit in units
        if not name(unit)
        and not unit.row
        and business <= unit.said
        and words.has_figure("time", unit.text)
        and not fits.says_not(unit.text)
        and not fits.catches_all(unit.text)
    ]
    told: list[Unit] = []
    for product in meant:
        holds = [unit for unit in pages if _range(product) in fits.tokens(unit.text)]
        holds = holds or [unit for unit in pages if _is_of_category(product, unit.text)]
        if not holds:
            return []
        told += [unit for unit in holds if unit not in told]
    return told if len(told) <= most else []


def with_those_before(units: Sequence[Unit], pages: Sequence[Unit], most: int) -> list[Unit]:
    """What is said of "all other" things, with the rules that it leaves out: alone it is told of what they hold too."""
    chosen: list[Unit] = []
    for unit in units:
        if fits.is_of_others(unit.text):
            business = unit.said & fits.trade()
            chosen += [
                one
                for one in pages
                if one.source is unit.source
                and one.place < unit.place
                and one.heading == unit.heading
                and one.said & business
                and one not in chosen
            ]
        if unit not in chosen:
            chosen.append(unit)
    return chosen if len(chosen) <= most or len(chosen) == len(units) else []


def _range(product: Unit) -> str:
    return fits.tokens(name(product))[0]


def _is_of_category(product: Unit, text: str) -> bool:
    """Is a sentence of a whole category? One that names a range is of that alone."""
    category = next((value for label, value in product.fields if label.casefold() == "category"), "")
    return bool(words.terms(category) & words.terms(text)) and not _CAPITAL.search(text)
