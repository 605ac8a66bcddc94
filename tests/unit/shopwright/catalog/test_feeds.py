"""Feeds as shops export them: every row becomes a product or a reason, and nothing in a file is run or fetched."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopwright.catalog import feeds
from shopwright.catalog.facts import Fact, Kind
from shopwright.catalog.passages import Telling
from shopwright.catalog.product import Feed, Product

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Grams,"
    "Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src\n"
    "jumper,Wool Jumper,<p>Soft &amp; warm.</p>,Larkin,Size,S,Colour,red,J-S,300,shopify,4,50.00,80.00,a.jpg\n"
    "jumper,,,,,L,,red,J-L,350,shopify,0,55.00,,\n"
    "jumper,,,,,,,,,,,,,,b.jpg\n"
    "cap,Cap,,Larkin,Title,Default Title,,,,90,,0,12.00,,\n"
)
WOOCOMMERCE = (
    "ID,Type,SKU,Name,Published,Short description,In stock?,Stock,Weight (kg),Sale price,Regular price,Parent,"
    "Attribute 1 name,Attribute 1 value(s)\n"
    "10,simple,MUG,Mug,1,Holds tea.,1,12,0.4,8.00,10.00,,,\n"
    '11,variable,HOOD,Hoodie,1,,1,,0.8,,,,Colour,"Blue, Green"\n'
    "12,variation,HOOD-B,Hoodie - Blue,1,,1,3,,,45.00,id:11,Colour,Blue\n"
    "13,variation,HOOD-G,Hoodie - Green,1,,0,0,,,47.00,HOOD,Colour,Green\n"
    "14,variation,LOST,Lost - Red,1,,1,1,,,5.00,id:99,Colour,Red\n"
)
GOOGLE = """<?xml version="1.0"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Larkin</title>
<item><g:id>T-1</g:id><g:title>Tent</g:title><g:description>For rain.</g:description><g:price>299.00 EUR</g:price>
<g:sale_price>249.00 EUR</g:sale_price><g:availability>in_stock</g:availability><g:brand>Larkin</g:brand>
<g:shipping_weight>2.4 kg</g:shipping_weight><g:link>https://larkin.example/t1</g:link></item>
<item><g:id>T-2</g:id><title>Stöve</title><g:price>free</g:price></item>
<item><g:id>T-3</g:id><title>Über-Lamp</title><g:price>19.90 EUR</g:price>
<g:availability>preorder</g:availability></item>
</channel></rss>
"""
ITEM = "<r><item><id>1</id><title>a</title><price>1</price></item></r>"
TSV = "id\ttitle\tprice\tavailability\tcolor\nA-1\tChair\t15.00 USD\tout of stock\tgreen\n"


def read(text: str, ending: str = "csv") -> Feed:
    feed = feeds.read(text, ending)
    assert feed is not None
    return feed


def told(facts: tuple[Fact, ...]) -> dict[str, object]:
    return {fact.name: (fact.amount if fact.amount is not None else fact.words, fact.unit) for fact in facts}


def one(feed: Feed, product_id: str) -> Product:
    return next(product for product in feed.products if product.id == product_id)


def test_a_shopify_export_has_its_variants_over_several_rows() -> None:
    feed = read(SHOPIFY)

    jumper, cap = feed.products
    assert (jumper.id, jumper.title, told(jumper.facts)) == ("jumper", "Wool Jumper", {"brand": ("Larkin", "")})
    small, large = jumper.variants
    assert (small.sku, small.title, small.on_hand) == ("J-S", "Wool Jumper, S, red", 4)
    assert told(small.facts) == {
        "price": (Decimal(8000), "XXX"),
        "sale_price": (Decimal(5000), "XXX"),
        "size": ("S", ""),
        "colour": ("red", ""),
        "weight": (Decimal(300), "g"),
    }
    assert (large.sku, large.on_hand, told(large.facts)["price"]) == ("J-L", 0, (Decimal(5500), "XXX"))
    assert [variant.sku for variant in cap.variants] == ["cap"]
    assert cap.variants[0].on_hand is None  # nobody tracks it: none on hand means nothing
    assert feed.refused == ()


def test_every_row_of_a_product_with_variants_reads_as_a_passage_of_its_own() -> None:
    telling = Telling(read(SHOPIFY).products)

    assert [(passage.name, passage.sku) for passage in telling.anew] == [
        ("Wool Jumper", ""),
        ("Wool Jumper, S, red", "J-S"),
        ("Wool Jumper, L, red", "J-L"),
    ]
    whole, _, large = telling.anew
    assert whole.text == (
        "name: Wool Jumper; price: 55.00 to 80.00; sale price: 50.00; size: S, L; colour: red; weight: 300 to 350 g; "
        "stock: 4; brand: Larkin; description: Soft & warm."
    )
    assert SHOPIFY[large.start : large.end].startswith("jumper,,,,,L")
    assert telling.owner(large.start, large.name) is not None
    cap = SHOPIFY.index("cap,Cap")
    assert not telling.gives_way(cap)
    owner = telling.owner(cap, "Cap")
    assert owner is not None
    assert (owner.product_id, owner.sku) == ("cap", "")
    assert telling.owner(0, "Handle") is None


def test_a_woocommerce_export_names_the_parents_of_its_variations() -> None:
    feed = read(WOOCOMMERCE)

    assert [product.id for product in feed.products] == ["10", "11"]
    mug, hoodie = feed.products
    assert told(mug.variants[0].facts) == {
        "price": (Decimal(1000), "XXX"),
        "sale_price": (Decimal(800), "XXX"),
        "availability": ("in stock", ""),
    }
    assert told(mug.facts)["weight"] == (Decimal("0.4"), "kg")
    assert [(one.sku, one.title, one.on_hand) for one in hoodie.variants] == [
        ("HOOD-B", "Hoodie - Blue", 3),
        ("HOOD-G", "Hoodie - Green", 0),
    ]
    assert [told(one.facts)["colour"] for one in hoodie.variants] == [("Blue", ""), ("Green", "")]
    assert [(refused.row, "variant" in refused.reason) for refused in feed.refused] == [(6, True)]


def test_googles_feed_is_read_as_xml_and_as_tabs() -> None:
    xml, tabs = read(GOOGLE, "xml"), read(TSV, "txt")

    tent, lamp = xml.products
    assert told(tent.variants[0].facts) == {
        "price": (Decimal(29900), "EUR"),
        "sale_price": (Decimal(24900), "EUR"),
        "availability": ("in stock", ""),
    }
    assert told(tent.facts) == {"brand": ("Larkin", ""), "weight": (Decimal("2.4"), "kg")}
    assert told(lamp.variants[0].facts)["availability"] == ("on preorder", "")
    assert [(refused.row, "“free”" in refused.reason) for refused in xml.refused] == [(2, True)]
    place = lamp.places[0]
    assert GOOGLE[place.start : place.end].startswith("<item><g:id>T-3</g:id>")
    [chair] = tabs.products
    assert told(chair.variants[0].facts) == {"price": (Decimal(1500), "USD"), "availability": ("out of stock", "")}


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ITEM.replace("a<", "&x;<"),
        '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + ITEM.replace("a<", "&b;<"),
        "<a>" * 100_000,
        "<r><item>" + "<a>" * 500 + "</a>" * 500 + "</item></r>",
        "<r><item><id>1</id>",
        "not xml",
    ],
    ids=["external entity", "expansion", "open", "deep", "cut off", "words"],
)
def test_xml_that_could_do_something_is_no_feed(text: str) -> None:
    assert feeds.read(text, "xml") is None


NESTED = {
    "shop": "Larkin",
    "currency": "GBP",
    "products": [
        {
            "id": 7,
            "title": "Laptop",
            "price": 12.5,
            "attributes": {"weight": "2 kg", "tags": ["a", "b"]},
            "reviews": [{"comment": "no"}],
        },
        {
            "id": "8",
            "title": "Tablet",
            "option_groups": "storage|colour",
            "variants": [
                {"sku": "T32", "price": "329.00", "options": "32GB|red", "stock": "3"},
                {"sku": "T64", "price": "445.00", "options": "64GB|red", "stock": 0},
                {"sku": "T64", "price": "445.00", "options": "128GB|red"},
            ],
        },
        {
            "id": 9,
            "title": "Shoe",
            "variants": [{"sku": "S", "name": "39", "prices": [["PLN", "240.000"], ["USD", "80.0"]]}],
        },
        {"id": 9, "title": "Shoe again", "price": 1},
    ],
}


@pytest.mark.parametrize("shape", ["object", "list", "lines"])
def test_json_comes_in_lists_in_lines_and_with_variants_within(shape: str) -> None:
    products = NESTED["products"]
    assert isinstance(products, list)
    text = {
        "object": json.dumps(NESTED, indent=1),
        "list": json.dumps(products),
        "lines": "\n".join(json.dumps(product) for product in products),
    }[shape]
    feed = read(text, "jsonl" if shape == "lines" else "json")

    laptop, tablet, shoe = feed.products
    unit = "GBP" if shape == "object" else "XXX"
    assert told(laptop.variants[0].facts) == {"price": (Decimal(1250), unit)}
    assert told(laptop.facts) == {"weight": (Decimal(2), "kg"), "tags": ("a, b", "")}
    assert [(one.sku, one.title, one.on_hand) for one in tablet.variants] == [
        ("T32", "Tablet, 32GB, red", 3),
        ("T64", "Tablet, 64GB, red", 0),
    ]
    assert told(tablet.variants[0].facts)["storage"] == (Decimal(32), "GB")
    assert told(shoe.variants[0].facts)["price"] == (Decimal(24000), "PLN")
    assert told(shoe.variants[0].facts)["price_usd"] == (Decimal(8000), "USD")
    assert [refused.row for refused in feed.refused] == [2, 4]
    assert json.loads(text[laptop.places[0].start : laptop.places[0].end])["title"] == "Laptop"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("P-2,,1.00,EUR,1", "This row has no title."),
        (",Pan,1.00,EUR,1", "no id and no SKU"),
        ("P-1,Pan,1.00,EUR,1", "Its id is that of row 2."),
        ("P-2,Pan,soon,EUR,1", "Its price “soon” cannot be read."),
        ("P-2,Pan,-1.00,EUR,1", "below zero"),
        ("P-2,Pan,1.299,EUR,1", "more decimals than its currency"),
        ("P-2,Pan,1.00,Taler,1", "Its currency “Taler” is none that we know."),
        ("P-2,Pan,1.00 USD,EUR,1", "another currency than the column"),
        ("P-2,Pan,1.00,EUR,a few", "Its stock “a few” is no whole number."),
        ("anna@example.com,Pan,1.00,EUR,1", "Its id is an e-mail address"),
        ("P-2,Pan,anna@example.com,EUR,1", "Its price “[email]” cannot be read."),
    ],
)
def test_a_row_that_cannot_be_read_is_told_and_costs_nothing_but_itself(row: str, reason: str) -> None:
    feed = read(f"sku,name,price,currency,stock\nP-1,Pot,9.50,EUR,3\n{row}\nP-4,Lid,2.00,EUR,1\n")

    assert [product.id for product in feed.products] == ["P-1", "P-4"]
    [refused] = feed.refused
    assert refused.row == 3
    assert reason in refused.reason


AS_OF = datetime(2026, 11, 26, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize("column", ["stock_as_of", "Stock As Of", "Inventory as of", "stockAsOf", "g:stock_as_of"])
@pytest.mark.parametrize("said", ["2026-11-26T14:30:00+01:00", "2026-11-26T13:30:00Z", "2026-11-26 13:30+00:00"])
def test_a_feed_may_say_when_its_stock_was_counted(column: str, said: str) -> None:
    table = read(f"sku,name,price,stock,{column}\nP-1,Pot,9.50,3,{said}\nP-2,Pan,8.00,1,\n")
    lines = read(json.dumps({"sku": "P-1", "name": "Pot", "price": 9.5, "stock": 3, column: said}), "jsonl")

    assert [product.variants[0].counted_at for product in (*table.products, *lines.products)] == [AS_OF, None, AS_OF]
    assert "stock_as_of" not in told(table.products[0].facts)


def test_the_time_of_a_count_stands_in_xml_and_for_all_variants_of_a_product_too() -> None:
    inner = "<id>1</id><title>a</title><price>1</price><stock>2</stock>"
    xml = read(f"<r><item>{inner}<stock_as_of>2026-11-26T13:30:00Z</stock_as_of></item></r>", "xml")
    variants = [{"sku": sku, "price": 1, "stock": 4} for sku in ("R", "B")]
    nested = {"id": "1", "title": "a", "stock_as_of": "2026-11-26T13:30:00Z", "variants": variants}

    assert xml.products[0].variants[0].counted_at == AS_OF
    assert [one.counted_at for one in read(json.dumps([nested]), "json").products[0].variants] == [AS_OF, AS_OF]


@pytest.mark.parametrize("said", ["yesterday", "2026-11-26", "2026-11-26T14:30:00", "26.11.2026 14:30", "1790000000"])
def test_a_count_of_which_nobody_can_say_when_it_was_is_refused_and_told_how_to_write_it(said: str) -> None:
    feed = read(f"sku,name,price,stock,stock_as_of\nP-1,Pot,9.50,3,\nP-2,Pan,8.00,1,{said}\n")

    assert [product.id for product in feed.products] == ["P-1"]
    assert "is no time with a zone. Write it as 2026-11-26T14:30:00Z" in feed.refused[0].reason


@pytest.mark.parametrize("priced", ["0,,", "0.00,,", "0.00,4.00,", "0.00,0.00,0.00", "0,,2.00"])
def test_what_costs_nothing_has_no_price_and_its_merchant_is_told(priced: str) -> None:
    feed = read(f"sku,name,price,compare_at_price,sale_price\nP-1,Pot,9.50,0,0.00\nP-2,Pan,{priced}\n")

    [warned] = feed.warned
    assert (warned.sku, "cannot be bought" in warned.reason) == ("P-2", True)
    assert {"price", "sale_price"} & told(one(feed, "P-2").variants[0].facts).keys() == set()
    assert told(one(feed, "P-1").variants[0].facts) == {"price": (Decimal(950), "XXX")}  # 0 before, 0 on sale: neither


def test_bulky_goods_say_what_their_delivery_costs_on_top() -> None:
    feed = read(
        "sku,name,price,currency,Delivery Surcharge\nT-1,Bell tent,499,EUR,19.00\nT-2,Peg,4,EUR,\nT-3,Mat,9,EUR,0\n"
    )
    nested = {"id": "S", "title": "Sofa", "currency": "EUR", "delivery_surcharge": 49, "variants": [
        {"sku": "S-1", "price": 500}, {"sku": "S-2", "price": 700, "delivery_surcharge": "79.00 EUR"}]}  # fmt: skip
    sofa = read(json.dumps([nested]), "json").products[0]

    def surcharges(product: Product) -> list[object]:
        shared = told(product.facts).get("delivery_surcharge")
        return [told(one.facts).get("delivery_surcharge", shared) for one in product.variants]

    assert [surcharges(product) for product in feed.products] == [[(Decimal(1900), "EUR")], [None], [None]]
    assert surcharges(sofa) == [(Decimal(4900), "EUR"), (Decimal(7900), "EUR")]
    refused = read("sku,name,price,delivery surcharge\nT-1,Tent,4,much\nT-2,Peg,4,\n").refused
    assert "Its delivery surcharge “much” cannot be read." in refused[0].reason


def test_one_feed_has_one_way_to_write_decimals() -> None:
    german = read("sku;name;preis\nA;Topf;1.299\nB;Deckel;12,50\nC;Herd;1.299,00\n")
    unclear = read("sku;name;preis\nA;Topf;1.299\nB;Deckel;12\n")

    assert [told(product.variants[0].facts)["price"] for product in german.products] == [
        (Decimal(129900), "XXX"),
        (Decimal(1250), "XXX"),
        (Decimal(129900), "XXX"),
    ]
    assert [product.id for product in unclear.products] == ["B"]
    assert "two ways" in unclear.refused[0].reason


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        ("question,answer,topic\nDo you ship?,Yes.,delivery\n", "csv"),
        ("zone,name,price\nEU,Parcel,5.90\n", "csv"),  # a table of charges: nothing in it has an id
        ('[{"question": "Do you ship?", "answer": "Yes."}]', "json"),
        ('{"id": 1, "title": "A page", "text": "words"}', "json"),
        ("[[[[", "json"),
        ("[" * 100_000, "json"),
        ("", "csv"),
        ("sku,name,price\n", "csv"),
        ("<html><body>sku,name,price</body></html>", "html"),
    ],
)
def test_what_names_no_products_is_no_feed(text: str, ending: str) -> None:
    assert feeds.read(text, ending) is None


def test_personal_data_in_a_feed_are_masked_and_codes_survive() -> None:
    feed = read(
        "sku,name,price,ean,maker\n4000417025005,Pan of anna@example.com,9.00,4006381333931,call +49 30 901820\n"
    )

    [pan] = feed.products
    assert (pan.id, pan.title) == ("4000417025005", "Pan of [email]")
    assert told(pan.facts) == {"gtin": ("4006381333931", ""), "maker": ("call [phone]", "")}


def test_a_sale_of_some_days_is_not_told_as_if_it_were_for_ever() -> None:
    feed = read("id,title,price,sale price,sale price effective date\nA,Pan,9 EUR,7 EUR,2020-01-01/2020-01-02\n")

    assert told(feed.products[0].variants[0].facts) == {"price": (Decimal(900), "EUR")}


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=6), mark=st.sampled_from(",;\t|"))
def test_whatever_stands_in_the_cells_each_row_is_a_product_or_a_reason(rows: list[list[str]], mark: str) -> None:
    header = ["handle", "title", "price", "sku", "stock", "size"]
    quoted = [[f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row] for row in rows]
    text = "\n".join(mark.join(row) for row in [header, *quoted])
    feed = feeds.read(text, "csv")

    if feed is None:
        assert not any(cell.strip() for row in rows for cell in row)
        return
    held = [number for number, row in enumerate(rows, start=2) if any(cell.strip() for cell in row)]
    told_of = {refused.row for refused in feed.refused} | {product.row for product in feed.products}
    placed = sum(len(product.places) for product in feed.products)
    assert len(feed.refused) + placed >= len(held)
    assert told_of <= set(held)
    for product in feed.products:
        assert product.variants
        assert len({variant.sku for variant in product.variants}) == len(product.variants)
        for fact in (*product.facts, *(fact for variant in product.variants for fact in variant.facts)):
            assert (fact.amount is None) != (fact.words is None)
            assert fact.kind in Kind
            assert "\0" not in (fact.words or "")
        shared = {fact.name for fact in product.facts}
        assert not shared & {fact.name for variant in product.variants for fact in variant.facts}


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["id", "title", "price", "variants", "options", "stock", "x"]), inner, max_size=5
            ),
        ),
        max_leaves=25,
    )
)
def test_no_json_is_too_odd_to_be_read_or_left(value: object) -> None:
    for text in (json.dumps(value), json.dumps([value, {"id": "1", "title": "Pan", "price": "1.00"}])):
        feed = feeds.read(text, "json")
        assert feed is None or len({product.id for product in feed.products}) == len(feed.products)


@pytest.mark.parametrize("kind", ["", "<!DOCTYPE r>", '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">'])
def test_the_same_xml_without_entities_is_a_feed(kind: str) -> None:
    assert [product.id for product in read(kind + ITEM, "xml").products] == ["1"]
