"""RI-32: the checks, their order, and what passes none of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from botrunner.domain.actions import AmendOrder, CancelOrder, PlaceOrder, Priority
from botrunner.domain.control import Block
from botrunner.domain.desired import DesiredOrder
from botrunner.domain.market import FeeRates, Quote
from botrunner.domain.parameters import RiskParameters
from botrunner.domain.side import Purpose, Side
from botrunner.risk.allowance import Allowance, Claim
from botrunner.risk.checks import CHECKS, EntryRequest, Exposure, RiskView, check_entry
from botrunner.risk.gate import Gate, Granted, Terms
from botrunner.risk.limits import check_limits
from botrunner.risk.verdict import Approved, Reason, Refused
from support.grid_contract import instrument

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ONE = Decimal(1)
CALM = RiskView(
    symbol="XRPUSDT",
    risk=RiskParameters(),
    stopped=False,
    disabled="",
    stream_up=True,
    blocks=frozenset(),
    quote=Quote(bid=ONE, ask=ONE, last=ONE, mark=ONE, at=NOON),
    uncertain=False,
    leverage=Decimal(10),
    exposure=Exposure(open_sides=frozenset(), of_symbol=Decimal(0), of_account=Decimal(0)),
    now=NOON,
)
ENTRY = DesiredOrder(
    side=Side.LONG, purpose=Purpose.ENTRY, level=0, quantity=Decimal(100), price=Decimal("0.9")
)
REQUEST = EntryRequest(orders=(ENTRY,), reducing=False)
REOPENING = EntryRequest(orders=(ENTRY,), reducing=True)

Change = Callable[[RiskView], RiskView]


def risk(**limits: object) -> Change:
    return lambda view: replace(view, risk=replace(view.risk, **limits))  # type: ignore[arg-type] # passed on


def exposed(notional: str) -> Change:
    number = Decimal(notional)
    exposure = Exposure(open_sides=frozenset(), of_symbol=number, of_account=number)
    return lambda view: replace(view, exposure=exposure)


BLOCKERS: list[tuple[Reason, Change]] = [
    (Reason.EMERGENCY, lambda view: replace(view, stopped=True)),
    (Reason.TRADING_DISABLED, lambda view: replace(view, disabled="recovering")),
    (Reason.RESTRICTED, lambda view: replace(view, stream_up=False)),
    (Reason.STALE_PRICE, lambda view: replace(view, now=NOON + timedelta(seconds=5.001))),
    (Reason.CLOCK, lambda view: replace(view, blocks=view.blocks | {Block.CLOCK})),
    (Reason.SYMBOL, lambda view: replace(view, uncertain=True)),
    (Reason.OPEN_POSITIONS, risk(max_open_positions=0)),
    (Reason.SYMBOL_NOTIONAL, risk(max_notional_per_symbol=Decimal("89.9"))),
    (Reason.LEVERAGE, risk(max_leverage=Decimal(5))),
]


@pytest.mark.parametrize(("reason", "change"), BLOCKERS)
def test_each_condition_refuses_with_its_reason(reason: Reason, change: Change) -> None:
    """RI-26, RI-22, RI-34, EX-9."""
    refused = check_entry(REQUEST, change(CALM))

    assert refused is not None
    assert refused.reason is reason
    assert refused.message


def test_a_calm_account_may_open() -> None:
    assert check_entry(REQUEST, CALM) is None


@pytest.mark.parametrize("first", range(len(BLOCKERS) - 1))
def test_the_first_refusal_in_the_order_wins(first: int) -> None:
    """RI-32."""
    view = CALM
    for _, change in BLOCKERS[first:]:
        view = change(view)
    refused = check_entry(REQUEST, view)

    assert refused is not None
    assert refused.reason is BLOCKERS[first][0]


def test_every_check_refuses_something_in_this_table() -> None:
    refusing = {check for check in CHECKS for _, change in BLOCKERS if check(REQUEST, change(CALM))}

    assert refusing == set(CHECKS)


@pytest.mark.parametrize("reason", [Reason.OPEN_POSITIONS, Reason.SYMBOL_NOTIONAL])
def test_a_reopening_passes_the_limits_on_exposure(reason: Reason) -> None:
    """GR-32: up to the other side's quantity it counts as reducing for RI-21 to RI-25."""
    assert check_entry(REOPENING, dict(BLOCKERS)[reason](CALM)) is None


@pytest.mark.parametrize("block", [Block.API, Block.BREAKER])
def test_a_reopening_passes_what_only_restricts(block: Block) -> None:
    """GR-32: and for RI-34."""
    view = replace(CALM, blocks=frozenset({block}))

    assert check_entry(REOPENING, view) is None
    assert check_entry(REQUEST, view) is not None


def test_a_reopening_waits_for_the_private_stream_all_the_same() -> None:
    """Unknown means no new exposure."""
    assert check_entry(REOPENING, replace(CALM, stream_up=False)) is not None


def test_a_reopening_passes_without_the_stream_while_the_account_is_polled() -> None:
    """GR-32, RI-34: it counts as reducing, and what the stream would tell is known."""
    polled = replace(CALM, stream_up=False, is_polled=True)

    assert check_entry(REOPENING, polled) is None
    assert check_entry(REQUEST, polled) is not None
    assert not gate(view=polled).may_move_entries()


@pytest.mark.parametrize(("notional", "refused"), [("9.9", False), ("10", False), ("10.1", True)])
def test_notional_counts_what_is_there_and_what_is_asked(notional: str, refused: bool) -> None:
    """RI-22: exactly at the limit is within it."""
    view = exposed(notional)(risk(max_notional_per_account=Decimal(100))(CALM))

    assert (check_entry(REQUEST, view) is not None) is refused


@pytest.mark.parametrize(
    ("quantity", "price", "reason"),
    [
        ("100", "0.9", None),
        ("1000001", "0.9", Reason.MAX_ORDER_QUANTITY),
        ("5", "0.9", Reason.MIN_NOTIONAL),
        ("100", "0.00001", Reason.PRICE),
        ("100", "2000.1", Reason.PRICE),
        ("6000", "1999", Reason.RISK_TIER),
    ],
)
def test_what_the_venue_does_not_take_is_not_asked_of_it(
    quantity: str, price: str, reason: Reason | None
) -> None:
    """GR-4."""
    order = replace(ENTRY, quantity=Decimal(quantity), price=Decimal(price))
    refused = check_limits(order, instrument(), Decimal(10), Decimal(0), None)

    assert (refused.reason if refused else None) is reason


def test_the_tier_counts_what_the_side_has_already() -> None:
    """GR-4: filled and resting."""
    refused = check_limits(ENTRY, instrument(), Decimal(10), Decimal(9_999_950), None)

    assert refused is not None
    assert refused.reason is Reason.RISK_TIER


def gate(*, free: str = "1000", frozen: bool = False, view: RiskView = CALM) -> Gate:
    fees = FeeRates(maker=Decimal("0.0002"), taker=Decimal("0.00055"))
    terms = Terms(instrument=instrument(), fees=fees, leverage=Decimal(10))
    return Gate(view, terms, Allowance(Decimal(free)), {}, generation=7, frozen=frozen)


def placement(purpose: Purpose = Purpose.ENTRY, quantity: str = "100") -> PlaceOrder:
    return PlaceOrder(
        order_id="a",
        symbol="XRPUSDT",
        strategy="xrp",
        side=Side.LONG,
        purpose=purpose,
        level=0,
        quantity=Decimal(quantity),
        price=Decimal("0.9"),
        reduce_only=purpose.reduces,
    )


def test_an_entry_that_did_not_ask_is_refused() -> None:
    """An order that risk has not approved cannot reach the executor."""
    assert isinstance(gate().approve(placement()), Refused)


def test_a_grant_is_good_for_one_entry_of_its_size() -> None:
    door = gate()
    assert isinstance(door.ask(REQUEST, 0, ()), Granted)

    assert isinstance(door.approve(placement(quantity="101")), Refused)
    assert isinstance(door.ask(REQUEST, 0, ()), Granted)
    assert door.approve(placement()) == Approved(
        action=placement(), generation=7, priority=Priority.PLACE
    )
    assert isinstance(door.approve(placement()), Refused)


def test_a_pair_is_granted_whole_or_not_at_all() -> None:
    """GR-22 and GR-24: 9.06 for one, 18.1 for both."""
    pair = EntryRequest(orders=(ENTRY, replace(ENTRY, side=Side.SHORT)), reducing=False)
    # The mark is where the pair's price lies in the venue's band for both sides.
    view = replace(CALM, quote=Quote(bid=ONE, ask=ONE, last=ONE, mark=Decimal("0.9"), at=NOON))

    assert isinstance(gate(free="18", view=view).ask(pair, 0, ()), Refused)
    assert isinstance(gate(free="18.2", view=view).ask(pair, 0, ()), Granted)


def test_a_marketable_entry_is_charged_the_taker_fee() -> None:
    """GR-22: f is the taker fee for what would trade at once."""
    crossing = replace(ENTRY, price=Decimal("1.1"))

    assert gate().cost(crossing) == Decimal("110") / 10 + 110 * Decimal("0.00055") * Decimal("1.9")
    assert gate().cost(ENTRY) == Decimal(9) + 90 * Decimal("0.0002") * Decimal("1.9")


@pytest.mark.parametrize("purpose", [Purpose.TAKE_PROFIT, Purpose.CLOSE])
def test_what_reduces_passes_whatever_blocks_entries(purpose: Purpose) -> None:
    """Order of precedence: reduce-only orders come before risk checks."""
    stopped = replace(CALM, stopped=True, stream_up=False, quote=None)
    verdict = gate(view=stopped, free="-5").approve(placement(purpose))

    assert isinstance(verdict, Approved)
    assert verdict.priority is Priority.PROTECT


def test_an_entry_is_not_moved_while_entries_are_held_back() -> None:
    amendment = AmendOrder(
        order_id="a",
        symbol="XRPUSDT",
        side=Side.LONG,
        purpose=Purpose.ENTRY,
        quantity=ONE,
        price=ONE,
    )

    assert isinstance(gate().approve(amendment), Approved)
    assert isinstance(gate(view=replace(CALM, stream_up=False)).approve(amendment), Refused)


@pytest.mark.parametrize(
    "action", [placement(Purpose.TAKE_PROFIT), CancelOrder(order_id="a", symbol="XRPUSDT")]
)
def test_nothing_passes_a_freeze(action: PlaceOrder | CancelOrder) -> None:
    """RI-3."""
    assert isinstance(gate(frozen=True).approve(action), Refused)


def test_what_was_granted_counts_for_the_next_in_the_same_step() -> None:
    """RI-22 holds over all orders of one step."""
    door = gate(view=risk(max_notional_per_symbol=Decimal(100))(CALM))

    assert isinstance(door.ask(REQUEST, 0, ()), Granted)
    assert isinstance(door.ask(REQUEST, 1, ()), Refused)


def test_money_that_a_higher_level_gave_up_pays_for_one_lower_level_only() -> None:
    """GR-22, RI-20: else the second level would be paid out of the buffer."""
    one = gate(free="0")
    claims = (Claim(level=4, cost=Decimal(3)), Claim(level=5, cost=Decimal(10)))

    assert one.ask(REQUEST, 1, claims) == Granted(top=4)
    refused = one.ask(REQUEST, 2, claims)
    assert isinstance(refused, Refused)
    assert refused.reason is Reason.MONEY


def test_what_is_left_above_can_still_be_given_up() -> None:
    """GR-22: the highest first, each once."""
    one = gate(free="0")
    claims = (Claim(level=4, cost=Decimal(9)), Claim(level=5, cost=Decimal(10)))

    assert one.ask(REQUEST, 1, claims) == Granted(top=4)
    assert one.ask(REQUEST, 2, claims) == Granted(top=3)
