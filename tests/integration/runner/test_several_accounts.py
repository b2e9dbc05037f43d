"""Several accounts in one process: one's stop, broken file or ruin never touches another."""

import signal
import subprocess
from pathlib import Path

import pytest

from integration.runner.conftest import MakeDesk
from support.grid_life import LIFE
from support.program import TRADEFLEET
from support.runner_desk import RunnerDesk


@pytest.fixture
def pair(make_desk: MakeDesk, tmp_path: Path) -> tuple[RunnerDesk, RunnerDesk]:
    """Two accounts of two files; the first's process trades both."""
    one, other = (make_desk(name=name, folder=tmp_path / "both") for name in ("one", "other"))
    other.write()
    one.start("-f", str(other.path))
    for desk in (one, other):
        desk.settles(LIFE[0].shows)
        desk.until_trading()
    return one, other


def test_a_stop_of_one_account_leaves_the_other_trading(
    pair: tuple[RunnerDesk, RunnerDesk],
) -> None:
    """RI-7, KU-24."""
    one, other = pair
    one.write(emergencyStop=True, emergency={"policy": "Flatten"})
    one.until_stopped()
    assert one.held() == {}
    other.price("0.99")

    other.settles(LIFE[1].shows)
    assert not other.emergency()


def test_a_ruined_file_of_one_account_leaves_both_trading(
    pair: tuple[RunnerDesk, RunnerDesk],
) -> None:
    """The last good specification stays in force, and the fault is logged by field."""
    one, other = pair
    one.path.write_text(one.path.read_text().replace("leverage: 75", "leverage: many"))
    one.until(lambda: "specificationRefused" in one.output(), "the fault is logged")
    one.price("0.99")

    for desk in pair:
        desk.settles(LIFE[1].shows)
    assert "spec.strategies[0].grid.leverage" in one.output()


def test_no_secret_is_in_anything_a_run_wrote(pair: tuple[RunnerDesk, RunnerDesk]) -> None:
    """EX-13: every file of both accounts, and the output."""
    one, _ = pair
    one.terminate()
    written = [path for path in one.folder.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    copies = list((one.folder / "state").rglob("*.yaml"))

    assert len(written) > 8
    assert [str(path) for path in (*written, *copies) if b"-secret" in path.read_bytes()] == []


def test_one_account_of_the_venue_is_traded_once(make_desk: MakeDesk, tmp_path: Path) -> None:
    """KU-24, KU-26: two files with the keys of one account; the second says why it may not."""
    one, other = (make_desk(name=name, folder=tmp_path / "twice") for name in ("one", "other"))
    other.write()
    text = other.path.read_text().replace("sim-other", "sim-one")
    other.path.write_text(text)
    one.start("-f", str(other.path))
    one.settles(LIFE[0].shows)
    one.until_trading()
    one.until(lambda: "one trades the exchange account" in _refusal(other), "the refusal")

    assert other.condition("TradingEnabled")["reason"] == "NotAdmitted"
    assert len(one.resting_ids()) == 4


def _refusal(desk: RunnerDesk) -> str:
    return str(desk.condition("TradingEnabled").get("message", ""))


def test_a_wrong_file_is_refused_by_line_and_field(tmp_path: Path) -> None:
    """The text is validate's; nothing is started, nothing is written."""
    path = tmp_path / "wrong.yaml"
    path.write_text("apiVersion: tradefleet.dev/v1alpha1\nkind: TradingAccount\nspec: {}\n")
    command = [*TRADEFLEET, "run", "-f", str(path), "--state-dir", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=180)

    assert ended.returncode == 1
    assert f"{path}:3: spec.exchange: is required; add it" in ended.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["wrong.yaml"]


def test_ctrl_c_ends_a_run_of_the_simulator_inside(tmp_path: Path) -> None:
    """GR-52: the example needs nothing but itself, and ends with 0."""
    example = Path(__file__).parents[3] / "examples" / "account-001.yaml"
    command = [*TRADEFLEET, "run", "-f", str(example), "--state-dir", str(tmp_path)]
    with subprocess.Popen(
        [*command, "-o", "json"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any('"fill"' in line for line in lines)
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "RunnerEnding" in rest
