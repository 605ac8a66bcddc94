"""How long a text is to the embedding model: changes when its tokenizer does.

Apart from onnx.py, so that cutting documents into passages does not load the model.
"""

from pathlib import Path

from tokenizers import Tokenizer

LIMIT = 512  # positions of the model, the two marks at the ends included


class Tokens:
    """The model's own tokenizer."""

    def __init__(self, directory: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def count(self, text: str) -> int:
        """Tokens of the text itself, without the marks at its ends."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def ids(self, text: str) -> list[int]:
        """What the model reads, marks included; the end of a longer text is cut off."""
        whole = self._tokenizer.encode(text).ids
        return whole if len(whole) <= LIMIT else [*whole[: LIMIT - 1], whole[-1]]
