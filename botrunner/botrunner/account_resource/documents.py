"""YAML as kubectl reads it, with the line of every field.

Numbers keep their digits, ``1e-8`` is one, ``y`` is true, a date is a text, and a field given
twice is refused: PyYAML's own loader would differ from kubectl's in each.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml
from typing_extensions import override
from yaml.reader import ReaderError

_NUMBER = r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
_WHOLE = r"[-+]?(0b[01]+|0x[0-9a-fA-F]+|0[0-7]+|0|[1-9][0-9]*)"
_UNREADABLE = "cannot be read"
_FLOAT_TAG = "tag:yaml.org,2002:float"
_INT_TAG = "tag:yaml.org,2002:int"
_BOOL_TAG = "tag:yaml.org,2002:bool"
_REPLACED = (_FLOAT_TAG, _INT_TAG, "tag:yaml.org,2002:timestamp")


class DocumentError(ValueError):
    """Text that is not YAML, or not as kubectl takes it; mended by whoever wrote the file."""

    def __init__(self, *, line: int, rule: str, remedy: str) -> None:
        """Say where (lines count from 1), what is wrong and what to do."""
        super().__init__(f"line {line}: {rule}; {remedy}")
        self.line = line
        self.rule = rule
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document of a file."""

    content: Any
    line: int
    """Of its first field, counted from 1."""
    node: yaml.Node = field(repr=False)

    def line_of(self, location: Sequence[str | int]) -> int:
        """The line of a field, or of the innermost one around it that is there."""
        node, line = self.node, self.line
        for part in location:
            found = _child(node, part)
            if found is None:
                return line
            node, line = found
        return line


def read_documents(text: str) -> Iterator[Document]:
    """Read the documents of a text, empty ones left out.

    Raises DocumentError at the first place that cannot be read.
    """
    try:
        yield from _read(_Loader(text))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise DocumentError(line=line, rule="is not text", remedy="save it as UTF-8") from None
    except yaml.YAMLError as error:
        raise _unreadable(error) from None
    except RecursionError:
        remedy = "leave out levels, and aliases of themselves"
        raise DocumentError(line=1, rule="is nested too deeply", remedy=remedy) from None


def _read(loader: "_Loader") -> Iterator[Document]:
    while loader.check_node():
        node = loader.get_node()
        content = None if node is None else loader.construct_document(node)
        if node is not None and content is not None:
            yield Document(content=content, line=_line(node), node=node)


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node, int] | None:
    match node, part:
        case yaml.SequenceNode(value=items), int() if part < len(items):
            return items[part], _line(items[part])
        case yaml.MappingNode(value=pairs), str():
            return next(((value, _line(key)) for key, value in pairs if key.value == part), None)
        case _:
            return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _unreadable(error: yaml.YAMLError) -> DocumentError:
    mark = getattr(error, "problem_mark", None)
    # What PyYAML quotes may be a secret that begins with * or !; its own <names> may stay.
    problem = re.sub(r"'(?!<)[^']{3,}'", "'...'", getattr(error, "problem", None) or _UNREADABLE)
    line = 1 if mark is None else mark.line + 1
    remedy = "indent by spaces, and put texts with special characters in quotes"
    return DocumentError(line=line, rule=f"is not YAML: {problem}", remedy=remedy)


class _Loader(yaml.SafeLoader):
    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise DocumentError(
                    line=_line(key), rule=f"{key.value} is given twice", remedy="keep one of them"
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _number(loader: _Loader, node: yaml.ScalarNode) -> Any:
    text = str(loader.construct_scalar(node))
    # Not a number after all: .inf and .nan, or a tag that somebody wrote. The models refuse a text.
    return Decimal(text) if re.fullmatch(_NUMBER, text) else text


def _yes_or_no(loader: _Loader, node: yaml.ScalarNode) -> Any:
    text = str(loader.construct_scalar(node))
    return text in "yY" if text in ("y", "Y", "n", "N") else loader.construct_yaml_bool(node)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _REPLACED]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_INT_TAG, re.compile(f"^{_WHOLE}$"), list("-+0123456789"))
_Loader.add_implicit_resolver(_FLOAT_TAG, re.compile(f"^{_NUMBER}$"), list("-+.0123456789"))
_Loader.add_implicit_resolver(_BOOL_TAG, re.compile("^[yYnN]$"), list("yYnN"))
_Loader.add_constructor(_BOOL_TAG, _yes_or_no)
_Loader.add_constructor(_FLOAT_TAG, _number)
