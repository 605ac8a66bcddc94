"""Vectors of many texts, kept on disk: embedding twenty thousand takes minutes, and a bench is run again.

A vector is kept under its model's weights and its text, so that neither another model nor another text finds it.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_TELL_EVERY = 2000
_KEEP_EVERY = 50  # a bench that is interrupted loses little, and another one may write meanwhile


class KeptVectors:
    """Passages and questions to unit vectors, each embedded once."""

    def __init__(self, folder: Path, weights: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(folder / f"vectors-{weights[:16]}.sqlite", timeout=60)
        self._kept.execute("create table if not exists vector (key blob primary key, e blob not null) without rowid")

    def close(self) -> None:
        self._kept.close()

    def of(self, texts: Sequence[str], embed: Callable[[str], Sequence[float]], *, kind: str) -> NDArray[np.float32]:
        """One row a text. `kind` tells a question from a passage: the model reads them differently."""
        keys = [hashlib.sha256(f"{kind}\0{text}".encode()).digest() for text in texts]
        found = self._find(set(keys))
        new = [(key, text) for key, text in dict(zip(keys, texts, strict=True)).items() if key not in found]
        for number, (key, text) in enumerate(new, start=1):
            found[key] = np.asarray(embed(text), dtype=np.float32)
            self._kept.execute("insert or replace into vector values (?, ?)", (key, found[key].tobytes()))
            if number % _KEEP_EVERY == 0 or number == len(new):
                self._kept.commit()
            if number % _TELL_EVERY == 0:
                print(f"  {number:,} of {len(new):,} {kind}s embedded", flush=True)
        return np.stack([found[key] for key in keys])

    def _find(self, keys: Iterable[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found = {}
        for key in keys:
            row = self._kept.execute("select e from vector where key = ?", (key,)).fetchone()
            if row:
                found[key] = np.frombuffer(row[0], dtype=np.float32)
        return found
