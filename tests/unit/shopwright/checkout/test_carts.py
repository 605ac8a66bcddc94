"""The fake keeps carts as the real table does, here in moto."""

from tests.unit.shopwright.checkout.contract import *  # noqa: F403 - the contract's tests run under this module's fixtures
