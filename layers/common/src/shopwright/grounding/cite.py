"""Where an answer's words stand: changes when a citation needs to tell its reader more."""

from dataclasses import dataclass

from shopwright.retrieval.search import Passage


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a merchant's document, and the words that were taken from it.

    `ref` is the number that the answer shows. `start` and `end` are characters of the decoded source: of the passage
    that holds the quotation, in the very version of the document that was read.
    """

    ref: int
    document_id: str
    version: int
    title: str
    section: tuple[str, ...]
    start: int
    end: int
    source_uri: str
    quote: str


def cite(ref: int, passage: Passage, quote: str) -> Citation:
    """A citation of one passage."""
    return Citation(
        ref=ref,
        document_id=passage.document_id,
        version=passage.version,
        title=passage.title,
        section=passage.section,
        start=passage.start,
        end=passage.end,
        source_uri=passage.source_uri,
        quote=quote,
    )
