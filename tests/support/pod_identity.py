"""What a runner's pod has, without a pod: ServiceAccount with its rights, token, mounted keys."""

import base64
import itertools
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from botapi.labels import ACCOUNT_PLURAL, GROUP
from support.kubectl import KUBECONFIG, Kubectl

_VERSIONS = itertools.count(1)
_NO_PODS = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "no-pods"},
    "spec": {"hard": {"pods": "0"}},
}
"""Where an operator is installed, its runners must not come in the way of the test's own."""


def role_rules(account: str) -> list[dict[str, Any]]:
    """What the operator grants to the runner of an account, and nothing more."""
    named = {"apiGroups": [GROUP], "resourceNames": [account]}
    return [
        {**named, "resources": [ACCOUNT_PLURAL], "verbs": ["get", "list", "watch"]},
        {**named, "resources": [f"{ACCOUNT_PLURAL}/status"], "verbs": ["patch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]},
    ]


def api_server() -> tuple[str, bytes]:
    """Address and certificate authority of the local cluster."""
    cluster = yaml.safe_load(KUBECONFIG.read_text())["clusters"][0]["cluster"]
    return cluster["server"], base64.b64decode(cluster["certificate-authority-data"])


@dataclass(slots=True)
class PodIdentity:
    """The identity of the runner of one account; ``folder`` is this test's own."""

    kubectl: Kubectl
    account: str
    folder: Path
    url: str = field(init=False)

    def __post_init__(self) -> None:
        """Make the ServiceAccount with its rights, and write token and authority down."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.url, authority = api_server()
        self.ca_file.write_bytes(authority)
        made = self.kubectl.apply(_NO_PODS, *self._objects())
        assert made.ok, made.err
        self.renew_token()

    @property
    def user(self) -> str:
        """Name of the ServiceAccount; the operator's own has the name of the account."""
        return f"{self.account}-test"

    @property
    def token_file(self) -> Path:
        """The projected token."""
        return self.folder / "token"

    @property
    def ca_file(self) -> Path:
        """The API server's certificate authority."""
        return self.folder / "ca.crt"

    @property
    def keys_dir(self) -> Path:
        """Where the Secret is mounted."""
        return self.folder / "keys"

    def renew_token(self) -> None:
        """A new token, as the kubelet projects one."""
        token = self.kubectl.must("create", "token", self.user, "--duration=1h")
        self.token_file.write_text(token)

    def mount(self, keys: Mapping[str, str]) -> None:
        """The Secret as the kubelet mounts it: a new folder, and the link ``..data`` moved to it.

        https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-files-from-a-pod
        """
        mount_keys(self.keys_dir, keys)

    def _objects(self) -> list[dict[str, Any]]:
        metadata = {"name": self.user}
        group = "rbac.authorization.k8s.io"
        return [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata},
            {
                "apiVersion": f"{group}/v1",
                "kind": "Role",
                "metadata": metadata,
                "rules": role_rules(self.account),
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": group, "kind": "Role", "name": self.user},
                "subjects": [
                    {
                        "kind": "ServiceAccount",
                        "name": self.user,
                        "namespace": self.kubectl.namespace,
                    }
                ],
            },
        ]


def mount_keys(folder: Path, keys: Mapping[str, str]) -> None:
    """Mount a Secret's files in a folder, in the way in which the kubelet replaces them."""
    folder.mkdir(parents=True, exist_ok=True)
    version = folder / f"..version_{next(_VERSIONS)}"
    version.mkdir()
    for name, value in keys.items():
        (version / name).write_text(value)
    link, before = folder / "..data", list(folder.glob("..version_*"))
    draft = folder / "..data_tmp"
    draft.symlink_to(version.name)
    draft.replace(link)
    for name in keys:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    for entry in folder.iterdir():
        if not entry.name.startswith("..") and entry.name not in keys:
            entry.unlink()
    for old in before:
        if old != version:
            shutil.rmtree(old)
