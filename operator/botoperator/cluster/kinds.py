"""The kinds that the operator touches, and where the API server keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from botapi.labels import (
    ACCOUNT_KIND,
    ACCOUNT_LABEL,
    ACCOUNT_PLURAL,
    API_VERSION,
    MANAGED_BY_LABEL,
    OPERATOR_MANAGER,
)

OURS: Final = f"{ACCOUNT_LABEL},{MANAGED_BY_LABEL}={OPERATOR_MANAGER}"
"""Label selector of everything that the operator made for accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of object."""

    name: str
    api_version: str
    plural: str
    selector: str = OURS
    """Which objects are watched and listed; empty = all."""

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


ACCOUNT: Final = Kind(
    name=ACCOUNT_KIND, api_version=API_VERSION, plural=ACCOUNT_PLURAL, selector=""
)
SERVICE_ACCOUNT: Final = Kind(name="ServiceAccount", api_version="v1", plural="serviceaccounts")
POD: Final = Kind(name="Pod", api_version="v1", plural="pods")
STATEFUL_SET: Final = Kind(name="StatefulSet", api_version="apps/v1", plural="statefulsets")
ROLE: Final = Kind(name="Role", api_version="rbac.authorization.k8s.io/v1", plural="roles")
ROLE_BINDING: Final = Kind(
    name="RoleBinding", api_version="rbac.authorization.k8s.io/v1", plural="rolebindings"
)
EVENT: Final = Kind(name="Event", api_version="v1", plural="events", selector="")

WATCHED: Final = (ACCOUNT, SERVICE_ACCOUNT, ROLE, ROLE_BINDING, STATEFUL_SET, POD)
"""What the store is filled with."""

BY_NAME: Final[Mapping[str, Kind]] = MappingProxyType(
    {kind.name: kind for kind in (*WATCHED, EVENT)}
)
