"""What a runner may do: follow its own account, report on it, tell people by Events."""

from botapi import labels
from botapi.metadata import ObjectMeta
from botoperator.resources.metadata import Manifest, child_metadata

_EVENTS = {"apiGroups": [""], "resources": ["events"], "verbs": ["create"]}


def build_role(account: ObjectMeta) -> Manifest:
    """A Role over this one account; no other account, no Secret, no pod.

    A watch narrowed by the field selector ``metadata.name`` is judged by that name, so
    ``resourceNames`` covers it.
    """
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": child_metadata(account),
        "rules": [
            _own(account, labels.ACCOUNT_PLURAL, "get", "watch"),
            _own(account, f"{labels.ACCOUNT_PLURAL}/status", "patch"),
            _EVENTS,
        ],
    }


def _own(account: ObjectMeta, resource: str, *verbs: str) -> Manifest:
    return {
        "apiGroups": [labels.GROUP],
        "resources": [resource],
        "resourceNames": [account.name],
        "verbs": list(verbs),
    }
