"""What the database's two secrets hold: changes when their form does."""

from collections.abc import Callable

from shopwright.database.connection import Login
from shopwright.tenancy.passport import SigningKey
from shopwright.tenancy.secretsmanager import Secret, SecretMalformed


def login_in(secret: Secret) -> Callable[[], Login]:
    """The login that a secret `{"username", "password"}` holds, read anew whenever a connection is opened."""

    def login() -> Login:
        held = secret.json()
        try:
            return Login(held["username"], held["password"])
        except KeyError as missing:
            raise SecretMalformed(f"The database secret lacks {missing}.") from None

    return login


def key_in(secret: Secret) -> Callable[[], SigningKey]:
    """The signing key that a secret `{"kid", "key"}` holds; the key is the text's UTF-8."""

    def key() -> SigningKey:
        held = secret.json()
        try:
            return SigningKey(held["kid"], held["key"].encode())
        except KeyError as missing:
            raise SecretMalformed(f"The tenant key secret lacks {missing}.") from None

    return key
