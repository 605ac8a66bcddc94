"""CDK gives each function the variables that it declares: none is forgotten, and none is given for nothing."""

from importlib import import_module

import pytest
from shopwright.runtime.settings import Settings

from tests.cdk.assembly import FUNCTIONS, dev

EVERYONE = {
    "STAGE",
    "LOG_LEVEL",
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_METRICS_NAMESPACE",
    "ORT_DISABLE_TELEMETRY",
}

# Lambda sets them itself, and a function may read them.
OF_LAMBDA = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_REGION", "LD_LIBRARY_PATH"}
OF_THE_LAPTOP = {"STRIPE_ADDRESS", "ADYEN_ADDRESS"}  # where its doubles are; on AWS the vendors' own addresses hold


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_gets_exactly_what_it_declares(folder: str) -> None:
    declared: type[Settings] = import_module(folder.replace("-", "_")).Environment
    given = set(dev().function(folder).properties["Environment"]["Variables"])

    assert issubclass(declared, Settings)
    fields = {name.upper() for name in declared.model_fields}
    assert given - EVERYONE == fields - EVERYONE - OF_LAMBDA - OF_THE_LAPTOP
    assert given >= EVERYONE


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_no_library_in_a_function_reports_to_its_maker(folder: str) -> None:
    assert dev().function(folder).properties["Environment"]["Variables"]["ORT_DISABLE_TELEMETRY"] == "1"
