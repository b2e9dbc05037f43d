"""Who may trade an exchange account: one TradingAccount at a time, the oldest that asks.

Rule 1: an admission is never moved while its holder exists.
Rule 2: among those that ask, the oldest wins, then the first by namespace and name; the order in
which they were seen does not matter.
Rule 3: a dry run trades nothing of the exchange: it claims nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botapi.model import Json, mapping
from botapi.v1alpha1.account import Environment, Mode


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ExchangeAccount:
    """What two TradingAccounts may not trade at once."""

    exchange: str
    environment: str
    uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One TradingAccount's wish, or leave, to trade an exchange account."""

    group: ExchangeAccount
    """That of its admission where it has one, else that of the keys it reported."""
    created: str
    """``metadata.creationTimestamp``: RFC 3339 in UTC with whole seconds, which sorts as text."""
    namespace: str
    name: str
    is_admitted: bool

    @property
    def rank(self) -> tuple[bool, str, str, str]:
        """Sorts first who may trade."""
        return (not self.is_admitted, self.created, self.namespace, self.name)


def claim_of(account: Json) -> Claim | None:
    """What a raw TradingAccount claims; None while it claims nothing. Never raises."""
    spec, status = mapping(account.get("spec")), mapping(account.get("status"))
    admitted = _text(mapping(status.get("admitted")).get("uid"))
    uid = admitted or _text(mapping(status.get("account")).get("uid"))
    if not uid or (not admitted and spec.get("mode") == Mode.DRY_RUN):
        return None
    metadata = mapping(account.get("metadata"))
    return Claim(
        group=ExchangeAccount(
            exchange=_text(spec.get("exchange")),
            environment=_text(spec.get("environment")) or Environment.DEMO.value,
            uid=uid,
        ),
        created=_text(metadata.get("creationTimestamp")),
        namespace=_text(metadata.get("namespace")),
        name=_text(metadata.get("name")),
        is_admitted=bool(admitted),
    )


def holder(claims: Iterable[Claim], group: ExchangeAccount) -> Claim | None:
    """Who may trade the exchange account, of everybody who claims it."""
    return min((claim for claim in claims if claim.group == group), key=_rank, default=None)


def _rank(claim: Claim) -> tuple[bool, str, str, str]:
    return claim.rank


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
