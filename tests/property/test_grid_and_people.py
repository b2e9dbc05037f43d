"""The grid among people: edits, reductions by hand, stops, at every kind of venue."""

from hypothesis import given
from hypothesis import strategies as st

from botrunner.domain.traits import VenueTraits
from support.engine_drive import account, grid, started
from support.grid_happenings import Happening, anything, happen, people, resume, take_back
from support.grid_rules import broken_exits, broken_rules

VENUES = [
    VenueTraits(),
    VenueTraits(amends=False, two_exits=False),
    VenueTraits(amends=False, two_exits=True),
]


@given(st.lists(st.one_of(anything, people), max_size=20), st.sampled_from(VENUES))
def test_whatever_people_do_exits_stay_and_the_grid_is_even_once_they_let_it(
    happened: list[Happening], traits: VenueTraits
) -> None:
    """GR-2, GR-3, GR-34, GR-35, RI-3."""
    drive = started(parameters=account(of=grid(levels=6)), cash="1000000", traits=traits)
    drive.known_stop = True
    for step in happened:
        happen(drive, step)
    drive.calm()
    drive.settle(45)

    assert broken_exits(drive) == []

    take_back(drive)
    drive.settle(15)
    resume(drive)
    drive.settle(45)

    assert drive.engine.state.stop is None, drive.engine.state.stop
    assert drive.run.hold_id == ""
    assert broken_rules(drive) == []
