"""The identity of a runner's pod."""

from botapi.metadata import ObjectMeta
from botoperator.resources.metadata import Manifest, child_metadata


def build_service_account(account: ObjectMeta) -> Manifest:
    """A ServiceAccount whose token only a pod that asks for it gets: ours does."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": child_metadata(account),
        "automountServiceAccountToken": False,
    }
