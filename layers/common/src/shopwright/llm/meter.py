"""What the questions to models came to, as metrics: changes when somebody watches another figure of them."""

from shopwright.costs.price import Bill
from shopwright.llm.choose import Chosen
from shopwright.llm.say import Done, Fell
from shopwright.observability import metrics

NOTHING = Bill()


def chose(chosen: Chosen) -> None:
    """Count a choice of tools: which were asked for, or why there was none."""
    metrics.count("ModelChoices")
    if chosen.why is not None:
        metrics.count(f"ModelChoiceFell.{chosen.why.value}")


def tell(event: Done | Fell, *, before: Bill = NOTHING) -> None:
    """Count one question to a model: what it read and wrote, what it cost, and how it ended if not well.

    `before` is the request's bill from before the question, for a request that asks more than once.
    """
    metrics.count("ModelQuestions")
    metrics.gauge("ModelNanoDollars", event.bill.nanos - before.nanos)
    for tried in event.tried:
        metrics.count(f"ModelFailed.{tried.why.value}")
    match event:
        case Done():
            metrics.count("ModelInputTokens", event.tokens.input + event.tokens.written)
            metrics.count("ModelCachedTokens", event.tokens.cached)
            metrics.count("ModelOutputTokens", event.tokens.output)
            metrics.gauge(
                "ModelEstimateRatio", event.estimate.tokens / max(1, event.tokens.input + event.tokens.cached)
            )
            if not event.entered:
                metrics.count("ModelCostNotEntered")
        case Fell():
            metrics.count(f"ModelFell.{event.why.value}")
