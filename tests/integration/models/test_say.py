"""What becomes of a question that a model is asked: an answer and what it cost, or the name of what went wrong."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
import shopwright_models
from shopwright.costs.ledger import Limits, Purse, limits_of
from shopwright.costs.price import Tokens, nanos, price_book
from shopwright.embedding.tokens import Tokens as Tokenizer
from shopwright.llm.bedrock import Bedrock, client
from shopwright.llm.model import cards, ours, own_cards
from shopwright.llm.openai import OpenAI
from shopwright.llm.prompt import Asking, Exchange, Given, Kind, Slot
from shopwright.llm.say import Delta, Desk, Done, Event, Fell, Why, say
from shopwright.privacy.redact import mask
from shopwright.resilience.deadline import Deadline
from shopwright.tenancy.tenant import Tenant

from local.models.scene import Break, Counted, Fail, Garbage, Reply, Stall, Text, Tool, says
from local.models.server import Asked, Double
from tests.fakes.ledger import FakeLedgers
from tests.integration.models.conftest import KEYS, STALL_MS, Stage

OUTDOOR = Tenant("outdoor")
RETURNS = Given(1, ours("Returns"), ours("You may return anything within 30 days. Shoes must be unworn."))
JACKET = Given(2, ours("Products"), ours("name: Trail Jacket; price: {{price:1}}"))
QUESTION = Asking(
    Kind.POLICY, mask("May I return shoes?"), (RETURNS, JACKET), (Slot("price:1", "price of the jacket", "129.00 EUR"),)
)
COUNT = Tokenizer(shopwright_models.directory()).count


@dataclass(slots=True)
class Counter:
    """A shop that asks models, and its ledger."""

    double: Double
    desk: Desk
    ledgers: FakeLedgers
    limits: Limits
    asked: int = 0

    def purse(self) -> Purse:
        self.asked += 1
        books = self.ledgers.of(OUTDOOR).books()
        return Purse(books, request_id=f"r-{self.asked}", session_id="s-1", limits=self.limits)

    def events(self, asking: Asking = QUESTION, *, ms: int = 5000, **more: Any) -> Iterator[Event]:
        return say(asking, purse=more.pop("purse", None) or self.purse(), desk=self.desk, deadline=Deadline(ms), **more)

    def says(self, asking: Asking = QUESTION, **more: Any) -> Event:
        """The last of the events; that it is the only one of its kind is held here."""
        *before, last = self.events(asking, **more)
        assert all(isinstance(one, Delta) for one in before)
        return last

    @property
    def spent(self) -> int:
        return self.ledgers.of(OUTDOOR).spent("session#s-1")

    @property
    def held(self) -> int:
        accounts = self.ledgers.accounts.items()
        return sum(one.used - one.spent for (_, name), one in accounts if name.startswith("session#"))


@pytest.fixture
def counter(bedrock: Stage) -> Counter:
    desk = Desk(bedrock.model, cards(), price_book(), COUNT)
    return Counter(bedrock.double, desk, FakeLedgers(time.time), limits_of())


def done(event: Event) -> Done:
    assert isinstance(event, Done), event
    return event


def fell(event: Event) -> Fell:
    assert isinstance(event, Fell), event
    return event


def models(double: Double) -> list[str]:
    return [one.model for one in double.requests]


def eventually(asked: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not asked() and time.monotonic() < until:
        time.sleep(0.02)
    return asked()


def test_an_answer_comes_in_pieces_with_its_marks_whole_and_its_cost_at_the_end(counter: Counter) -> None:
    counter.double.play(
        Reply(
            steps=(Text(text=("“within 30 ", "days” [", "1", "]. It costs {", "{price", ":1}} ", "[2]", ".")),),
            usage=Counted(input=900, output=40),
        )
    )

    *deltas, last = counter.events()

    pieces = [one.text for one in deltas if isinstance(one, Delta)]
    answer = done(last)
    assert answer.text == "".join(pieces) == "“within 30 days” [1]. It costs {{price:1}} [2]."
    assert all(piece.count("[") == piece.count("]") and piece.count("{{") == piece.count("}}") for piece in pieces)
    assert len(pieces) >= 4
    assert (answer.model, answer.refs, answer.tokens) == ("nova-micro", (1, 2), Tokens(900, 40))
    assert answer.bill.nanos == nanos("0.0000371") == counter.spent
    assert (answer.cut, answer.metered, answer.entered, answer.tried) == (False, True, True, ())
    assert counter.held == 0


def test_the_first_piece_is_there_before_the_model_has_finished(counter: Counter) -> None:
    counter.double.play(says(*["word "] * 8, gap_ms=80))

    events = counter.events()
    first = next(events)

    assert isinstance(first, Delta)
    assert counter.double.requests[0].ended == ""
    assert done(list(events)[-1]).text == "word " * 8


def test_the_estimate_before_is_on_the_safe_side_of_the_bill_after(counter: Counter) -> None:
    counter.double.play(says("Thirty days [1]."))

    answer = done(counter.says())

    assert answer.estimate.tokens > answer.tokens.input
    assert answer.estimate.nanos > answer.bill.nanos > 0


def test_the_model_is_told_the_masked_question_and_the_passages_between_marks(counter: Counter) -> None:
    counter.says(Asking(Kind.GENERAL, mask("I am ann@example.com. May I return shoes?"), (RETURNS,)))

    said = counter.double.requests[0].body["messages"][0]["content"][0]["text"]
    assert "[email]. May I return shoes?" in said
    assert "ann@" not in said
    assert "within 30 days" in said


def test_without_a_script_the_double_quotes_what_it_was_given(counter: Counter) -> None:
    assert done(counter.says()).text.startswith("“You may return anything within 30 days.” [1]")


@pytest.mark.parametrize(
    ("kind", "effort", "model"),
    [
        (Kind.POLICY, 0, "amazon.nova-micro-v1:0"),
        (Kind.COMPARISON, 0, "amazon.nova-lite-v1:0"),
        (Kind.POLICY, 1, "amazon.nova-lite-v1:0"),
        (Kind.POLICY, 2, "global.amazon.nova-2-lite-v1:0"),
        (Kind.COMPARISON, 2, "amazon.nova-pro-v1:0"),
    ],
)
def test_a_harder_question_or_another_try_gets_an_abler_model(
    counter: Counter, kind: Kind, effort: int, model: str
) -> None:
    done(counter.says(Asking(kind, QUESTION.question, QUESTION.passages), effort=effort))

    assert models(counter.double) == [model]


def test_a_session_near_its_limit_gets_a_smaller_model_and_then_none(counter: Counter) -> None:
    hard = Asking(Kind.COMPARISON, QUESTION.question, QUESTION.passages)
    steps = ((40_000, "nova-2-lite"), (60_000, "nova-2-lite"), (200_000, "nova-lite"), (200_000, "nova-micro"))
    for usage, model in steps:
        counter.double.play(Reply(steps=(Text(text=("A is lighter [1].",)),), usage=Counted(input=usage, output=10)))
        assert done(counter.says(hard, effort=1)).model == model, usage

    outcome = fell(counter.says(hard, effort=1))

    assert outcome.why is Why.BUDGET_SPENT
    assert len(counter.double.requests) == 4, "what cannot be paid is not asked"


def test_a_model_that_the_request_cannot_pay_is_passed_over_for_a_cheaper_one(counter: Counter) -> None:
    counter.limits = Limits(nanos("0.0005"), counter.limits.session, counter.limits.merchant_day)

    assert done(counter.says(effort=3)).model == "nova-lite"

    counter.limits = Limits(1, counter.limits.session, counter.limits.merchant_day)
    assert fell(counter.says(effort=3)).why is Why.BUDGET_SPENT


def test_a_merchant_whose_day_is_spent_asks_no_model(counter: Counter) -> None:
    counter.limits = Limits(counter.limits.request, counter.limits.session, 0)

    assert fell(counter.says()).why is Why.BUDGET_SPENT
    assert counter.double.requests == []


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(steps=(Fail(fault="throttling"),)), Why.THROTTLED),
        (Reply(steps=(Fail(fault="internal"),)), Why.UNAVAILABLE),
        (Reply(steps=(Fail(fault="model_error"),)), Why.UNAVAILABLE),
        (Reply(steps=(Break(),)), Why.UNAVAILABLE),
        (Reply(steps=(Stall(stall_ms=STALL_MS),)), Why.STALLED),
        (Reply(steps=(Garbage(garbage="this is no frame of an event stream"),)), Why.MALFORMED),
        (Reply(steps=(Tool(tool="drop_tables"),)), Why.MALFORMED),
        (Reply(), Why.EMPTY),
        (Reply(steps=(Text(text=(" ", "\n")),)), Why.EMPTY),
        (Reply(silent=True), Why.BROKEN_OFF),
    ],
)
def test_a_model_that_fails_is_asked_once_more_in_simpler_words_of_the_next_cheaper(
    counter: Counter, reply: Reply, why: Why
) -> None:
    counter.double.play(reply, says("Thirty days [1]."))

    answer = done(counter.says(effort=1))

    assert models(counter.double) == ["amazon.nova-lite-v1:0", "amazon.nova-micro-v1:0"]
    assert answer.simple
    assert [(one.model, one.why) for one in answer.tried] == [("nova-lite", why)]
    first, second = (one.body["messages"][0]["content"][0]["text"] for one in counter.double.requests)
    assert "in one sentence" in second
    assert "in one sentence" not in first
    assert counter.held == 0
    assert counter.spent == answer.bill.nanos


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(steps=(Fail(fault="throttling"),)), Why.THROTTLED),
        (Reply(steps=(Fail(fault="unavailable"),)), Why.UNAVAILABLE),
        (Reply(steps=(Stall(stall_ms=STALL_MS),)), Why.STALLED),
        (Reply(), Why.EMPTY),
    ],
)
def test_a_model_that_goes_on_failing_is_given_up_by_name(counter: Counter, reply: Reply, why: Why) -> None:
    counter.double.play(reply, reply)

    outcome = fell(counter.says())

    assert outcome.why is why
    assert [one.why for one in outcome.tried] == [why, why]
    assert len(counter.double.requests) == 2
    assert counter.held == 0


@pytest.mark.parametrize(("fault", "tries"), [("validation", 1), ("denied", 1)])
def test_what_a_server_refuses_is_not_asked_again_and_costs_nothing(counter: Counter, fault: Any, tries: int) -> None:
    counter.double.play(Reply(steps=(Fail(fault=fault),)))

    outcome = fell(counter.says())

    assert outcome.why is Why.REFUSED
    assert len(counter.double.requests) == tries
    assert counter.spent == counter.held == outcome.bill.nanos == 0


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (Fail(fault="model_error"), Why.UNAVAILABLE),
        (Break(), Why.BROKEN_OFF),
        (Stall(stall_ms=STALL_MS), Why.STALLED),
        (Garbage(garbage="this is no frame of an event stream"), Why.MALFORMED),
    ],
)
def test_after_its_first_words_a_model_is_not_asked_again(counter: Counter, step: Any, why: Why) -> None:
    counter.double.play(Reply(steps=(Text(text=("Thirty days [1]. ", "And ")), step)))

    *deltas, last = counter.events()

    assert "".join(one.text for one in deltas if isinstance(one, Delta)).strip() == "Thirty days [1]. And"
    assert fell(last).why is why
    assert len(counter.double.requests) == 1
    assert counter.held == 0
    assert 0 < counter.spent <= fell(last).tried[-1].estimate.nanos, "what came was paid for, by our estimate"


def test_an_answer_that_is_not_in_the_passages_is_none(counter: Counter) -> None:
    for pieces in (("NOT_", "IN_PASS", "AGES"), (" NOT_IN_PASSAGES", "."), ("NOT_IN_PASSAGES\n", "Sorry!")):
        counter.double.play(Reply(steps=(Text(text=pieces),), usage=Counted(input=500, output=5)))

        events = list(counter.events())

        assert [type(one) for one in events] == [Fell]
        assert fell(events[0]).why is Why.NOT_IN_PASSAGES
    assert counter.spent == 3 * nanos("0.0000182")


def test_a_filtered_answer_and_one_that_got_too_long_say_so(counter: Counter) -> None:
    counter.double.play(
        Reply(steps=(Text(text=("Some ", "words")),), stop="content_filtered"),
        Reply(stop="guardrail_intervened"),
        Reply(steps=(Text(text=("Some ", "words")),), stop="max_tokens"),
    )

    assert fell(counter.says()).why is Why.FILTERED
    assert fell(counter.says()).why is Why.FILTERED
    assert done(counter.says()).cut


def test_a_provider_that_does_not_say_what_it_cost_is_paid_by_our_estimate(counter: Counter, openai: Stage) -> None:
    class Silent:
        """A server of the older kind, which does not meter streams."""

        def __init__(self, model: Any) -> None:
            self.model = model

        def stream(self, request: Any, deadline: Deadline) -> Iterator[Any]:
            for piece in self.model.stream(request, deadline):
                yield type(piece)(piece.stop) if hasattr(piece, "stop") else piece

        complete = None

    counter.desk = Desk(Silent(openai.model), cards(), price_book(), COUNT)  # type: ignore[arg-type]  # half a model
    openai.double.play(says("Thirty days [1]."))

    answer = done(counter.says())

    assert not answer.metered
    assert answer.tokens.input == answer.estimate.tokens
    assert counter.spent == answer.bill.nanos == price_book().tokens("nova-micro", answer.tokens).nanos


def test_more_than_was_held_is_entered_as_it_is(counter: Counter) -> None:
    counter.double.play(Reply(steps=(Text(text=("Thirty days [1].",)),), usage=Counted(input=90_000, output=40)))

    answer = done(counter.says())

    assert counter.spent == answer.bill.nanos > answer.estimate.nanos


def test_a_ledger_that_is_down_means_that_nothing_is_bought(counter: Counter) -> None:
    counter.ledgers.down = True

    assert fell(counter.says()).why is Why.LEDGER_UNAVAILABLE
    assert counter.double.requests == []


def test_an_answer_that_cannot_be_entered_is_still_given(counter: Counter) -> None:
    counter.double.play(says("Thirty ", "days [1].", gap_ms=100))
    events = counter.events()
    next(events)
    counter.ledgers.down = True

    answer = done(list(events)[-1])

    assert not answer.entered
    assert answer.bill.nanos > 0


def test_a_shopper_who_leaves_stops_the_model_and_the_money_is_settled(counter: Counter) -> None:
    counter.double.play(says(*["word "] * 500, gap_ms=4))
    events = counter.events()

    assert len(list(islice(events, 3))) == 3
    events.close()  # type: ignore[attr-defined]  # it is a generator

    asked: Asked = counter.double.requests[0]
    assert eventually(lambda: asked.ended == "gone")
    assert asked.sent < 500
    assert counter.held == 0
    assert counter.spent > 0


@pytest.mark.parametrize("steps", [(Stall(stall_ms=STALL_MS),), (Text(text=("a ",) * 400, gap_ms=50),)])
def test_the_deadline_ends_it_whatever_the_model_does(counter: Counter, bedrock: Stage, steps: tuple[Any, ...]) -> None:
    patient = Bedrock(client(KEYS, bedrock.endpoint, "us-east-1"), silence_s=15)
    counter.desk = Desk(patient, cards(), price_book(), COUNT)
    counter.double.play(Reply(steps=steps))
    began = time.monotonic()

    outcome = fell(counter.says(ms=500))

    assert outcome.why is Why.DEADLINE
    assert time.monotonic() - began < 10
    assert counter.held == 0


def test_a_question_without_passages_is_asked_of_nobody_unless_it_is_small_talk(counter: Counter) -> None:
    hello = mask("Hello, how are you?")

    assert fell(counter.says(Asking(Kind.GENERAL, hello))).why is Why.NO_PASSAGES
    assert counter.double.requests == []
    counter.double.play(says("Fine, and glad to help with anything from the shop."))
    assert done(counter.says(Asking(Kind.SMALL_TALK, hello))).refs == ()


def test_a_question_that_is_too_long_is_not_asked(counter: Counter) -> None:
    assert fell(counter.says(Asking(Kind.GENERAL, mask("why " * 4000), (RETURNS,)))).why is Why.TOO_LONG
    assert counter.double.requests == []
    assert counter.held == 0


def test_a_conversation_of_ten_turns_pays_ten_turns_in_one_session(counter: Counter) -> None:
    bills = []
    before: tuple[Exchange, ...] = ()
    for number in range(10):
        asking = Asking(Kind.GENERAL, mask(f"Question {number}, please?"), (RETURNS, JACKET), before=before)
        answer = done(counter.says(asking))
        bills.append(answer.bill.nanos)
        before = (*before, Exchange(asking.question, mask(answer.text)))

    assert counter.spent == sum(bills) < counter.limits.session
    assert len(counter.double.requests) == 10


def test_a_model_of_ones_own_answers_and_costs_nothing(counter: Counter, openai: Stage) -> None:
    model = OpenAI(f"{openai.endpoint}/v1")
    counter.desk = Desk(model, own_cards("qwen3:4b"), price_book("own"), COUNT)

    answer = done(counter.says())

    assert openai.double.requests[0].model == "qwen3:4b"
    assert answer.text.startswith("“You may return anything within 30 days.” [1]")
    assert answer.bill.nanos == counter.spent == 0
    assert answer.metered


def test_what_is_said_appears_in_no_representation(counter: Counter) -> None:
    events = list(counter.events())

    assert "30 days" not in repr(events)
