"""Named queries from `.sql` files: changes when the way we write those files does.

A file is a series of queries. Each begins with its name and one line that says what it is for:

    -- name: documents_page
    -- One page of a merchant's documents, newest first.
    select …
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import LiteralString, Self, cast

_QUERY = re.compile(
    r"^-- name: (?P<name>[a-z][a-z0-9_]*)\n-- (?P<purpose>.+)\n(?P<text>(?:(?!^-- name: )[^\n]*\n?)*)", re.M
)


class Queries(Mapping[str, LiteralString]):
    """The queries of one file, by name. One that lacks a name, a purpose or a text is refused at once."""

    def __init__(self, source: str) -> None:
        self._texts: dict[str, LiteralString] = {}
        self.purposes: dict[str, str] = {}
        end = re.match(r"\s*", source).end()  # type: ignore[union-attr]  # matches the empty string too
        for match in _QUERY.finditer(source):
            name, text = match["name"], match["text"].strip().removesuffix(";")
            if source[end : match.start()].strip() or not text or name in self._texts:
                raise ValueError(f"Query {name!r}: each needs a name of its own, a line of purpose and a text.")
            # Only files of this package are read, so that a query is as literal as one written in Python.
            self._texts[name] = cast(LiteralString, text)
            self.purposes[name] = match["purpose"]
            end = match.end()
        if source[end:].strip() or not self._texts:
            raise ValueError("A .sql file holds named queries and nothing else.")

    @classmethod
    def beside(cls, module: str, name: str = "queries.sql") -> Self:
        """The queries in the file that lies beside a module: `Queries.beside(__file__)`."""
        return cls(Path(module).with_name(name).read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> LiteralString:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
