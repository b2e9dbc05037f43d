"""What the runner applies to the status: its own part and nothing else. Pure.

Server-side apply takes every field away that a manager applied before and leaves out now, so a
field that must stay has to be said again each time.
"""

from typing import Any

from botapi.conditions import OWNERS
from botapi.labels import ACCOUNT_KIND, API_VERSION, RUNNER_MANAGER
from botapi.model import Json
from botapi.v1alpha1.status import AccountStatus

_OF_OPERATOR = ("observedGeneration", "phase", "admitted")
_OWN_CONDITIONS = frozenset(kind for kind, owner in OWNERS.items() if owner == RUNNER_MANAGER)


def own_part(status: AccountStatus, *, emergency: Any, epoch: int) -> dict[str, Any]:
    """The runner's part; ``emergency`` and the epoch take the place of those of the status."""
    part = {k: v for k, v in status.to_json().items() if k not in (*_OF_OPERATOR, "emergency")}
    said = part.get("conditions", ())
    part["conditions"] = [each for each in said if each["type"] in _OWN_CONDITIONS]
    if emergency is not None:
        part["emergency"] = emergency
    if epoch:
        part["runner"] = {**part.get("runner", {}), "epoch": epoch}
    elif "runner" in part:
        part["runner"].pop("epoch", None)
    return part


def applied(namespace: str, name: str, part: Json, *, version: str) -> dict[str, Any]:
    """The body of the apply, refused with 409 unless ``version`` still stands, where it is given.

    A ``metadata.uid`` would be no such condition: the status subresource takes no metadata over.
    """
    metadata = {"name": name, "namespace": namespace, "resourceVersion": version}
    return {
        "apiVersion": API_VERSION,
        "kind": ACCOUNT_KIND,
        "metadata": {key: value for key, value in metadata.items() if value},
        "status": part,
    }
