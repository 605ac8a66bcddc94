"""Secrets become logins and keys, and their values show nowhere."""

from typing import cast

import pytest
from shopwright.database.connection import Login
from shopwright.database.secrets import key_in, login_in
from shopwright.tenancy.secretsmanager import Secret, SecretMalformed


class Held:
    """A secret that is already read."""

    def __init__(self, **values: str) -> None:
        self._values = values

    def json(self) -> dict[str, str]:
        return self._values


def secret(**values: str) -> Secret:
    return cast(Secret, Held(**values))


def test_a_login_and_a_key_are_read_from_their_secrets_and_do_not_show() -> None:
    login, key = login_in(secret(username="app", password="hunter2"))(), key_in(secret(kid="k1", key="häßlich"))()

    assert (login, key.kid, key.key) == (Login("app", "hunter2"), "k1", "häßlich".encode())
    assert "hunter2" not in repr(login)
    assert "lich" not in repr(key)


def test_a_secret_that_lacks_a_part_names_the_part_alone() -> None:
    with pytest.raises(SecretMalformed, match="password"):
        login_in(secret(username="app"))()
    with pytest.raises(SecretMalformed, match="kid"):
        key_in(secret(key="hunter2"))()
