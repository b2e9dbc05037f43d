"""The node: containerd, kubelet, service proxy and name service."""

import json
from pathlib import Path
from typing import Any

from cluster.cgroups import GROUP
from cluster.components import Component
from cluster.control_plane import multi_call
from cluster.credentials import NAME_SERVICE, NODE_NAME, kubeconfig_of
from cluster.files import write
from cluster.network import NODE_ADDRESS, POD_BRIDGE, POD_RANGE
from cluster.paths import CONFIG, PKI, STATE, in_node

CONTAINERD = "containerd"
KUBELET = "kubelet"
CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
KUBELET_HEALTH_PORT = 10248
PROXY_HEALTH_PORT = 10256
DNS_READY_PORT = 8181
CLUSTER_DOMAIN = "cluster.local"

_CONTAINERD_CONFIG = CONFIG / "containerd.toml"
_KUBELET_CONFIG = CONFIG / "kubelet.json"
_PROXY_CONFIG = CONFIG / "kube-proxy.json"
_COREFILE = CONFIG / "Corefile"
_RESOLV_CONF = CONFIG / "resolv.conf"
_CNI_FOLDER = CONFIG / "cni"


def write_files(pause_image: str, *, snapshotter: str) -> None:
    """Write the files that the node's components read.

    PAUSE_IMAGE is the name of the image that holds a pod's namespaces; SNAPSHOTTER is containerd's
    way to layer file systems on this disk.
    """
    _CNI_FOLDER.mkdir(exist_ok=True)
    write(_CONTAINERD_CONFIG, _containerd_config(pause_image, snapshotter))
    write(_KUBELET_CONFIG, json.dumps(_kubelet_config(), indent=2))
    write(_PROXY_CONFIG, json.dumps(_proxy_config(), indent=2))
    write(_CNI_FOLDER / "10-tradefleet.conflist", json.dumps(_pod_network(), indent=2))
    write(_RESOLV_CONF, f"nameserver {NODE_ADDRESS}\n")
    write(_COREFILE, _corefile())


def components(binary_key: str) -> tuple[Component, ...]:
    """The four components; BINARY_KEY tells one build of the binary from another."""
    return (_containerd(), _kubelet(binary_key), _proxy(binary_key), _name_service(binary_key))


def _containerd() -> Component:
    command = ("containerd", "--config", in_node(_CONTAINERD_CONFIG))
    return Component(name=CONTAINERD, command=command, files=(_CONTAINERD_CONFIG,))


def _kubelet(binary_key: str) -> Component:
    kubeconfig = kubeconfig_of(f"system:node:{NODE_NAME}")
    flags = (
        f"--config={in_node(_KUBELET_CONFIG)}",
        f"--kubeconfig={in_node(kubeconfig)}",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE_ADDRESS}",
        "--root-dir=/var/lib/kubelet",
    )
    return Component(
        name=KUBELET,
        command=multi_call(KUBELET, *flags),
        files=(_KUBELET_CONFIG, kubeconfig),
        binary_key=binary_key,
    )


def _proxy(binary_key: str) -> Component:
    return Component(
        name="kube-proxy",
        command=multi_call("kube-proxy", f"--config={in_node(_PROXY_CONFIG)}"),
        files=(_PROXY_CONFIG, kubeconfig_of("system:kube-proxy")),
        binary_key=binary_key,
    )


def _name_service(binary_key: str) -> Component:
    return Component(
        name="coredns",
        command=multi_call("coredns", "-conf", in_node(_COREFILE)),
        files=(_COREFILE, kubeconfig_of(NAME_SERVICE)),
        binary_key=binary_key,
    )


def _containerd_config(pause_image: str, snapshotter: str) -> str:
    root = in_node(STATE / CONTAINERD)
    cri = 'plugins."io.containerd.grpc.v1.cri"'
    return f"""version = 2
root = "{root}"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs"]

[grpc]
address = "{CONTAINERD_SOCKET}"

[plugins."io.containerd.internal.v1.opt"]
path = "{root}/opt"

[{cri}]
sandbox_image = "{pause_image}"
# This machine may withhold the privilege to lower the score.
restrict_oom_score_adj = true
disable_apparmor = true

[{cri}.containerd]
snapshotter = "{snapshotter}"

[{cri}.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[{cri}.containerd.runtimes.runc.options]
SystemdCgroup = false

[{cri}.cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{in_node(_CNI_FOLDER)}"
"""


def _kubelet_config() -> dict[str, Any]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": NODE_ADDRESS,
        "healthzBindAddress": NODE_ADDRESS,
        "healthzPort": KUBELET_HEALTH_PORT,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": in_node(PKI / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "clusterDNS": [NODE_ADDRESS],
        "clusterDomain": CLUSTER_DOMAIN,
        "resolvConf": in_node(_RESOLV_CONF),
        "maxPods": 500,
        # Its lease is renewed four times in this time; see the controller manager's grace period.
        "nodeLeaseDurationSeconds": 12,
        "nodeStatusUpdateFrequency": "5s",
        "volumePluginDir": in_node(STATE / "volume-plugins"),
        **_ROOM_FOR_A_SHARED_MACHINE,
    }


# A machine that is also used for other things, possibly without all privileges and with any disk.
_ROOM_FOR_A_SHARED_MACHINE: dict[str, Any] = {
    "cgroupDriver": "cgroupfs",
    "cgroupRoot": f"/{GROUP}",
    "enforceNodeAllocatable": [],
    "failSwapOn": False,
    "failCgroupV1": False,
    "oomScoreAdj": 0,
    # Turns missing privileges into warnings.
    "featureGates": {"KubeletInUserNamespace": True},
    "localStorageCapacityIsolation": False,
    # A full disk must not take the pods of a test away, nor the images that only `load` brings.
    "imageGCHighThresholdPercent": 100,
    "evictionHard": {
        "imagefs.available": "0%",
        "nodefs.available": "0%",
        "nodefs.inodesFree": "0%",
    },
}


def _proxy_config() -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": in_node(kubeconfig_of("system:kube-proxy"))},
        "hostnameOverride": NODE_NAME,
        "healthzBindAddress": f"{NODE_ADDRESS}:{PROXY_HEALTH_PORT}",
        "metricsBindAddress": "127.0.0.1:10249",
        "mode": "iptables",
        "clusterCIDR": str(POD_RANGE),
        "iptables": {"minSyncPeriod": "0s"},
        # The machine's limits for tracked connections stay as they are.
        "conntrack": {"maxPerCore": 0, "min": 0},
    }


def _pod_network() -> dict[str, Any]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(POD_RANGE)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": POD_BRIDGE,
        "isGateway": True,
        "hairpinMode": True,
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "tradefleet", "plugins": [bridge, ports]}


def _corefile() -> str:
    kubeconfig = in_node(kubeconfig_of(NAME_SERVICE))
    # Names outside the cluster are refused: pods reach nothing outside.
    return f""".:53 {{
    bind {NODE_ADDRESS}
    errors
    ready {NODE_ADDRESS}:{DNS_READY_PORT}
    cache 5
    kubernetes {CLUSTER_DOMAIN} in-addr.arpa {{
        kubeconfig {kubeconfig}
        pods insecure
        ttl 5
    }}
}}
"""


def name_service_access() -> tuple[tuple[str, dict[str, Any]], ...]:
    """What lets the name service read Services: pairs of API path and manifest."""
    reads = [
        {"apiGroups": [""], "resources": ["services", "pods", "namespaces"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"]},
    ]
    group = "rbac.authorization.k8s.io"
    shared = {"apiVersion": f"{group}/v1", "metadata": {"name": NAME_SERVICE}}
    role = {
        **shared,
        "kind": "ClusterRole",
        "rules": [{**resource, "verbs": ["list", "watch"]} for resource in reads],
    }
    binding = {
        **shared,
        "kind": "ClusterRoleBinding",
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": NAME_SERVICE},
        "subjects": [{"apiGroup": group, "kind": "User", "name": NAME_SERVICE}],
    }
    path = f"/apis/{group}/v1"
    return (
        (f"{path}/clusterroles/{NAME_SERVICE}", role),
        (f"{path}/clusterrolebindings/{NAME_SERVICE}", binding),
    )


def snapshotter_for(folder: Path) -> str:
    """Containerd's snapshotter for the disk of FOLDER: an overlay cannot lie upon an overlay."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    below = [mount for mount in mounts if folder.is_relative_to(mount[1])]
    nearest = max(below, key=lambda mount: len(mount[1]))
    return "native" if nearest[2] == "overlay" else "overlayfs"
