"""An API server of a few canned answers, on loopback, for faults that a real one does not show."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


@dataclass(slots=True, kw_only=True)
class AnsweringApi:
    """Gives its answers in their order, the last one again and again."""

    answers: list[tuple[int, Any]]
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    async def handle(self, request: web.Request) -> web.Response:
        """Note the request and give the next answer; a text is given as it is."""
        text = await request.text()
        self.asked.append(
            Asked(
                method=request.method,
                path=request.path,
                query=dict(request.query),
                headers=dict(request.headers),
                body=json.loads(text) if text else None,
            )
        )
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        content = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=content, content_type="application/json")


@asynccontextmanager
async def answering(*answers: tuple[int, Any]) -> AsyncIterator[AnsweringApi]:
    """Serve until the block ends."""
    api = AnsweringApi(answers=list(answers))
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    api.url = f"http://{host}:{port}"
    try:
        yield api
    finally:
        await runner.cleanup()


def kubeconfig_of(url: str, folder: Path, token: str = "first") -> Path:
    """A kubeconfig for it, with a token in a file."""
    (folder / "token").write_text(token)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "desk",
        "clusters": [{"name": "desk", "cluster": {"server": url}}],
        "users": [{"name": "desk", "user": {"tokenFile": str(folder / "token")}}],
        "contexts": [{"name": "desk", "context": {"cluster": "desk", "user": "desk"}}],
    }
    path = folder / "config"
    path.write_text(yaml.safe_dump(config))
    return path
