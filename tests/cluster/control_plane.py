"""The control plane: etcd, API server, controller manager and scheduler."""

import json

from cluster.components import Component
from cluster.credentials import TOKENS, kubeconfig_of
from cluster.files import write
from cluster.network import NODE_ADDRESS, SERVICE_RANGE
from cluster.paths import AUDIT_LOG, BIN, CONFIG, PKI, STATE, in_node

BINARY = BIN / "tradefleet-kubernetes"
ETCD_DATA = STATE / "etcd"
_AUDIT_POLICY = CONFIG / "audit-policy.json"
# Who did what when, without the contents: Secrets stay out of it. Health checks say nothing.
_AUDIT_RULES = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "omitManagedFields": True,
    "rules": [
        {"level": "None", "nonResourceURLs": ["/readyz*", "/livez*", "/healthz*", "/version"]},
        {"level": "Metadata"},
    ],
}
# A node that died is noticed in 20 s instead of 50: tests wait for it.
_NODE_GRACE_SECONDS = 20


def write_files() -> None:
    """Write the files that the control plane's components read."""
    write(_AUDIT_POLICY, json.dumps(_AUDIT_RULES, indent=2))


def components(binary_key: str) -> tuple[Component, ...]:
    """The four components; BINARY_KEY tells one build of the binary from another."""
    return (
        _etcd(binary_key),
        api_server(binary_key),
        _client("kube-controller-manager", binary_key, *_controller_manager_flags()),
        _client("kube-scheduler", binary_key),
    )


def multi_call(name: str, *flags: str) -> tuple[str, ...]:
    """The command that runs the component NAME of the one binary."""
    return (in_node(BINARY), name, *flags)


def _etcd(binary_key: str) -> Component:
    flags = (
        "--name=tradefleet",
        f"--data-dir={in_node(ETCD_DATA)}",
        # Losing a test cluster's data with the power is cheaper than waiting for disks.
        "--unsafe-no-fsync",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=tradefleet=http://127.0.0.1:2380",
        "--auto-compaction-retention=5m",
        "--quota-backend-bytes=4294967296",
        "--log-level=warn",
    )
    command = multi_call("etcd", *flags)
    return Component(name="etcd", command=command, binary_key=binary_key)


def api_server(binary_key: str) -> Component:
    """The API server, which is also reached at the machine's loopback."""
    flags = (
        "--etcd-servers=http://127.0.0.1:2379",
        "--bind-address=0.0.0.0",  # All addresses of the node, none of the machine.
        f"--advertise-address={NODE_ADDRESS}",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        f"--token-auth-file={in_node(TOKENS)}",
        "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--profiling=false",
        f"--client-ca-file={in_node(PKI / 'ca.crt')}",
        f"--tls-cert-file={in_node(PKI / 'apiserver.crt')}",
        f"--tls-private-key-file={in_node(PKI / 'apiserver.key')}",
        f"--kubelet-client-certificate={in_node(PKI / 'kubelet-client.crt')}",
        f"--kubelet-client-key={in_node(PKI / 'kubelet-client.key')}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        f"--service-account-key-file={in_node(PKI / 'sa.pub')}",
        f"--service-account-signing-key-file={in_node(PKI / 'sa.key')}",
        f"--audit-policy-file={in_node(_AUDIT_POLICY)}",
        f"--audit-log-path={in_node(AUDIT_LOG)}",
        "--audit-log-maxsize=100",
        "--audit-log-maxbackup=2",
    )
    return Component(
        name="kube-apiserver",
        command=multi_call("kube-apiserver", *flags),
        files=(TOKENS, _AUDIT_POLICY, PKI / "apiserver.crt"),
        faces_machine=True,
        binary_key=binary_key,
    )


def _controller_manager_flags() -> tuple[str, ...]:
    return (
        f"--root-ca-file={in_node(PKI / 'ca.crt')}",
        f"--service-account-private-key-file={in_node(PKI / 'sa.key')}",
        "--use-service-account-credentials",
        "--allocate-node-cidrs=false",
        "--node-monitor-period=2s",
        f"--node-monitor-grace-period={_NODE_GRACE_SECONDS}s",
    )


def _client(name: str, binary_key: str, *flags: str) -> Component:
    kubeconfig = kubeconfig_of(f"system:{name}")
    shared = (
        f"--kubeconfig={in_node(kubeconfig)}",
        "--leader-elect=false",
        # No port of its own: nobody asks it anything.
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    )
    return Component(
        name=name,
        command=multi_call(name, *shared, *flags),
        files=(kubeconfig,),
        binary_key=binary_key,
    )
