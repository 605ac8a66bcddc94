"""Search in PostgreSQL: changes when the search functions' parameters or columns do."""

from collections.abc import Callable, Sequence

from pgvector import HalfVector

from shopwright.database.connection import Reads, Row
from shopwright.database.queries import Queries
from shopwright.embedding.model import Model
from shopwright.retrieval.search import EVERYTHING, Filter, Passage
from shopwright.retrieval.weigh import word_weight
from shopwright.tenancy.passport import Passport

_QUERIES = Queries.beside(__file__)


class Search:
    """Finds passages for whoever the passport names. Holds the model whose vectors it is asked with: the database
    refuses a model that does not serve the merchant."""

    def __init__(self, database: Reads, *, model: Model) -> None:
        self._database = database
        self._model = model

    def hybrid(
        self,
        passport: Passport,
        question: str,
        vector: Sequence[float],
        *,
        limit: int = 8,
        only: Filter = EVERYTHING,
        weigh: Callable[[str], float] = word_weight,
    ) -> tuple[Passage, ...]:
        """The best passages first, by vector and by word: one round trip, with content. `weigh` says how much the words
        of a question count beside its meaning."""
        question = question.replace("\0", " ")
        rows = self._database.call(
            passport,
            _QUERIES["hybrid"],
            {
                **self._asked(vector, limit),
                "question": question,
                "word_weight": weigh(question),
                "documents": list(only.documents) or None,
                "media_types": list(only.media_types) or None,
                "section": list(only.section) or None,
            },
        )
        return tuple(_passage(row) for row in rows)

    def nearest(self, passport: Passport, vector: Sequence[float], *, limit: int = 8) -> tuple[tuple[str, float], ...]:
        """Chunk ids and cosines, nearest first: one round trip, under row-level security."""
        rows = self._database.call(passport, _QUERIES["nearest"], self._asked(vector, limit))
        return tuple((str(row["id"]), float(row["similarity"])) for row in rows)

    def nearest_passages(self, passport: Passport, vector: Sequence[float], *, limit: int = 8) -> tuple[Passage, ...]:
        """The same with their content; no word was asked for, so that their score is their similarity."""
        rows = self._database.call(passport, _QUERIES["nearest_passages"], self._asked(vector, limit))
        return tuple(_passage({**row, "lexical": None, "score": row["similarity"]}) for row in rows)

    def _asked(self, vector: Sequence[float], limit: int) -> dict[str, object]:
        return {
            "model": self._model.name,
            "weights": self._model.sha256,
            "vector": HalfVector(list(vector)),
            "limit": limit,
        }


class ProductWords:
    """Finds products' passages by their words alone, for whoever the passport names."""

    def __init__(self, database: Reads) -> None:
        self._database = database

    def of(self, passport: Passport, product_id: str) -> Passage | None:
        """The passage that tells of the whole product, or else of one of its variants."""
        rows = self._database.call(passport, _QUERIES["passage_of_product"], {"product": product_id})
        return next((_passage({**row, "similarity": 0.0, "lexical": None, "score": 0.0}) for row in rows), None)

    def holding(self, passport: Passport, words: str, *, limit: int) -> tuple[Passage, ...]:
        """Those that hold most of the words first; nothing was measured by meaning, so that `lexical` orders them."""
        asked = {"question": words.replace("\0", " "), "limit": limit}
        rows = self._database.call(passport, _QUERIES["product_passages"], asked)
        return tuple(_passage({**row, "similarity": 0.0, "lexical": row["held"], "score": row["held"]}) for row in rows)


def _passage(row: Row) -> Passage:
    return Passage(
        chunk_id=str(row["chunk_id"]),
        document_id=row["document_id"],
        version=row["version"],
        title=row["title"],
        section=tuple(row["section_path"]),
        start=row["span"].lower,
        end=row["span"].upper,
        source_uri=row["source_key"],
        content=row["content"],
        similarity=row["similarity"],
        lexical=row["lexical"],
        score=row["score"],
    )
