"""A text as a reader sees it, with the way back: changes when a new way of disguising characters turns up.

Full-width and circled digits become plain ones, invisible characters vanish, every dash is `-` and every space ` `.
Offsets into the view lead back to the original, so that what was not found there stays byte for byte as it was.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_INVISIBLE = frozenset({"Cf", "Mn", "Me"})  # joiners, soft hyphens, direction marks, variation selectors, keycaps
_DOTS = frozenset("·•․‧∙⋅。｡")


@dataclass(frozen=True, slots=True)
class View:
    """`text` is what the finders read. `origins[i]` is where its character i stands in the original."""

    text: str
    origins: tuple[int, ...] | None  # None: nothing was disguised, every character stands where it stood

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The stretch of the original that `text[start:end]` was read from."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1


def read(text: str) -> View:
    """The view of a text. Linear in its length."""
    if text.isascii():
        return View(text, None)
    seen: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        plain = character if character.isascii() else _plain(character)
        seen.append(plain)
        origins.extend([place] * len(plain))
    return View("".join(seen), tuple(origins))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in _INVISIBLE:
        return ""
    if kind in ("Zs", "Zl", "Zp"):
        return " "
    if kind == "Pd" or character == "\u2212":
        return "-"
    if kind == "Nd":
        return str(unicodedata.digit(character))
    if character in _DOTS:
        return "."
    return unicodedata.normalize("NFKC", character)
