"""Variables as a container has them: the spec's, with config maps and fields looked up, and secrets named. Pure.

Source: Kubernetes API reference, `EnvVar`, `EnvFromSource`, `EnvVarSource` (1.36): `envFrom` first, each with its
prefix, later sources win; then `env`, in which `$(NAME)` stands for a variable defined before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.integrations.kubernetes.digging import labels_of, name_of
from fermata.kit.destinations import hide_variable
from fermata.kit.digging import dig, dig_map, dig_maps, dig_text

Json = Mapping[str, Any]
_REFERENCE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)|\$\$")
_NAME = re.compile(r"[A-Za-z_.-][A-Za-z0-9_.-]*")
_FIELD_KEY = re.compile(r"metadata\.(labels|annotations)\['([^']+)'\]")


@dataclass(slots=True)
class Variables:
    """What one container is given."""

    values: dict[str, str] = field(default_factory=dict)
    """Name -> value as it may be shown: hidden ones as digests (of a URL with its host), those of a Secret as
    `secret:<name>/<key>`."""
    origins: dict[str, str] = field(default_factory=dict)
    """Name -> `spec`, `configmap web`, `secret web-db`, `field status.podIP`."""
    missing: list[str] = field(default_factory=list)
    """What is referred to and is not there, in words."""
    unknown: list[str] = field(default_factory=list)
    """Whole Secrets that are taken in: which variables they bring is not known."""
    redactions: int = 0


def resolve(
    container: Json, pod: Json, config_maps: Mapping[str, Json | None], shown: Sequence[str] = ("*",)
) -> Variables:
    """Return the variables of a container.

    Args:
        pod: Whose fields variables refer to; a controller's template when no pod runs.
        config_maps: By name; `None` for one that does not exist, absent when it could not be read.
        shown: Globs of variables whose values may be shown.
    """
    found = Variables()
    raw: dict[str, str] = {}
    for source in dig_maps(container, "envFrom"):
        _add_source(found, raw, source, config_maps)
    for item in dig_maps(container, "env"):
        _add_one(found, raw, item, pod, config_maps)
    for name, value in raw.items():
        hidden = value if not value else hide_variable(name, value, shown)
        found.redactions += hidden != value
        found.values[name] = hidden
    return found


def _add_source(found: Variables, raw: dict[str, str], source: Json, config_maps: Mapping[str, Json | None]) -> None:
    prefix = dig_text(source, "prefix")
    if secret := dig_text(source, "secretRef", "name"):
        found.unknown.append(f"secret:{secret}" + (f" (each with the prefix {prefix})" if prefix else ""))
    name = dig_text(source, "configMapRef", "name")
    if not name:
        return
    config_map = _find_config_map(found, name, config_maps, is_optional=dig(source, "configMapRef", "optional") is True)
    for key, value in dig_map(config_map, "data").items():
        # Kubernetes leaves out keys that cannot name a variable.
        if isinstance(value, str) and _NAME.fullmatch(f"{prefix}{key}"):
            _set(found, raw, f"{prefix}{key}", value, f"configmap {name}")


def _add_one(
    found: Variables, raw: dict[str, str], item: Json, pod: Json, config_maps: Mapping[str, Json | None]
) -> None:
    name, source = dig_text(item, "name"), dig_map(item, "valueFrom")
    if not source:
        _set(found, raw, name, _expand(dig_text(item, "value"), raw), "spec")
    elif reference := dig_map(source, "secretKeyRef"):
        _name(found, raw, name, f"secret:{dig_text(reference, 'name')}/{dig_text(reference, 'key')}")
    elif reference := dig_map(source, "configMapKeyRef"):
        _add_key(found, raw, name, reference, config_maps)
    elif path := dig_text(source, "fieldRef", "fieldPath"):
        value = _find_field(pod, path)
        if value is None:
            _name(found, raw, name, f"field:{path}")
        else:
            _set(found, raw, name, value, f"field {path}")
    else:
        _name(found, raw, name, f"resource:{dig_text(source, 'resourceFieldRef', 'resource') or 'unknown'}")


def _add_key(
    found: Variables, raw: dict[str, str], name: str, reference: Json, config_maps: Mapping[str, Json | None]
) -> None:
    holder, key = dig_text(reference, "name"), dig_text(reference, "key")
    is_optional = reference.get("optional") is True
    config_map = _find_config_map(found, holder, config_maps, is_optional=is_optional)
    value = dig(config_map, "data", key)
    if isinstance(value, str):
        _set(found, raw, name, value, f"configmap {holder}")
        return
    if config_map is not None and not is_optional:
        found.missing.append(f"key {key} of configmap {holder}, for {name}")
    if config_map is None and holder not in config_maps:
        _name(found, raw, name, f"configmap:{holder}/{key}")


def _find_config_map(
    found: Variables, name: str, config_maps: Mapping[str, Json | None], *, is_optional: bool
) -> Json | None:
    if name in config_maps and config_maps[name] is None and not is_optional:
        found.missing.append(f"configmap {name}")
    return config_maps.get(name)


def _set(found: Variables, raw: dict[str, str], name: str, value: str, origin: str) -> None:
    found.values.pop(name, None)
    raw.pop(name, None)
    raw[name] = value
    found.origins[name] = origin


def _name(found: Variables, raw: dict[str, str], name: str, reference: str) -> None:
    """Take in a variable whose value is not known: where it comes from stands in its place."""
    raw.pop(name, None)
    found.values[name] = reference
    found.origins[name] = reference


def _expand(value: str, raw: Mapping[str, str]) -> str:
    """Return a value with `$(NAME)` replaced by what was set before; an unknown one stays, and `$$` is one sign."""
    return _REFERENCE.sub(lambda match: "$" if match[1] is None else raw.get(match[1], match[0]), value)


def _find_field(pod: Json, path: str) -> str | None:
    match = _FIELD_KEY.fullmatch(path)
    if match is not None:
        holder = labels_of(pod) if match[1] == "labels" else dig_map(pod, "metadata", "annotations")
        value = holder.get(match[2])
        return value if isinstance(value, str) else None
    if path == "metadata.name":
        return name_of(pod) or None
    found = dig(pod, *path.split("."))
    return found if isinstance(found, str) else None
