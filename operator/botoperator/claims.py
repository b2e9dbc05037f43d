"""Who claims which exchange account, kept as accounts come, change and go."""

from botoperator.reconcile.admission import Claim, ExchangeAccount
from botoperator.store import Key


class Claims:
    """The claims of all accounts, by exchange account."""

    def __init__(self) -> None:
        """Begin with none."""
        self._claims: dict[Key, Claim] = {}
        self._groups: dict[ExchangeAccount, set[Key]] = {}

    def update(self, key: Key, claim: Claim | None) -> frozenset[Key]:
        """Note what an account claims now, and give the others whose turn that may change."""
        before = self._claims.get(key)
        if claim == before:
            return frozenset()
        others = self._leave(key) if before is not None else set()
        if claim is not None:
            self._claims[key] = claim
            group = self._groups.setdefault(claim.group, set())
            group.add(key)
            others = others | group
        return frozenset(others - {key})

    def rivals(self, key: Key) -> tuple[Claim, ...]:
        """The claims on the exchange account that this account claims, its own included."""
        own = self._claims.get(key)
        if own is None:
            return ()
        return tuple(self._claims[other] for other in sorted(self._groups[own.group]))

    def _leave(self, key: Key) -> set[Key]:
        group = self._claims.pop(key).group
        members = self._groups[group]
        members.remove(key)
        if not members:
            del self._groups[group]
        return members
