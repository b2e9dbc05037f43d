"""The chart as Helm itself sees it; Helm comes with the cluster."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from botapi.labels import SIMULATOR_COMPONENT
from botapi.naming import SIMULATOR_SERVICE, simulator_host
from botapi.pods import PROBE_PORT, SIMULATOR_CONTROL_PORT, SIMULATOR_PORT, USER_ID

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "tradefleet"
HELM = ROOT / ".cluster" / "bin" / "helm"
EVERYTHING = (
    "--set=simulator.enabled=true,simulator.control.enabled=true",
    '--set-json=simulator.scenario="step: true"',
    "--set=nodeSelector.disk=ssd,priorityClassName=high,tolerations[0].key=spot",
    "--set=image.pullSecrets={registry}",
    "--set=feeds.enabled=true",
)
NO_FEEDS = "--set=feeds.enabled=false"

pytestmark = pytest.mark.cluster

Manifest = dict[str, Any]


def run_helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What Helm answers, whatever it is."""
    return subprocess.run([HELM, *arguments], capture_output=True, text=True, timeout=60)


def helm(*arguments: str) -> str:
    """What Helm prints; its complaint is the failure's text."""
    done = run_helm(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rendered(*options: str) -> list[Manifest]:
    """Every object of a release `tradefleet` in the namespace `ours`."""
    text = helm("template", "tradefleet", str(CHART), "--namespace=ours", *options)
    return [item for item in yaml.safe_load_all(text) if item]


def of_kind(items: list[Manifest], *kinds: str) -> list[Manifest]:
    """Those of these kinds."""
    return [item for item in items if item["kind"] in kinds]


def deployment(items: list[Manifest], name: str) -> Manifest:
    """The only Deployment of that name."""
    (found,) = (item for item in of_kind(items, "Deployment") if item["metadata"]["name"] == name)
    return found


def container(items: list[Manifest], name: str) -> Manifest:
    """The only container of a Deployment."""
    (only,) = deployment(items, name)["spec"]["template"]["spec"]["containers"]
    found: Manifest = only
    return found


def closed_objects(schema: Manifest, *, above: str = "") -> Iterator[tuple[str, bool]]:
    """The path of each object in a schema, and whether it refuses unknown names."""
    yield above, schema.get("additionalProperties") is False
    for name, inner in schema["properties"].items():
        if "properties" in inner:
            yield from closed_objects(inner, above=f"{above}/{name}")


def undocumented(values: Manifest, schema: Manifest, *, above: str = "") -> Iterator[str]:
    """The path of each value that the schema does not know."""
    for name, value in values.items():
        known = schema["properties"].get(name)
        if known is None:
            yield f"{above}/{name}"
        elif isinstance(value, dict) and "properties" in known:
            yield from undocumented(value, known, above=f"{above}/{name}")


@pytest.mark.parametrize("options", [(), EVERYTHING, ("--set=watchNamespaces={a,b}",)])
def test_helm_finds_nothing_to_complain_about(options: tuple[str, ...]) -> None:
    """KU-21."""
    printed = helm("lint", "--strict", str(CHART), *options)

    assert "1 chart(s) linted, 0 chart(s) failed" in printed
    assert "[WARNING]" not in printed
    assert "[ERROR]" not in printed


def test_the_chart_renders_the_generated_definition_unchanged() -> None:
    """KU-21: the CRDs are templates, and rendering must not touch a byte that matters."""
    files = sorted((ROOT / "crds").glob("*.yaml"))
    definitions = of_kind(rendered(), "CustomResourceDefinition")

    assert files
    assert sorted(definitions, key=lambda each: str(each["metadata"]["name"])) == [
        yaml.safe_load(path.read_text()) for path in files
    ]


def test_uninstalling_the_chart_keeps_the_accounts() -> None:
    """KU-21: without the policy, Helm would delete every account with the definition."""
    definitions = of_kind(rendered(), "CustomResourceDefinition")

    assert definitions
    for definition in definitions:
        assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        ("--set=image.repostory=x", "at '/image': additional properties 'repostory' not allowed"),
        ("--set=image.repository=", "at '/image/repository'"),
        ("--set-string=image.tag=a/b", "at '/image/tag'"),
        ("--set=image.pullPolicy=Sometimes", "at '/image/pullPolicy'"),
        ("--set=operator.logLevel=loud", "at '/operator/logLevel'"),
        ("--set=operator.resources.limits.memory=lots", "at '/operator/resources/limits/memory'"),
        ("--set=runner.image=mine:1", "at '/runner/image': got string, want object"),
        ("--set=runner.resources.claims=x", "at '/runner/resources'"),
        ("--set=feeds.graceSeconds=soon", "at '/feeds/graceSeconds': got string, want integer"),
        ("--set=feeds.maxConnections=0", "at '/feeds/maxConnections'"),
        ("--set=feeds.direct.pollSeconds=0", "at '/feeds/direct/pollSeconds'"),
        ("--set=feeds.direct.poll=4", "at '/feeds/direct': additional properties 'poll'"),
        ("--set=watchNamespaces=clients", "at '/watchNamespaces': got string, want array"),
        ("--set=watchNamespaces={Clients}", "at '/watchNamespaces/0'"),
        ("--set=simulator.speed=0", "at '/simulator/speed'"),
        ("--set=simulator.symbols={xrp}", "at '/simulator/symbols/0'"),
        ("--set=simulator.service.type=LoadBalancer", "at '/simulator/service/type'"),
        ("--set=simulater.enabled=true", "additional properties 'simulater' not allowed"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(option: str, complaint: str) -> None:
    """KU-21: the schema knows every value."""
    done = run_helm("template", "tradefleet", str(CHART), option)

    assert done.returncode != 0
    assert complaint in done.stderr


def test_every_value_is_in_the_schema_and_every_group_has_a_comment() -> None:
    """KU-21: a value that is not documented is not found."""
    text = (CHART / "values.yaml").read_text()
    schema = json.loads((CHART / "values.schema.json").read_text())
    groups = text.strip().split("\n\n")[1:]

    assert list(undocumented(yaml.safe_load(text), schema)) == []
    assert [path for path, closed in closed_objects(schema) if not closed] == []
    assert len(groups) > 5
    for group in groups:
        assert "# " in "".join(group.splitlines()[:2]), group


def test_the_operator_has_no_verb_on_secrets() -> None:
    """KU-11: whoever takes over the operator reads no key."""
    for options in (EVERYTHING, ("--set=watchNamespaces={a,b}",)):
        roles = of_kind(rendered(*options), "Role", "ClusterRole")
        rules = [rule for role in roles for rule in role["rules"]]

        assert rules
        for rule in rules:
            assert not {"secrets", "*"} & set(rule["resources"])
            assert not {"*", "escalate", "bind", "impersonate"} & set(rule["verbs"])
            assert "*" not in rule["apiGroups"]


def test_the_operator_may_do_what_it_grants_to_runners() -> None:
    """KU-11: Kubernetes lets nobody grant what he has not; so no right to escalate is needed."""
    (role,) = (
        item
        for item in of_kind(rendered(), "ClusterRole")
        if item["metadata"]["name"] == "tradefleet-operator"
    )
    may = {
        (resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }

    assert {("tradingaccounts", verb) for verb in ("get", "list", "watch")} <= may
    assert {("tradingaccounts/status", "patch"), ("events", "create")} <= may


def test_named_namespaces_get_roles_and_the_cluster_gets_none() -> None:
    """KU-21: who may not install ClusterRoles can install this."""
    items = rendered("--set=watchNamespaces={clients,house}", NO_FEEDS)
    roles, bindings = of_kind(items, "Role"), of_kind(items, "RoleBinding")
    arguments = container(items, "tradefleet-operator")["args"]

    assert of_kind(items, "ClusterRole", "ClusterRoleBinding") == []
    assert [role["metadata"]["namespace"] for role in roles] == ["clients", "house"]
    assert [binding["metadata"]["namespace"] for binding in bindings] == ["clients", "house"]
    assert {binding["subjects"][0]["namespace"] for binding in bindings} == {"ours"}
    assert "--watch-namespace=clients" in arguments
    assert "--watch-namespace=house" in arguments


def test_without_names_all_namespaces_are_served() -> None:
    items = rendered(NO_FEEDS)
    arguments = container(items, "tradefleet-operator")["args"]

    assert of_kind(items, "Role", "RoleBinding") == []
    assert not [argument for argument in arguments if argument.startswith("--watch-namespace")]


def test_shared_feeds_need_rights_in_the_releases_namespace_alone() -> None:
    """KU-12."""
    items, without = rendered("--set=feeds.enabled=true"), rendered(NO_FEEDS)
    (role,) = of_kind(items, "Role")
    arguments = container(items, "tradefleet-operator")["args"]

    assert role["metadata"]["namespace"] == "ours"
    assert of_kind(items, "ClusterRole") == of_kind(without, "ClusterRole")
    assert {"--feeds", "--feed-grace-seconds=600", "--feed-max-connections=600"} <= set(arguments)
    assert not {"--feeds"} & set(container(without, "tradefleet-operator")["args"])


def test_feeds_go_with_the_operators_own_deployment() -> None:
    """KU-21: it may read that Deployment, and the name is its own."""
    items = rendered("--set=feeds.enabled=true")
    (role,) = of_kind(items, "Role")
    arguments = container(items, "tradefleet-operator")["args"]
    owner = next(word for word in arguments if word.startswith("--feed-owner=")).partition("=")[2]

    assert deployment(items, owner)["metadata"]["namespace"] == "ours"
    assert any(
        "deployments" in rule["resources"] and "get" in rule["verbs"] for rule in role["rules"]
    )


def test_a_runners_share_of_its_address_is_a_value() -> None:
    """MD-9."""
    given = "--set=feeds.direct.pollSeconds=8,feeds.direct.connectSeconds=1200"

    assert _shares(rendered()) == ["--direct-poll-seconds=4", "--direct-connect-seconds=400"]
    assert _shares(rendered(given)) == [
        "--direct-poll-seconds=8",
        "--direct-connect-seconds=1200",
    ]
    assert _shares(rendered(NO_FEEDS)) == []


@pytest.mark.parametrize("since", ["feeds", "feeds.direct", "feeds.resources"])
def test_values_that_came_since_are_missing_from_an_upgrade_that_reuses_values(since: str) -> None:
    """KU-21: `helm upgrade --reuse-values` knows the values of the release before, and no more."""
    whole = container(rendered(), "tradefleet-operator")["args"]
    reused = container(rendered(f"--set={since}=null"), "tradefleet-operator")["args"]

    assert set(reused) < set(whole)
    assert ("--feeds" in reused) is (since != "feeds")


def _shares(items: list[Manifest]) -> list[str]:
    arguments = container(items, "tradefleet-operator")["args"]
    return [argument for argument in arguments if argument.startswith("--direct-")]


def test_people_get_roles_that_cannot_touch_a_status() -> None:
    roles = {item["metadata"]["name"]: item for item in of_kind(rendered(), "ClusterRole")}
    written = {"create", "update", "patch", "delete", "deletecollection"}

    for name in ("tradefleet-viewer", "tradefleet-editor", "tradefleet-stopper"):
        for rule in roles[name]["rules"]:
            assert "tradingaccounts/status" not in rule["resources"] or not (
                written & set(rule["verbs"])
            )
    (stopper,) = roles["tradefleet-stopper"]["rules"]
    assert set(stopper["verbs"]) & written == {"patch"}
    assert not of_kind(rendered("--set=rbac.userRoles=false"), "ClusterRole")[1:]


def test_every_pod_is_at_the_restricted_level() -> None:
    """KU-20: as Kubernetes' Pod Security Standards define it, plus a read-only root."""
    pods = [
        item["spec"]["template"]["spec"] for item in of_kind(rendered(*EVERYTHING), "Deployment")
    ]

    assert len(pods) == 2
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == USER_ID
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for each in pod["containers"]:
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert each["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in each["resources"]["limits"]
            assert each["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_the_simulator_is_a_choice_and_found_where_the_operator_looks() -> None:
    """KU-22: names and ports are those of botapi."""
    items = rendered(*EVERYTHING)
    (service,) = of_kind(items, "Service")
    ports = [port["port"] for port in service["spec"]["ports"]]
    address = f"http://{simulator_host('$(POD_NAMESPACE)')}:{SIMULATOR_PORT}"

    assert of_kind(rendered(), "Service", "Secret") == []
    assert len(of_kind(rendered(), "Deployment")) == 1
    assert service["metadata"]["name"] == SIMULATOR_SERVICE
    assert service["spec"]["selector"]["app.kubernetes.io/component"] == SIMULATOR_COMPONENT
    assert ports == [SIMULATOR_PORT, SIMULATOR_CONTROL_PORT]
    assert f"--simulator={address}" in container(items, "tradefleet-operator")["args"]
    assert container(items, "tradefleet-operator")["ports"][0]["containerPort"] == PROBE_PORT


def test_the_control_api_stays_inside_its_pod_unless_asked_for() -> None:
    items = rendered("--set=simulator.enabled=true")
    (service,) = of_kind(items, "Service")
    simulator = container(items, "tradefleet-simulator")

    assert [port["port"] for port in service["spec"]["ports"]] == [SIMULATOR_PORT]
    assert of_kind(items, "Secret") == []
    # Without a token it listens on the pod's own loopback only.
    assert "env" not in simulator


@pytest.mark.parametrize(
    ("options", "operator", "runner"),
    [
        ((), "localhost/tradefleet:0.1.0", "localhost/tradefleet:0.1.0"),
        (("--set-string=image.tag=2",), "localhost/tradefleet:2", "localhost/tradefleet:2"),
        (
            ("--set-string=image.tag=2,runner.image.tag=1",),
            "localhost/tradefleet:2",
            "localhost/tradefleet:1",
        ),
        (
            ("--set=image.repository=r.example:5000/tf,runner.image.repository=r.example/run",),
            "r.example:5000/tf:0.1.0",
            "r.example/run:0.1.0",
        ),
    ],
)
def test_the_runners_image_can_be_held_while_the_operators_moves(
    options: tuple[str, ...], operator: str, runner: str
) -> None:
    """KU-17."""
    main = container(rendered(*options), "tradefleet-operator")

    assert main["image"] == operator
    assert f"--runner-image={runner}" in main["args"]


def test_another_scenario_is_another_pod_of_the_simulator_and_of_nothing_else() -> None:
    first = rendered(*EVERYTHING)
    second = rendered(*EVERYTHING, '--set-json=simulator.scenario="step: false"')

    for name, same in (("tradefleet-operator", True), ("tradefleet-simulator", False)):
        templates = [deployment(items, name)["spec"]["template"] for items in (first, second)]
        assert (templates[0] == templates[1]) is same
