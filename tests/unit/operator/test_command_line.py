"""The command line: what the chart says is what the operator is told."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from botoperator.command_line import Options, parse
from botoperator.logs import Shape
from botoperator.settings import RUNNER_RESOURCES, FeedSettings, PullPolicy, Resources

VALUES = Path(__file__).parents[3] / "charts" / "tradefleet" / "values.yaml"
PROGRAM = Path(sys.executable).with_name("tradefleet-operator")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine says anything."""
    for name in ("POD_NAMESPACE", "RUNNER_IMAGE", "KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")


def run(*arguments: str) -> Options:
    """The options of a command line with what has to be there."""
    return parse(["run", "--namespace", "ops", "--runner-image", "tradefleet:1", *arguments])


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said about a wrong command line."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    return capsys.readouterr().err


def test_what_is_not_said_has_its_default() -> None:
    options = run()

    assert options.settings.namespace == "ops"
    assert options.settings.runner_image == "tradefleet:1"
    assert options.settings.watch_namespaces == ()
    assert options.settings.image_pull_policy is PullPolicy.IF_NOT_PRESENT
    assert options.settings.runner_resources == RUNNER_RESOURCES
    assert options.settings.simulator is None
    assert options.settings.probe_port == 8080
    assert options.kubeconfig is None
    assert options.relist_seconds == 600
    assert (options.log_level, options.shape) == ("info", Shape.JSON)


def test_what_the_chart_says_by_default_is_what_the_operator_has_by_itself() -> None:
    """KU-21: so an upgrade that reuses the values of an older release loses nothing."""
    values = yaml.safe_load(VALUES.read_text())
    feeds, own = values["feeds"], FeedSettings()

    assert values["runner"]["resources"] == _as_values(RUNNER_RESOURCES)
    assert feeds == {
        "enabled": True,
        "graceSeconds": own.grace.total_seconds(),
        "maxConnections": own.max_connections,
        "direct": {
            "pollSeconds": own.direct_poll_seconds,
            "connectSeconds": own.direct_connect_seconds,
        },
        "resources": _as_values(own.resources),
    }


def _as_values(resources: Resources) -> dict[str, dict[str, str]]:
    return {"requests": dict(resources.requests), "limits": dict(resources.limits)}


def test_the_chart_s_command_line_is_understood() -> None:
    resources = '{"limits":{"memory":"128Mi"},"requests":{"cpu":0.05,"memory":"64Mi"}}'
    settings = run(
        "--image-pull-policy=Never",
        "--image-pull-secret=one",
        "--image-pull-secret=two",
        f"--runner-resources={resources}",
        "--simulator=http://tradefleet-simulator.ops.svc:8480/",
        "--watch-namespace=a",
        "--watch-namespace=b",
        "--probe-port=9000",
        "--log-level=debug",
    ).settings

    assert settings.image_pull_policy is PullPolicy.NEVER
    assert settings.image_pull_secrets == ("one", "two")
    assert settings.runner_resources.limits == {"memory": "128Mi"}
    assert settings.runner_resources.requests == {"cpu": "0.05", "memory": "64Mi"}
    assert settings.simulator == "http://tradefleet-simulator.ops.svc:8480"
    assert settings.watch_namespaces == ("a", "b")
    assert settings.probe_port == 9000


def test_feeds_are_off_unless_asked_for() -> None:
    """KU-12."""
    assert run().settings.feeds is None
    assert run("--feeds").settings.feeds == FeedSettings()
    resources = '{"limits":{"memory":"64Mi"}}'
    feeds = run(
        "--feeds",
        "--feed-grace-seconds=5",
        f"--feed-resources={resources}",
        "--feed-max-connections=9",
        "--feed-owner=tradefleet-operator",
        "--direct-poll-seconds=2.5",
        "--direct-connect-seconds=0",
    ).settings.feeds

    assert feeds is not None
    assert feeds.grace == timedelta(seconds=5)
    assert feeds.resources.limits == {"memory": "64Mi"}
    assert feeds.max_connections == 9
    assert feeds.owner == "tradefleet-operator"
    assert (feeds.direct_poll_seconds, feeds.direct_connect_seconds) == (2.5, 0.0)


def test_variables_say_what_flags_do_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("{}")
    monkeypatch.setenv("POD_NAMESPACE", "from-the-pod")
    monkeypatch.setenv("RUNNER_IMAGE", "tradefleet:2")
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))

    options = parse(["run", "--namespace", "flag"])

    assert options.settings.namespace == "flag"
    assert options.settings.runner_image == "tradefleet:2"
    assert options.kubeconfig == kubeconfig


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a command is needed: run"),
        (["run", "--runner-image=x"], "--namespace"),
        (["run", "--namespace=x"], "--runner-image"),
        (["run", "--kubeconfig=/nowhere"], "/nowhere is no file"),
        (["run", "--probe-port=x"], "must be a port"),
        (["run", "--relist-seconds=0"], "1 to 86400"),
        (["run", "--relist-seconds=soon"], "1 to 86400"),
        (["run", "--simulator=host:1"], "http:// or https://"),
        (["run", "--runner-resources={"], "is no JSON"),
        (["run", '--runner-resources={"limit": {}}'], "requests and limits only"),
        (["run", '--runner-resources={"limits": [1]}'], "limits must be an object"),
        (["run", '--runner-resources={"limits": {"cpu": true}}'], "limits.cpu must be a quantity"),
        (["run", "--image-pull-policy=Sometimes"], "IfNotPresent"),
        (["run", "--log-level=loud"], "warning"),
        (["run", "--feed-grace-seconds=1.5"], "0 to 86400"),
        (["run", "--feed-max-connections=0"], "1 to 10000"),
        (["run", "--direct-poll-seconds=0.5"], "1 to 3600"),
        (["run", "--direct-connect-seconds=-1"], "0 to 3600"),
        (["run", "--direct-connect-seconds=nan"], "0 to 3600"),
        (["run", "--direct-connect-seconds=soon"], "0 to 3600"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_command_line_names_flag_and_remedy(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in refused(capsys, *arguments)


def test_the_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["run", "--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    for words in ("examples:", "--watch-namespace NAMESPACE", "/readyz", "exit codes:"):
        assert words in said


def test_a_probe_port_that_is_taken_ends_the_program_with_one_line(tmp_path: Path) -> None:
    kubeconfig = tmp_path / "config"
    kubeconfig.write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        required = ("run", "--namespace=x", "--runner-image=x", f"--kubeconfig={kubeconfig}")
        done = subprocess.run(
            [PROGRAM, *required, "--probe-host=127.0.0.1", "--probe-port", port, "-o", "text"],
            capture_output=True,
            text=True,
            timeout=120,
            env=dict(os.environ),
            check=False,
        )

    assert done.returncode == 1
    assert "--probe-port" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
