"""The children of an account in the local cluster, as tests look at them."""

from collections.abc import Callable
from typing import Any

from support.accounts import account
from support.kubectl import Kubectl
from support.waiting import wait_until

CHILDREN = ("serviceaccount", "role", "rolebinding", "statefulset")
PATIENCE_SECONDS = 60.0


def simulated(name: str, **spec: Any) -> dict[str, Any]:
    """An account on the simulator of the installation."""
    return account(name, environment="simulated", **spec)


def find(clients: Kubectl, kind: str, name: str) -> dict[str, Any] | None:
    """One object, or None when there is none."""
    named = f"--field-selector=metadata.name={name}"
    found = clients.read(kind, named, "--show-managed-fields")["items"]
    return dict(found[0]) if found else None


def uid_of(clients: Kubectl, kind: str, name: str) -> str:
    """The uid of an object; empty when there is none."""
    found = find(clients, kind, name)
    return str(found["metadata"]["uid"]) if found else ""


def versions(clients: Kubectl, name: str) -> dict[str, str]:
    """The resource versions of the account and its children: they change with every write."""
    found = {kind: find(clients, kind, name) for kind in ("tradingaccount", *CHILDREN)}
    return {kind: raw["metadata"]["resourceVersion"] for kind, raw in found.items() if raw}


def condition(clients: Kubectl, name: str, kind: str) -> dict[str, Any]:
    """What a condition of the account says; nothing while it is not there."""
    raw = find(clients, "tradingaccount", name) or {}
    conditions = raw.get("status", {}).get("conditions", [])
    return next((dict(each) for each in conditions if each["type"] == kind), {})


def eventually(holds: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds, with the patience of these tests."""
    wait_until(holds, what, seconds=PATIENCE_SECONDS)


def await_settled(clients: Kubectl, name: str) -> dict[str, str]:
    """Wait until children and pod are there and the status says that the pod cannot run.

    The image of these tests is nowhere, so that is where an account comes to rest. Gives the
    versions then.
    """
    eventually(lambda: len(versions(clients, name)) == 5, f"{name} has its children")
    eventually(
        lambda: condition(clients, name, "RunnerAvailable").get("reason") == "ImagePull",
        f"the status of {name} names the image",
    )
    return versions(clients, name)
