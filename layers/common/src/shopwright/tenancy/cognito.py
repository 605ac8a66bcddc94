"""Cognito: anonymous users for guests, and the end of a user's sessions."""

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from shopwright.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

_PASSING = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "InternalErrorException",
        "InternalError",
        "UserLambdaValidationException",
        "UnexpectedLambdaException",
        "ThrottlingException",
    }
)


# Of an anonymous user: another request for the same one runs at this moment.
_TAKEN = frozenset({"NotAuthorizedException", "UserNotFoundException"})


class IdentityUnavailable(Unavailable):
    """Cognito did not answer, or asked us to slow down."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, fresh from Cognito."""

    access_token: str = field(repr=False)
    expires_in: int


def client() -> "CognitoIdentityProviderClient":
    """A client with our time limits; region and address come from the environment.

    A guest takes four calls, and the pre-token trigger runs inside the last: 8 s is their whole deadline.
    """
    # Imported here and not above: the SDK takes longer to import than most of our functions do without it.
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=0.5, read_timeout=4.0, retries={"total_max_attempts": 2, "mode": "standard"})
    return boto3.client("cognito-idp", config=config)


class Identities:
    """The users of one pool."""

    def __init__(
        self, pool: str, *, guest_client: str | None = None, cognito: "CognitoIdentityProviderClient | None" = None
    ) -> None:
        self._pool = pool
        self._guest_client = guest_client
        self._cognito = cognito or client()

    def anonymous(self, username: str) -> Token:
        """A token for a user who has no name, no address and no way to sign in again: a new one, or one of before.

        The user is removed as soon as the token exists: the token is checked by its signature and by our members row,
        never against the user, and a pool that keeps every visitor grows for ever.
        """
        if self._guest_client is None:
            raise LookupError("These identities were made without a client for guests.")
        password = f"{secrets.token_urlsafe(32)}aA1!"
        try:
            self._create(username, password)
            try:
                self._cognito.admin_set_user_password(
                    UserPoolId=self._pool, Username=username, Password=password, Permanent=True
                )
                result = self._cognito.admin_initiate_auth(
                    UserPoolId=self._pool,
                    ClientId=self._guest_client,
                    AuthFlow="ADMIN_USER_PASSWORD_AUTH",
                    AuthParameters={"USERNAME": username, "PASSWORD": password},
                )["AuthenticationResult"]
            finally:
                self._cognito.admin_delete_user(UserPoolId=self._pool, Username=username)
        except (BotoCoreError, ClientError) as cause:
            if _passes(cause) or _code(cause) in _TAKEN:
                raise _unavailable() from cause
            raise
        return Token(result["AccessToken"], result["ExpiresIn"])

    def _create(self, username: str, password: str) -> None:
        """Make the user; one that is there was left behind when its removal failed."""
        try:
            self._cognito.admin_create_user(
                UserPoolId=self._pool, Username=username, TemporaryPassword=password, MessageAction="SUPPRESS"
            )
        except ClientError as cause:
            if _code(cause) != "UsernameExistsException":
                raise

    def sign_out(self, username: str) -> None:
        """Revoke the user's refresh tokens. A user who is gone (a guest) has none."""
        try:
            self._cognito.admin_user_global_sign_out(UserPoolId=self._pool, Username=username)
        except (BotoCoreError, ClientError) as cause:
            if _code(cause) == "UserNotFoundException":
                return
            if _passes(cause):
                raise _unavailable() from cause
            raise


def _code(cause: Exception) -> str:
    return cause.response.get("Error", {}).get("Code", "") if isinstance(cause, ClientError) else ""


def _passes(cause: BotoCoreError | ClientError) -> bool:
    """Whether trying again may help; anything else is a mistake in the product and stays what it is."""
    if not isinstance(cause, ClientError) or _code(cause) in _PASSING:
        return True
    return cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500


def _unavailable() -> IdentityUnavailable:
    return IdentityUnavailable("Signing in does not work at the moment. Please try again.")
