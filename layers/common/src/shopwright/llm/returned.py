"""What a page says of returning one thing, where it says more of it than of all: changes when such a rule is found
otherwise.

"Most items within 14 days" is half of the answer for earbuds, which come back in their sealed box only.
"""

from collections.abc import Collection, Sequence

from shopwright.llm import described, fits, words
from shopwright.llm.units import Unit, name

_PERIOD = "window period deadline limit"
_STATE = "unused unworn undamaged unwanted new"  # of anything
_HEAD = 3  # letters: an earbud is a bud


def rule(question: str, figures: Collection[str], units: Sequence[Unit], most: int) -> list[Unit]:
    """The rule for the thing, after that for all where it is asked how long and the thing's own does not say; none
    where the page has none for it, or where it is found without us."""
    asked = fits.subject(question)
    returns = words.terms("return")
    if asked.words & fits.trade() != returns or asked.places or fits.asks_of_what_is_not(question):
        return []
    period = words.terms(_PERIOD)
    asks_time = "time" in figures or bool(asked.words & period)
    thing = asked.words - returns - fits.states() - words.terms(_STATE) - words.figure_terms("time") - period
    pages = [unit for unit in units if not name(unit) and not unit.row and returns <= unit.said | unit.above]
    own = [unit for unit in pages if returns <= unit.said and not fits.catches_all(unit.text)]
    telling = [unit for unit in own if thing and thing <= unit.said]
    if not telling:
        products = [unit for unit in units if name(unit) and thing and thing <= words.terms(name(unit))]
        telling = [unit for unit in own if any(_is_of(unit, product, thing) for product in products)]
    elif not asks_time:
        return []
    asks_time = asks_time and not any(map(_tells_time, telling[:1]))
    of_all = [unit for unit in pages if asks_time and fits.catches_all(unit.text) and _tells_time(unit)]
    return [*of_all[:1], *telling[:1]][:most] if telling else []


def _tells_time(unit: Unit) -> bool:
    return words.has_figure("time", unit.text) and words.terms("return") <= unit.said


def _is_of(unit: Unit, product: Unit, thing: Collection[str]) -> bool:
    """Is a rule of what the product is, or headed by that, as its description or its name says?"""
    if described.kinds(product) & unit.said:
        return True
    headed = words.terms(unit.heading) - fits.trade()
    prose = words.terms(" ".join(value for label, value in product.fields if label.casefold() in described.PROSE))
    return bool(headed) and all(
        term in prose or any(len(one) >= _HEAD and term.endswith(one) for one in thing) for term in headed
    )
