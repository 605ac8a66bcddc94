"""Parse fidelity: what becomes of a folder of real and hostile files; changes when what we promise about them does.

With DATA, a folder that holds `docs_torture/`: `dev.jsonl.gz` with a line a file (`file`, `expect`, `ref_tokens`,
`must_include`, `must_not_include`), the files beside it in `dev/`. `expect` is `text`, `text-partial`, `ocr-only`,
`empty` or `error-clean`.
"""

import gzip
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shopwright.documents.document import format_of
from shopwright.documents.parse.block import Parsed
from shopwright.documents.rejected import Rejected
from shopwright.documents.sandbox import Sandbox

from bench.outcome import Options, Outcome, quantile

SET = "docs_torture"
MAY_BE_REFUSED = frozenset({"error-clean", "ocr-only", "empty"})
LONGEST_S = 20.0
MOST_MB = 512.0
SHARE = 0.90


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one file. `refused` is the rejection's name; `share` that of its reference tokens found."""

    file: str
    expect: str
    seconds: float
    peak_mb: float
    crashed: bool = False
    refused: str = ""
    share: float = 1.0
    wrong: int = 0  # phrases that must be there and are not, or must not and are

    @property
    def fits(self) -> bool:
        """Is this what was expected? `text-partial` may go either way."""
        if self.crashed:
            return False
        if self.refused:
            return self.expect in MAY_BE_REFUSED or self.expect == "text-partial"
        return self.wrong == 0 and (self.expect != "text" or self.share >= SHARE)


def said(parsed: Parsed) -> str:
    return "\n".join([parsed.title, *(f"{' '.join(block.path)}\n{block.text}" for block in parsed.blocks)])


def read(sandbox: Sandbox, line: dict[str, Any], data: bytes) -> Read:
    """One file through the sandbox. Whatever comes out of it that is no rejection counts as a crash of the parent."""
    began = time.perf_counter()
    refused, text, crashed = "", "", False
    try:
        format_of(line["file"])
        text = said(sandbox.read(data, f"documents/bench/{line['file']}"))
    except Rejected as refusal:
        refused = type(refusal).__name__
    except Exception as crash:
        print(f"  {line['file']}: {type(crash).__name__}")
        crashed = True
    seconds = time.perf_counter() - began
    tokens = line["ref_tokens"]
    found = sum(1 for token in tokens if token in text)
    wrong = sum(1 for phrase in line["must_include"] if phrase not in text)
    wrong += sum(1 for phrase in line["must_not_include"] if phrase in text)
    share = found / len(tokens) if tokens else 1.0
    peak = sandbox.spent.peak_kb / 1024
    return Read(line["file"], line["expect"], seconds, peak, crashed, refused, share, 0 if refused else wrong)


def lines(folder: Path, limit: int | None) -> Iterator[dict[str, Any]]:
    with gzip.open(folder / "dev.jsonl.gz", "rt", encoding="utf-8") as rows:
        for number, row in enumerate(rows):
            if limit is not None and number >= limit:
                return
            yield json.loads(row)


def outcome(done: list[Read]) -> Outcome:
    texts = [one for one in done if one.expect == "text"]
    shares = [0.0 if one.refused or one.crashed else one.share for one in texts]
    metrics = {
        "files": float(len(done)),
        "crashes of the parent": float(sum(one.crashed for one in done)),
        "files over 20 s": float(sum(one.seconds > LONGEST_S for one in done)),
        "slowest (s)": max(one.seconds for one in done),
        "median (s)": quantile([one.seconds for one in done], 0.5),
        "peak of a reader (MB)": max(one.peak_mb for one in done),
        "files marked text": float(len(texts)),
        "of them refused": float(sum(bool(one.refused) for one in texts)),
        "of them under 90 % of their tokens": float(sum(share < SHARE for share in shares)),
        "phrases wrong": float(sum(one.wrong for one in done)),
    }
    bars: dict[str, tuple[str, float]] = {
        "crashes of the parent": ("<=", 0),
        "files over 20 s": ("<=", 0),
        "peak of a reader (MB)": ("<=", MOST_MB),
        "of them refused": ("<=", 0),
        "of them under 90 % of their tokens": ("<=", 0),
        "phrases wrong": ("<=", 0),
    }
    if shares:
        metrics["least share of tokens"] = min(shares)
        metrics["mean share of tokens"] = sum(shares) / len(shares)
    notes = [
        f"{one.file} ({one.expect}): {one.refused or f'{one.share:.0%} of its tokens, {one.wrong} phrases wrong'}"
        for one in done
        if not one.fits
    ]
    refused = [f"{one.file} ({one.expect}): {one.refused}" for one in done if one.refused and one.fits]
    return Outcome(
        "parse", metrics, bars, (*notes, *(["Refused, as they may be: " + "; ".join(refused)] if refused else []))
    )


def measure(options: Options) -> Outcome:
    folder = options.data / SET if options.data is not None else None
    if folder is None or not (folder / "dev.jsonl.gz").is_file():
        why = "no DATA was given" if folder is None else f"the folder holds no {SET}"
        return Outcome("parse", {"files": 0.0}, notes=(f"Left out: {why}. Give DATA=a folder that holds {SET}/.",))
    with Sandbox() as sandbox:
        return outcome(
            [read(sandbox, line, (folder / "dev" / line["file"]).read_bytes()) for line in lines(folder, options.limit)]
        )
