"""All children of an account."""

from botapi.v1alpha1.account import TradingAccount
from botoperator.resources.metadata import Manifest
from botoperator.resources.role import build_role
from botoperator.resources.role_binding import build_role_binding
from botoperator.resources.service_account import build_service_account
from botoperator.resources.stateful_set import build_stateful_set
from botoperator.settings import Settings


def build_children(account: TradingAccount, settings: Settings) -> tuple[Manifest, ...]:
    """The children in the order of their making: a pod finds its rights in place."""
    return (
        build_service_account(account.metadata),
        build_role(account.metadata),
        build_role_binding(account.metadata),
        build_stateful_set(account, settings),
    )
