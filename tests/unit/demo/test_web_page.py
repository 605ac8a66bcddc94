"""What the page is told, and what goes into its bucket."""

import json
import re
from typing import TYPE_CHECKING, Any, cast

import pytest
from shopwright.checkout.gateways import instrument

from local import terminal, web_page
from local.gateways.books import behaviour
from local.instruments import instruments
from local.publish import named

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OUTPUTS = {"ApiUrl": "https://api.example/live/", "PageBucket": "page"}


class Bucket:
    """Keeps what is put into it."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}

    def put_object(self, *, Bucket: str, Key: str, **given: Any) -> None:  # noqa: N803 - S3's names
        assert Bucket == "page"
        self.objects[Key] = given


@pytest.fixture
def bucket() -> Bucket:
    bucket = Bucket()
    web_page.put(cast("S3Client", bucket), OUTPUTS, {"Kitchen": "pk-kitchen"})
    return bucket


def test_the_page_is_told_where_its_api_is_and_which_shops_there_are(bucket: Bucket) -> None:
    config = json.loads(bucket.objects["config.json"]["Body"])

    assert config == {
        "api": "https://api.example/live",
        "shops": [{"name": "Kitchen", "widget_key": "pk-kitchen", "instruments": []}],
    }


def test_every_file_goes_with_its_kind_and_is_asked_for_anew(bucket: Bucket) -> None:
    kinds = {name: one["ContentType"].partition(";")[0] for name, one in bucket.objects.items()}

    assert kinds == {
        "index.html": "text/html",
        "kept.js": "text/javascript",
        "page.js": "text/javascript",
        "till.js": "text/javascript",
        "page.css": "text/css",
        "icon.svg": "image/svg+xml",
        "config.json": "application/json",
    }
    assert {one["CacheControl"] for one in bucket.objects.values()} == {"no-cache"}


def test_whatever_the_page_asks_for_is_among_its_files(bucket: Bucket) -> None:
    html = bucket.objects["index.html"]["Body"].decode()
    script = bucket.objects["page.js"]["Body"].decode()

    asked = {*re.findall(r'(?:href|src)="([^#"]+)"', html), *re.findall(r'fetch\("([^"]+)"', script)}
    assert asked == {"icon.svg", "page.css", "page.js", "config.json"}
    assert re.findall(r'from "\./([^"]+)"', script) == ["kept.js", "till.js"]


def test_nothing_in_the_page_is_inline_and_nothing_makes_markup_of_words(bucket: Bucket) -> None:
    html = bucket.objects["index.html"]["Body"].decode()
    script = "".join(bucket.objects[name]["Body"].decode() for name in ("kept.js", "page.js", "till.js"))

    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=|javascript:", html)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", script)


def test_an_operator_names_the_shops_of_the_page() -> None:
    assert named("Kitchen=pk-1, A = B=pk-2,") == {"Kitchen": "pk-1", "A = B": "pk-2"}
    assert named("") == {}


@pytest.mark.parametrize("widgets", ["pk-1", "=pk-1", "Kitchen=", "Kitchen=pk-1,x"])
def test_shops_that_are_named_wrongly_are_not_guessed_at(widgets: str) -> None:
    with pytest.raises(terminal.Stop, match="Name=key"):
        named(widgets)


def test_the_demo_offers_its_three_shops_and_what_to_pay_with_at_the_doubles_alone() -> None:
    assert len(web_page.of_the_demo()) == 3
    offered = web_page.paid_at_the_doubles()
    assert set(offered) == set(web_page.of_the_demo())
    assert all({one.does for one in paid_with} == {"pays", "declined", "asks"} for paid_with in offered.values())


def test_what_the_demo_pays_with_is_known_to_the_doubles_and_fit_for_the_shop() -> None:
    for text in {one.instrument for one in instruments("stripe")}:
        assert behaviour("stripe", instrument.of_stripe(text)) is not None
    for text in {one.instrument for one in instruments("adyen")}:
        assert behaviour("adyen", instrument.of_adyen(text, sandbox=True)["storedPaymentMethodId"]) is not None


def test_nobody_has_agreed_before_they_say_so_and_nobody_is_asked_for_a_card(bucket: Bucket) -> None:
    till = bucket.objects["till.js"]["Body"].decode()

    assert re.findall(r"checked: (\w+)", till) == ["false"]
    assert "consent: { quote_hash, nonce: quote.nonce, agreed: true }" in till
    assert set(re.findall(r'type: "(\w+)"', till)) == {"radio", "checkbox"}
    assert "<input" not in bucket.objects["index.html"]["Body"].decode()
