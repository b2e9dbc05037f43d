"""The role of the API server for the operator."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botapi.model import Json
from botoperator.cluster.kinds import Kind
from botoperator.store import Place


class ClusterError(Exception):
    """A request that did not do what it should; raised as one of the two below."""

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0) -> None:
        """Carry the HTTP status, 0 without one, and the wait in seconds that was asked for."""
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after


class RejectedError(ClusterError):
    """The object itself is wrong: the same request will be refused for ever."""


class RetryableError(ClusterError):
    """Something stands in the way that may pass: a conflict, a right or a quota that is missing."""


class UnavailableError(RetryableError):
    """The API server does not answer, is overloaded, or does not know us (yet)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a list."""

    items: Sequence[dict[str, Any]]
    """Objects with their kind and apiVersion, as a watch gives them."""
    version: int
    """The resource version of the whole list, the same on each of its pages."""


class Cluster(Protocol):
    """What the operator asks of the API server; objects come back with kind and apiVersion.

    Every method raises RejectedError, RetryableError or UnavailableError, and nothing else.
    """

    async def apply(self, manifest: Json) -> dict[str, Any]:
        """Apply a manifest server-side under the operator's field manager, by force.

        Gives the object as it stands then.
        """

    async def apply_status(self, manifest: Json) -> dict[str, Any]:
        """The same to the status subresource; a resourceVersion in it is a precondition."""

    async def delete(self, place: Place, uid: str) -> dict[str, Any] | None:
        """Delete this very object, not a successor of the same name; one that is gone is fine.

        Gives the object where it takes its time to end, else None.
        """

    async def create(self, manifest: Json) -> dict[str, Any]:
        """Create an object, such as an Event."""

    async def get(self, place: Place) -> dict[str, Any] | None:
        """Read an object, labelled or not; None where there is none."""

    def pages(self, kind: Kind, namespace: str | None) -> AsyncIterator[Page]:
        """List objects by the kind's selector, in one namespace or in all of them."""
