"""Ten turns in which a model chooses what is looked up: it only looks, and what it says of it is the shop's own."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from local import merchants, model
from local.agentcore.laptop import answering
from local.cloud import Running
from local.models.scene import Reply, Tool, quoting, says
from local.models.server import Double, running
from tests.e2e.shop import Visitor
from tests.e2e.test_a_model_answers import once
from tests.e2e.test_ten_turns import Door, Turn, over_a_socket, over_http, talk

pytestmark = pytest.mark.usefixtures("socket_enabled", "stocked")
TURNS: Mapping[str, Sequence[Turn]] = tomllib.loads(
    Path(__file__).with_name("ten_turns_with_tools.toml").read_text(encoding="utf-8")
)
OFFERED = {"search_documents", "search_products"}
_PASSAGE = re.compile(r'<(?P<mark>passage-[0-9a-f]+) ref="(?P<ref>[0-9]+)">\n(?P<text>.*?)</(?P=mark)>', re.S)
_SLOT = re.compile(r"\{(\w+)\}")


class Choosing:
    """Plays one turn: asks for the turn's tools, then tells of the passages that it was given. Without `looks` it asks
    for none."""

    def __init__(self, turn: Turn, *, looks: bool = True) -> None:
        self.turn = turn
        self.looks = looks
        self.missed: list[str] = []  # what it was to tell of, and was not shown

    def __call__(self, prompt: str) -> Reply:
        if "toolSpec" in prompt:
            uses = [
                Tool(tool=one["tool"], input=one["input"], id=f"tool-{number}")
                for number, one in enumerate(self.turn["chooses"])
            ]
            return Reply(steps=tuple(uses)) if self.looks else says("Nothing has to be looked up.")
        return says(*(sentence for one in self.turn["tells"] if (sentence := self._sentence(one, prompt))))

    def _sentence(self, told: Mapping[str, str], prompt: str) -> str:
        ref = next((match["ref"] for match in _PASSAGE.finditer(prompt) if told["of"] in match["text"]), None)
        if ref is None:
            self.missed.append(told["of"])
            return ""
        return f"{_SLOT.sub(lambda slot: f'{{{{{slot[1]}:{ref}}}}}', told['says'].rstrip('.'))} [{ref}]. "


@pytest.fixture(scope="module")
def bedrock(cloud: Running) -> Iterator[Double]:
    with running() as (double, endpoint):
        model.choose(cloud, model.BEDROCK, endpoint)
        try:
            yield double
        finally:
            model.choose(cloud, model.NONE)


@pytest.fixture(scope="module")
def inline(bedrock: Double, visitor: Callable[[str, merchants.Role], Visitor]) -> Callable[[str], list[dict[str, Any]]]:
    """Each shop's conversation as the functions hold it, once."""
    held: dict[str, list[dict[str, Any]]] = {}

    def of(shop: str) -> list[dict[str, Any]]:
        if shop not in held:
            held[shop] = converse(shop, visitor(shop, "shopper"), bedrock)
        return held[shop]

    return of


def converse(shop: str, shopper: Visitor, double: Double, door: Door = over_http) -> list[dict[str, Any]]:
    """The ten answers. Where a turn has it choose, a model was offered two tools, and then spoke."""
    asked: list[tuple[Turn, int]] = []
    turns = [{**turn, "message": once(turn["message"])} if "chooses" in turn else turn for turn in TURNS[shop]]

    def before(turn: Turn) -> None:
        double.answering = Choosing(turn) if "chooses" in turn else quoting
        asked.append((turn, len(double.requests)))

    said = talk(turns, shopper, door, before=before)
    ends = [*(at for _, at in asked[1:]), len(double.requests)]
    for (turn, start), end, told in zip(asked, ends, said, strict=True):
        tools = [_offered(one.body) for one in double.requests[start:end]]
        if "chooses" in turn:
            assert (tools, told["mode"]) == ([OFFERED, set()], "model"), (turn["message"], told["grounding"])
    return said


def _offered(body: Mapping[str, Any]) -> set[str]:
    return {one["toolSpec"]["name"] for one in body.get("toolConfig", {}).get("tools", ())}


@pytest.mark.parametrize("shop", TURNS)
def test_ten_turns_are_right_when_a_model_chooses_what_is_looked_up(
    shop: str, inline: Callable[[str], list[dict[str, Any]]]
) -> None:
    said = inline(shop)

    for turn, told in zip(TURNS[shop], said, strict=True):
        if "chooses" in turn:
            assert told["grounding"] == {"grounding_pass": True, "score": 1.0, "flags": []}, told
            assert "nova-micro" in told["cost"]["lines"]


@pytest.mark.full
@pytest.mark.parametrize("shop", TURNS)
def test_over_a_socket_a_model_chooses_the_same(
    shop: str, bedrock: Double, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    converse(shop, visitor(shop, "shopper"), bedrock, over_a_socket)


@pytest.mark.parametrize("shop", [shop for shop in TURNS if any("needed" in turn for turn in TURNS[shop])])
def test_what_a_model_does_not_look_up_it_is_not_shown(
    shop: str, bedrock: Double, visitor: Callable[[str, merchants.Role], Visitor]
) -> None:
    for turn in (turn for turn in TURNS[shop] if "needed" in turn):
        playing = bedrock.answering = Choosing(turn, looks=False)

        visitor(shop, "shopper").ask(once(turn["message"]))

        assert playing.missed, turn["message"]


@pytest.fixture(scope="module")
def agent(bedrock: Double, cloud: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with answering(cloud, tmp_path_factory.mktemp("agent") / "agent.log"):
        yield


@pytest.mark.parametrize("shop", TURNS)
def test_through_agentcore_a_model_chooses_and_says_the_same(
    shop: str,
    inline: Callable[[str], list[dict[str, Any]]],
    request: pytest.FixtureRequest,
    bedrock: Double,
    visitor: Callable[[str, merchants.Role], Visitor],
) -> None:
    here = inline(shop)
    request.getfixturevalue("agent")  # only now: until then the functions answered

    there = converse(shop, visitor(shop, "shopper"), bedrock)

    kept = ("answer", "verdict", "citations", "facts", "products", "confidence", "mode", "notes", "grounding")
    assert [{name: one[name] for name in kept} for one in there] == [{name: one[name] for name in kept} for one in here]
