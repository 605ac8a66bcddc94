"""Which article a shopper means, and of which size: changes when we understand more of how articles are named.

What is not sure is asked about: nothing is put into a cart because it was the nearest.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shopwright.catalog.facts import AVAILABILITY, STOCK, Choice, Kind
from shopwright.catalog.offer import Listed
from shopwright.orchestrator import variants
from shopwright.orchestrator.basket import Figure, Item, figures_in
from shopwright.orchestrator.item import Item as Product
from shopwright.orchestrator.pointing import Pointing, Reference
from shopwright.orchestrator.trip import NotDone, Pick, Trip
from shopwright.orchestrator.wanted import numerals, product_words, wanted
from shopwright.retrieval.search import Passage

NAMED = 3  # products that are offered when several may be meant
LISTED = 8  # variants
_LIST = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", re.I)
_AND = re.compile(r"\s(?:and|&)\s", re.I)
_ITS = re.compile(r"^(?:its|their|(?:the |a )?matching)\s+(?:own\s+)?", re.I)
_MOST_APART = 6
_WORD = re.compile(r"\w+")
NO_PASSAGE = Passage("", "", 0, "", (), 0, 0, "", "", 0.0, None, 0.0)  # a variant has none of its own


def of_size(said: str, line: Mapping[str, Any], trip: Trip) -> list[Pick]:
    """What is of that size among the variants of a line's product, and among the products that are called as it is but
    for a figure."""
    title, product = str(line["title"] or ""), line["product_id"]
    figures = figures_in(said)
    if not title or product is None or len(figures) != 1:
        return []
    (figure,) = figures
    choices = trip.choices((product,)).get(product, ())
    what, fitting = variants.chosen(f"size {said}", Product(product, title, NO_PASSAGE, {}), choices)
    fitting = fitting if what else ()
    of_it = [
        one
        for one in choices
        if one in fitting or has(variants.told_apart(one, choices).replace(f"({one.sku})", ""), figure)
    ]
    if len(of_it) == len(choices):  # nothing is told apart by it
        of_it = [one for one in of_it if one.sku == line["sku"]]
    sizes = [Pick(one.sku, variants.told_apart(one, choices) if len(choices) > 1 else title) for one in of_it]
    if not sizes and has(title, figure):
        sizes.append(Pick(line["sku"], title))
    family = [
        one
        for one in trip.found(" ".join(_stem(title)))
        if one["product_id"] != product and _stem(str(one["title"])) == _stem(title) and has(str(one["title"]), figure)
    ]
    return sizes + [replace(variant(one, "", trip), product_id=one["product_id"]) for one in family]


def has(text: str, figure: Figure) -> bool:
    return any(figure.is_as(one) for one in figures_in(text, loose=True))


def _stem(title: str) -> list[str]:
    """What products of several sizes are all called."""
    for figure in figures_in(title):
        title = title.replace(figure.text, " ", 1)
    return sorted(terms_of(title))


def apart(item: Item, trip: Trip) -> Sequence[Item]:
    """ "Whisk, spatula, and tongs" are three where no product is called all that, and each of them is a product."""
    parts = [part for part in _LIST.split(item.text) if part]
    if not 1 < len(parts) <= _MOST_APART or item.count not in (None, 1) or item.more:
        return (item,)
    apart = [Item(_its(part, parts[0], trip), item.count) for part in parts]
    whole = _one(item, trip)
    if whole is not None and not _swallows(str(whole["title"]), item.text, parts):
        return (item,)
    lost = []
    sure = 0
    for one in apart:
        try:
            sure += len(products_for(one, trip, one=True)) if product_words(one.text) else 0
        except NotDone as why:
            if whole is not None:
                raise
            lost += [one.text] if why.unsure and not why.near else []
    if sure and lost:
        raise NotDone(trip.says["not_found"].format(what=", ".join(lost)), asks=True)
    return apart if sure == len(apart) else (item,)


def _its(part: str, of: str, trip: Trip) -> str:
    """ "Its footprint" behind "Larkmoss 2 tent" is called "Larkmoss 2 Footprint", or "Larkmoss 2 Tent Footprint"."""
    if not _ITS.match(part):
        return part
    named = [_ITS.sub(f"{words} ", part) for words in (of, " ".join(of.split()[:-1])) if words]
    return next((one for one in named if is_one(Item(one), trip)), named[0])


def _swallows(title: str, said: str, parts: Sequence[str]) -> bool:
    """Whether one product is called what two are: "the Larkmoss 2 and its footprint" is not the "Larkmoss 2
    Footprint" alone."""
    if not _AND.search(said) or _AND.search(title):
        return False
    return all(terms_of(product_words(_ITS.sub("", part))) & terms_of(title) for part in parts)


def _one(item: Item, trip: Trip) -> Mapping[str, Any] | None:
    try:
        found = products_for(item, trip, one=True)
    except NotDone:
        return None
    return found[0] if len(found) == 1 else None


def is_one(item: Item, trip: Trip) -> bool:
    return _one(item, trip) is not None


def of_shown(size: str, trip: Trip) -> Pick:
    """ "The 46": what is of that size among what was shown, or is called as the one product that was."""
    (figure,) = figures_in(size)
    found: list[Mapping[str, Any]] = [listed(one) for one in trip.listed(trip.shown)] if trip.shown else []
    fitting = [one for one in found if has(str(one["title"]), figure)]
    if len(fitting) == 1:
        trip.products.append(fitting[0]["product_id"])
        return variant(fitting[0], "", trip)
    sizes = of_size(size, {**found[0], "sku": ""}, trip) if len(found) == 1 else []
    if len(sizes) != 1:
        raise which(found, trip, unsure=not found)
    trip.products.append(sizes[0].product_id or found[0]["product_id"])
    return sizes[0]


def check_figures(text: str, product_id: str | None, title: str, trip: Trip) -> None:
    """A measure that is said must be the product's, or another one is meant; any other number that is no part of what
    it is called may say how many, and is not passed over."""
    found = figures_in(text)
    if not found or any(one.how is Pointing.PLACE for one in wanted(text).references):
        return
    choices = trip.choices((product_id,)).get(product_id, ()) if product_id else ()
    what, _ = variants.chosen(text, Product(product_id or "", title, NO_PASSAGE, {}), choices)
    called = figures_in(" ; ".join((title, what, *(one.title for one in choices))), loose=True)
    like = figures_in(" ; ".join(variants.told_apart(one, choices) for one in choices), loose=True)
    values = figures_in(
        " ; ".join(
            fact.text
            for one in choices
            for fact in one.sheet.values()
            if fact.kind in (Kind.QUANTITY, Kind.WORDS) and fact.name not in (STOCK, AVAILABILITY)
        ),
        loose=True,
    )
    for figure in found:
        told = (*called, *like, *values) if figure.unit else (*called, *like)
        if not any(figure.is_as(one) for one in told):
            says = trip.says
            if figure.unit:
                raise NotDone(says["not_in_that"].format(title=title, what=figure.text), asks=True)
            raise NotDone(says["how_many"].format(title=title), asks=True)


def variant(product: Mapping[str, Any], text: str, trip: Trip) -> Pick:
    """The variant that is meant: by its number, or by what it is like."""
    title, skus, says = str(product["title"]), list(product["skus"]), trip.says
    if not skus:
        raise NotDone(says["sold_out"].format(title=title))
    named = [sku for sku in skus if says_number(text, sku, title)]
    if len(named) == 1:
        return Pick(named[0], title)
    whole = Product(product["product_id"], title, NO_PASSAGE, {})
    choices = trip.choices((product["product_id"],)).get(product["product_id"], ())
    what, fitting = variants.chosen(text, whole, choices)
    if what and not fitting:
        fitting = _measuring(what, choices)
    if what and not fitting:
        listed = "; ".join(variants.told_apart(one, choices) for one in choices[:LISTED])
        says_which = "no_such_variant" if len(choices) > 1 else "not_in_that"
        raise NotDone(says[says_which].format(title=title, what=what, variants=listed), asks=len(choices) > 1)
    if choices:
        skus = [one.sku for one in fitting]
    if len(skus) > 1:
        known = {one.sku: variants.told_apart(one, choices) for one in choices}
        listed = "; ".join(known.get(sku, sku) for sku in skus[:LISTED])
        raise NotDone(says["which_variant"].format(title=title, variants=listed), asks=True)
    if what and fitting and variants.together(text, whole, fitting[0]):
        trip.notes.append(says["counted_together"].format(title=title, what=what))
    return Pick(skus[0], title)


def _measuring(what: str, choices: Sequence[Choice]) -> tuple[Choice, ...]:
    """The variants of which a value says every measure that is wished for, where nothing but measures is."""
    figures = figures_in(what)
    if not figures or not all(one.unit for one in figures) or len(what.split(",")) > len(figures):
        return ()
    return tuple(
        one
        for one in choices
        if all(
            any(
                said.number == figure.number and said.unit == figure.unit
                for fact in one.sheet.values()
                for said in figures_in(fact.text)
            )
            for figure in figures
        )
    )


def products_for(item: Item, trip: Trip, *, one: bool) -> list[Mapping[str, Any]]:
    """The one product that is meant; two, where both of two were shown and are wished for."""
    wishes = wanted(item.text)
    codes = [one.text for one in wishes.references if one.how is Pointing.CODE]
    words = " ".join(codes) or product_words(item.text)
    if not words:
        return _pointed(item.text, wishes.references, trip, one=one)
    if re.search(r"\bones?\b", item.text, re.I) and (like := _shown_like(item.text, trip)) is not None:
        return [like]
    found = trip.found(words)
    exact = [one for one in found if any(says_number(item.text, sku, one["title"]) for sku in one["skus"])]
    exact = exact or in_full(found, item.text, trip)
    if not exact:  # what looks like an article's number may be a part of its name
        exact = of_all(terms_of(product_words(item.text) or words), found, lambda one: str(one["title"]))
    if len(exact) != 1 and (meant := alike(item.text, exact or found, trip)) is not None:
        exact = [meant]
    figures = {term for term in terms_of(item.text) if term[0].isdigit()}
    if len(exact) > 1 and len(sized := [one for one in exact if figures <= terms_of(one["title"])]) == 1 and figures:
        exact = sized  # "the 26 cm skillet"
    if len(exact) == 1 and wishes.price is None:  # "for 1 EUR" is not ours to promise
        return exact
    terms = terms_of(words)
    raise which(exact or [one for one in found if terms & terms_of(one["title"])], trip, unsure=not exact)


def _shown_like(text: str, trip: Trip) -> Mapping[str, Any] | None:
    """The product that was shown and comes in what the words say: "the moss one"."""
    fitting = []
    for product in [listed(one) for one in trip.listed(trip.shown)] if trip.shown else []:
        choices = trip.choices((product["product_id"],)).get(product["product_id"], ())
        what, like = variants.chosen(text, Product(product["product_id"], product["title"], NO_PASSAGE, {}), choices)
        fitting += [product] if what and like else []
    return fitting[0] if len(fitting) == 1 else None


def alike(text: str, among: Sequence[Mapping[str, Any]], trip: Trip) -> Mapping[str, Any] | None:
    """The product that is called so but for a colour, a size or the like."""
    if not among:
        return None
    items = [Product(one["product_id"], one["title"], NO_PASSAGE, {}) for one in among]
    choices = trip.choices([one.product_id for one in items])
    meant = variants.meant(text, items, choices)
    called = [one for one in items if terms_of(one.title) & terms_of(product_words(text))]
    fitting = [
        one
        for one in ([meant] if meant is not None else called)
        if not variants.unexplained(text, one, choices.get(one.product_id, ()))
    ]
    if meant is None:  # several are called so: which of them is of that size, or the like
        fitting = [one for one in fitting if all(variants.chosen(text, one, choices.get(one.product_id, ())))]
    return next((one for one in among if len(fitting) == 1 and one["product_id"] == fitting[0].product_id), None)


def _pointed(text: str, references: Sequence[Reference], trip: Trip, *, one: bool) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = [listed(one) for one in trip.listed(trip.shown)] if trip.shown else []
    places = [one.place for one in references if one.how is Pointing.PLACE and one.place]
    if places:  # "the second one" counts in what was shown, also when one of them is gone since
        listing = trip.listing or trip.shown
        at = [place - 1 if place > 0 else len(listing) + place for place in places]
        there = [listing[one] for one in at if 0 <= one < len(listing)]
        placed: list[Mapping[str, Any]] = [listed(one) for one in trip.listed(there)] if there else []
        if len(placed) == len(places) and (len(placed) == 1 or not one):
            return placed
        raise which(placed or found, trip, unsure=False)
    both = "both" in text.casefold().split()
    if len(found) == (2 if both and not one else 1):
        return found
    if len(found) > 1 and (meant := alike(text, found, trip)) is not None:
        return [meant]
    raise which(found, trip, unsure=False)


def of(product_id: str, trip: Trip) -> Mapping[str, Any]:
    found = trip.listed((product_id,))
    if not found:
        raise NotDone(trip.says["one_at_a_time"], asks=True)
    return listed(found[0])


def in_full(among: Sequence[Mapping[str, Any]], said: str, trip: Trip) -> list[Mapping[str, Any]]:
    """Those whose names' every word is said, and of which everything is that is said; "Murmur Buds" stands in "Murmur
    Buds Pro" too, and "the Dutch Oven in juniper" is the "Dutch Oven, Juniper" where there is one."""
    words = terms_of(said)
    full = [one for one in among if one["title"] and terms_of(str(one["title"])) <= words]
    full = [
        one for one in full if not any(terms_of(str(one["title"])) < terms_of(str(other["title"])) for other in full)
    ]
    choices = trip.choices([one["product_id"] for one in full if one["product_id"]]) if full else {}
    return [
        one
        for one in full
        if not variants.unexplained(
            said, Product(str(one["product_id"]), one["title"], NO_PASSAGE, {}), choices.get(one["product_id"], ())
        )
    ]


def of_all(
    terms: set[str], among: Sequence[Mapping[str, Any]], title: Callable[[Mapping[str, Any]], str]
) -> list[Mapping[str, Any]]:
    """Those whose titles hold every word; a number in words may only say how many: "three tents"."""
    for sought in (terms, terms - numerals()):
        if found := [one for one in among if sought and sought <= terms_of(title(one))]:
            return found
    return []


def which(found: Sequence[Mapping[str, Any]], trip: Trip, *, unsure: bool) -> NotDone:
    if not found:
        return NotDone(trip.says["which_product"], asks=True, unsure=unsure)
    titles = "; ".join(str(one["title"]) for one in found[:NAMED])
    return NotDone(trip.says["which"].format(titles=titles), asks=True, unsure=unsure, near=True)


def listed(one: Listed) -> dict[str, Any]:
    return {"product_id": one.product_id, "title": one.title, "skus": list(one.skus)}


def says_number(said: str, sku: str, title: str) -> bool:
    """Whether an article is said by its number, where that is no word of its name."""
    number = sku.casefold()
    stands = re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", said.casefold())
    return bool(stands) and number not in title.casefold()


def terms_of(text: str) -> set[str]:
    """Words without their plural's s."""
    return {word.removesuffix("s") if len(word) > 3 else word for word in _WORD.findall(text.casefold())}
