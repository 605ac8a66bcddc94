"""How a shop can be reached, as it shows itself: changes when shoppers ask for it in other words.

Pages are asked first. Where they do not say it, the merchant's own branding may: it is put there by an operator, and is
public.
"""

from shopwright.grounding.wording import wording
from shopwright.orchestrator.beside import says
from shopwright.privacy.redact import without_masks
from shopwright.tenancy.branding import Branding


def asked(message: str) -> bool:
    """Does a message ask how the shop can be reached?"""
    return bool(says("reach", "asks").search(without_masks(message)))  # a masked "[address]" asks for none


def told(message: str, branding: Branding | None, locale: str = "en") -> str | None:
    """How it can be reached; None: nobody has said."""
    reach = wording(locale).reach
    if branding is None:
        return None
    ways = [reach["email"].format(email=branding.email)] if branding.email else []
    ways += [reach["website"].format(website=branding.website)] if branding.website else []
    if branding.address and (says("reach", "post").search(without_masks(message)) or not ways):
        ways.append(reach["address"].format(address=", ".join(branding.address)))
    return reach["by"].format(name=branding.name, ways=reach["or"].join(ways)) if ways else None
