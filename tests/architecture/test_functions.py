"""The rules of functions/: one folder, one module, one Lambda, and what such a module may know."""

import re
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, first_line, imports

LAYERS = {"shopwright", "shopwright_models"}
EDGE = {"aws_lambda_powertools", "pydantic"}
TRIGGERS = (
    r"(?:GET|POST|PUT|PATCH|DELETE)(?:(?:, | and )(?:GET|POST|PUT|PATCH|DELETE))* /v1/",
    *(rf"{service}\b" for service in ("Cognito", "SQS", "EventBridge", "CloudFormation", "Schedule", "An operator")),
    *(rf"{service}\b" for service in ("WebSocket", "Lambda")),
)


def folders(root: Path) -> list[Path]:
    return sorted(folder for folder in (root / "functions").iterdir() if folder.is_dir() and folder.name[0] not in "._")


def misplaced(root: Path) -> list[str]:
    """A folder in kebab case holds one module of the same name in snake case, and nothing else."""
    complaints = []
    for folder in folders(root):
        expected = f"{folder.name.replace('-', '_')}.py"
        found = sorted(entry.name for entry in folder.iterdir() if entry.name != "__pycache__")
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", folder.name):
            complaints.append(f"functions/{folder.name}: a folder is named in kebab-case")
        if found != [expected]:
            complaints.append(f"functions/{folder.name}: holds {found}, and must hold {expected} alone")
    return complaints


def shadowing(root: Path) -> list[str]:
    """On Lambda a function's folder comes first on the path: its module must not hide one of Python's."""
    return [
        f"functions/{folder.name}: the module hides the standard library's `{name}`"
        for folder in folders(root)
        if (name := folder.name.replace("-", "_")) in sys.stdlib_module_names
    ]


def strangers(root: Path) -> list[str]:
    """A function imports the layers, the edge's two libraries and the standard library; never another function."""
    allowed = LAYERS | EDGE | set(sys.stdlib_module_names)
    names = {folder.name.replace("-", "_") for folder in folders(root)}
    complaints = []
    for folder in folders(root):
        for module in sorted(folder.glob("*.py")):
            for name in imports(module):
                top = name.partition(".")[0]
                if top in names:
                    complaints.append(f"functions/{folder.name}: imports the function {top}")
                elif top not in allowed:
                    complaints.append(f"functions/{folder.name}: imports {name}, which belongs behind an adapter")
    return complaints


def without_events(root: Path) -> list[str]:
    """Every function has a sample event, and every folder of sample events has its function."""
    named = {folder.name for folder in folders(root)}
    sampled = {path.parent.name for path in (root / "events").glob("*/*.json")}
    return [f"functions/{name}: has no events/{name}/*.json" for name in sorted(named - sampled)] + [
        f"events/{name}: belongs to no function" for name in sorted(sampled - named)
    ]


def without_trigger(root: Path) -> list[str]:
    """The first words of a function's docstring say what calls it: a route, a service or its machine."""
    machines = [
        path.name.removesuffix(".asl.json").capitalize() for path in (root / "statemachines").glob("*.asl.json")
    ]
    trigger = re.compile("|".join([*TRIGGERS, *(rf"{re.escape(machine)}\b" for machine in machines)]))
    return [
        f"functions/{folder.name}: the docstring starts with {first_line(module)[:40]!r}, not with its trigger"
        for folder in folders(root)
        for module in sorted(folder.glob("*.py"))
        if not trigger.match(first_line(module))
    ]


def a_function(root: Path, folder: str, *, module: str, text: str = '"""GET /v1/x: a thing."""\n') -> None:
    (root / "functions" / folder).mkdir(parents=True)
    (root / "functions" / folder / module).write_text(text, encoding="utf-8")
    (root / "events" / folder).mkdir(parents=True)
    (root / "events" / folder / "sample.json").write_text("{}", encoding="utf-8")


def test_there_are_functions_to_judge() -> None:
    assert len(folders(ROOT)) >= 10


def test_each_folder_holds_one_module_of_its_own_name() -> None:
    assert misplaced(ROOT) == []


def test_no_function_hides_the_standard_library() -> None:
    assert shadowing(ROOT) == []


def test_a_function_imports_the_layers_and_never_another_function() -> None:
    assert strangers(ROOT) == []


def test_every_function_has_a_sample_event() -> None:
    assert without_events(ROOT) == []


def test_every_function_says_first_what_calls_it() -> None:
    assert without_trigger(ROOT) == []


def test_a_good_function_is_not_complained_about(tmp_path: Path) -> None:
    (tmp_path / "statemachines").mkdir()
    (tmp_path / "statemachines" / "baking.asl.json").touch()
    text = '"""Baking, step 1: a thing."""\n\nimport json\n\nfrom shopwright.runtime import task\n'
    a_function(tmp_path, "do-it", module="do_it.py", text=text)

    for rule in (misplaced, shadowing, strangers, without_events, without_trigger):
        assert rule(tmp_path) == []


@pytest.mark.parametrize(("folder", "module"), [("do-it", "handler.py"), ("do-it", "do-it.py"), ("do_it", "do_it.py")])
def test_a_module_of_another_name_is_refused(tmp_path: Path, folder: str, module: str) -> None:
    a_function(tmp_path, folder, module=module)

    assert len(misplaced(tmp_path)) == 1


def test_a_second_file_in_a_function_is_refused(tmp_path: Path) -> None:
    a_function(tmp_path, "do-it", module="do_it.py")
    (tmp_path / "functions" / "do-it" / "helpers.py").touch()

    assert len(misplaced(tmp_path)) == 1


def test_a_function_called_like_a_standard_module_is_refused(tmp_path: Path) -> None:
    a_function(tmp_path, "queue", module="queue.py")

    assert shadowing(tmp_path) == ["functions/queue: the module hides the standard library's `queue`"]


@pytest.mark.parametrize(
    "line", ["import boto3", "from psycopg import sql", "import other", "def f():\n    import redis", "from . import x"]
)
def test_a_vendor_or_another_function_in_a_function_is_refused(tmp_path: Path, line: str) -> None:
    a_function(tmp_path, "other", module="other.py")
    a_function(tmp_path, "do-it", module="do_it.py", text=f'"""SQS orders: a thing."""\n{line}\n')

    assert len(strangers(tmp_path)) == 1


def test_a_function_without_an_event_and_an_event_without_a_function_are_named(tmp_path: Path) -> None:
    a_function(tmp_path, "do-it", module="do_it.py")
    (tmp_path / "events" / "do-it").rename(tmp_path / "events" / "gone")

    assert without_events(tmp_path) == [
        "functions/do-it: has no events/do-it/*.json",
        "events/gone: belongs to no function",
    ]


@pytest.mark.parametrize(
    "text", ["", '"""Answers questions."""\n', '"""POST the thing."""\n', '"""Baking, step 1."""\n']
)
def test_a_docstring_that_does_not_start_with_its_trigger_is_refused(tmp_path: Path, text: str) -> None:
    a_function(tmp_path, "do-it", module="do_it.py", text=text)

    assert len(without_trigger(tmp_path)) == 1
