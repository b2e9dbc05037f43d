"""Tables are whole: every word of the venue has its translation."""

from decimal import Decimal
from enum import Enum

import pytest

from botrunner.simulator.bybit import words
from botrunner.simulator.bybit.refusals import TEXTS, refused
from botrunner.simulator.control.commands import COMMANDS
from botrunner.simulator.rest.endpoints import ENDPOINTS
from botrunner.venue import vocabulary
from botrunner.venue.refusals import Refusal, RefusalReason

TRANSLATED: list[tuple[object, type[Enum]]] = [
    (words.PRICE_KINDS, vocabulary.PriceKind),
    (words.CREATE_TYPES, vocabulary.CreateType),
    (words.CANCEL_TYPES, vocabulary.CancelType),
    (words.REJECT_REASONS, vocabulary.RejectReason),
    (words.EXECUTION_TYPES, vocabulary.ExecutionType),
    (words.TRANSACTION_TYPES, vocabulary.TransactionType),
    (words.MARGIN_MODES, vocabulary.MarginMode),
    (TEXTS, RefusalReason),
]


@pytest.mark.parametrize(("table", "vocabulary"), TRANSLATED)
def test_every_word_of_the_venue_is_translated(
    table: dict[object, object], vocabulary: type[Enum]
) -> None:
    assert set(table) == set(vocabulary)


@pytest.mark.parametrize("reason", RefusalReason)
def test_every_refusal_has_a_code_and_a_text_without_gaps(reason: RefusalReason) -> None:
    bare = refused(Refusal(reason=reason))
    full = refused(Refusal(reason=reason, value=Decimal("1.5"), limit=Decimal(2), field="qty"))

    assert bare.code > 10000
    assert full.message
    assert "{" not in full.message


SIDES = [
    (RefusalReason.TAKE_PROFIT_WRONG_SIDE, "49", "50", "Buy position should higher"),
    (RefusalReason.TAKE_PROFIT_WRONG_SIDE, "51", "50", "Sell position should lower"),
    (RefusalReason.STOP_LOSS_WRONG_SIDE, "51", "50", "Buy position should lower"),
    (RefusalReason.STOP_LOSS_WRONG_SIDE, "49", "50", "Sell position should higher"),
]


@pytest.mark.parametrize(("reason", "value", "limit", "text"), SIDES)
def test_a_stop_on_the_wrong_side_says_which_side_it_belongs_to(
    reason: RefusalReason, value: str, limit: str, text: str
) -> None:
    refusal = refused(Refusal(reason=reason, value=Decimal(value), limit=Decimal(limit)))

    assert text in refusal.message


def test_every_order_endpoint_is_signed_and_no_market_endpoint_is() -> None:
    signed = {path for (_, path), endpoint in ENDPOINTS.items() if endpoint.per_second}
    public = {path for (_, path), endpoint in ENDPOINTS.items() if not endpoint.per_second}

    assert all(path.startswith("/v5/market/") for path in public)
    assert not any(path.startswith("/v5/market/") for path in signed)


def test_every_command_says_what_it_does() -> None:
    assert all(model.__doc__ for model in COMMANDS.values())
