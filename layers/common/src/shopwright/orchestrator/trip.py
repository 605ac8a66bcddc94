"""One message's way to the cart: changes when what a message may use or remember of the cart does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shopwright.catalog.facts import Choice
from shopwright.catalog.offer import Listed, Offer
from shopwright.grounding.wording import wording
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.session import CartBefore

_LOOKED_FOR = 12  # of fewer, one that is called so too may be missed


@dataclass(slots=True)
class Trip:
    """One message's way to the cart. `tool` calls one of ours, the first argument being what a change is known by;
    `shown` are the products that were spoken of last, `said_as` names a change, given the cart's version."""

    tool: Callable[[str | None, str, Mapping[str, Any]], Outcome]
    listed: Callable[[Sequence[str]], Sequence[Listed]]
    offers: Callable[[Sequence[str]], Mapping[str, Sequence[Offer]]]
    choices: Callable[[Sequence[str]], Mapping[str, Sequence[Choice]]]
    shown: Sequence[str]
    said_as: Callable[[int, int], str]
    listing: Sequence[str] = ()  # the last list of products, in which places count
    before: CartBefore | None = None  # what the conversation has changed last
    says: Mapping[str, str] = field(default_factory=lambda: wording().talk)
    asks: bool = False
    products: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # what is to be said of an article beside the cart
    told: bool = False  # the last that was said is what the cart holds now
    changes: int = 0
    version: int | None = None  # of the cart, as this message found it
    found_lines: dict[str, int] = field(default_factory=dict)  # by the article's number, likewise
    known_as: dict[str, int] = field(default_factory=dict)  # the same, as they are now
    exact: bool = True  # nobody else has changed it meanwhile
    leaves: CartBefore | None = None  # what can be taken back of it

    def cart(self) -> Mapping[str, Any]:
        """The cart as it is."""
        cart = self._given(self.tool(None, "edit_cart", {"action": "show"}))
        held = held_lines(cart)
        self.version = cart["version"] if self.version is None else self.version
        if not self.changes:
            self.found_lines = held
        else:
            self.exact = self.exact and held == self.known_as
        self.known_as = held
        return cart

    def change(self, *, again: bool = False, **how: object) -> Mapping[str, Any]:
        """The cart after a change: of one message each is a change of its own, and the same one when the message comes
        again. `again`: then it may look like another one, and what it did the first time stands."""
        self.changes += 1
        outcome = self.tool(self.said_as(self.version or 0, self.changes), "edit_cart", how)
        if again and outcome.error == "RequestReused":
            return self.cart()
        if outcome.error == "CartChanged":
            self.changes -= 1  # nothing has come of it
            raise Moved
        cart = self._given(outcome, unsure=False)
        before, self.known_as = self.known_as, held_lines(cart)
        self.exact = self.exact and self.known_as == held_after(before, [how])
        changed = self.exact and self.known_as != self.found_lines
        self.leaves = CartBefore(cart["version"], tuple(self.found_lines.items())) if changed else None
        return cart

    def found(self, words: str) -> list[Mapping[str, Any]]:
        """Products for these words."""
        given = self._given(self.tool(None, "search_products", {"words": words, "limit": _LOOKED_FOR}))
        return list(given["products"])

    def _given(self, outcome: Outcome, *, unsure: bool = True) -> Mapping[str, Any]:
        if not outcome.done or outcome.value is None:
            raise NotDone(outcome.says or self.says["not_now"], unsure=unsure)
        return outcome.value


@dataclass(frozen=True, slots=True)
class Pick:
    """An article that is sure."""

    sku: str
    title: str
    product_id: str | None = None


class NotDone(Exception):
    """Why nothing was changed, in words for the shopper. `asks`: until we know more. `unsure`: it may not have been the
    cart that they spoke of; `near`: though something is called alike."""

    def __init__(self, says: str, *, asks: bool = False, unsure: bool = False, near: bool = False) -> None:
        super().__init__(says)
        self.asks = asks
        self.unsure = unsure
        self.near = near


class Moved(Exception):
    """Somebody else has changed the cart since it was read."""


def held_lines(cart: Mapping[str, Any]) -> dict[str, int]:
    return {line["sku"]: int(line["quantity"]) for line in cart["lines"]}


def held_after(held: Mapping[str, int], changes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What a cart holds after these changes."""
    after = dict(held)
    for change in changes:
        match change["action"]:
            case "add":
                after[change["sku"]] = after.get(change["sku"], 0) + change["quantity"]
            case "take":
                after[change["sku"]] = after.get(change["sku"], 0) - change["quantity"]
            case "put":
                after[change["sku"]] = change["quantity"]
            case "remove":
                after.pop(change["sku"], None)
            case "empty":
                after = {}
            case "become":
                after = {line["sku"]: line["quantity"] for line in change["lines"]}
    return {sku: quantity for sku, quantity in after.items() if quantity > 0}
