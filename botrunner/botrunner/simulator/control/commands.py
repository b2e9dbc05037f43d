"""The commands of the control API: their names, bodies and what they do."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Positive = Annotated[Decimal, Field(gt=0)]
Stream = Literal["public", "private"]
Count = Annotated[
    int | None, Field(default=1, ge=1, description="How often it strikes; null: until cleared.")
]
Account = Annotated[
    str | None, Field(default=None, description="Name of an account; null: all of them.")
]
Path = Annotated[
    str | None, Field(default=None, description="Path of the requests meant; null: all.")
]
StreamChoice = Annotated[
    Stream | None, Field(default=None, description="public or private; null: both.")
]


class CommandBody(BaseModel):
    """Body of a command: camelCase, unknown fields refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class Price(CommandBody):
    """Set a symbol's prices now. Pause first, or the source's next step moves them on.

    The symbol leaves its order book, if it had one, until the source sends the next.
    """

    symbol: str
    last: Positive
    mark: Positive | None = Field(default=None, description="null: last.")
    index: Positive | None = Field(default=None, description="null: last.")
    bid: Positive | None = Field(default=None, description="null: last.")
    ask: Positive | None = Field(default=None, description="null: last.")


class Book(CommandBody):
    """Replace a symbol's order book; levels are [price, quantity] in strings."""

    symbol: str
    bids: tuple[tuple[Positive, Positive], ...]
    asks: tuple[tuple[Positive, Positive], ...]


class Trade(CommandBody):
    """Print a trade of the outside world."""

    symbol: str
    price: Positive
    quantity: Positive
    side: Literal["Buy", "Sell"] = Field(description="Of the taker.")


class Step(CommandBody):
    """Take steps of the price source at once, paused or not."""

    count: int = Field(default=1, ge=1, le=1_000_000)


class Pause(CommandBody):
    """Let the source's prices stand still."""


class Resume(CommandBody):
    """Let the source's prices move on from where they stood."""


class Speed(CommandBody):
    """Change the source's speed."""

    speed: Positive = Field(description="Source seconds per real second.")


class Funding(CommandBody):
    """Settle a symbol's funding now, or change its rate."""

    symbol: str
    rate: Decimal | None = Field(
        default=None, ge=-1, le=1, description="Fraction per interval; null: as it is."
    )
    settle: bool = True


class Money(CommandBody):
    """Put USDT into an account, or take it out with a negative amount."""

    account: str
    amount: Decimal


class Fees(CommandBody):
    """Change an account's fee rates."""

    account: str
    maker: Decimal = Field(ge=-1, le=1, description="Fraction; negative is a rebate.")
    taker: Decimal = Field(ge=0, le=1, description="Fraction.")


class Cut(CommandBody):
    """Cut stream connections."""

    account: Account
    stream: StreamChoice
    how: Literal["close", "abort"] = Field(
        default="close", description="close: in form; abort: TCP reset, no word."
    )
    code: int = Field(default=1000, ge=1000, le=4999, description="Close code.")


class Freeze(CommandBody):
    """Make stream connections half-open: nothing is sent or heard, not even a pong."""

    account: Account
    stream: StreamChoice


class Thaw(CommandBody):
    """Let frozen connections work again; what would have been sent meanwhile is lost."""

    account: Account
    stream: StreamChoice


class Disturb(CommandBody):
    """Make frames of the present connections late, or come twice; no field: no more of it."""

    account: Account
    stream: StreamChoice
    jitter_milliseconds: int = Field(
        default=0, ge=0, le=10_000, description="Each frame is late by up to this much."
    )
    duplicate_every: int | None = Field(
        default=None, ge=1, description="Every so manieth frame comes twice; null: none."
    )


class RefuseHandshake(CommandBody):
    """Refuse new stream connections with an HTTP status."""

    stream: StreamChoice
    status: int = Field(default=503, ge=400, le=599)
    count: Count


class RefuseSignIn(CommandBody):
    """Refuse sign-ins on the private stream."""

    account: Account
    code: int = 10003
    message: str = "Invalid apikey"
    count: Count


class LoseAcknowledgement(CommandBody):
    """Let accepted requests happen but never answer them."""

    account: Account
    path: str | None = Field(
        default="/v5/order/create", description="Path of the requests meant; null: all."
    )
    hang: bool = Field(
        default=False, description="Leave the client waiting instead of closing the connection."
    )
    count: Count


class Delay(CommandBody):
    """Let answers come late; what was asked happens at once."""

    milliseconds: int = Field(ge=1, le=600_000)
    account: Account
    path: Path
    count: Count


class Answer(CommandBody):
    """Answer requests with another code or HTTP status."""

    code: int = Field(default=0, description="retCode; 0 with another HTTP status: no envelope.")
    message: str = ""
    http_status: int = Field(default=200, ge=200, le=599)
    limit_headers: bool = Field(default=True, description="With the rate-limit headers.")
    reset_after_seconds: float = Field(default=1.0, ge=0, description="Of a 10006's header.")
    after_acceptance: bool = Field(default=False, description="Let what was asked happen first.")
    account: Account
    path: Path
    count: Count


class Ban(CommandBody):
    """Ban an address for ten minutes, as the venue does for too many requests."""

    address: str = "127.0.0.1"


class Clear(CommandBody):
    """Forget all waiting faults, thaw and calm all connections, lift all bans."""


COMMANDS: dict[str, type[CommandBody]] = {
    "price": Price,
    "book": Book,
    "trade": Trade,
    "step": Step,
    "pause": Pause,
    "resume": Resume,
    "speed": Speed,
    "funding": Funding,
    "money": Money,
    "fees": Fees,
    "cut": Cut,
    "freeze": Freeze,
    "thaw": Thaw,
    "disturb": Disturb,
    "refuse-handshake": RefuseHandshake,
    "refuse-sign-in": RefuseSignIn,
    "lose-acknowledgement": LoseAcknowledgement,
    "delay": Delay,
    "answer": Answer,
    "ban": Ban,
    "clear": Clear,
}
"""Bodies by the command's name, which is its path too."""
READS = {
    "": "This page.",
    "state": "Time, prices, accounts, connections and waiting faults.",
    "requests": "The request log, oldest first. Query: account, path, method, after (a number), "
    "limit.",
    "ledger": "One account straight from the venue. Query: account.",
    "conservation": "Where all the money is; difference is 0.",
}
"""What can be read, by path."""
