"""Parts of the built-in cluster switched off and on, and what a pod in it meets."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import network, processes, switches
from support.local_cluster import (
    NAMESPACE,
    answers,
    assert_the_cluster_works,
    cluster,
    kubectl,
    prepare,
    restricted_pod,
    told,
    up,
    web_addresses,
)

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", autouse=True)
def running_cluster() -> Iterator[None]:
    """The cluster is up before, and up after."""
    up()
    yield
    up()


def test_without_the_api_server_pods_go_on_and_after_its_start_it_answers_again() -> None:
    assert_the_cluster_works()
    service, _ = web_addresses()
    switches.stop_api_server()
    refused = kubectl("get", "nodes")
    served_meanwhile = answers(service)
    switches.start_api_server()

    assert "refused" in refused.stderr
    assert served_meanwhile
    assert_the_cluster_works()


def test_a_stopped_kubelet_is_noticed_while_its_pods_go_on() -> None:
    assert_the_cluster_works()
    _, pod = web_addresses()
    switches.stop_node()
    told("wait", "node/tradefleet", "--for=condition=Ready=Unknown", "--timeout=90s")
    served_meanwhile = answers(pod)
    switches.start_node()

    assert served_meanwhile
    assert_the_cluster_works()


def test_a_node_that_lost_its_power_starts_its_pods_again() -> None:
    assert_the_cluster_works()
    service, _ = web_addresses()
    switches.stop_node(runtime=True)
    served_meanwhile = answers(service)
    switches.start_node()

    assert not served_meanwhile
    assert processes.until(lambda: answers(service), seconds=60)


def test_the_audit_log_tells_who_did_what_and_keeps_secrets_out() -> None:
    prepare()
    name = f"audited-{secrets.token_hex(4)}"  # The log still tells of an earlier run.
    told("-n", NAMESPACE, "create", "configmap", name)
    told("-n", NAMESPACE, "delete", "configmap", name)
    lines = Path(cluster("audit").stdout.strip()).read_text().splitlines()
    entries = [json.loads(line) for line in lines if name in line]

    assert ["create", "delete"] == [
        entry["verb"] for entry in entries if entry["verb"] in ("create", "delete")
    ]
    assert {entry["user"]["username"] for entry in entries} >= {"admin"}
    assert not any("from the Secret" in line for line in lines)


def test_a_pod_that_wants_privileges_is_refused_in_a_restricted_namespace() -> None:
    prepare()
    greedy = restricted_pod("greedy", "true").replace("allowPrivilegeEscalation: false", "")
    refused = kubectl("apply", "-f", "-", stdin=greedy)

    assert refused.returncode == 1
    assert 'violates PodSecurity "restricted:latest"' in refused.stderr


def test_the_machine_reaches_the_node_by_our_link_only() -> None:
    routes = json.loads(
        subprocess.run(["ip", "-json", "route"], capture_output=True, text=True).stdout
    )
    ours = [route for route in routes if network.conflicting_route([route])]

    assert {route["dev"] for route in ours} == {network.LINK}
