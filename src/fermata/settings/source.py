"""Where settings come from: the file and the environment, layered, with secrets resolved and every origin kept."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from fermata.kit.errors import UserError
from fermata.kit.redaction import is_secret_name

_PREFIX = "FERMATA_"
# Read elsewhere or by tests; not part of the tree.
_NOT_SETTINGS = {"FERMATA_CONFIG"}
_NOT_SECTIONS = ("TEST_",)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value came from."""

    text: str
    """`fermata.yaml`, `environment FERMATA_SERVER__PORT`."""
    secret: bool = False
    """True when the value was resolved from a reference, or its name says it is one: never printed."""


@dataclass(slots=True)
class Layered:
    """The merged tree with its origins and the faults met while reading it."""

    tree: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read_layers(file: Path | None, environ: Mapping[str, str], root: type[BaseModel]) -> Layered:
    """Read the file, lay the environment over it, and resolve secret references.

    Raises:
        UserError: The file is no YAML mapping; nothing else can be said about it then.
    """
    layered = Layered()
    if file is not None:
        layered.tree = _read_yaml(file)
        _note_origins(layered, layered.tree, (), str(file))
    for name in sorted(environ):
        if (
            name.startswith(_PREFIX)
            and name not in _NOT_SETTINGS
            and not name[len(_PREFIX) :].startswith(_NOT_SECTIONS)
        ):
            _overlay(layered, name, environ[name], root)
    layered.tree = _resolve(layered, layered.tree, (), environ, file.parent if file else Path())
    return layered


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        loaded = YAML(typ="safe", pure=True).load(file.read_text())
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "unknown place"
        raise UserError(f"{file} is not YAML", why=f"{error.problem} at {where}", do="Correct that line") from error
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise UserError(f"{file} cannot be read", why=str(error), do="Check the file and its permissions") from error
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise UserError(
            f"{file} is not a mapping", why=f"it holds a {type(loaded).__name__}", do="Start from `docs/settings.md`"
        )
    return loaded


def _note_origins(layered: Layered, value: Any, path: tuple[str, ...], origin: str) -> None:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            _note_origins(layered, item, (*path, str(key)), origin)
    else:
        layered.origins[".".join(path)] = Origin(origin)


def _overlay(layered: Layered, name: str, text: str, root: type[BaseModel]) -> None:
    parts = [part.lower() for part in name[len(_PREFIX) :].split("__")]
    if parts[0] not in root.model_fields:
        near = difflib.get_close_matches(parts[0], root.model_fields, n=1)
        hint = f"; did you mean {_PREFIX}{near[0].upper()}?" if near else ""
        layered.faults.append(f"{name}: there is no section {parts[0]!r}{hint} [environment]")
        return
    node = layered.tree
    for part in parts[:-1]:
        child = node.get(part)
        if not isinstance(child, dict):
            child = {}
            node[part] = child
        node = child
    try:
        value = text if text.startswith(("env:", "file:")) else YAML(typ="safe", pure=True).load(text)
    except YAMLError:
        value = text
    node[parts[-1]] = value
    layered.origins[".".join(parts)] = Origin(f"environment {name}")


def _resolve(layered: Layered, value: Any, path: tuple[str, ...], environ: Mapping[str, str], base: Path) -> Any:
    """Replace `env:` and `file:` references by what they name; refuse secrets that stand in the file themselves."""
    if isinstance(value, Mapping):
        return {key: _resolve(layered, item, (*path, str(key)), environ, base) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(layered, item, (*path, str(index)), environ, base) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    dotted = ".".join(path)
    if value.startswith("env:"):
        return _resolve_environment(layered, dotted, value, environ)
    if value.startswith("file:"):
        return _resolve_file(layered, dotted, value, base)
    # Only sections that take credentials: a policy or a silence may well speak of tokens.
    if path and path[0] in ("server", "systems", "store") and is_secret_name(path[-1]) and value:
        layered.faults.append(
            f"{dotted}: a secret may not stand here; write env:NAME or file:PATH [{_origin(layered, dotted)}]"
        )
        layered.origins[dotted] = Origin(_origin(layered, dotted), secret=True)
    return value


def _resolve_environment(layered: Layered, dotted: str, reference: str, environ: Mapping[str, str]) -> str:
    name = reference.removeprefix("env:")
    layered.origins[dotted] = Origin(f"{_origin(layered, dotted)} -> environment {name}", secret=True)
    if name not in environ:
        layered.faults.append(f"{dotted}: environment variable {name} is not set [{_origin(layered, dotted)}]")
        return ""
    return environ[name]


def _resolve_file(layered: Layered, dotted: str, reference: str, base: Path) -> str:
    path = base / Path(reference.removeprefix("file:")).expanduser()
    layered.origins[dotted] = Origin(f"{_origin(layered, dotted)} -> file {path}", secret=True)
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        layered.faults.append(f"{dotted}: {path} cannot be read: {reason}")
        return ""


def _origin(layered: Layered, dotted: str) -> str:
    known = layered.origins.get(dotted)
    return known.text if known else "settings"


def find_faults(
    error: ValidationError, layered: Layered, model: type[BaseModel], *, prefix: Sequence[str] = ()
) -> list[str]:
    """Turn a validation error into lines with path, fault and origin; a misspelt key comes with the right one."""
    lines = []
    for fault in error.errors(include_input=False, include_url=False):
        path = [*prefix, *(str(part) for part in fault["loc"])]
        dotted = ".".join(path)
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            near = difflib.get_close_matches(path[-1], _list_keys(model, path[len(prefix) : -1]), n=1)
            message = "unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
        lines.append(f"{dotted}: {message} [{_origin(layered, dotted)}]")
    return lines


def _list_keys(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """Return the keys that are known where a misspelt one stands; empty when the place is inside a list or a map."""
    current: Any = model
    for part in path:
        known = getattr(current, "model_fields", {})
        current = known[part].annotation if part in known else None
    return list(getattr(current, "model_fields", {}))
