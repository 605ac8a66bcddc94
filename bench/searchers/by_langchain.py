"""LangChain's two stores on PostgreSQL, `PGVector` and `PGVectorStore`, the tenant as a metadata filter."""

from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_postgres import Column, PGEngine, PGVector, PGVectorStore

from bench.searchers.wire import Ask, Place, serve

NEAREST = 10
NEVER_ASKED = DeterministicFakeEmbedding(size=384)  # questions come as vectors


def _url(place: Place) -> str:
    return f"postgresql+psycopg://{place.username}:{place.password}@{place.host}:{place.port}/{place.name}"


def _first(place: Place) -> PGVector:
    return PGVector(
        embeddings=NEVER_ASKED,
        collection_name="passages",
        connection=_url(place),
        use_jsonb=True,
        embedding_length=384,
        create_extension=False,
    )


def prepare(place: Place) -> None:
    """The tables, as each library makes them."""
    _first(place)
    PGEngine.from_connection_string(_url(place)).init_vectorstore_table(
        table_name="langchain_v2", vector_size=384, metadata_columns=[Column("merchant_id", "text", nullable=False)]
    )


def make(place: Place) -> Ask:
    questions, asked = place.questions.tolist(), place.asked
    if place.store == "PGVector":
        store = _first(place)
    else:
        store = PGVectorStore.create_sync(
            PGEngine.from_connection_string(_url(place)),
            embedding_service=NEVER_ASKED,
            table_name="langchain_v2",
            metadata_columns=["merchant_id"],
            k=NEAREST,
        )

    def ask(number: int) -> list[str]:
        found = store.similarity_search_with_score_by_vector(
            questions[number], k=NEAREST, filter={"merchant_id": asked[number]}
        )
        return [str(document.id) for document, _ in found if document.page_content]

    return ask


if __name__ == "__main__":
    serve(make, prepare=prepare)
