"""The API server itself, by the official client; decoded JSON in and out.

Of the client only what it knows of kubeconfigs, tokens and certificates is used: its models would
be built and thrown away for every object, its retries would hold a worker where the queue can do
something else, and its way of making a request costs as much again as the request.
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Self

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from pydantic_core import from_json, to_json
from typing_extensions import override

from botapi.labels import OPERATOR_MANAGER
from botapi.model import Json
from botoperator.cluster.kinds import BY_NAME, Kind
from botoperator.cluster.port import (
    Cluster,
    ClusterError,
    Page,
    RejectedError,
    RetryableError,
    UnavailableError,
)
from botoperator.meters import ApiMeters
from botoperator.store import Place, version_of

_JSON = "application/json"
# JSON is YAML; the API server takes an apply under this name only (Kubernetes 1.34,
# "Server-Side Apply").
_APPLY = "application/apply-patch+yaml"
_APPLY_QUERY = {"fieldManager": OPERATOR_MANAGER, "force": "true"}
_TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=10)
_PAGE = 100
"""Objects decoded at once: what a page takes is never quite given back."""
_WRONG = frozenset({400, 413, 415, 422})
_NOT_NOW = frozenset({401, 408, 429})
_GONE = frozenset({404, 409})


class Access:
    """Where the API server is and who we are there; one for each event loop."""

    def __init__(self, kubeconfig: Path | None) -> None:
        """Take the kubeconfig, or None for the service account of the pod."""
        self._kubeconfig = kubeconfig
        self._configuration: Configuration | None = None

    async def configuration(self) -> Configuration:
        """The client's settings, loaded once.

        Raises UnavailableError while there is no file to read them from.
        """
        if self._configuration is None:
            self._configuration = await self._load()
        return self._configuration

    async def authorization(self) -> str | None:
        """The Authorization header, from the token as it is on disk now; None without a token.

        Raises UnavailableError while the token cannot be read.
        """
        configuration = await self.configuration()
        try:
            header: str | None = await configuration.get_api_key_with_prefix("BearerToken")
        except (OSError, ConfigException) as error:
            raise UnavailableError(f"the service account's token cannot be read: {error}") from None
        return header

    async def server(self) -> str:
        """Scheme, host and port."""
        return str((await self.configuration()).host)

    async def tls(self) -> ssl.SSLContext:
        """Whom we trust and, with a client certificate, who we are."""
        client = ApiClient(await self.configuration())
        context: ssl.SSLContext = client.rest_client.ssl_context
        return context

    async def way(self) -> Mapping[str, Any]:
        """How requests get there: options of each of aiohttp's requests."""
        configuration = await self.configuration()
        options = {
            "proxy": configuration.proxy,
            "proxy_headers": configuration.proxy_headers,
            "server_hostname": configuration.tls_server_name,
        }
        return {name: value for name, value in options.items() if value}

    def reload(self) -> None:
        """Read everything anew before the next request: we were not let in."""
        self._configuration = None

    async def _load(self) -> Configuration:
        configuration = Configuration(client_session_kwargs={"trust_env": False})
        try:
            if self._kubeconfig is None:
                load_incluster_config(configuration)
            else:
                await load_kube_config(
                    str(self._kubeconfig), client_configuration=configuration, persist_config=False
                )
        except (OSError, ConfigException) as error:
            raise UnavailableError(f"no access to a cluster: {error}") from None
        return configuration


class KubeCluster(Cluster):
    """The API server."""

    def __init__(
        self, access: Access, *, agent: str, meters: ApiMeters, line: Callable[[str], None]
    ) -> None:
        """Connect with the first request; ``agent`` is the User-Agent, as the audit log has it.

        ``line`` is told after each request why there was no answer; empty when there was one.
        """
        self._access = access
        self._agent = agent
        self._meters = meters
        self._line = line
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Nothing is opened before the first request."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @override
    async def apply(self, manifest: Json) -> dict[str, Any]:
        return await self._apply(manifest, "")

    @override
    async def apply_status(self, manifest: Json) -> dict[str, Any]:
        return await self._apply(manifest, "status")

    @override
    async def delete(self, place: Place, uid: str) -> dict[str, Any] | None:
        kind = BY_NAME[place.kind]
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        path = kind.path(place.namespace, place.name)
        try:
            answer = await self._ask("DELETE", kind, path, body=options)
        except RetryableError as error:
            # Gone, or another object by now: either way this one is no more.
            if error.status not in _GONE:
                raise
            return None
        return answer if answer.get("kind") == kind.name else None

    @override
    async def create(self, manifest: Json) -> dict[str, Any]:
        kind = BY_NAME[manifest["kind"]]
        path = kind.path(manifest["metadata"]["namespace"])
        query = {"fieldManager": OPERATOR_MANAGER}
        return await self._ask("POST", kind, path, query=query, body=manifest)

    @override
    async def get(self, place: Place) -> dict[str, Any] | None:
        kind = BY_NAME[place.kind]
        try:
            return await self._ask("GET", kind, kind.path(place.namespace, place.name))
        except RetryableError as error:
            if error.status != 404:
                raise
            return None

    @override
    async def pages(self, kind: Kind, namespace: str | None) -> AsyncIterator[Page]:
        query = {"limit": str(_PAGE)}
        if kind.selector:
            query["labelSelector"] = kind.selector
        while True:
            found = await self._ask("GET", kind, kind.path(namespace), query=query)
            # Items of a list do not repeat what the list says of all of them.
            about = {"apiVersion": kind.api_version, "kind": kind.name}
            metadata = found.get("metadata") or {}
            items = [about | item for item in found.get("items") or ()]
            yield Page(items=items, version=version_of(metadata))
            if not metadata.get("continue"):
                return
            query["continue"] = metadata["continue"]

    async def _apply(self, manifest: Json, subresource: str) -> dict[str, Any]:
        kind, metadata = BY_NAME[manifest["kind"]], manifest["metadata"]
        path = kind.path(metadata["namespace"], metadata["name"], subresource)
        query = _APPLY_QUERY
        return await self._ask("PATCH", kind, path, query=query, body=manifest, media=_APPLY)

    async def _ask(
        self,
        method: str,
        kind: Kind,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Json | None = None,
        media: str = _JSON,
    ) -> dict[str, Any]:
        resource = kind.plural if not path.endswith("/status") else f"{kind.plural}/status"
        started, code = time.monotonic(), "unreachable"
        try:
            status, text = await self._send(method, path, query or {}, body, media)
            code = str(status)
            answer = await self._read(status, text, f"{method} {path}")
        except ClusterError as error:
            self._line(str(error) if isinstance(error, UnavailableError) else "")
            raise
        finally:
            self._meters.asked(method, resource, code, time.monotonic() - started)
        self._line("")
        return answer

    async def _send(
        self, method: str, path: str, query: Mapping[str, str], body: Json | None, media: str
    ) -> tuple[int, bytes]:
        authorization = await self._access.authorization()
        headers = {"Content-Type": media}
        if authorization is not None:
            headers["Authorization"] = authorization
        sent = None if body is None else to_json(body)
        url, way = await self._access.server() + path, await self._access.way()
        session = await self._open()
        try:
            async with session.request(
                method, url, params=query, headers=headers, data=sent, **way
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise UnavailableError(f"the API server does not answer: {reason}") from None

    async def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._session_over(await self._access.tls())
        return self._session

    def _session_over(self, tls: ssl.SSLContext) -> aiohttp.ClientSession:
        # Another request may have opened one meanwhile.
        return self._session or aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls),
            headers={"Accept": _JSON, "User-Agent": self._agent},
            timeout=_TIMEOUT,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _read(self, status: int, text: bytes, request: str) -> dict[str, Any]:
        if status == 401:
            # The projected token may have been replaced, or the cluster's certificates.
            self._access.reload()
            await self.close()
        try:
            answer: dict[str, Any] = from_json(text)
        except ValueError:
            answer = {"message": text[:200].decode(errors="replace")}
            if status < 300:
                raise UnavailableError(f"{request}: an answer that is no JSON") from None
        if status < 300:
            return answer
        raise _error(status, answer, request)


def _error(status: int, answer: Mapping[str, Any], request: str) -> ClusterError:
    message = f"{request}: {status} {answer.get('message') or answer.get('reason') or ''}".rstrip()
    wait = float((answer.get("details") or {}).get("retryAfterSeconds") or 0)
    if status in _WRONG:
        return RejectedError(message, status=status)
    if status in _NOT_NOW or status >= 500:
        return UnavailableError(message, status=status, retry_after=wait)
    return RetryableError(message, status=status, retry_after=wait)
