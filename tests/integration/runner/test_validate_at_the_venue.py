"""`tradefleet validate --venue`: what only the exchange knows, from its public data."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from botrunner.cli.app import app
from support.runner_desk import RunnerDesk


def _validate(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["validate", "-f", str(path), "--venue", *arguments])


def test_steps_limits_and_the_margin_of_all_levels_are_numbers(desk: RunnerDesk) -> None:
    """GR-60: 2 * 2,047 * initialMargin with the defaults, and fees; nothing is signed."""
    desk.write(initialBalance=100_000)
    result = _validate(desk.path)

    assert result.exit_code == 0, result.output
    assert "XRPUSDT at 1: tick 0.0001, quantity step 1, an order at least 1 and 5 USDT" in (
        result.output
    )
    assert "level 0 takes 75 XRP (75.00 USDT) a side" in result.output
    assert {row["account"] for row in desk.read("requests")["requests"]} == {""}


def test_more_margin_than_the_buffer_leaves_is_warned_about(desk: RunnerDesk) -> None:
    """GR-60, RI-20: with the level that the money pays for."""
    desk.write(initialBalance=1000)
    result = _validate(desk.path)

    assert result.exit_code == 0
    assert "850.00 that initialBalance less balanceBufferPercent leaves" in result.output
    assert "it pays for levels 0 to 7" in result.output


def test_a_symbol_that_the_venue_does_not_list_is_refused_by_field(desk: RunnerDesk) -> None:
    """KU-1."""
    grid = {"leverage": 75, "initialMargin": 1}
    desk.write(strategies=[{"name": "pepe", "symbol": "PEPEUSDT", "grid": grid}])
    result = _validate(desk.path, "-o", "json")

    assert result.exit_code == 1
    account = json.loads(result.output)["documents"][1]
    assert account["findings"][0]["path"] == "spec.strategies[0].symbol"


def test_leverage_above_the_instrument_s_is_warned_about(desk: RunnerDesk) -> None:
    """GR-10: it is lowered."""
    desk.write(strategies=[_strategy(leverage=200, initialMargin=1)])
    result = _validate(desk.path)

    assert result.exit_code == 0
    assert "warning: spec.strategies[0].grid.leverage: 200 is above the instrument's 75" in (
        result.output
    )


def test_a_level_0_below_the_minimum_is_refused(desk: RunnerDesk) -> None:
    """GR-4."""
    desk.write(strategies=[_strategy(leverage=1, initialMargin=1)])
    result = _validate(desk.path)

    assert result.exit_code == 1
    assert "level 0 is refused: its value 1.00 is below the minimum of 5 USDT" in result.output


def test_a_venue_that_cannot_be_reached_is_said_with_the_remedy(desk: RunnerDesk) -> None:
    endpoints = {
        "rest": "http://127.0.0.1:9",
        "publicStream": "ws://127.0.0.1:9",
        "privateStream": "ws://127.0.0.1:9",
    }
    desk.write(endpoints=endpoints, requestTimeoutSeconds=1)
    result = _validate(desk.path)

    assert result.exit_code == 1
    assert "the venue cannot be asked about XRPUSDT" in result.output
    assert "try again, or without --venue" in result.output


def _strategy(**grid: object) -> dict[str, object]:
    return {"name": "xrp", "symbol": "XRPUSDT", "grid": grid}
