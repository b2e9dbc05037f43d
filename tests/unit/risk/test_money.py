from datetime import UTC, datetime
from decimal import Decimal

import pytest

from botrunner.domain.account import Wallet
from botrunner.risk.allowance import Allowance, Claim, free_money


def wallet(balance: str, available: str) -> Wallet:
    return Wallet(
        equity=Decimal(balance),
        margin_balance=Decimal(balance),
        available=Decimal(available),
        initial_margin=Decimal(0),
        maintenance_margin=Decimal(0),
        maintenance_margin_rate=Decimal(0),
        unrealised_pnl=Decimal(0),
        at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def claims(*pairs: tuple[int, str]) -> list[Claim]:
    return [Claim(level=level, cost=Decimal(cost)) for level, cost in pairs]


def test_the_example_of_the_buffer() -> None:
    """GR-22 and RI-20: balance 1000, buffer 15 % = 150, available 500: 350 may be spent."""
    assert free_money(wallet("1000", "500"), Decimal("0.15"), Decimal(0)) == 350


def test_what_is_promised_is_not_free() -> None:
    """GR-22: margin promised to orders that the wallet does not show yet."""
    assert free_money(wallet("1000", "500"), Decimal("0.15"), Decimal(100)) == 250


def test_two_symbols_never_spend_the_same_money() -> None:
    """GR-22: one allocator for the account."""
    allowance = Allowance(Decimal(10))

    assert allowance.take(Decimal(6), ()).granted
    assert not allowance.take(Decimal(6), ()).granted
    assert allowance.take(Decimal(4), ()).granted
    assert allowance.free == 0


@pytest.mark.parametrize(
    ("needed", "granted", "top"),
    [("5", True, None), ("6", True, 6), ("14", True, 5), ("15", True, 5), ("16", False, 5)],
)
def test_higher_levels_give_up_their_money_highest_first_and_whole(
    needed: str, granted: bool, top: int | None
) -> None:
    """GR-22: money goes lowest level first; what rests above counts as free."""
    above = claims((6, "2"), (7, "4"), (7, "4"))
    grant = Allowance(Decimal(5)).take(Decimal(needed), above)

    assert grant.granted is granted
    if granted:
        assert grant.top == top
    else:
        assert grant.missing == 1


def test_money_that_was_given_up_beyond_the_need_is_free_for_the_next() -> None:
    allowance = Allowance(Decimal(5))
    allowance.take(Decimal(6), claims((7, "8")))

    assert allowance.free == 7


def test_a_negative_allowance_can_only_live_on_claims() -> None:
    allowance = Allowance(Decimal(-3))

    assert not allowance.take(Decimal(1), ()).granted
    assert allowance.take(Decimal(1), claims((3, "4"))).granted
