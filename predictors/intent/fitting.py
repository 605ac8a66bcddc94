"""Has `fit.py` fit a classifier in its own environment: changes when how it is called does."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shopwright.orchestrator.classifier import Classifier

from local import places

_FIT = Path(__file__).with_name("fit.py")
_TIMEOUT_S = 900


class CannotFit(Exception):
    """The environment is not there, or the fit failed; the message says which."""


def fit(vectors: NDArray[np.float32], labels: Sequence[str], model: str) -> Classifier:
    """The classifier of these vectors, all of the model with that hash."""
    python = places.python("intent-training")
    if not python.is_file():
        raise CannotFit(f"{python} is not there: make it with `python3 local/setup.py intent-training`.")
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder, "given.npz"), Path(folder, "found.npz")
        np.savez(given, vectors=vectors, labels=np.array(labels))
        done = subprocess.run(  # noqa: S603 - our own interpreter and our own program
            [python, _FIT, given, found], check=False, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
        if done.returncode:
            raise CannotFit(f"The fit failed:\n{done.stderr.strip()[-2000:]}")
        with np.load(found) as fitted:
            return Classifier(
                model=model,
                labels=tuple(str(label) for label in fitted["labels"]),
                weights=tuple(tuple(float(value) for value in row) for row in fitted["weights"]),
                biases=tuple(float(value) for value in fitted["biases"]),
                middles=tuple(tuple(float(value) for value in row) for row in fitted["middles"]),
            )
