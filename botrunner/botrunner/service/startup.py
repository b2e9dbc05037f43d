"""``python3 -m botrunner.service.startup PORT PATH`` in a pod: ends when its program is up.

For a startupProbe of kind exec. One that asks again and again tells people of every refusal by a
Warning Event, on each start; this one waits. It costs 0.1 s of a processor, once a container.
"""

import http.client
import sys
import threading
import time
from collections.abc import Sequence

PATIENCE_SECONDS = 10.0
"""So long a program that answers may take to say 200: then what it says is the readinessProbe's."""
LIMIT_SECONDS = 55.0
"""So long nothing need answer; less than the probe's timeoutSeconds, so that there are words."""
_LOOK_SECONDS = 0.1


def wait_until_up(
    port: int, path: str, *, patience: float = PATIENCE_SECONDS, limit: float = LIMIT_SECONDS
) -> bool:
    """Whether something answers on this port of loopback; returns as soon as it says 200.

    Blocks for up to ``patience`` seconds after its first answer, ``limit`` without one.
    """
    pause = threading.Event()
    began = time.monotonic()
    answered: float | None = None
    while True:
        status, now = _ask(port, path), time.monotonic()
        if status and answered is None:
            answered = now
        if status == http.HTTPStatus.OK or (answered is not None and now >= answered + patience):
            return True
        if answered is None and now >= began + limit:
            return False
        pause.wait(_LOOK_SECONDS)


def _ask(port: int, path: str) -> int:
    """The status of the answer; 0 without one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def main(arguments: Sequence[str]) -> int:
    """Wait for ``PORT PATH``; the exit code for the kubelet."""
    port, path = arguments
    if wait_until_up(int(port), path):
        return 0
    print(f"nothing answered on port {port} within {LIMIT_SECONDS:g} s", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
