"""What may be written to the log, and in which form: the last gate, whatever the code above it meant to write.

Messages are constants and facts are fields. Every text that reaches the log passes the redactor that the caller hands
in (privacy's), and the message of an exception that is not one of ours is left out: a driver's message quotes the
values that it was given.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from shopwright.errors import ShopwrightError

Redact = Callable[[str], str]

# Ours or the platform's by construction, and joined on by machines: a redactor could only break them.
_LEFT_ALONE = frozenset(
    {
        "level", "location", "timestamp", "service", "correlation_id", "request_id", "merchant_id", "xray_trace_id",
        "function_name", "function_memory_size", "function_arn", "function_request_id", "cold_start", "sampling_rate",
    }
)  # fmt: skip
# Names in our code: what reads like a person's there (`ValueError`) is none.
_OF_CODE = frozenset({"error", "exception_name", "type", "module", "code"})
_NAME_IN_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_DEEPEST = 8


class RedactingFormatter(LambdaPowertoolsFormatter):
    """Powertools' JSON lines, with everything that was said passed through `redact`."""

    def __init__(self, redact: Redact, **keys: Any) -> None:
        super().__init__(utc=True, use_rfc3339=True, **keys)
        self._redact = redact

    def serialize(self, log: Any) -> str:
        """The one line that is written."""
        return super().serialize(
            {
                name: value if name in _LEFT_ALONE else self._clean(value, _DEEPEST, name)
                for name, value in dict(log).items()
            }
        )

    def _clean(self, value: Any, depth: int, name: str) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth == 0:
            return "…"
        if isinstance(value, Mapping):
            return {self._redact(str(key)): self._clean(held, depth - 1, str(key)) for key, held in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(held, depth - 1, name) for held in value]
        if name in _OF_CODE and _NAME_IN_CODE.fullmatch(str(value)):
            return str(value)
        return self._redact(str(value).encode("utf-8", "replace").decode())  # a lone surrogate would break the write

    def _extract_log_exception(self, log_record: logging.LogRecord) -> Any:
        kind = log_record.exc_info[0] if isinstance(log_record.exc_info, tuple) else None
        return None, kind.__name__ if kind else None, None

    def _serialize_stacktrace(self, log_record: logging.LogRecord) -> Any:
        if not isinstance(log_record.exc_info, tuple) or log_record.exc_info[1] is None:
            return None
        return [_told(link) for link in _chain(log_record.exc_info[1])]


def logger(redact: Redact, service: str | None = None) -> Logger:
    """A logger whose last gate is `redact`, one for each service name in a process.

    Its level, and its service name unless given, come from Powertools' environment variables.
    """
    return Logger(service=service, logger_formatter=RedactingFormatter(redact), logger_handler=_Stdout())


class _Stdout(logging.Handler):
    """Writes to whatever stdout is at that moment: the runtime may exchange it after this was made."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")
        sys.stdout.flush()


def _chain(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links and len(links) < _DEEPEST:
        links.append(link)
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return links


def _told(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": type(error).__name__,
        "module": type(error).__module__,
        "frames": [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
        ],
    }
    response = getattr(error, "response", None)
    if isinstance(response, dict) and isinstance(response.get("Error"), dict):
        told["code"] = str(response["Error"].get("Code"))  # an AWS error's code is a constant; its message is not
    if isinstance(error, ShopwrightError):
        told["value"] = str(error)  # safe to show to whoever asked, so safe here
    return told
