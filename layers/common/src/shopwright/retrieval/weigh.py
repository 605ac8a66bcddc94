"""How much do a question's words count beside its meaning? Changes when the weighting is fitted anew."""

import re
import tomllib
from functools import cache
from importlib.resources import files

_WORD = re.compile(r"\w+")


def word_weight(question: str) -> float:
    """One rule for all merchants: what is two words long is a name, and is meant to the letter; a sentence is not."""
    by = _fitted()
    return by["always"] + by["shared"] / words_of(question)


def words_of(question: str) -> int:
    """How many words a question has; one, if none."""
    return max(1, len(_WORD.findall(question)))


@cache
def _fitted() -> dict[str, float]:
    return tomllib.loads(files("shopwright.retrieval").joinpath("weigh.toml").read_text("utf-8"))
