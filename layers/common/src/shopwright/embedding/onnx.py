"""Text to vectors, in this process, by onnxruntime: changes when the model or how it wants to be run does.

One text per run. The int8 weights quantise over the whole batch, so that the same text alone and in a batch would get
two vectors; run alone, a vector depends on its text and nothing else.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import onnxruntime

from shopwright.embedding.model import Model, ModelUnusable
from shopwright.embedding.tokens import Tokens

# The library comes with a reporter to its maker's servers. ORT_DISABLE_TELEMETRY keeps it from starting (CDK and the
# Makefile set it); this holds where somebody forgot to.
onnxruntime.disable_telemetry_events()

QUESTION = "Represent this sentence for searching relevant passages: "  # how bge was trained to be asked


class OnnxEmbedder:
    """bge-small-en-v1.5: CLS pooling, unit length."""

    def __init__(self, directory: Path, *, threads: int = 2) -> None:
        self.model = Model.read(directory)
        self._tokens = Tokens(directory)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a Lambda pays for what it spins
        self._session = onnxruntime.InferenceSession(
            str(directory / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        width = self._session.get_outputs()[0].shape[-1]
        if width != self.model.dimensions:
            raise ModelUnusable(f"model.onnx gives {width} dimensions; weights.toml says {self.model.dimensions}.")

    def passages(self, texts: Iterable[str]) -> list[list[float]]:
        """A unit vector for each text of a merchant."""
        return [self._embed(text) for text in texts]

    def question(self, text: str) -> list[float]:
        """A unit vector for what a shopper asks: questions are embedded differently from passages."""
        return self._embed(QUESTION + text)

    def count(self, text: str) -> int:
        """How many tokens a text is."""
        return self._tokens.count(text)

    def _embed(self, text: str) -> list[float]:
        ids = np.array([self._tokens.ids(text)], dtype=np.int64)
        states = self._session.run(
            None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        )[0]
        vector = np.asarray(states, dtype=np.float64)[0, 0]
        return [float(value) for value in vector / np.linalg.norm(vector)]
