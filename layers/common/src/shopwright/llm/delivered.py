"""What a page says of deliveries to a place or for a sum, and of returns from one: changes when such a rule is found
otherwise."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from shopwright.llm import fits, places, words
from shopwright.llm.fits import Reach, Subject
from shopwright.llm.units import Unit, with_what_it_leans_on


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of the places, none where nothing is; and what is said of deliveries to any, when a figure is wanted
    that what is said of the places does not tell."""

    units: tuple[Unit, ...]
    general: tuple[Unit, ...] = ()
    sure: bool = False
    implied: bool = False  # they say only what lies outside, which of what lies inside reads as a no


def rule(asked: Subject, figures: Collection[str], pages: Sequence[Unit], most: int) -> Rule | None:
    """The rule for the places; None: it asks about deliveries to no place, or about something else of them."""
    if not asked.places:
        return None
    figures = {*figures, *(["money"] if asked.words & words.terms("free") else [])}
    chosen: list[Unit] = []
    reached: set[Reach] = set()
    for place in asked.places:
        reaches = [(fits.reach(place, unit.text, " ".join(unit.source.titles)), unit) for unit in pages]
        fitting = [(how, unit) for how, unit in reaches if how is not Reach.NOT and _fits(asked, unit, figures, how)]
        best = max((how for how, _ in fitting or reaches), default=Reach.NOT)
        if best <= Reach.EXCLUDES and max((how for how, _ in reaches), default=Reach.NOT) >= Reach.COVERS:
            best = Reach.NOT  # something is said of it, and it is not that it lies outside
        reached.add(best)
        chosen += [unit for how, unit in fitting if how is best and unit not in chosen]
    if not chosen:
        return None if min(reached) >= Reach.COVERS else Rule(())
    chosen = sorted(chosen, key=lambda unit: (unit.source.ref, unit.place))[:most]
    goes = min(reached) >= Reach.IMPLIES
    told = any(
        words.has_figure(kind, unit.text) and not fits.adds_to_another(unit.text) for kind in figures for unit in chosen
    )
    wanted = goes and (Reach.IMPLIES in reached or (figures and not told))
    general = [unit for unit in pages if not fits.names_a_place(unit.text)] if wanted else []
    if Reach.IMPLIES in reached:  # what holds there is what it costs, and how long it takes
        general = [unit for unit in general if any(words.has_figure(kind, unit.text) for kind in ("money", "time"))]
    return Rule(tuple(chosen), tuple(general), sure=min(reached) >= Reach.EXCLUDES, implied=reached == {Reach.IMPLIES})


def from_sum(question: str, pages: Sequence[Unit], most: int) -> list[Unit]:
    """From which sum on delivery is free, and what it costs below that: whoever gives a sum compares by themselves."""
    if places.named(question) or not fits.asks_from_which_sum(question):
        return []
    free, delivery = words.terms("free"), words.terms("delivery")
    telling = [
        with_what_it_leans_on(unit, pages, most)
        for unit in pages
        if not unit.row and free <= unit.said and delivery <= unit.said and fits.names_a_sum(unit.text)
    ]
    return max(telling, key=lambda told: (len(told), told[0].source.similarity), default=[])


def returned_from(question: str, figures: Collection[str], pages: Sequence[Unit], most: int) -> list[Unit]:
    """What returns cost from where, as the page tells it of all places together."""
    asked, returns = words.terms(question), words.terms("return")
    if not returns <= asked or not places.named(question) or not ("money" in figures or words.terms("free") & asked):
        return []
    telling = [
        unit
        for unit in pages
        if returns <= unit.said | unit.above
        and fits.names_a_place(unit.text)
        and words.has_figure("money", unit.text)
        and not words.terms("deliver") & unit.said
    ]
    first = max(telling, key=lambda unit: unit.source.similarity, default=None)
    return [unit for unit in telling if first and (unit.source, unit.heading) == (first.source, first.heading)][:most]


def _fits(asked: Subject, unit: Unit, figures: Collection[str], how: Reach) -> bool:
    """To where nothing is sent, it does not matter what."""
    wanted = asked.words if how >= Reach.COVERS else asked.words & fits.trade()
    costs = words.figure_terms("money") | words.figure_terms("time") | words.terms("free area covered")
    bare = replace(
        asked,
        words=wanted - costs,
        names=frozenset(),
        qualifiers=asked.qualifiers if how >= Reach.COVERS else frozenset(),
    )
    return fits.is_said_of(bare, unit.text, unit.said, unit.above, frozenset(), figures, unit.heading)
