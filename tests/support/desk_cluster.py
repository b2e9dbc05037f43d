"""A cluster in memory for the operator's shell: remembers writes, fails as a test says."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

from typing_extensions import override

from botapi.labels import ACCOUNT_LABEL, API_VERSION
from botapi.model import Json
from botoperator.cluster.kinds import Kind
from botoperator.cluster.port import Cluster, ClusterError, Page
from botoperator.store import CHILD_KINDS, Place

Call = tuple[str, str, str]
"""Verb, kind (or ``Kind/status``) and name."""


class DeskCluster(Cluster):
    """Holds objects by place; ``calls`` is every request in its order."""

    def __init__(self) -> None:
        self.objects: dict[Place, dict[str, Any]] = {}
        self.calls: list[Call] = []
        self.failing: dict[Call, ClusterError] = {}
        """What a call raises, as long as it stands here."""
        self.posted: list[Json] = []
        self._versions = itertools.count(1)

    def store(self, raw: Json) -> dict[str, Any]:
        """Put an object in as the API server would, with uid and version."""
        metadata = raw["metadata"]
        place = Place(raw["kind"], metadata["namespace"], metadata["name"])
        version = next(self._versions)
        known = self.objects.get(place, {}).get("metadata", {})
        given = {"uid": known.get("uid", f"uid-{version}"), "resourceVersion": str(version)}
        self.objects[place] = {**raw, "metadata": {**metadata, **given}}
        return self.objects[place]

    @override
    async def apply(self, manifest: Json) -> dict[str, Any]:
        self._call("apply", manifest["kind"], manifest["metadata"]["name"])
        return self.store(manifest)

    @override
    async def apply_status(self, manifest: Json) -> dict[str, Any]:
        metadata = manifest["metadata"]
        self._call("apply", f"{manifest['kind']}/status", metadata["name"])
        known = self.objects[Place(manifest["kind"], metadata["namespace"], metadata["name"])]
        return self.store({**known, "status": {**known.get("status", {}), **manifest["status"]}})

    @override
    async def delete(self, place: Place, uid: str) -> dict[str, Any] | None:
        self._call("delete", place.kind, place.name)
        if self.objects.get(place, {}).get("metadata", {}).get("uid") == uid:
            del self.objects[place]
        return None

    @override
    async def create(self, manifest: Json) -> dict[str, Any]:
        self._call("create", manifest["kind"], manifest["metadata"]["generateName"])
        self.posted.append(manifest)
        return dict(manifest)

    @override
    async def get(self, place: Place) -> dict[str, Any] | None:
        self._call("get", place.kind, place.name)
        return self.objects.get(place)

    @override
    async def pages(self, kind: Kind, namespace: str | None) -> AsyncIterator[Page]:
        self._call("list", kind.name, namespace or "")
        items = [
            raw
            for place, raw in self.objects.items()
            if place.kind == kind.name
            and namespace in (None, place.namespace)
            and (not kind.label or kind.label in raw["metadata"].get("labels", {}))
        ]
        yield Page(items=items, version=next(self._versions))

    def writes(self) -> list[Call]:
        """The calls that change something."""
        return [call for call in self.calls if call[0] not in ("get", "list")]

    def _call(self, verb: str, kind: str, name: str) -> None:
        call = (verb, kind, name)
        self.calls.append(call)
        if call in self.failing:
            raise self.failing[call]


def thing(kind: str, name: str, *, version: int = 1, uid: str = "", **metadata: Any) -> Json:
    """A small object of a kind, in the namespace ``clients``; a child with its account's label."""
    given: dict[str, Any] = {"name": name, "namespace": "clients"}
    given["resourceVersion"] = str(version)
    if kind not in CHILD_KINDS:
        given["labels"] = {ACCOUNT_LABEL: name}
    api_version = API_VERSION if kind in CHILD_KINDS else "v1"
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": given | {"uid": uid or f"{kind}-{name}"} | metadata,
    }


def pod(name: str, account: str, **metadata: Any) -> Json:
    """A pod with the label of an account."""
    return thing("Pod", name, labels={ACCOUNT_LABEL: account}, **metadata)
