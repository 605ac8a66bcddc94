"""How much personal data is found, how much else is hit, and how fast: the gate, gate + recognizer, and Presidio.

With DATA, a folder that holds `pii_synthetic/dev.jsonl.gz` (or is it): texts with labelled spans, in sets whose label
names differ. Scored by character overlap. Labels of neither side's business (firms, titles, dates, ages, creeds)
count for nobody and against nobody. Without DATA, speed alone, on the demo's own texts.
"""

import gzip
import json
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopwright.privacy import redact, redactor
from shopwright.privacy.redact import Kind
from shopwright.privacy.redactor import Use

from bench.outcome import CannotMeasure, Options, Outcome
from local import places

SETS = (
    "presidio_synth_v2", "presidio_gen500_2020", "nannigalaxy_nano", "stt_spoken_dev", "stt_spoken_test",
    "stt_spoken_stress", "negatives_icecat",
)  # fmt: skip
NEGATIVES = "negatives_icecat"
LABELS = {
    **dict.fromkeys(("PERSON", "PERSON_NAME"), "name"),
    **dict.fromkeys(("STREET_ADDRESS", "ZIP_CODE"), "address"),
    **dict.fromkeys(("GPE", "LOCATION", "CITY"), "place"),
    **dict.fromkeys(("ORGANIZATION", "ORG", "TITLE", "DATE_TIME", "DATE", "AGE", "NRP", "BIRTHDAY"), "-"),
}  # every other label is of the structured kinds
OURS = {Kind.NAME: "name", Kind.ADDRESS: "address", Kind.PLACE: "place", Kind.BIRTH: "-"}
PEERS = {"PERSON": "name", "LOCATION": "place", "NRP": "-", "DATE_TIME": "-", "ORGANIZATION": "-", "URL": "-"}
GROUPS = ("structured", "name", "address", "place")
SPEED = 10.0
RECALL = 0.97
FALSE = 0.01

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Text:
    """A text of a set, and what is personal in it."""

    set: str
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """What one of the three found in every text, and how many seconds of the processor it took for all."""

    found: list[list[Span]]
    seconds: float


def read(folder: Path) -> list[Text]:
    """The labelled texts below the folder."""
    file = next(
        (file for file in (folder / "pii_synthetic" / "dev.jsonl.gz", folder / "dev.jsonl.gz") if file.is_file()), None
    )
    if file is None:
        raise CannotMeasure(
            f"{folder} has no pii_synthetic/dev.jsonl.gz: name the folder that holds it, or leave DATA out."
        )
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Text(
            row["set"],
            row["text"],
            tuple((s["start"], s["end"], LABELS.get(s["label"], "structured")) for s in row["spans"]),
        )
        for row in rows
    ]


def demo() -> list[Text]:
    """The demo's documents, line by line: nobody's data, so good for speed only."""
    return [
        Text("demo", line, ())
        for file in sorted((places.ROOT / "local" / "demo").glob("*/documents/**/*"))
        if file.is_file()
        for line in file.read_text("utf-8").splitlines()
        if len(line) > 20
    ]


def ours(find: Callable[[str], Sequence[redact.Finding]], texts: Sequence[Text]) -> Run:
    """Everything that a finder of ours finds."""
    find("Ann Roe, 12 Mill Lane, +44 20 7946 0958")
    for one in texts[:50]:
        find(one.text)
    began = time.process_time()
    found = [find(one.text) for one in texts]
    seconds = time.process_time() - began
    return Run([[(f.start, f.end, OURS.get(f.kind, "structured")) for f in each] for each in found], seconds)


def presidio(texts: Sequence[Text]) -> Run:
    """What Presidio finds, in its own process and environment."""
    python = places.python("peers-presidio")
    if not python.is_file():
        raise CannotMeasure(f"{python} is not there: make it with `python3 local/setup.py peers-presidio`.")
    program = Path(__file__).with_name("peers_presidio.py")
    lines = "".join(json.dumps(one.text) + "\n" for one in texts)
    answer = subprocess.run(  # noqa: S603 - our own interpreter and our own program
        [python, str(program)], input=lines, check=False, capture_output=True, text=True, timeout=1800
    )
    if answer.returncode:
        raise CannotMeasure(f"Presidio failed:\n{answer.stderr.strip()[-2000:]}")
    rows: list[dict[str, Any]] = [json.loads(line) for line in answer.stdout.splitlines()]
    found = [[(start, end, PEERS.get(kind, "structured")) for start, end, kind in row["spans"]] for row in rows]
    return Run(found, sum(row["cpu_s"] for row in rows))


def scores(texts: Sequence[Text], run: Run) -> Iterator[tuple[str, float]]:
    """Recall of each kind, and precision, recall and F2 of each set and overall, by characters."""
    meant: dict[str, int] = defaultdict(int)
    met: dict[str, int] = defaultdict(int)
    given: dict[str, int] = defaultdict(int)
    right: dict[str, int] = defaultdict(int)
    for one, found in zip(texts, run.found, strict=True):
        said = _characters(found, leave="-")
        gold = _characters(one.spans, leave="-")
        said -= _characters([span for span in one.spans if span[2] == "-"]) - gold
        for group in GROUPS:
            of_kind = _characters([span for span in one.spans if span[2] == group])
            meant[group] += len(of_kind)
            met[group] += len(of_kind & said)
        for where in (one.set, "overall"):
            meant[where] += len(gold)
            met[where] += len(gold & said)
            given[where] += len(said)
            right[where] += len(gold & said)
    for group in GROUPS:
        if meant[group]:
            yield f"recall {group}", met[group] / meant[group]
    for where in (*(name for name in SETS if meant.get(name)), "overall"):
        precision, recall = right[where] / max(1, given[where]), met[where] / max(1, meant[where])
        yield f"{where} precision", precision
        yield f"{where} recall", recall
        yield f"{where} F2", 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


def false_redactions(texts: Sequence[Text], run: Run) -> float:
    """The share of the negatives' characters that is hit."""
    hit = sum(
        len(_characters(found, leave="-")) for one, found in zip(texts, run.found, strict=True) if one.set == NEGATIVES
    )
    return hit / max(1, sum(len(one.text) for one in texts if one.set == NEGATIVES))


def texts_hit(texts: Sequence[Text], run: Run) -> float:
    """The share of the negatives in which anything is hit at all."""
    hits = [
        any(kind != "-" for *_, kind in found)
        for one, found in zip(texts, run.found, strict=True)
        if one.set == NEGATIVES
    ]
    return sum(hits) / max(1, len(hits))


def _characters(spans: Sequence[Span], leave: str | None = None) -> set[int]:
    return {place for start, end, kind in spans if kind != leave for place in range(start, end)}


def measure(options: Options) -> Outcome:
    texts = read(options.data) if options.data else demo()
    texts = texts[: options.limit] if options.limit else texts
    document = redactor.redactor(Use.DOCUMENT)
    runs = {
        "gate": ours(redact.find, texts),
        "gate + recognizer": ours(redactor.everything, texts),
        "as a document": ours(document.find, texts),
        "Presidio": presidio(texts),
    }
    metrics: dict[str, float] = {"texts": float(len(texts))}
    for who, run in runs.items():
        metrics[f"{who}: texts/s"] = len(texts) / run.seconds
        if options.data:
            metrics |= {f"{who}: {name}": value for name, value in scores(texts, run)}
            if any(one.set == NEGATIVES for one in texts):
                metrics[f"{who}: false redactions (characters)"] = false_redactions(texts, run)
                metrics[f"{who}: false redactions (texts)"] = texts_hit(texts, run)
    metrics["gate / Presidio, texts/s"] = runs["Presidio"].seconds / runs["gate"].seconds
    metrics["gate + recognizer ms a text"] = 1000 * runs["gate + recognizer"].seconds / len(texts)
    limits: dict[str, tuple[str, float]] = {
        "gate / Presidio, texts/s": (">=", SPEED),
        "gate + recognizer ms a text": ("<=", 2.0),
    }
    notes = ["Texts/s by processor time, each in one process after a warm-up. F2 and recall by character overlap."]
    if options.data:
        metrics["F2 over Presidio's"] = metrics["gate + recognizer: overall F2"] - metrics["Presidio: overall F2"]
        limits |= {"F2 over Presidio's": (">=", 0.0)}
        promised = {
            "gate: recall structured": (">=", RECALL),
            "gate: false redactions (texts)": ("<=", FALSE),
            "gate + recognizer: false redactions (characters)": ("<=", FALSE),
            "gate + recognizer: false redactions (texts)": ("<=", FALSE),
            "as a document: false redactions (texts)": ("<=", FALSE),
        }
        limits |= {name: bar for name, bar in promised.items() if name in metrics}
        held = {one.set for one in texts}
        notes += [f"Left out: {name} is not in the folder." for name in SETS if name not in held]
    else:
        notes.append("No DATA was named: speed alone, on the demo's texts.")
    return Outcome("pii", metrics, limits, tuple(notes))
