"""A user pool in memory. It passes the contract tests of the real one (test_cognito.py)."""

from collections.abc import Callable

from shopwright.tenancy.cognito import Identities, IdentityUnavailable, Token


class FakeIdentities(Identities):
    """Remembers whom it let in and whom it sent away; `down = True` makes it a pool that does not answer.

    `meanwhile` is what somebody else does, once, while it makes a token.
    """

    def __init__(self) -> None:
        self.welcomed: list[str] = []
        self.signed_out: list[str] = []
        self.down = False
        self.meanwhile: Callable[[], None] | None = None

    def anonymous(self, username: str) -> Token:
        self._answer()
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self.welcomed.append(username)
        return Token(access_token=f"token-of-{username}", expires_in=900)

    def sign_out(self, username: str) -> None:
        self._answer()
        self.signed_out.append(username)

    def _answer(self) -> None:
        if self.down:
            raise IdentityUnavailable("Signing in does not work at the moment. Please try again.")
