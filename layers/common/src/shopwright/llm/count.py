"""How many tokens a text is, before anybody meters it: changes when we count more closely.

The provider's own tokenizer is not to be had, so that ours (the embedding model's) counts in its place. A text is at
least a token for each four bytes, which catches scripts that our tokenizer takes for one unknown word. Both can be too
low; a quarter on top makes an estimate that money can be held by.
"""

from collections.abc import Callable

Count = Callable[[str], int]
BYTES = 4  # of a token, at most
FACTOR = (5, 4)


def estimated(text: str, count: Count) -> int:
    """Tokens, on the safe side."""
    least = max(count(text), -(-len(text.encode()) // BYTES))
    return -(-least * FACTOR[0] // FACTOR[1])


def by_bytes(text: str) -> int:
    """The count of whoever has no tokenizer at hand: three bytes a token."""
    return -(-len(text.encode()) // 3)
