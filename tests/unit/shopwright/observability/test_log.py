"""Nothing personal leaves by the log, whoever wrote it there."""

import itertools
import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from shopwright.errors import Unavailable
from shopwright.observability import log

SERVICES = (f"test-{number}" for number in itertools.count())  # a logger is made once for each name


def logging(gate: log.Redact) -> Logger:
    return log.logger(gate, next(SERVICES))


def redact(text: str) -> str:
    return text.replace("ann@example.com", "[email]")


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = capsys.readouterr().out.splitlines()
    read = json.loads(line)
    assert isinstance(read, dict)
    return read


def test_text_is_masked_wherever_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    logging(redact).info(
        "mail from ann@example.com",
        extra={
            "who": "ann@example.com",
            "deep": {"ann@example.com": [("ann@example.com", 7)]},
            "odd": {"ann@example.com"},
            "thing": ValueError("ann@example.com"),
            "count": 3,
            "none": None,
        },
    )

    line = written(capsys)
    assert "ann@" not in json.dumps(line)
    assert line["message"] == "mail from [email]"
    assert line["deep"] == {"[email]": [["[email]", 7]]}
    assert line["count"] == 3


def test_arguments_and_json_in_a_message_are_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging(redact)
    logger.info("mail from %s", "ann@example.com")
    logger.info('{"who": "ann@example.com"}')

    assert "ann@" not in capsys.readouterr().out


def test_keys_that_stay_are_masked_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging(redact)
    logger.append_keys(customer="ann@example.com")
    logger.info("hello")
    logger.remove_keys(["customer"])

    assert written(capsys)["customer"] == "[email]"


def test_a_drivers_exception_keeps_its_name_and_place_and_loses_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    def read() -> None:
        try:
            dict[str, str]()["card 4111 in row 7"]
        except KeyError as cause:
            raise RuntimeError("row 7 is (4111, hunter2)") from cause

    try:
        read()
    except RuntimeError:
        logging(redact).exception("it broke")

    line = written(capsys)
    assert "hunter2" not in json.dumps(line)
    assert "4111 in row" not in json.dumps(line)
    assert line["exception_name"] == "RuntimeError"
    assert [link["type"] for link in line["stack_trace"]] == ["RuntimeError", "KeyError"]
    assert "test_log.py" in line["stack_trace"][0]["frames"][-1]


def test_our_own_words_and_an_aws_errors_code_stay(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise Unavailable("Not now.") from ClientError(
            {"Error": {"Code": "AccessDenied", "Message": "arn of ann@example.com"}}, "GetItem"
        )

    try:
        fail()
    except Unavailable:
        logging(redact).exception("it broke")

    line = written(capsys)
    assert [link.get("value") for link in line["stack_trace"]] == ["Not now.", None]
    assert line["stack_trace"][1]["code"] == "AccessDenied"
    assert "ann@" not in json.dumps(line)


def test_ids_that_machines_join_on_are_left_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging(lambda text: "masked")
    logger.set_correlation_id("c6af9ac6")
    logger.info("hello", extra={"request_id": "c6af9ac6", "merchant_id": "outdoor", "free": "text"})
    logger.set_correlation_id(None)

    line = written(capsys)
    assert (line["correlation_id"], line["request_id"], line["merchant_id"]) == ("c6af9ac6", "c6af9ac6", "outdoor")
    assert line["free"] == "masked"


def test_nothing_that_is_logged_can_break_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop
    logging(redact).info("hello", extra={"loop": loop, "surrogate": "\ud800", "nan": float("inf")})

    assert written(capsys)["message"] == "hello"
