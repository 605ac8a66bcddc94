"""A name means the products that are called so, and no others."""

from shopwright.orchestrator import kinds

from tests.unit.shopwright.orchestrator.shelf import item


def test_names_that_share_words_are_told_apart() -> None:
    buds, pro, sand = item("Murmur Buds"), item("Murmur Buds Pro"), item("Murmur Buds, Sand")

    assert kinds.apart([(buds, pro), (pro,)]) == [(buds,), (pro,)]
    assert kinds.apart([(sand, buds)]) == [(buds,)]
    skillets = (item("Skillet 20 cm"), item("Skillet 30 cm"))
    assert kinds.apart([skillets]) == [skillets]
