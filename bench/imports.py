"""How long a cold `chat` takes to import, beside what the same work costs to import in LangChain."""

import subprocess
from pathlib import Path

from bench.layers import packed
from bench.outcome import CannotMeasure, Options, Outcome, median
from local import places

RATIO = 1 / 3
OURS = "chat"
PEER = "langchain, langchain_postgres"
_PROGRAM = "import time; started = time.perf_counter(); import {what}; print(time.perf_counter() - started)"


def once(python: Path, what: str, path: str, *, compile_first: bool = False) -> float:
    """Seconds that one import takes in a fresh interpreter, without the interpreter's own start."""
    read_only = {} if compile_first else {"PYTHONDONTWRITEBYTECODE": "1"}  # as a layer is on Lambda
    answer = subprocess.run(  # noqa: S603 - our own interpreters and our own program
        [python, "-c", _PROGRAM.format(what=what)],
        env={"PYTHONPATH": path, **read_only},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if answer.returncode:
        raise CannotMeasure(f"`import {what}` failed under {python}:\n{answer.stderr.strip()}")
    return float(answer.stdout.split()[-1])


def chat_path() -> str:
    """What chat has on its path on Lambda: its folder, and its layers as the assembly names them."""
    chat = next((one for one in packed(places.ASSEMBLY) if one.handler == "chat.handler"), None)
    if chat is None:
        raise CannotMeasure("The assembly has no function chat: synthesize again (`make synth`).")
    return ":".join([str(chat.code), *(str(folder / "python") for folder in chat.layers.values())])


def measure(options: Options) -> Outcome:
    peers = places.python("peers-langchain")
    if not peers.is_file():
        raise CannotMeasure(f"{peers} is not there: make it with `python3 local/setup.py peers-langchain`.")
    ours, path = places.python("function"), chat_path()
    runs = max(7, options.count(quick=7, full=21))
    once(ours, OURS, path)  # the first run of each reads files from a cold disk; it is nobody's figure
    once(peers, PEER, "", compile_first=True)  # our layers come compiled; the peers shall too

    mine, theirs = [], []
    for _ in range(runs):
        mine.append(once(ours, OURS, path))
        theirs.append(once(peers, PEER, ""))

    metrics = {
        "chat s": median(mine),
        "langchain + langchain-postgres s": median(theirs),
        "ratio": median(mine) / median(theirs),
        "runs": float(runs),
    }
    return Outcome(
        "imports", metrics, {"ratio": ("<=", RATIO)}, ("Medians of alternating runs, each in a fresh interpreter.",)
    )
