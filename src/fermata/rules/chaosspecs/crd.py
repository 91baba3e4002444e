"""A document held against the custom resource's definition that the user's own cluster serves.

Stricter than the API server in one thing: every object is closed. The server prunes a field it does not know without a
word, and a misspelt `duration` is then a fault without an end. What the definition's text cannot say (webhooks, CEL) is
left to the server's dry run.

Source: Kubernetes, "Extend the API with CustomResourceDefinitions", structural schemas (read November 2026).
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fermata.kit.digging import dig_map

_MOST = 50
_DEEPEST = 60
_LONGEST_MATCHED = 512
"""Characters of a text that a definition's pattern is tried on: nobody looked at these patterns for runaway."""
_ROOT = frozenset({"apiVersion", "kind", "metadata"})
_INTEGERS = {"int32": 2**31, "int64": 2**63}
_MEANINGLESS = frozenset({"description", "title", "default", "example", "externalDocs", "type", "nullable"})
_UNCHECKED = ("x-",)


def validate_against_crd(document: Mapping[str, Any], definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a definition has against a document, as `path: words`; empty when nothing. At most 50.

    Args:
        document: The object; JSON types.
        definition: A CustomResourceDefinition as `kubectl get crd NAME -o json` gives it.
    """
    schema, problem = _find_schema(document, definition)
    if schema is None:
        return (problem,)
    found: list[str] = []
    body = {name: value for name, value in document.items() if name not in _ROOT}
    for line in _check(body, _without_root(schema), "", 0):
        if len(found) == _MOST:
            found.append("and more")
            break
        found.append(line)
    return tuple(found)


def _find_schema(document: Mapping[str, Any], definition: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, str]:
    spec = dig_map(definition, "spec")
    group, kind = spec.get("group"), dig_map(spec, "names").get("kind")
    if document.get("kind") != kind:
        return None, f"kind: the definition is that of {kind!r}, not of {document.get('kind')!r}"
    for version in spec.get("versions") or ():
        if document.get("apiVersion") == f"{group}/{dig_map(version).get('name')}":
            if version.get("served") is not True:
                return None, f"apiVersion: {document.get('apiVersion')} is not served by this cluster"
            schema = dig_map(version, "schema").get("openAPIV3Schema")
            return (schema, "") if isinstance(schema, Mapping) else (None, "definition: it holds no schema")
    return None, f"apiVersion: the definition knows no {document.get('apiVersion')!r}"


def _without_root(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = {name: part for name, part in dig_map(schema, "properties").items() if name not in _ROOT}
    required = [name for name in schema.get("required") or () if name not in _ROOT]
    return {**schema, "properties": properties, "required": required}


def _check(value: Any, schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        yield f"{path}: it is nested deeper than {_DEEPEST}"
        return
    if value is None:
        if schema.get("nullable") is not True:
            yield f"{path}: null is not allowed"
        return
    fault = _find_type_fault(value, schema)
    if fault:
        yield f"{path}: {fault}"
        return
    for keyword, limit in schema.items():
        rule = _RULES.get(keyword)
        if rule is not None:
            fault = rule(value, limit, schema)
            if fault:
                yield f"{path}: {fault}"
        elif keyword not in _STRUCTURE and keyword not in _MEANINGLESS and not keyword.startswith(_UNCHECKED):
            yield f"{path}: the definition has a rule {keyword!r} that cannot be checked here"
    yield from _check_parts(value, schema, path, depth)
    yield from _check_choices(value, schema, path, depth)


def _find_type_fault(value: Any, schema: Mapping[str, Any]) -> str:
    if schema.get("x-kubernetes-int-or-string") is True:
        return "" if _is_integer(value) or isinstance(value, str) else "it is neither a whole number nor text"
    wanted = schema.get("type")
    if wanted is None:
        return ""
    test = _TYPES.get(wanted)
    if test is None:
        return f"the definition has a type {wanted!r} that is not known"
    return "" if test(value) else f"it is {_name(value)}, not {wanted}"


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, float) and math.isfinite(value))


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "number": _is_number,
}


def _name(value: Any) -> str:
    for name in ("boolean", "integer", "number", "string", "array", "object"):
        if _TYPES[name](value):
            return name
    return type(value).__name__


def _check_parts(value: Any, schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from _check_object(value, schema, path, depth)
    elif isinstance(value, list | tuple):
        items = schema.get("items")
        if isinstance(items, Mapping):
            for number, item in enumerate(value):
                yield from _check(item, items, f"{path}[{number}]", depth + 1)
        elif value and schema.get("type") == "array":
            yield f"{path}: the definition does not say what its items are"


def _check_object(value: Mapping[str, Any], schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
    properties, others = dig_map(schema, "properties"), schema.get("additionalProperties")
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{_join(path, name)}: it is required"
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") is True or others is True
    for name, part in value.items():
        where = _join(path, name)
        if name in properties:
            yield from _check(part, dig_map(properties[name]), where, depth + 1)
        elif isinstance(others, Mapping):
            yield from _check(part, others, where, depth + 1)
        elif not is_open:
            yield f"{where}: there is no such field"


def _join(path: str, name: Any) -> str:
    return f"{path}.{str(name)[:80]}".removeprefix(".")


def _check_choices(value: Any, schema: Mapping[str, Any], path: str, depth: int) -> Iterator[str]:
    """The parts of a choice only add conditions; fields are declared beside it, so they are not closed again."""
    if schema.get("x-kubernetes-int-or-string") is not True:
        for name in ("allOf", "anyOf", "oneOf"):
            choices = [_opened(each) for each in schema.get(name) or ()]
            held = sum(not any(_check(value, each, path, depth + 1)) for each in choices)
            if choices and not _CHOICES[name](held, len(choices)):
                yield f"{path}: it fits {held} of the {len(choices)} forms of {name}"
    unwanted = schema.get("not")
    if isinstance(unwanted, Mapping) and not any(_check(value, _opened(unwanted), path, depth + 1)):
        yield f"{path}: it has a form that is excluded"


def _opened(schema: Any) -> dict[str, Any]:
    properties = {name: _opened(part) for name, part in dig_map(dig_map(schema).get("properties")).items()}
    return {**dig_map(schema), "properties": properties, "x-kubernetes-preserve-unknown-fields": True}


_CHOICES: Mapping[str, Callable[[int, int], bool]] = {
    "allOf": lambda held, of: held == of,
    "anyOf": lambda held, of: held > 0,  # noqa: ARG005 - the three have one signature.
    "oneOf": lambda held, of: held == 1,  # noqa: ARG005 - the three have one signature.
}


def _find_enum_fault(value: Any, allowed: Any, schema: Mapping[str, Any]) -> str:
    del schema
    # `True == 1` in Python, never in JSON.
    same = [each for each in allowed if each == value and isinstance(each, bool) == isinstance(value, bool)]
    return "" if same else f"it is none of {', '.join(map(str, allowed))[:200]}"


def _find_pattern_fault(value: Any, pattern: Any, schema: Mapping[str, Any]) -> str:
    if not isinstance(value, str):
        return "" if schema.get("x-kubernetes-int-or-string") is True else "a pattern stands there, and it is no text"
    if len(value) > _LONGEST_MATCHED:
        return f"its pattern is not tried on more than {_LONGEST_MATCHED} characters"
    try:
        return "" if re.search(pattern, value) else f"it does not match {pattern}"
    except re.error:
        return "the definition's pattern cannot be read here"


def _find_minimum_fault(value: Any, limit: Any, schema: Mapping[str, Any]) -> str:
    is_open = schema.get("exclusiveMinimum") is True
    is_low = _is_number(value) and (value <= limit if is_open else value < limit)
    return f"{value} is too small; the least is {'above ' if is_open else ''}{limit}" if is_low else ""


def _find_maximum_fault(value: Any, limit: Any, schema: Mapping[str, Any]) -> str:
    is_open = schema.get("exclusiveMaximum") is True
    is_high = _is_number(value) and (value >= limit if is_open else value > limit)
    return f"{value} is too large; the most is {'below ' if is_open else ''}{limit}" if is_high else ""


def _find_multiple_fault(value: Any, step: Any, schema: Mapping[str, Any]) -> str:
    del schema
    return f"{value} is no multiple of {step}" if _is_number(value) and value % step else ""


def _limit_length(kind: type | tuple[type, ...], *, is_least: bool) -> Callable[[Any, Any, Mapping[str, Any]], str]:
    def find(value: Any, limit: Any, schema: Mapping[str, Any]) -> str:
        del schema
        if not isinstance(value, kind):
            return ""
        size = len(value)  # type: ignore[arg-type]  # Every kind that is asked for has a length.
        is_wrong = size < limit if is_least else size > limit
        return f"its length is {size}, {'at least' if is_least else 'at most'} {limit} is asked for" if is_wrong else ""

    return find


def _find_twin_fault(value: Any, wanted: Any, schema: Mapping[str, Any]) -> str:
    del schema
    if not wanted or not isinstance(value, list | tuple):
        return ""
    texts = [json.dumps(item, sort_keys=True, default=str) for item in value]
    return "" if len(set(texts)) == len(texts) else "two of its items are equal"


def _find_list_fault(value: Any, wanted: Any, schema: Mapping[str, Any]) -> str:
    if wanted == "set":
        return _find_twin_fault(value, wanted, schema)
    keys = schema.get("x-kubernetes-list-map-keys")
    if wanted != "map" or not isinstance(value, list | tuple) or not isinstance(keys, Sequence):
        return ""
    return _find_twin_fault([[dig_map(item).get(key) for key in keys] for item in value], wanted, schema)


def _find_format_fault(value: Any, name: Any, schema: Mapping[str, Any]) -> str:
    del schema
    if name in _INTEGERS and _is_integer(value):
        return "" if -_INTEGERS[name] <= value < _INTEGERS[name] else f"it is no {name}"
    if not isinstance(value, str):
        return ""
    try:
        if name == "byte":
            base64.b64decode(value, validate=True)
        elif name == "date-time" and datetime.fromisoformat(value).utcoffset() is None:
            return "it is no instant with a time zone"
    except (binascii.Error, ValueError):
        return f"it is no {name}"
    return ""


_RULES: Mapping[str, Callable[[Any, Any, Mapping[str, Any]], str]] = {
    "enum": _find_enum_fault,
    "pattern": _find_pattern_fault,
    "minimum": _find_minimum_fault,
    "maximum": _find_maximum_fault,
    "multipleOf": _find_multiple_fault,
    "minLength": _limit_length(str, is_least=True),
    "maxLength": _limit_length(str, is_least=False),
    "minItems": _limit_length((list, tuple), is_least=True),
    "maxItems": _limit_length((list, tuple), is_least=False),
    "minProperties": _limit_length(Mapping, is_least=True),
    "maxProperties": _limit_length(Mapping, is_least=False),
    "uniqueItems": _find_twin_fault,
    "x-kubernetes-list-type": _find_list_fault,
    "format": _find_format_fault,
}
_STRUCTURE = frozenset(
    {
        *("properties", "additionalProperties", "required", "items"),
        *("allOf", "anyOf", "oneOf", "not", "exclusiveMinimum", "exclusiveMaximum"),
    }
)
