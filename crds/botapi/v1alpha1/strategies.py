"""What trades: a union of strategies, exactly one kind in each entry."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from botapi.limits import above, at_least, within
from botapi.model import Model
from botapi.quantity import Number, Whole
from botapi.rules import Naming, Refusal, Rule, Transition, immutable, live, matching, when_flat

KINDS: Final = ("grid",)
"""The kinds of strategy, as the field of an entry that holds the parameters."""

UNOWNED: Final = "unowned"
"""Stands for positions that no strategy owns, so no strategy may be called so."""


class OnForeignOrders(StrEnum):
    """What a grid does about orders on its symbol that are not its own."""

    CANCEL = "Cancel"
    REFUSE = "Refuse"
    """Do not start; a condition names them."""


class GridParameters(Model):
    """The hedged martingale grid: long and short at once, each level larger than the one before."""

    leverage: Annotated[
        Number,
        at_least(1),
        when_flat(
            "Leverage of the symbol, a factor of at least 1, within risk.maxLeverage; above the "
            "instrument's maximum it is lowered to that, and the status says so."
        ),
    ]
    initial_margin: Annotated[
        Number,
        within("0.1", 100000),
        when_flat("Margin of level 0 on each side (not its notional), USDT, 0.1 to 100000."),
    ]
    step_percent: Annotated[
        Number,
        within("0.01", 50),
        live("Distance of a level from the level before it, percent of price, 0.01 to 50."),
    ] = Decimal(1)
    averaging_multiplier: Annotated[
        Number,
        above(1, up_to=10),
        when_flat(
            "Quantity of a level over that of the level before it, a factor above 1 up to 10; "
            "level n has the quantity of level 0 times this to the power of n."
        ),
    ] = Decimal(2)
    take_profit_percent: Annotated[
        Number,
        within("0.01", 50),
        live(
            "Profit at which a side closes, percent of its notional (not of margin), net of fees "
            "and funding, 0.01 to 50."
        ),
    ] = Decimal(1)
    max_levels_per_side: Annotated[
        Whole,
        within(1, 50),
        live(
            "The highest level number, 1 to 50; level 0 is the entry, so 10 means levels 0 to 10. "
            "Lowering it closes nothing."
        ),
    ] = 10
    entry_timeout_seconds: Annotated[
        Whole,
        within(1, 600),
        live(
            "Seconds after which an entry at the best quote that has not filled is moved to the "
            "new quote, 1 to 600."
        ),
    ] = 10
    on_foreign_orders: Annotated[
        OnForeignOrders,
        live(
            "What happens to orders on this symbol that nobody here placed: Cancel them, or Refuse "
            "to start and name them in a condition."
        ),
    ] = OnForeignOrders.CANCEL


def _kinds_of(strategy: "Strategy") -> Iterator[str]:
    return (kind for kind in KINDS if getattr(strategy, kind) is not None)


_EXACTLY_ONE_KIND = Rule(
    cel=f"[{', '.join(f'has(self.{kind})' for kind in KINDS)}].filter(given, given).size() == 1",
    broken=lambda strategy: len(list(_kinds_of(strategy))) != 1,
    wrong="has no kind of strategy, or more than one",
    remedy=f"give exactly one of: {', '.join(KINDS)}",
    reason=Refusal.REQUIRED,
)

_KIND_STAYS = Transition(
    cel=" && ".join(f"has(self.{kind}) == has(oldSelf.{kind})" for kind in KINDS),
    broken=lambda old, new: list(_kinds_of(old)) != list(_kinds_of(new)),
    wrong="the kind of a strategy is immutable",
    remedy="add the other kind under a new name; the one removed retires",
)


class Strategy(Model):
    """One strategy on one symbol, told apart by its name."""

    rules = (_EXACTLY_ONE_KIND,)
    transitions = (_KIND_STAYS,)

    name: Annotated[
        str,
        Field(min_length=1, max_length=12),
        matching(
            "[a-z][a-z0-9-]{0,11}",
            wrong="must be 1 to 12 of the characters a-z, 0-9 and -, beginning with a letter",
            remedy="for example doge or xrp-1",
        ),
        Rule(
            cel=f"self != '{UNOWNED}'",
            broken=lambda name: bool(name == UNOWNED),
            wrong=f"{UNOWNED} stands for positions that no strategy owns",
            remedy="choose another name",
        ),
        live(
            "Name of the strategy within the account, 1 to 12 of a-z, 0-9 and -, beginning with a "
            "letter. A new name is a new strategy, and the old one retires as onRemove says."
        ),
    ]
    symbol: Annotated[
        str,
        Field(min_length=1, max_length=32),
        matching(
            r"[^a-z/\s]+",
            wrong="must be a symbol as the exchange lists it, in capitals, without spaces or /",
            remedy="for example DOGEUSDT",
        ),
        immutable(
            "Symbol of the contract as the exchange lists it, such as DOGEUSDT. No two strategies "
            "of an account share one.",
            remedy="give the strategy a new name to trade another symbol; the old one retires",
        ),
    ]
    acknowledged_hold: Annotated[
        str | None,
        Field(max_length=64),
        live(
            "Ends a hold after somebody else reduced the position: the value of "
            "status.strategies[].hold.id. Any other value does nothing."
        ),
    ] = None
    grid: Annotated[
        GridParameters | None,
        live("The hedged martingale grid and its parameters; each says when its change applies."),
    ] = None


def _sharing_a_symbol(strategies: Sequence[Strategy]) -> list[Strategy]:
    uses = Counter(strategy.symbol for strategy in strategies)
    return [strategy for strategy in strategies if uses[strategy.symbol] > 1]


def _name_those_sharing(strategies: Sequence[Strategy]) -> tuple[object, ...]:
    return (json.dumps([s.name for s in _sharing_a_symbol(strategies)]),)


ONE_STRATEGY_A_SYMBOL: Final = Rule(
    cel="self.all(s, self.exists_one(other, other.symbol == s.symbol))",
    broken=lambda strategies: bool(_sharing_a_symbol(strategies)),
    wrong="two strategies trade one symbol",
    naming=Naming(
        template="two strategies trade one symbol: %s",
        values_cel=(
            "self.filter(s, !self.exists_one(other, other.symbol == s.symbol)).map(s, s.name)"
        ),
        values=_name_those_sharing,
    ),
    remedy="keep one of them, or move one to another account",
)
"""Over the list of strategies: two would fight over one position."""
