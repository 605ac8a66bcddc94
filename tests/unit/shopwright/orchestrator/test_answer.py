"""An answer stands on the merchant's words, says so when there are none, and outlives what it can do without."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.database.connection import DatabaseUnavailable
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import Draft, Sentence, compose
from shopwright.llm.units import Source
from shopwright.orchestrator import talk
from shopwright.orchestrator.answer import RECALLED, Answer, answer
from shopwright.orchestrator.answer_cache import Cache
from shopwright.orchestrator.events import Event
from shopwright.orchestrator.quoting import FactsUnavailable
from shopwright.orchestrator.session import Session, SessionNotFound, Turn
from shopwright.orchestrator.toolbox import Sought
from shopwright.orchestrator.visit import Desk, Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline, DeadlinePassed
from shopwright.retrieval.search import Passage
from shopwright.runtime.answering import sparing_goods
from shopwright.tenancy.branding import Branding
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.dynamodb import MembersUnavailable
from shopwright.tenancy.tenant import Tenant

from tests.fakes.sessions import FakeSessions
from tests.unit.shopwright.orchestrator.test_bought import MINE, an_order
from tests.unit.shopwright.orchestrator.tool_shop import Shop

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
RETURN = "How many days do I have to return something?"


def passage(content: str, similarity: float = 0.85, *titles: str, document: str = "d-returns") -> Passage:
    source = f"documents/outdoor/{document}.md"
    return Passage("c", document, 2, "Returns", titles or ("Returns",), 40, 160, source, content, similarity, 0.1, 0.03)


RETURNS = passage("You may return anything within 60 days of delivery.")
TENT = passage(
    "sku: T-1; name: Grayling Ridge Winter Tent; price: 649.00 EUR; weight_g: 3150; description: For storms.",
    0.85,
    "Catalog",
    "Grayling Ridge Winter Tent",
    document="d-catalog",
)


class Counter:
    """A counter with passages on it. It remembers what went over it, and its clock moves when it is told to."""

    def __init__(self, *passages: Passage) -> None:
        self.passages = passages
        self.time = 100.0
        self.takes_s = {"embed": 0.003, "search": 0.005}
        self.embedded: list[str] = []
        self.searched: list[tuple[str, str]] = []
        self.sessions = FakeSessions(lambda: 1_790_000_000)
        self.database_is_down = self.facts_are_down = False
        self.sheets: dict[str, Sheet] = {}
        self.gone: set[str] = set()
        self.looked_up: list[tuple[str, tuple[str, ...]]] = []

    def embed(self, question: str) -> Sequence[float]:
        self.time += self.takes_s["embed"]
        self.embedded.append(question)
        return [1.0]

    def search(self, caller: Caller, question: str, vector: Sequence[float]) -> Sequence[Passage]:
        self.time += self.takes_s["search"]
        self.searched.append((caller.tenant.merchant_id, question))
        if self.database_is_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        return self.passages

    def facts(self, caller: Caller, chunk_ids: Sequence[str]) -> Mapping[str, Sheet]:
        self.looked_up.append((caller.tenant.merchant_id, tuple(chunk_ids)))
        if self.facts_are_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        return {chunk: self.sheets.get(chunk, {}) for chunk in chunk_ids if chunk not in self.gone}

    def recall(self, caller: Caller, session_id: str) -> Session:
        return self.sessions.of(caller.tenant, caller.subject).open(session_id)

    def remember(self, caller: Caller, session_id: str | None, turn: Turn, begun: str) -> str:
        return self.sessions.of(caller.tenant, caller.subject).remember(session_id, turn, begun)

    def desk(self, **changed: Any) -> Desk:
        desk = Desk(
            mask=mask,
            embed=self.embed,
            search=self.search,
            facts=self.facts,
            compose=compose,
            recall=self.recall,
            begun=lambda caller, session_id: (
                self.sessions.of(caller.tenant, caller.subject).open(session_id, turns=RECALLED, first=True).turns
            ),
            remember=self.remember,
            clock=lambda: self.time,
            now=lambda: 1_790_000_000.0,
        )
        return replace(desk, **changed)

    def ask(self, text: str, session_id: str | None = None, *, budget_ms: int = 8000, **changed: Any) -> Answer:
        deadline = Deadline(budget_ms, now=lambda: self.time)
        return answer(Question(text, ANN, session_id), desk=self.desk(**changed), deadline=deadline)


def test_an_answer_quotes_the_merchant_and_cites_where() -> None:
    said = Counter(RETURNS).ask(RETURN)

    assert (said.verdict, said.text) == ("answered", "You may return anything within 60 days of delivery. [1]")
    [citation] = said.citations
    assert (citation.ref, citation.document_id, citation.version) == (1, "d-returns", 2)
    assert (citation.start, citation.end, citation.source_uri) == (40, 160, "documents/outdoor/d-returns.md")
    assert citation.quote == "You may return anything within 60 days of delivery."
    assert 0.9 < said.confidence <= 1
    assert (said.mode, said.notes) == ("extractive", ())


def test_a_question_and_its_answer_keep_what_the_callers_own_merchant_sells() -> None:
    asked: list[str] = []

    def named(caller: Caller, stretches: Sequence[str]) -> Mapping[str, bool]:
        asked.append(caller.tenant.merchant_id)
        return {said: False for said in stretches if said == "Tideline Sandal"}

    counter = Counter(passage("name: Tideline Sandal; price: 79.90 EUR", 0.9))
    said = counter.ask("I am Jane Doe. How much is the Tideline Sandal?", masks=sparing_goods(named))

    assert counter.embedded == ["I am [name]. How much is the Tideline Sandal?"]
    assert "Tideline Sandal" in said.text
    assert set(asked) == {ANN.tenant.merchant_id}


def test_while_nobody_can_say_what_is_sold_whatever_may_be_a_name_is_masked() -> None:
    def named(caller: Caller, stretches: Sequence[str]) -> Mapping[str, bool]:
        raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")

    counter = Counter(RETURNS)
    counter.ask("How much is the Tideline Sandal?", masks=sparing_goods(named))

    assert counter.embedded == ["How much is the [name]?"]


def test_citations_are_numbered_as_the_answer_meets_them() -> None:
    other = passage("Care for wool by airing it.", 0.3, "Wool", document="d-wool")

    said = Counter(other, RETURNS).ask(RETURN)

    assert said.text.endswith("[1]")
    assert [(citation.ref, citation.document_id) for citation in said.citations] == [(1, "d-returns")]


def test_what_the_documents_do_not_hold_is_said_honestly_and_cites_nothing() -> None:
    said = Counter(passage("Care for wool by airing it.", 0.45)).ask("Who won the chess championship?")

    assert (said.verdict, said.text, said.citations) == ("not_in_documents", wording().not_in_documents, ())
    assert said.confidence > 0.8


def test_the_three_clocks_run_from_the_question_on() -> None:
    said = Counter(RETURNS).ask(RETURN)

    assert said.clocks.first_useful_ms == pytest.approx(8.0)
    assert said.clocks.first_token_ms == pytest.approx(8.0)
    assert said.clocks.done_ms == pytest.approx(8.0)


def test_personal_data_goes_no_further_than_the_door() -> None:
    counter = Counter(RETURNS)

    said = counter.ask(f"I am ann@example.com, card 4111 1111 1111 1111. {RETURN}")

    everything = str((counter.embedded, counter.searched, list(counter.sessions.kept.values()), said))
    assert "ann@" not in everything
    assert "4111" not in everything
    [(_, [turn], _)] = counter.sessions.kept.values()
    assert turn.question.startswith("I am [email], card [card].")
    assert wording().notes["masked"] in said.notes


def test_a_conversation_is_begun_and_carried_on() -> None:
    counter = Counter(RETURNS)

    first = counter.ask(RETURN)
    second = counter.ask("And what if it is broken?", first.session_id)

    assert second.session_id == first.session_id
    assert first.session_id is not None
    turns = counter.recall(ANN, first.session_id).turns
    assert turns[0].verdict == "answered"
    assert [turn.question for turn in turns] == [RETURN, "And what if it is broken?"]


def test_who_looks_back_is_told_what_they_asked_masked_and_without_a_document() -> None:
    counter = Counter(RETURNS)
    first = counter.ask(f"{RETURN} I am ann@example.com")
    searched = len(counter.searched)

    said = answer(
        Question("What did I ask before?", ANN, first.session_id), desk=counter.desk(), deadline=Deadline(8000)
    )

    assert said.text == f"You asked: “{RETURN} I am [email]”"
    assert (said.verdict, said.mode, said.citations) == ("done", "talk", ())
    assert len(counter.searched) == searched


def test_a_follow_up_is_asked_about_the_thing_named_before() -> None:
    counter = Counter(TENT)
    first = counter.ask("What is the price of the Grayling Ridge Winter Tent?")

    second = counter.ask("And how heavy is it?", first.session_id)

    assert counter.searched[-1] == ("outdoor", "And how heavy is it? (Grayling Ridge Winter Tent)")
    assert second.text == "Grayling Ridge Winter Tent: weight 3150 g [1]"


def test_somebody_elses_conversation_is_not_found_and_nothing_is_searched() -> None:
    counter = Counter(RETURNS)
    bobs = counter.sessions.of(ANN.tenant, "user#bob").remember(None, Turn("Q?", "A.", "answered", 1))

    with pytest.raises(SessionNotFound):
        counter.ask(RETURN, bobs)

    assert counter.searched == []


@pytest.mark.parametrize("session_id", [None, "0f8fad5b-d9cb-469f-a165-70867728950e"])
def test_without_its_memory_the_shop_still_answers_and_says_so(session_id: str | None) -> None:
    counter = Counter(RETURNS)
    counter.sessions.down = True

    said = counter.ask(RETURN, session_id)

    assert said.verdict == "answered"
    assert said.notes == (wording().notes["not_remembered"],)
    assert said.session_id == session_id


def test_without_its_documents_the_shop_says_so_and_keeps_nothing() -> None:
    counter = Counter(RETURNS)
    counter.database_is_down = True

    said = counter.ask(RETURN)

    assert (said.verdict, said.text, said.citations) == ("unavailable", wording().unavailable, ())
    assert isinstance(said.failure, DatabaseUnavailable)
    assert counter.sessions.kept == {}


def test_when_time_is_up_nothing_further_is_called() -> None:
    counter = Counter(RETURNS)
    counter.takes_s["embed"] = 9.0

    said = counter.ask(RETURN, budget_ms=8000)

    assert isinstance(said.failure, DeadlinePassed)
    assert counter.searched == []


def test_an_answer_that_came_late_is_given_but_not_remembered() -> None:
    counter = Counter(RETURNS)
    counter.takes_s["search"] = 9.0

    said = counter.ask(RETURN, budget_ms=8000)

    assert said.verdict == "answered"
    assert counter.sessions.kept == {}
    assert said.notes == (wording().notes["not_remembered"],)


def test_a_sentence_that_does_not_stand_is_cut_and_the_rest_is_said() -> None:
    true = "You may return anything within 60 days of delivery."

    def careless(question: str, sources: Sequence[Source]) -> Draft:
        return Draft((Sentence(true, 1, (true,)), Sentence("Returns are free.", 1, ("Returns are free.",))), 0.9)

    said = Counter(RETURNS).ask(RETURN, compose=careless)

    assert said.text == f"{true} [1]"
    assert said.notes == (wording().notes["cut_down"],)


def test_an_answer_of_which_nothing_stands_is_not_given() -> None:
    def inventive(question: str, sources: Sequence[Source]) -> Draft:
        return Draft((Sentence("Returns are free.", 1, ("Returns are free.",)),), 0.99)

    said = Counter(RETURNS).ask(RETURN, compose=inventive)

    assert (said.verdict, said.text, said.confidence) == ("not_in_documents", wording().not_in_documents, 0.0)


def test_what_was_asked_appears_in_no_representation() -> None:
    assert "return" not in repr(Question(RETURN, ANN))


PRICE = "What is the price of the Grayling Ridge Winter Tent?"


def told(name: str, value: str, unit: str, version: int) -> Told:
    return Told("T-1", "", name, Kind.WORDS, value, unit, version)


def test_a_product_is_told_with_the_price_that_the_database_has_now() -> None:
    counter = Counter(TENT)
    counter.sheets["c"] = {"price": told("price", "599.00", "EUR", 4), "weight": told("weight", "3150", "g", 1)}

    said = counter.ask(PRICE)

    assert said.text == "Grayling Ridge Winter Tent: price 599.00 EUR [1]"
    assert [(fact.key, fact.version, fact.text) for fact in said.facts] == [("T-1#price", 4, "599.00 EUR")]
    assert counter.looked_up == [("outdoor", ("c",))]


def test_a_product_that_cannot_be_had_is_told_so_with_its_price() -> None:
    counter = Counter(TENT)
    counter.sheets["c"] = {"price": told("price", "649.00", "EUR", 1), "stock": told("stock", "0", "", 5)}

    said = counter.ask(PRICE)

    assert said.text == "Grayling Ridge Winter Tent: price 649.00 EUR, availability out of stock [1]"
    assert {fact.key: fact.version for fact in said.facts} == {"T-1#price": 1, "T-1#stock": 5}


def test_facts_are_looked_up_for_products_alone() -> None:
    counter = Counter(RETURNS)

    assert counter.ask(RETURN).facts == ()
    assert counter.looked_up == []


def test_an_old_price_is_not_told_when_the_one_of_now_cannot_be_read() -> None:
    counter = Counter(TENT)
    counter.facts_are_down = True

    said = counter.ask(PRICE)

    assert (said.verdict, said.text, said.citations) == ("unavailable", wording().facts_unavailable, ())
    assert isinstance(said.failure, FactsUnavailable)


def test_a_product_that_is_gone_since_it_was_found_is_not_told() -> None:
    counter = Counter(TENT)
    counter.gone.add("c")

    assert counter.ask(PRICE).verdict == "not_in_documents"


def test_a_price_that_the_shop_took_back_is_not_told() -> None:
    counter = Counter(TENT)
    counter.sheets["c"] = {"weight": told("weight", "3150", "g", 1)}

    assert "649" not in counter.ask(PRICE).text


def test_a_row_of_a_table_that_is_no_product_is_quoted_as_it_is() -> None:
    counter = Counter(TENT)

    said = counter.ask(PRICE)

    assert (said.text, said.facts) == ("Grayling Ridge Winter Tent: price 649.00 EUR [1]", ())


class Till:
    """Whoever does what a shopper wants done: notes what it was told."""

    def __init__(self) -> None:
        self.shop = Shop()

    @property
    def desk(self) -> talk.Desk:
        return talk.Desk(
            call=lambda caller, tool, arguments, deadline, request_id: self.shop.registry.call(
                caller, tool, arguments, deadline, request_id=request_id
            ),
            products=lambda caller, ids: self.shop.desk.products(
                caller, Sought(product_ids=tuple(ids), limit=len(ids))
            ),
            offers=self.shop.desk.cart.offers,
            variants=lambda caller, ids: {},
        )


def test_what_is_done_needs_no_document_is_remembered_and_is_kept_for_nobody_else() -> None:
    counter, till = Counter(RETURNS), Till()

    said = counter.ask("Add a tent to my cart", talk=till.desk)

    assert (said.verdict, said.mode, said.cache, said.citations) == ("done", "talk", Cache.OFF, ())
    assert said.text == "In your cart: 1 × Tent (199.00 EUR). Together: 199.00 EUR."
    assert counter.searched == []
    assert said.session_id
    (turn,) = counter.sessions.of(ANN.tenant, ANN.subject).open(said.session_id).turns
    assert (turn.verdict, turn.mode, turn.products) == ("done", "talk", ("tent",))


def test_two_clicks_put_one_into_the_cart_and_the_same_words_a_turn_later_another() -> None:
    counter, till = Counter(RETURNS), Till()
    begun = counter.ask("Hello!", talk=till.desk).session_id
    clicked: list[Answer] = []

    def remember(caller: Caller, session_id: str | None, turn: Turn, begins: str) -> str:
        if not clicked:  # the second click is answered before the first is remembered
            clicked.append(counter.ask("Add a tent to my cart", begun, talk=till.desk))
        return counter.remember(caller, session_id, turn, begins)

    first = counter.ask("Add a tent to my cart", begun, talk=till.desk, remember=remember)

    assert [first.text, clicked[0].text] == ["In your cart: 1 × Tent (199.00 EUR). Together: 199.00 EUR."] * 2
    later = counter.ask("Add a tent to my cart", begun, talk=till.desk)
    assert later.text == "In your cart: 2 × Tent (398.00 EUR). Together: 398.00 EUR."


def test_the_first_question_is_told_however_long_ago_it_was() -> None:
    counter = Counter(RETURNS)
    begun = counter.ask("Do you ship to Norway?").session_id
    for _ in range(RECALLED + 1):
        counter.ask(RETURN, begun)

    assert counter.ask("What did I ask first?", begun).text == "Your first question was: “Do you ship to Norway?”"


def test_what_a_conversation_changed_of_the_cart_is_taken_back_in_it_and_in_no_other() -> None:
    counter, till = Counter(RETURNS), Till()
    begun = counter.ask("Add two tents to my cart", talk=till.desk).session_id
    counter.ask("remove one tent", begun, talk=till.desk)

    assert "nothing that I can take back" in counter.ask("undo that", talk=till.desk).text
    counter.ask("How long do I have to return something?", begun, talk=till.desk)
    assert counter.ask("undo that", begun, talk=till.desk).text == (
        "I have taken that back: 1 × Tent in again. In your cart: 2 × Tent (398.00 EUR). Together: 398.00 EUR."
    )


def test_a_message_that_is_sent_again_under_its_senders_key_changes_nothing_more() -> None:
    counter, till = Counter(RETURNS), Till()
    begun = counter.ask("Add two tents to my cart", talk=till.desk).session_id

    def sent(key: str) -> str:
        question = Question("remove one tent", ANN, begun, key=key)
        return answer(question, desk=counter.desk(talk=till.desk), deadline=Deadline(8000)).text

    assert [sent("m-1"), sent("m-1")] == ["In your cart: 1 × Tent (199.00 EUR). Together: 199.00 EUR."] * 2
    assert sent("m-2") == "Your cart is empty now."


def test_it_is_the_product_whose_price_was_told_before() -> None:
    counter, till = Counter(TENT), Till()
    counter.sheets = {TENT.chunk_id: {"price": Told("tent", "", "price", Kind.MONEY, "649.00", "EUR", 3)}}
    first = counter.ask("How much is the Grayling Ridge Winter Tent?", talk=till.desk)
    assert [fact.product_id for fact in first.facts] == ["tent"]

    second = counter.ask("put it in my basket", first.session_id, talk=till.desk)

    assert "1 × Tent" in second.text
    assert second.session_id == first.session_id


def test_the_first_one_is_the_first_of_the_last_list_whatever_one_product_was_told_of_since() -> None:
    counter, till = Counter(RETURNS), Till()
    mine = counter.sessions.of(ANN.tenant, ANN.subject)
    begun = mine.remember(None, Turn("Show me some", "…", "answered", 1, "products", ("stove", "tent")))
    mine.remember(begun, Turn("How much is the tent?", "…", "answered", 2, "extractive", ("tent",)))

    assert "1 × Stove" in counter.ask("add the first one", begun, talk=till.desk).text
    assert "1 × Tent" in counter.ask("add the second one", begun, talk=till.desk).text


def test_one_of_a_list_that_is_asked_about_by_its_place_is_no_list_of_its_own() -> None:
    counter, till = Counter(RETURNS), Till()
    mine = counter.sessions.of(ANN.tenant, ANN.subject)
    begun = mine.remember(None, Turn("Show me some", "…", "answered", 1, "products", ("stove", "tent")))
    mine.remember(begun, Turn("How much is the second one?", "…", "answered", 2, "products", ("tent",)))

    assert "1 × Stove" in counter.ask("add the first one instead", begun, talk=till.desk).text


def test_of_two_wishes_what_was_done_is_said_before_what_was_looked_up() -> None:
    said = Counter(RETURNS).ask("Add a tent to my cart. How long do I have to return something?", talk=Till().desk)

    assert said.verdict == "answered"
    assert said.text.startswith("In your cart: 1 × Tent")
    assert said.text.endswith("You may return anything within 60 days of delivery. [1]")


def test_what_was_done_is_said_although_nothing_can_be_looked_up() -> None:
    counter = Counter(RETURNS)
    counter.database_is_down = True

    said = counter.ask("Add a tent to my cart. How long do I have to return something?", talk=Till().desk)

    assert said.verdict == "unavailable"
    assert said.text.startswith("In your cart: 1 × Tent")
    assert said.text.endswith(wording().unavailable)


BRAND = Branding(name="Fernhollow", currency="EUR", email="hello@fernhollow.example")
BY_MAIL = "You reach Fernhollow by e-mail at hello@fernhollow.example."


@pytest.mark.parametrize("branding", [BRAND, None])
def test_who_wants_a_person_hears_how_the_shop_shows_itself_where_its_pages_do_not_say_it(
    branding: Branding | None,
) -> None:
    counter, till = Counter(RETURNS), Till()

    said = counter.ask("I want to talk to a human", talk=till.desk, branding=lambda caller: branding)

    otherwise = BY_MAIL if branding else wording().reach["unknown"]
    assert said.text == f"{wording().talk['no_person_here']} {otherwise}"
    assert (said.verdict, said.citations) == ("done", ())


def test_a_page_that_says_how_to_reach_the_shop_goes_before_its_branding() -> None:
    page = passage("You can contact customer service by telephone from 9 to 5.", 0.9, "Contact")

    said = Counter(page).ask("How can I contact customer service?", branding=lambda caller: BRAND)

    assert said.text == "You can contact customer service by telephone from 9 to 5. [1]"
    assert Counter(RETURNS).ask("How can I contact you?", branding=lambda caller: BRAND).text == BY_MAIL


def test_a_shop_that_cannot_be_asked_how_it_shows_itself_is_not_made_to_say_it() -> None:
    def away(caller: Caller) -> Branding | None:
        raise MembersUnavailable("Nobody can be let in at the moment. Please try again.")

    said = Counter(RETURNS).ask("How can I contact you?", branding=away)

    assert (said.verdict, said.text) == ("not_in_documents", wording().not_in_documents)


def test_who_may_cancel_an_order_is_said_where_no_page_says_it() -> None:
    assert Counter(RETURNS).ask("Can I cancel my order?").text == wording().orders["cancel"]


def test_who_has_an_order_to_cancel_hears_how_it_stands_and_whom_to_write_to() -> None:
    till = replace(Till().desk, orders=lambda caller, number: [an_order(MINE, ANN.subject)])

    said = Counter(RETURNS).ask("cancel it", talk=till, branding=lambda caller: BRAND)

    assert f"Order {MINE} of" in said.text
    assert said.text.endswith(f"{wording().orders['not_cancelled']} {BY_MAIL}")


def test_who_wants_a_person_in_another_language_is_told_how_to_reach_one_in_it() -> None:
    said = Counter(RETURNS).ask("Quiero hablar con una persona", talk=Till().desk, branding=lambda caller: BRAND)

    assert said.text.startswith(wording("es").talk["no_person_here"])
    assert "por correo electrónico en" in said.text
    assert wording("es").reach["unknown"] in Counter(RETURNS).ask("hablar con alguien", talk=Till().desk).text


def test_a_question_back_is_named_so() -> None:
    assert Counter(RETURNS).ask("put it in my basket", talk=Till().desk).verdict == "asks"


def test_a_listener_hears_what_was_done() -> None:
    heard: list[Event] = []

    answer(
        Question("Add a tent to my cart", ANN),
        desk=Counter(RETURNS).desk(talk=Till().desk),
        deadline=Deadline(8000),
        tell=heard.append,
    )

    assert [type(event).__name__ for event in heard] == ["Sources", "Delta"]


@pytest.mark.parametrize("message", ["My winter tent is for storms.", "Do you buy used winter tents?"])
def test_of_what_a_shopper_has_already_no_product_tells(message: str) -> None:
    boot = passage(
        "sku: B-1; name: Winter Tent; description: The used winter tents that you buy for storms.", 0.9, "Catalog"
    )
    page = passage("We buy used winter tents.", 0.8, "Second hand", document="d-second-hand")

    assert Counter(boot).ask(message).verdict == "not_in_documents"
    assert Counter(page).ask("Do you buy used winter tents?").text.startswith("We buy used winter tents.")
