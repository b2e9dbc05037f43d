"""JSON in and out, the one way everything here is encoded."""

from collections.abc import Mapping
from typing import cast

import msgspec

from botrunner.simulator.bybit.wire import Json, Row

_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder()


def encoded(value: Json | Mapping[str, Json]) -> bytes:
    """The value as compact JSON."""
    return _ENCODER.encode(value)


def decoded_object(payload: bytes | str) -> Row | None:
    """The JSON object in the payload; None when it holds anything else or is no JSON."""
    try:
        value = _DECODER.decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    # A decoder without a type yields plain JSON values and nothing else.
    return cast(Row, value) if isinstance(value, dict) else None
