"""Gives a runner's ServiceAccount its Role."""

from botapi.metadata import ObjectMeta
from botapi.naming import runner_name
from botoperator.resources.metadata import Manifest, child_metadata


def build_role_binding(account: ObjectMeta) -> Manifest:
    """A RoleBinding from the Role to the ServiceAccount of the same name."""
    name = runner_name(account.name)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": child_metadata(account),
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": account.namespace}],
    }
