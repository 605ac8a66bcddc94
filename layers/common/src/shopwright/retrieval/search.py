"""What a search finds: changes when what a citation needs to know about a passage does."""

from dataclasses import dataclass


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
    similarity: float  # cosine, of question and passage
    lexical: float | None  # ts_rank, of any of the question's words; None: it shares none
    score: float  # reciprocal ranks, fused: orders one search, means nothing across two
