"""A Terraform state, flattened, and the difference between two of them. Sensitive values are never kept.

A state (format 4, and 3 where it has the same parts) and what `terraform show -json` prints are read alike. Shared by
the integration that reads live states and by the bundle that holds files of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.kit.digest import canonical_json, compute_digest
from fermata.kit.hiding import hide_value
from fermata.kit.redaction import describe_secret, is_named_secret, redact, speaks_about

SENSITIVE = "(sensitive value)"
"""What stands in place of a value: Terraform's own words for it."""
# Whose whole purpose is a secret: their attributes are not all marked (hashicorp/random, hashicorp/tls).
_SECRET_TYPES = ("random_password", "tls_private_key", "random_bytes")
_LONGEST_VALUE = 400
_LONGEST_WRITTEN = 200_000
# Of the blocks in which providers keep variables, settings and tags.
_NAMES = ("name", "key", "variable", "parameter_key")
_VALUES = ("value", "default_value", "parameter_value")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")
_KEY = r'(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?'
_ADDRESS = re.compile(rf"(?:module\.[\w-]+{_KEY}\.)*(?:data\.)?[\w-]+\.[\w-]+{_KEY}")
# How cty writes types beside the values that may be of any (zclconf/go-cty, docs/json.md, from memory).
_SIMPLE_TYPES = ("string", "number", "bool", "dynamic")
_TYPES = ("object", "map", "list", "set", "tuple")


class NotAState(ValueError):
    """The value is no Terraform state; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class _Value:
    """What a state says, before it is written for people."""

    text: str = field(repr=False)
    names: tuple[str, ...] | None
    """The names it stands under, the nearest first; `None` of one that is written as it is."""

    def write(self) -> str:
        """Return it for people, its secrets hidden."""
        return self.text if self.names is None else _write(self.names, self.text)


_HIDDEN = _Value(SENSITIVE, None)


class StateValues(Mapping[str, str]):
    """Values that are written, and their secrets hidden, only when somebody asks: most of a state never changes."""

    def __init__(self, raw: Mapping[str, _Value]) -> None:
        self.raw = raw

    def __getitem__(self, name: str) -> str:
        return self.raw[name].write()

    def __iter__(self) -> Iterator[str]:
        return iter(self.raw)

    def __len__(self) -> int:
        return len(self.raw)


@dataclass(frozen=True, slots=True)
class TerraformState:
    """One serial, flattened."""

    lineage: str
    """Of which state it is a serial; empty when it does not say."""
    serial: int
    """0 for what `terraform show -json` prints, which has none."""
    values: StateValues
    """`address.attribute` -> value, without secrets."""


def parse_state(value: Any) -> TerraformState:
    """Return a state with its sensitive values taken out.

    Args:
        value: The JSON of a state file, or of `terraform show -json`.

    Raises:
        NotAState: It is neither.
    """
    if isinstance(value, Mapping) and "format_version" in value and isinstance(value.get("values"), Mapping):
        return TerraformState("", 0, StateValues(dict(_read_shown(value["values"]))))
    if not isinstance(value, Mapping) or not isinstance(value.get("serial"), int):
        message = "it is no Terraform state: there is no serial"
        raise NotAState(message)
    if "modules" in value and "resources" not in value:
        message = (
            "it is of Terraform 0.11 or before, whose resources are not read: an apply by a later one writes it anew"
        )
        raise NotAState(message)
    values = dict(_read_outputs(value.get("outputs")))
    for resource in _list_mappings(value.get("resources")):
        values.update(_read_resource(resource))
    lineage = value.get("lineage")
    return TerraformState(lineage if isinstance(lineage, str) else "", value["serial"], StateValues(values))


def compare_states(before: TerraformState, after: TerraformState) -> str:
    """Return the difference as a diff, one resource under one head; empty when the values are equal.

    What only has another address (`moved`, or gone into a module) is no difference: it is the same object.
    """
    old, new = _keep_other(before.values, after.values), _keep_other(after.values, before.values)
    gone, come = _group(old, new), _group(new, old)
    moved: set[str] = set()
    for content, addresses in gone.items():
        if len(addresses) == 1 and len(others := come.get(content, ())) == 1:
            moved.update(f"{address}{path}" for address in (*addresses, *others) for path, _ in content[1])
    return compare_values(
        {name: value for name, value in old.items() if name not in moved},
        {name: value for name, value in new.items() if name not in moved},
    )


def _keep_other(values: StateValues, others: StateValues) -> dict[str, str]:
    """Return the values that the other side has not, or has otherwise; only these are written."""
    return {name: value.write() for name, value in values.raw.items() if others.raw.get(name) != value}


def _group(
    values: Mapping[str, str], others: Mapping[str, str]
) -> dict[tuple[str, frozenset[tuple[str, str]]], list[str]]:
    """Return type and content -> the addresses of the resources with an id that only one side has."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value in values.items():
        if name not in others:
            address = _find_address(name)
            found.setdefault(address, []).append((name.removeprefix(address), value))
    grouped: dict[tuple[str, frozenset[tuple[str, str]]], list[str]] = {}
    for address, content in found.items():
        if any(path == ".id" for path, _ in content):
            grouped.setdefault((_find_type(address), frozenset(content)), []).append(address)
    return grouped


def _find_address(name: str) -> str:
    match = _ADDRESS.match(name)
    return match[0] if match is not None else name


def _find_type(address: str) -> str:
    return re.sub(r"\[[^\]]*\]$", "", address).split(".")[-2:][0]


def compare_values(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the difference of two flattened sets of values, as `compare_states` does."""
    lines: list[str] = []
    last = ""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        address = _find_address(name)
        if address != last:
            lines.append(f"@@ {address} @@")
            last = address
        lines += [f"-{name} = {old}"] if old is not None else []
        lines += [f"+{name} = {new}"] if new is not None else []
    return "\n".join(lines)


def flatten_attributes(address: str, attributes: Any, hidden: Any) -> Iterator[tuple[str, str]]:
    """Give `address.path` and the value of each attribute.

    Args:
        hidden: Terraform's marks: an object of the same shape with `true` where a value is sensitive, or `true`.
    """
    for name, value in _mark_attributes(address, attributes, hidden):
        yield name, value.write()


def _mark_attributes(address: str, attributes: Any, hidden: Any) -> Iterator[tuple[str, _Value]]:
    is_secret_kind = not set(_SECRET_TYPES).isdisjoint(address.split("."))
    for path, value, names in _flatten(attributes, "", ()):
        is_secret = is_secret_kind or _is_marked(hidden, path)
        yield f"{address}.{path}", _HIDDEN if is_secret else _take(names, value)


def _read_outputs(outputs: Any) -> Iterator[tuple[str, _Value]]:
    for output, content in outputs.items() if isinstance(outputs, Mapping) else ():
        if isinstance(content, Mapping):
            value = _HIDDEN if content.get("sensitive") else _take((output,), content.get("value"))
            yield f"output.{output}", value


def _read_shown(values: Mapping[str, Any]) -> Iterator[tuple[str, _Value]]:
    yield from _read_outputs(values.get("outputs"))
    modules = [values.get("root_module")]
    while modules:
        module = modules.pop()
        if not isinstance(module, Mapping):
            continue
        modules += _list_mappings(module.get("child_modules"))
        for resource in _list_mappings(module.get("resources")):
            address = resource.get("address")
            if not isinstance(address, str):
                continue
            if deposed := _tell_deposed(address, resource.get("deposed_key")):
                yield deposed
                continue
            if resource.get("tainted") is True:
                yield _tell_tainted(address)
            yield from _mark_attributes(address, resource.get("values"), resource.get("sensitive_values"))


def _read_resource(resource: Mapping[str, Any]) -> Iterator[tuple[str, _Value]]:
    kind = str(resource.get("type") or "")
    module, mode = resource.get("module"), "data." if resource.get("mode") == "data" else ""
    address = f"{f'{module}.' if isinstance(module, str) and module else ''}{mode}{kind}.{resource.get('name') or ''}"
    for instance in _list_mappings(resource.get("instances")):
        key = instance.get("index_key")
        # As Terraform writes it: `x.y[0]`, `x.y["eu"]`.
        place = address if key is None else f"{address}[{canonical_json(key)}]"
        if deposed := _tell_deposed(place, instance.get("deposed")):
            yield deposed
            continue
        if instance.get("status") == "tainted":
            yield _tell_tainted(place)
        hidden = _list_sensitive(instance.get("sensitive_attributes"))
        for path, value, names in _flatten(instance.get("attributes"), "", ()):
            is_secret = kind in _SECRET_TYPES or any(path == name or path.startswith(f"{name}.") for name in hidden)
            yield f"{place}.{path}", _HIDDEN if is_secret else _take(names, value)


def _tell_deposed(address: str, key: Any) -> tuple[str, _Value] | None:
    """Return that an object is still there which another one took the place of; `None` of one that is in place.

    Its values are not those of the address.
    """
    return (f"{address}.deposed.{key}", _Value("replaced, and not destroyed yet", None)) if key else None


def _tell_tainted(address: str) -> tuple[str, _Value]:
    # Not `status`: clusters, certificates and databases have an attribute of that name, which would hide it.
    return f"{address}.tainted", _Value("making it failed, or somebody marked it: the next apply makes it anew", None)


def _list_sensitive(paths: Any) -> list[str]:
    """Return the attributes that a state marks: each a list of steps, of which the first names the attribute."""
    found = []
    for path in paths if isinstance(paths, list) else ():
        steps = path if isinstance(path, list) else [path]
        names = [step.get("value") if isinstance(step, Mapping) else step for step in steps]
        found += [name for name in names[:1] if isinstance(name, str)]
    return found


def _flatten(value: Any, path: str, names: tuple[str, ...]) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """Give path, value and the names it stands under, the nearest first; a list's items have none of their own."""
    value = _read_written(value)
    if _is_typed(value, path):
        yield from _flatten(value["value"], path, names)
    elif isinstance(value, Mapping):
        pair = _find_pair(value)
        for name, item in value.items():
            yield from _flatten(item, _join(path, name), (pair if pair and name in _VALUES else str(name), *names))
    elif isinstance(value, list):
        for before, (number, item) in zip(["", *value], enumerate(value), strict=False):
            is_option = isinstance(before, str) and _OPTION.fullmatch(before) is not None
            yield from _flatten(item, _join(path, number), (before.lstrip("-"), *names) if is_option else names)
    elif value is not None:  # Nothing was given; providers write that as an empty list or map the next time.
        yield path or "value", value, names


def _read_written(value: Any) -> Any:
    """Return what a text of JSON says, as providers keep containers and policies; any other value as it is.

    Its parts differ one by one then, and each is hidden by its own name. What only the whole text shows to be a secret,
    as the second of a pair whose first is a name, is hidden before.
    """
    if not isinstance(value, str) or value[:1] not in ("{", "[") or len(value) > _LONGEST_WRITTEN:
        return value
    try:
        written = json.loads(redact(value).text)
    except (ValueError, RecursionError):
        return value
    return written if isinstance(written, Mapping | list) and written else value


def _is_typed(value: Any, path: str) -> bool:
    """Answer whether a state keeps a value with its type beside it, as of an attribute that takes any type."""
    if not isinstance(value, Mapping) or value.keys() != {"value", "type"}:
        return False
    kind = value["type"]
    if isinstance(kind, list):
        return len(kind) > 1 and kind[0] in _TYPES
    # Deeper down it may be a provider's own block of a value and a type.
    return path != "" and "." not in path and kind in _SIMPLE_TYPES


def _join(path: str, step: object) -> str:
    return f"{path}.{step}" if path else str(step)


def _find_pair(value: Mapping[Any, Any]) -> str:
    """Return the name of a block of a name and a value, as providers keep variables; empty when it is none."""
    return next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")


def _take(names: tuple[str, ...], value: Any) -> _Value:
    return _Value(value if isinstance(value, str) else canonical_json(value), names)


def _write(names: tuple[str, ...], text: str) -> str:
    own, *above = names or ("",)
    # Below the name of secrets (`tokens.ci`) stand secrets, and what is said about them (`secret.secret_name`).
    is_below = not speaks_about(own) and any(is_named_secret(name, text) for name in above)
    shown = describe_secret(text) if is_below else hide_value(own, text)
    if len(shown) <= _LONGEST_VALUE:
        return shown
    # The digest tells two long values apart that begin alike.
    return f"{shown[:_LONGEST_VALUE]}... ({len(shown):,} characters, {compute_digest(shown)[:15]})"


def _is_marked(marks: Any, path: str) -> bool:
    """Answer whether Terraform marks the attribute, or something it lies in."""
    for step in path.split("."):
        if marks is True:
            return True
        if isinstance(marks, list) and step.isdigit() and int(step) < len(marks):
            marks = marks[int(step)]
        elif isinstance(marks, Mapping):
            marks = marks.get(step)
        else:
            return False
    return marks is True


def _list_mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, Sequence) else []
