"""The plan map's check: every line of the plan stands in docs/plan.md, and everything it points at is there.

Run as `python -m local.plan_map`; it prints each fault and exits 1, or counts the lines and exits 0.
"""

import ast
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[1]

# The plan's numbered items, each with the number of promises under it: a line cannot be dropped from the map unseen.
PLAN: Final = {
    "1": 4,
    **{"2.1": 3, "2.2": 3, "2.3": 3, "2.4": 2},
    **{"3.1": 4, "3.2": 4, "3.3": 4, "3.4": 4, "3.5": 2},
    **{"4.1": 4, "4.2": 3, "4.3": 4, "4.4": 5, "4.5": 3},
    **{"5.1": 3, "5.2": 4, "5.3": 4, "5.4": 4, "5.5": 3},
    **{"6.1": 4, "6.2": 4, "6.3": 4, "6.4": 3},
    **{"7.1": 4, "7.2": 4, "7.3": 4, "7.4": 3},
    **{"8.1": 4, "8.2": 4, "8.3": 4, "8.4": 4, "8.5": 3},
    **{"9.1": 4, "9.2": 4, "9.3": 5, "9.4": 4, "9.5": 4, "9.6": 3},
    **{"10.1": 4, "10.2": 4, "10.3": 4, "10.4": 4, "10.5": 4, "10.6": 4},
}

STATES = ("done", "partly", "later")
_ROW = re.compile(r"^\| *(?P<line>\d+(?:\.\d+)?[a-z]) *\|(?P<cells>.*)\|\s*$")
_TARGET = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Promise:
    """One row of the map: a promise of the plan, how far it is kept, where, and what is still to come."""

    line: str
    words: str
    state: str
    targets: tuple[str, ...]
    where: str
    missing: str


def read(text: str) -> list[Promise]:
    """The rows of the map; any other text around them is for people."""
    promises = []
    for row in text.splitlines():
        if match := _ROW.match(row):
            cells = [cell.strip() for cell in match["cells"].split("|")]
            words, state, where, missing = (*cells, "", "", "", "")[:4]
            promises.append(Promise(match["line"], words, state, tuple(_TARGET.findall(where)), where, missing))
    return promises


def expected() -> list[str]:
    return [f"{item}{chr(ord('a') + number)}" for item, count in PLAN.items() for number in range(count)]


def faults(promises: list[Promise], root: Path) -> list[str]:
    """What is wrong with the map, one sentence each, with the line that it is about."""
    counted = Counter(promise.line for promise in promises)
    found = [f"{line}: the map has no row for this line of the plan" for line in expected() if not counted[line]]
    found += [f"{line}: has {count} rows, and needs one" for line, count in counted.items() if count > 1]
    found += [f"{line}: the plan has no such line" for line in counted if line not in set(expected())]
    for promise in promises:
        found += [f"{promise.line}: {fault}" for fault in _faults(promise, root)]
    return found


def _faults(promise: Promise, root: Path) -> list[str]:
    if promise.state not in STATES:
        return [f"its state is {promise.state!r}, and must be one of {', '.join(STATES)}"]
    if not promise.words:
        return ["says nothing about what is promised"]
    if promise.state == "later":
        return [] if promise.where == "later" else ["is for later, so its target is the one word `later`, unquoted"]
    found = [fault for target in promise.targets if (fault := _absent(target, root))]
    if not promise.targets:
        found.append("names no file or test that fulfils it")
    if promise.state == "done" and not any(target.startswith("tests/") for target in promise.targets):
        found.append("is said to be done, and names no test")
    if promise.state == "partly" and not promise.missing:
        found.append("is kept in part, and does not say what is still to come")
    if promise.state == "done" and promise.missing:
        found.append("is said to be done, and also that something is still to come")
    return found


def _absent(target: str, root: Path) -> str | None:
    path, _, node = target.partition("::")
    if not (root / path).exists():
        return f"{path} is not there"
    if path.partition("/")[0] == "tests" and (root / path).is_dir():
        return f"{path} is a folder: name the tests in it that keep the promise"
    if node and node not in _nodes(root / path):
        return f"{path} has no test {node}"
    return None


def _nodes(path: Path) -> set[str]:
    """The names of a file's tests, as pytest would write them after the first `::`."""
    found = set()
    for item in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(item.name)
        elif isinstance(item, ast.ClassDef):
            methods = (entry for entry in item.body if isinstance(entry, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {item.name, *(f"{item.name}::{entry.name}" for entry in methods)}
    return {name for name in found if name.rpartition("::")[2].startswith(("test", "Test"))}


def main() -> int:
    promises = read((ROOT / "docs" / "plan.md").read_text(encoding="utf-8"))
    found = faults(promises, ROOT)
    for fault in found:
        print(f"docs/plan.md: {fault}", file=sys.stderr)
    if not found:
        states = Counter(promise.state for promise in promises)
        print(f"docs/plan.md: {len(promises)} promises: " + ", ".join(f"{states[state]} {state}" for state in STATES))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
