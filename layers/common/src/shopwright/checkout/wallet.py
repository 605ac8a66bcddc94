"""Where what pays an order is kept: changes when something more of a payment must be in nobody's sight.

A gateway's token, what a bank asks a shopper, and what their browser brings back lie in the vault, in a drawer of
their own and in the shopper's name: they go when the shopper is erased. Everywhere else stands only the vault's name.
"""

import json
from collections.abc import Mapping

from shopwright.checkout.gateways import Challenge
from shopwright.privacy.redact import Kind
from shopwright.privacy.vault import Vault, subject
from shopwright.tenancy.tenant import Tenant


class Wallet:
    """The payments' drawer of the vault."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep(self, tenant: Tenant, whose: str, value: str) -> str:
        """The vault's name for a value: the same for the same value of the same shopper."""
        return self._vault.keeper(tenant, subject(whose))(Kind.SECRET, value)

    def reveal(self, tenant: Tenant, name: str) -> str:
        """What a name stands for."""
        return self._vault.restore(tenant, name).value

    def keep_challenge(self, tenant: Tenant, whose: str, challenge: Challenge) -> str:
        """What the shopper has to do."""
        return self.keep(tenant, whose, json.dumps({"url": challenge.url, "token": challenge.token}))

    def challenge(self, tenant: Tenant, name: str) -> Challenge:
        """What the shopper has to do, for them alone."""
        return Challenge(**json.loads(self.reveal(tenant, name)))

    def keep_proof(self, tenant: Tenant, whose: str, proof: Mapping[str, str]) -> str:
        """What the shopper's browser brought back."""
        return self.keep(tenant, whose, json.dumps(dict(proof), sort_keys=True))

    def proof(self, tenant: Tenant, name: str) -> Mapping[str, str]:
        """What a gateway is shown of it."""
        return {str(key): str(value) for key, value in json.loads(self.reveal(tenant, name)).items()}
