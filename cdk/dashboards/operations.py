"""The first dashboard: is the shop answering, is it fast, are documents getting in, and what holds it up."""

from collections.abc import Iterable, Mapping

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch

from cdk.parts.capability_function import CapabilityFunction
from cdk.stages import Stage

_HALF = 12


def operations(scope: Stack, *, stage: Stage, functions: Iterable[CapabilityFunction]) -> cloudwatch.Dashboard:
    """Rows from the shopper inwards: the API, the functions, the ingestion. All are found by their deployed names."""
    api = {"ApiName": stage.resource("api")}
    machine = {
        "StateMachineArn": scope.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=stage.resource("ingestion"),
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
    }
    names = [stage.resource(function.folder) for function in functions]
    queues = [stage.resource(f"ingestion-{queue}") for queue in ("drops", "dead-letters", "failed")]
    return cloudwatch.Dashboard(
        scope,
        "Operations",
        dashboard_name=stage.resource("operations"),
        default_interval=Duration.hours(3),
        widgets=[
            [
                _graph(
                    "Requests and refusals",
                    *(_metric("AWS/ApiGateway", name, api) for name in ("Count", "4XXError", "5XXError")),
                ),
                _graph(
                    "Time to answer, ms",
                    *(_metric("AWS/ApiGateway", "Latency", api, statistic) for statistic in ("p50", "p95", "p99")),
                ),
            ],
            [
                _graph(
                    "Functions: errors", *(_metric("AWS/Lambda", "Errors", {"FunctionName": name}) for name in names)
                ),
                _graph(
                    "Functions: p95, ms",
                    *(_metric("AWS/Lambda", "Duration", {"FunctionName": name}, "p95") for name in names),
                ),
            ],
            [
                _graph(
                    "Documents in and out",
                    *(
                        _metric("AWS/States", name, machine)
                        for name in ("ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed")
                    ),
                ),
                _graph(
                    "Waiting",
                    *(
                        _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue}, "Maximum")
                        for queue in queues
                    ),
                ),
            ],
        ],
    )


def _metric(namespace: str, name: str, dimensions: Mapping[str, str], statistic: str = "Sum") -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        period=Duration.minutes(1),
    )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_HALF)
