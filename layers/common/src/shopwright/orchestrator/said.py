"""What is said to anyone who asks the same: changes when an answer gains a part that does not depend on who asked."""

from dataclasses import dataclass

from shopwright.catalog.facts import Told
from shopwright.grounding.cite import Citation
from shopwright.signals.predict import Prediction

ANSWERED, NOT_IN_DOCUMENTS, UNAVAILABLE = "answered", "not_in_documents", "unavailable"
DONE, ASKS = "done", "asks"  # without a document: something was done or said, or we must know more first
MODE, TALK, TEMPLATE, PRODUCTS = "extractive", "talk", "template", "products"


@dataclass(frozen=True, slots=True)
class Product:
    """A product that is shown, and why it stands in its place; without a prediction, for its relevance alone."""

    product_id: str
    title: str
    score: float
    prediction: Prediction | None


@dataclass(frozen=True, slots=True)
class Said:
    """An answer without its asker: no conversation, no clocks.

    `mode` is how it was made, `score` the share of its claims that stood when it was checked, and `flags` what was
    wrong with those that did not. `lasting`: whoever asks the same later may have it too; not what was made with less
    than there is as a rule, nor what hangs on what was said before.

    `products` are those shown, in their order. `watched` are values that the text does not tell and would be another
    with: of a product that is not shown because it costs too much. `language` is the one that was asked in, when the
    documents are in another.
    """

    text: str
    verdict: str
    citations: tuple[Citation, ...]
    confidence: float
    cut_down: bool = False
    facts: tuple[Told, ...] = ()
    mode: str = "extractive"
    score: float = 1.0
    flags: tuple[str, ...] = ()
    lasting: bool = True
    products: tuple[Product, ...] = ()
    watched: tuple[Told, ...] = ()
    language: str = ""
