"""What a comparison names: changes when we read more ways of comparing."""

import re
from collections.abc import Sequence

from shopwright.orchestrator.wanted import plain_text


def compared(text: str) -> tuple[str, ...]:
    """What a comparison names, each by itself: "Kettle 1 or 2" names two kettles. Fewer than two: it names none."""
    spelled = _COMPARED_WITH.sub(r"\g<one> or ", more_than(text))
    plain = _ENDS.sub("", _COMPARES.sub(" ", spelled)).strip(" ,.;:?!")
    plain = plain.rpartition(":")[2] if ":" in plain else plain
    for between in _BETWEEN:  # "with" may stand in a name
        parts = [part for piece in between.split(plain) if (part := _ARTICLE.sub("", piece.strip(" ,.;?!\"'")))]
        if len(parts) > 1:
            break
    if len(parts) < 2 or any(len(part.split()) > _LONGEST_NAME or _IS_QUESTION.match(part) for part in parts):
        return ()
    parts = _called_alike(parts)
    first = parts[0].split()
    # What begins with a figure goes on from the first one's figure.
    at = next((n for n, word in enumerate(first) if word[0].isdigit()), None)
    return tuple(
        part if at is None or not part[0].isdigit() else " ".join([*first[:at], *part.split()]) for part in parts
    )


_COMPARED_WITH = re.compile(
    r"^(?:(?:how much|what) (?:is|are|do(?:es)?) |how do(?:es)? )?(?P<one>.{2,80}?) (?:cost |weigh )?"
    r"(?:when |as )?compared? (?:with|to|against) ",
    re.I,
)
_IS_QUESTION = re.compile(r"(?:how|what|which|who|why|where|when)\b", re.I)  # a question is no name


def most_of(text: str) -> bool:
    """Whether the words ask which of several that they name is the most so: "the lightest of whisk and ladle"."""
    return bool(_MOST_OF.match(plain_text(text))) and len(compared(text)) > 1


def the_two(text: str) -> str:
    """What both are called that are compared: "Do the two kettles cost the same?" names them once."""
    plain = _ENDS.sub("", _COMPARES.sub(" ", more_than(text))).strip(" ,.;:?!")
    match = _THE_TWO.match(plain)
    return match["what"] if match is not None and not compared(text) else ""


def _called_alike(parts: Sequence[str]) -> list[str]:
    """Each with the words that it takes from the first: of "the kettle in black and in sand" and "the 20 cm pan and the
    26 cm one" the second names no thing."""
    base = _IN.split(parts[0])[0]
    last = next((word for word in reversed(parts[0].split()) if word[0].isalpha()), "")
    told = [re.sub(r"\s*\(([^()]*)\)$", "", part) for part in parts]
    told = [f"{base} {part}" if _IN.match(f" {part}") and base != parts[0] else part for part in told]
    return [told[0], *(_ONE.sub(last, part) if last else part for part in told[1:])]


_IN = re.compile(r"\s+in (?=\w+$)", re.I)
_ONE = re.compile(r"(?<=\w )one$", re.I)
_THE_TWO = re.compile(
    r"^(?:(?:do|does|is|are|which|what|how much|the|of|your)\W+)*(?:two|both)(?: (?:the|of the))?"
    r" (?P<what>[\w' .,-]{3,80})$",
    re.I,
)


def more_than(text: str) -> str:
    """ "How much more does A cost than B?" asks what "A costs more than B" says."""
    return _HOW_MUCH_MORE.sub(r"\g<one> \g<verb> \g<more> than", plain_text(text))


def asks_difference(text: str) -> bool:
    """Whether the words ask by how much two things differ."""
    return bool(_DIFFERENCE.search(plain_text(text)))


_MORE = (
    "better|cheaper|dearer|pricier|lighter|heavier|warmer|smaller|bigger|larger|faster|slower|quieter|louder|stronger"
    "|longer|shorter|newer|thinner|thicker|taller|brighter"
)
_WORSE = rf"(?:(?:more|less) (?!than\b)\w+|{_MORE})"
_MOST = (
    r"(?:(?:most|least) \w+|best|(?:cheap|dear|light|warm|small|large?|fast|slow|quiet|loud|strong|long|short|new|thick"
    r"|tall|bright|thinn|bigg|heavi|prici)e?st)"
)
_OF_NAMED = r"of\b(?!\W+(?:all|your|these|those|them|the (?:two|three|four)\b))"
_AMOUNT = "more|less|most|least|higher|lower|highest|lowest"
_COMPARES = re.compile(
    r"^.{0,60}?\b(?:compare|comparison (?:of|between)|differences? (?:in (?:price|weight|cost|size) )?between"
    r"|pros and cons of|side by side)\b"
    r"|^(?:which|what)(?:'s)? (?:one |of (?:them|these|those) |of the \w+ )?(?:(?:is|are|weighs|costs)(?: the)? )?"
    rf"(?:{_WORSE}|{_MOST}|more|less)(?: one)?\b(?: of\b)?"
    rf"|^(?:which|what)(?: one| of (?:them|these|those))? (?:has|have|gives|holds|lasts|sleeps)(?: the| an?)?"
    rf" (?:{_WORSE}|{_MOST}|{_AMOUNT})(?: [\w-]+){{0,3}}?(?=\s*[,:?]|\s+of\b)(?: of\b)?"
    r"|^which of\b"
    rf"|^(?:(?:which|what)(?:'s| is| are)? )?(?:the )?{_MOST} (?:one )?{_OF_NAMED}"
    rf"|^(?:by )?how much (?:{_WORSE}|more|less) (?:is|are)\b|^by how much (?:is|are|do|does)\b"
    r"|^(?:please|can you|could you|would you)\b",
    re.I,
)
_MOST_OF = re.compile(rf"^(?:(?:which|what)(?:'s| is| are)? )?(?:the )?{_MOST} (?:one )?{_OF_NAMED}", re.I)
_SAME = r"(?:(?:exactly |about )?(?:the same|as much|alike|equally \w+)(?: (?:in )?(?:price|weight|amount|money))?)"
_ENDS = re.compile(
    rf"[:,?-]?\s+(?:which(?: one)?\s+)?(?:has|have|holds?|lasts?|sleeps?|gives?)\s+(?:the\s+|an?\s+)?"
    rf"(?:{_WORSE}|{_MOST}|{_AMOUNT})(?:\s+[\w-]+){{0,3}}\W*$"
    rf"|\s+(?:(?:cost|weigh|is|are)s?\s+)?(?:{_SAME}|(?:the )?(?:{_WORSE}|{_MOST})(?: one)?"
    r"|(?:cost|weigh)s? (?:more|less|the (?:most|least)))\W*$"
    r"|[:,?!-]\s*(?:which|what)(?: one| of (?:them|these|those))? (?:is|costs|weighs|are)\b.{0,30}$",
    re.I,
)
_HOW_MUCH_MORE = re.compile(
    r"^(?:by )?how much (?P<more>more|less) do(?:es)? (?P<one>.{2,80}?) (?P<verb>cost|weigh) than\b", re.I
)
_DIFFERENCE = re.compile(
    r"\bby how much\b|\bhow much (?:more|less|cheaper|dearer|pricier|lighter|heavier)\b"
    r"|\bdifferences? in (?:price|weight|cost)\b|\b(?:price|weight|cost) difference\b",
    re.I,
)
_BETWEEN = (
    re.compile(
        rf"\s+(?:(?:any|much|really|actually|still)\s+)?(?:(?:costs?|weighs?)\s+)?(?:(?:more|less)(?:\s+\w+)?|\w+er)\s+than\s+"
        r"|\s+(?:has|have|holds?|lasts?|sleeps?|gives?)\s+(?:an?\s+|the\s+)?(?:more|less|\w+er)(?:\s+[\w-]+){0,3}?"
        r"\s+than\s+"
        rf"|\s+than\s+|\s+(?:(?:costs?|weighs?|is|are)\s+)?(?:{_SAME}|as\s+\w+)\s+as\s+",
        re.I,
    ),
    re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or|vs\.?|versus|against)\s+", re.I),
    re.compile(r"\s+(?:with|to)\s+", re.I),
)
_ARTICLE = re.compile(
    r"^(?:(?:(?:price|weight|size|capacity|battery(?: life)?|colour|color|material)s? of|the|a|an|your|between|of|is"
    r"|are|isn't|aren't|do|does|don't|doesn't|both|two)\s+)+",
    re.I,
)
_LONGEST_NAME = 8  # words
