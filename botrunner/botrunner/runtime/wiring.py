"""What one life is made of, as its composition root hands it over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TextIO

from botapi.v1alpha1.account import TradingAccountSpec
from botrunner.account_resource.port import AccountResource
from botrunner.engine.limits import RequestLimits
from botrunner.exchanges.credentials import Credentials
from botrunner.exchanges.port import Exchange, Listeners
from botrunner.runtime.admission import Admission, EverybodyAdmitted
from botrunner.service.clock import Clock
from botrunner.service.logs import Log
from botrunner.service.meters import Meters

MakeExchange = Callable[[TradingAccountSpec, Credentials, Listeners], Exchange]


class Ending(Enum):
    """Why a life ended without an error."""

    TOLD = "told"
    """By SIGTERM or Ctrl-C: the process ends."""
    RENEWED = "renewed"
    """The adapter has to be made anew: the keys, their permission or the admission changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """Everything a life needs from outside."""

    resource: AccountResource
    make_exchange: MakeExchange
    clock: Clock
    log: Log
    meters: Meters
    version: str
    admission: Admission = field(default_factory=EverybodyAdmitted)
    limits: RequestLimits = RequestLimits()
    folder: Path | None = None
    """Where the state file is written."""
    audit: TextIO | None = None
    pod: str = ""
