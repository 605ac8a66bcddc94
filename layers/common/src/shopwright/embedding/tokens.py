"""How long a text is to the embedding model: changes when its tokenizer does.

Apart from onnx.py, so that cutting documents into passages does not load the model.
"""

from pathlib import Path

from tokenizers import Tokenizer

_WORDS = 1996  # of the vocabulary, what is before them are marks, signs and letters
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

    def rank(self, word: str) -> int | None:
        """How common a small word is, 0 the commonest: BERT's vocabulary stands in the order of how often each was
        read. None: it is not one token."""
        found = self._tokenizer.token_to_id(word)
        return None if found is None or found < _WORDS else found - _WORDS

    def ids(self, text: str) -> list[int]:
        """What the model reads, marks included; the end of a longer text is cut off."""
        whole = self._tokenizer.encode(text).ids
        return whole if len(whole) <= LIMIT else [*whole[: LIMIT - 1], whole[-1]]
