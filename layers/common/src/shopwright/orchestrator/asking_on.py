"""What "and on jackets?" asks: changes when we understand more ways of leaving out what was said before.

The question before is asked again, of something else or for something else, where one place alone in it is what is
changed; anything else is taken as it stands, since a wrong guess answers a question that nobody asked.
"""

import re
from collections.abc import Sequence

from shopwright.orchestrator import seeking
from shopwright.orchestrator.follow_up import names

_AND = re.compile(
    r"^\W*(?:(?:and|ok|okay|so|but)\W+)*(?:(?:what|how) about|and)\s+"
    r"(?:(?P<by>on|to|for|from|in|with|by|at|of)\s+)?(?P<about>[^?.!,;]+?)\s*\??\s*$",
    re.I,
)
# "And the second one?", "and the cheapest?" pick from a list; "and it?" points; "and how ...?" asks by itself.
_BY_ITSELF = re.compile(
    r"\b(?:ones?|\w+est|most|least|more|less|others?|another|else|first|second|third|last|it|its|this|that|these|those"
    r"|them|they|their|me|you|your|i|we|my|our|what|how|when|where|who|why|which|is|are|do|does|can|could|if|not|no"
    r"|without|and|or|now|today|tomorrow)\b",
    re.I,
)
_THE = re.compile(r"^(?:the|an?|your)\s+", re.I)
_NUMBER = r"(?<![\w-])-?\d[\w.,]*(?<![.,])"
_UNIT = r"(?:\s(?:cm|mm|m|l|ml|g|kg|w|gb|tb|litres?|inch|inches)\b)?"
_SIZE = re.compile(_NUMBER + _UNIT, re.I)
_AFTER_NAME = rf"{_UNIT}(?:\s{_NUMBER}{_UNIT})*"
_PLURAL = re.compile(r"[a-z][a-z-]*(?<!s)s")
_SERVICE = re.compile(r"\b(?:express|standard|normal|saturday|next[ -]day)\b", re.I)  # ways of one delivery
_OF_THE_SHOP = re.compile(r"\b(?:delivery|shipping|postage|returns?|payments?|refunds?)\b", re.I)
_GUARANTEE = re.compile(r"guarantee|warranty", re.I)
_LONGEST = 12  # words of a question that is asked again


def completed(question: str, before: Sequence[str]) -> str:
    """ "And on jackets?" as the whole question that it is, after the questions before it, the oldest first."""
    asked = ""
    for said in (*before, question):
        asked = _after(said, asked) or said
    return asked


def _after(said: str, asked: str) -> str | None:
    """None: it is no such question, or there is not one place alone that it fits into."""
    goes_on = _AND.match(said)
    if goes_on is None or not asked or len(asked.split()) > _LONGEST or re.search(r"[.!?;]\s", asked):
        return None
    by, about = goes_on["by"], goes_on["about"]
    if _BY_ITSELF.search(about) or seeking.by_word(about) is not None:
        return None
    plain = asked.rstrip(" ?")
    if by:  # "How long is the warranty on tents?"
        ways = list(re.finditer(rf"\b{by}\s+", plain, re.I))
        return f"{plain[: ways[0].start()]}{by} {about}?" if len(ways) == 1 else None
    bare = _THE.sub("", about)
    named = names(asked)
    if _SIZE.fullmatch(bare):
        sizes = _SIZE.findall(plain)
        return f"{_SIZE.sub(lambda _: bare, plain)}?" if len(sizes) == 1 and named else None
    if names(f"x {bare}"):
        return _instead(plain, named[0], about) if len(named) == 1 else None
    if bare != about and len(named) == 1:
        if _OF_THE_SHOP.search(bare):  # and of no product
            return None
        asks = f"How long is the {bare} on" if _GUARANTEE.fullmatch(bare) else f"What is the {bare} of"
        return f"{asks} the {named[0]}{_rest_of_name(plain, named[0])}?"
    if _SERVICE.fullmatch(bare) and len(_SERVICE.findall(plain)) == 1:
        return f"{_SERVICE.sub(bare, plain)}?"
    last = plain.split()[-1]
    if not named and _PLURAL.fullmatch(bare) and _PLURAL.fullmatch(last):
        return f"{plain.removesuffix(last)}{bare}?"
    return None


def _instead(asked: str, name: str, about: str) -> str:
    return re.sub(rf"(?:\bthe )?{re.escape(name)}{_AFTER_NAME}", lambda _: about, asked, count=1) + "?"


def _rest_of_name(asked: str, name: str) -> str:
    found = re.search(rf"{re.escape(name)}({_AFTER_NAME})", asked, re.I)
    return found[1] if found else ""
