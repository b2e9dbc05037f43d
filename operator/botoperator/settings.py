"""What the whole operator is told once, at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from botapi.feeds import DIRECT_CONNECT_SECONDS, DIRECT_POLL_SECONDS
from botapi.pods import PROBE_PORT


class PullPolicy(StrEnum):
    """When a node fetches an image, in Kubernetes' words."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a container asks of its node: Kubernetes quantities by resource name."""

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


RUNNER_RESOURCES: Final = Resources(
    requests=MappingProxyType({"cpu": "25m", "memory": "96Mi"}),
    limits=MappingProxyType({"memory": "256Mi"}),
)
"""No limit of CPU: a throttled runner would be late with a stop."""


FEED_RESOURCES: Final = Resources(
    requests=MappingProxyType({"cpu": "25m", "memory": "96Mi"}),
    limits=MappingProxyType({"memory": "256Mi"}),
)
"""It begins with 70 MB, of which 48 are its own; 20 kB a subscriber come to that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """What concerns shared feeds."""

    grace: timedelta = timedelta(seconds=600)
    """So long a feed that nobody uses is kept."""
    resources: Resources = FEED_RESOURCES
    max_connections: int = 600
    """Of one feed; what comes beyond it is refused and goes to the exchange directly."""
    owner: str = ""
    """Name of the Deployment in the operator's namespace that feeds go with; empty: nothing."""
    direct_poll_seconds: float = DIRECT_POLL_SECONDS
    """Each runner's share of its address while its feed is gone: between polls of a price."""
    direct_connect_seconds: float = DIRECT_CONNECT_SECONDS
    """Between public connections of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The operator's settings; what concerns runners acts on every account's pod template."""

    namespace: str
    """The operator's own."""
    watch_namespaces: tuple[str, ...] = ()
    """Where accounts are looked after; empty for everywhere."""
    runner_image: str
    image_pull_policy: PullPolicy = PullPolicy.IF_NOT_PRESENT
    image_pull_secrets: tuple[str, ...] = ()
    """Names of Secrets, which every account's namespace has to hold."""
    runner_resources: Resources = RUNNER_RESOURCES
    simulator: str | None = None
    """Base URL of this installation's simulator; None where there is none."""
    feeds: FeedSettings | None = None
    """None where every runner gets its prices from the exchange itself."""
    probe_port: int = PROBE_PORT
