"""Whatever a venue tells, the engine neither breaks nor leaves a position without an order."""

from hypothesis import given
from hypothesis import strategies as st

from support.engine_drive import account, grid, started
from support.grid_rules import broken_rules
from support.odd_answers import Odd, odd_facts, tell


@given(st.lists(odd_facts, min_size=1, max_size=12), st.booleans())
def test_odd_facts_break_nothing_and_the_truth_returns(odd: list[Odd], moves: bool) -> None:
    """EX-10, GR-48: each is a fact to the engine; the venue's own word comes with the next read."""
    drive = started(parameters=account(of=grid(levels=4)), cash="1000000")
    for number, fact in enumerate(odd):
        tell(drive, fact)
        if moves:
            drive.move("0.99" if number % 2 else "1.01")
    drive.settle(120)

    state = drive.engine.state
    assert state.stop is not None or drive.run.hold_id or broken_rules(drive) == []
