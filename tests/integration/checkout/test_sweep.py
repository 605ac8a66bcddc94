"""Whatever is cut short, lost, doubled or late: afterwards every order is over, and nobody is wrongly charged."""

import itertools
import os
import random

import pytest

from local.gateways.server import Gateways
from tests.integration.checkout import sweep
from tests.integration.checkout.house import House
from tests.integration.database.conftest import Shop

SEED = int(os.environ.get("SEED") or 5)
VENDORS = ("stripe", "adyen")
ALL = 5_000


def drawn(shop: Shop, gateways: Gateways, vendor: str, ones: int | None, twos: int) -> tuple[int, list[str]]:
    """A part of the single faults, every so many of them, or all; and so many doubles."""
    house = House(shop, gateways, vendor)
    lengths = {path: sweep.effects(house, path) for path in sweep.PATHS}
    singles = list(sweep.one_fault(vendor, lengths))
    dice = random.Random(f"{SEED} {vendor}")  # noqa: S311 - schedules, not secrets
    chosen = singles if ones is None else dice.sample(singles, ones)
    schedules = itertools.chain(chosen, sweep.two_faults(vendor, lengths, dice))
    ran, wrong = sweep.sweep([house], schedules, len(chosen) + twos)
    of = f"{len(chosen)} of {len(singles)} single faults"
    print(f"{vendor}: {ran} schedules ({of}), seed {SEED}, {len(wrong)} violations")  # noqa: T201 - what was run
    return ran, wrong


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_sample_of_schedules_leaves_nobody_wrongly_charged(shop: Shop, gateways: Gateways, vendor: str) -> None:
    ran, wrong = drawn(shop, gateways, vendor, ones=30, twos=20)

    assert ran == 50
    assert wrong == []


@pytest.mark.full
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_single_fault_and_a_thousand_double_ones_leave_nobody_wrongly_charged(
    shop: Shop, gateways: Gateways, vendor: str
) -> None:
    ran, wrong = drawn(shop, gateways, vendor, ones=None, twos=ALL // 2)

    assert ran >= ALL // 2
    assert wrong == []
