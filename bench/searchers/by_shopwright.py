"""Our own search as the product runs it: its driver, its passports, row-level security on. `store` names the way."""

from pgvector import HalfVector  # noqa: F401 - loaded before a crowd is forked, as every client of a library is
from shopwright.database.connection import Address, Database, Login
from shopwright.embedding.model import Model
from shopwright.retrieval.aurora import Search
from shopwright.tenancy.passport import Signer, SigningKey
from shopwright.tenancy.tenant import Tenant

from bench.searchers.wire import Ask, Place, serve

MODEL = Model("bge-small-en-v1.5", 384, "68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743")
KEY = SigningKey("bench", b"a key of the bench, for databases of the bench alone")
NEAREST = 10


def make(place: Place) -> Ask:
    database = Database(
        Address(place.host, place.port, place.name, "disable"),
        lambda: Login(place.username, place.password),
        statement_timeout_ms=10_000,
    )
    search, signer = Search(database, model=MODEL), Signer(lambda: KEY)
    questions, tenants, words = place.questions.tolist(), [Tenant(one) for one in place.asked], place.words

    def vector(number: int) -> list[str]:
        passport = signer.sign(tenants[number])
        return [one.chunk_id for one in search.nearest_passages(passport, questions[number], limit=NEAREST)]

    def hybrid(number: int) -> list[str]:
        passport = signer.sign(tenants[number])
        return [one.chunk_id for one in search.hybrid(passport, words[number], questions[number], limit=NEAREST)]

    def floor(number: int) -> list[str]:
        database.ping(timeout_s=10)
        return []

    return {"vector": vector, "hybrid": hybrid, "floor": floor}[place.store]


if __name__ == "__main__":
    serve(make)
