"""How the rules of this folder look at the repository: its files, and what a Python file imports."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def files(root: Path = ROOT) -> list[Path]:
    """What git tracks or would track: build outputs and caches are nobody's rule."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the developer's own git
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    ).stdout
    return sorted({root / name for name in listed.split("\0") if name and (root / name).is_file()})


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, at the top or inside a function, by its full dotted name."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")


def first_line(path: Path) -> str:
    """The first line of a module's docstring, or nothing."""
    return (ast.get_docstring(parse(path)) or "").partition("\n")[0]
