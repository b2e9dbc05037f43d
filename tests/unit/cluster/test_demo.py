"""What the demo says while it waits, and what it shows in the end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pybit.unified_trading import HTTP

from cluster.demo.account import FILE, keys, look, remedy
from cluster.demo.exchange import Book, Client
from cluster.demo.report import next_steps, order_table, position_table
from cluster.errors import ClusterError
from support.simulator import RunningSimulator, running_simulator


def account(generation: int = 2, **status: Any) -> dict[str, Any]:
    """A TradingAccount as the API server has it."""
    return {"metadata": {"generation": generation}, "status": status}


def ready(status: str, reason: str = "AsExpected", message: str = "") -> dict[str, str]:
    return {"type": "Ready", "status": status, "reason": reason, "message": message}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator("step: true") as running:
        yield running


def client_of(simulator: RunningSimulator, secret: str = "sim-demo-secret") -> Client:
    address = simulator.rest_url.removeprefix("http://")
    return Client(address=address, key="sim-demo", secret=secret)


def test_an_account_that_trades_in_the_wanted_image_is_done() -> None:
    seen = look(
        account(phase="Trading", observedGeneration=2, conditions=[ready("True")]), "a", "a"
    )

    assert seen.is_done
    assert seen.line == "account-001: Trading, Ready"


def test_an_account_that_nobody_reported_on_waits_for_the_operator() -> None:
    seen = look(account(), "a", "a")

    assert not seen.is_done
    assert seen.line == "account-001: waiting for the operator"


def test_what_was_said_about_an_older_specification_does_not_count() -> None:
    status = account(phase="Trading", observedGeneration=1, conditions=[ready("True")])

    assert not look(status, "a", "a").is_done


def test_a_pod_of_the_old_image_is_waited_for() -> None:
    status = account(phase="Trading", observedGeneration=2, conditions=[ready("True")])
    seen = look(status, "old", "new")

    assert not seen.is_done
    assert seen.line == "account-001: Trading, its pod gets the new image when flat or protected"


def test_a_reason_is_said_while_waiting() -> None:
    condition = ready("False", "SecretMissing", "create the Secret account-001-keys")
    seen = look(account(phase="Pending", observedGeneration=2, conditions=[condition]), "a", "a")

    assert not seen.is_hopeless
    assert seen.line == (
        "account-001: Pending, not Ready: SecretMissing: create the Secret account-001-keys"
    )


def test_a_stopped_account_is_not_waited_for() -> None:
    condition = ready("False", "EmergencyStop")

    assert look(
        account(phase="Stopped", observedGeneration=2, conditions=[condition]), "", ""
    ).is_hopeless
    assert not look(account(phase="Stopped", observedGeneration=1), "", "").is_hopeless


def test_a_latched_stop_is_named_with_its_own_end() -> None:
    stopped = account(
        phase="Stopped",
        observedGeneration=2,
        conditions=[ready("False", "EmergencyStop", "errors: refused")],
        emergency={"id": "e4bb4e", "latched": True},
    )
    seen = look(stopped, "old", "new")

    assert seen.line == "account-001: Stopped, not Ready: EmergencyStop: errors: refused"
    assert '{"spec":{"acknowledgedEmergency":"e4bb4e"}}' in remedy(seen)
    assert '{"spec":{"emergencyStop":null}}' in remedy(replace(seen, latched=""))


def test_the_keys_are_those_of_the_example() -> None:
    text = FILE.read_text()

    assert all(key in text for key in keys())


def test_the_exchange_shows_the_orders_of_the_keys_and_of_nobody_else(
    simulator: RunningSimulator,
) -> None:
    client = client_of(simulator)
    assert client.book() == Book()
    order = {
        "category": "linear",
        "symbol": "XRPUSDT",
        "side": "Buy",
        "orderType": "Market",
        "qty": "100",
    }
    place(client, order)
    place(client, order | {"orderType": "Limit", "price": "0.5"})

    book = client.book()
    (resting,), (position,) = book.orders, book.positions
    assert (resting["price"], resting["qty"], resting["side"]) == ("0.5000", "100.0", "Buy")
    assert (position["symbol"], position["size"]) == ("XRPUSDT", "100.0")
    assert "entry" in order_table([resting])
    assert "XRPUSDT" in position_table([position])


def test_the_demo_waits_until_both_sides_have_their_exit_and_their_next_entry() -> None:
    held = ({"positionIdx": 1}, {"positionIdx": 2})
    orders = [
        {"positionIdx": side, "reduceOnly": exit} for side in (1, 2) for exit in (True, False)
    ]

    assert Book(orders=tuple(orders), positions=held).is_settled
    for missing in range(4):
        kept = tuple(order for number, order in enumerate(orders) if number != missing)
        assert not Book(orders=kept, positions=held).is_settled
    assert not Book(orders=tuple(orders), positions=held[:1]).is_settled
    assert not Book().is_settled


def test_a_wrong_secret_is_refused_without_showing_it(simulator: RunningSimulator) -> None:
    client = client_of(simulator, secret="wrong")

    with pytest.raises(ClusterError, match="the simulator refuses /v5/order/realtime"):
        client.book()
    assert "wrong" not in repr(client)


def test_an_exchange_that_is_gone_is_one_line() -> None:
    client = Client(address="127.0.0.1:9", key="sim-demo", secret="sim-demo-secret")

    with pytest.raises(ClusterError, match="the simulator does not answer /v5/order/realtime"):
        client.book()


def test_the_tables_align() -> None:
    order = {
        "positionIdx": 1,
        "price": "1.1",
        "side": "Buy",
        "symbol": "XRPUSDT",
        "qty": "63",
        "reduceOnly": False,
    }
    exit_order = order | {"price": "1.25", "side": "Sell", "reduceOnly": True}

    lines = order_table([exit_order, order]).splitlines()

    assert [line.index("XRPUSDT") for line in lines[1:]] == [lines[0].index("SYMBOL")] * 2
    assert lines[1].endswith("entry")
    assert lines[2].endswith("exit, reduce-only")


def test_the_end_names_the_commands_to_go_on_with() -> None:
    steps = next_steps()

    for command in ("get ta -w", '{"spec":{"emergencyStop":true}}', "make cluster-down"):
        assert command in steps


def place(client: Client, order: dict[str, str]) -> None:
    """Send an order with pybit, a client that is not ours."""
    session = HTTP(api_key=client.key, api_secret=client.secret)
    session.endpoint = f"http://{client.address}"
    session.place_order(**order)
    session.client.close()
