"""Whether an answer has the shape of a recorded one: the same keys, the same JSON types.

Values do not count, except that a string that is always a number (or empty) in the recording must
be a number or empty in the answer. ``null`` in a recording stands for a string: the venue sends
``""`` where clients record nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PAYLOADS = Path(__file__).parents[1] / "payloads"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def recorded(name: str) -> Any:
    """A recorded payload of Bybit by file name, without its ending."""
    return json.loads((PAYLOADS / "bybit" / f"{name}.json").read_text())


def same_shape(
    recorded: Any, answered: Any, *, more: Iterable[str] = (), fewer: Iterable[str] = ()
) -> list[str]:
    """The differences, each with its path; empty when there are none.

    Items of a recorded list are taken together: a key of any is a key of all. ``more`` names keys
    the answer may have beyond the recording, ``fewer`` keys it need not have.
    """
    return list(_differences("$", [recorded], answered, frozenset(more), frozenset(fewer)))


def _differences(
    path: str, examples: Sequence[Any], answered: Any, more: frozenset[str], fewer: frozenset[str]
) -> Iterator[str]:
    kinds = {_kind(example) for example in examples}
    if _kind(answered) not in kinds:
        yield f"{path}: {_kind(answered)} where {' or '.join(sorted(kinds))} was recorded"
    elif isinstance(answered, Mapping):
        same = [example for example in examples if isinstance(example, Mapping)]
        yield from _key_differences(path, same, answered, more, fewer)
    elif isinstance(answered, list):
        items = [item for example in examples if isinstance(example, list) for item in example]
        for item in answered if items else ():
            yield from _differences(f"{path}[]", items, item, more, fewer)
    elif isinstance(answered, str):
        yield from _text_differences(path, examples, answered)


def _key_differences(
    path: str,
    examples: Sequence[Mapping[str, Any]],
    answered: Mapping[str, Any],
    more: frozenset[str],
    fewer: frozenset[str],
) -> Iterator[str]:
    known = {key: None for example in examples for key in example}
    for key in known:
        if key in answered:
            values = [example[key] for example in examples if key in example]
            yield from _differences(f"{path}.{key}", values, answered[key], more, fewer)
        elif key not in fewer:
            yield f"{path}.{key}: missing"
    for key in answered:
        if key not in known and key not in more:
            yield f"{path}.{key}: not in the recording"


def _text_differences(path: str, examples: Sequence[Any], answered: str) -> Iterator[str]:
    texts = [example for example in examples if isinstance(example, str)]
    filled = [text for text in texts if text]
    numeric = bool(filled) and all(_NUMBER.fullmatch(text) for text in filled)
    if numeric and answered and not _NUMBER.fullmatch(answered):
        yield f"{path}: {answered!r} where a number was recorded"


def _kind(value: Any) -> str:
    match value:
        case None | str():
            return "a string"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"
