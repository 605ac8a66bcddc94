"""How a queue's batch meets Lambda: only the messages that failed come back.

A standard queue's messages are taken each by itself; a FIFO queue's group by group, in their order, since one that
fails holds back those behind it.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ValidationError

from shopwright.errors import Invalid
from shopwright.observability import metrics
from shopwright.runtime import deadlines
from shopwright.runtime.journal import logger

Model = TypeVar("Model", bound=BaseModel)


class MalformedMessage(Invalid):
    """The message is not what this queue carries. It goes to the dead-letter queue, where somebody can look at it."""


class QueueHandler:
    """What Lambda calls. `model` is what each message's body has to be."""

    def __init__(self, take: Callable[[Any], None], model: type[BaseModel]) -> None:
        self.model = model
        self._take = take
        self._name = take.__module__.replace("_", "-")

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> Any:
        log = logger()
        log.append_keys(request_id=context.aws_request_id)
        deadline = deadlines.start("queue", self._name, context)

        def one(record: SQSRecord) -> None:  # the name by which Powertools hands it over
            metrics.count("Messages")
            try:
                deadline.check()
                self._take(_body(record, self.model))
            except Exception as failure:
                metrics.count("MessageFailures")
                log.warning(
                    "message failed",
                    extra={"message_id": record.message_id, "error": type(failure).__name__},
                    exc_info=True,
                )
                raise

        try:
            return process_partial_response(
                event=event,
                record_handler=one,
                processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
                context=context,
            )
        finally:
            metrics.count("Batches")
            metrics.metrics().flush_metrics()
            log.remove_keys(["request_id"])


class FifoHandler:
    """What Lambda calls for a FIFO queue. `model` is what each message's body has to be."""

    def __init__(self, take: Callable[[str, list[Any]], None], model: type[BaseModel]) -> None:
        self.model = model
        self._take = take
        self._name = take.__module__.replace("_", "-")

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
        log = logger()
        log.append_keys(request_id=context.aws_request_id)
        deadline = deadlines.start("queue", self._name, context)
        groups: dict[str, list[SQSRecord]] = {}
        for raw in event["Records"]:
            record = SQSRecord(raw)
            groups.setdefault(raw["attributes"]["MessageGroupId"], []).append(record)
        failed: list[SQSRecord] = []
        try:
            for group, records in groups.items():
                metrics.count("Messages", len(records))
                try:
                    deadline.check()
                    self._take(group, [_body(record, self.model) for record in records])
                except Exception as failure:
                    metrics.count("MessageFailures", len(records))
                    log.warning("messages failed", extra={"error": type(failure).__name__}, exc_info=True)
                    failed += records
            return {"batchItemFailures": [{"itemIdentifier": record.message_id} for record in failed]}
        finally:
            metrics.count("Batches")
            metrics.metrics().flush_metrics()
            log.remove_keys(["request_id"])


def fifo_handler(take: Callable[[str, list[Model]], None], model: type[Model]) -> FifoHandler:
    """The Lambda handler of a FIFO queue's consumer: `take` is called with each group's id and all of its messages.

    When it raises, the group's messages of this batch come back, in their order; other groups' are done.
    """
    return FifoHandler(take, model)


def handler(take: Callable[[Model], None], model: type[Model]) -> QueueHandler:
    """The Lambda handler of a queue's consumer: `take` is called with each message's body, read as `model`.

    A message that raises is reported as failed and comes back by itself; the others of its batch are done. Its entry
    in `deadlines.toml` is its function's name, taken from its module: past it, the remaining messages come back too.
    """
    return QueueHandler(take, model)


def _body(message: SQSRecord, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(message.body)
    except ValidationError as refusal:
        fields = sorted({".".join(map(str, error["loc"])) or "(the whole message)" for error in refusal.errors()})
        raise MalformedMessage(f"This queue does not carry such messages: see {', '.join(fields)}.") from None
