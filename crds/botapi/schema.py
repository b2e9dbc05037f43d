"""From a model to a structural OpenAPI v3 schema with CEL rules, as plain data.

Written from the models' fields rather than from pydantic's JSON Schema, whose ``$ref``, ``anyOf``
with null, ``title`` and numeric ``exclusiveMinimum`` a structural schema may not have: everything
that stands in the result was put there.
"""

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from types import NoneType
from typing import Annotated, Any, TypeAlias, get_args, get_origin

from annotated_types import MaxLen, MinLen
from pydantic.fields import FieldInfo

from botapi.changes import about_of
from botapi.limits import Entries, Limits
from botapi.model import Model
from botapi.quantity import Wire, number_to_json
from botapi.rules import Applies, ListMap, Rule, Transition

Schema: TypeAlias = dict[str, Any]


def object_schema(model: type[Model], *, with_defaults: bool) -> Schema:
    """The schema of an object.

    Defaults belong into a spec, which one person writes. In a status they would appear under
    fields that no writer owns.
    """
    schema: Schema = {"type": "object"}
    fields = model.model_fields.values()
    if required := [str(field.alias) for field in fields if field.is_required()]:
        schema["required"] = required
    schema["properties"] = {
        str(field.alias): _field_schema(field, with_defaults=with_defaults) for field in fields
    }
    rules = [*map(_rule, model.rules), *map(_transition, model.transitions)]
    return schema | _validations(rules)


def _field_schema(field: FieldInfo, *, with_defaults: bool) -> Schema:
    about = about_of(field)
    schema: Schema = {"description": about.description} if about else {}
    schema |= _value_schema(field.annotation, field.metadata, with_defaults=with_defaults)
    if with_defaults and (default := _default(field)) is not None:
        schema["default"] = default
    rules = [_rule(mark) for mark in field.metadata if isinstance(mark, Rule)]
    if about and about.applies is Applies.IMMUTABLE:
        rules.append({"rule": "self == oldSelf", "message": f"is immutable; {about.remedy}"})
    # Rules over an object's fields stand in its own schema already; both are kept.
    inner = schema.pop(_VALIDATIONS, [])
    return schema | _validations([*inner, *rules])


def _value_schema(annotation: Any, marks: Sequence[Any], *, with_defaults: bool) -> Schema:
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        own = [
            m for mark in more for m in (mark.metadata if isinstance(mark, FieldInfo) else [mark])
        ]
        return _value_schema(inner, [*own, *marks], with_defaults=with_defaults)
    if NoneType in get_args(annotation):
        present = next(arg for arg in get_args(annotation) if arg is not NoneType)
        return _value_schema(present, marks, with_defaults=with_defaults)
    schema = _bare_schema(annotation, marks, with_defaults=with_defaults)
    for mark in marks:
        schema |= _limit(mark)
    return schema


def _bare_schema(annotation: Any, marks: Sequence[Any], *, with_defaults: bool) -> Schema:
    wire = next((mark for mark in marks if isinstance(mark, Wire)), None)
    if wire is not None:
        said = {"format": wire.format, "pattern": wire.pattern, "maxLength": wire.max_length}
        return {"type": wire.type} | {key: value for key, value in said.items() if value}
    if get_origin(annotation) is tuple:
        item = _value_schema(get_args(annotation)[0], (), with_defaults=with_defaults)
        return {"type": "array", "x-kubernetes-list-type": "atomic", "items": item}
    if issubclass(annotation, Model):
        return object_schema(annotation, with_defaults=with_defaults)
    if issubclass(annotation, Enum):
        return {"type": "string", "enum": [member.value for member in annotation]}
    return {"type": _SCALARS[annotation]}


_SCALARS = {str: "string", bool: "boolean"}
_VALIDATIONS = "x-kubernetes-validations"


def _limit(mark: Any) -> Schema:
    match mark:
        case MinLen(min_length=least):
            return {"minLength": least}
        case MaxLen(max_length=most):
            return {"maxLength": most}
        case Entries(least=0, most=most):
            return {"maxItems": most}
        case Entries(least=least, most=most):
            return {"minItems": least, "maxItems": most}
        case ListMap(key):
            return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}
        case Limits():
            return _range(mark)
        case _:
            return {}


def _range(limits: Limits) -> Schema:
    schema: Schema = {}
    if limits.least is not None:
        schema["minimum"] = number_to_json(limits.least)
    if limits.least_excluded:
        schema["exclusiveMinimum"] = True
    if limits.most is not None:
        schema["maximum"] = number_to_json(limits.most)
    return schema


def _default(field: FieldInfo) -> Any:
    match field.default:
        case Model():
            # Its fields have defaults of their own, which the API server fills in.
            return {}
        case Decimal() as number:
            return number_to_json(number)
        case Enum() as member:
            return member.value
        case bool() | int() | str() as value:
            return value
        case _:
            return None


def _validations(rules: list[Schema]) -> Schema:
    return {_VALIDATIONS: rules} if rules else {}


def _rule(rule: Rule) -> Schema:
    schema: Schema = {"rule": rule.cel, "message": rule.message}
    if rule.naming is not None:
        template = _quoted(f"{rule.naming.template}; {rule.remedy}")
        schema["messageExpression"] = f"'{template}'.format([{rule.naming.values_cel}])"
    if rule.path:
        schema["fieldPath"] = "".join(f".{name}" for name in rule.path)
    return schema | {"reason": rule.reason.value}


def _transition(rule: Transition) -> Schema:
    return {"rule": rule.cel, "message": rule.message}


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
