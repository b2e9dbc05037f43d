"""What a life leaves beside its state file: the status it reported and the account it followed.

Damaged copies never stop a start: what cannot be read counts as not there.
"""

from collections.abc import Sequence
from pathlib import Path

import yaml

from botapi.labels import ACCOUNT_KIND, API_VERSION
from botapi.parse import parse
from botapi.v1alpha1.account import TradingAccount
from botapi.v1alpha1.status import AccountStatus
from botapi.v1alpha1.strategies import Strategy
from botrunner.account_resource.state_folder import COPY, STATUS
from botrunner.account_resource.whole_file import read_if_there, write_whole

_RETIRING = "RetiringStrategies"
_UNREADABLE = (
    OSError,
    yaml.YAMLError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    RecursionError,
)
"""All that reading a damaged file may raise; ValidationError and InvalidObjectError are values."""


class Copies:
    """Those of one account, in its state folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def write_status(self, status: AccountStatus) -> None:
        """Keep what was reported. Raises OSError."""
        document = {
            "apiVersion": API_VERSION,
            "kind": ACCOUNT_KIND,
            "metadata": {"name": self._name},
            "status": status.to_json(),
        }
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        write_whole(self._folder / STATUS, text)

    def status(self) -> AccountStatus | None:
        """What was reported last."""
        try:
            raw = yaml.safe_load(read_if_there(self._folder / STATUS) or "")
            return AccountStatus.model_validate(raw["status"]) if isinstance(raw, dict) else None
        except _UNREADABLE:
            return None

    def save(self, account: TradingAccount, retiring: Sequence[Strategy]) -> None:
        """Keep what is followed, and the strategies that left its list. Raises OSError."""
        copy = account.model_copy(update={"status": None})
        left = {"kind": _RETIRING, "strategies": [strategy.to_json() for strategy in retiring]}
        text = yaml.safe_dump_all(
            [copy.to_json(), left], sort_keys=False, allow_unicode=True, explicit_start=True
        )
        write_whole(self._folder / COPY, text)

    def account(self) -> TradingAccount | None:
        """What was followed last."""
        try:
            text = read_if_there(self._folder / COPY) or ""
            raw = next(iter(yaml.safe_load_all(text)), None)
            return parse(TradingAccount, raw) if isinstance(raw, dict) else None
        except _UNREADABLE:
            return None

    def strategies(self) -> tuple[Strategy, ...]:
        """Every strategy of it, those that had left its list included."""
        try:
            documents = list(yaml.safe_load_all(read_if_there(self._folder / COPY) or ""))
            raw = [
                *(s for d in documents for s in d.get("spec", {}).get("strategies", ())),
                *(s for d in documents if d["kind"] == _RETIRING for s in d["strategies"]),
            ]
            return tuple(parse(Strategy, strategy) for strategy in raw)
        except _UNREADABLE:
            return ()
