"""The papers say what is there: dependencies with their reasons, commands that exist, links that lead somewhere."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files

DEPENDENCY = re.compile(r"^\| *`([^`]+)` *\|(.*)\|\s*$", re.M)
TARGET = re.compile(r"^([a-z][a-z-]*) *:(?!=)(.*)$", re.M)
COMMAND = re.compile(r"`(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)|^(?:\$ )?(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", re.M)
MODULE = re.compile(r"python3? -m ((?:local|bench|cdk)(?:\.\w+)*)")
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")
PROMISED = (
    *("demo", "test", "test-full", "check", "bench", "up", "down", "synth", "layer"),
    *("drop", "ask", "invoke", "logs", "clean", "help"),
)


def declared(pyproject: str) -> set[str]:
    """Every package that a group of pyproject.toml names, without extras and versions."""
    groups = tomllib.loads(pyproject)["dependency-groups"]
    entries = [entry for group in groups.values() for entry in group if isinstance(entry, str)]
    return {match[0].lower() for entry in entries if (match := re.match(r"[A-Za-z0-9._-]+", entry))}


def reasoned(document: str) -> dict[str, str]:
    return {name.lower(): reason.strip(" |") for name, reason in DEPENDENCY.findall(document)}


def unexplained(pyproject: str, document: str) -> list[str]:
    """Packages without a reason, reasons without a package, and rows that say nothing."""
    have, said = declared(pyproject), reasoned(document)
    return (
        [f"{name} has no line in docs/dependencies.md" for name in sorted(have - said.keys())]
        + [f"{name} has a line, and no group of pyproject.toml names it" for name in sorted(said.keys() - have)]
        + [f"{name} has a line without a reason" for name, reason in said.items() if len(reason.split()) < 3]
    )


def targets(makefile: str) -> dict[str, str]:
    """The Makefile's targets, each with its line of help. Those that only make environments are not typed by anyone."""
    found = TARGET.findall(makefile)
    return {name: rest.partition("##")[2].strip() for name, rest in found if not name.startswith("env-")}


def commands(document: str) -> set[str]:
    return {one or other for one, other in COMMAND.findall(document)}


def broken_links(path: Path) -> list[str]:
    return [link for link in LINK.findall(path.read_text(encoding="utf-8")) if not (path.parent / link).exists()]


def papers() -> list[Path]:
    return [path for path in files() if path.suffix == ".md" and path.relative_to(ROOT).parts[0] != "local"]


def test_every_dependency_has_its_reason() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    document = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")

    assert unexplained(pyproject, document) == []


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("", "pkg has no line in docs/dependencies.md"),
        (
            "| `pkg` | for its words |\n| `gone` | it was here |",
            "gone has a line, and no group of pyproject.toml names it",
        ),
        ("| `pkg` | |", "pkg has a line without a reason"),
    ],
)
def test_a_dependency_without_its_reason_is_noticed(document: str, complaint: str) -> None:
    assert complaint in unexplained('[dependency-groups]\none = ["pkg[extra]>=1"]\n', document)


def test_every_promised_target_is_in_the_makefile_with_a_line_of_help() -> None:
    have = targets((ROOT / "Makefile").read_text(encoding="utf-8"))

    assert [name for name in PROMISED if not have.get(name)] == []
    assert [name for name, line in have.items() if not line] == []


def test_a_target_without_help_is_noticed() -> None:
    assert targets("demo: env-all ## Tell the story\ntest:\n\tpytest\nX := 1\nenv-all:\n") == {
        "demo": "Tell the story",
        "test": "",
    }


def test_the_readme_names_every_target_and_no_other() -> None:
    have = set(targets((ROOT / "Makefile").read_text(encoding="utf-8")))

    assert commands((ROOT / "README.md").read_text(encoding="utf-8")) == have


def test_every_command_in_the_papers_exists() -> None:
    have = set(targets((ROOT / "Makefile").read_text(encoding="utf-8")))
    unknown = {str(path.relative_to(ROOT)): commands(path.read_text(encoding="utf-8")) - have for path in papers()}

    assert {path: names for path, names in unknown.items() if names} == {}


def test_a_command_is_found_in_a_sentence_and_in_a_block() -> None:
    assert commands("Type `DEMO_EXIT=1 make demo`.\n```\n$ make up\nmake ask Q=x\n```\nWe make things.") == {
        "demo",
        "up",
        "ask",
    }


def test_every_python_module_in_the_papers_exists() -> None:
    for path in papers():
        for name in MODULE.findall(path.read_text(encoding="utf-8")):
            place = ROOT.joinpath(*name.split("."))
            assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), f"{path.name}: {name}"


def test_every_link_in_the_papers_leads_somewhere() -> None:
    assert {str(path.relative_to(ROOT)): links for path in papers() if (links := broken_links(path))} == {}


def test_a_link_to_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("[b](b.md) [a](a.md#top) [web](https://example.com)", encoding="utf-8")

    assert broken_links(tmp_path / "a.md") == ["b.md"]


def test_decisions_are_numbered_without_a_gap_and_say_the_four_things() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        said = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.M)
        assert said == ["What", "Why", "What it costs", "What would change our mind"], path.name


def undocumented(readme: str, launcher: str, records: str) -> list[str]:
    """What the laptop does to the assembly or to MiniStack, and the README does not say."""
    modules = [f"{name}.py" for name in re.findall(r"^ +(\w+)\.install\(", launcher, re.M)]
    return [name for name in (*modules, *tomllib.loads(records)) if f"`{name}`" not in readme]


def test_the_readme_tells_every_way_in_which_the_laptop_differs() -> None:
    launcher = ROOT / "local" / "ministack"
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    main = (launcher / "__main__.py").read_text(encoding="utf-8")

    assert re.search(r"\.install\(", main)
    assert undocumented(told, main, (launcher / "record_only.toml").read_text(encoding="utf-8")) == []


def test_an_edit_that_the_readme_does_not_tell_is_noticed() -> None:
    launcher, records = "    edits.install(x)\n    rest.install()\n", '["AWS::A::B"]\nprefix = "b"\n'

    assert undocumented("`edits.py`", launcher, records) == ["rest.py", "AWS::A::B"]
