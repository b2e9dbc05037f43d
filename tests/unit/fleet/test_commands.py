"""status, stop and resume as a person sees them, over accounts on paper."""

import json
from typing import Any

import pytest
import typer

from botapi.v1alpha1.emergency import EmergencyCause
from botrunner.cli.fleet_change import Change, make_change
from botrunner.cli.fleet_options import OutputFormat, plain_table, show
from botrunner.cli.fleet_tables import as_json, detail, overview
from botrunner.fleet.choose import Choice
from botrunner.fleet.decide import Outcome, decide_resume, decide_stop, is_carried_out, still_holds
from botrunner.fleet.view import view_account
from support.paper_cluster import PaperCluster, emergency, stored


def change(choice: Choice, **fields: Any) -> Change:
    """A stop."""
    usual: dict[str, Any] = {
        "verb": "Stop",
        "decide": lambda raw: decide_stop(raw, None),
        "is_over": lambda raw, result: is_carried_out(
            raw, generation=result.generation, before=result.stood
        ),
        "awaited": "carried out",
        "choice": choice,
        "dry_run": False,
        "yes": False,
        "wait_seconds": None,
        "output": OutputFormat.JSON,
    }
    return Change(**usual | fields)


def told(printed: str) -> dict[str, tuple[str, str]]:
    """Result and words by name."""
    rows = json.loads(printed)["accounts"]
    return {row["name"]: (row["result"], "; ".join(row["says"])) for row in rows}


def test_an_account_that_fails_does_not_keep_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster = PaperCluster(stored("alice"), stored("bob"))
    cluster.refusing["alice"] = "conflict"

    with pytest.raises(typer.Exit) as ended:
        make_change(cluster, change(Choice(names=("alice", "bob", "nobody"))))

    assert ended.value.exit_code == 1
    results = told(capsys.readouterr().out)
    assert results["alice"] == ("failed", "conflict")
    assert results["bob"] == ("done", "spec.emergencyStop: true")
    assert results["nobody"][0] == "failed"
    assert [key.name for key, _ in cluster.patches] == ["bob"]


def test_a_dry_run_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    cluster = PaperCluster(stored("alice"))
    make_change(cluster, change(Choice(names=("alice",)), dry_run=True, wait_seconds=1.0))

    assert told(capsys.readouterr().out)["alice"] == ("would be done", "spec.emergencyStop: true")
    assert cluster.patches == []


def test_waiting_ends_when_the_runner_says_that_it_is_done(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster = PaperCluster(stored("alice"), stored("bob"))

    def follow(raw: dict[str, Any]) -> None:
        if raw["spec"].get("emergencyStop"):
            generation = raw["metadata"]["generation"]
            raw["status"] = {
                "emergency": emergency(cause="person"),
                "runner": {"observedGeneration": generation},
            }

    cluster.react = follow
    make_change(cluster, change(Choice(everything=True), wait_seconds=60.0))

    assert {result for result, _ in told(capsys.readouterr().out).values()} == {"done"}


def test_a_runner_that_does_not_follow_in_time_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    cluster = PaperCluster(stored("alice"))

    with pytest.raises(typer.Exit) as ended:
        make_change(cluster, change(Choice(names=("alice",)), wait_seconds=0.0))

    assert ended.value.exit_code == 1
    assert told(capsys.readouterr().out)["alice"][0] == "late"


def test_after_a_resume_it_is_said_what_still_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """RI-15."""
    raw = stored(spec={"emergencyStop": True}, status={"emergency": emergency(cause="stream")})
    resumed = change(
        Choice(names=("alice",)), decide=lambda raw: decide_resume(raw, None), rest=still_holds
    )
    by_cause = change(
        Choice(names=("alice",)),
        decide=lambda raw: decide_resume(raw, EmergencyCause.STREAM),
        rest=still_holds,
    )
    make_change(PaperCluster(raw), by_cause)
    partly = told(capsys.readouterr().out)["alice"]
    make_change(PaperCluster(raw), resumed)
    fully = told(capsys.readouterr().out)["alice"]

    assert "still stopped: spec.emergencyStop is set" in partly[1]
    assert "still stopped" not in fully[1]


def test_a_command_that_means_nobody_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        make_change(PaperCluster(), change(Choice(everything=True)))
    with pytest.raises(typer.Exit):
        make_change(PaperCluster(stored()), change(Choice()))

    said = capsys.readouterr().err
    assert "no account is meant" in said
    assert "say which accounts" in said


def test_the_overview_has_a_row_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    status = {
        "phase": "Trading",
        "account": {"maintenanceMarginRate": "2.26", "equity": "1003.52", "positions": 2},
    }
    views = [
        view_account(stored("alice", status=status)),
        view_account(stored("bob", status={"emergency": emergency()})),
    ]
    show(overview(views, with_namespace=True))
    header, alice, bob = capsys.readouterr().out.splitlines()

    assert header.split()[:3] == ["NAMESPACE", "NAME", "EXCHANGE"]
    assert "2.26" in alice
    assert "1003.52" in alice
    assert bob.rstrip().endswith("margin latched")


def test_one_account_is_shown_with_what_is_wrong_first(capsys: pytest.CaptureFixture[str]) -> None:
    position = {"strategy": "xrp", "symbol": "XRPUSDT", "side": "long", "quantity": "75"}
    status = {"emergency": emergency(), "positions": [position]}
    show(*detail(view_account(stored(status=status))))
    printed = capsys.readouterr().out

    assert "tradefleet resume alice --namespace clients" in printed
    assert printed.index("Stopped") < printed.index("Not well") < printed.index("Positions")


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ({"filled": 0, "resting": -1}, "filled to level 0, none resting"),
        ({"filled": 0, "resting": 1}, "filled to level 0, resting to level 1"),
        ({"filled": -1, "resting": 0}, "none filled, resting to level 0"),
        ({"filled": -1, "resting": -1}, "none filled, none resting"),
        ({"filled": "x"}, "filled ?, resting ?"),
        (None, ""),
    ],
)
def test_levels_are_told_as_levels(
    levels: object, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are numbers of levels, -1 for none, and no counts."""
    strategy = {"name": "xrp", "state": "Trading", "levels": {"long": levels}}
    show(*detail(view_account(stored(status={"strategies": [strategy]}))))
    row = capsys.readouterr().out.splitlines()[-1]

    assert row.split(maxsplit=2)[2:] == ([words] if words else [])


def test_what_nobody_has_reported_is_not_shown_as_a_sum_without_figures(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(*detail(view_account(stored())))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert ["Equity", "?"] in rows
    assert ["MM", "Rate", "?"] in rows


def test_without_a_terminal_no_line_ends_in_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    """For a file and for a diff; lines between the parts stay."""
    views = [view_account(stored(name)) for name in ("alice", "a-much-longer-name")]
    show(overview(views, with_namespace=True), *detail(views[0]))
    lines = capsys.readouterr().out.splitlines()

    assert lines == [line.rstrip() for line in lines]
    assert lines[lines.index("Not well") - 1] == ""
    assert len(lines) > 10


def test_what_others_wrote_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    show(plain_table(("A",), [("[bold]x[/]",)]))

    assert "[bold]x[/]" in capsys.readouterr().out


def test_json_tells_the_same() -> None:
    (account,) = json.loads(as_json([view_account(stored(status={"emergency": emergency()}))]))[
        "accounts"
    ]

    assert (account["namespace"], account["name"]) == ("clients", "alice")
    assert account["stop"]["id"] == "8c2f6d"
    assert account["marginRatePercent"] == ""
    assert [outcome.value for outcome in Outcome] == ["done", "unchanged", "failed"]
