"""Who may import whom inside the layer: the contracts of pyproject.toml hold, and they bite."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, imports

SOURCE = ROOT / "layers" / "common" / "src" / "shopwright"
FREE = {
    "aws_lambda_powertools",
    "pydantic",
    "pydantic_core",
    "shopwright",
    "shopwright_models",
}  # no vendor's service behind them


def contracts() -> str:
    """The [tool.importlinter] part of pyproject.toml, as written there."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return text[text.index("[tool.importlinter]") :]


def lint(source: Path, config: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(  # noqa: S603 - our own interpreter and our own program
        [sys.executable, "-c", program, "--config", str(config), "--no-cache"],
        cwd=config.parent,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(source), str(ROOT / "layers" / "models" / "src")])},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


def vendors(root: Path) -> dict[str, set[str]]:
    """Third-party packages that a layer imports, each with the files that do. A client's types go with the client."""
    found: dict[str, set[str]] = {}
    for path in root.rglob("*.py"):
        tops = {name.partition(".")[0] for name in imports(path)} - {""}
        for top in tops:
            if top.startswith("mypy_boto3_") and "boto3" in tops:
                continue
            if top not in FREE and top not in sys.stdlib_module_names:
                found.setdefault(top, set()).add(str(path.relative_to(root)))
    return found


def protected() -> set[str]:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    return {name for one in config["contracts"] if one["type"] == "protected" for name in one["protected_modules"]}


def environment_reads(path: Path) -> list[int]:
    """Lines that touch the process's environment."""
    return sorted(
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "environb", "getenv", "putenv"})
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and {"environ", "getenv"} & {a.name for a in node.names}
        )
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The layer as it is, in a place where a test may spoil it, with the contracts beside it."""
    shutil.copytree(SOURCE, tmp_path / "src" / "shopwright", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").write_text(contracts(), encoding="utf-8")
    return tmp_path


def test_imports_flow_right_to_left_and_vendors_stay_in_their_adapters(copy: Path) -> None:
    outcome = lint(copy / "src", copy / "pyproject.toml")

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_every_vendor_is_under_a_contract() -> None:
    unprotected = {name: sorted(files) for name, files in vendors(SOURCE).items() if name not in protected()}

    assert unprotected == {}, "add a `protected` contract to pyproject.toml"


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("errors.py", "from shopwright.tenancy import tenant", "Data flows left to right"),
        ("llm/spoiled.py", "from shopwright.retrieval import search", "Data flows left to right"),
        ("privacy/spoiled.py", "from shopwright.runtime import settings", "Data flows left to right"),
        ("surprise/__init__.py", "", "Data flows left to right"),
        ("grounding/spoiled.py", "import boto3", "AWS's SDK"),
        ("tenancy/tenant.py", "import botocore.exceptions", "AWS's SDK"),
        ("documents/document.py", "import psycopg", "PostgreSQL's driver"),
        ("retrieval/search.py", "import numpy", "model's runtime"),
    ],
)
def test_a_broken_rule_is_noticed(copy: Path, file: str, line: str, broken: str) -> None:
    spoiled = copy / "src" / "shopwright" / file
    spoiled.parent.mkdir(exist_ok=True)
    with spoiled.open("a", encoding="utf-8") as text:
        text.write(f"\n{line}\n")

    outcome = lint(copy / "src", copy / "pyproject.toml")

    assert outcome.returncode == 1, outcome.stdout + outcome.stderr
    assert any("BROKEN" in said and broken in said for said in outcome.stdout.splitlines()), outcome.stdout


def test_an_unprotected_vendor_is_named(tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text("import json\nimport some_vendor.client\n", encoding="utf-8")

    assert vendors(tmp_path) == {"some_vendor": {"adapter.py"}}


def test_the_environment_is_read_in_one_place() -> None:
    places = [*SOURCE.rglob("*.py"), *(ROOT / "functions").rglob("*.py"), *(ROOT / "layers" / "models").rglob("*.py")]
    reads = {str(path.relative_to(ROOT)): lines for path in places if (lines := environment_reads(path))}

    assert set(reads) == {"layers/common/src/shopwright/runtime/settings.py"}, reads


@pytest.mark.parametrize(
    "line", ["import os\nTABLE = os.environ['TABLE']", "import os\nX = os.getenv('X')", "from os import environ"]
)
def test_a_read_of_the_environment_is_noticed(tmp_path: Path, line: str) -> None:
    (tmp_path / "module.py").write_text(line, encoding="utf-8")

    assert environment_reads(tmp_path / "module.py")
