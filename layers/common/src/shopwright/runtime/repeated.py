"""The header by which a request that is sent again is known: changes when its form does."""

from aws_lambda_powertools.event_handler.openapi.params import Header

from shopwright.checkout.cart import MAX_REQUEST_ID


def idempotency_key(description: str) -> Header:
    """It, for a route; `description` says what it does there."""
    return Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=MAX_REQUEST_ID,
        pattern="^[A-Za-z0-9_-]+$",
        description=description,
    )
