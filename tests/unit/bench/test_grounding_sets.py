"""The claims that the checker is held to: enough, balanced, the same each time, and about what the shops say."""

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from shopwright.documents.parse.formats import read

from bench import grounding_shop
from local.merchants import DEMO

HAND = tomllib.loads((Path(grounding_shop.__file__).parent / "grounding_hand.toml").read_text("utf-8"))["sources"]
MADE = grounding_shop.shop_claims()


def plain(text: str) -> str:
    """Letters and digits in their order: a page's white space and a feed's separators are nobody's claim."""
    return re.sub(r"\W+", " ", text)


def shown(document: str) -> str:
    shop, _, name = document.partition("/")
    data = (DEMO / shop / "documents" / name).read_bytes()
    return plain(" ".join(block.text for block in read(data, name).blocks))


def test_the_made_claims_are_many_and_as_many_true_as_false_in_every_shop() -> None:
    counted = Counter((claim.shop, claim.supported) for claim in MADE)

    assert len(MADE) >= 400
    assert len(counted) == 6
    assert len(set(counted.values())) == 1
    assert len({(claim.text, claim.source) for claim in MADE}) == len(MADE)


def test_every_kind_of_mistake_is_among_the_false_ones() -> None:
    kinds = {claim.kind for claim in MADE if not claim.supported}

    assert kinds == {"number", "unit", "currency", "negation", "direction", "entity"}


def test_the_same_claims_are_made_each_time_and_others_by_another_chance() -> None:
    assert grounding_shop.shop_claims(each=10) == grounding_shop.shop_claims(each=10)
    assert grounding_shop.shop_claims(each=10) != grounding_shop.shop_claims(each=10, seed=1)


def test_a_hundred_claims_were_written_by_hand_half_of_them_true() -> None:
    assert sum(len(source["supported"]) for source in HAND) == 50
    assert sum(len(source["unsupported"]) for source in HAND) == 50


@pytest.mark.parametrize("source", HAND, ids=[source["title"] for source in HAND])
def test_what_a_hand_written_claim_cites_stands_in_the_shops_own_file(source: dict[str, str]) -> None:
    assert plain(source["text"]) in shown(source["document"])
