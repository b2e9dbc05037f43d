"""What the whole operator is told once, at its start."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from botapi.pods import PROBE_PORT


class PullPolicy(StrEnum):
    """When a node fetches an image, in Kubernetes' words."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a runner's container asks of its node: Kubernetes quantities by resource name."""

    requests: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)


RUNNER_RESOURCES: Final = Resources(
    requests=MappingProxyType({"cpu": "25m", "memory": "96Mi"}),
    limits=MappingProxyType({"memory": "256Mi"}),
)
"""No limit of CPU: a throttled runner would be late with a stop."""


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
    probe_port: int = PROBE_PORT
