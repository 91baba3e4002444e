"""A published description of an API (OpenAPI 3), as far as it takes to check requests and the fields of answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fermata.testing.requiring import require
from fermata.testing.web_server import Request

Schema = Mapping[str, Any]
_TYPES = {"string": str, "integer": int, "boolean": bool}


class Published:
    """One description, read from a file that is not part of this repository."""

    def __init__(self, path: Path) -> None:
        self._whole = json.loads(path.read_text())
        self._paths = [
            (re.compile(re.sub(r"\\{\w+\\}", "(?:.+)", re.escape(template))), template)
            for template in sorted(self._whole["paths"], key=lambda text: (text.count("{"), -len(text)))
        ]

    def find(self, ref: str) -> Any:
        """Follow a reference.

        Raises:
            KeyError: It leads nowhere.
        """
        value: Any = self._whole
        for part in ref.removeprefix("#/").split("/"):
            value = value[part.replace("~1", "/").replace("~0", "~")]
        return value

    def resolve(self, schema: Schema) -> Schema:
        """Return a schema without a reference at its top."""
        while "$ref" in schema:
            schema = self.find(schema["$ref"])
        return schema

    def find_operation(self, method: str, path: str) -> Schema:
        """Return what the description says of a call; the most literal of the paths that fit.

        Raises:
            AssertionError: It describes no such call.
        """
        for pattern, template in self._paths:
            # A name with slashes (a branch) is one parameter, and only the last one can be such.
            if pattern.fullmatch(path) and template.count("/") <= path.count("/"):
                operation: Schema | None = self._whole["paths"][template].get(method.lower())
                if operation and (template.count("/") == path.count("/") or template.endswith(("{ref}", "{basehead}"))):
                    return operation
        message = f"the description has no {method} {path}"
        raise AssertionError(message)

    def check_request(self, request: Request) -> None:
        """Compare one request with the description.

        Raises:
            AssertionError: A parameter or a field of the body is not described, or has another type or value.
        """
        parts = urlsplit(request.target)
        operation = self.find_operation(request.method, parts.path)
        known = {one["name"]: one for one in map(self.resolve, operation.get("parameters", ()))}
        for name, values in parse_qs(parts.query).items():
            require(name in known, f"{request.method} {parts.path}: no parameter {name}")
            for value in values:
                self._check_text(value, known[name]["schema"], name)
        if request.body:
            content = operation["requestBody"]["content"]["application/json"]
            self.check_value(request.read(), content["schema"], parts.path)

    def _check_text(self, text: str, schema: Schema, name: str) -> None:
        schema = self.resolve(schema)
        if schema.get("type") == "integer":
            require(text.isdecimal(), f"{name} is a whole number")
        if "enum" in schema:
            require(text in schema["enum"], f"{name} is one of {schema['enum']}")

    def check_value(self, value: Any, schema: Schema, where: str) -> None:
        """Compare a value with a schema: names, types, what is required; unknown names are refused.

        Raises:
            AssertionError: It does not fit.
        """
        schema = self.resolve(schema)
        if value is None:
            require(schema.get("nullable"), f"{where} may not be null")
            return
        if "enum" in schema:
            require(value in schema["enum"], where)
        if schema.get("type") == "array":
            for item in value:
                self.check_value(item, schema["items"], f"{where}[]")
        elif schema.get("type") == "object":
            unknown = set(value) - set(schema.get("properties", value))
            require(not unknown, f"{where} has no {unknown}")
            require(set(schema.get("required", ())) <= set(value), f"{where} lacks some of {schema.get('required')}")
            for name, item in value.items():
                self.check_value(item, schema["properties"][name], f"{where}.{name}")
        else:
            require(isinstance(value, _TYPES.get(schema.get("type", ""), object)), f"{where} is a {schema.get('type')}")

    def find_answer(self, method: str, path: str, status: int) -> Schema:
        """Return the schema of an answer."""
        answer = self.resolve(self.find_operation(method, path)["responses"][str(status)])
        return self.resolve(answer["content"]["application/json"]["schema"])

    def list_properties(self, schema: Schema) -> dict[str, tuple[Schema, bool]]:
        """Return name -> (schema, is required) of an object, its parts put together."""
        schema = self.resolve(schema)
        found = {name: (one, name in schema.get("required", ())) for name, one in schema.get("properties", {}).items()}
        for part in schema.get("allOf", ()):
            found |= self.list_properties(part)
        for part in schema.get("anyOf", schema.get("oneOf", ())):
            found |= {name: (one, False) for name, (one, _) in self.list_properties(part).items()}
        return found

    def is_nullable(self, schema: Schema) -> bool:
        """Answer whether null is a value of a schema."""
        schema = self.resolve(schema)
        parts = schema.get("anyOf", schema.get("oneOf", schema.get("allOf", ())))
        return bool(schema.get("nullable")) or any(self.is_nullable(part) for part in parts)
