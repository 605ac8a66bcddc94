"""Every failure we name, grouped by what the caller can do about it.

    ShopwrightError
    ├── Invalid       change the request          422
    ├── Denied        ask someone else            403
    ├── NotFound      look elsewhere              404
    ├── Conflict      read again, then retry      409
    ├── Declined      choose another way to pay   402
    ├── Exhausted     wait                        429
    └── Unavailable   retry; it is not your fault 503

Capabilities subclass a kind next to the code that raises it. HTTP maps the
kind (`runtime.http`); Step Functions matches the concrete class name.
"""


class ShopwrightError(Exception):
    """A failure with a name. Its message is safe to show to whoever asked."""


class Invalid(ShopwrightError):
    """The request cannot be met as it stands; the message says what to change."""


class Denied(ShopwrightError):
    """We know who is asking, and this is not theirs to ask."""


class NotFound(ShopwrightError):
    """There is no such thing, or none that the caller may know of: the two look the same."""


class Conflict(ShopwrightError):
    """The thing has changed since the caller read it."""


class Declined(ShopwrightError):
    """The payment was refused."""


class Exhausted(ShopwrightError):
    """A limit is reached; waiting helps."""

    retry_after_s: int = 1


class Unavailable(ShopwrightError):
    """A dependency did not answer. Trying again is safe."""

    retry_after_s: int = 2
