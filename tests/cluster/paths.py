"""Where everything of the cluster lies, and what the same file is called inside the node."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
STATE = REPOSITORY / ".cluster"
KUBECONFIG = STATE / "kubeconfig"
BIN = STATE / "bin"
CONFIG = STATE / "config"
PKI = STATE / "pki"
PIDS = STATE / "pids"
# Becomes /var/log of the node: the components' logs, the pods' logs and the audit log.
LOGS = STATE / "logs"
AUDIT_LOG = LOGS / "audit.log"
# The identity of the running node; a node whose clone lost this file is a leftover.
NODE_ID = STATE / "node-id"

# A short name whatever the clone's path is: a socket's path has a limit of 107 bytes.
IN_NODE = Path("/var/lib/tradefleet")


def in_node(path: Path) -> str:
    """The name that PATH, a file below the state folder, has for the node's processes."""
    return str(IN_NODE / path.relative_to(STATE))
