"""How a merchant shows itself to shoppers: changes when a receipt or a page has to say more of who sells.

Put there by an operator (`make merchant`), read wherever a shopper is shown something in the merchant's name. Nothing
in it is secret: the public key is the one that the gateway's form in a shopper's browser works with.
"""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shopwright.errors import Conflict

_Text = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]


def _reachable(address: str) -> str:
    parts = urlsplit(address)
    if not parts.hostname or parts.port == 0:
        raise ValueError("a website's address has a host, and a port from 1 to 65535 if any")
    return address


_Address = Annotated[str, Field(max_length=200, pattern=r"^https?://[^\s<>\"']+$"), AfterValidator(_reachable)]


class BrandingMissing(Conflict):
    """Nobody has said yet in whose name the shop speaks."""

    def __init__(self) -> None:
        super().__init__("The shop has no branding yet. An operator puts it there with make merchant.")


class Branding(BaseModel):
    """Name, colour and who answers for the shop. What is missing is not shown."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Text
    legal_name: _Text | None = None
    address: tuple[_Text, ...] = Field(default=(), max_length=6)
    email: Annotated[str, Field(max_length=200, pattern=r"^[^@\s<>]+@[^@\s<>]+$")] | None = None
    website: _Address | None = None
    sites: tuple[_Address, ...] = Field(default=(), max_length=10)  # where else the shop has pages that shoppers pay on
    tax_id: _Text | None = None
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")] = "#1f2937"
    locale: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] = "en-GB"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    terms: Annotated[str, Field(max_length=500)] = ""  # under a receipt: returns, warranty


class Shopfront(BaseModel):
    """The branding, and how the shop is paid: which gateway, and the public key of its form. None: it is not yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    branding: Branding
    gateway: Literal["stripe", "adyen"] | None = None
    public_key: Annotated[str, Field(max_length=300, pattern=r"^[!-~]*$")] = ""
