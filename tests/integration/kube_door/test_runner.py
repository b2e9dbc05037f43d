"""The whole runner of a pod against the cluster's API, judged by the exchange it trades at."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from botrunner.domain.side import Side
from support.grid_life import LIFE
from support.kubectl import Kubectl
from support.pod_desk import PodDesk
from support.runner_desk import CREATE, grid_simulator
from support.tcp_proxy import Way

pytestmark = pytest.mark.cluster

MakePod = Callable[..., PodDesk]
CALM = {"maintenanceMarginRateThreshold": 90, "maxPriceAgeSeconds": 300}


@pytest.fixture
def make_pod(accounts: Kubectl, tmp_path: Path) -> Iterator[MakePod]:
    """Makes the runner of an account of this name, at a simulator of its own; ends it."""
    made: list[PodDesk] = []
    with grid_simulator() as simulator:

        def make(name: str, **fields: Any) -> PodDesk:
            desk = PodDesk(simulator, tmp_path, name=name, kubectl=accounts, **fields)
            made.append(desk)
            return desk

        yield make
        for desk in made:
            desk.close()


def test_an_account_of_the_cluster_lives_the_example_of_the_specification(
    make_pod: MakePod,
) -> None:
    """GR-23 with the object, the keys and the rights of a pod; the status agrees."""
    desk = make_pod("life")
    desk.start()
    desk.admit()
    for moment in LIFE:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.until(lambda: desk.status().get("openOrders") == len(desk.resting_ids()), "the status")

    assert desk.status()["runner"]["pod"] == "life-0"


def test_nothing_is_sent_before_the_operator_admits_the_account(make_pod: MakePod) -> None:
    """KU-26."""
    desk = make_pod("admission")
    desk.start()
    uid = desk.until(lambda: desk.status().get("account", {}).get("uid"), "the uid")
    desk.kill()
    desk.kubectl.must("delete", "ta", desk.name)
    _hold(desk, str(uid))
    desk.state_dir = "another-pod"
    started_at = desk.count()
    desk.start()
    desk.until(lambda: desk.status().get("account", {}).get("uid") == uid, "the uid again")
    desk.until(lambda: "NotAdmitted" in desk.readiness(), "said by the probe")
    before = desk.requests(CREATE, after=started_at)
    desk.admit()

    desk.until(lambda: desk.adding(started_at), "the first entries")
    assert before == []


def _hold(desk: PodDesk, uid: str) -> None:
    """An older account of the same keys: an operator, if there is one, admits no second one."""
    holder = {**desk.manifest, "metadata": {"name": "holder"}}
    applied = desk.kubectl.apply(holder)
    assert applied.ok, applied.err
    patch = json.dumps({"status": {"account": {"uid": uid}, "admitted": {"uid": uid}}})
    options = ("--type=merge", "--subresource=status", "--patch", patch)
    desk.kubectl.must("patch", "ta", "holder", *options)


@pytest.mark.parametrize("switch", ["spec", "annotation"])
def test_a_stop_by_kubectl_ends_entries_and_taking_it_back_resumes(
    make_pod: MakePod, switch: str
) -> None:
    """RI-5: judged by what the exchange was sent."""
    desk = make_pod(f"stop-{switch}")
    desk.start_trading()
    desk.settles(LIFE[0].shows)
    _switch(desk, switch, "true")
    desk.until_stopped()
    stopped_at = desk.count()
    desk.price("0.98")
    desk.until(lambda: desk.held() == {"long": "75"}, "the exit of the short side")
    added, rests = desk.adding(stopped_at), desk.resting(Side.LONG)
    desk.price("1.00")
    _switch(desk, switch, "")

    desk.until(lambda: desk.adding(stopped_at), "entries again")
    assert (added, rests) == ([], [])


def test_a_latched_stop_survives_the_process_and_its_folder(make_pod: MakePod) -> None:
    """RI-2: the resource is the latch; only acknowledging this very stop ends it."""
    desk = make_pod("latch", spec={"risk": CALM | {"maintenanceMarginRateThreshold": 0.015}})
    desk.start_trading()
    desk.price("0.99")
    stop = desk.until_stopped()
    desk.kill()
    desk.patch(risk=CALM)
    desk.state_dir = "another-pod"
    started_at = desk.count()
    desk.start()
    desk.until(lambda: desk.epoch() > desk.last_epoch, "the next life")
    again = desk.until_stopped()
    added = desk.adding(started_at)
    desk.patch(acknowledgedEmergency=stop["id"])

    desk.settles(LIFE[1].shows)
    assert (again["id"], again["latched"], added) == (stop["id"], True, [])
    desk.until(lambda: not desk.emergency(), "the status without the stop")


def test_an_api_server_that_is_away_for_longer_holds_entries_back(make_pod: MakePod) -> None:
    """RI-14: exits go on meanwhile, entries from its return on, and nothing starts again."""
    desk = make_pod("away")
    desk.start_trading()
    desk.settles(LIFE[0].shows)
    desk.proxy.become(Way.REFUSED)
    desk.until(lambda: _age(desk) > 31, "thirty seconds without the API server")
    desk.until(lambda: "ApiUnreachable" in desk.readiness(), "said by the probe")
    away_at = desk.count()
    desk.price(LIFE[1].price)
    desk.until(lambda: _covers(desk, "225"), "the exit of what is held")
    added = desk.adding(away_at)
    desk.proxy.become(Way.OPEN)

    desk.settles(LIFE[1].shows)
    assert added == []
    assert desk.process is not None and desk.process.poll() is None


def test_a_stop_set_while_the_api_server_was_away_acts_with_its_return(make_pod: MakePod) -> None:
    """RI-14."""
    desk = make_pod("meanwhile")
    desk.start_trading()
    desk.settles(LIFE[0].shows)
    desk.proxy.become(Way.REFUSED)
    desk.until(lambda: _losses(desk) >= 1, "the loss")
    desk.patch(emergencyStop=True)
    away_at = desk.count()
    desk.proxy.become(Way.OPEN)
    desk.until_stopped()
    desk.price("0.98")
    desk.until(lambda: desk.held() == {"long": "75"}, "the exit of the short side")

    assert desk.adding(away_at) == []
    assert '"event": "apiServerLost"' in desk.output()
    assert '"event": "apiServerBack"' in desk.output()


def test_a_secret_that_comes_later_is_enough(make_pod: MakePod) -> None:
    """KU-1, KU-11: the condition names it, and mending needs no restart by hand."""
    desk = make_pod("secret")
    desk.identity.mount({})
    desk.start()
    desk.until(lambda: _reason(desk, "CredentialsReady") == "SecretMissing", "missing")
    desk.identity.mount({"apiKey": desk.keys["apiKey"]})
    desk.until(lambda: _reason(desk, "CredentialsReady") == "KeyMissing", "incomplete")
    desk.identity.mount(desk.keys)
    desk.admit()

    desk.settles(LIFE[0].shows)
    assert desk.keys["apiSecret"] not in desk.output()


def test_a_container_that_starts_while_the_api_server_is_away_sends_no_entry(
    make_pod: MakePod,
) -> None:
    """RI-6: with the last copy it protects what is held; entries wait for the API server."""
    desk = make_pod("copy")
    desk.start_trading()
    desk.settles(LIFE[0].shows)
    desk.until(lambda: (desk.state / "account.yaml").exists(), "the copy")
    desk.kill()
    desk.price(LIFE[1].price)
    desk.proxy.become(Way.REFUSED)
    started_at = desk.count()
    desk.start()
    desk.until(lambda: _covers(desk, "225"), "the exit of what is held")
    added = desk.adding(started_at)
    desk.proxy.become(Way.OPEN)

    desk.settles(LIFE[1].shows)
    assert added == []


def test_a_pod_without_copy_and_api_server_sends_nothing_and_waits(make_pod: MakePod) -> None:
    """RI-6."""
    desk = make_pod("blind")
    desk.write()
    desk.proxy.become(Way.REFUSED)
    desk.start()
    desk.until(lambda: "cannot be reached" in desk.readiness(), "said by the probe")
    sent = desk.requests()
    desk.proxy.become(Way.OPEN)
    desk.admit()

    desk.settles(LIFE[0].shows)
    assert sent == []


def test_a_runner_that_is_told_to_end_leaves_its_orders(make_pod: MakePod) -> None:
    """GR-52."""
    desk = make_pod("term")
    desk.start_trading()
    desk.settles(LIFE[0].shows)
    rests = desk.resting_ids()
    code = desk.terminate()

    assert code == 0
    assert desk.resting_ids() == rests


def _switch(desk: PodDesk, switch: str, value: str) -> None:
    if switch == "spec":
        desk.patch(emergencyStop=True if value else None)
        return
    change = "tradefleet.dev/emergency-stop" + (f"={value}" if value else "-")
    desk.kubectl.must("annotate", "ta", desk.name, change)


def _covers(desk: PodDesk, quantity: str) -> bool:
    """Whether so much is held long, and the take-profit is for all of it."""
    exits = [exit_quantity for exit_quantity, _ in desk.exits(Side.LONG)]
    return desk.held().get("long") == quantity and exits == [quantity]


def _reason(desk: PodDesk, kind: str) -> str:
    return str(desk.condition(kind).get("reason", ""))


def _age(desk: PodDesk) -> float:
    return desk.metrics()[f'tradefleet_api_channel_age_seconds{{account="{desk.name}"}}']


def _losses(desk: PodDesk) -> float:
    return desk.metrics()[f'tradefleet_api_channel_losses_count{{account="{desk.name}"}}']
