"""Questions to the API server and to the node's health ports, answered within seconds."""

import http.client
import json
import ssl
from typing import Any

from cluster.credentials import NODE_NAME, admin_access
from cluster.network import NODE_ADDRESS
from cluster.node import DNS_READY_PORT, KUBELET_HEALTH_PORT, PROXY_HEALTH_PORT

_SECONDS = 3


def api_server_ready() -> bool:
    """Whether the API server, asked over the machine's loopback, says that it is ready."""
    return _ask("/readyz") is not None


def node_ready() -> bool:
    """Whether the kubelet lives and the node's Ready condition is True.

    The condition alone is late: it stays True for a while when the kubelet died.
    """
    if not _healthy(KUBELET_HEALTH_PORT, "/healthz"):
        return False
    answer = _ask(f"/api/v1/nodes/{NODE_NAME}")
    if answer is None:
        return False
    conditions = json.loads(answer).get("status", {}).get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def pods_admitted() -> bool:
    """Whether a pod can be created in the namespace `default`: its ServiceAccount is there."""
    return _ask("/api/v1/namespaces/default/serviceaccounts/default") is not None


def service_proxy_ready() -> bool:
    """Whether kube-proxy has written the rules of the Services."""
    return _healthy(PROXY_HEALTH_PORT, "/healthz")


def name_service_ready() -> bool:
    """Whether CoreDNS has read the cluster's Services."""
    return _healthy(DNS_READY_PORT, "/ready")


def apply(path: str, manifest: dict[str, Any]) -> bool:
    """Write MANIFEST by server-side apply to the API path PATH; whether that succeeded."""
    query = f"{path}?fieldManager=tradefleet-cluster&force=true"
    return _ask(query, method="PATCH", body=json.dumps(manifest)) is not None


def _ask(path: str, *, method: str = "GET", body: str | None = None) -> bytes | None:
    """The answer's body if the status is one of success; None else, or when nobody answers."""
    access = admin_access()
    if access is None:
        return None
    # Not urllib: that would go through a proxy which the environment names.
    context = ssl.create_default_context(cadata=access.authority)
    connection = http.client.HTTPSConnection(
        "127.0.0.1", access.port, timeout=_SECONDS, context=context
    )
    headers = {
        "Authorization": f"Bearer {access.token}",
        "Content-Type": "application/apply-patch+yaml",
    }
    return _answer(connection, path, method=method, body=body, headers=headers)


def _healthy(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection(NODE_ADDRESS, port, timeout=_SECONDS)
    return _answer(connection, path) is not None


def _answer(
    connection: http.client.HTTPConnection,
    path: str,
    *,
    method: str = "GET",
    body: str | None = None,
    headers: dict[str, str] | None = None,
) -> bytes | None:
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return content if 200 <= response.status < 300 else None
