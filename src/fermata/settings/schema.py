"""What can be set, for machines and for people: a JSON Schema for editors, and the tables of `docs/settings.md`.

Both are read from the settings' own classes, so that neither can say something else than what is validated. The words
are the docstrings below the fields, read from the source: at run time nobody pays for them.

`python -m fermata.settings.schema` writes the page to standard output, `... --json` the schema.
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from pydantic_core import core_schema

from fermata.domain.policy import Guardrail
from fermata.flows.context import Limits
from fermata.integrations import SYSTEMS, list_systems, resolve_system
from fermata.kit.errors import UserError
from fermata.settings.duration import write_duration
from fermata.settings.tree import GuardrailSettings, LimitSettings, Settings

_TITLE = "Settings of Fermata"
# Classes whose fields carry the names, and so the meaning, of another's.
_EXPLAINED_BY: Mapping[type, type] = {LimitSettings: Limits, GuardrailSettings: Guardrail}
_WORDS = {"boolean": "yes or no", "integer": "whole number", "number": "number", "null": "none", "object": "map"}
_BOUNDS = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}"}
_INTRODUCTION = """\
# Settings
<!-- Written by `python -m fermata.settings.schema`; change the docstrings in the source, not this page. -->

One file, `fermata.yaml`: given by `--config`, named by `FERMATA_CONFIG`, or found in the working directory. Every value
can also come from the environment, which beats the file: `FERMATA_<SECTION>__<NAME>`, such as
`FERMATA_SERVER__PORT=8080` or `FERMATA_LIMITS__LOOKBACK=2h`; lists and maps are written as YAML
(`FERMATA_TOPOLOGY='[[cart, checkout]]'`). What is set nowhere has its default.

- **Secrets never stand in the settings.** Write `env:NAME` or `file:PATH` (from the file's folder) instead; an empty
  or missing one is a fault. This holds for passwords inside URLs too: give the whole URL by reference. The end of the
  line, and the mark that editors of Windows put before a text, are no part of it. A token or key of two lines, or with
  a letter that no request can carry, is a fault as well.
- **Unknown keys are faults**, with the nearest known one named. All faults are reported at once, each with its place.
- Durations carry their unit: `500ms`, `30s`, `10m`, `1h30m`, `2d`. Instants carry their zone: `2026-11-24T00:00:00Z`.
- `fermata settings show` prints every value with its origin, secrets as `***`. A change takes effect at the next start.
"""


def export_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the settings file, for editors.

    Each known system has its section under `systems`, third-party ones that are installed here included; a system whose
    packages are not installed is accepted with any keys.
    """
    classes: dict[str, type[BaseModel]] = {}
    absent: dict[str, Any] = {}
    for name in list_systems():
        try:
            classes[name] = resolve_system(name).Settings
        except UserError as error:
            absent[name] = {"type": ["object", "null"], "description": str(error)}
    models: list[type[BaseModel]] = [Settings, *classes.values()]
    references, whole = models_json_schema(
        [(model, "validation") for model in models],
        schema_generator=_Generator,
        ref_template="#/$defs/{model}",
    )
    definitions = whole["$defs"]
    root = definitions.pop(_name_target(references[Settings, "validation"]))
    sections = {name: {"anyOf": [references[model, "validation"], {"type": "null"}]} for name, model in classes.items()}
    root["properties"]["systems"] |= {"properties": sections | absent, "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **root,
        "title": _TITLE,
        "$defs": definitions,
    }


def describe_settings() -> str:
    """Return the reference page in Markdown: a table for each section, and for each system that Fermata ships."""
    schema = export_schema()
    definitions, nodes = schema["$defs"], dict(schema["properties"])
    systems = nodes.pop("systems")
    plain = {name: node for name, node in nodes.items() if _find_model(node, definitions) is None}
    parts = [_INTRODUCTION, "## Top level\n" + _write_table("", {"properties": plain}, definitions)]
    for name, node in nodes.items():
        if (model := _find_model(node, definitions)) is not None:
            parts.append(f"## `{name}`\n{_put_in_line(node['description'])}\n")
            parts.append(_write_table(f"{name}{_mark_list(node)}.", model, definitions))
    parts.append(f"## `systems`\n{_put_in_line(systems['description'])}\n")
    for name in sorted(SYSTEMS):
        model = _find_model(systems["properties"][name], definitions) or {}
        parts.append(f"### `systems.{name}`\n{_put_in_line(model.get('description', ''))}\n")
        if model.get("properties"):
            parts.append(_write_table(f"systems.{name}.", model, definitions))
    return "\n".join(parts)


class _Generator(GenerateJsonSchema):
    """Adds the docstring below a field as its description, and leaves titles out: they only repeat the names."""

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        generated = super().model_schema(schema)
        generated.pop("title", None)
        model: type = schema["cls"]
        words = _read_docstrings(model)
        for name, node in generated.get("properties", {}).items():
            if name in words:
                node["description"] = words[name]
        return generated

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def encode_default(self, dft: Any) -> Any:
        return write_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


@cache
def _read_docstrings(model: type) -> dict[str, str]:
    """Return the text below each field of a class and of those it inherits from."""
    words: dict[str, str] = {}
    for cls in reversed(list(_list_explaining(model))):
        words |= _read_own_docstrings(cls)
    return words


def _list_explaining(model: type) -> Iterator[type]:
    for cls in model.__mro__:
        if cls not in (object, BaseModel) and not cls.__module__.startswith("pydantic"):
            yield cls
            if cls in _EXPLAINED_BY:
                yield _EXPLAINED_BY[cls]


def _read_own_docstrings(cls: type) -> dict[str, str]:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):  # A class without source: the words are missing, nothing else.
        return {}
    bodies = [node.body for node in tree.body if isinstance(node, ast.ClassDef)]
    return {
        field.target.id: inspect.cleandoc(text.value.value)
        for body in bodies
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def _write_table(prefix: str, model: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    rows = ["| setting | type | default | meaning |", "|---|---|---|---|", *_write_rows(prefix, model, definitions)]
    return "\n".join(rows) + "\n"


def _write_rows(prefix: str, model: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    """Write a row for each field, and below a field that is a section the rows of that."""
    required = model.get("required", ())
    for name, node in model["properties"].items():
        default = "required" if name in required else _write_default(node.get("default"))
        meaning = _put_in_line(node.get("description", ""))
        cells = (f"`{prefix}{name}`", _write_type(node, definitions), default, meaning)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        if (inner := _find_model(node, definitions)) is not None and "properties" in inner:
            yield from _write_rows(f"{prefix}{name}{_mark_list(node)}.", inner, definitions)


def _mark_list(node: Mapping[str, Any]) -> str:
    return "[]" if node.get("type") == "array" else ""


def _name_target(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _find_model(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the section that a field is, or a list's items are; `None` for a plain value."""
    if "$ref" in node:
        target: dict[str, Any] = definitions[_name_target(node)]
        return target if target.get("type") == "object" else None
    members = [*node.get("anyOf", ()), *([node["items"]] if isinstance(node.get("items"), dict) else ())]
    return next((found for member in members if (found := _find_model(member, definitions)) is not None), None)


def _write_type(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Say in words what may stand there."""
    if "$ref" in node:
        return _write_type(definitions[_name_target(node)], definitions)
    if "anyOf" in node:
        return " or ".join(_write_type(member, definitions) for member in node["anyOf"])
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kind = node.get("type", "anything")
    if kind == "array":
        return _write_list(node, definitions)
    if kind == "object":
        return _write_map(node, definitions)
    if kind == "string":
        return _write_text(node)
    bounds = [words.format(f"{node[key]:,}") for key, words in _BOUNDS.items() if key in node]
    return ", ".join([_WORDS.get(kind, kind), *bounds])


def _write_list(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "prefixItems" in node:
        return "[" + ", ".join(_write_type(item, definitions) for item in node["prefixItems"]) + "]"
    return f"list of {_write_type(node.get('items', {}), definitions)}"


def _write_map(node: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    values = node.get("additionalProperties")
    if "properties" in node:
        return "section"
    return f"map of text to {_write_type(values, definitions)}" if isinstance(values, dict) else "map"


def _write_text(node: Mapping[str, Any]) -> str:
    if node.get("examples") == ["30s", "1h30m"]:
        return "duration"
    return {"path": "path", "password": "secret", "date-time": "instant"}.get(node.get("format", ""), "text")


def _write_default(value: Any) -> str:
    if value in (None, "", [], {}):
        return "none"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, ensure_ascii=False)}`"


def _put_in_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps(export_schema(), indent=2) + "\n" if sys.argv[1:] == ["--json"] else describe_settings()
    )
