"""Faults wait for what they concern and are used up."""

from botrunner.simulator.faults import Fault, FaultKind, Faults


def fault(number: int, kind: FaultKind = FaultKind.DELAY, **changes: object) -> Fault:
    made = Fault(number=number, kind=kind)
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_a_fault_strikes_as_often_as_it_says() -> None:
    faults = Faults()
    faults.add(fault(1, remaining=2))
    taken = [faults.take(FaultKind.DELAY, "a", "/p") for _ in range(3)]

    assert [each.number if each else None for each in taken] == [1, 1, None]
    assert list(faults) == []


def test_a_fault_passes_by_what_it_does_not_concern() -> None:
    faults = Faults()
    faults.add(fault(1, account="bob", path="/p"))

    assert faults.take(FaultKind.DELAY, "alice", "/p") is None
    assert faults.take(FaultKind.DELAY, "bob", "/q") is None
    assert faults.take(FaultKind.ANSWER, "bob", "/p") is None
    assert faults.take(FaultKind.DELAY, "bob", "/p") is not None


def test_the_oldest_that_concerns_strikes_first() -> None:
    faults = Faults()
    faults.add(fault(1, account="bob"))
    faults.add(fault(2))
    faults.add(fault(3, account="alice"))
    taken = [faults.take(FaultKind.DELAY, "alice", "/p") for _ in range(2)]

    assert [each.number if each else None for each in taken] == [2, 3]
    assert faults.clear() == 1
