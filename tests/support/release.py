"""The installed release as end-to-end tests use it, and its simulator past the API server."""

import base64
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cluster import release
from cluster.images.image import last_built

_PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The chart in the namespace `tradefleet`, with a simulator whose prices the tests move.

    The addresses are the Service's own: they work while the API server is stopped.
    """

    image: str
    rest_url: str
    control_url: str
    control_token: str = field(repr=False)
    namespace: str = release.NAMESPACE
    operator_deployment: str = release.OPERATOR
    simulator_deployment: str = release.SIMULATOR

    def ask(self, call: str, **query: object) -> Any:
        """Read something of the simulator's control API: `ask("ledger", account="alice")`."""
        path = f"/{call}?{urlencode(query)}" if query else f"/{call}"
        return self._call("GET", path, None)

    def command(self, call: str, body: Mapping[str, object] | None = None) -> Any:
        """Do something by the simulator's control API: `command("price", {"last": "1.5", ...})`."""
        return self._call("POST", f"/{call}", json.dumps(dict(body or {})))

    def _call(self, method: str, path: str, body: str | None) -> Any:
        host = self.control_url.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=_PATIENCE_SECONDS)
        try:
            headers = {"Authorization": f"Bearer {self.control_token}"}
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        assert answer.status == http.HTTPStatus.OK, f"{method} {path}: {answer.status} {text}"
        return json.loads(text)


def install_release(scenario: str) -> Release:
    """Install the image that was built last with this scenario, or find it installed, and serve.

    Nothing is uninstalled afterwards: the next session finds it.
    """
    image = last_built()
    release.install(image, simulator={"scenario": scenario})
    addresses = release.simulator_addresses()
    return Release(
        image=image,
        rest_url=f"http://{addresses.exchange}",
        control_url=f"http://{addresses.control}",
        control_token=_control_token(),
    )


def _control_token() -> str:
    name = f"{release.SIMULATOR}-control"
    secret = release.read("secret", name, f"--namespace={release.NAMESPACE}")
    return base64.b64decode(secret["data"]["token"]).decode()
