"""A scenario from a few words on the command line, for those who need no file."""

from collections.abc import Iterator, Sequence
from typing import Any

from botrunner.simulator.prices.load import Recording
from botrunner.simulator.scenario import PricesSpec, Scenario, WalkSpec
from botrunner.simulator.scenario_file import ScenarioError, ScenarioFile, change_scenario
from botrunner.simulator.scenario_settings import BUILTIN_PRICES, WALK_STARTS

COMMAND_LINE = "command line"
"""What complaints call a scenario that no file holds."""


def scenario_from_options(symbols: Sequence[str], prices: Sequence[str]) -> ScenarioFile:
    """The scenario of contracts and price words.

    A word is ``builtin``, ``walk`` or ``[SYMBOL=]FILE``; a later one wins over an earlier one for
    the same symbol. Without ``symbols`` the contracts are those that the words name, and without
    words the prices are the built-in ones. Raises ScenarioError.
    """
    empty = ScenarioFile(COMMAND_LINE, Scenario())
    entries = {each["symbol"]: each for word in prices for each in _read_word(word)}
    if symbols:
        _refuse_strangers(symbols, prices, entries)
        entries = {name: each for name, each in entries.items() if name in symbols}
    return change_scenario(
        empty,
        COMMAND_LINE,
        {
            "instruments": [{"symbol": symbol} for symbol in symbols],
            "prices": list(entries.values()),
        },
    )


def _read_word(word: str) -> Iterator[dict[str, Any]]:
    match word:
        case "builtin":
            for prices in BUILTIN_PRICES.values():
                yield prices.model_dump(exclude_unset=True)
        case "walk":
            for symbol, start in WALK_STARTS.items():
                walk = PricesSpec(symbol=symbol, walk=WalkSpec(start=start))
                yield walk.model_dump(exclude_unset=True)
        case _:
            symbol, _, name = word.rpartition("=")
            yield {"symbol": symbol or _symbol_of(name), "recording": name}


def _symbol_of(name: str) -> str:
    symbol = Recording(name=name, lines=()).symbol
    if symbol not in BUILTIN_PRICES:
        raise ScenarioError(
            f"{COMMAND_LINE}: --prices: {name} does not begin with the name of a contract; "
            f"write SYMBOL={name}"
        )
    return symbol


def _refuse_strangers(
    symbols: Sequence[str], words: Sequence[str], entries: dict[str, dict[str, Any]]
) -> None:
    if {"builtin", "walk"} & set(words):
        return
    for symbol in entries:
        if symbol not in symbols:
            raise ScenarioError(
                f"{COMMAND_LINE}: --prices: {symbol} is not among --symbols; add it there"
            )
