"""The one door to the API server for people's commands, as their kubeconfig says."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import urllib3
from kubernetes import client, config

from botapi.labels import ACCOUNT_PLURAL, GROUP, VERSION
from botapi.model import Json
from botrunner.fleet.port import (
    AccountKey,
    AccountNotFoundError,
    ClusterError,
    JsonPatch,
    MergePatch,
)

MANAGER = "tradefleet"
"""Field manager of what people set by these commands."""
PAGE = 500
_PATIENCE = (5.0, 30.0)
"""Seconds to connect, and to wait for an answer."""
# Only an API server that asks for patience gets another try: every other failure is said at once.
_RETRIES = urllib3.Retry(total=3, connect=0, read=0, other=0, allowed_methods=None)
_MERGE, _JSON = "application/merge-patch+json", "application/json-patch+json"
T = TypeVar("T")


class KubeAccounts:
    """The TradingAccounts of the cluster that a kubeconfig names."""

    def __init__(self, kubeconfig: Path | None, context: str | None) -> None:
        """Read the kubeconfig (default: as kubectl); nothing is sent. Raises ClusterError."""
        name = None if kubeconfig is None else str(kubeconfig)
        settings = client.Configuration()
        settings.retries = _RETRIES
        try:
            contexts, active = config.list_kube_config_contexts(name)
            chosen = _named(contexts, context) if context else active
            config.load_kube_config(name, context, settings, persist_config=False)
        except (config.ConfigException, OSError) as error:
            raise ClusterError(f"no cluster: {error}; name one with --kubeconfig") from None
        self.namespace = str(chosen["context"].get("namespace") or "default")
        self._server = str(settings.host)
        self._api = client.CustomObjectsApi(client.ApiClient(settings))

    def fetch(self, key: AccountKey) -> Json:
        """One account as it stands; raises AccountNotFoundError, ClusterError."""
        return self._ask(
            lambda: self._api.get_namespaced_custom_object(
                GROUP, VERSION, key.namespace, ACCOUNT_PLURAL, key.name, _request_timeout=_PATIENCE
            ),
            key,
        )

    def fetch_all(self, namespace: str | None, labels: str) -> Sequence[Json]:
        """The accounts of a namespace, or of all, page by page. Raises ClusterError."""
        found: list[Json] = []
        more: str | None = ""
        while more is not None:
            page = self._ask(partial(self._list, namespace, labels, more), None)
            found += page["items"]
            more = page["metadata"].get("continue") or None
        return found

    def patch(self, key: AccountKey, patch: MergePatch | JsonPatch) -> Json:
        """Patch one account; what it is then. Raises AccountNotFoundError, ClusterError."""
        is_merge = isinstance(patch, Mapping)
        body: Any = dict(patch) if isinstance(patch, Mapping) else [dict(each) for each in patch]
        return self._ask(
            lambda: self._api.patch_namespaced_custom_object(
                GROUP,
                VERSION,
                key.namespace,
                ACCOUNT_PLURAL,
                key.name,
                body,
                field_manager=MANAGER,
                _content_type=_MERGE if is_merge else _JSON,
                _request_timeout=_PATIENCE,
            ),
            key,
        )

    def _list(self, namespace: str | None, labels: str, token: str) -> object:
        options: dict[str, Any] = {"limit": PAGE, "_request_timeout": _PATIENCE}
        if labels:
            options["label_selector"] = labels
        if token:
            options["_continue"] = token
        if namespace is None:
            return self._api.list_custom_object_for_all_namespaces(
                GROUP, VERSION, ACCOUNT_PLURAL, **options
            )
        return self._api.list_namespaced_custom_object(
            GROUP, VERSION, namespace, ACCOUNT_PLURAL, **options
        )

    def _ask(self, call: Callable[[], object], key: AccountKey | None) -> dict[str, Any]:
        try:
            answer = call()
        except client.ApiException as error:
            raise _translated(error, key) from None
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise ClusterError(f"{self._server} does not answer: {_first_line(reason)}") from None
        if not isinstance(answer, dict):
            raise ClusterError(f"{self._server} answered something that is no object")
        return answer


def _named(contexts: Sequence[dict[str, Any]], context: str) -> dict[str, Any]:
    found = next((each for each in contexts if each["name"] == context), None)
    if found is None:
        known = ", ".join(sorted(each["name"] for each in contexts))
        raise ClusterError(f"the kubeconfig has no context {context}; it has {known}")
    return dict(found)


def _translated(error: client.ApiException, key: AccountKey | None) -> ClusterError:
    text = _message(error)
    match error.status:
        case 404 if key is not None:
            return AccountNotFoundError(f"{key}: {text}")
        case 404:
            return ClusterError("the cluster knows no TradingAccount; install the chart first")
        case 401:
            return ClusterError("the cluster does not know you; sign in again")
        case 403:
            return ClusterError(f"the cluster does not let you: {text}")
        case _:
            return ClusterError(f"the cluster refused it ({error.status}): {text}")


def _message(error: client.ApiException) -> str:
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)


def _first_line(reason: object) -> str:
    return str(reason).splitlines()[0] if str(reason) else type(reason).__name__
