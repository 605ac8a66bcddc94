"""What a search is asked and what it finds: changes when what a citation needs to know about a passage does."""

from dataclasses import dataclass

from shopwright.errors import Invalid

MAX_NAMED = 200  # of documents, media types or titles, in one filter
MAX_LENGTH = 400  # of one of them


class FilterUnusable(Invalid):
    """A search was narrowed by something that no passage can have."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What a search is narrowed to. Each part holds values that are compared and never read as anything else; one that
    is empty narrows nothing. A passage must satisfy every part: be of one of `documents`, of one of `media_types`, and
    stand below the titles of `section`, outermost first.
    """

    documents: tuple[str, ...] = ()
    media_types: tuple[str, ...] = ()
    section: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for part in (self.documents, self.media_types, self.section):
            if len(part) > MAX_NAMED:
                raise FilterUnusable(f"A filter names at most {MAX_NAMED} of a kind.")
            if any(not isinstance(one, str) or "\0" in one or len(one) > MAX_LENGTH for one in part):
                raise FilterUnusable(f"A filter's values are texts of at most {MAX_LENGTH} characters, without NUL.")


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Passage:
    """A merchant's own words, and where they stand.

    `start` and `end` are characters of the decoded source text: what is cited there is the unmasked original, while
    `content` has personal data masked, so that the two may differ in length.
    """

    chunk_id: str
    document_id: str
    version: int
    title: str
    section: tuple[str, ...]
    start: int
    end: int
    source_uri: str
    content: str
    similarity: float  # cosine, of question and passage: -1 to 1
    lexical: float | None  # the share of the question that its words hold, rare ones most: 0 to 1; None: it shares none
    score: float  # similarity + weight x lexical, with the question's weight: orders one search
