"""A sample event, addressed to the laptop's own cloud. It changes when samples name another thing that differs there.

The samples in events/ stand for any deployment: made-up people and a made-up bucket. A real cloud rightly refuses
those, so that an event run by hand gets the claims of the demo shop's own member and the names of its own resources.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from local import merchants

BUCKET = "shopwright-dev-documents"

Event = dict[str, Any]


def address(event: Event, outputs: Mapping[str, str], token: Callable[[str, merchants.Role], str]) -> Event:
    """The event as this cloud would have made it. `token` signs in a role of a demo shop; others stay as they are."""
    text = json.dumps(event).replace(BUCKET, outputs["DocumentsBucket"])
    addressed = cast(Event, json.loads(text))
    authorizer = (addressed.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    if claims.get("merchant_id") in {shop.id for shop in merchants.shops()}:
        authorizer["claims"] = _claims(token(claims["merchant_id"], claims["role"]))
    return addressed


def _claims(token: str) -> dict[str, str]:
    """What the token says, as API Gateway hands it on: every value a string."""
    body = token.split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
