"""Scenario files: refused by line and field, and what a good one becomes."""

from datetime import timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from botrunner.simulator.instruments import DEFAULT_INSTRUMENTS
from botrunner.simulator.scenario_file import (
    ScenarioError,
    change_scenario,
    load_scenario,
    parse_scenario,
)
from botrunner.simulator.scenario_settings import settings_for
from botrunner.simulator.settings import SimulatorSettings


def settings(text: str) -> SimulatorSettings:
    return settings_for(parse_scenario("s.yaml", text))


def complaint(text: str) -> str:
    with pytest.raises(ScenarioError) as refused:
        settings(text)
    return str(refused.value)


def test_an_empty_file_is_the_default_simulation() -> None:
    default = settings("")

    assert [each.symbol for each in default.instruments] == list(DEFAULT_INSTRUMENTS)
    assert default.source.symbols == tuple(DEFAULT_INSTRUMENTS)
    assert default.initial_balance == Decimal(10_000)
    assert (default.speed, default.stepping, default.rate_limits) == (Decimal(1), False, True)


def test_every_field_arrives() -> None:
    full = settings(
        """
seed: 7
speed: 2.5
step: true
initialBalance: 500
rateLimits: false
fees: {maker: -0.0001, taker: 0.0004}
instruments:
  - {symbol: XRPUSDT, fundingRate: -0.0003, fundingIntervalMinutes: 60}
  - {symbol: ADAUSDT, like: DOGEUSDT, tickSize: 0.001, quantityStep: 2, minNotional: 1}
prices:
  - {symbol: ADAUSDT, walk: {start: 0.5}}
accounts:
  - {name: alice, balance: 12.50}
"""
    )

    assert (full.speed, full.stepping, full.rate_limits) == (Decimal("2.5"), True, False)
    assert (full.maker_fee_rate, full.taker_fee_rate) == (Decimal("-0.0001"), Decimal("0.0004"))
    assert full.balances == {"alice": Decimal("12.50")}
    assert full.funding_rates == {"XRPUSDT": Decimal("-0.0003")}
    xrp, ada = full.instruments
    assert xrp.funding_interval_minutes == 60
    assert (ada.base_coin, ada.tick_size, ada.min_price) == ("ADA", Decimal("0.001"), ada.tick_size)
    assert (ada.min_quantity, ada.min_notional) == (Decimal(2), Decimal(1))


def test_fractions_keep_the_digits_they_are_written_with() -> None:
    written = settings("initialBalance: 0.1000000000000000000000001")

    assert str(written.initial_balance) == "0.1000000000000000000000001"


def test_only_the_symbols_of_the_prices_are_traded_where_no_instruments_are_given() -> None:
    named = settings("prices: [{symbol: SOLUSDT, walk: {start: 10}}]")

    assert [each.symbol for each in named.instruments] == ["SOLUSDT"]


def test_a_script_becomes_its_steps() -> None:
    scripted = settings(
        """
prices:
  - symbol: XRPUSDT
    script:
      waypoints:
        - {atSeconds: 0, last: 2, mark: 2.1}
        - {atSeconds: 1, last: 1.5, glide: true}
"""
    )
    steps = list(islice(scripted.source.steps(), 4))

    assert [str(step.last) for step in steps] == ["2.0000", "1.7500", "1.5000", "1.5000"]
    assert [str(step.mark) for step in steps[:2]] == ["2.1", "1.7500"]


def test_a_symbol_can_run_at_its_own_speed() -> None:
    sped = settings("prices: [{symbol: XRPUSDT, speed: 4, walk: {start: 2, intervalSeconds: 2}}]")
    steps = list(islice(sped.source.steps(), 3))

    assert [step.offset for step in steps] == [timedelta(seconds=0.5) * n for n in range(3)]


def test_a_recording_is_found_beside_the_scenario(tmp_path: Path) -> None:
    header, row = "start,open,high,low,close,volume", "60000,1,2,1,2,10"
    (tmp_path / "mine.csv").write_text(f"{header}\n{row}\n")
    (tmp_path / "s.yaml").write_text("prices: [{symbol: XRPUSDT, recording: mine.csv}]")
    found = settings_for(load_scenario(tmp_path / "s.yaml"))

    assert next(found.source.steps()).last == Decimal(1)


def test_a_corrupt_recording_is_refused_by_both_lines(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("start,open,high,low,close,volume\n60000,1,2,1,x,10\n")
    (tmp_path / "s.yaml").write_text("prices:\n- symbol: XRPUSDT\n  recording: mine.csv\n")

    with pytest.raises(ScenarioError) as refused:
        settings_for(load_scenario(tmp_path / "s.yaml"))
    assert str(refused.value) == (
        f"{tmp_path}/s.yaml:3: prices[0].recording: "
        f"{tmp_path}/mine.csv:2: close: must be a number, is 'x'"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("speed: 0", "s.yaml:1: speed: must be greater than 0, is 0"),
        ("\nspeed: fast", "s.yaml:2: speed: must be a valid decimal, is fast"),
        ("speed: .inf", "s.yaml:1: speed: must be"),
        ("sped: 1", "s.yaml:1: sped: no such field; take it out or correct its name"),
        ("speed: 1\nseed: 1\nspeed: 2", "s.yaml:3: speed: is there twice; keep one"),
        ("speed: [", "s.yaml:1: is no valid YAML:"),
        ("5", "s.yaml:1: must be a mapping of fields, is 5"),
        ("prices: 4", "s.yaml:1: prices: must be a list, is 4"),
        ("initialBalance: -1", "s.yaml:1: initialBalance: must be greater than or equal to 0"),
        (
            "prices:\n- symbol: XRPUSDT\n  speed: -1\n  walk: {start: 1}",
            "s.yaml:3: prices[0].speed: must be greater than 0, is -1",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  walk:\n    begin: 1",
            "s.yaml:3: prices[0].walk.start: is missing; add it",
        ),
        (
            "prices:\n- symbol: XRPUSDT",
            "s.yaml:2: prices[0]: needs exactly one of recording, walk and script; has none",
        ),
        (
            "prices:\n- {symbol: XRPUSDT, recording: a, walk: {start: 1}}",
            "s.yaml:2: prices[0]: needs exactly one of recording, walk and script; has recording",
        ),
        ("prices:\n- symbol: btc", "s.yaml:2: prices[0].symbol: must match ^[A-Z0-9]"),
        (
            "prices:\n- symbol: XRPUSDT\n  recording: nowhere.csv",
            "s.yaml:3: prices[0].recording: nowhere.csv: cannot be read: No such file",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  recording: builtin:x",
            "s.yaml:3: prices[0].recording: builtin:x: no such recording; there are XRPUSDT-5m",
        ),
        (
            "prices:\n- symbol: ADAUSDT\n  walk: {start: 1}",
            "s.yaml:2: prices[0].symbol: ADAUSDT is no default contract; take one of BTCUSDT",
        ),
        (
            "instruments:\n- symbol: ADAUSDT\n  like: EURUSDT",
            "s.yaml:3: instruments[0].like: EURUSDT is no default contract",
        ),
        (
            "instruments: [{symbol: ADAUSDT, like: XRPUSDT}]",
            "s.yaml:1: prices: ADAUSDT has no built-in prices; add an entry for it",
        ),
        (
            "instruments: [{symbol: XRPUSDT}]\nprices:\n- symbol: SOLUSDT\n  walk: {start: 1}",
            "s.yaml:3: prices[0].symbol: SOLUSDT is not among the instruments",
        ),
        (
            "instruments:\n- symbol: XRPUSDT\n- symbol: XRPUSDT",
            "s.yaml:1: instruments[1].symbol: XRPUSDT is there twice; keep one",
        ),
        (
            "instruments:\n- {symbol: XRPUSDT, minPrice: 5, maxPrice: 4}",
            "s.yaml:2: instruments[0]: minPrice (5) must be at most maxPrice (4)",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  walk: {start: 500000}",
            "s.yaml:2: prices[0]: XRPUSDT starts at 500000",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  script:\n    waypoints:\n    - {atSeconds: 1, last: 2}",
            "s.yaml:3: prices[0].script: waypoints[0].atSeconds must be 0, is 1",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  script:\n    waypoints:\n"
            "    - {atSeconds: 0, last: 2}\n    - {atSeconds: 0, last: 2}",
            "s.yaml:3: prices[0].script: waypoints[1].atSeconds must be greater than the one",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  script:\n    waypoints:\n"
            "    - {atSeconds: 0, last: 2, bid: 3, ask: 2}",
            "s.yaml:5: prices[0].script.waypoints[0]: bid (3) must be below ask (2)",
        ),
        (
            "prices:\n- symbol: XRPUSDT\n  script: {waypoints: []}",
            "s.yaml:3: prices[0].script: needs at least one waypoint, at 0 seconds",
        ),
        ("accounts: [{name: -a, balance: 1}]", "s.yaml:1: accounts[0].name: must match"),
    ],
)
def test_a_wrong_scenario_is_refused_by_line_and_field(text: str, expected: str) -> None:
    assert complaint(text).startswith(expected)


def test_every_wrong_line_is_named_in_the_order_of_the_file() -> None:
    complaints = complaint("accounts: 1\nspeed: 0\nprices:\n- symbol: x\n").splitlines()

    assert [line.split(":")[1] for line in complaints] == ["1", "2", "4"]


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml: cannot be read: No such file"):
        load_scenario(tmp_path / "none.yaml")


def test_a_changed_field_replaces_the_files_own() -> None:
    file = parse_scenario("s.yaml", "speed: 2\nseed: 4")
    changed = change_scenario(file, "command line", {"speed": Decimal(3)})

    assert (changed.scenario.speed, changed.scenario.seed) == (Decimal(3), 4)
    with pytest.raises(ScenarioError, match="^command line: speed: must be greater than 0, is 0$"):
        change_scenario(file, "command line", {"speed": Decimal(0)})
