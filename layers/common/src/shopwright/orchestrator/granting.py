"""What is shown for a wish: changes when a wish is granted otherwise.

Each function takes a wish, the products that were found for it and what came of its steps; None: it has nothing to
tell, and the documents may.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from shopwright.catalog.facts import AVAILABILITY, STOCK
from shopwright.grounding.wording import wording
from shopwright.llm import fits, words
from shopwright.orchestrator import comparing, fitting, having, kinds, seeking, showing, summing, telling, vocabulary
from shopwright.orchestrator import variants as varying
from shopwright.orchestrator.amounts import price_span
from shopwright.orchestrator.comparison import asks_difference
from shopwright.orchestrator.intent import Kind, Request
from shopwright.orchestrator.item import Item, Line, Shown, is_out
from shopwright.orchestrator.pointing import Pointing
from shopwright.orchestrator.ranking import Ranked, rank
from shopwright.orchestrator.wanted import Wanted, plain_text, wanted, without_bounds
from shopwright.orchestrator.wish import Outcomes, Whole, Wish, is_complete, words_of

ASKS = re.compile(
    r"^\W*(?:and |so |hi )*(?:how|what'?s?|which|who|why|when|where|is (?!there)|are (?!there)|does|can|will)\b",
    re.I,
)
# "R-value over 3": what is not understood as a bound is no number of a name.
_BOUND = re.compile(
    r"\b(?:over|under|above|below|at least|at most|(?:more|less|higher|lower) than|up to|between|from)\s+[0-9]", re.I
)
# "Where are your tents made?" looks for no tent.
_OF_NO_THING = re.compile(r"^\W*(?:(?:and|so|but|hi|hello)\W+)*(?:how|who|why|when|where)\b", re.I)
MAY = re.compile(r"^\W*(?:can|could|may|should|is it|are) (?!you\b|there\b)", re.I)
# "Which items can go in the washing machine?" names no thing to look for: only a value that is yes or no tells.
_MAY_GO = re.compile(
    r"^\W*(?:which|what)(?: of (?:your|the))? (?:items|things|products|goods|articles) (?:can|may|must|should|could)"
    r"(?:n't| not)? (?:be|go|safely|also)\b",
    re.I,
)
_THAN = re.compile(r"\bthan (.+)$", re.I)
WHETHER = re.compile(r"^\W*(?:(?:and|so|but)\W+)*(?:is|are|do|does)(?:n't)? (?!you\b|there\b)", re.I)

# "Which of them is wireless?" asks of each whether it is.
_OF_THESE = re.compile(
    r"^\W*(?:(?:and|so|but)\W+)*which(?: ones?)?(?: of (?:them|these|those))? (?P<is>is|are|has|have|does|do|can)\b",
    re.I,
)
_IS = re.compile(r"^\W*(?:(?:and|so|but)\W+)*(?:is|are|do|does|has|have|can)(?:n't)? (?!you\b|there\b|i\b|we\b)", re.I)
_LEFT = re.compile(
    r"\b(?:they|them|these|those|it|both|all|also|too|really|actually|a|an|the|any|made|of|with|have|has|come)\b", re.I
)


def ranked(items: Sequence[Item]) -> tuple[Ranked, ...]:
    relevance = {item.product_id: item.relevance for item in items}
    return rank(relevance, [item.prediction for item in items if item.prediction is not None])


def show_found(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    below = tuple(item for item in items if item.product_id in wish.below)
    by_id = {item.product_id: item for item in items if item.product_id not in {*wish.below, *wish.skipped}}
    ordered = [by_id[one.product_id] for one in ranked(list(by_id.values()))]
    by = None if wish.below else seeking.by_word(_unpriced(wish.request))
    about, wishes = seeking.subject(wish.about, wish.request.wanted)
    looked_for = seeking.sought(about, wishes, compared_by=by)
    if _is_bound_unread(wish, looked_for):
        return None
    if wish.below and len(below) < len(wish.below):
        return None  # cheaper than what, is not known any more
    looked_for, complete = replace(looked_for, below=below), outcomes.complete(wish)
    if wish.kind and not (looked_for.head and showing.has_below(looked_for, ordered)):
        looked_for = showing.widened(looked_for, wish.kind)
        complete = is_complete(outcomes.of(wish, "search_products")[-1])
    counts, beyond = varying.asks_stock(wish.request.text), outcomes.beyond(wish)
    looked_for = replace(looked_for, bought=wish.bought, counts=counts, asks=wish.request.text, beyond=beyond)
    shown = showing.found(looked_for, ordered, complete=complete, surely=bool(wish.skipped), all_told=wish.all_told)
    if shown is not None and not shown.by_flag and _MAY_GO.search(wish.request.text):
        return None
    than = _THAN.search(_unpriced(wish.request))
    name = "" if than is None or wish.below else _name_in(than[1])
    named = kinds.meant(name, items) if name else ()
    if shown is not None and named and all(item in named for item in shown.items):
        return None  # what it is to be cheaper than, is not cheaper
    if wish.skipped and (shown is None or not shown.fits):
        says = "no_more" if complete and not beyond else "no_more_seen"
        return Shown((Line(wording().shelf[says]),), (), tuple(items))
    if shown is not None and WHETHER.search(wish.request.text) and (each := _each_told(looked_for, shown)) is not None:
        return replace(each, likely=True)
    # "Which pans may go into the dishwasher?" the shop's own page may answer for all of them.
    asks = bool(ASKS.search(wish.request.text) or MAY.search(wish.request.text))
    likely = shown is not None and shown.by_flag and asks
    return replace(shown, likely=True) if shown is not None and likely else shown


def _name_in(text: str) -> str:
    return " ".join(seeking.sought(text, Wanted(), compared_by=None).spelled)


def _each_told(looked_for: seeking.Sought, shown: Shown) -> Shown | None:
    """Of a family, such as "the Plainsong pans", whether each is so: of several that are not, one that is would be no
    answer."""
    kind = shown.looked_at
    things, named = having.things_in(looked_for.terms, having.flags_of(item.sheet for item in kind))
    flags = tuple(flag for one in things for flag in one.flags)
    titles = {item.product_id: words.terms(item.title) for item in kind}
    called = {term for term in named if any(term in title for title in titles.values())}
    family = [item for item in kind if called and called <= titles[item.product_id]]
    if not flags or len(family) < 2:
        return None
    firsts = {tuple(item.sheet[flag].value for flag in flags if flag in item.sheet): item for item in reversed(family)}
    family.sort(key=lambda item: item not in firsts.values())  # one of each answer is among those that are told
    return telling.told(family[: vocabulary.figures()["most"]], flags)


def show_bought(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """What was bought most, of the whole shop or of those that were shown."""
    return None if wish.bought is None else telling.bought(items, wish.bought)


def show_near(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """What comes nearest by its meaning, where nothing is called so: of its kind, or nearer still. None, where more is
    fixed of it than a price: what is only near is not judged by more."""
    about, wishes = seeking.subject(wish.about, wish.request.wanted)
    if replace(wishes, price=None, quantity=None).fixes or _OF_NO_THING.search(wish.request.text):
        return None
    asked, by = seeking.sought(about, wishes, compared_by=None), vocabulary.nearness()
    if _is_bound_unread(wish, asked):
        return None
    near = [
        item
        for item in items
        if item.passage.similarity >= by["of_kind" if kinds.is_of(item, asked.head) else "least"]
        and (wishes.price is None or not fitting.misses_price_by(item, wishes.price))
    ]
    near.sort(key=lambda item: -item.passage.similarity)
    near = [item for item in near if item.passage.similarity >= near[0].passage.similarity - by["beside"]]
    shown = tuple(near[: int(by["most"])])
    if not shown:
        return None
    lines = [Line(wording().shelf["what_is_near"]), *(telling.line_for(item, asked) for item in shown)]
    return Shown(tuple(lines), shown, shown, frozenset({*telling.prices_of(shown[0]), STOCK, AVAILABILITY}), fits=False)


def _is_bound_unread(wish: Wish, asked: seeking.Sought) -> bool:
    return bool(_BOUND.search(wish.request.text)) and any(term[:1].isdigit() for term in asked.terms)


def show_likely(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """What is called so, or stands in such a category, and holds every word; nothing that is only near."""
    about, wishes = seeking.subject(wish.about, wish.request.wanted)
    asked = seeking.sought(about, wishes, compared_by=None)
    if not asked.head or _is_bound_unread(wish, asked):
        return None
    called = bool(kinds.meant(words_of(wish), items))  # "the Larkmoss 1" names no kind, and a product
    return showing.found(asked, items, complete=outcomes.complete(wish), surely=not called)


def _unpriced(request: Request) -> str:
    """Its words; of those that compare, the ones that fix a price have done their part."""
    fixed = request.wanted.price is not None or request.wanted.measures
    return without_bounds(request.text) if fixed else request.text


def show_within(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """Those of the products that were shown which cost so much."""
    return showing.found(seeking.sought("", wish.request.wanted, compared_by=None), items, complete=True)


def show_priced(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """What the one product costs that is asked about; of several, those that cost so much."""
    called = kinds.meant(words_of(wish), items)
    if len(called) == 1 and wish.request.wanted.price is not None:
        return telling.told(called, ("price",))
    return show_found(wish, items, outcomes) if called else None


def show_stock(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """What is left of the variant that is asked for."""
    ids = [item.product_id for item in items]
    variants = outcomes.variants(ids) if ids else {}
    item = items[0] if wish.shown and items else varying.meant(wish.about, items, variants)
    said = None if item is None else varying.told(wish.about, item, variants.get(item.product_id, ()))
    if said is None and wish.shown:
        return show_told(wish, items, outcomes)
    if said is None and item is not None and (stock := telling.told((item,), ("stock",))) is not None:
        return replace(stock, likely=True)
    return said


def show_stock_or_found(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    said = show_stock(wish, items, outcomes)
    if said is not None or len(kinds.called_in(wish.about, items)) == 1:
        return said  # what is named in full is told of from its own record
    return show_found(wish, items, outcomes)


def show_compared(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    if not wish.parts:
        return comparing.compared(items, None) if len(items) > 1 else None
    if len(wish.parts) == 1 and not wish.also:  # "the two kettles"
        both = kinds.meant(wish.parts[0], items)
        by = seeking.by_word(wish.request.text)
        by_how_much = asks_difference(wish.request.text)
        return comparing.compared(both, by, by_how_much=by_how_much) if len(both) == _BOTH else None
    found = kinds.apart([kinds.meant(part, items) for part in wish.parts])
    lacking = [part for part, meant in zip(wish.parts, found, strict=True) if not meant]
    if lacking:
        names = wording().shelf["or"].join(lacking)
        # Of what has no name in the catalog at all the documents may tell.
        likely = len(lacking) == len(found)
        if likely and not all(_is_named(part, wish.request.text) for part in lacking):
            return None
        return Shown((Line(wording().shelf["not_sold"].format(name=names)),), (), tuple(items), likely=likely)
    chosen = [item for item in items if item.product_id in wish.also]
    alone = [*chosen, *(other[0] for other in found if len(other) == 1)]
    for meant in found:
        one = _likeliest(meant, alone)
        chosen += [item for item in ((one,) if one else meant) if item not in chosen]
    by, by_how_much = seeking.by_word(wish.request.text), asks_difference(wish.request.text)
    if len(chosen) > vocabulary.figures()["compared"]:
        each = max(1, vocabulary.figures()["most"] // len(found))
        told = [item for meant in found for item in meant[:each]]
        titles = "; ".join(item.title for item in told)
        return Shown((Line(wording().talk["which"].format(titles=titles)),), tuple(told), tuple(items), asks=True)
    if len(chosen) < 2:
        return None
    several = len(chosen) > len(found) + len(wish.also)
    return comparing.compared(chosen, by, by_how_much=by_how_much, several=several, groups=found if several else ())


def _is_named(part: str, text: str) -> bool:
    """Whether it is written as a name, or as one certain thing."""
    return part[:1].isupper() or bool(re.search(rf"\bthe {re.escape(part)}", text, re.I))


_BOTH = 2


def _likeliest(meant: Sequence[Item], others: Sequence[Item]) -> Item | None:
    """Of several that a name may mean, the one that is what the others are; None, when that does not tell."""
    if len(meant) == 1:
        return meant[0]
    kinds = {token for other in others for token in fits.tokens(other.title) if not token[:1].isdigit()}
    shared = [len(kinds & set(fits.tokens(item.title))) for item in meant]
    best = max(shared)
    return meant[shared.index(best)] if shared.count(best) == 1 and others else None


def show_picked(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    by = seeking.by_word(wish.request.text)
    if by is None:
        return None
    if not by.name or (wish.request.kind is Kind.COMPARISON and wish.request.sure):
        by_how_much = asks_difference(wish.request.text)
        return comparing.compared(items, by, by_how_much=by_how_much) if len(items) > 1 else None
    return comparing.picked(items, by)


def show_asked(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """The value that is asked for of the one product that is named; None: it is of several, or has no such value."""
    asked = seeking.asked_names(without_bounds(wish.request.text))
    own = words.terms(" ".join(seeking.asking_phrases(asked)))
    name = " ".join(word for word in words_of(wish).split() if not words.terms(word) <= own)
    (called,) = kinds.apart([kinds.meant(name, items)] if name else [()])
    if len(called) != 1 or not kinds.has_figures(called[0], wish.request.text):
        return None
    if asked != ("price",) or price_span(called[0]) is not None:
        said = telling.told(called, [one for one in asked if one in called[0].sheet])
        # The pages and its own record tell the same in their own words; who makes it they may say of another thing.
        return None if said is None else replace(said, likely="brand" not in asked)
    unsaid = wording().shelf["does_not_say"].format(name="price", title=called[0].title)
    return Shown((Line(unsaid, called),), called, called, frozenset({"price", "sale_price"}))


def show_whole(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """The shop's brands, its categories, or what of it is sold out."""
    if wish.overview is None:
        return None
    shelf = wording().shelf
    if wish.whole is Whole.SOLD_OUT:
        out = [item for item in items if is_out(item)]
        count = len(wish.overview.sold_out)
        if not out:
            return Shown((Line(shelf["none_sold_out"]),), (), (), passing=True)
        first = Line(shelf["all_sold_out"].format(count=count, shown=len(out)))
        listed = [telling.line_of(item, telling.prices_of(item)) for item in out]
        if count > len(out):
            return Shown((first, *listed), tuple(out), tuple(out), passing=True)
        return Shown((Line(shelf["these_sold_out"]), *listed), tuple(out), tuple(out), passing=True)
    brands = wish.whole is Whole.BRANDS
    named = wish.overview.brands if brands else wish.overview.categories
    if not named:
        return Shown((Line(shelf["no_brands" if brands else "no_categories"]),), (), (), passing=True)
    names = ", ".join(f"{name} ({count})" for name, count in named)
    return Shown((Line(shelf["brands" if brands else "categories"].format(names=names)),), (), (), passing=True)


def show_sum(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    return summing.told(wish.sums, items, wish.shown)


def show_of_brand(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """What the shop has of a brand; None: it lists no such brand."""
    asked = words.terms(wish.brand)
    theirs = [item for item in items if "brand" in item.sheet and words.terms(item.sheet["brand"].value) == asked]
    looked_for = seeking.sought("", replace(wish.request.wanted, denied=()), compared_by=None)
    return showing.found(looked_for, theirs, complete=outcomes.complete(wish)) if theirs and asked else None


def show_whether(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    """Whether those that are pointed at are so, with the words that say it; None: nobody says, and a page may."""
    what = whether_of(wish.request.text)
    thing = having.thing(what, having.flags_of(item.sheet for item in items))
    if thing is None:
        return None
    states = [having.has(thing, item.title, item.passage.content, item.sheet, ()) for item in items]
    places = any(one.how is Pointing.PLACE for one in wish.request.wanted.references)
    if all(state is None for state in states) and not places:
        said = wording().shelf["does_not_say_whether_any"].format(what=what)
        return Shown((Line(said, tuple(items)),), tuple(items), tuple(items)) if len(items) > 1 else None
    lines = (
        [Line(wording().shelf["has_it" if states[0] else "has_it_not"])]
        if len(items) == 1 and None not in states
        else []
    )
    told = [(item, state) for state in (True, False) for item, one in zip(items, states, strict=True) if one is state]
    lines += [_says(thing, item) for item, _ in told]
    unsaid = [item for item, state in zip(items, states, strict=True) if state is None]
    if unsaid:
        titles = wording().shelf["or"].join(item.title for item in unsaid)
        lines.append(Line(wording().shelf["does_not_say_whether"].format(titles=titles, what=what), tuple(unsaid)))
    decided = frozenset({name for item in items for name in item.sheet})
    return Shown(tuple(lines), tuple(items), tuple(items), decided)


def _says(thing: having.Thing, item: Item) -> Line:
    """The value, or the sentence of its description, that says whether it is so."""
    names, prose = having.said_by(thing, item.title, item.passage.content, item.sheet)
    told = telling.line_of(item, names)
    return replace(told, text=f"{told.text}: {prose}") if prose and not names else told


def whether_of(text: str) -> str:
    """What is asked of the products that are pointed at: "wireless" of "Is the first one wireless?"."""
    text = _OF_THESE.sub(r"\g<is> ", plain_text(text))
    if not _IS.search(text) or asks_difference(text) or seeking.by_word(text) is not None:
        return ""
    rest = _IS.sub("", text, count=1)
    for one in wanted(text).references:
        rest = re.sub(rf"(?<![\w]){re.escape(one.text)}(?![\w])", " ", rest, flags=re.I)
    rest = _LEFT.sub(" ", rest)
    return " ".join(word for _, word in seeking.spelled_terms(rest))


def show_told(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    wishes = wish.request.wanted
    names = list(seeking.asked_names(wish.request.text))
    names += ["colour"] if wishes.colours and "colour" not in names else []
    names += ["size", "dimensions"] if wishes.sizes and "size" not in names else []
    return telling.told(items, names or ("price", "stock"))


def show_named(wish: Wish, items: Sequence[Item], outcomes: Outcomes) -> Shown | None:
    called = kinds.called_in(wish.about, items)
    return telling.told(called, ("price", "stock")) if called else None
