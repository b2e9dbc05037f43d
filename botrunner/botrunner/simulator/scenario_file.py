"""Reading a scenario file: YAML, with every complaint by line and field."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from botrunner.simulator.scenario import Scenario

Location = tuple[str | int, ...]
"""Keys and positions from the top of the document to a value."""


class ScenarioError(Exception):
    """A scenario cannot be played; one line of text for each thing that is wrong."""


@dataclass(frozen=True, slots=True)
class ScenarioFile:
    """A scenario with the places of its values, for complaints that come later."""

    name: str
    scenario: Scenario
    root: yaml.Node | None = None
    """None for a scenario that no file holds; its complaints name no line."""

    @property
    def folder(self) -> Path:
        """What the paths in the file are relative to."""
        return Path(self.name).parent

    def complaint(self, location: Location, problem: str) -> str:
        """``file:line: field: problem`` for a value of the file."""
        return _complain(self.name, self.root, location, problem)


def load_scenario(path: Path) -> ScenarioFile:
    """Read and check a scenario file. Raises ScenarioError naming every wrong line and field."""
    try:
        return parse_scenario(str(path), path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: is not a text file; write YAML") from None
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None


def parse_scenario(name: str, text: str) -> ScenarioFile:
    """Check the text of a scenario file; ``name`` is what complaints call it."""
    root, content = _parse(name, text)
    repeats = sorted(_repeated_keys(name, root))
    if repeats:
        raise ScenarioError("\n".join(text for _, text in repeats))
    try:
        return ScenarioFile(name, Scenario.model_validate(content), root)
    except ValidationError as error:
        raise ScenarioError("\n".join(_complaints(name, root, error.errors()))) from None


def change_scenario(file: ScenarioFile, name: str, changes: Mapping[str, Any]) -> ScenarioFile:
    """Replace top-level fields, by their names in the file; ``name`` is what complaints call it."""
    try:
        Scenario.model_validate(changes)
    except ValidationError as error:
        raise ScenarioError("\n".join(_complaints(name, None, error.errors()))) from None
    kept = {
        field.alias or name: getattr(file.scenario, name)
        for name, field in Scenario.model_fields.items()
    }
    return replace(file, scenario=Scenario.model_validate({**kept, **changes}))


def _parse(name: str, text: str) -> tuple[yaml.Node | None, Any]:
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        return root, {} if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = " ".join(part for part in (error.problem, error.context) if part)
        raise ScenarioError(f"{name}:{line}: is no valid YAML: {problem}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{name}: is no valid YAML: {error}") from None


def _repeated_keys(name: str, node: yaml.Node | None) -> Iterator[tuple[int, str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                yield line, f"{name}:{line}: {key.value}: is there twice; keep one"
            seen.add(key.value)
            yield from _repeated_keys(name, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _repeated_keys(name, item)


def _complaints(name: str, root: yaml.Node | None, errors: Iterable[ErrorDetails]) -> Iterable[str]:
    for error in sorted(errors, key=lambda error: _line_of(root, error["loc"])):
        yield _complain(name, root, error["loc"], _in_words(error))


def _complain(name: str, root: yaml.Node | None, location: Location, problem: str) -> str:
    place = name if root is None else f"{name}:{_line_of(root, location)}"
    return ": ".join(part for part in (place, _spell(location), problem) if part)


def _in_words(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "no such field; take it out or correct its name"
        case "missing":
            return "is missing; add it"
        case "string_pattern_mismatch":
            return f"must match {error['ctx']['pattern']}, is {error['input']!r}"
        case "value_error":
            return str(error["ctx"]["error"])
        case "model_type" | "model_attributes_type":
            return f"must be a mapping of fields, is {error['input']!r}"
        case "tuple_type":
            return f"must be a list, is {error['input']!r}"
        case _:
            return f"{error['msg'].replace('Input should be', 'must be')}, is {error['input']}"


def _spell(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _line_of(root: yaml.Node | None, location: Location) -> int:
    """The line of the value, or of the nearest thing around it that is in the file."""
    line, node = 1, root
    for part in location:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[int, yaml.Node] | None:
    match node, part:
        case yaml.SequenceNode(value=items), int() if part < len(items):
            return items[part].start_mark.line + 1, items[part]
        case yaml.MappingNode(value=pairs), str():
            for key, value in pairs:
                if key.value == part:
                    return key.start_mark.line + 1, value
            return None
        case _:
            return None


class _Loader(yaml.SafeLoader):
    """YAML whose fractions stay the decimals they are written as."""


def _decimal(loader: _Loader, node: yaml.ScalarNode) -> Decimal | str:
    text = str(loader.construct_scalar(node))
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
