"""Scenarios from the command line's words, and the faults of a scenario at their time."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from botrunner.service.clock import ManualClock
from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.scenario_faults import check_faults, play_faults
from botrunner.simulator.scenario_file import ScenarioError, parse_scenario
from botrunner.simulator.scenario_options import scenario_from_options
from botrunner.simulator.scenario_settings import settings_for

FIVE = tuple(DEFAULT_INSTRUMENTS)


def sources(symbols: list[str], words: list[str]) -> dict[str, str]:
    scenario = scenario_from_options(symbols, words).scenario
    return {each.symbol: each.recording or "walk" for each in scenario.prices}


def traded(symbols: list[str], words: list[str]) -> tuple[str, ...]:
    return settings_for(scenario_from_options(symbols, words)).source.symbols


def test_no_words_are_the_default_contracts_with_built_in_prices() -> None:
    assert traded([], []) == traded([], ["builtin"]) == FIVE


def test_symbols_narrow_what_is_traded() -> None:
    assert traded(["SOLUSDT", "XRPUSDT"], []) == ("SOLUSDT", "XRPUSDT")
    assert traded(["SOLUSDT"], ["walk"]) == ("SOLUSDT",)


def test_walk_means_every_symbol() -> None:
    assert sources([], ["walk"]) == dict.fromkeys(FIVE, "walk")


def test_a_file_names_its_contract_or_is_given_one(tmp_path: Path) -> None:
    file = tmp_path / "XRPUSDT-a.csv"

    assert sources([], [str(file)]) == {"XRPUSDT": str(file)}
    assert sources([], [f"BTCUSDT={file}"]) == {"BTCUSDT": str(file)}


def test_a_later_word_wins_for_its_symbol() -> None:
    mixed = sources([], ["walk", "builtin:XRPUSDT-book"])

    assert mixed["XRPUSDT"] == "builtin:XRPUSDT-book"
    assert mixed["SOLUSDT"] == "walk"


@pytest.mark.parametrize(
    ("symbols", "words", "complaint"),
    [
        ([], ["a.csv"], "command line: --prices: a.csv does not begin with the name of a contract"),
        ([], ["XRPUSDT=a.csv"], "command line: prices[0].recording: a.csv: cannot be read"),
        (["ADAUSDT"], [], "command line: instruments[0].symbol: ADAUSDT is no default contract"),
        (["xrp"], [], "command line: instruments[0].symbol: must match"),
        (
            ["SOLUSDT"],
            ["XRPUSDT=a.csv"],
            "command line: --prices: XRPUSDT is not among --symbols; add it there",
        ),
    ],
)
def test_wrong_words_are_refused_in_one_line(
    symbols: list[str], words: list[str], complaint: str
) -> None:
    with pytest.raises(ScenarioError) as refused:
        settings_for(scenario_from_options(symbols, words))

    assert str(refused.value).startswith(complaint)


class Recorder:
    """Takes control calls and keeps them with their time; refuses those named ``bad``."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.calls: list[tuple[float, str, dict[str, object]]] = []

    async def command(self, name: str, body: Mapping[str, object]) -> None:
        if name == "bad":
            raise ValueError("no such call")
        self.calls.append((self._clock.monotonic(), name, dict(body)))


FAULTS = """
faults:
- {afterSeconds: 2.5, command: freeze, body: {account: alice}}
- {afterSeconds: 1, command: price, body: {symbol: XRPUSDT, last: 1.5}}
- {afterSeconds: 1, command: cut}
"""


async def test_faults_are_called_in_time_order_when_they_are_due() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    recorder = Recorder(clock)
    playing = asyncio.create_task(play_faults(parse_scenario("s", FAULTS), recorder, clock))
    await asyncio.sleep(0)
    await clock.advance(timedelta(seconds=3))
    await playing

    assert recorder.calls == [
        (1.0, "price", {"symbol": "XRPUSDT", "last": Decimal("1.5")}),
        (1.0, "cut", {}),
        (2.5, "freeze", {"account": "alice"}),
    ]


async def test_a_refused_fault_is_named_by_line_and_field() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    file = parse_scenario("s.yaml", "faults:\n- {afterSeconds: 0, command: bad}\n")

    with pytest.raises(ScenarioError, match=r"^s\.yaml:2: faults\[0\]: no such call$"):
        await play_faults(file, Recorder(clock), clock)


def test_faults_are_checked_before_the_start() -> None:
    check_faults(parse_scenario("s.yaml", "faults: [{afterSeconds: 1, command: cut}]"))
    wrong = parse_scenario(
        "s.yaml",
        """
faults:
- {afterSeconds: 1, command: cutt}
- {afterSeconds: 1, command: delay, body: {milliseconds: 0}}
""",
    )

    with pytest.raises(ScenarioError) as refused:
        check_faults(wrong)
    first, second = str(refused.value).splitlines()
    assert first.startswith("s.yaml:3: faults[0]: no command is called cutt; there are price")
    assert second.startswith("s.yaml:4: faults[1]: delay: milliseconds: ")
