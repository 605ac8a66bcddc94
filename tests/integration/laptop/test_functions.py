"""Functions run as they do on Lambda: under the real runtime client, with nothing of this machine around them."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.integration.laptop.launcher import Laptop
from tests.integration.laptop.templates import function, ref, role, template

TELLS_WHAT_IT_SEES = """
    import os, sys

    def handler(event, context):
        return {"environment": dict(os.environ), "path": sys.path, "memory": context.memory_limit_in_mb,
                "left": context.get_remaining_time_in_millis(), "modules": sorted(sys.modules)}
"""


@pytest.fixture(scope="module")
def seen(laptop: Laptop) -> Any:
    name = laptop.deploy(
        "seen",
        template(
            {
                "Role": role(),
                "Seen": function(TELLS_WHAT_IT_SEES, variables={"COLOUR": "green", "AWS_REGION": "mars-1"}),
            },
            {"Name": ref("Seen")},
        ),
    )["Name"]
    return laptop.invoke(name)


def test_a_function_sees_its_own_variables_and_lambdas(seen: Any) -> None:
    environment = seen["environment"]
    assert environment["COLOUR"] == "green"
    assert environment["AWS_REGION"] == "us-east-1"
    assert environment["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert environment["HOME"] == "/tmp"  # noqa: S108  that is what is asserted
    assert seen["memory"] == "128"
    assert 9000 < seen["left"] <= 10000


def test_a_function_sees_nothing_of_the_host(seen: Any) -> None:
    allowed = {"COLOUR", "PATH", "LANG", "TZ", "HOME", "PYTHONPATH", "PYTHONNOUSERSITE", "_HANDLER", "LAMBDA_TASK_ROOT"}
    allowed |= {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"}  # a shell's and the interpreter's own
    beyond = {name for name in seen["environment"] if name not in allowed and not name.startswith("AWS_")}
    assert beyond == set()
    assert "never to be seen" not in str(seen)


def test_a_function_can_import_its_code_its_layers_and_the_runtime_client_alone(seen: Any) -> None:
    assert not [folder for folder in seen["path"] if "ministack/lib" in folder or "product" in folder]
    assert seen["path"][0] == seen["environment"]["LAMBDA_TASK_ROOT"]


def test_an_update_in_place_takes_effect_for_the_next_invocation(laptop: Laptop, tmp_path: Path) -> None:
    """Code, variables and layer: whoever edits any of them and deploys again sees the edit, not a warm old worker."""

    def deploy(word: str, colour: str) -> Any:
        folder = tmp_path / word
        (folder / "python").mkdir(parents=True, exist_ok=True)
        (folder / "python" / "shelf.py").write_text(f"WORD = {word!r}\n")
        layer = {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {"S3Bucket": {"Fn::Sub": "assets-${AWS::AccountId}"}, "S3Key": f"{word}.zip"}},
        }
        code = f"""
            import os, shelf
            def handler(event, context):
                return [{colour!r}, os.environ["COLOUR"], shelf.WORD]
        """
        resources = {
            "Role": role(),
            "Shelf": layer,
            "Changing": function(code, variables={"COLOUR": colour}, Layers=[ref("Shelf")]),
        }
        outputs = laptop.deploy(
            "changing", template(resources, {"Name": ref("Changing")}), folders={f"{word}.zip": folder}
        )
        return laptop.invoke(outputs["Name"])

    assert deploy("first", "red") == ["red", "red", "first"]
    assert deploy("first", "blue") == ["blue", "blue", "first"]
    assert deploy("second", "blue") == ["blue", "blue", "second"]


def test_a_burst_of_visitors_starts_no_more_environments_at_once_than_there_are_processors(laptop: Laptop) -> None:
    code = """
        import time
        fresh = []

        def handler(event, context):
            began, cold = time.time(), not fresh
            fresh.append(1)
            time.sleep(0.4 if cold else 0)
            return [cold, began, time.time()]
    """
    name = laptop.deploy("burst", template({"Role": role(), "Slow": function(code)}, {"Name": ref("Slow")}))["Name"]
    processors = os.cpu_count() or 2

    with ThreadPoolExecutor(processors + 3) as visitors:
        answers = list(visitors.map(lambda _: laptop.invoke(name), range(processors + 3)))

    starts = [(began, ended) for cold, began, ended in answers if cold]
    assert len(starts) == processors + 3
    assert max(sum(other <= began < ended for other, ended in starts) for began, _ in starts) <= processors
