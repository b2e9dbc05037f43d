"""An API server that lets connections in and then says nothing, as one that hangs (RI-14)."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from botrunner.account_resource.kube_api import ApiPlace, ApiServer, ApiUnreachableError


@pytest.fixture
async def silent(tmp_path: Path) -> AsyncIterator[ApiServer]:
    """The way to one whose connections only the kernel accepts."""
    token = tmp_path / "token"
    token.write_text("a token")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        place = ApiPlace(url=url, token_file=token, ca_file=Path(DEFAULT_CA_BUNDLE_PATH))
        api = ApiServer(place, "tests")
        yield api
        await api.close()


async def test_a_connection_without_an_answer_is_said_to_be_no_connection(
    silent: ApiServer,
) -> None:
    """Nothing was asked yet: the text must not say that an answer took too long."""
    with pytest.raises(ApiUnreachableError, match="cannot be reached: Connection timeout"):
        await silent.get("/version")


async def test_a_watch_that_never_connects_has_not_been_silent_before(silent: ApiServer) -> None:
    with pytest.raises(ApiUnreachableError, match="cannot be reached") as lost:
        async for _ in silent.watch("/version?watch=true"):
            pass

    assert lost.value.silent_seconds == 0
