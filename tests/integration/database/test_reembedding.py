"""A merchant's passages get a second model while the first goes on answering, until all of it changes over at once."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import count

import pytest
import reembed
from shopwright.database.connection import ModelDoesNotServe, connect_master
from shopwright.database.migrate import MigrationFailed, Migrator
from shopwright.documents.aurora import Documents, ModelSwitched, Outcome
from shopwright.documents.chunk import embedded_text
from shopwright.embedding.aurora import A_FEW, MerchantModels, Models, ModelServes, NoSuchModel, Standing, StillLacking
from shopwright.embedding.model import Model
from shopwright.retrieval.aurora import Search
from shopwright.retrieval.search import Passage
from shopwright.retrieval.serving import Serving
from shopwright.runtime.task import Unexpected
from shopwright.tenancy.tenant import Tenant

from tests.integration.database.conftest import MASTER, Shop
from tests.integration.database.shop import BGE, OUTDOOR, SIGNER, arrival, content, vector
from tests.unit.functions.ingestion import context

NEXT = Model("bge-next-v2", 384, "b" * 64)
MERCHANTS = count()


class Embedder:
    """The next model: its vectors are as made up as the first one's, and others."""

    def __init__(self) -> None:
        self.embedded: list[str] = []
        self.between: Callable[[], object] = lambda: None

    def passages(self, texts: Iterable[str]) -> list[list[float]]:
        given = list(texts)
        self.embedded += given
        self.between()
        return [vector("next " + text) for text in given]


def add(shop: Shop, model: Model) -> None:
    with connect_master(shop.address, MASTER) as connection:
        Migrator(connection).add_model(model.name, model.sha256, model.dimensions)


@pytest.fixture(scope="module", autouse=True)
def known(shop: Shop) -> None:
    add(shop, NEXT)


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(f"merchant-{next(MERCHANTS)}")


@pytest.fixture
def models(shop: Shop, tenant: Tenant) -> MerchantModels:
    return Models(shop.database(), SIGNER).of(tenant)


@pytest.fixture
def documents(shop: Shop, tenant: Tenant) -> Documents:
    return shop.repository().of(tenant)


def drop(documents: Documents, tenant: Tenant, name: str, texts: Sequence[str], *, model: Model = BGE) -> Outcome:
    arrived = arrival(tenant, name, "0A")
    documents.register(arrived, title="A page")
    return documents.replace(arrived, content(arrived, texts, model=model))


def work(shop: Shop, tenant: Tenant, embedder: Embedder, model: Model = NEXT) -> int:
    """What the state machine does until a call says that it is done; gives the number of passages embedded."""
    desk = reembed.Desk(Models(shop.database(), SIGNER).of, lambda name: embedder, enough_s=1.0)
    done, after = 0, ""
    while True:
        said = reembed.build(lambda: desk)(
            {"merchant_id": tenant.merchant_id, "model": model.name, "after": after}, context()
        )
        done, after = done + int(said["embedded"]), said["after"]
        if said["outcome"] == "done":
            return done


def switch(models: MerchantModels, model: Model) -> Standing:
    return models.switch(model.name, lambda some: Embedder().passages([one.content for one in some]))


def answered_by(shop: Shop, tenant: Tenant) -> list[str]:
    """The models that may be asked about this merchant."""
    found = []
    for model in (BGE, NEXT):
        try:
            Search(shop.database(), model=model).hybrid(SIGNER.sign(tenant), "ship", vector("x"))
            found.append(model.name)
        except ModelDoesNotServe:
            continue
    return found


def test_a_merchant_is_embedded_anew_and_served_by_the_old_model_until_all_is_there(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    texts = [f"Parcel number {number} is shipped on a Monday." for number in range(130)]
    drop(documents, tenant, "a.md", texts)
    embedder = Embedder()
    before = models.standing(NEXT.name)
    served: list[list[str]] = []
    embedder.between = lambda: served.append(answered_by(shop, tenant))

    assert work(shop, tenant, embedder) == 130
    assert (before.passages, before.embedded, before.serving) == (130, 0, BGE.name)
    assert served == [[BGE.name]] * 3
    assert embedder.embedded[0] in {embedded_text((), text) for text in texts}

    switched = switch(models, NEXT)

    assert (switched.passages, switched.embedded) == (130, 130)
    assert (switched.serving, switched.previous) == (NEXT.name, BGE.name)
    assert answered_by(shop, tenant) == [NEXT.name]
    asked = vector("next " + embedded_text((), texts[77]))
    found = Search(shop.database(), model=NEXT).nearest(SIGNER.sign(tenant), asked, limit=1)
    assert found[0][1] == pytest.approx(1.0, abs=1e-3)


def test_a_job_that_breaks_off_goes_on_where_it_was(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", [f"Sentence {number}." for number in range(120)])
    embedder = Embedder()

    def break_off() -> None:
        if len(embedder.embedded) > 50:
            raise RuntimeError("the function was killed")

    embedder.between = break_off
    with pytest.raises(Unexpected, match="RuntimeError"):
        work(shop, tenant, embedder)
    assert models.standing(NEXT.name).embedded == 50

    assert work(shop, tenant, Embedder()) == 70


def test_a_call_that_has_no_time_left_says_where_the_next_one_begins(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", [f"Sentence {number}." for number in range(120)])
    desk = reembed.Desk(Models(shop.database(), SIGNER).of, lambda name: Embedder(), enough_s=1000.0)

    said = reembed.build(lambda: desk)({"merchant_id": tenant.merchant_id, "model": NEXT.name}, context())

    assert (said["outcome"], said["embedded"]) == ("more", 50)
    assert said["after"]


def test_a_drop_that_comes_in_the_middle_is_in_both_models(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", [f"Sentence {number}." for number in range(120)])
    embedder, late = Embedder(), count()
    embedder.between = lambda: drop(documents, tenant, f"late-{next(late)}.md", ["A late page is here."])
    work(shop, tenant, embedder)
    came = next(late)
    assert came >= 3

    assert models.standing(BGE.name).embedded == models.standing(BGE.name).passages == 120 + came
    assert switch(models, NEXT).embedded == 120 + came


def test_a_switch_that_lacks_too_much_is_refused_whole(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", [f"Sentence {number}." for number in range(A_FEW + 1)])

    with pytest.raises(StillLacking):
        switch(models, NEXT)
    assert answered_by(shop, tenant) == [BGE.name]
    assert models.standing(NEXT.name).embedded == 0


def test_a_drop_that_was_embedded_by_the_old_model_does_not_slip_in_after_the_switch(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", ["One.", "Two."])
    work(shop, tenant, Embedder())
    switch(models, NEXT)

    with pytest.raises(ModelSwitched):
        drop(documents, tenant, "b.md", ["Three."])
    assert drop(documents, tenant, "b.md", ["Three."], model=NEXT) is Outcome.SEARCHABLE
    assert models.standing(NEXT.name).embedded == models.standing(NEXT.name).passages == 3


def test_drops_and_the_switch_at_the_same_time_leave_no_passage_without_a_vector(
    shop: Shop, tenant: Tenant, models: MerchantModels
) -> None:
    stop = threading.Event()
    taken: list[int] = []

    def merchant(number: int) -> None:
        documents = shop.repository().of(tenant)
        model = BGE
        for page in count():
            if stop.wait(0.05):
                return
            try:
                drop(documents, tenant, f"{number}-{page}.md", [f"Page {page} of {number}."], model=model)
            except ModelSwitched:  # then the state machine embeds it by the model that serves
                model = NEXT
                drop(documents, tenant, f"{number}-{page}.md", [f"Page {page} of {number}."], model=model)
            taken.append(1)

    def more_come(than: int) -> None:
        until = time.monotonic() + 10
        while len(taken) <= than and time.monotonic() < until:
            time.sleep(0.01)

    threads = [threading.Thread(target=merchant, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    try:
        more_come(than=5)
        for _ in range(200):
            work(shop, tenant, Embedder())
            try:
                switch(models, NEXT)
                break
            except StillLacking:
                continue
        else:
            pytest.fail("the job never caught up with the drops")
        more_come(than=len(taken) + 5)
    finally:
        stop.set()
        for thread in threads:
            thread.join()

    standing = models.standing(NEXT.name)
    assert standing.serving == NEXT.name
    assert standing.passages == standing.embedded == len(taken) > 10


def test_the_way_back_is_the_same_way_and_short(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", ["One.", "Two."])
    work(shop, tenant, Embedder())
    switch(models, NEXT)
    drop(documents, tenant, "b.md", ["Three."], model=NEXT)

    assert work(shop, tenant, Embedder(), BGE) == 1  # what came since; the rest is there
    back = switch(models, BGE)

    assert (back.serving, back.previous, back.embedded) == (BGE.name, NEXT.name, 3)


def test_the_vectors_of_the_model_before_are_forgotten_and_those_that_serve_are_not(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", ["One.", "Two."])
    drop(shop.repository().of(OUTDOOR), OUTDOOR, "a.md", ["Theirs."])
    work(shop, tenant, Embedder())
    switch(models, NEXT)

    with pytest.raises(ModelServes):
        models.forget(NEXT.name)
    gone = models.forget(BGE.name)

    assert (gone.embedded, gone.passages, gone.previous) == (0, 2, None)
    assert Models(shop.database(), SIGNER).of(OUTDOOR).standing(BGE.name).embedded >= 1


def test_a_switch_is_a_new_generation_and_switching_again_is_none(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    def generation() -> object:
        with shop.database().as_tenant(SIGNER.sign(tenant)) as db:
            return db.execute("select number from shopwright.generation").fetchone()

    drop(documents, tenant, "a.md", ["One."])
    work(shop, tenant, Embedder())
    before = generation()
    switch(models, NEXT)
    after = generation()

    assert after != before
    switch(models, NEXT)
    assert generation() == after


def test_a_model_is_added_once_and_never_with_other_weights(shop: Shop, models: MerchantModels) -> None:
    add(shop, NEXT)
    with pytest.raises(MigrationFailed, match="other weights"):
        add(shop, Model(NEXT.name, 384, "c" * 64))
    with pytest.raises(NoSuchModel):
        models.standing("nobody-knows-it")


def test_the_app_may_not_add_models(shop: Shop) -> None:
    with shop.raw() as connection, pytest.raises(Exception, match="permission denied"):
        connection.execute("select shopwright.add_embedding_model('x', repeat('a', 64), 384)")


def test_the_new_models_vectors_are_as_hidden_as_the_first_ones(
    shop: Shop, tenant: Tenant, documents: Documents
) -> None:
    drop(documents, tenant, "a.md", ["One."])
    work(shop, tenant, Embedder())
    with shop.raw() as connection:
        assert connection.execute("select count(*) from shopwright.chunk_embedding_bge_next_v2").fetchone() == (0,)
        with pytest.raises(Exception, match="permission denied"):
            connection.execute("select count(*) from shopwright.chunk_embedding_bge_next_v2_p00")
    with shop.database().as_tenant(SIGNER.sign(OUTDOOR)) as db:
        assert db.execute("select count(*) as n from shopwright.chunk_embedding_bge_next_v2").fetchone() == {"n": 0}


def test_a_question_is_asked_with_the_model_that_serves_and_that_is_learnt_once(
    shop: Shop, tenant: Tenant, documents: Documents, models: MerchantModels
) -> None:
    drop(documents, tenant, "a.md", ["We ship on Mondays."])
    asked: list[str] = []
    lookups: list[str] = []

    def embed(name: str, question: str) -> tuple[Model, list[float]]:
        asked.append(name)
        return NEXT, vector("next " + question)

    def look_up(tenant: Tenant) -> Model | None:
        lookups.append(tenant.merchant_id)
        return models.serving()

    serving = Serving(BGE, embed, look_up)

    def ask(model: Model, question: str, its: Sequence[float]) -> Sequence[Passage]:
        return Search(shop.database(), model=model).hybrid(SIGNER.sign(tenant), question, its)

    def find() -> list[str]:
        found = serving.find(tenant, "When do you ship?", vector("When do you ship?"), ask)
        return [passage.content for passage in found]

    assert find() == ["We ship on Mondays."]
    assert (asked, lookups) == ([], [])  # as long as the first model serves, nothing is looked up
    work(shop, tenant, Embedder())
    switch(models, NEXT)

    assert [find() for _ in range(3)] == [["We ship on Mondays."]] * 3
    assert (asked, lookups) == ([NEXT.name] * 3, [tenant.merchant_id])

    work(shop, tenant, Embedder(), BGE)
    switch(models, BGE)
    assert find() == ["We ship on Mondays."]  # and back again
