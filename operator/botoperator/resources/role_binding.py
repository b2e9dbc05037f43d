"""Gives a ServiceAccount of ours its Role."""

from botoperator.resources.metadata import Manifest


def build_role_binding(metadata: Manifest) -> Manifest:
    """A RoleBinding from the Role to the ServiceAccount of its own name."""
    name, namespace = metadata["name"], metadata["namespace"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }
