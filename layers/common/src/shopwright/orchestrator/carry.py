"""Carrying out what a shopper wants of the products, without a model: changes when a wish is carried out otherwise.

What is read becomes a plan, the plan's steps run side by side, and what they find is told as the database has it when
it is told (`showing.py`). A message is data: it chooses what is looked for, never for whom. What this cannot do, or is
not sure of, is left to whoever looks into the documents: None, or the `rest`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from shopwright.catalog.facts import Choice, Sheet, Told
from shopwright.catalog.offer import Overview
from shopwright.grounding.cite import Citation, cite
from shopwright.llm.extractive import record
from shopwright.money import NO_CURRENCY, Money
from shopwright.orchestrator import kinds, seeking, vocabulary
from shopwright.orchestrator.basket import figures_in
from shopwright.orchestrator.coordinate import MOST_STEPS, Coordinator, Given, Step
from shopwright.orchestrator.granting import ranked, show_asked, show_bought, show_named
from shopwright.orchestrator.intent import By, Intent, Kind, Reader, Request
from shopwright.orchestrator.item import Item, Shown
from shopwright.orchestrator.looking import as_passage
from shopwright.orchestrator.plan import TOOLS, Context, Taken, plan
from shopwright.orchestrator.plan import Step as Planned
from shopwright.orchestrator.registry import Outcome
from shopwright.orchestrator.said import Product
from shopwright.orchestrator.session import Turn
from shopwright.orchestrator.stages import Stage, within
from shopwright.orchestrator.tools import MOST_FOUND
from shopwright.orchestrator.wanted import Sort, Wanted, wanted
from shopwright.orchestrator.wish import Outcomes, Whole, Wish, words_of
from shopwright.orchestrator.wishing import read_wishes
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage
from shopwright.signals.predict import Prediction
from shopwright.tenancy.caller import Caller

# What a plan of ours may ask for: it looks, and changes nothing.
_LOOKS = {name: TOOLS[name] for name in ("search_documents", "search_products", "predict_signals", "get_facts")}


@dataclass(frozen=True, slots=True)
class Desk:
    """What must be within reach: the tools, threads to run them in, who tells wishes apart, and variants."""

    call: Callable[[Caller, str, Mapping[str, Any], Deadline, str | None], Outcome]
    coordinator: Coordinator
    reader: Reader
    variants: Callable[[Caller, Sequence[str]], Mapping[str, Sequence[Choice]]]  # by product, as they are now
    # The products that were bought most in thirty days, in their order; None: nobody counts.
    bought: Callable[[Caller], Sequence[str]] | None = None
    overview: Callable[[Caller], Overview] | None = None  # of the whole shop; None: nobody tells


@dataclass(frozen=True, slots=True)
class Asked:
    """A masked message. `turns` are what was said before, if it may go on from there."""

    text: str
    caller: Caller
    turns: Sequence[Turn] = ()
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of a message: sentences with the numbers of `citations`, the values that they tell, those on which they
    hang beside (`watched`; None: too many to watch, or such as have no versions), and the passages that were found for
    what is left (`rest`)."""

    sentences: tuple[str, ...]
    citations: tuple[Citation, ...]
    facts: tuple[Told, ...]
    watched: tuple[Told, ...] | None
    products: tuple[Product, ...]
    confidence: float
    asks: bool = False
    rest: str = ""
    passages: tuple[Passage, ...] = ()
    likely: bool = False  # it is what may be meant, where the documents say nothing
    denies: tuple[str, ...] = ()  # it must not have something: what has it is no answer
    otherwise: tuple[str, ...] = ()  # such a wish as questions, as a page may answer it
    took_ms: float = 0.0  # the tools together


Facts = Callable[[Sequence[Passage]], Mapping[str, Sheet]]  # by passage, as they are now; one that is gone is not in it


@dataclass(frozen=True, slots=True)
class Wished:
    """What a message wants of the products, and the words of what it wants beside."""

    asked: Asked
    wishes: tuple[Wish, ...]
    rest: tuple[str, ...]

    @property
    def pages_first(self) -> bool:
        """Whether the documents, should they answer it, go before whatever is found of products: then these need not
        be looked for. Who makes a thing the documents may say of another one."""
        if len(self.wishes) != 1 or self.rest or self.wishes[0].request.wanted.denied:
            return False
        (wish,) = self.wishes
        return wish.likely or (wish.show is show_asked and "brand" not in seeking.asked_names(wish.request.text))


def wished(asked: Asked, *, desk: Desk, deadline: Deadline) -> Wished | None:
    """Read what the message wants of the products; None: nothing that we are sure of."""
    wishes, rest = read_wishes(asked.text, asked.turns, desk.reader, within(deadline, Stage.PLAN))
    return Wished(asked, tuple(wishes), tuple(rest)) if wishes else None


def carried(wished: Wished, *, desk: Desk, facts: Facts, deadline: Deadline) -> Carried | None:
    """Do what a message wants of the products; None: there is nothing that we can tell for sure."""
    asked, wishes, rest = wished.asked, list(wished.wishes), list(wished.rest)
    wishes = [_with_sales(_of_its_kind(wish, asked, desk, deadline), asked, desk) for wish in wishes]
    wishes = [_of_size(_with_overview(wish, asked, desk), asked, desk, deadline) for wish in wishes]
    outcomes = _run(wishes, rest, asked, desk, deadline)
    if any(not outcome.done for wish in wishes for outcome in outcomes.of(wish, "search_products")):
        return None  # what is not known to be searched is not told of
    items = _items(outcomes, wishes, facts)
    shown: list[Shown] = []
    for wish in wishes:
        said = wish.show(wish, items[wish.number], outcomes)
        if said is not None:
            shown.append(said)
        elif rest or len(wishes) > 1:
            rest.append(wish.request.text)
    if not shown:
        return None
    carried = _told(shown, min(wish.request.confidence for wish in wishes), " ".join(rest), outcomes)
    denies = tuple(one.what for wish in wishes for one in wish.request.wanted.denied)
    otherwise = _as_questions(wishes[0]) if len(wishes) == 1 and denies else ()
    likely = any(wish.likely for wish in wishes) or all(one.likely for one in shown)
    return replace(carried, likely=likely, denies=denies, otherwise=otherwise)


def _as_questions(wish: Wish) -> tuple[str, ...]:
    """ "Pans not suitable for induction" asks what a page answers under "Which pans do not work on induction?"."""
    about, wishes = seeking.subject(wish.about, wish.request.wanted)
    thing = " ".join(seeking.sought(about, Wanted(), compared_by=None).spelled)
    what = " ".join(one.what for one in wishes.denied)
    return (f"Which {thing} do not {what}?", f"What does not work on {what}?") if thing and what else ()


def named(asked: Asked, *, desk: Desk, facts: Facts, deadline: Deadline) -> Carried | None:
    """What products cost whose names stand in a message that is in another language than the shop's: all that can be
    told of it without understanding the rest."""
    request = Request(Kind.PRODUCT_SEARCH, "", 0.5, True, By.NOTHING, asked.text, Wanted())
    wish = Wish(0, request, asked.text, show_named)
    outcomes = _run([wish], [], asked, desk, deadline)
    if any(not outcome.done for outcome in outcomes.of(wish, "search_products")):
        return None
    shown = show_named(wish, _items(outcomes, [wish], facts)[0], outcomes)
    return None if shown is None else _told([shown], request.confidence, "", outcomes)


def _of_its_kind(wish: Wish, asked: Asked, desk: Desk, deadline: Deadline) -> Wish:
    """What is to be cheaper than a certain product is of its kind: what that is, the product's own name says."""
    if not wish.below:
        return wish
    title = _title_of(wish.below[0], asked, desk, deadline)
    return replace(wish, kind=kinds.kind_of(title)) if title else wish


def _of_size(wish: Wish, asked: Asked, desk: Desk, deadline: Deadline) -> Wish:
    """What is asked for in another size is called as the product that was spoken of, but for its size."""
    if not wish.size:
        return wish
    title = _title_of(wish.shown[0], asked, desk, deadline)
    if not title:
        return wish
    measured = next((one.text for one in figures_in(title) if one.unit), None)
    about = title.replace(measured, wish.size, 1) if measured else f"{title} {wish.size}"
    request = replace(wish.request, text=about, wanted=wanted(about))
    return replace(wish, about=about, request=request, shown=())


def _title_of(product_id: str, asked: Asked, desk: Desk, deadline: Deadline) -> str:
    """What a product is called now; nothing for one that is gone."""
    told = desk.call(asked.caller, "get_facts", {"product_id": product_id}, deadline, asked.request_id)
    passage = told.value and told.value["passage"]
    return _title(as_passage(passage)) if passage else ""


def _with_overview(wish: Wish, asked: Asked, desk: Desk) -> Wish:
    """What the shop has as a whole; of what is sold out the first few, to look them up."""
    if not wish.whole or desk.overview is None:
        return wish
    overview = desk.overview(asked.caller)
    shown = overview.sold_out[: vocabulary.figures()["most"]] if wish.whole is Whole.SOLD_OUT else ()
    return replace(wish, overview=overview, shown=shown)


def _with_sales(wish: Wish, asked: Asked, desk: Desk) -> Wish:
    """What is popular is what was bought most."""
    if wish.request.wanted.sort is not Sort.POPULAR or desk.bought is None:
        return wish
    bought = tuple(desk.bought(asked.caller))
    looked_at = bought[: vocabulary.figures()["most"]] if wish.show is show_bought and not wish.shown else wish.shown
    return replace(wish, bought=bought, shown=looked_at)


def _run(wishes: Sequence[Wish], rest: Sequence[str], asked: Asked, desk: Desk, deadline: Deadline) -> Outcomes:
    """All steps of all wishes, and a look into the documents for the rest, side by side where they can be."""
    planned: list[tuple[int, Planned]] = []
    steps: list[Step] = []
    for wish in wishes:
        for made, step in _steps(wish, len(steps)):
            if len(steps) < MOST_STEPS:
                planned.append((wish.number, made))
                steps.append(step)
    if rest and len(steps) < MOST_STEPS:
        words = " ".join(rest)
        request = Request(Kind.POLICY_QUESTION, "", 1.0, True, By.RULE, words, Wanted())
        for made in plan(Intent((request,)), registry=_LOOKS).steps:
            planned.append((-1, made))
            steps.append(Step(made.tool, {"question": words[:400], "limit": 8}))

    def call(name: str, arguments: Mapping[str, Any], left: Deadline) -> Outcome:
        return desk.call(asked.caller, name, arguments, left, asked.request_id)

    ended = desk.coordinator.run(steps, call, deadline=deadline)
    outcomes = Outcomes(lambda products: desk.variants(asked.caller, products))
    for (number, made), outcome in zip(planned, ended, strict=True):
        outcomes.by_wish.setdefault(number, []).append((made, outcome))
    return outcomes


def _steps(wish: Wish, at: int) -> list[tuple[Planned, Step]]:
    """A plan's steps as tools take them. What is told of products is read when it is told, in one reading for all of
    them: the plan's looking up of what a search finds is that reading, and no step of its own."""
    if wish.below:
        looked = [_look_up(product) for product in wish.below]
        own = _steps(replace(wish, below=()), at)
        searches = [made for made, _ in own if made.tool == "search_products"][:1]
        wider = [(made, Step(made.tool, _asking(wish.kind))) for made in searches if wish.kind]
        return [*own, *looked, *wider]
    request, shown = wish.request, wish.shown
    if wish.whole:
        return [_look_up(product) for product in shown]
    if wish.sums:
        names = dict.fromkeys(part.name for part in wish.sums if part.name)
        searches = [Planned(f"search_products-{n}", "search_products", {}) for n in range(len(names))]
        sought = [(made, Step(made.tool, _asking(name[:400]))) for made, name in zip(searches, names, strict=True)]
        return [*(_look_up(product) for product in shown), *sought]
    if shown:
        return [_look_up(product) for product in shown]
    if wish.also:
        looked = [_look_up(product) for product in wish.also]
        return [*_steps(replace(wish, also=()), at), *looked]
    asked = request if wish.parts else replace(request, text=wish.about, wanted=replace(request.wanted, references=()))
    made = plan(Intent((asked,)), registry=_LOOKS, context=Context(shown=shown))
    places: dict[str, int] = {}
    steps: list[tuple[Planned, Step]] = []
    for step in made.steps:
        if step.tool == "search_products":
            words = str(step.arguments["query"]) if wish.parts else words_of(wish)
            places[step.id] = at + len(steps)
            steps.append((step, Step(step.tool, {**_bounds(step), **_asking(words)})))
            others = () if wish.parts else seeking.also_called(words)
            steps += [(step, Step(step.tool, _asking(other))) for other in others]
            if _bounds(step):  # and what is nearest, should nothing fit
                steps.append((step, Step(step.tool, _asking(words))))
        elif step.tool == "predict_signals":
            found = _taken(step)
            if found in places:
                steps.append((step, Step(step.tool, {"product_ids": Given(places[found], "products.*.product_id")})))
    if not wish.parts and not words_of(wish):  # nothing was found by words: no passage came with it
        first = next(iter(places.values()))
        told = len(wish.skipped)  # whoever asks for more was told of the first ones
        for n in range(told, told + vocabulary.figures()["most"]):
            step = Planned(f"get_facts-{n}", "get_facts", {})
            steps.append((step, Step("get_facts", {"product_id": Given(first, f"products.{n}.product_id")})))
    return steps


def _look_up(product_id: str) -> tuple[Planned, Step]:
    return Planned(f"get_facts-{product_id}", "get_facts", {}), Step("get_facts", {"product_id": product_id})


def _taken(step: Planned) -> str:
    given = step.arguments.get("products", ())
    return next((one.step for one in given if isinstance(one, Taken)), "") if isinstance(given, tuple) else ""


def _asking(words: str) -> dict[str, Any]:
    return {"words": words, "limit": MOST_FOUND} if words else {"limit": MOST_FOUND}


def _bounds(step: Planned) -> dict[str, Any]:
    """A plan counts in minor units, a tool in whole ones."""
    bounds: dict[str, Any] = {}
    currency = step.arguments.get("currency")
    for ours, theirs in (("price_min", "lowest_price"), ("price_max", "highest_price")):
        minor = step.arguments.get(ours)
        if isinstance(minor, int):
            bounds[theirs] = str(Decimal(Money(minor, str(currency or NO_CURRENCY)).amount))
    if bounds and isinstance(currency, str):
        bounds["currency"] = currency
    return bounds | ({"only_available": True} if step.arguments.get("in_stock") else {})


def _items(outcomes: Outcomes, wishes: Sequence[Wish], facts: Facts) -> dict[int, list[Item]]:
    """The products that each wish's steps found, with their values as they are at this moment."""
    found: dict[int, dict[str, tuple[str, Passage, float]]] = {}
    for wish in wishes:
        mine = found.setdefault(wish.number, {})
        for outcome in outcomes.of(wish, "search_products"):
            for one in (outcome.value or {}).get("products", ()):
                if one["passage"] is not None:
                    mine.setdefault(
                        one["product_id"], (one["title"], as_passage(one["passage"]), float(one["relevance"]))
                    )
        for outcome in outcomes.of(wish, "get_facts"):
            if outcome.value is not None and outcome.value["passage"] is not None:
                passage = as_passage(outcome.value["passage"])
                mine.setdefault(outcome.value["product_id"], (_title(passage), passage, 1.0))
    passages = {one.chunk_id: one for mine in found.values() for _, one, _ in mine.values()}
    sheets = facts(tuple(passages.values())) if passages else {}
    predictions = {wish.number: _predictions(outcomes.of(wish, "predict_signals")) for wish in wishes}
    return {
        number: [
            Item(product, title, passage, sheets[passage.chunk_id], relevance, predictions[number].get(product))
            for product, (title, passage, relevance) in mine.items()
            if sheets.get(passage.chunk_id)  # else it is gone since
        ]
        for number, mine in found.items()
    }


def _title(passage: Passage) -> str:
    named = next((value for label, value in record(passage.content) if label.casefold() in ("name", "title")), "")
    return named or (passage.section[-1] if passage.section else passage.title)


def _predictions(outcomes: Sequence[Outcome]) -> dict[str, Prediction]:
    return {
        one["product_id"]: Prediction(
            one["product_id"],
            one["score"],
            one["confidence"],
            tuple((share["feature"], share["share"]) for share in one["feature_importance"]),
            one["model_id"],
            one["model_version"],
            date.fromisoformat(one["training_date"]),
        )
        for outcome in outcomes
        if outcome.value is not None
        for one in outcome.value["predictions"]
    }


def _told(shown: Sequence[Shown], confidence: float, rest: str, outcomes: Outcomes) -> Carried:
    numbers: dict[str, int] = {}
    quotes: dict[str, dict[str, list[str]]] = {}
    cited: dict[str, Passage] = {}
    sentences: list[str] = []
    facts: dict[str, Told] = {}
    after_list = False
    for line in (line for one in shown for line in one.lines):
        marks = []
        for item in line.items:
            chunk = item.passage.chunk_id
            marks.append(f"[{numbers.setdefault(chunk, len(numbers) + 1)}]")
            cited[chunk] = item.passage
            said = quotes.setdefault(chunk, {}).setdefault(item.title, [f"name: {item.title}"])
            said += [quote for told in line.told if (quote := f"{told.name}: {told.text}") not in said]
        facts.update({told.key: told for told in line.told})
        sentences.append(("\n" if line.told or after_list else "") + f"{line.text} {''.join(marks)}".strip())
        after_list = bool(line.told)
    looked_at = [(one, item) for one in shown for item in one.looked_at]
    watched = {
        item.sheet[name].key: item.sheet[name] for one, item in looked_at for name in one.names if name in item.sheet
    }
    beside = tuple(told for key, told in watched.items() if key not in facts)
    items = list({item.product_id: item for one in shown for item in one.items}.values())
    scores = {one.product_id: one for one in ranked(items)}
    passing = any(one.passing for one in shown)
    return Carried(
        sentences=tuple(sentences),
        citations=tuple(cite(number, cited[chunk], _quoted(quotes[chunk])) for chunk, number in numbers.items()),
        facts=tuple(facts.values()),
        watched=None if passing or len(beside) + len(facts) > vocabulary.figures()["watched"] else beside,
        products=tuple(
            Product(item.product_id, item.title, scores[item.product_id].score, item.prediction) for item in items
        ),
        confidence=round(confidence, 3),
        asks=any(one.asks for one in shown),
        rest=rest,
        passages=outcomes.passages(),
        took_ms=sum(outcome.took_ms for made in outcomes.by_wish.values() for _, outcome in made),
    )


def _quoted(said: Mapping[str, Sequence[str]]) -> str:
    """What was told of a product, or of each of its variants."""
    return " … ".join("; ".join(one) for one in said.values())
