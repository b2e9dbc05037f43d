"""One exchange account, two TradingAccounts, one after the other (KU-26)."""

from collections.abc import Callable

import pytest

from support.fleet_desk import FleetDesk
from support.grid_life import LIFE
from support.runner_desk import CREATE

pytestmark = pytest.mark.cluster


def test_the_second_takes_the_account_over_as_it_stands_when_the_first_is_deleted(
    make_desk: Callable[..., FleetDesk],
) -> None:
    """Its orders stay as Keep says, and the next grid of the same name goes on with them."""
    first = make_desk(name="first")
    second = make_desk(name="second", venue_account=first.venue_account)
    first.apply()
    first.settles(LIFE[0].shows)
    first.until_ready()
    second.apply()
    second.until_reason("Stalled", "DuplicateAccount")
    leave, before = first.status()["admitted"], first.count()

    first.delete()

    second.until_ready()
    second.settles(LIFE[0].shows)
    assert second.status()["admitted"]["uid"] == leave["uid"]
    assert second.condition("Stalled")["status"] == "False"
    assert [row for row in second.adding(before) if row["path"] == CREATE] == []
