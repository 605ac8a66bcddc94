"""LlamaIndex's store on PostgreSQL, the tenant as a metadata filter."""

from llama_index.core.schema import TextNode
from llama_index.core.vector_stores import FilterOperator, MetadataFilter, MetadataFilters, VectorStoreQuery
from llama_index.vector_stores.postgres import PGVectorStore

from bench.searchers.wire import Ask, Place, serve

NEAREST = 10


def _store(place: Place, *, setup: bool) -> PGVectorStore:
    return PGVectorStore.from_params(
        host=place.host,
        port=str(place.port),
        database=place.name,
        user=place.username,
        password=place.password,
        table_name="llamaindex",
        embed_dim=384,
        use_jsonb=True,
        indexed_metadata_keys={("merchant_id", "text")},
        perform_setup=setup,
        hnsw_kwargs={
            "hnsw_m": 16,
            "hnsw_ef_construction": 64,
            "hnsw_ef_search": 60,
            "hnsw_dist_method": "vector_cosine_ops",
        },
    )


def prepare(place: Place) -> None:
    """The table, as the library makes it: with the first node."""
    first = TextNode(id_="first", text="first", metadata={"merchant_id": "nobody"})
    first.embedding = [0.1] * 384
    _store(place, setup=True).add([first])


def make(place: Place) -> Ask:
    store, questions, asked = _store(place, setup=False), place.questions.tolist(), place.asked

    def ask(number: int) -> list[str]:
        own = MetadataFilter(key="merchant_id", value=asked[number], operator=FilterOperator.EQ)
        found = store.query(
            VectorStoreQuery(
                query_embedding=questions[number], similarity_top_k=NEAREST, filters=MetadataFilters(filters=[own])
            )
        )
        return [node.node_id for node in found.nodes or [] if node.get_content()]

    return ask


if __name__ == "__main__":
    serve(make, prepare=prepare)
