"""Which lines of the cart a shopper means: changes when we understand more of how these are named."""

from collections.abc import Mapping, Sequence
from typing import Any

from shopwright.orchestrator import article, variants
from shopwright.orchestrator.basket import Item, figures_in, size_alone
from shopwright.orchestrator.item import Item as Product
from shopwright.orchestrator.pointing import Pointing
from shopwright.orchestrator.trip import NotDone, Trip
from shopwright.orchestrator.wanted import product_words, wanted


def lines(cart: Mapping[str, Any], trip: Trip) -> Sequence[Mapping[str, Any]]:
    lines: Sequence[Mapping[str, Any]] = cart["lines"]
    if not lines:
        raise NotDone(trip.says["empty"])
    return lines


def taken(item: Item, cart: Mapping[str, Any], trip: Trip) -> Sequence[Mapping[str, Any]]:
    """The line that is meant; several by their places in the cart, as "the first two" are."""
    places = [one.place for one in wanted(item.text).references if one.how is Pointing.PLACE and one.place]
    if len(places) < 2 or product_words(item.text):
        return [line(item, cart, trip, sure=True)]
    return [line(Item(f"number {place}" if place > 0 else item.text), cart, trip, sure=True) for place in places]


def line(item: Item, cart: Mapping[str, Any], trip: Trip, *, sure: bool) -> Mapping[str, Any]:
    """The one line of the cart that is meant. `sure`: such a wish is of the cart, also where it names nothing."""
    held = cart["lines"]
    if not held:
        raise NotDone(trip.says["empty"], unsure=not _is_sold(item, trip))
    meant = lines_for(item, cart, trip)
    if len(meant) != 1:
        terms = article.terms_of(product_words(item.text))
        near = meant or [line for line in held if terms & article.terms_of(line["title"] or "")]
        named = (f"{line['title']} ({line['sku']})" if line["title"] else line["sku"] for line in near or held)
        says = "which" if near or not terms else "not_in_cart"
        of_cart = bool(near) or _is_sold(item, trip) or (sure and not terms)
        raise NotDone(trip.says[says].format(titles="; ".join(named)), asks=True, unsure=not of_cart)
    (line,) = meant
    article.check_figures(item.text, line["product_id"], str(line["title"] or line["sku"]), trip)
    trip.products += [line["product_id"]] if line["product_id"] else []
    return line


def _is_sold(item: Item, trip: Trip) -> bool:
    """Whether the words name something that the shop sells: then it was the cart that they spoke of."""
    if not product_words(item.text):
        return False
    try:
        return bool(article.products_for(item, trip, one=True))
    except NotDone as why:
        return not why.unsure  # there are several


def lines_for(item: Item, cart: Mapping[str, Any], trip: Trip) -> Sequence[Mapping[str, Any]]:
    """The lines that the words may name; where they name nothing, that of what was spoken of last, or the only one."""
    held: Sequence[Mapping[str, Any]] = cart["lines"]
    terms = article.terms_of(product_words(item.text))
    meant = [line for line in held if article.says_number(item.text, line["sku"], str(line["title"]))]
    meant = (
        meant
        or article.in_full(held, item.text, trip)
        or article.of_all(terms, held, lambda one: str(one["title"] or one["sku"]))
    )
    if not meant and terms:
        goods = {line["product_id"]: line for line in held if line["product_id"] and line["title"]}
        like = article.alike(item.text, list(goods.values()), trip)
        meant = [line for line in held if like is not None and line["product_id"] == like["product_id"]]
    figures = {term for term in article.terms_of(item.text) if term[0].isdigit()}
    if (
        len(meant) > 1
        and figures
        and len(sized := [one for one in meant if figures <= article.terms_of(str(one["title"]))]) == 1
    ):
        meant = sized
    if not meant and (size := size_alone(item.text)):
        return [line for line in held if article.has(str(line["title"]), figures_in(size)[0])]
    places = [one.place for one in wanted(item.text).references if one.how is Pointing.PLACE and one.place]
    if not meant and not terms and len(places) == 1:  # "the second one" of those in the cart
        at = places[0] - 1 if places[0] > 0 else len(held) + places[0]
        return [held[at]] if 0 <= at < len(held) else []
    if not meant and not terms and "both" in item.text.casefold().split():
        return held  # of two that one line has, or of two lines: nobody guesses
    if not meant and not terms:
        meant = [line for line in held if line["product_id"] in trip.shown]
        meant = meant or ([] if trip.shown else list(held))
    products = {line["product_id"] for line in meant}
    if len(meant) > 1 and len(products) == 1 and (product := next(iter(products))) is not None:
        title = str(meant[0]["title"])
        choices = trip.choices((product,)).get(product, ())
        _, fitting = variants.chosen(item.text, Product(product, title, article.NO_PASSAGE, {}), choices)
        meant = [line for line in meant if line["sku"] in {one.sku for one in fitting}] or meant
    return meant
