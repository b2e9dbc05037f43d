"""What people want, read from a file's text, whole or not."""

from dataclasses import replace

import pytest

from botrunner.account_resource.port import Reading
from botrunner.account_resource.reading import (
    NOTHING,
    Wanted,
    account_names,
    read_text,
    scan_for_stops,
    unreadable,
)

TEXT = """\
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {apiKey: sim-alice, apiSecret: sim-alice-secret}
---
apiVersion: tradefleet.dev/v1alpha1
kind: TradingAccount
metadata: {name: alice}
spec:
  exchange: bybit
  environment: simulated
  credentials: {secretName: keys}
  strategies:
    - {name: xrp, symbol: XRPUSDT, grid: {leverage: 75, initialMargin: 1}}
"""
WANTED = Wanted(name="alice", environment={}, started_with=None)


def _read(text: str, before: Reading = NOTHING, wanted: Wanted = WANTED) -> Reading:
    return read_text(text, wanted, before)


def test_a_good_file_gives_specification_and_keys() -> None:
    reading = _read(TEXT)

    assert reading.account is not None and reading.account.metadata.name == "alice"
    assert reading.keys is not None and reading.keys.api_key == "sim-alice"
    assert (reading.faults, reading.stops, reading.is_reachable) == ((), (), True)


def test_a_wrong_field_keeps_the_last_good_specification_and_names_the_field() -> None:
    before = _read(TEXT)
    after = _read(TEXT.replace("leverage: 75", "leverage: 0.5"), before)

    assert after.account == before.account
    assert [fault.split(":")[0] for fault in after.faults] == ["spec.strategies[0].grid.leverage"]
    assert after.is_reachable


def test_an_immutable_field_keeps_its_value_until_another_account_is_made() -> None:
    before = _read(TEXT)
    after = _read(TEXT.replace("XRPUSDT", "DOGEUSDT"), before)

    assert after.account == before.account
    assert "is immutable" in after.faults[0]


def test_a_specification_that_cannot_be_parsed_still_stops() -> None:
    """RI-1: the stop is decoded before and apart from the rest."""
    broken = TEXT.replace("leverage: 75", "leverage: [").replace("[", "many")
    stopped = _read(broken + "  emergencyStop: true\n", _read(TEXT))

    assert stopped.stops == ("spec.emergencyStop",)
    assert stopped.faults


def test_text_that_is_no_yaml_can_set_a_stop_but_take_none_back() -> None:
    """RI-1: whoever breaks an indentation while stopping means the stop."""
    good = _read(TEXT)
    stopped = _read(TEXT + " emergencyStop: true\n: [", good)
    later = _read("{", stopped)

    assert stopped.stops == later.stops == ("spec.emergencyStop",)
    assert later.account == good.account
    assert not later.is_reachable
    assert _read(TEXT, later).stops == ()


@pytest.mark.parametrize(
    ("line", "stops"),
    [
        ("  emergencyStop: true", True),
        ("  emergencyStop: yes please", True),
        ('  "emergencyStop": true', True),
        ("spec: {emergencyStop: true}", True),
        ("  emergencyStop: false", False),
        ("  emergencyStop:", False),
        ("  emergencyStop: null  # for later", False),
        ("  # emergencyStop: true", False),
        ("  tradefleet.dev/emergency-stop: now", True),
        ('  tradefleet.dev/emergency-stop: "false"', False),
    ],
)
def test_a_stop_is_found_in_broken_text_line_by_line(line: str, stops: bool) -> None:
    assert bool(scan_for_stops(f"{{{{ broken\n{line}\n")) is stops


def test_another_account_s_stop_in_a_broken_file_stops_that_account_alone() -> None:
    """RI-7: with policy Flatten a slip of the pen would close everybody's positions."""
    both = f"{TEXT}---\n{TEXT.split('---')[1].replace('alice', 'bob')}  emergencyStop: true\n"
    broken = f"{both}---\n{{"
    of_alice = _read(broken, _read(TEXT))
    bob = replace(WANTED, name="bob")

    assert not of_alice.is_reachable
    assert of_alice.stops == ()
    assert _read(broken, _read(both, wanted=bob), bob).stops == ("spec.emergencyStop",)


def test_an_edit_of_the_mode_changes_no_keys_before_the_next_start() -> None:
    """A life that goes on at the real venue must not sign in with the simulator's keys."""
    text = TEXT.replace("sim-alice", "venue-alice")
    live = _read(text)
    wanted = replace(WANTED, started_with=live.account)
    edited = _read(text.replace("  exchange:", "  mode: dryRun\n  exchange:"), live, wanted)

    assert edited.pending_restart == ("spec.mode",)
    assert edited.keys == live.keys


@pytest.mark.parametrize("secret", ["*Hush9182", "!Hush9182 x"])
def test_a_secret_that_is_no_yaml_is_not_repeated_in_the_fault(secret: str) -> None:
    """EX-13."""
    faults = _read(TEXT.replace("sim-alice-secret", secret)).faults

    assert faults
    assert "Hush9182" not in "".join(faults)


def test_an_account_that_left_the_file_is_not_reachable_and_goes_on_as_it_was() -> None:
    """RI-14: the runner holds entries back when this lasts."""
    good = _read(TEXT)
    gone = _read(TEXT.split("---")[0], good)

    assert not gone.is_reachable
    assert replace(gone, faults=(), is_reachable=True) == good
    assert unreadable(good, "no such file").faults == ("no such file",)


def test_fields_that_need_a_restart_are_named_against_the_start() -> None:
    """KU-13: they wait, and go when they are set back."""
    begun = _read(TEXT)
    wanted = replace(WANTED, started_with=begun.account)
    edited = _read(TEXT.replace("simulated\n", "simulated\n  initialBalance: 5\n"), begun, wanted)

    assert edited.pending_restart == ("spec.initialBalance",)
    assert _read(TEXT, edited, wanted).pending_restart == ()


def test_keys_come_from_the_environment_where_no_secret_is() -> None:
    """KU-24: ID in upper case, dashes as underscores."""
    alone = TEXT.split("---")[1].replace("alice", "account-001")
    variables = {
        "ACCOUNT_001_BYBIT_API_KEY": "key-of-mine",
        "ACCOUNT_001_BYBIT_API_SECRET": "secret-of-mine",
    }
    wanted = Wanted(name="account-001", environment=variables, started_with=None)
    missing = _read(alone, wanted=replace(wanted, environment={}))

    found = _read(alone, wanted=wanted).keys
    assert found is not None and found.api_secret == "secret-of-mine"
    assert missing.keys is None
    assert "ACCOUNT_001_BYBIT_API_KEY and ACCOUNT_001_BYBIT_API_SECRET" in missing.keys_problem


def test_a_secret_may_be_in_base64_and_must_be_whole() -> None:
    """The remedy names the field, never a value."""
    encoded = TEXT.replace("stringData:", "data:").replace("sim-alice,", "c2ltLWFsaWNl,")
    half = TEXT.replace(", apiSecret: sim-alice-secret", "")

    assert "apiSecret under data is not base64" in _read(encoded).keys_problem
    assert _read(half).keys_problem == "Secret keys: apiSecret is missing; add it under stringData"
    whole = encoded.replace("sim-alice-secret", "c2VjcmV0")
    keys = _read(whole).keys
    assert keys is not None and (keys.api_key, keys.api_secret) == ("sim-alice", "secret")


def test_every_account_of_a_file_is_found() -> None:
    second = TEXT.split("---")[1].replace("alice", "bob")

    assert account_names(f"{TEXT}---\n{second}") == ("alice", "bob")
