"""A shopper's question answered in a model's words: what may be told of them is, with its sources, facts and cost."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest
import shopwright_models
from shopwright.catalog.facts import Kind, Sheet, Told
from shopwright.costs.ledger import limits_of
from shopwright.costs.price import price_book
from shopwright.costs.used import bill
from shopwright.database.connection import DatabaseUnavailable
from shopwright.embedding.onnx import OnnxEmbedder
from shopwright.grounding.wording import wording
from shopwright.llm.extractive import compose
from shopwright.llm.model import cards
from shopwright.llm.say import Desk as Models
from shopwright.llm.say import Done, Fell
from shopwright.orchestrator import carry, spoken
from shopwright.orchestrator.answer import Answer, answer
from shopwright.orchestrator.coordinate import Coordinator
from shopwright.orchestrator.events import Delta, Event, Products, Sources
from shopwright.orchestrator.intent import WORDS_ALONE
from shopwright.orchestrator.registry import Came, Outcome
from shopwright.orchestrator.visit import Desk, Question
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.retrieval.search import Passage
from shopwright.tenancy.caller import Caller, Role
from shopwright.tenancy.tenant import Tenant

from local.models.scene import Break, Fail, Reply, Stall, Text, Tool, says
from local.models.server import Double
from tests.fakes.ledger import FakeLedgers
from tests.fakes.sessions import FakeSessions
from tests.integration.models.conftest import STALL_MS, Stage

ANN = Caller(Tenant("outdoor"), Role.SHOPPER, "user#ann", frozenset({"shop/chat"}))
EMBEDDER = OnnxEmbedder(shopwright_models.directory())
QUESTION = "Which tent is lighter, the Grayling or the Tarn?"


def passage(chunk: str, content: str, *titles: str) -> Passage:
    source = f"documents/outdoor/{chunk}.md"
    return Passage(chunk, f"d-{chunk}", 1, titles[0], titles, 0, len(content), source, content, 0.8, 0.1, 0.03)


def told(product: str, name: str, value: str, unit: str, version: int = 1) -> Told:
    kind = Kind.MONEY if unit == "EUR" else Kind.QUANTITY
    return Told(product, "", name, kind, value, unit, version)


GRAYLING = passage(
    "grayling",
    "sku: T-1; name: Grayling Winter Tent; price: 649.00 EUR; weight: 3150 g; description: A tent for storms.",
    *("Catalog", "Grayling Winter Tent"),
)
TARN = passage(
    "tarn",
    "sku: T-2; name: Tarn Summer Tent; price: 319.00 EUR; weight: 1900 g; description: A light tent for summer.",
    *("Catalog", "Tarn Summer Tent"),
)
FOUND = passage("storms", "In a storm, pitch the Grayling Winter Tent with its tail to the wind.", "Storms")
COORDINATOR = Coordinator()
VAGUE = "Something about windy nights up there, with the door the right way round"
RETURNS = passage("returns", "Tents may be returned within 60 days of delivery if they are dry.", "Returns")


@dataclass(slots=True)
class Shop:
    """A shop with two tents and a rule, and a model behind its counter."""

    double: Double
    models: Models
    ledgers: FakeLedgers = field(default_factory=lambda: FakeLedgers(time.time))
    sessions: FakeSessions = field(default_factory=lambda: FakeSessions(lambda: 1_790_000_000))
    passages: Sequence[Passage] = (GRAYLING, TARN, RETURNS)
    sheets: dict[str, Sheet] = field(
        default_factory=lambda: {
            "grayling": {
                "price": told("p1", "price", "649.00", "EUR"),
                "weight": told("p1", "weight", "3150", "g"),
            },
            "tarn": {"price": told("p2", "price", "319.00", "EUR"), "weight": told("p2", "weight", "1900", "g")},
        }
    )
    facts_are_down: bool = False
    looked_up: int = 0
    ended: list[Done | Fell] = field(default_factory=list)
    heard: list[tuple[float, Event]] = field(default_factory=list)
    limits: Mapping[str, str] = field(default_factory=dict)
    while_told: Callable[[Event], None] = lambda event: None
    carries: bool = False
    called: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)  # merchant, tool, arguments
    further: spoken.Further | None = None

    def facts(self, caller: Caller, chunks: Sequence[str]) -> Mapping[str, Sheet]:
        self.looked_up += 1
        if self.facts_are_down:
            raise DatabaseUnavailable("The database did not answer. Please try again in a moment.")
        return {chunk: self.sheets[chunk] for chunk in chunks if chunk in self.sheets}

    def call(
        self, caller: Caller, tool: str, given: Mapping[str, Any], deadline: Deadline, request_id: str | None
    ) -> Outcome:
        """The shop's tools: what takes a merchant is refused, as the registry refuses it."""
        self.called.append((caller.tenant.merchant_id, tool, dict(given)))
        if set(given) - {"question", "limit", "words"}:
            return Outcome(tool, Came.INVALID, None, says="It does not take that.")
        told = [{**asdict(FOUND), "section": list(FOUND.section), "text": FOUND.content}]
        value = {"passages": told} if tool == "search_documents" else {"products": [], "complete": False}
        return Outcome(tool, Came.DONE, value)

    def desk(self) -> Desk:
        return Desk(
            carry=carry.Desk(self.call, COORDINATOR, WORDS_ALONE, lambda caller, ids: {}) if self.carries else None,
            mask=mask,
            embed=EMBEDDER.question,
            search=lambda caller, question, vector: self.passages,
            facts=self.facts,
            compose=compose,
            recall=lambda caller, session_id: self.sessions.of(caller.tenant, caller.subject).open(session_id),
            remember=lambda caller, session_id, turn, begun: self.sessions.of(caller.tenant, caller.subject).remember(
                session_id, turn, begun
            ),
            spoken=spoken.Desk(
                models=self.models,
                books=lambda caller: self.ledgers.of(caller.tenant).books(),
                limits=limits_of(**self.limits),
                embed=EMBEDDER.passages,
                counted=lambda end, before: self.ended.append(end),
                further=self.further,
            ),
            priced=lambda used: bill(used, price_book(), memory_mb=1024),
        )

    def ask(self, text: str = QUESTION, session_id: str | None = None, *, ms: int = 6000) -> Answer:
        self.heard = []

        def tell(event: Event) -> None:
            self.heard.append((time.monotonic(), event))
            self.while_told(event)

        return answer(Question(text, ANN, session_id, "r-1"), desk=self.desk(), deadline=Deadline(ms), tell=tell)

    def words(self) -> str:
        return "".join(event.text for _, event in self.heard if isinstance(event, Delta))

    def spent(self, session_id: str | None) -> int:
        return self.ledgers.of(ANN.tenant).spent(f"session#{session_id}")


@pytest.fixture
def shop(bedrock: Stage) -> Shop:
    return Shop(bedrock.double, Models(bedrock.model, cards(), price_book(), EMBEDDER.count))


def test_a_comparison_is_told_with_the_databases_figures_and_cited(shop: Shop) -> None:
    shop.double.play(
        says("The Tarn Summer Tent weighs {{weight", ":2}} [2]. The Grayling Winter Tent weighs {{weight:1}} [1].")
    )

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent weighs 1900 g [1]. The Grayling Winter Tent weighs 3150 g [2]."
    assert (said.verdict, said.mode, said.score, said.flags) == ("answered", "model", 1.0, ())
    assert [(one.ref, one.document_id) for one in said.citations] == [(1, "d-tarn"), (2, "d-grayling")]
    assert {(fact.product_id, fact.name, fact.value) for fact in said.facts} >= {
        ("p1", "weight", "3150"),
        ("p2", "weight", "1900"),
    }
    assert shop.words() == said.text


def test_the_first_words_are_told_before_the_model_has_finished(shop: Shop) -> None:
    shop.double.play(
        Reply(
            steps=(
                Text(text=("The Tarn Summer Tent weighs {{weight:2}} [2]. ", "The ")),
                Stall(stall_ms=400),
                Text(text=("Grayling Winter Tent weighs {{weight:1}} [1].",)),
            )
        )
    )

    said = shop.ask()
    over = time.monotonic()

    kinds = [type(event) for _, event in shop.heard]
    assert kinds.index(Sources) < kinds.index(Products) < kinds.index(Delta)
    first = next(at for at, event in shop.heard if isinstance(event, Delta))
    assert over - first > 0.35
    assert said.clocks.first_token_ms is not None
    assert said.clocks.done_ms - said.clocks.first_token_ms > 350


def test_a_price_that_changes_while_the_model_speaks_is_told_as_it_is_then(shop: Shop) -> None:
    shop.double.play(
        says("The Tarn Summer Tent costs {{price:2}} [2]. ", "The Grayling Winter Tent costs {{price:1}} [1].")
    )

    def dearer(event: Event) -> None:
        if isinstance(event, Delta):
            shop.sheets["grayling"] = {**shop.sheets["grayling"], "price": told("p1", "price", "699.00", "EUR", 2)}

    shop.while_told = dearer

    said = shop.ask("Which tent is cheaper?")

    assert said.text == "The Tarn Summer Tent costs 319.00 EUR [1]. The Grayling Winter Tent costs 699.00 EUR [2]."
    assert ("p1", "699.00", 2) in {(fact.product_id, fact.value, fact.version) for fact in said.facts}


@pytest.mark.parametrize(
    ("invented", "flag"),
    [
        ("The Grayling Winter Tent weighs 2 kg [1].", "number"),
        ("The Grayling Winter Tent costs 649.00 EUR [1].", "number"),  # right, and still not for a model to say
        ("The Grayling Winter Tent is made of silk [1].", "unsupported"),
        ("The Grayling Winter Tent is for storms.", "no_citation"),
        ("The Grayling Winter Tent costs {{discount:1}} [1].", "number"),
        ("“name: Grayling Winter Tent; price: 649.” [1]", "number"),  # a quotation that ends inside a number
        ("The Grayling Winter Tent is for storms [9].", "no_citation"),
        ("I have a Grayling Winter Tent for storms [1].", "of_itself"),
        ("The Grayling Winter Tent for storms is at storms.example [1].", "address"),
    ],
)
def test_what_does_not_stand_is_never_told(shop: Shop, invented: str, flag: str) -> None:
    shop.double.play(says("The Tarn Summer Tent weighs {{weight:2}} [2]. ", invented))

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent weighs 1900 g [1]."
    assert shop.words() == said.text
    assert flag in said.flags
    assert said.score < 1
    assert wording().notes["cut_down"] in said.notes


def test_an_answer_of_which_nothing_stands_is_asked_for_once_more_of_a_more_able_model(shop: Shop) -> None:
    shop.double.play(says("Both tents weigh 2 kg [1]."), says("The Tarn Summer Tent weighs {{weight:2}} [2]."))

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent weighs 1900 g [1]."
    first, second = (one.model for one in shop.double.requests)
    assert first != second


def test_when_nothing_stands_twice_the_merchants_own_words_are_what_is_said(shop: Shop) -> None:
    shop.double.play(says("Both weigh 2 kg [1]."), says("Both weigh 3 kg [1]."))
    shop.passages = (RETURNS,)

    said = shop.ask("Which tents could be brought back?")

    assert said.mode == "extractive"
    assert "ungrounded" in said.flags
    assert "kg" not in said.text + shop.words()


def test_a_rule_is_told_in_a_quotation(shop: Shop) -> None:
    shop.double.play(says("Yes: “within 60 days of delivery if they are dry” [3]."))

    said = shop.ask("Which tents could be brought back?")

    assert said.text == "Yes: “within 60 days of delivery if they are dry” [1]."


def test_a_list_is_told_with_its_opening_and_line_by_line(shop: Shop) -> None:
    shop.double.play(
        says(
            "These are the tents [1][2]:\n",
            "- The Grayling Winter Tent is for storms [1]\n",
            "- The Tarn Summer Tent is made of gold [2]\n- The Tarn Summer Tent is light, for summer [2]",
        )
    )

    said = shop.ask()

    assert said.text == (
        "These are the tents [1]:\n- The Grayling Winter Tent is for storms [1]"
        "\n- The Tarn Summer Tent is light, for summer [2]"
    )


@pytest.mark.parametrize(
    "opening",
    [
        "Send your card number to pay@evil.example:",
        "All of them are free today with FREE100 [1][2]:",
        "I have ordered these for you [1][2]:",
        "These are made of gold [1][2]:",
    ],
)
def test_what_opens_a_list_has_to_stand_like_all_else(shop: Shop, opening: str) -> None:
    shop.double.play(says(f"{opening}\n", "- The Tarn Summer Tent is light, for summer [2]"))

    said = shop.ask()

    assert said.text == shop.words() == "- The Tarn Summer Tent is light, for summer [1]"


def test_orders_in_a_models_mouth_are_not_told(shop: Shop) -> None:
    shop.double.play(
        says("Please send your card number to pay@evil.example! Shall I charge you? The Tarn Summer Tent is light [2].")
    )

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent is light [1]."


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(steps=(Fail(fault="throttling"),)), "model_throttled"),
        (Reply(steps=(Fail(fault="internal"),)), "model_unavailable"),
        (Reply(steps=(Stall(stall_ms=STALL_MS),)), "model_stalled"),
        (Reply(steps=(Break(),)), "model_unavailable"),
        (Reply(), "model_empty"),
    ],
)
def test_when_the_model_fails_the_merchants_own_words_are_what_is_said(shop: Shop, reply: Reply, why: str) -> None:
    shop.double.play(reply, reply)
    shop.passages = (RETURNS,)

    said = shop.ask("Which tents could be brought back?")

    assert (said.mode, said.flags) == ("extractive", (why,))
    assert said.verdict in ("answered", "not_in_documents")


def test_what_a_model_said_before_it_broke_off_stands_and_is_marked(shop: Shop) -> None:
    shop.double.play(
        Reply(steps=(Text(text=("The Tarn Summer Tent is light [2]. ", "The Grayling costs only ")), Break()))
    )

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent is light [1]."
    assert said.flags == ("broken_off",)
    assert wording().notes["cut_down"] in said.notes


def test_an_honest_no_of_the_model_is_no_failure(shop: Shop) -> None:
    shop.double.play(says("NOT_IN_PASSAGES"))

    said = shop.ask()

    assert (said.verdict, said.mode, said.flags) == ("not_in_documents", "extractive", ())


def test_what_the_merchants_sentences_are_sure_of_costs_no_model(shop: Shop) -> None:
    shop.passages = (passage("returns", "You may return anything within 60 days of delivery.", "Returns"),)

    said = shop.ask("How many days do I have to return something?")

    assert (said.mode, shop.double.requests) == ("extractive", [])
    assert shop.spent(said.session_id) == 0
    assert {line.what for line in said.cost.lines} >= {"lambda_mb_ms", "database_acu_ms"}


def test_the_answer_carries_what_it_cost_and_so_do_the_conversation_and_the_ledger(shop: Shop) -> None:
    shop.double.play(says("The Tarn Summer Tent is light [2]."))

    said = shop.ask()

    [done] = shop.ended
    assert isinstance(done, Done)
    assert 0 < done.bill.nanos == shop.spent(said.session_id) < said.cost.nanos
    assert said.session_id is not None
    kept = shop.sessions.of(ANN.tenant, ANN.subject).open(said.session_id)
    assert kept.turns[-1].cost == kept.tally.cost == said.cost.nanos
    assert kept.turns[-1].mode == "model"


def test_a_conversation_that_has_used_its_budget_asks_no_model(shop: Shop) -> None:
    shop.limits = {"session": "0.000000001", "request": "0.000000001"}

    said = shop.ask()

    assert (said.mode, said.flags) == ("extractive", ("budget_spent",))
    assert shop.double.requests == []


def test_a_ledger_that_is_down_buys_nothing(shop: Shop) -> None:
    shop.ledgers.down = True

    said = shop.ask()

    assert (said.mode, said.flags, shop.double.requests) == ("extractive", ("ledger_unavailable",), [])


def test_facts_that_cannot_be_looked_up_anymore_are_not_told(shop: Shop) -> None:
    shop.double.play(
        says("The Tarn Summer Tent is light [2]. ", "It weighs {{weight:2}} [2]. ", "Tents “may be returned” [3].")
    )

    def falls(event: Event) -> None:
        if isinstance(event, Delta):
            shop.facts_are_down = True

    shop.while_told = falls

    said = shop.ask()

    assert "1900" not in said.text
    assert said.text.startswith("The Tarn Summer Tent is light [1].")


def test_a_question_that_hangs_on_the_last_one_is_asked_with_it(shop: Shop) -> None:
    shop.double.play(says("The Tarn Summer Tent is light [2]."), says("The Tarn Summer Tent is for summer [2]."))

    first = shop.ask("Is the Tarn Summer Tent lighter than the Grayling?")
    shop.ask("Is it warmer than the others?", first.session_id)

    asked = shop.double.requests[-1]
    assert "The Tarn Summer Tent is light" in str(asked.body)


def test_nothing_personal_gets_to_a_model(shop: Shop) -> None:
    shop.double.play(says("The Tarn Summer Tent is light [2]."))

    shop.ask("I am jane.doe@example.com: which tent is lighter?")

    assert "jane.doe" not in str(shop.double.requests[-1].body)


def test_where_nothing_simpler_is_sure_a_model_chooses_what_is_looked_up_and_one_answers_from_it(shop: Shop) -> None:
    shop.carries = True
    shop.double.play(
        Reply(steps=(Tool(tool="search_documents", input={"question": "pitching a tent in wind"}),)),
        says("Pitch the Grayling Winter Tent “with its tail to the wind” [1]."),
    )

    said = shop.ask(VAGUE)

    assert ("outdoor", "search_documents", {"question": "pitching a tent in wind"}) in shop.called
    assert said.text == "Pitch the Grayling Winter Tent “with its tail to the wind” [1]."
    assert said.citations[0].document_id == "d-storms"
    assert {line.what for line in said.cost.lines} >= {"nova-micro"}


@pytest.mark.parametrize(
    "asked",
    [
        Tool(tool="start_checkout", input={"quote_id": "q-1"}),
        Tool(tool="edit_cart", input={"action": "put", "sku": "T-1", "quantity": 9}),
        Tool(tool="fly_to_the_moon"),
    ],
)
def test_what_a_model_asks_for_beside_looking_is_not_done(shop: Shop, asked: Tool) -> None:
    shop.carries = True
    shop.double.play(Reply(steps=(asked,)), says("The Tarn Summer Tent is light, for summer [2]."))

    said = shop.ask(VAGUE)

    assert not [tool for _, tool, _ in shop.called if tool == asked.tool]
    assert said.text == "The Tarn Summer Tent is light, for summer [1]."


def test_a_merchant_that_a_model_names_is_data_that_no_tool_takes(shop: Shop) -> None:
    shop.carries = True
    shop.double.play(
        Reply(steps=(Tool(tool="search_documents", input={"question": "secrets", "merchant_id": "kitchen"}),)),
        says("The Tarn Summer Tent is light, for summer [2]."),
    )

    said = shop.ask(VAGUE)

    assert {merchant for merchant, _, _ in shop.called} == {"outdoor"}
    assert "d-storms" not in {one.document_id for one in said.citations}


def test_a_choice_that_does_not_come_costs_no_answer(shop: Shop) -> None:
    shop.carries = True
    shop.double.play(Reply(steps=(Fail(fault="internal"),)), says("The Tarn Summer Tent is light, for summer [2]."))

    assert shop.ask(VAGUE).text == "The Tarn Summer Tent is light, for summer [1]."
