"""The role of the cluster: a place where TradingAccounts are listed and patched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from typing_extensions import override

from botapi.model import Json

MergePatch: TypeAlias = Mapping[str, Any]
"""RFC 7386: fields to set; null takes one out."""
JsonPatch: TypeAlias = Sequence[Mapping[str, Any]]
"""RFC 6902: operations, all or none."""


class ClusterError(Exception):
    """The cluster did not do it; the text says why, and the remedy."""


class AccountNotFoundError(ClusterError):
    """There is no TradingAccount of that name."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AccountKey:
    """Where an account is."""

    namespace: str
    name: str

    @override
    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Accounts(Protocol):
    """The TradingAccounts of one cluster. Every call raises ClusterError."""

    @property
    def namespace(self) -> str:
        """The namespace that is meant when none is said."""
        ...

    def fetch(self, key: AccountKey) -> Json:
        """One account as it stands; raises AccountNotFoundError."""
        ...

    def fetch_all(self, namespace: str | None, labels: str) -> Sequence[Json]:
        """The accounts of a namespace (None: of all), filtered by a label selector."""
        ...

    def patch(self, key: AccountKey, patch: MergePatch | JsonPatch) -> Json:
        """Patch one account; what it is then. Raises AccountNotFoundError."""
        ...
