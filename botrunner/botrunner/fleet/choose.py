"""Which accounts are meant."""

from dataclasses import dataclass

from botapi.model import Json
from botrunner.fleet.port import AccountKey, AccountNotFoundError, Accounts


class ChoiceError(ValueError):
    """What was said does not say which accounts; the text names the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person said about which accounts."""

    names: tuple[str, ...] = ()
    labels: str = ""
    everything: bool = False
    namespace: str | None = None
    all_namespaces: bool = False

    @property
    def is_wide(self) -> bool:
        """Whether it may reach accounts that nobody named."""
        return self.everything or self.all_namespaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The accounts that are there, and the names that are not."""

    accounts: tuple[Json, ...]
    missing: tuple[AccountKey, ...] = ()


def check_choice(choice: Choice) -> None:
    """Refuse what contradicts itself. Raises ChoiceError."""
    if choice.names and (choice.labels or choice.everything):
        raise ChoiceError("names stand alone; leave out the names, or --selector and --all")
    if choice.names and choice.all_namespaces:
        raise ChoiceError("names stand in one namespace; give it with --namespace")
    if choice.namespace and choice.all_namespaces:
        raise ChoiceError("--namespace and --all-namespaces exclude each other; leave one out")


def check_said(choice: Choice) -> None:
    """Refuse a choice that names nothing: nobody stops a fleet by accident. Raises ChoiceError."""
    check_choice(choice)
    if not (choice.names or choice.labels or choice.everything):
        raise ChoiceError("say which accounts: NAMES, --selector LABELS or --all")


def fetch_chosen(cluster: Accounts, choice: Choice) -> Chosen:
    """The accounts as they stand, in order of namespace and name. Raises ClusterError."""
    namespace = choice.namespace or cluster.namespace
    if not choice.names:
        found = cluster.fetch_all(None if choice.all_namespaces else namespace, choice.labels)
        return Chosen(accounts=tuple(found))
    keys = [AccountKey(namespace=namespace, name=name) for name in dict.fromkeys(choice.names)]
    accounts, missing = [], []
    for key in keys:
        try:
            accounts.append(cluster.fetch(key))
        except AccountNotFoundError:
            missing.append(key)
    return Chosen(accounts=tuple(accounts), missing=tuple(missing))


def where(choice: Choice, present: str, count: int) -> str:
    """What is about to be reached, in words; ``present`` is the namespace of the context."""
    place = (
        "in all namespaces"
        if choice.all_namespaces
        else f"in namespace {choice.namespace or present}"
    )
    which = f" with {choice.labels}" if choice.labels else ""
    noun = "account" if count == 1 else "accounts"
    return f"{count} {noun}{which} {place}"
