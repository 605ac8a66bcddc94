"""The page, and how it gets into its bucket; changes when what the page has to be told does."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from local import merchants, places
from local.instruments import Instrument, instruments

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILES = places.ROOT / "web"
CONFIG = "config.json"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}


def put(
    s3: "S3Client",
    outputs: Mapping[str, str],
    shops: Mapping[str, str],
    paid_with: Mapping[str, Sequence[Instrument]] = MappingProxyType({}),
) -> list[str]:
    """Every file of the page, where its API and its shops are (name → widget key), and the test instruments that may be
    paid with at a shop; the names of the files."""
    config = {
        "api": outputs["ApiUrl"].rstrip("/"),
        "shops": [
            {
                "name": name,
                "widget_key": key,
                "instruments": [{"name": one.name, "instrument": one.instrument} for one in paid_with.get(name, ())],
            }
            for name, key in shops.items()
        ],
    }
    files = {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in TYPES}
    files[CONFIG] = json.dumps(config, ensure_ascii=False, indent=1).encode()
    for name, content in files.items():
        s3.put_object(
            Bucket=outputs["PageBucket"],
            Key=name,
            Body=content,
            ContentType=TYPES[name[name.rindex(".") :]],
            CacheControl="no-cache",  # asked for anew each time: who has published sees it
        )
    return list(files)


def of_the_demo() -> dict[str, str]:
    """The demo's shops and their widgets' keys."""
    return {shop.name: shop.widget_key for shop in merchants.shops()}


def paid_at_the_doubles() -> dict[str, tuple[Instrument, ...]]:
    """What the demo's shoppers may pay with, by shop."""
    return {shop.name: instruments(shop.gateway) for shop in merchants.shops()}
