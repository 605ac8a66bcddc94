"""What is counted: names and units of our metrics, written as EMF lines that CloudWatch reads out of the log."""

from functools import cache

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Shopwright"
# Each function's counts are a metric of their own, found by its name; this is the name of what all count as one.
EVERYBODY = "every-function"


@cache
def metrics() -> Metrics:
    """The process's metrics. The service name comes from Powertools' environment variable, on first use."""
    return Metrics(namespace=NAMESPACE)


def count(name: str, value: int = 1) -> None:
    """Count something that happened."""
    metrics().add_metric(name=name, unit=MetricUnit.Count, value=value)


def count_together(name: str) -> None:
    """Count something that several functions may see, so that one alarm hears of it whoever did: written at once."""
    with single_metric(name, MetricUnit.Count, 1, namespace=NAMESPACE, default_dimensions={"service": EVERYBODY}):
        pass


def gauge(name: str, value: float) -> None:
    """Record a number without a unit."""
    metrics().add_metric(name=name, unit=MetricUnit.NoUnit, value=value)


def took(name: str, milliseconds: float) -> None:
    """Record how long something took."""
    metrics().add_metric(name=name, unit=MetricUnit.Milliseconds, value=milliseconds)
