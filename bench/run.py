"""The runner: which benches there are, how they are asked for, and where their figures go."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import (
    answer,
    api,
    cache,
    chat,
    checkout,
    grounding,
    imports,
    ingest,
    injection,
    intent,
    layers,
    parse,
    pii,
    quality,
    retrieval,
)
from bench.outcome import CannotMeasure, NeedsData, Options, Outcome

RESULTS = Path(__file__).parent / "results"

Benches = Mapping[str, Callable[[Options], Outcome]]
BENCHES: Benches = {
    "layers": layers.measure,
    "imports": imports.measure,
    "api": api.measure,
    "answer": answer.measure,
    "cache": cache.measure,
    "chat": chat.measure,
    "checkout": checkout.measure,
    "ingest": ingest.measure,
    "parse": parse.measure,
    "quality": quality.measure,
    "retrieval": retrieval.measure,
    "pii": pii.measure,
    "grounding": grounding.measure,
    "intent": intent.measure,
    "injection": injection.measure,
}


def main(arguments: Sequence[str], *, benches: Benches = BENCHES, results: Path = RESULTS) -> int:
    """Exit 0 with a bar missed, unless `--strict`: that is news. Exit 2 when something could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="All benches in short, if none is named.")
    parser.add_argument("named", nargs="?", metavar="NAME", choices=sorted(benches), help="one bench, in its full form")
    parser.add_argument("--name", choices=sorted(benches), help="the same")
    parser.add_argument(
        "--data",
        type=Path,
        help="a folder of one's own (ingest: documents; api: questions.txt; parse: docs_torture/; grounding, "
        "injection, intent, pii, quality: judged sets)",
    )
    parser.add_argument("--limit", type=int, help="take at most this many samples")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a bar is missed")
    asked = parser.parse_args(arguments)
    chosen = asked.named or asked.name
    if asked.limit is not None and asked.limit < 1:
        parser.error("--limit must be 1 or more")
    if asked.data is not None and not asked.data.is_dir():
        parser.error(f"--data {asked.data} is not a folder")

    options = Options(quick=chosen is None, data=asked.data, limit=asked.limit)
    missed, unmeasured = [], []
    for name in [chosen] if chosen else list(benches):
        try:
            outcome = _one(name, benches[name], options, results)
        except NeedsData as reason:
            if chosen:
                unmeasured.append(f"CANNOT MEASURE  {name}: {reason}")
            else:
                print(f"{name}: left out, {reason}\n", flush=True)
            continue
        except CannotMeasure as reason:
            unmeasured.append(f"CANNOT MEASURE  {name}: {reason}")
            continue
        missed += [
            f"BAR MISSED  {name}: {metric} is {bar.value:.4g}, not {bar.op} {bar.bar:g}"
            for metric, bar in outcome.bars.items()
            if not bar.ok
        ]
    for line in (*missed, *unmeasured):
        print(line, file=sys.stderr)
    return 2 if unmeasured else int(bool(missed and asked.strict))


def _one(name: str, measure: Callable[[Options], Outcome], options: Options, results: Path) -> Outcome:
    """Measure, write the figures down at once, and show them. An older figure does not outlive a failed attempt."""
    for suffix in ("json", "md"):
        (results / f"{name}.{suffix}").unlink(missing_ok=True)
    print(f"{name}: measuring, {'quick' if options.quick else 'full'} form", flush=True)
    started = time.monotonic()
    outcome = measure(options)
    outcome.write(results)
    print(f"\n{outcome.as_table()}\n{name}: {time.monotonic() - started:.0f} s\n", flush=True)
    return outcome
