"""What holds for a stream session whatever happens in whatever order (EX-8)."""

from hypothesis import example, given
from hypothesis import strategies as st

from botrunner.exchanges.bybit.dialect import BybitDialect
from botrunner.exchanges.session import StreamSession, Timing
from botrunner.exchanges.stream_effects import Connect, Disconnect, Effect, StreamState

FRAMES: list[dict[str, object]] = [
    {"op": "pong"},
    {"op": "auth", "success": True},
    {"op": "auth", "success": False, "retCode": 10003},
    {"op": "auth", "success": False, "retCode": 10016},
    {"op": "subscribe", "success": True, "req_id": "tf-1"},
    {"op": "subscribe", "success": True, "req_id": "tf-2"},
    {"op": "subscribe", "success": False, "req_id": "tf-1"},
    {"topic": "order", "data": []},
]
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("time"), st.floats(0, 40)),
        st.tuples(st.just("frame"), st.sampled_from(FRAMES)),
        st.tuples(st.just("drop"), st.floats(0.5, 1)),
        st.tuples(st.just("open"), st.just(0)),
    ),
    max_size=60,
)


class Shell:
    """Does what a socket would do, and notes whether the session keeps its promises."""

    def __init__(self, essential: bool) -> None:
        self.session = StreamSession(BybitDialect(), {"a": ("order",)}, essential=essential)
        self.now = 0.0
        self.line = "down"
        """down, dialling or up."""
        self.carry_out(self.session.connect_started())

    def carry_out(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Connect):
                assert self.line == "down"
                self.line = "dialling"
            if isinstance(effect, Disconnect):
                assert self.line == "up"
                self.drop(1.0)

    def drop(self, share: float) -> None:
        if self.line != "down":
            self.line = "down"
            self.carry_out(self.session.closed(self.now, reason="dropped", share=share))

    def happen(self, what: str, detail: object) -> None:
        match what, detail:
            case "time", float(seconds):
                self.now += seconds
                self.carry_out(self.session.ticked(self.now))
            case "frame", dict(frame) if self.line == "up":
                self.carry_out(self.session.received(self.now, frame))
            case "drop", float(share):
                self.drop(share)
            case "open", _ if self.line == "dialling":
                self.line = "up"
                self.carry_out(self.session.opened(self.now, sign_in="key"))
            case _:
                return


def run(happenings: list[tuple[str, object]], essential: bool) -> Shell:
    shell = Shell(essential)
    failed = False
    for what, detail in happenings:
        shell.happen(what, detail)
        failed = failed or shell.session.state is StreamState.FAILED
        assert not failed or shell.session.state is StreamState.FAILED
    return shell


@given(happenings=HAPPENINGS, essential=st.booleans())
def test_there_is_never_a_second_connection_and_failed_is_for_ever(
    happenings: list[tuple[str, object]], essential: bool
) -> None:
    shell = run(happenings, essential)

    if shell.session.state is StreamState.FAILED:
        assert shell.line == "down"


@given(happenings=HAPPENINGS, essential=st.booleans())
def test_a_stream_that_has_not_failed_always_has_something_to_wait_for(
    happenings: list[tuple[str, object]], essential: bool
) -> None:
    """Nothing is ever stuck: it is dialling, or a moment is set at which something happens."""
    shell = run(happenings, essential)

    waits = shell.session.wake_at() is not None or shell.line == "dialling"
    assert waits or shell.session.state is StreamState.FAILED


@example(
    # Of these 30 s from the pong to the deadline the difference of both is a little less.
    happenings=[
        ("time", 34.15029602792598),
        ("open", 0),
        ("frame", {"op": "auth", "success": True}),
        ("frame", {"op": "subscribe", "success": True, "req_id": "tf-1"}),
    ],
    essential=False,
)
@given(happenings=HAPPENINGS, essential=st.booleans())
def test_ticking_when_asked_to_never_spins(
    happenings: list[tuple[str, object]], essential: bool
) -> None:
    shell = run(happenings, essential)

    for _ in range(5):
        wake_at = shell.session.wake_at()
        if wake_at is None:
            return
        shell.happen("time", max(0.0, wake_at - shell.now))
        following = shell.session.wake_at()
        assert following is None or following > shell.now


@given(share=st.floats(0.5, 1), losses=st.integers(1, 30))
def test_a_reconnect_never_comes_sooner_than_half_the_base_nor_later_than_the_cap(
    share: float, losses: int
) -> None:
    shell, timing = Shell(essential=True), Timing()
    for _ in range(losses):
        shell.drop(share)
        wake_at = shell.session.wake_at()
        assert wake_at is not None
        assert timing.backoff_base / 2 <= wake_at - shell.now + 1e-9
        assert wake_at - shell.now <= timing.backoff_cap + 1e-9
        shell.now = wake_at
        shell.carry_out(shell.session.ticked(shell.now))
