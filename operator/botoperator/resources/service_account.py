"""The identity of a pod of ours."""

from botoperator.resources.metadata import Manifest


def build_service_account(metadata: Manifest) -> Manifest:
    """A ServiceAccount whose token only a pod that asks for it gets: ours does."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata,
        "automountServiceAccountToken": False,
    }
