"""How a step of a state machine meets Lambda: a model in, a result out, and nothing of either in the log.

What a step raises ends up in the execution's history, so only our own errors get through with their message; anything
else becomes `Unexpected`, and the log has its stack.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json, to_jsonable_python

from shopwright.errors import Invalid, ShopwrightError
from shopwright.observability import metrics
from shopwright.resilience.deadline import Deadline
from shopwright.runtime import deadlines
from shopwright.runtime.journal import logger

Model = TypeVar("Model", bound=BaseModel)
LARGEST_RESULT_BYTES = 256 * 1024  # Step Functions' limit on a state's payload

_running: ContextVar[Deadline] = ContextVar("shopwright.task.deadline")


class MalformedInput(Invalid):
    """The state machine handed over something that this step does not take."""


class ResultTooLarge(Invalid):
    """A result does not fit between two states; it belongs in S3, and its key in the result."""


class Unexpected(ShopwrightError):
    """Something failed that has no name yet."""


def deadline() -> Deadline:
    """The deadline of the call that is running."""
    return _running.get()


class TaskHandler:
    """What Lambda calls. `model` is what its input has to be."""

    def __init__(self, step: Callable[[Any], Any], model: type[BaseModel], *, kind: str) -> None:
        self.model = model
        self._step = step
        self._kind = kind
        self._name = step.__module__.replace("_", "-")

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        log = logger()
        log.append_keys(request_id=context.aws_request_id, merchant_id=_merchant(event))
        token = _running.set(deadlines.start(self._kind, self._name, context))
        began = time.perf_counter()
        try:
            result = _result(self._step(_input(event, self.model)))
        except ShopwrightError as failure:
            metrics.count("StepFailures")
            log.warning("step refused", extra={"error": type(failure).__name__}, exc_info=True)
            raise
        except Exception as failure:
            metrics.count("StepFailures")
            log.exception("step failed")
            raise Unexpected(
                f"{type(failure).__name__} in {self._name}; the log has its stack under {context.aws_request_id}."
            ) from None
        else:
            log.info("step done", extra={"duration_ms": round((time.perf_counter() - began) * 1000)})
            return result
        finally:
            _running.reset(token)
            metrics.count("Steps")
            metrics.took("StepLatency", (time.perf_counter() - began) * 1000)
            metrics.metrics().flush_metrics()
            log.remove_keys(["request_id", "merchant_id"])


def handler(step: Callable[[Model], Any], model: type[Model], *, kind: str = "step") -> TaskHandler:
    """The Lambda handler of a step. Its entry in `deadlines.toml` is its function's name, taken from its module.

    A trigger (`kind="trigger"`) is the same, called by another service.

    `step` returns a pydantic model, a dataclass or plain JSON values.
    """
    return TaskHandler(step, model, kind=kind)


def _input(event: object, model: type[Model]) -> Model:
    try:
        return model.model_validate(event)
    except ValidationError as refusal:
        fields = sorted({".".join(map(str, error["loc"])) or "(the whole input)" for error in refusal.errors()})
        raise MalformedInput(f"This step cannot take its input: see {', '.join(fields)}.") from None


def _result(result: object) -> Any:
    size = len(to_json(result))
    if size > LARGEST_RESULT_BYTES:
        raise ResultTooLarge(
            f"A step's result of {size} bytes is above {LARGEST_RESULT_BYTES}: put it in S3 and return its key."
        )
    return to_jsonable_python(result)


def _merchant(event: object) -> str | None:
    merchant = event.get("merchant_id") if isinstance(event, dict) else None
    return merchant if isinstance(merchant, str) else None
