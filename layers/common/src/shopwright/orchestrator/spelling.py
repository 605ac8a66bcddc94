"""What a shopper meant to write, where nothing was found for what is written: changes when slips are read otherwise.

Only what is no word, by the lists that tell names from words, is read as one that is a slip away: of the shop's goods,
of its pages, or of those that ask. "Do you sell books?" is asked of books, whatever boots there are.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from shopwright.llm import fits, words
from shopwright.privacy import names
from shopwright.tenancy.caller import Caller

Sold = Callable[[Caller, Sequence[str]], Collection[str]]  # those that stand in the names of what a merchant sells
_WORD = re.compile(r"(?<![\w'’-])[a-z]{4,}(?![\w'’-])", re.I)
_SHORTEST = 4  # letters of a plural
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHORTENED = {"u": "you", "ur": "your", "r": "are"}  # whoever writes in haste writes these, too
_SHORT = re.compile(r"(?<![\w'’-])(?:u|ur|r)(?![\w'’-])", re.I)
_MOST = 3  # words of a question: where more are none, it is written in another language


@dataclass(frozen=True, slots=True)
class Respelled:
    """A question as it may have been meant, and which of its words are read as which."""

    text: str
    read_as: Mapping[str, str]


def respelled(question: str, pages: Iterable[str], caller: Caller, sold_by: Sold) -> Respelled | None:
    """None: every word of it is one, or nobody knows what is meant. `pages` are what was found for it."""
    held = frozenset(match[0].casefold() for page in pages for match in _WORD.finditer(page))
    typed = {match[0]: match[0].casefold() for match in _WORD.finditer(question)}
    unknown = {one: word for one, word in typed.items() if not _is_word(word) and word not in held}
    if not 0 < len(unknown) <= _MOST:
        return None
    near = {word: _near(word) for word in unknown.values()}
    # A made-up name that was nearly written is found with its page; the database is asked for words alone, a few of
    # some hundred slips, for each is a look of its own.
    likely = {one for slips in near.values() for one in slips - held if names.lists(one)}
    sold = frozenset(sold_by(caller, sorted(likely.union(near))))
    read_as = {
        one: meant
        for one, word in unknown.items()
        if word not in sold and (meant := _meant(word, near[word], sold, held)) is not None
    }
    if not read_as:
        return None
    text = _WORD.sub(lambda match: read_as.get(match[0], match[0]), question)
    return Respelled(_SHORT.sub(lambda match: _SHORTENED[match[0].casefold()], text), read_as)


def _is_word(word: str) -> bool:
    """Also in the plural, which the lists may leave out."""
    return any(names.lists(one) for one in (word, *_singles(word)))


def _singles(word: str) -> frozenset[str]:
    """What it is the plural of: "laddles" are of a laddle, "compases" of a compas."""
    return frozenset(word.removesuffix(end) for end in ("s", "es") if word.endswith(end) and len(word) > _SHORTEST)


def _meant(word: str, near: frozenset[str], sold: frozenset[str], held: frozenset[str]) -> str | None:
    """The one thing that it can be; of two that mean the same, either."""
    for among in (sold, held):
        found = sorted(_slips(word) & among) or sorted(near & among)
        if found:
            return found[0] if len({words.terms(one) for one in found}) == 1 else None
    asks = [one for one in sorted(_slips(word)) if words.terms(one) <= _asking() and names.lists(one)]
    found = [one for one in asks if sorted(one) == sorted(word)] or asks  # letters that changed places are the surest
    return found[0] if len(found) == 1 else None


def _near(word: str) -> frozenset[str]:
    """What a slip makes of it, or of what it is one of: "compases" are of a compass."""
    return _slips(word).union(*map(_slips, _singles(word)))


@cache
def _asking() -> frozenset[str]:
    """What questions to a shop are made of, beside the thing: another word may mean any thing."""
    figures = (words.figure_terms(kind) for kind in ("money", "time", "weight", "power", "number"))
    return (fits.asking() | fits.trade()).union(*figures)


@lru_cache(maxsize=64)
def _slips(word: str) -> frozenset[str]:
    """All that one letter too many, too few, another, or two that changed places make of it, after its first."""
    cuts = [(word[:at], word[at:]) for at in range(1, len(word) + 1)]
    made = {before + after[1:] for before, after in cuts if after}
    made |= {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    made |= {before + letter + after[1:] for before, after in cuts if after for letter in _LETTERS}
    made |= {before + letter + after for before, after in cuts for letter in _LETTERS}
    return frozenset(made - {word})
