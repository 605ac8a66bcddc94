"""How a function that moves money comes by all it needs: changes when such a function must be told more.

Everything heavy is loaded when a desk is made, not when this is imported.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Never

from shopwright.runtime.database import TenantSettings
from shopwright.runtime.settings import Settings
from shopwright.tenancy.tenant import Tenant

if TYPE_CHECKING:
    from shopwright.checkout.aurora import Orders
    from shopwright.checkout.gateways import Challenge, Gateway
    from shopwright.checkout.gateways.accounts import Accounts
    from shopwright.checkout.order import Order
    from shopwright.checkout.saga import Desk
    from shopwright.checkout.wallet import Wallet


class GatewaySettings(Settings):
    """The part of an `Environment` that names the merchants' gateways. The addresses are the laptop's: the vendors' own
    where there are none."""

    gateway_secrets: str
    stripe_address: str = ""
    adyen_address: str = ""

    def accounts(self, reveal: "Callable[[Tenant, str], str]") -> "Accounts":
        """Every merchant's gateway; `reveal` gives what a token of the vault stands for."""
        from shopwright.checkout.gateways.accounts import Accounts

        known = {"stripe": self.stripe_address, "adyen": self.adyen_address}
        return Accounts(self.gateway_secrets, reveal, addresses={name: to for name, to in known.items() if to})

    def looking(self) -> "Callable[[Tenant, str], Gateway]":
        """The merchants' gateways for who only looks: they charge nothing, and open no token."""
        return _accounts_of(self.accounts(_nothing))


class OrderSettings(TenantSettings):
    """The part of an `Environment` of whoever changes orders."""

    def orders(self) -> "Orders":
        """Every merchant's orders."""
        from shopwright.checkout.aurora import Orders

        return Orders(self.database(), self.signer())


class WalletSettings(OrderSettings):
    """The same, of whoever also opens the payments' drawer of the vault."""

    personal_table: str
    personal_key_arn: str

    def wallet(self) -> "Wallet":
        """Where what pays an order is kept."""
        from shopwright.checkout.wallet import Wallet
        from shopwright.privacy.dynamodb import PersonalTable
        from shopwright.privacy.kms import DataKeys
        from shopwright.privacy.vault import PAYMENTS, Vault

        return Wallet(Vault(PersonalTable(self.personal_table), DataKeys(self.personal_key_arn), PAYMENTS))


class CartSettings(Settings):
    """The part of an `Environment` of whoever takes what was bought out of a cart."""

    carts_table: str

    def bought(self) -> "Callable[[Tenant, Order], None]":
        """Takes what an order had out of its shopper's cart, once; what has come into it since stays there."""
        from shopwright.checkout.dynamodb import Carts

        carts = Carts(self.carts_table)

        def bought(tenant: Tenant, order: "Order") -> None:
            carts.of(tenant, order.subject).change(order.bought)

        return bought


class PayingSettings(OrderSettings, GatewaySettings):
    """The part of an `Environment` of whoever moves money at the merchants' gateways."""

    def paying(self, wallet: "Wallet | None" = None, bought: "Callable[[Tenant, Order], None] | None" = None) -> "Desk":
        """What the steps of a sale need. Only who asks for the money opens the vault, and only who takes it changes a
        cart: the others are given neither."""
        from shopwright.checkout.saga import Desk
        from shopwright.checkout.stepfunctions import Waiting

        keep: Callable[[Tenant, str, Challenge], str] = _not_here
        proof: Callable[[Tenant, str], Mapping[str, str]] = _not_here
        if wallet is not None:
            keep, proof = wallet.keep_challenge, wallet.proof
        return Desk(
            orders=self.orders().of,
            gateway=_accounts_of(self.accounts(_nothing if wallet is None else wallet.reveal)),
            keep=keep,
            proof=proof,
            wake=Waiting().wake,
            bought=bought or _not_here,
            now=lambda: datetime.now(UTC),
        )


def _accounts_of(accounts: "Accounts") -> "Callable[[Tenant, str], Gateway]":
    """The merchant's account with this vendor. A shop that has changed its gateway has no keys of the old one any more:
    that is Misconfigured, and its payments there wait for an operator."""
    from shopwright.checkout.gateways import Misconfigured

    def gateway(tenant: Tenant, vendor: str) -> "Gateway":
        account = accounts.of(tenant)
        if account.vendor != vendor:
            raise Misconfigured
        return account

    return gateway


def _nothing(tenant: Tenant, token: str) -> str:
    raise LookupError("Only who asks for the money opens a token.")


def _not_here(*_: object) -> Never:
    raise LookupError("This function was not given what it would need for that.")
