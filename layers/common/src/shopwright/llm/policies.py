"""A whole policy of the shop, by its own main sentences: changes when we choose those otherwise.

"What is your return policy?" asks for no sentence, and hardly any page holds the word "policy". What answers it is what
the page says first of returns, section by section.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from shopwright.llm import fits, words
from shopwright.llm.units import Unit

_FIGURE = re.compile(r"[0-9]")
WHERE = "Where do you deliver to, and where do you not?"
_OF_ENTRY = 2  # sentences
_MOST_TOPICS = 3
_DELIVERY = "delivery"


def topics(question: str) -> tuple[str, ...]:
    """Which policies a question is for, none where it asks for no whole policy."""
    if _arrives().match(question):
        return (_DELIVERY,)
    if not _asks().match(question):
        return ()
    found = [(match.start(), name) for name, of in _topics().items() if (match := of.search(question))]
    return tuple(name for _, name in sorted(found))[:_MOST_TOPICS]


def sought(question: str) -> str | None:
    """What to look for beside the question; None: it asks for no whole policy."""
    return _sought(topics(question))


def sought_of(question: str) -> str | None:
    """What to look for to find the policy that a question about one thing falls under."""
    return _sought([name for name, of in _topics().items() if of.search(question)])


def _sought(wanted: Sequence[str]) -> str | None:
    return " ".join(_table()["sought"][name] for name in wanted[:_MOST_TOPICS]) or None


def told(question: str, pages: Sequence[Unit], most: int, rows: int) -> list[Unit]:
    """The page's own sentences of each policy, in its order: of each of its sections the first, those with a figure
    before others. A table of no more than so many rows instead, where the sentences would be too many."""
    wanted = topics(question)
    chosen: list[Unit] = []
    for at, name in enumerate(wanted):
        said = _told(
            _topics()[name],
            _also()[name],
            pages,
            (most - len(chosen)) // (len(wanted) - at),
            rows if len(wanted) == 1 else 0,
        )
        chosen += [unit for unit in said if unit not in chosen]
    if _arrives().match(question):
        return [unit for unit in chosen if words.has_figure("time", unit.text)]
    return chosen


def _told(of: re.Pattern[str], also: re.Pattern[str], pages: Sequence[Unit], most: int, rows: int) -> list[Unit]:
    titled = [unit for unit in pages if of.search(" ".join((*unit.source.titles, unit.heading)))]
    whole = [unit for unit in titled if of.search(unit.source.titles[0] if unit.source.titles else "")]
    spoken = [unit for unit in pages if of.search(unit.text)]
    mine = _of_one_page(whole or titled or spoken)
    sections: dict[tuple[int, str], list[Unit]] = {}
    for unit in mine:
        sections.setdefault((unit.source.ref, unit.heading), []).append(unit)
    firsts = {key: _first(section, of, also) for key, section in sections.items()}
    if not any(firsts.values()):
        return [unit for unit in mine if of.search(unit.heading) and not unit.row][:1]
    chosen: list[Unit] = []
    for key in sorted(firsts, key=lambda key: not any(_FIGURE.search(unit.text) for unit in firsts[key][:1])):
        further = firsts[key]
        if not chosen and len(further) > most:
            table = [unit for unit in mine if unit.row]
            return table if 0 < len(table) <= rows else further[:most]
        if len(chosen) + len(further) <= most:
            chosen += further
    return [unit for unit in mine if unit in chosen]


def _of_one_page(units: Sequence[Unit]) -> list[Unit]:
    """Those of the page that is nearest to the question, as they stand there."""
    if not units:
        return []
    nearest = max(units, key=lambda unit: unit.source.similarity).source
    page = (nearest.page, nearest.titles[:1])
    mine = [unit for unit in units if (unit.source.page, unit.source.titles[:1]) == page]
    return sorted(mine, key=lambda unit: (unit.source.at, unit.source.ref, unit.place))


def _first(section: Sequence[Unit], of: re.Pattern[str], also: re.Pattern[str]) -> list[Unit]:
    """A section's main sentence, with those that it is only half told without."""
    answers = [unit for unit in section if not unit.row]
    if answers and answers[0].heading.endswith("?") and of.search(answers[0].heading):
        return answers[:_OF_ENTRY]  # the page asks itself for it
    prose = [unit for unit in answers if not fits.leans(unit.text)]
    speaking = [unit for unit in prose if _is_first(of, unit.text) or also.search(unit.text)]
    of_figures = [unit for unit in speaking if _FIGURE.search(unit.text)]
    alike = [unit for unit in of_figures if unit.place < of_figures[0].place + len(of_figures)]
    if len(alike) > 1:
        return alike
    return (of_figures or speaking)[:1]


def _is_first(of: re.Pattern[str], text: str) -> bool:
    """Is a sentence of this before it is of anything else? "Repairs outside the warranty" is of repairs."""
    starts = {one: match.start() for one in _topics().values() if (match := one.search(text))}
    return of in starts and starts[of] == min(starts.values())


@cache
def _table() -> Mapping[str, Any]:
    table: dict[str, Any] = tomllib.loads(files("shopwright.llm").joinpath("policies.toml").read_text("utf-8"))
    return table


@cache
def _topics() -> Mapping[str, re.Pattern[str]]:
    return {name: re.compile(says, re.I) for name, says in _table()["of"].items()}


@cache
def _also() -> Mapping[str, re.Pattern[str]]:
    never = r"(?!)"
    return {name: re.compile(_table()["also"].get(name, never), re.I) for name in _topics()}


@cache
def _arrives() -> re.Pattern[str]:
    return re.compile(_table()["arrives"].replace("FILLER", _table()["filler"]), re.I | re.X)


@cache
def _asks() -> re.Pattern[str]:
    every = "|".join(_table()["of"].values()).replace(" ", r"\ ")
    return re.compile(_table()["asks"].replace("TOPIC", f"(?:{every})"), re.I | re.X)
