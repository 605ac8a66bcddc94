"""What a page says of a service, or of a fault, that it names in a heading: changes when such a section is found
otherwise.

"What does VoltCare cover?" asks for what stands below "VoltCare", whatever verbs it says that with.
"""

import re
from collections.abc import Collection, Sequence

from shopwright.llm import fits, words
from shopwright.llm.units import Unit

_FOR = re.compile(r"\bfor (?:an?|the|my|our|your)\b.*$", re.I)
_COVERED = "covered acceptable"
_OF_IT = "cover covers covered last lasts lasting add adds added include benefit benefits expire expires price"


def rule(question: str, figures: Collection[str], pages: Sequence[Unit], most: int) -> list[Unit]:
    """The sentences of the section: those with a price where that is asked, else all; none where it asks for something
    that they do not speak of, or where there are too many."""
    asked = fits.subject(question).words
    heading = next((unit for unit in pages if _is_named(unit, question)), None)
    of_itself = _OF_IT
    if heading is None:
        heading, of_itself = next((unit for unit in pages if _is_of_a_fault(unit, asked)), None), _COVERED
    if heading is None:
        return []
    section = [unit for unit in pages if unit.source is heading.source and unit.heading == heading.heading]
    of_it = words.terms(heading.heading)
    if "money" in figures:
        question = _FOR.sub("", question)
    left = fits.subject(question).words - of_it - words.terms(of_itself)
    if left - frozenset[str]().union(*(unit.said for unit in section)):
        return []
    if "money" in figures:
        section = [unit for unit in section if fits.names_a_sum(unit.text)]
    elif left and of_itself == _OF_IT:
        section = [unit for unit in section if left <= unit.said]
    return section if len(section) <= most else []


def _is_named(unit: Unit, question: str) -> bool:
    """Is its heading a name, as its sentences write it, and in the question?"""
    if unit.row or unit.heading.endswith("?") or not _written(unit.heading, question):
        return False
    found = _written(unit.heading, unit.text)
    if found is None:
        return False
    capitals = [word[0].isupper() for word in re.findall(r"\w+", found[0])]
    inner = any(one.isupper() for word in re.findall(r"\w+", found[0]) for one in word[1:])
    return all(capitals) and (inner or len(capitals) > 1 or bool(found.start()))


def _is_of_a_fault(unit: Unit, asked: Collection[str]) -> bool:
    """Does a guarantee have a heading for the very fault that is asked about? One word is too little to tell."""
    headed = words.terms(unit.heading) - fits.asking()
    guaranteed = words.terms("warranty") <= words.terms(" ".join(unit.source.titles[:1]))
    return guaranteed and not unit.row and len(headed) > 1 and headed <= {*asked} and not headed & fits.trade()


def _written(heading: str, text: str) -> re.Match[str] | None:
    bare = re.sub(r"^the ", "", heading.strip(), flags=re.I)
    return re.search(rf"\b{re.escape(bare)}\b", text, re.I) if bare else None
