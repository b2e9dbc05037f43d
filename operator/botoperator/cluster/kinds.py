"""The kinds that the operator touches, and where the API server keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from botapi.labels import (
    ACCOUNT_KIND,
    ACCOUNT_LABEL,
    ACCOUNT_PLURAL,
    API_VERSION,
    FEED_KIND,
    FEED_LABEL,
    FEED_PLURAL,
    MANAGED_BY_LABEL,
    OPERATOR_MANAGER,
)

_RBAC: Final = "rbac.authorization.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of object."""

    name: str
    api_version: str
    plural: str
    label: str = ""
    """Which objects are looked at: those of ours with this label; empty = all."""

    @property
    def selector(self) -> str:
        """The label selector for that; empty = all."""
        return f"{self.label},{MANAGED_BY_LABEL}={OPERATOR_MANAGER}" if self.label else ""

    @property
    def group(self) -> str:
        """The API group; empty for the core's."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def version(self) -> str:
        """The version within the group."""
        return self.api_version.rpartition("/")[2]

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """The path on the API server; without a name the collection, without both all of them."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        parts = (root, f"namespaces/{namespace}" if namespace else "", self.plural)
        return "/".join(part for part in (*parts, name, subresource) if part)


ACCOUNT: Final = Kind(name=ACCOUNT_KIND, api_version=API_VERSION, plural=ACCOUNT_PLURAL)
FEED: Final = Kind(name=FEED_KIND, api_version=API_VERSION, plural=FEED_PLURAL)
EVENT: Final = Kind(name="Event", api_version="v1", plural="events")
SERVICE_ACCOUNT: Final = Kind(name="ServiceAccount", api_version="v1", plural="serviceaccounts")
SERVICE: Final = Kind(name="Service", api_version="v1", plural="services")
POD: Final = Kind(name="Pod", api_version="v1", plural="pods")
ROLE: Final = Kind(name="Role", api_version=_RBAC, plural="roles")
ROLE_BINDING: Final = Kind(name="RoleBinding", api_version=_RBAC, plural="rolebindings")
STATEFUL_SET: Final = Kind(name="StatefulSet", api_version="apps/v1", plural="statefulsets")
DEPLOYMENT: Final = Kind(name="Deployment", api_version="apps/v1", plural="deployments")

BY_NAME: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            *(ACCOUNT, FEED, EVENT, SERVICE_ACCOUNT, SERVICE, POD),
            *(ROLE, ROLE_BINDING, STATEFUL_SET, DEPLOYMENT),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Kinds that are watched and listed together."""

    root: Kind
    """What is reconciled."""
    kinds: tuple[Kind, ...]
    """All of them, the root first."""


def _scope(root: Kind, label: str, *children: Kind) -> Scope:
    labelled = (replace(child, label=label) for child in children)
    return Scope(root=root, kinds=(root, *labelled))


ACCOUNTS: Final = _scope(
    ACCOUNT, ACCOUNT_LABEL, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, STATEFUL_SET, POD
)
FEEDS: Final = _scope(FEED, FEED_LABEL, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, DEPLOYMENT, SERVICE)
"""In the operator's namespace only."""
