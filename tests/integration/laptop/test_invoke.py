"""A function can be run by hand on a sample event, under the real runtime client."""

import json
import os
from pathlib import Path

import pytest

from local.invoke import CannotInvoke, House, Settings, invoke, read_event, read_variables, settings
from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import function, ref, role, template

SPEAKS = """
import os, time
import shelf

def handler(event, context):
    if event.get("crash"):
        raise ValueError("not this one")
    time.sleep(event.get("work", 0))
    return {"greeting": f"{shelf.WORD}, {event['name']}", "function": context.function_name,
            "left": context.get_remaining_time_in_millis(), "seen": sorted(os.environ)}
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path / "functions", tmp_path / "layers")
    (made.functions / "say-hello").mkdir(parents=True)
    (made.functions / "say-hello" / "say_hello.py").write_text(SPEAKS)
    (made.layers / "common" / "python").mkdir(parents=True)
    (made.layers / "common" / "python" / "shelf.py").write_text("WORD = 'Hello'\n")
    return made


def test_a_function_answers_its_event(house: House) -> None:
    answer = invoke("say-hello", b'{"name": "shopper"}', Settings({"COLOUR": "green"}, timeout_s=10), house)
    body = json.loads(answer.body)
    assert not answer.failed
    assert (body["greeting"], body["function"]) == ("Hello, shopper", "say-hello")
    assert 0 < body["left"] <= 10_000
    assert "COLOUR" in body["seen"]
    assert not {name for name in os.environ if name not in {"PATH", "HOME", "LANG", "TZ", "PWD"}} & {
        name for name in body["seen"] if not name.startswith(("AWS_", "PYTHON"))
    } - {"LC_CTYPE", "_", "SHLVL", "OLDPWD", "ORT_DISABLE_TELEMETRY"}


def test_a_functions_exception_is_a_failed_answer(house: House) -> None:
    answer = invoke("say-hello", b'{"crash": true}', Settings({}, timeout_s=10), house)
    assert answer.failed
    assert json.loads(answer.body)["errorType"] == "ValueError"


def test_a_module_that_does_not_load_is_a_failed_answer(house: House) -> None:
    (house.functions / "say-hello" / "say_hello.py").write_text("import no_such_module\n")
    answer = invoke("say-hello", b"{}", Settings({}, timeout_s=10), house)
    assert answer.failed
    assert "no_such_module" in answer.body


def test_a_function_that_takes_too_long_is_stopped(house: House) -> None:
    answer = invoke("say-hello", b'{"name": "x", "work": 30}', Settings({}, timeout_s=1), house)
    assert answer.failed
    assert json.loads(answer.body)["errorType"] == "Sandbox.Timedout"


def test_an_unknown_function_is_told_which_there_are(house: House) -> None:
    with pytest.raises(CannotInvoke, match="there are say-hello"):
        invoke("chatt", b"{}", Settings({}), house)


def test_a_missing_layer_says_how_to_build_it(house: House) -> None:
    with pytest.raises(CannotInvoke, match="make layer"):
        invoke("say-hello", b"{}", Settings({}), House(house.functions, house.layers / "nowhere"))


def test_without_a_cloud_the_variables_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "variables").write_text("# of the shop\nSESSIONS_TABLE = sessions\n\nSTAGE=dev\n")
    given = settings("chat", env_file=tmp_path / "variables", state=tmp_path / "state.json")
    assert given.variables == {"SESSIONS_TABLE": "sessions", "STAGE": "dev"}


def test_without_a_cloud_or_a_file_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CannotInvoke, match="make up"):
        settings("chat", env_file=None, state=tmp_path / "state.json")


def test_a_deployed_functions_variables_are_taken_from_the_cloud(laptop: Laptop, tmp_path: Path) -> None:
    made = function(SPEAKS, variables={"COLOUR": "green", "SIZE": "large"}, Timeout=7)
    outputs = laptop.deploy("by-hand", template({"Role": role(), "Say": made}, {"SayHelloFunctionName": ref("Say")}))
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"gateway_url": laptop.endpoint, "outputs": outputs}))
    (tmp_path / "variables").write_text("SIZE=small\n")

    given = settings("say-hello", env_file=tmp_path / "variables", state=state)

    assert (given.variables, given.timeout_s) == ({"COLOUR": "green", "SIZE": "small"}, 7)
    assert given.endpoint == laptop.endpoint


@pytest.mark.parametrize(("text", "told"), [("{", "is not JSON"), (None, "cannot be read")])
def test_a_bad_event_says_what_is_wrong_with_it(tmp_path: Path, text: str | None, told: str) -> None:
    event = tmp_path / "event.json"
    if text is not None:
        event.write_text(text)
    with pytest.raises(CannotInvoke, match=told):
        read_event(event)


def test_a_bad_line_of_variables_is_named(tmp_path: Path) -> None:
    (tmp_path / "variables").write_text("STAGE=dev\nnonsense\n")
    with pytest.raises(CannotInvoke, match="line 2"):
        read_variables(tmp_path / "variables")
