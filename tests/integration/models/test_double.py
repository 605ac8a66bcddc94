"""The double speaks Bedrock's wire: AWS's own SDK finds right what it sends, and what AWS refuses, it refuses."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError
from botocore.validate import ParamValidator

from local import places
from local.models.scene import Break, Counted, Fail, Garbage, Reply, Stall, Text, Tool, says
from local.models.server import Asked, Double
from tests.integration.models.conftest import Stage

HELLO = {"role": "user", "content": [{"text": "Hello there, who are you?"}]}
TOOLS = {
    "tools": [
        {
            "toolSpec": {
                "name": "get_facts",
                "description": "Facts of a product.",
                "inputSchema": {"json": {"type": "object"}},
            }
        }
    ]
}


@pytest.fixture
def runtime(bedrock: Stage) -> Iterator[Any]:
    made: Any = boto3.client(
        "bedrock-runtime",
        endpoint_url=bedrock.endpoint,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1}),
    )
    yield made
    made.close()


def wrong(runtime: Any, operation: str, answer: dict[str, Any]) -> str:
    """What botocore's description of the service finds wrong in an answer."""
    shape = runtime.meta.service_model.operation_model(operation).output_shape
    told = {name: value for name, value in answer.items() if name != "ResponseMetadata"}
    report: str = ParamValidator().validate(told, shape).generate_report()
    return report


def events_of(runtime: Any, answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Every event of a stream, each held against botocore's description of it."""
    shape = runtime.meta.service_model.operation_model("ConverseStream").output_shape.members["stream"]
    events = list(answer["stream"])
    for event in events:
        ((name, value),) = event.items()
        assert ParamValidator().validate(value, shape.members[name]).generate_report() == ""
    return events


def ended(asked: Asked) -> str:
    """What became of a request, once it is known: the double learns it a moment after its client."""
    until = time.monotonic() + 5
    while not asked.ended and time.monotonic() < until:
        time.sleep(0.02)
    return asked.ended


def test_an_answer_is_what_the_sdk_says_an_answer_is(runtime: Any, double: Double) -> None:
    double.play(says("I am ", "the shop's assistant."))

    answer = runtime.converse(modelId="amazon.nova-micro-v1:0", messages=[HELLO])

    assert wrong(runtime, "Converse", answer) == ""
    assert answer["output"]["message"]["content"] == [{"text": "I am the shop's assistant."}]
    assert answer["usage"] == {
        "inputTokens": 7,
        "outputTokens": 7,
        "totalTokens": 14,
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 0,
    }
    assert (double.requests[0].model, double.requests[0].body["messages"]) == ("amazon.nova-micro-v1:0", [HELLO])


def test_a_stream_is_what_the_sdk_says_a_stream_is(runtime: Any, double: Double) -> None:
    double.play(Reply(steps=(Text(text=("Let me ", "look.")), Tool(tool="get_facts", input={"product": "Größe 42"}))))

    answer = runtime.converse_stream(modelId="amazon.nova-lite-v1:0", messages=[HELLO], toolConfig=TOOLS)
    events = events_of(runtime, answer)

    assert [next(iter(event)) for event in events] == [
        "messageStart",
        *("contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("contentBlockStart", "contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("messageStop", "metadata"),
    ]
    given = "".join(
        event["contentBlockDelta"]["delta"].get("toolUse", {}).get("input", "")
        for event in events
        if "contentBlockDelta" in event
    )
    assert json.loads(given) == {"product": "Größe 42"}
    assert events[-2]["messageStop"]["stopReason"] == "tool_use"


def test_pieces_arrive_one_by_one_while_the_model_still_speaks(runtime: Any, double: Double) -> None:
    double.play(says("one ", "two ", "three ", "four", gap_ms=300))

    came = [
        time.monotonic()
        for event in runtime.converse_stream(modelId="m", messages=[HELLO])["stream"]
        if "contentBlockDelta" in event
    ]

    (asked,) = double.requests
    sent = asked.sent_at[1:5]
    assert came[0] < sent[-1], (came, sent)  # which is noted once it is sent: the last may have come by then
    assert came[-1] - came[0] > 0.2
    assert ended(asked) == "whole"


@pytest.mark.parametrize(
    ("fault", "name", "status"),
    [
        ("throttling", "ThrottlingException", 429),
        ("unavailable", "ServiceUnavailableException", 503),
        ("internal", "InternalServerException", 500),
        ("model_error", "ModelErrorException", 424),
        ("model_timeout", "ModelTimeoutException", 408),
        ("model_not_ready", "ModelNotReadyException", 429),
        ("validation", "ValidationException", 400),
        ("denied", "AccessDeniedException", 403),
    ],
)
def test_a_fault_has_the_name_and_the_status_that_aws_gives_it(
    runtime: Any, double: Double, fault: Any, name: str, status: int
) -> None:
    for call in (runtime.converse, runtime.converse_stream):
        double.play(Reply(steps=(Fail(fault=fault),)))
        with pytest.raises(ClientError) as refusal:
            call(modelId="m", messages=[HELLO])
        assert refusal.value.response["Error"]["Code"] == name
        assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
        assert type(refusal.value) is getattr(runtime.exceptions, name)


def test_a_stream_that_fails_on_its_way_says_so_in_the_stream(runtime: Any, double: Double) -> None:
    double.play(Reply(steps=(Text(text=("Well, ",)), Fail(fault="model_error", message="It broke."))))
    events = []

    stream = runtime.converse_stream(modelId="m", messages=[HELLO])["stream"]
    with closing(stream), pytest.raises(EventStreamError) as failure:
        events.extend(stream)

    assert failure.value.response["Error"]["Code"] == "modelStreamErrorException"
    assert [next(iter(event)) for event in events] == ["messageStart", "contentBlockDelta", "contentBlockStop"]


def test_what_a_cache_holds_is_metered_apart_the_second_time(runtime: Any, double: Double) -> None:
    system = [{"text": "x" * 4400}, {"cachePoint": {"type": "default"}}]
    first, second = (runtime.converse(modelId="m", messages=[HELLO], system=system)["usage"] for _ in range(2))
    short = runtime.converse(
        modelId="m", messages=[HELLO], system=[{"text": "short"}, {"cachePoint": {"type": "default"}}]
    )["usage"]

    assert (first["cacheWriteInputTokens"], first["cacheReadInputTokens"]) == (1100, 0)
    assert (second["cacheWriteInputTokens"], second["cacheReadInputTokens"]) == (0, 1100)
    assert second["inputTokens"] < 10
    assert (short["cacheWriteInputTokens"], short["cacheReadInputTokens"]) == (0, 0)


CALL = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t-1", "name": "get_facts", "input": {}}}]}
RESULT = {"role": "user", "content": [{"toolResult": {"toolUseId": "t-1", "content": [{"text": "129"}]}}]}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"messages": []}, "user message"),
        ({"messages": [CALL, HELLO], "toolConfig": TOOLS}, "user message"),
        ({"messages": [HELLO, HELLO]}, "alternate"),
        ({"messages": [{"role": "user", "content": [{"text": " \n"}]}]}, "blank"),
        ({"messages": [{"role": "user", "content": []}]}, "empty"),
        ({"messages": [HELLO, CALL, HELLO], "toolConfig": TOOLS}, "toolResult"),
        ({"messages": [RESULT], "toolConfig": TOOLS}, "toolResult"),
        ({"messages": [HELLO, CALL, RESULT]}, "toolConfig"),
        ({"messages": [HELLO, {"role": "assistant", "content": [{"text": "Yes?"}]}]}, "last message"),
    ],
)
def test_what_bedrock_refuses_is_refused(runtime: Any, double: Double, body: dict[str, Any], why: str) -> None:
    with pytest.raises(ClientError, match=why) as refusal:
        runtime.converse(modelId="m", **body)

    assert refusal.value.response["Error"]["Code"] == "ValidationException"
    assert double.requests[-1].ended == "refused"


def test_a_conversation_with_a_tool_is_taken(runtime: Any, double: Double) -> None:
    double.play(says("It costs 129."))

    answer = runtime.converse(modelId="m", messages=[HELLO, CALL, RESULT], toolConfig=TOOLS)

    assert answer["output"]["message"]["content"][0]["text"] == "It costs 129."


def test_a_field_that_the_service_does_not_know_and_an_unsigned_request_are_refused(bedrock: Stage) -> None:
    for headers, status in (({}, 403), ({"Authorization": "AWS4-HMAC-SHA256 x"}, 400)):
        asked = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{bedrock.endpoint}/model/m/converse",
            json.dumps({"messages": [HELLO], "mesages": 1}).encode(),
            {"Content-Type": "application/json", **headers},
        )
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(asked, timeout=5)  # noqa: S310 - the same
        refusal.value.close()
        assert refusal.value.code == status


def test_without_a_script_it_quotes_what_it_was_given(runtime: Any, double: Double) -> None:
    fenced = '<passage-0a1b ref="2">\nReturns\nYou may return anything within 30 days. Keep the box.\n</passage-0a1b>'

    answer = runtime.converse(modelId="m", messages=[{"role": "user", "content": [{"text": fenced}]}])

    assert answer["output"]["message"]["content"][0]["text"] == "“You may return anything within 30 days.” [2]"


def test_another_process_can_write_the_script_and_read_the_memory(bedrock: Stage, runtime: Any) -> None:
    def call(method: str, path: str, body: object = None) -> Any:
        asked = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{bedrock.endpoint}{path}", json.dumps(body).encode() if body is not None else None, method=method
        )
        with urllib.request.urlopen(asked, timeout=5) as answer:  # noqa: S310 - the same
            return json.load(answer)

    scene = [{"steps": [{"text": ["From elsewhere."]}, {"stall_ms": 5}], "usage": {"input": 3, "output": 4}}]
    assert call("POST", "/_scenes", scene) == {"left": 1}
    with pytest.raises(urllib.error.HTTPError) as refusal:
        call("POST", "/_scenes", [{"steps": [{"wink": 1}]}])
    refusal.value.close()

    answer = runtime.converse(modelId="m", messages=[HELLO])

    assert answer["output"]["message"]["content"][0]["text"] == "From elsewhere."
    assert answer["usage"]["totalTokens"] == 7
    assert [one["body"]["messages"] for one in call("GET", "/_requests")] == [[HELLO]]
    call("DELETE", "/_scenes")
    assert call("GET", "/_requests") == []


def test_whoever_hangs_up_stops_the_model(runtime: Any, double: Double) -> None:
    double.play(says(*["word "] * 400, gap_ms=5))

    stream = runtime.converse_stream(modelId="m", messages=[HELLO])["stream"]
    for _ in zip(stream, range(5), strict=False):
        pass
    stream.close()

    assert ended(double.requests[0]) == "gone"
    assert double.requests[0].sent < 400


@pytest.mark.parametrize("step", [Break(), Garbage(garbage="no frame at all, and long enough to look like one")])
def test_a_cut_or_a_mess_is_noticed_by_the_sdk(runtime: Any, double: Double, step: Any) -> None:
    double.play(Reply(steps=(Text(text=("Well, ",)), Stall(stall_ms=10), step)))

    stream = runtime.converse_stream(modelId="m", messages=[HELLO])["stream"]
    with closing(stream), pytest.raises(Exception, match=r"(?i)checksum|prematurely|broken|chunk") as failure:
        list(stream)

    assert not isinstance(failure.value, AssertionError)


def test_a_metered_usage_can_be_told(runtime: Any, double: Double) -> None:
    double.play(Reply(steps=(Text(text=("Hi.",)),), usage=Counted(input=5000, output=900)))

    usage = runtime.converse(modelId="m", messages=[HELLO])["usage"]

    assert (usage["inputTokens"], usage["outputTokens"]) == (5000, 900)


def test_it_runs_by_itself_and_listens_to_this_machine_alone() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "local.models"], cwd=places.ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split(" on ")[1].split()[0]
            assert address.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own loopback address
                assert answer.status == 200
        finally:
            process.terminate()
