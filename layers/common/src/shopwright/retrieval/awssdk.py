"""How AWS's SDK is asked for passages: changes when how long it may take, or how it fails, does."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from shopwright.resilience.deadline import Deadline
from shopwright.resilience.within import Silent, within
from shopwright.retrieval.outside import SourceMalformed, SourceRefused, SourceStalled, SourceUnavailable
from shopwright.tenancy.credentials import Credentials
from shopwright.tenancy.vended.awssdk import asks_once

_CONNECT_S, _READ_S = 0.5, 2.0
_DOWN = frozenset(
    {
        *("", "InternalServerException", "ServiceUnavailableException", "ThrottlingException"),
        *("BadGatewayException", "DependencyFailedException"),
    }
)


def client(service: str, credentials: Credentials, endpoint: str | None, region: str | None) -> Any:
    """A client that never tries again by itself."""
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3

    made: Any = boto3.client(  # type: ignore[call-overload]  # the name is a variable, and there are no stubs
        service, **asks_once(credentials, endpoint, region, connect_s=_CONNECT_S, read_s=_READ_S)
    )
    return made


def asked(call: Callable[[], Mapping[str, Any]], deadline: Deadline) -> Mapping[str, Any]:
    """What the SDK gives, no later than the deadline, with its failures by our names. It is called in a thread of its
    own, since its socket waits as long as the client was told to and knows no deadline."""
    try:
        (given,) = within(lambda: iter((call(),)), deadline, silence_s=deadline.left_s() + 1)
    except (Silent, ReadTimeoutError) as cause:
        raise SourceStalled from cause
    except ClientError as cause:
        kind = str(cause.response.get("Error", {}).get("Code", ""))
        raise (SourceUnavailable() if kind in _DOWN or kind.isdigit() else SourceRefused(kind)) from cause
    except ParamValidationError as cause:
        raise SourceRefused("ParamValidation") from cause
    except (ResponseParserError, ValueError, AttributeError, TypeError, KeyError) as cause:
        raise SourceMalformed from cause  # the SDK's parser trips over what has another shape than it was told
    except BotoCoreError as cause:
        raise SourceUnavailable from cause
    return given
