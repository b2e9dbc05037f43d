"""Changes of a TradingAccount that are accepted or refused, for the models and the API server."""

from dataclasses import dataclass

from support.accounts import ABSENT, Manifest, account, strategy, with_value


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedChange:
    """Two versions, the second of which may follow the first."""

    id: str
    before: Manifest
    after: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedChange:
    """Two versions, the second of which may not follow the first."""

    id: str
    before: Manifest
    after: Manifest
    field: str
    words: str
    """The whole message behind the field, the same from the API server and the models."""


_TWO = account(strategies=[strategy("a", "AUSDT"), strategy("b", "BUSDT")])

ACCEPTED_CHANGES = (
    AcceptedChange(
        id="a parameter",
        before=_TWO,
        after=with_value("spec.strategies[0].grid.stepPercent", 0.5, _TWO),
    ),
    AcceptedChange(
        id="the order of the list",
        before=_TWO,
        after=account(strategies=[strategy("b", "BUSDT"), strategy("a", "AUSDT")]),
    ),
    AcceptedChange(
        id="a strategy leaves",
        before=_TWO,
        after=account(strategies=[strategy("b", "BUSDT")]),
    ),
    AcceptedChange(
        id="a new name on another symbol",
        before=_TWO,
        after=account(strategies=[strategy("a2", "CUSDT"), strategy("b", "BUSDT")]),
    ),
    AcceptedChange(
        id="a new name on the same symbol",
        before=_TWO,
        after=account(strategies=[strategy("a2", "AUSDT"), strategy("b", "BUSDT")]),
    ),
    AcceptedChange(id="mode", before=_TWO, after=with_value("spec.mode", "dryRun", _TWO)),
    AcceptedChange(
        id="the default environment written out",
        before=_TWO,
        after=with_value("spec.environment", "demo", _TWO),
    ),
    AcceptedChange(id="a stop", before=_TWO, after=with_value("spec.emergencyStop", True, _TWO)),
)

_ENVIRONMENT = "is immutable; create a TradingAccount of another name for another environment"
_SYMBOL = "is immutable; give the strategy a new name to trade another symbol; the old one retires"

REFUSED_CHANGES = (
    RefusedChange(
        id="environment",
        before=_TWO,
        after=with_value("spec.environment", "mainnet", _TWO),
        field="spec.environment",
        words=_ENVIRONMENT,
    ),
    RefusedChange(
        id="environment left out, so back to its default",
        before=with_value("spec.environment", "mainnet", _TWO),
        after=_TWO,
        field="spec.environment",
        words=_ENVIRONMENT,
    ),
    RefusedChange(
        id="symbol",
        before=_TWO,
        after=with_value("spec.strategies[1].symbol", "CUSDT", _TWO),
        field="spec.strategies[1].symbol",
        words=_SYMBOL,
    ),
    RefusedChange(
        id="symbol of a strategy that moved in the list",
        before=_TWO,
        after=account(strategies=[strategy("b", "BUSDT"), strategy("a", "CUSDT")]),
        field="spec.strategies[1].symbol",
        words=_SYMBOL,
    ),
    RefusedChange(
        id="two symbols exchanged",
        before=_TWO,
        after=account(strategies=[strategy("a", "BUSDT"), strategy("b", "AUSDT")]),
        field="spec.strategies[0].symbol",
        words=_SYMBOL,
    ),
)

KIND_CHANGE = RefusedChange(
    id="kind",
    before=_TWO,
    after=with_value("spec.strategies[0].grid", ABSENT, _TWO),
    field="spec.strategies[0]",
    words=(
        "the kind of a strategy is immutable; add the other kind under a new name; the one removed "
        "retires"
    ),
)
"""With one kind of strategy the new version breaks another rule too, and no model can hold it."""
