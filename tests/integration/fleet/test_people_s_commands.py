"""status, stop and resume against a real API server, run as a person runs them."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from botapi.labels import RUNNER_MANAGER
from support.accounts import Manifest, account
from support.kubectl import KUBECONFIG, Kubectl

pytestmark = pytest.mark.cluster

SCRIPTS = Path(sys.executable).parent
ANNOTATION = "tradefleet.dev/emergency-stop"
AT = "2026-01-01T00:00:00Z"


def run(
    *arguments: str, kubeconfig: Path = KUBECONFIG, program: str = "tradefleet"
) -> subprocess.CompletedProcess[str]:
    """The program, on the local cluster and no other."""
    environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
    command = [str(SCRIPTS / program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


def told(*arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """What a command says of each account, by name."""
    done = run(*arguments, "-o", "json")
    assert done.returncode == code, done.stdout + done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)["accounts"]
    return {row["name"]: row for row in rows}


def wanted(name: str, **labels: str) -> Manifest:
    """An account that an operator which happens to be there starts no pod for."""
    half = {"rest": "http://half-an-address"}
    manifest = account(name, environment="simulated", endpoints=half)
    manifest["metadata"]["labels"] = labels
    return manifest


def apply(accounts: Kubectl, name: str, **labels: str) -> None:
    applied = accounts.apply(wanted(name, **labels))
    assert applied.ok, applied.err


def latch(accounts: Kubectl, name: str, cause: str, number: str) -> None:
    """Report a latched stop as a runner does."""
    whole = account(name)
    emergency = {
        "id": number,
        "cause": cause,
        "reason": "by the test",
        "policy": "CancelEntries",
        "since": AT,
        "latched": True,
        "complete": True,
    }
    part = {key: whole[key] for key in ("apiVersion", "kind", "metadata")}
    status = part | {"status": {"emergency": emergency}}
    reported = accounts.apply_as(RUNNER_MANAGER, status, flags=("--subresource=status",))
    assert reported.ok, reported.err


def spec_of(accounts: Kubectl, name: str) -> dict[str, Any]:
    found = accounts.read("tradingaccount", name)
    spec: dict[str, Any] = found["spec"]
    return spec | {"annotations": found["metadata"].get("annotations", {})}


def test_labels_reach_just_the_accounts_that_have_them(accounts: Kubectl) -> None:
    """OB-8: stop by label, with the policy in the same write; the others are not touched."""
    namespace = str(accounts.namespace)
    apply(accounts, "east-1", desk="east")
    apply(accounts, "east-2", desk="east")
    apply(accounts, "west-1", desk="west")
    results = told("stop", "-n", namespace, "-l", "desk=east", "--policy", "Flatten")

    assert {name: row["result"] for name, row in results.items()} == {
        "east-1": "done",
        "east-2": "done",
    }
    assert spec_of(accounts, "east-1")["emergencyStop"] is True
    assert spec_of(accounts, "east-1")["emergency"]["byCause"] == {"person": "Flatten"}
    assert "emergencyStop" not in spec_of(accounts, "west-1")


def test_applying_the_file_again_does_not_undo_a_stop(accounts: Kubectl) -> None:
    """RI-15: client-side, and server-side under another field manager."""
    apply(accounts, "again")
    told("stop", "again", "-n", str(accounts.namespace))
    apply(accounts, "again")
    server_side = accounts.apply_as("gitops", wanted("again"))

    assert server_side.ok, server_side.err
    assert spec_of(accounts, "again")["emergencyStop"] is True


def test_a_resume_takes_back_what_was_set_and_acknowledges(accounts: Kubectl) -> None:
    """OB-8, RI-2."""
    apply(accounts, "back")
    told("stop", "back", "-n", str(accounts.namespace))
    accounts.must("annotate", "tradingaccount", "back", f"{ANNOTATION}=yes")
    latch(accounts, "back", "margin", "8c2f6d")
    results = told("resume", "back", "-n", str(accounts.namespace))
    spec = spec_of(accounts, "back")

    assert results["back"]["result"] == "done"
    assert len(results["back"]["says"]) == 3
    assert (spec.get("emergencyStop"), spec["acknowledgedEmergency"]) == (None, "8c2f6d")
    assert ANNOTATION not in spec["annotations"]


def test_a_resume_by_cause_leaves_stops_of_other_causes(accounts: Kubectl) -> None:
    """RI-15."""
    for name, cause in (("by-stream", "stream"), ("by-margin", "margin")):
        apply(accounts, name, group="latched")
        latch(accounts, name, cause, f"{cause}-1")
    arguments = ("-n", str(accounts.namespace), "-l", "group=latched", "--cause", "stream")
    results = told("resume", *arguments)

    assert results["by-stream"]["result"] == "done"
    assert results["by-margin"]["result"] == "unchanged"
    assert "still stopped" in results["by-margin"]["says"][-1]
    assert spec_of(accounts, "by-stream")["acknowledgedEmergency"] == "stream-1"
    assert "acknowledgedEmergency" not in spec_of(accounts, "by-margin")


def test_a_dry_run_changes_nothing(accounts: Kubectl) -> None:
    apply(accounts, "dry")
    results = told("stop", "dry", "-n", str(accounts.namespace), "--dry-run")

    assert results["dry"]["result"] == "would be done"
    assert "emergencyStop" not in spec_of(accounts, "dry")


def test_a_stop_that_no_runner_carries_out_is_late_and_fails(accounts: Kubectl) -> None:
    """The switch is set all the same: it holds from the runner's first request on (RI-5)."""
    apply(accounts, "alone")
    arguments = ("alone", "-n", str(accounts.namespace), "--wait", "--timeout", "1")
    results = told("stop", *arguments, code=1)

    assert results["alone"]["result"] == "late"
    assert spec_of(accounts, "alone")["emergencyStop"] is True


@pytest.mark.parametrize(("answer", "stops"), [("n", None), ("y", True)])
def test_on_a_terminal_a_wide_stop_is_asked_about(
    accounts: Kubectl, answer: str, stops: bool | None
) -> None:
    apply(accounts, "wide")
    accounts.must("patch", "ta", "wide", "--type=merge", "-p", '{"spec": {"emergencyStop": null}}')
    ours, theirs = pty.openpty()
    command = [str(SCRIPTS / "tradefleet"), "stop", "--all", "-n", str(accounts.namespace)]
    environment = os.environ | {"KUBECONFIG": str(KUBECONFIG)}
    os.write(ours, f"{answer}\n".encode())
    done = subprocess.run(command, stdin=theirs, capture_output=True, timeout=60, env=environment)
    os.close(ours)
    os.close(theirs)

    assert b"in namespace" in done.stdout + done.stderr
    assert spec_of(accounts, "wide").get("emergencyStop") is stops


def test_the_plugin_shows_a_row_an_account_and_one_in_full(accounts: Kubectl) -> None:
    """KU-20, OB-8: kubectl-tradefleet is the same program."""
    namespace = str(accounts.namespace)
    apply(accounts, "seen-1", shown="yes")
    apply(accounts, "seen-2", shown="yes")
    latch(accounts, "seen-2", "venue", "v1")
    rows = run("status", "-n", namespace, "-l", "shown=yes", program="kubectl-tradefleet")
    full = run("status", "seen-2", "-n", namespace)

    assert [row.split()[0] for row in rows.stdout.splitlines()] == ["NAME", "seen-1", "seen-2"]
    assert "venue latched" in rows.stdout
    assert f"tradefleet resume seen-2 --namespace {namespace}" in full.stdout


def test_what_does_not_work_is_one_line(accounts: Kubectl, tmp_path: Path) -> None:
    """No stack trace: no cluster, no context, a name nobody has, a server that is not there."""
    elsewhere = yaml.safe_load(KUBECONFIG.read_text())
    elsewhere["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    nowhere = tmp_path / "nowhere"
    nowhere.write_text(yaml.safe_dump(elsewhere))
    failures = {
        "no cluster": run("status", kubeconfig=tmp_path / "absent"),
        "has no context": run("status", "--context", "absent"),
        "there is no such TradingAccount": run("status", "absent", "-n", str(accounts.namespace)),
        "does not answer": run("stop", "--all", kubeconfig=nowhere),
    }

    for text, done in failures.items():
        assert done.returncode == 1
        assert text in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


def test_who_may_not_patch_is_told_so_account_by_account(accounts: Kubectl, tmp_path: Path) -> None:
    namespace = str(accounts.namespace)
    apply(accounts, "guarded")
    accounts.must("create", "serviceaccount", "onlooker")
    accounts.must(
        "create", "role", "look", "--verb=get,list", "--resource=tradingaccounts.tradefleet.dev"
    )
    accounts.must(
        "create", "rolebinding", "look", "--role=look", f"--serviceaccount={namespace}:onlooker"
    )
    token = accounts.must("create", "token", "onlooker").strip()
    config = yaml.safe_load(KUBECONFIG.read_text())
    config["users"][0]["user"] = {"token": token}
    onlooker = tmp_path / "onlooker"
    onlooker.write_text(yaml.safe_dump(config))
    done = run("stop", "guarded", "-n", namespace, kubeconfig=onlooker)

    assert done.returncode == 1
    assert "does not let you" in done.stdout
    assert token not in done.stdout + done.stderr
