"""What every function has in common, and what it carries."""

import json
from pathlib import Path

import pytest
from shopwright.observability.metrics import EVERYBODY, NAMESPACE

from tests.cdk.assembly import FUNCTIONS, Assembly

MB = 1024 * 1024
IN_NETWORK = {
    "carts",
    "chat",
    "chat-stream",
    "documents",
    "health",
    "ingest-parse",
    "insert-vectors",
    "quarantine",
    "remove-document",
    "reembed",
    "switch-model",
    "migrate",
    "products",
    "refresh-views",
    "shop-statistics",
    "tend-indexes",
    *("checkout", "orders", "reserve-stock", "authorize", "confirm-order", "capture", "compensate"),
    *("settle-payments", "sweep-orders", "resume-sagas", "publish-events", "reconcile"),
    *("write-receipt", "tell-stock", "count-sale"),
}
LAYERS = {
    **{folder: ["common", "models"] for folder in ("chat", "chat-stream", "embed", "reembed", "switch-model")},
    "ingest-parse": ["common", "parsing"],
    **{
        folder: ["common", "payments"]
        for folder in ("payment-webhook", "capture", "compensate", "settle-payments", "reconcile")
    },
    "write-receipt": ["common", "receipts"],
    **{folder: ["common", "vault", "payments"] for folder in ("checkout", "authorize")},
    **{
        folder: ["common", "vault"]
        for folder in ("pii-sanitize", "remove-document", "restore-personal", "erase-personal", "orders")
    },
}


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_functions_name_says_where_everything_of_it_is(cloud: Assembly, folder: str) -> None:
    function = cloud.function(folder)
    module = folder.replace("-", "_")

    assert function.properties["FunctionName"] == f"shopwright-dev-{folder}"
    assert function.properties["Handler"] == f"{module}.handler"
    assert function.properties["Runtime"] == "python3.13"
    assert function.properties["TracingConfig"] == {"Mode": "Active"}
    assert function.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == folder
    assert ("VpcConfig" in function.properties) is (folder in IN_NETWORK)
    (packed,) = (cloud.folder / function.body["Metadata"]["aws:asset:path"]).glob("*")
    assert packed.name == f"{module}.py"


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_functions_log_is_its_own_and_does_not_grow_for_ever(cloud: Assembly, folder: str) -> None:
    function = cloud.function(folder)
    records = cloud.one(cloud.label("Service", function.properties["LoggingConfig"]["LogGroup"]))

    assert records.properties["LogGroupName"] == f"/aws/lambda/shopwright-dev-{folder}"
    assert records.properties["RetentionInDays"] == (30 if folder == "record-audit" else 7)  # there it is the trail


def test_every_folder_is_deployed_and_nothing_else_is(cloud: Assembly) -> None:
    assert {function.properties["FunctionName"] for function in cloud.all("AWS::Lambda::Function")} == {
        f"shopwright-dev-{folder}" for folder in FUNCTIONS
    }


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_carries_only_the_layers_that_it_needs(cloud: Assembly, folder: str) -> None:
    layers = [cloud.label("Service", layer) for layer in cloud.function(folder).properties["Layers"]]

    assert layers == [f"Service/Layers/{layer.capitalize()}" for layer in LAYERS.get(folder, ["common"])]


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_fits_into_lambda_with_room_to_spare(cloud: Assembly, folder: str) -> None:
    function = cloud.function(folder)
    sizes = {
        path: _size(_asset(cloud, path))
        for path in [function.path, *(cloud.label("Service", layer) for layer in function.properties["Layers"])]
    }
    if not (_asset(cloud, "Service/Layers/Common") / "python" / "shopwright").is_dir():
        pytest.skip("the layers are not built: run `make layer`")

    assert sizes["Service/Layers/Common"] <= 80 * MB
    assert sum(sizes.values()) <= 225 * MB


def _asset(cloud: Assembly, path: str) -> Path:
    return cloud.folder / str(cloud.one(path).body["Metadata"]["aws:asset:path"])


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def test_only_functions_with_a_connection_reserve_environments(cloud: Assembly) -> None:
    reserved = {
        function.properties["FunctionName"].removeprefix("shopwright-dev-")
        for function in cloud.all("AWS::Lambda::Function")
        if "ReservedConcurrentExecutions" in function.properties
    }
    connected = {
        folder
        for folder in FUNCTIONS
        if "DATABASE_HOST" in json.dumps(cloud.function(folder).properties["Environment"])
    }

    assert reserved == connected


def test_every_alarm_on_a_count_of_ours_names_who_counts_it_and_so_can_fire(cloud: Assembly) -> None:
    counters = {
        cloud.function(folder).properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] for folder in FUNCTIONS
    } | {EVERYBODY}
    on_ours = [
        one.properties for one in cloud.all("AWS::CloudWatch::Alarm") if one.properties.get("Namespace") == NAMESPACE
    ]

    assert len(on_ours) >= 7
    for alarm in on_ours:
        (dimension,) = alarm["Dimensions"]
        assert dimension["Name"] == "service"
        assert dimension["Value"] in counters, alarm["MetricName"]
