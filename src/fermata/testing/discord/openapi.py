"""Discord's published description (OpenAPI 3.1), as far as it takes to check requests. Unknown names are refused.

The file is never part of this repository: `specs/openapi.json` of discord/discord-api-spec.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fermata.testing.discord.server import Call
from fermata.testing.requiring import require

Schema = Mapping[str, Any]
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_BOUNDS = (("minimum", "maximum", None), ("minLength", "maxLength", str), ("minItems", "maxItems", list))


class PublishedDiscord:
    """One description."""

    def __init__(self, path: Path) -> None:
        self._whole = json.loads(path.read_text())
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template))), template)
            for template in sorted(self._whole["paths"], key=lambda text: text.count("{"))
        ]

    def check_call(self, call: Call) -> None:
        """Compare a call with the description: path, method, parameters, body, files.

        Raises:
            AssertionError: Something in it is not described, or is not as it is described.
        """
        parts = urlsplit(call.path)
        operation = self._find_operation(call.method.lower(), parts.path)
        known = {one["name"]: one for one in map(self._resolve, operation.get("parameters", ()))}
        for name in parse_qs(parts.query):
            require(name in known, f"{call.path}: no parameter {name}")
        if call.body is None:
            require("requestBody" not in operation, f"{call.path}: a body is missing")
            return
        content = operation["requestBody"]["content"]
        if call.files:
            form = content["multipart/form-data"]["schema"]
            names = {name for part in form.get("allOf", [form]) for name in self._resolve(part).get("properties", ())}
            require(set(call.files) <= names, f"{call.path}: files {sorted(call.files)}")
        faults = list(self.find_faults(call.body, content["application/json"]["schema"], call.path))
        require(not faults, f"{call.method} {faults[:3]}")

    def find_faults(self, value: Any, schema: Schema, where: str) -> Iterator[str]:
        """Yield what does not fit, in words."""
        schema = self._resolve(schema)
        if "type" in schema and not _is_of_type(value, schema["type"]):
            yield f"{where} is no {schema['type']}"
            return
        choices = schema.get("enum", [schema["const"]] if "const" in schema else [value])
        if value not in choices:
            yield f"{where} is none of {choices}"
        yield from _find_bounds(value, schema, where)
        for part in schema.get("allOf", ()):
            yield from self.find_faults(value, part, where)
        for name in ("oneOf", "anyOf"):
            if name in schema:
                yield from min((list(self.find_faults(value, part, where)) for part in schema[name]), key=len)
        if isinstance(value, list) and "items" in schema:
            for number, item in enumerate(value):
                yield from self.find_faults(item, schema["items"], f"{where}[{number}]")
        if isinstance(value, dict) and "properties" in schema:
            yield from self._find_faults_inside(value, schema, where)

    def _find_faults_inside(self, value: Mapping[str, Any], schema: Schema, where: str) -> Iterator[str]:
        for name in set(schema.get("required", ())) - set(value):
            yield f"{where} lacks {name}"
        for name, item in value.items():
            if name in schema["properties"]:
                yield from self.find_faults(item, schema["properties"][name], f"{where}.{name}")
            else:
                yield f"{where} has no {name}"

    def _find_operation(self, method: str, path: str) -> Schema:
        for pattern, template in self._paths:
            if pattern.fullmatch(path) and method in self._whole["paths"][template]:
                operation: Schema = self._whole["paths"][template][method]
                return operation
        message = f"the description has no {method} {path}"
        raise AssertionError(message)

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            found: Any = self._whole
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            schema = found
        return schema


def _is_of_type(value: Any, types: str | Sequence[str]) -> bool:
    names = [types] if isinstance(types, str) else types
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _find_bounds(value: Any, schema: Schema, where: str) -> Iterator[str]:
    for least, most, kind in _BOUNDS:
        if kind is None and (isinstance(value, bool) or not isinstance(value, int | float)):
            continue
        if kind is not None and not isinstance(value, kind):
            continue
        size = value if kind is None else len(value)
        if size < schema.get(least, size) or size > schema.get(most, size):
            yield f"{where} is {size}, not within {schema.get(least)} and {schema.get(most)}"
    if "pattern" in schema and isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{where} does not match {schema['pattern']}"
