"""Which products fit what is looked for, in which order: changes when a search is answered otherwise.

Everything is decided and told from one reading of the database (`Item.sheet`), so that no sentence mixes what was true
when products were looked for with what is true now. Prose has no figure of its own: each is a value with its version.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from shopwright.catalog.facts import AVAILABILITY, STOCK
from shopwright.grounding.wording import wording
from shopwright.llm import fits, words
from shopwright.orchestrator import having
from shopwright.orchestrator.amounts import (
    Amounts,
    amount_of,
    amounts_held,
    end_of,
    measured_alike,
    measures_up,
    price_span,
    short_of,
    unit_of,
    value_names,
)
from shopwright.orchestrator.comparing import best_of, by_amount, nobody_says_which, settled, values_of
from shopwright.orchestrator.fitting import (
    SIZES,
    fits_all,
    foreign_currency,
    has_so_many,
    is_below,
    is_refused,
    lacks_all,
    misses_price_by,
    missing,
    state_of,
    understood,
)
from shopwright.orchestrator.item import Item, Line, Shown, is_out
from shopwright.orchestrator.kinds import called_or_beside, valued_terms, without_general, without_unheard
from shopwright.orchestrator.seeking import By, Sought
from shopwright.orchestrator.telling import bought, line_for
from shopwright.orchestrator.vocabulary import figures
from shopwright.orchestrator.wanted import Sort


def found(
    asked: Sought, items: Sequence[Item], *, complete: bool, surely: bool = False, all_told: bool = False
) -> Shown | None:
    """The products that fit what was looked for; the nearest, when none does; None, when nothing of the kind is there.

    A product is of the kind when its name or its category has the word for it, and it holds all other words too.
    `surely`: its name ends with that word, or it is the category's. `all_told`: "the cheapest" is of all of these.
    """
    asked = understood(asked, items)
    whole = asked.wishes.sold_out and not surely  # what is out of a category is also what goes with its things
    named, beside = called_or_beside(asked, items, surely=surely, whole=whole)
    unheard = ""
    if not named and not beside:
        plainer = without_general(asked)
        named, beside = called_or_beside(plainer, items, surely=True) if plainer != asked else (named, beside)
        asked = plainer if named or beside else asked
    if not named and not beside and not surely:
        asked, unheard = without_unheard(asked, items)
        named, beside = called_or_beside(asked, items, surely=True) if unheard else (named, beside)
    if not named and not beside:
        return None
    beside = measured_alike(asked.wishes, named, beside)
    kind = (*named, *beside)
    held = [(one, amounts_held(one, kind)) for one in asked.wishes.measures]
    by = asked.by
    lines = [Line(wording().shelf["unheard"].format(what=unheard))] if unheard else []
    foreign = foreign_currency(asked.wishes.price, kind)
    if foreign is not None:
        lines.append(Line(wording().shelf["other_currency"].format(currency=foreign)))
    pool = named if by is not None and by.one and named and not all_told else kind
    if by is not None:
        by = settled(by, pool, few=not asked.head)
        asked = replace(asked, by=by)
    if by is not None and not by.name:
        if not asked.head:
            return None
        lines.append(nobody_says_which(by))
    popular = asked.wishes.sort is Sort.POPULAR and asked.bought is not None
    if asked.wishes.sort in (Sort.NEWEST, Sort.RATING, Sort.POPULAR) and not popular:
        lines.append(Line(wording().shelf["does_not_sort"]))
    judged = {item.product_id: lacks_all(item, asked.lacks, kind) for item in pool}
    fits = [item for item in pool if fits_all(item, asked, held)]
    fitting = [item for item in fits if judged[item.product_id]]
    uncounted = asked.counted
    if uncounted is not None and uncounted.exact and (so := [one for one in fitting if has_so_many(one, uncounted)]):
        fitting, uncounted = so, None
    if uncounted is not None and by is not None and by.one:
        return None
    unsaid = _in_order(asked, [item for item in fits if judged[item.product_id] is None], named)
    names = _decides(asked) | (values_of(by, pool) if by else frozenset())
    if not fitting:
        allowed = [item for item in pool if judged[item.product_id] and not is_refused(item, asked.wishes)]
        near = _nearest(asked, allowed, held) if not unsaid and not asked.wishes.sold_out else []
        says = "nothing" if complete and not asked.beyond else "nothing_seen"
        if any(not any(item.product_id in amounts for item in pool) for _, amounts in held):
            says = "unmeasured"
            if not asked.head:
                return None  # of nothing in particular, the nearest is nothing to tell
        lines += [] if unsaid else [Line(wording().shelf[says if near else f"{says}_at_all"])]
        lines += [line_for(item, asked) for item in near]
        untold = _unsaid(asked, unsaid, figures()["most"])
        lines += untold
        shown = [*near, *(item for line in untold for item in line.items)]
        if unheard:
            return None
        return Shown(tuple(lines), tuple(shown), tuple(kind), names, likely=bool(untold), fits=bool(untold))
    if popular and asked.bought is not None:
        told = bought(fitting, asked.bought)
        if told.items:
            return replace(told, looked_at=tuple(kind), names=names)
        lines += told.lines
    ranked = _in_order(asked, fitting, named)
    if by is not None and by.name and by.one:
        best = best_of(by, ranked)
        if best:
            sure = complete and not asked.beyond and all(end_of(item, by) is not None for item in ranked)
            says = "superlative_out" if is_out(best[0]) else "superlative" if sure else "superlative_seen"
            says = f"{says}_of" if by.of else says
            lines.append(Line(wording().shelf[says].format(word=by.word)))
            best = best[: figures()["most"]]
            lines += [line_for(item, asked) for item in best]
            also = [item for item in kind if asked.counted is None or has_so_many(item, asked.counted)]
            others = [] if pool is kind else _better(by, best[0], _fitting(also, asked, held))
            if others:
                lines.append(Line(wording().shelf["superlative_beside"].format(word=by.word)))
                lines += [line_for(item, asked) for item in others]
            return Shown(tuple(lines), (*best, *others), tuple(kind), names, likely=bool(unheard))
        lines.append(nobody_says_which(by))
    shown = ranked[: figures()["most"]]
    count = len(ranked) + (asked.beyond if _by_price_alone(asked) and len(ranked) == len(pool) else 0)
    complete = complete and (count > len(ranked) or not asked.beyond)
    more = "fit_more" if count > len(shown) else "fit" if len(shown) > 1 else "fit_one"
    more = more if complete else {"fit_more": "fit_more_seen"}.get(more, "fit_first")
    fit = wording().shelf["whatever_price" if foreign is not None else more]
    if uncounted is not None:
        fit = wording().shelf["uncounted"]
    what = "" if uncounted is None else uncounted.what
    lines.append(Line(fit.format(count=count, shown=len(shown), what=what)))
    lines += [line_for(item, asked) for item in shown]
    perhaps = _perhaps_others(asked, ranked, items, figures()["most"] - len(shown))
    lines += perhaps
    shown += [item for line in perhaps for item in line.items]
    untold = _unsaid(asked, unsaid, figures()["most"] - len(shown))
    lines += untold
    shown += [item for line in untold for item in line.items]
    by_flag = any(one.flags for one in asked.has)
    likely = bool(unheard)
    return Shown(tuple(lines), tuple(shown), tuple(kind), names, passing=popular, by_flag=by_flag, likely=likely)


def _by_price_alone(asked: Sought) -> bool:
    """Whether whatever costs so much fits."""
    wishes = replace(asked.wishes, price=None, sort=None, in_stock=False, references=(), quantity=None)
    return not (wishes.fixes or asked.terms or asked.has or asked.lacks or asked.below)


def _fitting(items: Sequence[Item], asked: Sought, held: Amounts) -> list[Item]:
    return [item for item in items if fits_all(item, asked, held) and lacks_all(item, asked.lacks, items)]


def _better(by: By, than: Item, items: Sequence[Item]) -> list[Item]:
    """What is called otherwise and has still less, or more: a wok is a pan, and a tarp perhaps no tent."""
    best = best_of(by, items)[: figures()["near"]]
    end, other = end_of(than, by), end_of(best[0], by) if best else None
    beats = end is not None and other is not None and (other > end if by.most else other < end)
    return best if beats and unit_of(than, by.name) == unit_of(best[0], by.name) else []


def _perhaps_others(asked: Sought, fitting: Sequence[Item], items: Sequence[Item], most: int) -> list[Line]:
    """Where a word is of somebody's description alone, others of that kind may be so as well, and not say it."""
    told = {item.product_id for item in fitting}
    of_kind = replace(asked, terms=tuple(term for term in asked.terms if term == asked.head), named=fits.subject(""))
    called, _ = called_or_beside(of_kind, items, surely=True)
    others = [item for item in called if item.product_id not in told]
    by_value = {term for item in fitting for term in valued_terms(item)}
    prose = [
        word for word in asked.spelled if words.terms(word) & set(asked.terms) and not words.terms(word) & by_value
    ]
    if not asked.head or not prose or not others:
        return []
    what = " ".join(prose)
    used = having.thing(what, ())
    likely = [item for item in others if used is None or state_of(item, used, (item,)) is not False]
    if not likely:
        return []
    # Of what it is for, the others may well be as good: a charger that says nothing of laptops.
    shown = likely[: max(0, most)] if words.terms(what) <= asked.use else []
    says = wording().shelf["others_unsaid" if shown else "others_unsaid_alone"].format(what=what)
    return [Line(says), *(line_for(item, asked) for item in shown)]


def _unsaid(asked: Sought, items: Sequence[Item], most: int) -> list[Line]:
    """Those of which nobody says whether they have what is denied."""
    if not items or most <= 0:
        return []
    says = "unsaid_more" if len(items) > most else "unsaid"
    what = ", ".join(one.text for one in asked.lacks)
    first = Line(wording().shelf[says].format(what=what, count=len(items)))
    return [first, *(line_for(item, asked) for item in items[:most])]


def widened(asked: Sought, kind: str) -> Sought:
    """What is cheaper than one certain product is another one of its kind, by whatever name."""
    terms = tuple(sorted(words.terms(kind)))
    return replace(asked, terms=terms, spelled=(kind,), head=terms[-1] if terms else "", named=fits.subject(""))


def has_below(asked: Sought, items: Sequence[Item]) -> bool:
    """Whether one that is looked for is cheaper than those that it is to be cheaper than."""
    kind = called_or_beside(understood(asked, items), items, surely=False)
    return any(is_below(item, asked.below) for found in kind for item in found)


def _nearest(asked: Sought, items: Sequence[Item], held: Amounts) -> list[Item]:
    """Of those that do not fit, the ones that miss least: first what fits but for its price, nearest in price."""
    price = asked.wishes.price

    def misses(item: Item) -> int:
        measures = sum(not measures_up(item, one, amounts) for one, amounts in held)
        return measures + missing(item, asked.wishes) + sum(not state_of(item, one, (item,)) for one in asked.has)

    def by_how_much(item: Item) -> tuple[Decimal, ...]:
        return tuple(short_of(one, amounts.get(item.product_id)) for one, amounts in held)

    nearest = sorted(items, key=lambda item: (misses(item), by_how_much(item), misses_price_by(item, price)))
    return nearest[: figures()["near"]]


def _in_order(asked: Sought, items: Sequence[Item], named: Sequence[Item]) -> list[Item]:
    """What can be had first, and what is called so before what stands in such a category; then by the wished order,
    or in the order in which they came."""
    called = {item.product_id for item in named}
    ranked = list(items)
    down = asked.wishes.sort is Sort.PRICE_DOWN or (asked.by is not None and asked.by.name == "price" and asked.by.most)
    if down or asked.wishes.sort is Sort.PRICE_UP or (asked.by is not None and asked.by.name == "price"):
        ranked.sort(key=lambda item: _cost(item, down=down))
        return sorted(ranked, key=is_out)
    if asked.by is not None and asked.by.name:
        return [*by_amount(asked.by, ranked), *(item for item in ranked if amount_of(item, asked.by.name) is None)]
    least = next((one for one in asked.wishes.measures if one.name == "persons" and one.least is not None), None)
    sleeps = {} if least is None else amounts_held(least, ranked)  # what is for fewer is nearer
    if sleeps:
        ranked.sort(key=lambda item: sleeps[item.product_id].low if item.product_id in sleeps else Decimal("Infinity"))
    return sorted(ranked, key=lambda item: (is_out(item), item.product_id not in called))


def _cost(item: Item, *, down: bool) -> tuple[bool, Decimal]:
    span = price_span(item)
    if span is None:
        return True, Decimal(0)
    return False, -span[1] if down else span[0]


def _decides(asked: Sought) -> frozenset[str]:
    wishes = asked.wishes
    names = {"price", "sale_price", STOCK, AVAILABILITY}
    names |= {"colour"} if wishes.colours or wishes.not_colours else set()
    names |= set(SIZES) if wishes.sizes else set()
    names |= {name for one in wishes.measures for name in value_names(one.name)}
    names |= {flag for one in (*asked.has, *asked.lacks) for flag in one.flags}
    names |= having.decides() if asked.has or asked.lacks else set()
    return frozenset(names)
