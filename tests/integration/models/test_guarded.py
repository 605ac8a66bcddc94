"""A model behind its breaker, and what it says behind a second checker: over the real SDK and the double's wire."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from shopwright.costs.price import dollars, price_book
from shopwright.errors import ShopwrightError
from shopwright.grounding import bedrock as guardrails
from shopwright.grounding import further
from shopwright.grounding.bedrock import ContextualGrounding
from shopwright.llm.guarded import EXCUSED, Guarded
from shopwright.llm.model import Model, ModelLeftAlone, ModelUnavailable, cards
from shopwright.llm.say import Desk as Models
from shopwright.orchestrator import spoken
from shopwright.resilience.breaker import Breaker, Tolerance

from local.models.scene import Break, Fail, Garbage, Reply, Stall, Text, says
from tests.fakes.circuits import FakeCircuits
from tests.integration.models.conftest import STALL_MS, Stage, request, soon
from tests.integration.models.test_answering import EMBEDDER, RETURNS, Shop

LONG = Tolerance(failures=3, open_s=60)
THROTTLED = Reply(steps=(Fail(fault="throttling"),))
LIGHT = "The Tarn Summer Tent is light [2]."


def breakers(circuits: FakeCircuits) -> Callable[[str], Breaker]:
    mark = uuid.uuid4()
    return lambda name: Breaker(
        f"{mark}-{name}", circuits.store(), tolerance=LONG, left_alone=ModelLeftAlone, excused=EXCUSED
    )


@pytest.fixture
def model(stage: Stage) -> Model:
    return Guarded(stage.model, breakers(FakeCircuits()))


def test_a_model_that_fails_again_and_again_is_left_alone_and_says_so_at_once(stage: Stage, model: Model) -> None:
    stage.double.play(*(THROTTLED for _ in range(3)))
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            list(model.stream(request(), soon()))

    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(ModelLeftAlone):
            list(model.stream(request(), soon()))
        with pytest.raises(ModelLeftAlone):
            model.complete(request(), soon())

    assert time.monotonic() - began < 1
    assert len(stage.double.requests) == 3


def test_a_model_that_breaks_off_each_time_is_left_alone_too(stage: Stage, model: Model) -> None:
    stage.double.play(*(Reply(steps=(Text(text=("It is ",)), Break())) for _ in range(3)))
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            list(model.stream(request(), soon()))

    with pytest.raises(ModelLeftAlone):
        list(model.stream(request(), soon()))


def test_one_model_left_alone_says_nothing_about_another(stage: Stage, model: Model) -> None:
    stage.double.play(*(THROTTLED for _ in range(3)), says("Hello."))
    for _ in range(3):
        with pytest.raises(ModelUnavailable):
            model.complete(request(), soon())

    assert model.complete(request(model="amazon.nova-lite-v1:0"), soon()).text == "Hello."


@pytest.mark.parametrize("what", [Reply(steps=(Garbage(garbage="no"),)), Reply(steps=(Fail(fault="validation"),))])
def test_what_one_question_brings_about_shuts_a_model_for_nobody(bedrock: Stage, what: Reply) -> None:
    model = Guarded(bedrock.model, breakers(FakeCircuits()))
    bedrock.double.play(*(what for _ in range(6)), says("Hello."))

    for _ in range(6):
        with pytest.raises(ShopwrightError) as raised:
            model.complete(request(), soon())
        assert not isinstance(raised.value, ModelLeftAlone)

    assert model.complete(request(), soon()).text == "Hello."


@pytest.fixture
def shop(bedrock: Stage) -> Shop:
    model = Guarded(bedrock.model, breakers(FakeCircuits()))
    return Shop(bedrock.double, Models(model, cards(), price_book(), EMBEDDER.count))


def test_an_open_circuit_leaves_the_merchants_own_words_and_costs_nothing(shop: Shop) -> None:
    shop.passages = (RETURNS,)
    shop.double.play(*(THROTTLED for _ in range(20)))
    for _ in range(4):
        shop.ask("Which tents could be brought back?")
    asked = len(shop.double.requests)

    said = shop.ask("Which tents could be brought back?")

    assert (said.mode, said.flags) == ("extractive", ("model_left_alone",))
    assert len(shop.double.requests) == asked
    assert shop.spent(said.session_id) == 0
    assert said.clocks.done_ms < 1000


class Guard:
    """A guardrail behind its breaker, and a note of when it was not asked."""

    def __init__(self, endpoint: str) -> None:
        self.missed: list[str] = []
        check = ContextualGrounding("abcdefgh1234", "3", guardrails.client("us-east-1", endpoint).apply_guardrail).check
        breaker = Breaker(
            f"guardrail-{uuid.uuid4()}",
            FakeCircuits().store(),
            tolerance=LONG,
            left_alone=further.GuardrailLeftAlone,
            excused=further.EXCUSED,
        )
        self.further = spoken.Further(
            ask=lambda question, sources, answer: breaker.call(lambda: check(question, sources, answer)),
            book=price_book(),
            missed=lambda failure: self.missed.append(type(failure).__name__),
        )


@pytest.fixture
def guard(shop: Shop, bedrock: Stage, monkeypatch: pytest.MonkeyPatch) -> Guard:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    made = Guard(bedrock.endpoint)
    shop.further = made.further
    return made


def checks(shop: Shop) -> list[dict[str, Any]]:
    return [one.body for one in shop.double.requests if one.wire == "guardrail"]


def test_what_both_checkers_let_pass_is_told_and_both_are_paid_for(shop: Shop, guard: Guard) -> None:
    shop.double.play(says(LIGHT))

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent is light [1]."
    assert guard.missed == []
    (asked,) = checks(shop)
    assert [block["text"]["text"] for block in asked["content"]][2] == "The Tarn Summer Tent is light."
    assert "1900" in asked["content"][0]["text"]["text"]
    assert any(line.what == "guardrail_text_units" and line.nanos > 0 for line in said.cost.lines)
    assert shop.spent(said.session_id) > 0


def test_what_the_guardrail_stops_is_not_told_however_sure_we_are(shop: Shop, guard: Guard) -> None:
    shop.double.threshold = 1.01
    shop.passages = (RETURNS,)
    quoted = "Yes: “within 60 days of delivery if they are dry” [1]."
    shop.double.play(says(quoted), says(quoted))

    said = shop.ask("Which tents could be brought back?")

    assert len(checks(shop)) == 2
    assert (said.mode, said.flags) == ("extractive", ("ungrounded",))
    assert "if they are dry” [1]." not in shop.words()


def test_what_we_refuse_ourselves_is_not_even_asked_about(shop: Shop, guard: Guard) -> None:
    shop.double.play(says(LIGHT, " The Grayling Winter Tent weighs 2 kg [1]."))

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent is light [1]."
    assert len(checks(shop)) == 1


@pytest.mark.parametrize(
    ("scene", "missed"),
    [
        (Fail(fault="internal"), "GuardrailUnavailable"),
        (Fail(fault="denied"), "GuardrailUnavailable"),
        (Fail(fault="validation"), "GuardrailRefused"),
        (Break(), "GuardrailUnavailable"),
        (Stall(stall_ms=STALL_MS), "GuardrailUnavailable"),
        (Garbage(garbage="no"), "GuardrailUnavailable"),
    ],
    ids=["internal", "denied", "validation", "cut", "stalled", "garbage"],
)
def test_when_the_guardrail_fails_our_own_verdict_stands_alone_and_nothing_is_billed(
    shop: Shop, guard: Guard, scene: Any, missed: str
) -> None:
    shop.double.play(says(LIGHT))
    shop.double.play_checks(scene)

    said = shop.ask()

    assert said.text == "The Tarn Summer Tent is light [1]."
    assert guard.missed == [missed]
    assert not any(line.what == "guardrail_text_units" for line in said.cost.lines)


def test_a_guardrail_that_fails_again_and_again_is_left_alone(shop: Shop, guard: Guard) -> None:
    shop.double.play_checks(*(Fail(fault="internal") for _ in range(9)))
    for _ in range(5):
        shop.double.play(says(LIGHT))
        assert shop.ask().text == "The Tarn Summer Tent is light [1]."

    assert guard.missed == ["GuardrailUnavailable"] * 3 + ["GuardrailLeftAlone"] * 2
    assert len(checks(shop)) == 3


def test_a_budget_that_is_spent_buys_no_further_check(shop: Shop, guard: Guard) -> None:
    shop.double.play(says(LIGHT), says(LIGHT))
    shop.ask()
    shop.limits = {"request": dollars(shop.ended[0].estimate.nanos + 100_000)}  # type: ignore[union-attr]  # it is done

    said = shop.ask()

    assert said.mode == "model"
    assert guard.missed == ["RequestBudgetSpent"]
    assert len(checks(shop)) == 1


def test_without_time_for_it_no_further_check_is_begun(shop: Shop, guard: Guard) -> None:
    shop.double.play(says(LIGHT))

    said = shop.ask(ms=1900)

    assert said.mode == "model"
    assert guard.missed == ["DeadlinePassed"]
    assert checks(shop) == []
