"""This file changes when what MiniStack's Cognito says about a failed pre-token trigger differs from what AWS says.

MiniStack answers 500 with the trigger's exception and stack in it, and `/oauth2/token` an empty 500.
"""

import json
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import cognito

FAILED = "PreTokenGeneration failed with error; the trigger's log says which."


class TriggerFailed(Exception):
    """The pre-token trigger did not answer, so there is no token."""


def install() -> None:
    native_trigger, native_dispatch, native_token = (
        cognito._apply_pretoken_trigger,
        cognito._dispatch_idp,
        cognito.handle_oauth2_token,
    )

    def trigger(*arguments: Any, **more: Any) -> Any:
        try:
            return native_trigger(*arguments, **more)
        except Exception as failure:
            raise TriggerFailed(FAILED) from failure

    async def dispatch(action: str, data: dict[str, Any]) -> Any:
        try:
            return await native_dispatch(action, data)
        except TriggerFailed:
            return error_response_json("UserLambdaValidationException", FAILED, 400)

    async def token(*arguments: Any) -> Any:
        try:
            return await native_token(*arguments)
        except TriggerFailed:
            body = {"error": "invalid_request", "error_description": FAILED}
            return 400, {"Content-Type": "application/json"}, json.dumps(body).encode()

    cognito._apply_pretoken_trigger = trigger
    cognito._dispatch_idp = dispatch
    cognito.handle_oauth2_token = token
