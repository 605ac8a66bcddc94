"""How a client of AWS's SDK is made that asks once: changes when what all such clients have in common does.

It never tries again by itself: whoever asks knows what is left of the deadline, and whether the same again makes sense.
"""

from typing import Any

from shopwright.tenancy.credentials import Credentials


def asks_once(
    credentials: Credentials, endpoint: str | None, region: str | None, *, connect_s: float, read_s: float
) -> dict[str, Any]:
    """What `boto3.client` is given beside the service's name. Without an endpoint AWS's own, without a region the
    environment's."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    from botocore.config import Config

    return {
        "endpoint_url": endpoint,
        "region_name": region,
        "config": Config(
            connect_timeout=connect_s, read_timeout=read_s, retries={"total_max_attempts": 1, "mode": "standard"}
        ),
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key,
        "aws_session_token": credentials.session_token,
    }
