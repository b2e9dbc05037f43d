"""Writes the runner's part of the status by server-side apply, and knows what must not be lost.

Rule 1: a latched stop that nobody has ended stays in the status, whatever the report says.
Rule 2: the first report of an epoch holds only if nobody has written since the object was read; a
report of a lower epoch than the status knows is not written: a younger runner has taken over.
"""

from typing import Any

from botapi.labels import RUNNER_MANAGER
from botapi.v1alpha1.status import AccountStatus
from botrunner.account_resource.kube_api import ApiRefusedError, ApiServer, ApiUnreachableError
from botrunner.account_resource.kube_follow import Address
from botrunner.account_resource.kube_latch import Latch
from botrunner.account_resource.kube_reading import epoch_of, uid_of, version_of
from botrunner.account_resource.kube_status import applied, own_part
from botrunner.account_resource.kube_view import View

_ATTEMPTS = 5
_CONFLICT = 409


class StatusWriter:
    """One account's; belongs to the loop of ``api``."""

    def __init__(self, api: ApiServer, address: Address, view: View, latch: Latch) -> None:
        self._api, self._address, self._view, self._latch = api, address, view, latch
        self._claimed = 0
        """The epoch that the status is known to have taken."""

    async def write(self, status: AccountStatus) -> None:
        """Write a report, or leave it where nobody waits for it. Raises ApiError.

        Nobody does once a younger runner reports, or once the object of this pod is gone.
        """
        own = (status.runner.epoch or 0) if status.runner is not None else 0
        seen, version = self._view.reading.highest_epoch, self._view.version
        for _ in range(_ATTEMPTS):
            if 0 < own < seen or self._view.is_missed:
                return
            is_claim = own != self._claimed
            body = self._body(status, epoch=own or seen, version=version if is_claim else "")
            try:
                await self._apply(body)
            except ApiRefusedError as error:
                if error.code != _CONFLICT or not is_claim:
                    raise
                raw = await self._api.get(self._address.path)
                if uid_of(raw) != self._view.uid:
                    return
                seen, version = max(seen, epoch_of(raw)), version_of(raw)
                continue
            self._claimed = own
            return
        raise ApiRefusedError(_CONFLICT, "the status changes faster than it can be claimed")

    def _body(self, status: AccountStatus, *, epoch: int, version: str) -> dict[str, Any]:
        emergency = status.emergency.to_json() if status.emergency is not None else None
        part = own_part(status, emergency=self._latch.kept_in(emergency), epoch=epoch)
        return applied(self._address.namespace, self._address.name, part, version=version)

    async def _apply(self, body: dict[str, Any]) -> None:
        try:
            await self._api.apply(self._address.status_path, body, RUNNER_MANAGER)
        except ApiUnreachableError:
            await self._api.close()  # The next report begins with a new connection.
            raise
