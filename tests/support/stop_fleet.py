"""Several accounts in one `tradefleet run`, and what of their requests could add exposure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from botrunner.domain.ids import decode
from botrunner.domain.side import Purpose, Side
from support.grid_life import Moment
from support.runner_desk import CREATE, WRITES, RunnerDesk

ANNOTATION = "tradefleet.dev/emergency-stop"
STOP_FILE = ".emergency_stop"
AMEND = "/v5/order/amend"
PROMISE = timedelta(seconds=1)


class MakesDesks(Protocol):
    """The fixture ``make_desk``."""

    def __call__(self, **fields: Any) -> RunnerDesk:
        """A desk with these fields."""
        ...


class StopFleet:
    """Accounts that share one process and one folder; the first one's desk has the process."""

    def __init__(self, make_desk: MakesDesks, folder: Path, names: Iterable[str]) -> None:
        self._desks = [make_desk(folder=folder, name=name) for name in names]

    def __iter__(self) -> Any:
        return iter(self._desks)

    def start(self) -> None:
        """One process for all the files."""
        leader, *others = self._desks
        for desk in self._desks:
            if not desk.path.exists():
                desk.write()
        leader.start(*(part for desk in others for part in ("-f", str(desk.path))))

    def kill(self) -> None:
        """kill -9 of all of them; a status that is there later is the next life's own."""
        self._desks[0].kill()
        for desk in self._desks:
            (desk.state / "status.yaml").unlink()

    def settle(self, moment: Moment) -> None:
        """Every account shows this moment, exits included, and says that it trades."""
        for desk in self._desks:
            desk.settles(moment.shows)
            desk.until_covered()
            desk.until_trading()

    def price(self, price: str, *, mark: str | None = None) -> None:
        """One market for all; the mark alone values positions and fills nothing."""
        self._desks[0].command("price", symbol="XRPUSDT", last=price, mark=mark or price)


def adding(desk: RunnerDesk, after: int) -> list[dict[str, Any]]:
    """Placements and amendments that could add exposure, received after a number of the log."""
    return [row for row in desk.requests(*WRITES, after=after) if _adds(row)]


def writes(desk: RunnerDesk, after: int) -> list[dict[str, Any]]:
    """Every order request received after a number of the log."""
    return desk.requests(*WRITES, after=after)


def late(desk: RunnerDesk, after: int, stopped_at: datetime) -> list[dict[str, Any]]:
    """What could add exposure, was received later than the stop and a second, and had not begun
    when the stop engaged: what is on the wire then arrives when the machine lets it (RI-5).
    """
    begun = _begun_before_stop(desk)
    rows = [row for row in adding(desk, after) if _received_at(row) > stopped_at + PROMISE]
    return [row for row in rows if _request_of(row["body"].get("orderLinkId"), row) not in begun]


def _begun_before_stop(desk: RunnerDesk) -> set[tuple[str, str]]:
    """Requests that the runner's own log has before the stop, by what they are and their id."""
    begun: set[tuple[str, str]] = set()
    for record in desk.records():
        if record.get("account") != desk.name:
            continue
        if record["event"] == "emergencyStop":
            break
        if record["event"] == "request":
            begun.add((CREATE if "strategy" in record else AMEND, str(record["order_id"])))
    return begun


def _request_of(link_id: object, row: dict[str, Any]) -> tuple[str, str]:
    return str(row["path"]), str(link_id)


def _received_at(row: dict[str, Any]) -> datetime:
    """When the venue had read a request."""
    return datetime.fromisoformat(row["at"])


def kept_exits(desk: RunnerDesk, long: str, short: str | None = None) -> None:
    """Wait until no entry rests and the exits cover just these quantities."""

    def shows() -> bool:
        entries = [*desk.resting(Side.LONG), *desk.resting(Side.SHORT)]
        covered = [[quantity for quantity, _ in desk.exits(s)] for s in (Side.LONG, Side.SHORT)]
        return not entries and covered == [[long], [short] if short else []]

    desk.until(shows, f"{desk.name} keeps exits of {long} and {short} and no entry")


def _adds(row: dict[str, Any]) -> bool:
    body = row["body"]
    if row["path"] == CREATE:
        return not body["reduceOnly"]
    identity = decode(str(body.get("orderLinkId") or ""))
    moved = row["path"].endswith("amend")
    return moved and (identity is None or identity.purpose is Purpose.ENTRY)
