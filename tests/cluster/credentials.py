"""Certificates, tokens and kubeconfigs of the cluster: made once, readable by their owner only."""

import base64
import json
import os
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path

from cluster.command import run
from cluster.files import write
from cluster.network import API_SERVICE_ADDRESS, NODE_ADDRESS
from cluster.paths import BIN, CONFIG, KUBECONFIG, PKI, REPOSITORY

TOKENS = CONFIG / "tokens.csv"
NODE_NAME = "tradefleet"
ADMIN = "admin"
NAME_SERVICE = "system:coredns"
# User to group; the API server reads who a token is from this.
_USERS = {
    ADMIN: "system:masters",
    "system:kube-controller-manager": "",
    "system:kube-scheduler": "",
    "system:kube-proxy": "",
    NAME_SERVICE: "",
    f"system:node:{NODE_NAME}": "system:nodes",
}
_SERVER_NAMES = (
    "127.0.0.1",
    "localhost",
    NODE_ADDRESS,
    API_SERVICE_ADDRESS,
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_PREFERRED_PORT = 16443
_CLUSTER = "tradefleet-local"


def create() -> None:
    """Make certificates and tokens where there are none, and the components' kubeconfigs."""
    if not (PKI / "sa.pub").exists():
        what = "make the cluster's certificates"
        names = ",".join(_SERVER_NAMES)
        run(BIN / "tradefleet-kubernetes", "certs", "-out", PKI, "-names", names, what=what)
    if not TOKENS.exists():
        lines = [f'{secrets.token_hex(32)},{user},{user},"{_USERS[user]}"\n' for user in _USERS]
        write(TOKENS, "".join(lines), private=True)
    for user in _USERS:
        if user != ADMIN:
            write(kubeconfig_of(user), _kubeconfig(user, "https://127.0.0.1:6443"), private=True)


def kubeconfig_of(user: str) -> Path:
    """The kubeconfig with which the component USER calls the API server from inside the node."""
    return CONFIG / f"{user.replace(':', '-')}.kubeconfig"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the kubeconfig reaches the API server: the port of the machine's loopback, the token,
    and the certificate authority in PEM."""

    port: int
    token: str = field(repr=False)
    authority: str


def admin_access() -> Access | None:
    """What the cluster's kubeconfig says; None while there is none."""
    try:
        stored = json.loads(KUBECONFIG.read_text())
        cluster, user = stored["clusters"][0]["cluster"], stored["users"][0]["user"]
        return Access(
            port=int(cluster["server"].rpartition(":")[2]),
            token=user["token"],
            authority=base64.b64decode(cluster["certificate-authority-data"]).decode(),
        )
    except (FileNotFoundError, ValueError, KeyError, IndexError):
        return None


def listen_for_api_server() -> socket.socket:
    """A listening socket on the machine's loopback, at the kubeconfig's port where that is free.

    The kubeconfig is written anew with the port that it became.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    access = admin_access()
    for port in (access.port if access else _PREFERRED_PORT, 0):
        try:
            listener.bind(("127.0.0.1", port))
            break
        except OSError:
            continue
    listener.listen(512)
    _write_admin_kubeconfig(listener.getsockname()[1])
    return listener


def _write_admin_kubeconfig(port: int) -> None:
    write(KUBECONFIG, _kubeconfig(ADMIN, f"https://127.0.0.1:{port}"), private=True)
    # Who runs the cluster by sudo uses kubectl without it.
    owner = REPOSITORY.stat()
    os.chown(KUBECONFIG, owner.st_uid, owner.st_gid)


def _kubeconfig(user: str, server: str) -> str:
    authority = (PKI / "ca.crt").read_text()
    # In JSON, which every reader of YAML reads.
    cluster = {"server": server, "certificate-authority-data": _base64(authority)}
    context = {"cluster": _CLUSTER, "user": user}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": _CLUSTER, "cluster": cluster}],
            "users": [{"name": user, "user": {"token": _token_of(user)}}],
            "contexts": [{"name": _CLUSTER, "context": context}],
            "current-context": _CLUSTER,
        },
        indent=2,
    )


def _token_of(user: str) -> str:
    rows = [line.split(",") for line in TOKENS.read_text().splitlines()]
    return next(row[0] for row in rows if row[1] == user)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
