"""The rules of the whole house: nothing of one machine in it, test folders are packages, doors closed."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files, parse

EVERYWHERE = ".".join("0000")  # spelled so that this file passes its own rule

# Each pattern is a thing that belongs to one machine or one person and never to the product.
UNWANTED = {
    "an absolute path of one machine": re.compile(r"(?<![\w.\-/}*\])>])/(?:home|root|Users|work)/[\w.-]"),
    "a Windows path of one machine": re.compile(r"\b[A-Z]:\\\\?Users\\"),
    "a host of a private network": re.compile(r"\b[a-z0-9][\w-]*\.(?:corp|lan|intranet|localdomain)\b"),
    "the address of a package index": re.compile(r"--(?:extra-)?index-url[ =]+\w+:|\bindex[-_]url *= *[\"']?\w+:"),
    "an address with a password in it": re.compile(r"\b[a-z+]+://[\w.-]+:[^\s@/{}$\"'<>]+@[\w-]"),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]"),
}


def unwanted(paths: Iterable[Path], root: Path) -> list[str]:
    """Where a file holds something of one machine: file, line and kind; the text itself is not repeated."""
    complaints = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture or a sample in another encoding: not text that we wrote
        complaints += [
            f"{path.relative_to(root)}:{number}: {kind}"
            for number, line in enumerate(lines, 1)
            for kind, pattern in UNWANTED.items()
            if pattern.search(line)
        ]
    return complaints


def unpackaged(root: Path) -> list[str]:
    """Folders of tests without `__init__.py`: two rungs may share a file name only as packages."""
    folders = {path.parent for path in (root / "tests").rglob("*.py")}
    return sorted(str(folder.relative_to(root)) for folder in folders if not (folder / "__init__.py").is_file())


def open_to_the_world(paths: Iterable[Path], root: Path) -> list[str]:
    """Code that names the address of every network: what runs on a laptop listens on 127.0.0.1 alone."""
    return [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in paths
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Constant) and node.value == EVERYWHERE
    ]


def without_docstring(paths: Iterable[Path], root: Path) -> list[str]:
    """Modules that do not say the one reason for which they change. Empty `__init__.py` files need none."""
    return [
        str(path.relative_to(root))
        for path in paths
        if path.read_text(encoding="utf-8").strip() and not ast.get_docstring(parse(path))
    ]


def python_files(*folders: str) -> list[Path]:
    return [p for p in files() if p.suffix == ".py" and p.relative_to(ROOT).parts[0] in folders]


def test_nothing_of_one_machine_is_in_the_repository() -> None:
    assert unwanted(files(), ROOT) == []


def test_every_folder_of_tests_is_a_package() -> None:
    assert unpackaged(ROOT) == []


def test_the_laptop_listens_to_itself_alone() -> None:
    assert open_to_the_world(python_files("local", "bench", "tests"), ROOT) == []


def test_every_module_says_why_it_changes() -> None:
    assert without_docstring(python_files("functions", "layers", "cdk", "local", "bench"), ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "home/someone/notes",
        'PATH = "/' + 'root/x"',
        "cd /" + "work/tree",
        "C:" + "\\Users\\someone",
        "http://build" + ".corp/x",
        "--index-" + "url https://packages.example/simple",
        "postgresql://app:" + "hunter2@db/shop",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "-----BEGIN " + "PRIVATE KEY-----" + " MIIE",
    ],
)
def test_something_of_one_machine_is_noticed(tmp_path: Path, line: str) -> None:
    (tmp_path / "file.md").write_text(f"first\n{line}\n", encoding="utf-8")

    complaints = unwanted([tmp_path / "file.md"], tmp_path)

    assert len(complaints) == 1
    assert complaints[0].startswith("file.md:2: ")


@pytest.mark.parametrize(
    "line",
    [
        "artifacts/" + "work/outdoor/d-1",
        "{bucket}/" + "work/x",
        "https://example.com/home/kitchen/pans",
        "/var/task and /opt/python",
        "10.0.0.0/16",
        "127.0.0.1:4566",
        "postgresql://{user}:{password}@{host}/shop",
    ],
)
def test_what_the_product_needs_is_not_complained_about(tmp_path: Path, line: str) -> None:
    (tmp_path / "file.md").write_text(line, encoding="utf-8")

    assert unwanted([tmp_path / "file.md"], tmp_path) == []


def test_a_folder_of_tests_that_is_no_package_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "__init__.py").touch()
    (tmp_path / "tests" / "unit" / "test_x.py").touch()

    assert unpackaged(tmp_path) == ["tests/unit"]


def test_an_open_door_and_a_silent_module_are_noticed(tmp_path: Path) -> None:
    door = tmp_path / "door.py"
    door.write_text(f"HOST = '{EVERYWHERE}'\n", encoding="utf-8")

    assert open_to_the_world([door], tmp_path) == ["door.py:1"]
    assert without_docstring([door], tmp_path) == ["door.py"]
