"""No product of the demo's shops loses its name on its way in."""

from pathlib import PurePosixPath

import ingest_parse
import pytest
from shopwright.catalog import feeds
from shopwright.documents.parse import formats
from shopwright.documents.parse.decode import decode
from shopwright.privacy.redactor import Use, redactor

from local.merchants import DEMO


@pytest.mark.parametrize(
    ("feed_of", "products"),
    [
        ("outdoor/documents/catalog.csv", 102),
        ("kitchen/documents/catalog.json", 106),
        ("electronics/documents/catalog.csv", 103),
    ],
)
def test_every_product_of_a_demo_shop_keeps_its_name_in_its_passage(feed_of: str, products: int) -> None:
    data, name = (DEMO / feed_of).read_bytes(), PurePosixPath(feed_of)
    feed = feeds.read(decode(data), name.suffix)
    chunks, told = ingest_parse.cut(
        formats.read(data, name.name), feed, "d-" + "a" * 20, lambda text: len(text.split())
    )
    assert feed is not None
    assert told is not None
    titles = {product.id: product.title for product in feed.products}
    kept = {
        owner.product_id
        for chunk in chunks
        if (owner := told.owners.get(chunk.id))
        and titles[owner.product_id] in redactor(Use.RECORD).mask(chunk.content).text
    }

    assert len(titles) == products
    assert kept == titles.keys()
