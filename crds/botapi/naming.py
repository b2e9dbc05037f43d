"""Names and addresses of everything in the cluster, as pure functions of what they belong to.

Names obey DNS-1123 (RFC 1123 labels as Kubernetes restricts them: lower-case letters, digits, '-',
at most 63). What does not fit is cut and given a hash of the whole, so that two different inputs
never share a name.
"""

import hashlib
import re
from typing import Final

LABEL_LIMIT: Final = 63
"""Longest DNS-1123 label, and longest value of a Kubernetes label."""
STATEFUL_SET_LIMIT: Final = 52
"""The StatefulSet controller labels pods ``<name>-<hash of 10>``, which must fit a label value."""

SIMULATOR_SERVICE: Final = "tradefleet-simulator"

_HASH_DIGITS = 10
_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")


def runner_name(account: str) -> str:
    """Name of an account's ServiceAccount, Role, RoleBinding and StatefulSet, in its namespace.

    The account's own name wherever that is a label of at most 52 characters.
    """
    return dns_label(account, STATEFUL_SET_LIMIT)


def runner_pod_name(account: str) -> str:
    """Name of an account's only pod, as its StatefulSet gives it."""
    return f"{runner_name(account)}-0"


def simulator_host(namespace: str) -> str:
    """DNS name of the simulator's Service; ``namespace`` is the operator's."""
    return f"{SIMULATOR_SERVICE}.{namespace}.svc"


def dns_label(text: str, limit: int = LABEL_LIMIT) -> str:
    """The text itself where it is a DNS-1123 label of at most ``limit``, else cut with a hash."""
    if len(text) <= limit and _DNS_LABEL.fullmatch(text):
        return text
    cleaned = re.sub(r"[^a-z0-9]+", "-", text.lower())
    return _cut(cleaned, text, limit)


def label_value(text: str) -> str:
    """The text itself where Kubernetes takes it as a label's value, else cut with a hash."""
    if len(text) <= LABEL_LIMIT and _LABEL_VALUE.fullmatch(text):
        return text
    cleaned = re.sub(r"[^A-Za-z0-9_.]+", "-", text)
    return _cut(cleaned, text, LABEL_LIMIT)


def _cut(cleaned: str, text: str, limit: int) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
    kept = cleaned[: limit - _HASH_DIGITS - 1].strip("-_.")
    return f"{kept}-{digest}" if kept else f"x-{digest}"
