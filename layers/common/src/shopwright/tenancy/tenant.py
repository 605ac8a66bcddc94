"""The merchant on whose behalf everything happens."""

import re
from dataclasses import dataclass

from shopwright.errors import Invalid

_PATTERN = re.compile(r"[a-z0-9][a-z0-9-]{1,38}[a-z0-9]")


class NotAMerchant(Invalid):
    """The text cannot be a merchant id."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """One merchant. Made only from a verified claim, a stored row, or an object key that only we can have signed."""

    merchant_id: str

    def __post_init__(self) -> None:
        if not isinstance(self.merchant_id, str) or not _PATTERN.fullmatch(self.merchant_id):
            raise NotAMerchant("A merchant id is 3 to 40 lower-case letters, digits and inner hyphens.")

    def __str__(self) -> str:
        return self.merchant_id
