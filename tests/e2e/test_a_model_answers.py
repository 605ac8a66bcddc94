"""A language model behind the deployed shop: what stands of its words is told, and the shop answers without it too."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from shopwright.resilience.breaker import Tolerance

from local import model
from local.cloud import Cloud, Running
from local.models.scene import Fail, Reply, Stall, Text, says
from local.models.server import Double, running
from tests.e2e.shop import Visitor
from tests.e2e.test_over_a_socket import open_at, ticket_of

pytestmark = pytest.mark.usefixtures("socket_enabled")
CHAT, STREAM = model.FUNCTIONS
BACK_S = 2.0 * Tolerance().open_s
WORD = "tarnel" + "".join(secrets.choice("bdfgklmp") for _ in range(6))
WARM = f"My friend wonders whether the Winter {WORD} and the Summer {WORD} suit hot nights."


@pytest.fixture(scope="module", autouse=True)
def tents(kitchen: Visitor) -> None:
    feed = (
        "sku,title,price,currency,stock,weight_g,description\n"
        f"{WORD}-w,Winter {WORD},649.00,EUR,7,3150,A tent for storms.\n"
        f"{WORD}-s,Summer {WORD},319.00,EUR,3,1900,A tent for warm nights.\n"
    )
    kitchen.wait_for(kitchen.drop(f"{WORD}.csv", feed.encode(), "text/csv"))


@pytest.fixture(scope="module")
def bedrock(cloud: Running, kitchen_shopper: Visitor) -> Iterator[Double]:
    with running() as (double, endpoint):
        model.choose(cloud, model.BEDROCK, endpoint)
        try:
            kitchen_shopper.ask("Who may come in?")  # the first one waits for a function with the new settings
            yield double
        finally:
            model.choose(cloud, model.NONE)


@pytest.fixture
def double(bedrock: Double) -> Double:
    bedrock.forget()
    return bedrock


def once(question: str = WARM) -> str:
    """The question in words that nobody has used before, so that no kept answer serves."""
    return f"{question} ({''.join(secrets.choice('bdfgklmp') for _ in range(10))})"


class Weighing:
    """Says of each passage that was found what its tent weighs, with a pause after the first."""

    def __init__(self, pause_ms: int = 0) -> None:
        self.pause_ms = pause_ms

    def __call__(self, prompt: str) -> Reply:
        if 'ref="' not in prompt:
            return says("Nothing has to be looked up.")  # it is to choose tools
        winter, summer = (self._ref(prompt, f"{season} {WORD}") for season in ("Winter", "Summer"))
        return Reply(
            steps=(
                Text(text=(f"The Summer {WORD} weighs {{{{weight:{summer}}}}} [{summer}]. ", "The ")),
                *((Stall(stall_ms=self.pause_ms),) if self.pause_ms else ()),
                Text(text=(f"Winter {WORD} weighs {{{{weight:{winter}}}}} [{winter}].",)),
            )
        )

    def _ref(self, prompt: str, name: str) -> int:
        places = [part for part in prompt.split('ref="')[1:] if name in part.split("</passage", 1)[0]]
        return int(places[0].split('"', 1)[0])


def test_the_answer_has_the_models_words_the_databases_figures_and_its_own_cost(
    double: Double, kitchen_shopper: Visitor
) -> None:
    double.answering = Weighing()

    said = kitchen_shopper.ask(once()).body

    assert said["mode"] == "model", (said["grounding"], said["clocks"])
    assert said["answer"] == f"The Summer {WORD} weighs 1900 g [1]. The Winter {WORD} weighs 3150 g [2]."
    assert {fact["value"] for fact in said["facts"] if fact["name"] == "weight"} == {"1900", "3150"}
    assert said["grounding"] == {"grounding_pass": True, "score": 1.0, "flags": []}
    assert {"nova-micro", "lambda_mb_ms"} <= set(said["cost"]["lines"])
    assert float(said["cost"]["amount"]) > float(said["cost"]["lines"]["nova-micro"]) > 0
    tally = kitchen_shopper.call("GET", f"/v1/sessions/{said['session_id']}").body["tally"]
    assert tally["cost_nano_usd"] == round(float(said["cost"]["amount"]) * 1e9)


def test_the_first_words_reach_the_shopper_before_the_model_has_finished(
    double: Double, kitchen_shopper: Visitor
) -> None:
    double.answering = Weighing(pause_ms=2500)
    socket = open_at(ticket_of(kitchen_shopper))
    try:
        socket.send({"action": "ask", "id": "m-1", "message": once()})
        events: list[tuple[float, dict[str, Any]]] = []
        while not events or events[-1][1]["event"] not in {"done", "error"}:
            event = socket.receive()
            events.append((time.monotonic(), event))
    finally:
        socket.close()

    done = events[-1][1]
    assert done["mode"] == "model", done
    first = next(at for at, event in events if event["event"] == "delta")
    assert first < double.requests[-1].sent_at[-1], "the model had finished before its first words came"
    told = "".join(event["text"] for _, event in events if event["event"] == "delta")
    assert told == done["answer"] == f"The Summer {WORD} weighs 1900 g [1]. The Winter {WORD} weighs 3150 g [2]."


def test_what_a_model_invents_reaches_nobody(double: Double, kitchen_shopper: Visitor) -> None:
    double.answering = lambda prompt: says(f"The Summer {WORD} weighs 1 kg [1]. It is free today [1].")

    said = kitchen_shopper.ask(once()).body

    assert "1 kg" not in said["answer"]
    assert "free" not in said["answer"]
    assert (said["mode"], said["grounding"]["flags"]) == ("extractive", ["ungrounded"])
    assert len({one.model for one in double.requests}) == 2  # a more able one was asked once more


def test_while_the_model_fails_the_shops_own_sentences_answer(double: Double, kitchen_shopper: Visitor) -> None:
    double.answering = lambda prompt: Reply(steps=(Fail(fault="unavailable"),))

    said = kitchen_shopper.ask(once())

    assert said.status == 200
    assert (said.body["mode"], said.body["grounding"]["flags"]) == ("extractive", ["model_unavailable"])


def test_while_the_cache_is_down_the_model_answers_all_the_same(
    double: Double, laptop_cloud: Cloud, kitchen_shopper: Visitor
) -> None:
    double.answering = Weighing()
    laptop_cloud.valkey.kill()
    try:
        said = kitchen_shopper.ask(once()).body
    finally:
        laptop_cloud.valkey.start()

    assert (said["mode"], said["cache"]) == ("model", "off")


def test_while_the_database_is_down_the_shopper_is_told_so_and_no_model_is_paid_for(
    double: Double, laptop_cloud: Cloud, kitchen_shopper: Visitor
) -> None:
    laptop_cloud.postgres.kill()
    try:
        said = kitchen_shopper.ask(once())
    finally:
        laptop_cloud.postgres.start()

    assert (said.status, said.body["verdict"]) == (503, "unavailable")
    assert double.requests == []
    # The database is left alone for a while: then answers come again.
    until = time.monotonic() + BACK_S
    while (again := kitchen_shopper.ask(once())).status == 503 and time.monotonic() < until:
        time.sleep(0.5)
    assert again.status == 200, again.body


@pytest.fixture
def without(cloud: Running) -> Iterator[Callable[[str], None]]:
    """Takes a table from `chat`: DynamoDB answers its calls with an error of the client's."""
    held: dict[str, str] = {}

    def taken(variable: str) -> None:
        held.update(model.tell(cloud, CHAT, {variable: "shopwright-dev-no-such-table"}))

    yield taken
    model.tell(cloud, CHAT, held)


def test_while_the_ledger_fails_nothing_is_bought(
    double: Double, kitchen_shopper: Visitor, without: Callable[[str], None]
) -> None:
    without("LEDGER_TABLE")

    said = kitchen_shopper.ask(once())

    assert (said.status, said.body.get("mode")) == (200, "extractive"), said.body
    assert said.body["grounding"]["flags"] == ["ledger_unavailable"]
    assert double.requests == []


def test_while_conversations_fail_the_answer_comes_with_a_word_about_it(
    double: Double, kitchen_shopper: Visitor, without: Callable[[str], None]
) -> None:
    double.answering = Weighing()
    without("SESSIONS_TABLE")

    said = kitchen_shopper.ask(once())

    assert (said.status, said.body["mode"], said.body["session_id"]) == (200, "model", None), said.body
    assert any("not be remembered" in note for note in said.body["notes"])


def test_a_burst_on_one_conversation_never_spends_more_than_it_may(double: Double, kitchen_shopper: Visitor) -> None:
    double.answering = Weighing()
    begun = kitchen_shopper.ask(once()).body["session_id"]
    replies: list[Any] = []
    threads = [
        threading.Thread(target=lambda: replies.append(kitchen_shopper.ask(once(), session_id=begun))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {reply.status for reply in replies} <= {200, 409, 429, 503}
    assert any(reply.status == 200 for reply in replies)
    tally = kitchen_shopper.call("GET", f"/v1/sessions/{begun}").body["tally"]
    assert tally["cost_nano_usd"] <= 50_000_000
