"""TradingAccounts on both sides of every rule, for the models and for the real API server.

The ranges are written from the specification by hand: a table made from the models would agree
with their mistakes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from support.accounts import ABSENT, Manifest, account, strategy, with_value


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An object that obeys the rule."""

    id: str
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An object that breaks one rule, and what is said about it."""

    id: str
    manifest: Manifest
    field: str
    """The path that both name."""
    server: str
    """Part of what kubectl shows a person."""
    model: str
    """Part of what the models say."""


_GRID = "spec.strategies[0].grid"

# field, least allowed, largest allowed, too small, too large; None where there is no such limit
_RANGES: tuple[tuple[str, float, float, float | None, float | None], ...] = (
    ("spec.requestTimeoutSeconds", 1, 60, 0, 61),
    ("spec.reconcileSeconds", 10, 600, 9, 601),
    ("spec.reportIntervalSeconds", 1, 300, 0, 301),
    ("spec.streams.privateMaxAttempts", 1, 20, 0, 21),
    ("spec.streams.privateLatchSeconds", 10, 3600, 9, 3601),
    ("spec.marketData.directAfterSeconds", 1, 60, 0, 61),
    ("spec.risk.balanceBufferPercent", 0, 100, -0.1, 100.1),
    ("spec.risk.walletPollSeconds", 1, 60, 0, 61),
    ("spec.risk.maxPriceAgeSeconds", 1, 300, 0, 301),
    ("spec.risk.maxConsecutiveErrors", 1, 100, 0, 101),
    ("spec.risk.invariantGraceSeconds", 5, 600, 4, 601),
    ("spec.risk.maxOpenPositions", 1, 1000, 0, None),
    ("spec.risk.maxLeverage", 75, 200, 0.99, None),
    (f"{_GRID}.leverage", 1, 200, 0.99, None),
    (f"{_GRID}.initialMargin", 0.1, 100000, 0.099, 100000.01),
    (f"{_GRID}.stepPercent", 0.01, 50, 0.009, 50.01),
    (f"{_GRID}.takeProfitPercent", 0.01, 50, 0.009, 50.01),
    (f"{_GRID}.maxLevelsPerSide", 1, 50, 0, 51),
    (f"{_GRID}.entryTimeoutSeconds", 1, 600, 0, 601),
)

# field, the number that is refused and above which all is well, largest allowed, too large
_OPEN_RANGES: tuple[tuple[str, float, float, float | None], ...] = (
    ("spec.initialBalance", 0, 1000000, None),
    ("spec.marketData.maxFeedDivergencePercent", 0, 100, None),
    ("spec.risk.maintenanceMarginRateThreshold", 0, 100, 100.5),
    ("spec.risk.maxNotional.perSymbol", 0, 1000000, None),
    ("spec.risk.maxNotional.perAccount", 0, 1000000, None),
    ("spec.risk.minNotional", 0, 1000, None),
    (f"{_GRID}.averagingMultiplier", 1, 10, 10.01),
)

_ENUMS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("spec.exchange", ("bybit",), "bitget"),
    ("spec.environment", ("demo", "testnet", "mainnet", "simulated"), "production"),
    ("spec.mode", ("live", "dryRun"), "paper"),
    ("spec.onRemove", ("KeepExits", "Flatten"), "Drop"),
    ("spec.logLevel", ("debug", "info", "warning", "error", "critical"), "trace"),
    ("spec.emergency.policy", ("CancelEntries", "Freeze", "Flatten"), "flatten"),
    *(
        (f"spec.emergency.byCause.{cause}", ("CancelEntries", "Freeze", "Flatten"), "Nothing")
        for cause in ("person", "margin", "stream", "invariant", "errors", "venue")
    ),
    (f"{_GRID}.onForeignOrders", ("Cancel", "Refuse"), "Ignore"),
)

_REQUIRED = (
    "spec.exchange",
    "spec.strategies",
    "spec.credentials.secretName",
    "spec.strategies[0].name",
    "spec.strategies[0].symbol",
    f"{_GRID}.leverage",
    f"{_GRID}.initialMargin",
)

# field, wrong value, what the schema calls its type, what the models say
_TYPES: tuple[tuple[str, Any, str, str], ...] = (
    ("spec.initialBalance", "1000", "number", "must be a number"),
    ("spec.initialBalance", True, "number", "must be a number"),
    ("spec.reconcileSeconds", 30.5, "integer", "must be a whole number"),
    ("spec.reconcileSeconds", "30", "integer", "must be a whole number"),
    ("spec.marketData.directAfterSeconds", 1.5, "integer", "must be a whole number"),
    ("spec.marketData.maxFeedDivergencePercent", "0.5", "number", "must be a number"),
    ("spec.emergencyStop", "true", "boolean", "must be true or false"),
    ("spec.emergencyStop", 1, "boolean", "must be true or false"),
    ("spec.credentials.allowWithdraw", "no", "boolean", "must be true or false"),
    ("spec.acknowledgedEmergency", 1234, "string", "must be a text"),
    ("spec.risk", [], "object", "must hold fields"),
    ("spec.strategies", "doge", "array", "must be a list"),
)

# field, longest allowed, too long, part of the models' words
_LENGTHS: tuple[tuple[str, str, str], ...] = (
    ("spec.credentials.secretName", "s" * 253, "s" * 254),
    ("spec.acknowledgedEmergency", "a" * 64, "a" * 65),
    ("spec.endpoints.rest", "https://" + "h" * 504, "https://" + "h" * 505),
    ("spec.endpoints.publicStream", "wss://" + "h" * 506, "wss://" + "h" * 507),
    ("spec.endpoints.privateStream", "wss://" + "h" * 506, "wss://" + "h" * 507),
    ("spec.strategies[0].name", "abcdefghijkl", "abcdefghijklm"),
    ("spec.strategies[0].symbol", "S" * 32, "S" * 33),
    ("spec.strategies[0].acknowledgedHold", "a" * 64, "a" * 65),
)

# field, good values, bad values, the rule's words (CEL and models alike)
_TEXTS: tuple[tuple[str, tuple[str, ...], tuple[str, ...], str], ...] = (
    (
        "spec.strategies[0].name",
        ("a", "xrp-1", "z9"),
        ("1a", "Doge", "a_b", "-a", "a b"),
        "must be 1 to 12 of the characters a-z, 0-9 and -, beginning with a letter; for example "
        "doge or xrp-1",
    ),
    (
        "spec.strategies[0].name",
        ("owned",),
        ("unowned",),
        "unowned stands for positions that no strategy owns; choose another name",
    ),
    (
        "spec.strategies[0].symbol",
        ("1000PEPEUSDT", "BTC-26DEC25"),
        ("dogeusdt", "DOGE/USDT", "DOGE USDT"),
        "must be a symbol as the exchange lists it, in capitals, without spaces or /; for example "
        "DOGEUSDT",
    ),
    (
        "spec.credentials.secretName",
        ("keys", "a.b-c.d1"),
        ("Keys", "-keys", "keys-", "a..b", "a_b"),
        "must be the name of a Secret: a-z, 0-9, - and ., with a letter or digit at both ends; "
        "for example account-001-keys",
    ),
    (
        "spec.endpoints.rest",
        ("https://api.bybit.com", "http://127.0.0.1:8080/base"),
        ("api.bybit.com", "wss://api.bybit.com", "https://", "https://a b"),
        "must be an address that begins with https:// or http://; for example "
        "https://api.bybit.com",
    ),
    (
        "spec.endpoints.publicStream",
        ("wss://stream.bybit.com/v5/public/linear", "ws://[::1]:9/x"),
        ("https://stream.bybit.com",),
        "must be an address that begins with wss:// or ws://; for example "
        "wss://stream.bybit.com/v5/public/linear",
    ),
    (
        "spec.endpoints.privateStream",
        ("wss://stream.bybit.com/v5/private",),
        ("stream.bybit.com",),
        "must be an address that begins with wss:// or ws://; for example "
        "wss://stream.bybit.com/v5/public/linear",
    ),
)


def _identify(field: str, value: Any) -> str:
    shown = value if len(str(value)) < 24 else f"{str(value)[:8]}-of-{len(str(value))}"
    return f"{field.removeprefix('spec.')}={shown}"


def _ranges() -> Iterator[Accepted | Refused]:
    for field, least, most, below, above in _RANGES:
        yield from (
            Accepted(id=_identify(field, v), manifest=with_value(field, v)) for v in (least, most)
        )
        if below is not None:
            floor = 1 if field.endswith(("maxLeverage",)) else least
            yield _out_of_range(field, below, f"should be greater than or equal to {floor}")
        if above is not None:
            yield _out_of_range(field, above, f"should be less than or equal to {most}")


def _open_ranges() -> Iterator[Accepted | Refused]:
    for field, floor, most, above in _OPEN_RANGES:
        for value in (floor + 0.00000001, most):
            yield Accepted(id=_identify(field, value), manifest=with_value(field, value))
        yield _out_of_range(field, floor, f"should be greater than {floor}")
        if above is not None:
            yield _out_of_range(field, above, f"should be less than or equal to {most}")


def _out_of_range(field: str, value: float, server: str) -> Refused:
    return Refused(
        id=_identify(field, value),
        manifest=with_value(field, value),
        field=field,
        server=server,
        model="must be ",
    )


def _enums() -> Iterator[Accepted | Refused]:
    for field, good, bad in _ENUMS:
        yield from (Accepted(id=_identify(field, v), manifest=with_value(field, v)) for v in good)
        supported = ", ".join(f'"{value}"' for value in good)
        yield Refused(
            id=_identify(field, bad),
            manifest=with_value(field, bad),
            field=field,
            server=f'Unsupported value: "{bad}": supported values: {supported}',
            model="must be ",
        )


def _texts() -> Iterator[Accepted | Refused]:
    for field, good, bad, words in _TEXTS:
        yield from (Accepted(id=_identify(field, v), manifest=with_value(field, v)) for v in good)
        for value in bad:
            yield Refused(
                id=_identify(field, value),
                manifest=with_value(field, value),
                field=field,
                server=words,
                model=words,
            )


def _lengths() -> Iterator[Accepted | Refused]:
    for field, good, bad in _LENGTHS:
        yield Accepted(id=_identify(field, good), manifest=with_value(field, good))
        yield Refused(
            id=_identify(field, bad),
            manifest=with_value(field, bad),
            field=field,
            server=f"may not be more than {len(good)} bytes",
            model=f"must have at most {len(good)} characters; shorten it",
        )


def _shapes() -> Iterator[Refused]:
    for field in _REQUIRED:
        yield Refused(
            id=f"{field.removeprefix('spec.')} missing",
            manifest=with_value(field, ABSENT),
            field=field,
            server="Required value",
            model="is required; add it",
        )
    for field, value, kind, words in _TYPES:
        yield Refused(
            id=f"{_identify(field, value)} ({type(value).__name__})",
            manifest=with_value(field, value),
            field=field,
            server=f"must be of type {kind}",
            model=words,
        )


def _lists() -> Iterator[Accepted | Refused]:
    field = "spec.strategies"
    many = [strategy(f"s{n}", f"S{n}USDT") for n in range(65)]
    yield Accepted(id="64 strategies", manifest=account(strategies=many[:64]))
    yield Refused(
        id="65 strategies",
        manifest=account(strategies=many),
        field=field,
        server="must have at most 64 items",
        model="must have 1 to 64 entries; add or take out some",
    )
    yield Refused(
        id="no strategies",
        manifest=account(strategies=[]),
        field=field,
        server="should have at least 1 items",
        model="must have 1 to 64 entries; add or take out some",
    )
    yield Refused(
        id="two strategies of one name",
        manifest=account(strategies=[strategy("a", "AUSDT"), strategy("a", "BUSDT")]),
        field="spec.strategies[1]",
        server='Duplicate value: {"name":"a"}',
        model="has the name of an earlier entry: a; give each its own name",
    )


def _crossing() -> Iterator[Accepted | Refused]:
    two = [strategy("a", "AUSDT", 10), strategy("b", "BUSDT", 10.5)]
    yield Accepted(
        id="leverage at the limit", manifest=account(strategies=two, risk={"maxLeverage": 10.5})
    )
    leverage = (
        'leverage is above spec.risk.maxLeverage of 10 in: ["b"]; lower the strategy\'s leverage '
        "or raise the limit"
    )
    yield Refused(
        id="leverage above the limit",
        manifest=account(strategies=two, risk={"maxLeverage": 10}),
        field="spec.strategies",
        server=leverage,
        model=leverage,
    )
    shared = [strategy("a", "AUSDT"), strategy("b", "BUSDT"), strategy("c", "AUSDT")]
    yield Accepted(id="one strategy a symbol", manifest=account(strategies=shared[:2]))
    symbol = (
        'two strategies trade one symbol: ["a", "c"]; keep one of them, or move one to another '
        "account"
    )
    yield Refused(
        id="two strategies on one symbol",
        manifest=account(strategies=shared),
        field="spec.strategies",
        server=symbol,
        model=symbol,
    )
    dry = with_value("spec.credentials", ABSENT, account(mode="dryRun"))
    yield Accepted(id="dry run without credentials", manifest=dry)
    credentials = (
        "is required unless spec.mode is dryRun; name the Secret that holds the keys in "
        "spec.credentials.secretName"
    )
    yield Refused(
        id="live without credentials",
        manifest=with_value("spec.credentials", ABSENT),
        field="spec.credentials",
        server=credentials,
        model=credentials,
    )
    kind = "has no kind of strategy, or more than one; give exactly one of: grid"
    yield Refused(
        id="a strategy of no kind",
        manifest=with_value(_GRID, ABSENT),
        field="spec.strategies[0]",
        server=kind,
        model=kind,
    )


_ALL = tuple(
    case
    for cases in (_ranges, _open_ranges, _enums, _texts, _lengths, _shapes, _lists, _crossing)
    for case in cases()
)
ACCEPTED = tuple(case for case in _ALL if isinstance(case, Accepted))
REFUSED = tuple(case for case in _ALL if isinstance(case, Refused))
