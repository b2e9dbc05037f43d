"""Bybit V5's codes, each in one row: class, whether a person is needed, what it means, what to do.

Source: the V5 error-code page, and what its texts say where one code has many. Codes of spot
(170xxx) are not here: they never come for linear contracts, and what is not here is unmapped.
"""

from dataclasses import dataclass

from botrunner.exchanges.outcome import Failure, Operation, Problem, Repeat, repeat_of


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means. ``needs_person``: nothing gets better until somebody acts."""

    failure: Failure
    description: str
    remedy: str = ""
    needs_person: bool = False

    def repeat(self, operation: Operation) -> Repeat:
        """Whether a request that was answered so may be sent again."""
        return repeat_of(self.failure, operation)


_F = Failure
_KEY = "put a valid key of this environment into the Secret"
_REPAIR = "the runner reads the order before it goes on"

CODES: dict[int, Code] = {
    # The venue itself.
    429: Code(_F.SERVER, "the venue protects itself from overload", "wait"),
    10000: Code(_F.SERVER, "the venue timed out inside", "wait"),
    10016: Code(_F.SERVER, "the venue failed inside", "wait"),
    10019: Code(_F.SERVER, "the venue is restarting", "wait"),
    # Requests.
    10001: Code(_F.PARAMETER, "a parameter is refused", "compare the text with the instrument"),
    10002: Code(_F.CLOCK, "the clock differs too much", "set the machine's clock right"),
    10006: Code(_F.THROTTLED, "too many requests on this endpoint", "wait"),
    10014: Code(_F.DUPLICATE, "the request was sent before", _REPAIR),
    10017: Code(_F.PARAMETER, "no such path", "check spec.endpoints.rest"),
    10029: Code(_F.PARAMETER, "the symbol is not allowed", "check the strategy's symbol"),
    # Keys.
    10003: Code(_F.CREDENTIALS, "the key is invalid, or of another environment", _KEY, True),
    10004: Code(_F.CREDENTIALS, "the signature is wrong", "check apiSecret in the Secret", True),
    10005: Code(
        _F.CREDENTIALS, "the key lacks a permission", "grant it Orders and Positions", True
    ),
    10007: Code(_F.CREDENTIALS, "the sign-in failed", _KEY, True),
    10010: Code(_F.CREDENTIALS, "the key is bound to another address", "add this address", True),
    33004: Code(_F.CREDENTIALS, "the key has expired", _KEY, True),
    # Accounts.
    10008: Code(_F.CREDENTIALS, "the account is banned", "ask the venue", True),
    10009: Code(_F.CREDENTIALS, "the address is banned or of a closed region", "ask", True),
    10024: Code(_F.CREDENTIALS, "compliance rules of the venue forbid it", "ask the venue", True),
    10027: Code(_F.CREDENTIALS, "trading is banned for the account", "ask the venue", True),
    10028: Code(_F.PARAMETER, "a unified account is needed", "upgrade the account", True),
    10032: Code(_F.PARAMETER, "not supported on demo", "use another environment"),
    100028: Code(_F.PARAMETER, "forbidden for unified accounts"),
    110066: Code(_F.PARAMETER, "trading is not allowed", "ask the venue", True),
    110123: Code(_F.PARAMETER, "an agreement is not signed", "sign it on the site", True),
    110125: Code(_F.PARAMETER, "an agreement is not signed", "sign it on the site", True),
    # Orders that are gone or already there.
    110001: Code(_F.GONE, "the order does not exist, or it is too late", _REPAIR),
    110008: Code(_F.GONE, "the order is finished or cancelled", _REPAIR),
    110010: Code(_F.GONE, "the order is cancelled", _REPAIR),
    110017: Code(_F.GONE, "there is nothing left to reduce", "the runner reads the position"),
    110072: Code(_F.DUPLICATE, "the client order id is used already", _REPAIR),
    110079: Code(_F.SERVER, "the order is being processed", "wait"),
    # Money and limits.
    110004: Code(_F.MONEY, "the wallet balance is too small", "add money"),
    110006: Code(_F.MONEY, "the assets are above their limit"),
    110007: Code(_F.MONEY, "the available balance is too small", "add money or lower the size"),
    110011: Code(_F.MONEY, "it would liquidate at once", "lower the size"),
    110012: Code(_F.MONEY, "the available balance is too small", "add money or lower the size"),
    110014: Code(_F.MONEY, "too little margin is available to add"),
    110040: Code(_F.MONEY, "it would force a liquidation", "lower the size"),
    110044: Code(_F.MONEY, "the available margin is too small", "add money or lower the size"),
    110045: Code(_F.MONEY, "the wallet balance is too small", "add money"),
    110064: Code(_F.MONEY, "the value is more than the balance buys"),
    # Sizes, prices, states.
    110003: Code(_F.PARAMETER, "the price is outside the permitted range", "price it anew"),
    110005: Code(_F.PARAMETER, "the position's state forbids it"),
    110009: Code(_F.PARAMETER, "too many stop orders", "cancel some"),
    110013: Code(_F.PARAMETER, "the risk limit forbids this leverage", "lower the leverage"),
    110015: Code(_F.PARAMETER, "a cross position takes no margin of its own"),
    110018: Code(_F.PARAMETER, "the user id is illegal"),
    110019: Code(_F.PARAMETER, "the order id is illegal"),
    110020: Code(_F.PARAMETER, "more than 500 open orders", "cancel some"),
    110021: Code(_F.PARAMETER, "the venue's open-interest limit is reached"),
    110022: Code(_F.PARAMETER, "the risk limit bounds the quantity"),
    110023: Code(_F.PARAMETER, "the symbol takes reducing orders only"),
    110024: Code(_F.PARAMETER, "a position forbids the mode change", "close it first"),
    110028: Code(_F.PARAMETER, "open orders forbid the mode change", "cancel them first"),
    110029: Code(_F.PARAMETER, "the symbol has no hedge mode", "choose another symbol"),
    110036: Code(_F.PARAMETER, "cross margin takes no leverage of its own here"),
    110038: Code(_F.PARAMETER, "portfolio margin takes no leverage", "use cross margin"),
    110061: Code(_F.PARAMETER, "more than 20 stops", "cancel some"),
    110067: Code(_F.PARAMETER, "the account's margin mode forbids it"),
    110073: Code(_F.PARAMETER, "the margin mode could not be set", "close positions and orders"),
    110074: Code(_F.PARAMETER, "the contract does not trade now", "wait"),
    110092: Code(_F.PARAMETER, "the trigger is not above the price"),
    110093: Code(_F.PARAMETER, "the trigger is not below the price"),
    110094: Code(_F.PARAMETER, "below the least order value", "raise the size"),
    110120: Code(_F.PARAMETER, "the price is below the limit", "price it anew"),
    110121: Code(_F.PARAMETER, "the price is above the limit", "price it anew"),
    # Set already.
    34040: Code(_F.UNCHANGED, "the stop is as it was"),
    110025: Code(_F.UNCHANGED, "the position mode is as it was"),
    110026: Code(_F.UNCHANGED, "the margin mode is as it was"),
    110043: Code(_F.UNCHANGED, "the leverage is as it was"),
}

_MANY_TEXTS = 10001
_AS_IT_IS = Code(_F.UNCHANGED, "the order is so already")
_TEXTS: dict[str, Code] = {
    "position idx not match": Code(
        _F.POSITION_MODE,
        "the symbol is in one-way mode",
        "leave the symbol's position mode to the runner; it sets hedge mode anew",
    ),
    "unchanged": _AS_IT_IS,
    "not modified": _AS_IT_IS,
    "remains the same": _AS_IT_IS,
}
"""10001 has one code for many refusals; what its text holds says which."""


def problem_of(code: int, message: str) -> Problem:
    """The venue's refusal; ``message`` is redacted already. A code not in the table is unmapped."""
    known = CODES.get(code) if code != _MANY_TEXTS else _by_text(message)
    if known is None:
        return Problem(failure=Failure.UNMAPPED, code=code, text=message or "no text")
    words = f"{message}: {known.description}" if message else known.description
    return Problem(failure=known.failure, code=code, text=words, remedy=known.remedy)


def problem_of_status(status: int) -> Problem:
    """An answer that is not 200: 403 is the ban of the address, 429 and 5xx are the venue's own."""
    if status == 403:
        return Problem(
            failure=Failure.BANNED,
            code=status,
            text="the address sent too much, or is refused by region",
            remedy="every request waits 10 minutes",
        )
    if status == 429 or status >= 500:
        return Problem(failure=Failure.SERVER, code=status, text="the venue does not answer well")
    return Problem(failure=Failure.UNMAPPED, code=status, text="not an answer of this API")


def needs_person(code: int | None) -> bool:
    """Whether nothing gets better until a person acts."""
    known = CODES.get(code) if code is not None else None
    return known is not None and known.needs_person


def is_passing(code: object) -> bool:
    """Whether a refused sign-in may succeed later without a person: overload, limits, the clock."""
    known = CODES.get(code) if isinstance(code, int) else None
    return known is not None and known.failure in (_F.SERVER, _F.THROTTLED, _F.CLOCK)


def _by_text(message: str) -> Code:
    said = message.lower()
    return next((code for words, code in _TEXTS.items() if words in said), CODES[_MANY_TEXTS])
