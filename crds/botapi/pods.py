"""Where things are inside a pod: what the operator mounts and passes, the runner finds there."""

from typing import Final

USER_ID: Final = 10001
"""User and group of the image; also the group of mounted files (``fsGroup``)."""

KEYS_FOLDER: Final = "/etc/tradefleet/keys"
"""The account's Secret, one file a key; empty where the Secret does not exist (yet)."""
STATE_FOLDER: Final = "/var/lib/tradefleet"
"""An emptyDir: survives the container, not the pod. Stop file, state file, last copy."""
TOKEN_FOLDER: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
"""``token``, ``ca.crt`` and ``namespace``, as the kubelet projects them; the token changes."""

PROBE_PORT: Final = 8080
"""``/livez``, ``/readyz`` and ``/metrics`` of operator, runners and feeds."""
PROBE_PORT_NAME: Final = "metrics"
SIMULATOR_PORT: Final = 8480
"""REST and streams of the simulator."""
SIMULATOR_CONTROL_PORT: Final = 8481

POD_NAME_VARIABLE: Final = "POD_NAME"
"""The pod's own name, by the downward API."""
