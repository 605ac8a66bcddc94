"""A model's answer here and through AgentCore's wire: the same words, sources and cost, however the model behaves."""

from dataclasses import replace

import pytest
from shopwright.costs.price import Bill, Line, price_book
from shopwright.llm.model import cards
from shopwright.llm.say import Desk as Models
from shopwright.orchestrator.answer import Answer, Clocks
from shopwright.orchestrator.answerer import Answerer, Inline
from shopwright.orchestrator.events import Delta, Event
from shopwright.orchestrator.visit import Question
from shopwright.resilience.deadline import Deadline

from local.models.scene import Break, Fail, Garbage, Reply, Text, Tool, says
from tests.integration.agentcore.stage import stage
from tests.integration.models.conftest import Stage
from tests.integration.models.test_answering import ANN, EMBEDDER, QUESTION, Shop

SCENES: dict[str, tuple[Reply, ...]] = {
    "as it should": (
        says("The Tarn Summer Tent weighs {{weight", ":2}} [2]. The Grayling Winter Tent weighs {{weight:1}} [1]."),
    ),
    "an invented figure": (says("The Tarn Summer Tent weighs 700 g [2]. The Grayling weighs {{weight:1}} [1]."),),
    "nothing": (Reply(),) * 3,
    "a tool that nobody has": (Reply(steps=(Tool(tool="drop_tables"),)),) * 3,
    "another wire": (Reply(steps=(Garbage(garbage="<html>"),)),) * 3,
    "throttled": (Reply(steps=(Fail(fault="throttling"),)),) * 4,
    "cut off": (Reply(steps=(Text(text=("The Tarn Summer Tent weighs {{weight:2}} [2]. ",)), Break())),) * 3,
}


def told(shop: Shop, answerer: Answerer, scene: tuple[Reply, ...]) -> tuple[Answer, str]:
    """The answer without what differs between any two runs, and what was told of it meanwhile."""
    shop.double.forget()
    shop.double.play(*scene)
    heard: list[Event] = []
    said = answerer.answer(Question(QUESTION, ANN, None, "r-1"), deadline=Deadline(8000), tell=heard.append)
    words = "".join(event.text for event in heard if isinstance(event, Delta))
    # The rest is for time that passed; and an estimate hangs on the random marks around what others wrote.
    models = Bill(tuple(Line(line.what, 0) for line in said.cost.lines if "nova" in line.what))
    assert sum(line.nanos for line in said.cost.lines) > 0
    bare = replace(said, clocks=Clocks(None, None, 0.0), session_id=None, cost=models, failure=None)
    return bare, words


@pytest.mark.parametrize("scene", SCENES)
def test_a_models_answer_is_the_same_here_and_there(bedrock: Stage, scene: str) -> None:
    def shop() -> Shop:
        return Shop(bedrock.double, Models(bedrock.model, cards(), price_book(), EMBEDDER.count))

    one, other = shop(), shop()
    here = told(one, Inline(one.desk()), SCENES[scene])
    with stage(Inline(other.desk())) as there:
        through = told(other, there.agent(silence_s=5), SCENES[scene])

        assert there.failures == []
    assert through == here
    assert here[0].text
