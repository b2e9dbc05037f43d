"""Accounts that trade in the cluster: what the exchange shows, what kubectl shows, what is left."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest

from botapi.naming import runner_name
from support.fleet_desk import PATIENCE_SECONDS, FleetDesk, received_at
from support.grid_life import LIFE
from support.kubectl import Kubectl
from support.runner_desk import CREATE

pytestmark = pytest.mark.cluster

TRADING_WITHIN = timedelta(seconds=60)
MakeDesk = Callable[..., FleetDesk]
CHILDREN = "serviceaccounts,roles,rolebindings,statefulsets,pods"


def test_two_accounts_of_one_symbol_in_two_namespaces_each_live_the_example(
    make_desk: MakeDesk, namespace: Kubectl, second_namespace: Kubectl
) -> None:
    """KU-22, RI-7, GR-23, GR-30: levels, quantities and take-profits, by the venue's ledger.

    A minute after the API server took the later one, both have placed all that the start asks for.
    """
    desks = [make_desk(name="alice"), make_desk(name="bob", kubectl=second_namespace)]
    for desk in desks:
        desk.apply()
    applied_at = max(desk.created_at() for desk in desks)
    for desk in desks:
        desk.settles(LIFE[0].shows)
    placed = [received_at(row) for desk in desks for row in desk.requests(CREATE)]
    for moment in LIFE[1:]:
        desks[0].price(moment.price)
        for desk in desks:
            desk.settles(moment.shows)

    assert desks[0].kubectl.namespace != desks[1].kubectl.namespace
    assert max(placed) < applied_at + TRADING_WITHIN
    for desk in desks:
        desk.until_ready()
        assert desk.restarts() == 0


def test_kubectl_shows_what_the_venue_says(desk: FleetDesk) -> None:
    """KU-2, KU-3: columns, and a margin rate that follows the price."""
    desk.set_balance("60")
    desk.apply()
    waited = desk.kubectl.run(
        "wait", f"ta/{desk.name}", "--for=condition=Ready", f"--timeout={PATIENCE_SECONDS:.0f}s"
    )
    assert waited.ok, desk.summary()
    desk.settles(LIFE[0].shows)
    before = _shown_rate(desk)
    for moment in LIFE[1:2]:
        desk.price(moment.price)
        desk.settles(moment.shows)
    desk.until(lambda: abs(_shown_rate(desk) - _venue_rate(desk)) < Decimal("0.5"), "the rate")
    after = _shown_rate(desk)
    row = _columns(desk)

    assert after > before + Decimal("0.5")
    assert (row["EXCHANGE"], row["ENV"], row["MODE"]) == ("bybit", "simulated", "live")
    assert (row["READY"], row["PHASE"], row["POSITIONS"]) == ("True", "Trading", "2")
    assert abs(Decimal(row["EQUITY"]) - Decimal("60")) < 1


def test_a_deleted_account_takes_its_children_and_leaves_its_orders(desk: FleetDesk) -> None:
    """RI-29: the policy Keep; the owner's references collect the rest."""
    desk.apply()
    desk.settles(LIFE[0].shows)
    desk.until_ready()
    desk.delete()
    desk.until(lambda: not _names(desk, CHILDREN), "children and pod are gone")

    assert desk.picture() == desk.picture() | dict(LIFE[0].shows)
    assert len(desk.exit_orders()) == 2


def _shown_rate(desk: FleetDesk) -> Decimal:
    return Decimal(desk.status()["account"]["maintenanceMarginRate"])


def _venue_rate(desk: FleetDesk) -> Decimal:
    return Decimal(desk.ledger()["wallet"]["maintenanceMarginRate"]) * 100


def _columns(desk: FleetDesk) -> dict[str, str]:
    header, row = desk.kubectl.must("get", "ta", desk.name).splitlines()
    # Columns are apart by three spaces or more; a name may have one within.
    names = [name.strip() for name in header.split("   ") if name.strip()]
    values = [value.strip() for value in row.split("   ") if value.strip()]
    return dict(zip(names, values, strict=True))


def _names(desk: FleetDesk, kinds: str) -> list[str]:
    """Names of what is left of an account; the namespace's own objects are not meant."""
    items = json.loads(desk.kubectl.must("get", kinds, "--output=json"))["items"]
    names = [str(item["metadata"]["name"]) for item in items]
    return [name for name in names if name.startswith(runner_name(desk.name))]
