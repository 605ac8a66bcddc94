"""Made-up documents of every format that we read, all of about the same length; changes when a format is added."""

import json
import random
from collections.abc import Callable, Sequence
from html import escape

from shopwright.documents.document import Format, format_of

from tests.unit.shopwright.documents import samples

SECTIONS = 6
ROWS = 24
WORDS = (  # in the manner of a kitchen shop; what matters is how many there are
    *("pan", "lid", "handle", "steel", "copper", "enamel", "iron", "heat", "oven", "hob", "rinse", "dry", "oil"),
    *("season", "store", "blade", "edge", "grind", "board", "maple", "bowl", "whisk", "scale", "gram", "measure"),
    *("steam", "rack", "shelf", "parcel", "courier", "refund", "invoice", "week", "month", "repair", "spare", "part"),
)
HEAD = ("id", "title", "price", "availability", "description")

Sections = Sequence[tuple[str, Sequence[str]]]


def prose(chance: random.Random, number: int, sections: int, lines: int) -> list[tuple[str, list[str]]]:
    """Titled sections, no two sentences alike."""
    return [
        (
            f"Part {section}",
            [
                f"{' '.join(chance.choices(WORDS, k=chance.randint(8, 14))).capitalize()} {number}-{section}-{line}."
                for line in range(lines)
            ],
        )
        for section in range(sections)
    ]


def documents(many: int, *, seed: int = 2026) -> dict[str, list[bytes]]:
    """So many of each format, by its ending. A page and a table of goods hold about as many words."""
    chance = random.Random(seed)  # noqa: S311 - the same documents in every run, not a secret
    made: dict[str, list[bytes]] = {ending: [] for ending in (*_PAGES, *_TABLES)}
    for number in range(many):
        for ending, page in _PAGES.items():
            made[ending].append(page(f"Guide {seed}-{number}", prose(chance, number, SECTIONS, 9)))
        for ending, table in _TABLES.items():
            made[ending].append(table(_goods(chance, f"{ending}-{number}")))
    lacking = set(Format) - {format_of(f"a.{ending}") for ending in made}
    assert not lacking, f"no document of the formats {lacking}"
    return made


def markdown(title: str, sections: Sections) -> str:
    return f"# {title}\n\n" + "\n\n".join(f"## {head}\n\n{' '.join(lines)}" for head, lines in sections) + "\n"


def _goods(chance: random.Random, about: str) -> list[tuple[str, ...]]:
    return [
        (
            f"{about}-{row}",
            f"{' '.join(chance.sample(WORDS, 3))} {about}-{row}".title(),
            f"{chance.randint(3, 300)}.90 EUR",
            "in stock",
            f"{' '.join(chance.choices(WORDS, k=18)).capitalize()} {about}-{row}.",
        )
        for row in range(ROWS)
    ]


def _html(title: str, sections: Sections) -> bytes:
    body = "".join(f"<h2>{head}</h2><p>{escape(' '.join(lines))}</p>" for head, lines in sections)
    return f"<title>{title}</title><h1>{title}</h1>{body}".encode()


def _docx(title: str, sections: Sections) -> bytes:
    parts = (samples.paragraph(head, "H2") + samples.paragraph(" ".join(lines)) for head, lines in sections)
    return samples.docx(samples.paragraph(title, "H1") + "".join(parts))


def _pptx(title: str, sections: Sections) -> bytes:
    return samples.pptx(*(samples.shape(head, "title") + samples.shape("\n".join(lines)) for head, lines in sections))


def _odt(title: str, sections: Sections) -> bytes:
    def head(said: str, level: int) -> str:
        return f'<text:h text:outline-level="{level}">{said}</text:h>'

    parts = (head(one, 2) + f"<text:p>{' '.join(lines)}</text:p>" for one, lines in sections)
    return samples.odt(head(title, 1) + "".join(parts))


def _plain(title: str, sections: Sections) -> str:
    return "\n\n".join([title, *(f"{head.upper()}\n\n{' '.join(lines)}" for head, lines in sections)])


def _json(goods: Sequence[Sequence[str]]) -> bytes:
    return json.dumps([dict(zip(HEAD, one, strict=True)) for one in goods]).encode()


def _xml(goods: Sequence[Sequence[str]]) -> bytes:
    def fields(one: Sequence[str]) -> str:
        return "".join(f"<g:{name}>{escape(value)}</g:{name}>" for name, value in zip(HEAD, one, strict=True))

    items = "".join(f"<item>{fields(one)}</item>" for one in goods)
    return f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>{items}</channel></rss>'.encode()


_PAGES: dict[str, Callable[[str, Sections], bytes]] = {
    "pdf": lambda title, sections: samples.pdf(*("\n".join([title, head, *lines]) for head, lines in sections)),
    "docx": _docx,
    "pptx": _pptx,
    "odt": _odt,
    "rtf": lambda title, sections: samples.rtf(*_plain(title, sections).splitlines()),
    "eml": lambda title, sections: samples.email(title, _plain(title, sections)),
    "html": _html,
    "md": lambda title, sections: markdown(title, sections).encode(),
    "txt": lambda title, sections: _plain(title, sections).encode(),
}
_TABLES: dict[str, Callable[[Sequence[Sequence[str]]], bytes]] = {
    "xlsx": lambda goods: samples.xlsx(
        {"Goods": "".join(samples.row(at, *one) for at, one in enumerate([HEAD, *goods], start=1))}
    ),
    "ods": lambda goods: samples.ods(HEAD, *goods),
    "csv": lambda goods: "\n".join(",".join(f'"{cell}"' for cell in one) for one in [HEAD, *goods]).encode(),
    "json": _json,
    "xml": _xml,
}
