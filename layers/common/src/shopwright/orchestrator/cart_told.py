"""The cart in words: changes when it is told otherwise."""

from collections.abc import Mapping, Sequence
from typing import Any

from shopwright.catalog.facts import Choice
from shopwright.errors import Unavailable
from shopwright.orchestrator import variants
from shopwright.orchestrator.trip import Trip


def told(cart: Mapping[str, Any], trip: Trip) -> str:
    """The cart, line by line, with the prices that the database has now, and what stands in the way of paying."""
    says = trip.says
    if not cart["lines"]:
        return says["empty"]
    lines = []
    try:
        choices = trip.choices([line["product_id"] for line in cart["lines"] if line["product_id"]])
    except Unavailable:  # the cart is what it is, and is told without what its variants are like
        choices = {}
    for line in cart["lines"]:
        name = _name(line, choices.get(line["product_id"], ()))
        price = f" ({_amount(line['total'])})" if line["total"] else ""
        trouble = f" [{says[line['trouble']].format(left=line['left'])}]" if line["trouble"] else ""
        lines.append(f"{line['quantity']} × {name}{price}{trouble}{_paid_for(line, cart, trip)}")
    whole = [says["cart"].format(lines="; ".join(lines))]
    troubled = any(line["trouble"] for line in cart["lines"])
    if not cart["total"] and cart["prices_known"] and not troubled:
        whole.append(says["no_total"])
    if cart["total"]:
        whole.append(says["total_as_it_stands" if troubled else "total"].format(total=_amount(cart["total"])))
    if troubled:
        whole.append(says["not_payable"])
    if cart["left_out"]:
        whole.append(says["not_bought_again"])
    if not cart["prices_known"]:
        whole.append(says["no_prices"])
    return " ".join(whole)


def _paid_for(line: Mapping[str, Any], cart: Mapping[str, Any], trip: Trip) -> str:
    """What of a line is being paid for in other orders."""
    theirs = [one for one in cart["left_out"] or () if one["sku"] == line["sku"]]
    says = trip.says["being_paid_for"]
    said = (says.format(many=one["quantity"], order=one["order_id"]) for one in theirs)
    return f" [{'; '.join(said)}]" if theirs else ""


def _name(line: Mapping[str, Any], choices: Sequence[Choice]) -> str:
    """What a line is called, with what it is like where the shop calls several variants the same."""
    title = str(line["title"] or line["sku"])
    alike = [one for one in choices if one.title == next((o.title for o in choices if o.sku == line["sku"]), None)]
    mine = next((one for one in alike if one.sku == line["sku"]), None)
    return f"{title}, {variants.told_apart(mine, choices)}" if mine is not None and len(alike) > 1 else title


def left(cart: Mapping[str, Any], trip: Trip) -> str:
    return told(cart, trip) if cart["lines"] else trip.says["emptied"]


def _amount(price: Mapping[str, Any]) -> str:
    return f"{price['amount']} {price['currency']}" if price["currency"] else str(price["amount"])
