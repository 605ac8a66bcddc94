"""A receipt, as a page and as a PDF, in the shop's name and colour: changes when a receipt has to say something else.

Both say the same. What the shop and its catalog wrote is text in them and nothing else; money is written by `Money`, in
the currency's own decimals. The PDF's letters are FiraGO's (Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Devanagari);
what it has no letter for is shown as a box there, and is whole in the page.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from shopwright.checkout.order import Order
from shopwright.errors import Conflict, NotFound
from shopwright.money import Money
from shopwright.tenancy.branding import Branding

if TYPE_CHECKING:
    from fpdf import FPDF
    from jinja2 import Environment

_FONT, _MARGIN_MM = "FiraGO", 18
_LONGEST_WORD = 30  # characters: a longer one is broken, so that it stays in its column
_GREY = (107, 114, 128)
# How letters join and are set closer, in a font: letters are put one after the other here, and to carry these through
# the choice of the letters that are used took two thirds of a receipt's time.
_LAYOUT = ("GDEF", "GPOS", "GSUB")


class ReceiptNotWritten(NotFound):
    """The order has no receipt: it is not paid, or was a moment ago."""

    def __init__(self) -> None:
        super().__init__("There is no receipt for this order yet. A paid order has one within minutes.")


class NothingToReceipt(Conflict):
    """What was told of the order is not that it was paid or refunded."""

    def __init__(self) -> None:
        super().__init__("Only a payment or its refund is given a receipt.")


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One line of an order. Amounts include tax."""

    title: str
    sku: str
    quantity: int
    unit: Money
    total: Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was bought and paid. `tax` is included in `total`; `paid_by` names the way and never the instrument."""

    order_id: str
    paid_at: datetime
    branding: Branding
    lines: tuple[ReceiptLine, ...]
    goods: Money
    delivery: Money
    tax: Money
    total: Money
    paid_by: str
    refunded_at: datetime | None = None
    surcharge: Money | None = None  # for bulky goods, on top of delivery

    @property
    def sums(self) -> tuple[tuple[str, Money, bool], ...]:
        """What is written under the lines, and whether it is what was paid, or given back."""
        return (
            ("Goods", self.goods, False),
            ("Delivery", self.delivery, False),
            *((("Delivery of bulky goods", self.surcharge, False),) if self.surcharge else ()),
            ("Total paid", self.total, True),
            ("of which tax", self.tax, False),
            *((("Given back", self.total, True),) if self.refunded_at else ()),
        )

    @property
    def times(self) -> tuple[tuple[str, datetime], ...]:
        """What happened to the money, and when."""
        return (("Paid", self.paid_at), *((("Refunded", self.refunded_at),) if self.refunded_at else ()))


def receipt_for(order: Order, *, paid_at: datetime, branding: Branding, refunded_at: datetime | None = None) -> Receipt:
    """What the shopper agreed to, paid, and perhaps got back, by the order's own terms."""

    def money(minor: int) -> Money:
        return Money(minor, order.total.currency)

    return Receipt(
        order_id=order.id,
        paid_at=paid_at,
        branding=branding,
        lines=tuple(
            ReceiptLine(line.title, line.sku, line.quantity, money(line.unit_minor), money(line.total_minor))
            for line in order.lines
        ),
        goods=money(order.total.minor - order.delivery_minor),
        delivery=money(order.delivery_minor - order.surcharge_minor),
        surcharge=money(order.surcharge_minor) if order.surcharge_minor else None,
        tax=money(order.tax_minor),
        total=order.total,
        paid_by=order.payment.gateway.capitalize(),
        refunded_at=refunded_at,
    )


def html(receipt: Receipt) -> str:
    """One page, with its style in it, and no script and nothing from elsewhere."""
    page: str = _environment().get_template("receipt.html").render(receipt=receipt)
    return page


def pdf(receipt: Receipt) -> bytes:
    """A4, as many pages as the lines need."""
    page = _page(receipt)
    brand = receipt.branding
    page.set_text_color(*_rgb(brand.colour))
    page.set_font(_FONT, "B", 20)
    page.multi_cell(0, 10, _broken(brand.name), new_x="LMARGIN", new_y="NEXT")
    page.set_text_color(*_GREY)
    page.set_font(_FONT, "", 9)
    for line in _who(brand):
        page.multi_cell(0, 4.5, _broken(line), new_x="LMARGIN", new_y="NEXT")
    page.ln(8)
    page.set_text_color(0)
    page.set_font(_FONT, "B", 13)
    page.cell(0, 7, "Receipt", new_x="LMARGIN", new_y="NEXT")
    page.set_font(_FONT, "", 9)
    for name, said in (
        ("Order", receipt.order_id),
        *((name, f"{at:%Y-%m-%d %H:%M} UTC") for name, at in receipt.times),
        ("By", receipt.paid_by),
    ):
        page.cell(22, 5, name)
        page.multi_cell(0, 5, _broken(said), new_x="LMARGIN", new_y="NEXT")
    page.ln(5)
    with page.table(
        col_widths=(52, 10, 19, 19), text_align=("LEFT", "RIGHT", "RIGHT", "RIGHT"), line_height=5.5, padding=1
    ) as table:
        for row in (
            ("Article", "Pieces", "Each", "Together"),
            *(
                (f"{line.title}\n{line.sku}", str(line.quantity), str(line.unit), str(line.total))
                for line in receipt.lines
            ),
        ):
            cells = table.row()
            for cell in row:
                cells.cell("\n".join(map(_broken, cell.split("\n"))))
    page.ln(4)
    for name, amount, paid in receipt.sums:
        page.set_font(_FONT, "B" if paid else "", 11 if paid else 9)
        page.cell(page.epw - 45, 6, name, align="RIGHT")
        page.cell(45, 6, str(amount), align="RIGHT", new_x="LMARGIN", new_y="NEXT")
    if brand.terms:
        page.ln(6)
        page.set_text_color(*_GREY)
        page.set_font(_FONT, "", 8)
        page.multi_cell(0, 4, _broken(brand.terms), new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def _page(receipt: Receipt) -> "FPDF":
    # Imported here and not above: who only reads an order pays nothing for it.
    from fpdf import FPDF

    page = FPDF(format="A4")
    page.set_creation_date(receipt.times[-1][1])  # the same receipt is the same bytes, whenever it is made
    page.set_title(f"Receipt {receipt.order_id}")
    page.set_author(receipt.branding.name)
    page.set_margin(_MARGIN_MM)
    page.set_auto_page_break(auto=True, margin=_MARGIN_MM)
    for style, font in _fonts().items():
        page.add_font(_FONT, style, font)
    page.add_page()
    return page


def _who(brand: Branding) -> Iterator[str]:
    yield from (said for said in (brand.legal_name, *brand.address) if said)
    yield from (said for said in (brand.email, brand.website) if said)
    if brand.tax_id:
        yield f"Tax id {brand.tax_id}"


def _broken(text: str) -> str:
    """With places to break in words that no column holds."""
    return " ".join(
        " ".join(word[at : at + _LONGEST_WORD] for at in range(0, len(word), _LONGEST_WORD)) for word in text.split(" ")
    )


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@cache
def _fonts() -> dict[str, Path]:
    """Style → file. They come packed in a package, and the maker of PDFs wants files."""
    from fontTools.ttLib import TTFont
    from pymupdf_fonts import myfont

    folder = Path(tempfile.mkdtemp(prefix="fonts-"))
    found = {}
    for style, name in (("", "figo"), ("B", "figbo")):
        found[style] = folder / f"{name}.ttf"
        font = TTFont(BytesIO(myfont(name)), recalcTimestamp=False)
        for table in _LAYOUT:
            del font[table]
        font.save(found[style])
    return found


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(lambda name: files("shopwright.checkout").joinpath(name).read_text("utf-8")),
        undefined=StrictUndefined,
        autoescape=True,
    )
