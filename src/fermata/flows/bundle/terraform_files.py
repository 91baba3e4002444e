"""`terraform/*.tfstate`: several serials of one state are its history, and each step of it is a change.

A state says neither when it was written nor by whom: a change record of kind `terraform` whose `ref` or `number` is
the serial tells. Sensitive values are never kept, not even as a digest of their change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.paper_files import add_text
from fermata.flows.bundle.parsing import list_mappings, parse_json, read_text_field
from fermata.kit.digest import canonical_json, compute_digest
from fermata.kit.hiding import hide_value

_SENSITIVE = "(sensitive value)"  # Terraform's own words for it.
# Whose whole purpose is a secret: their attributes are not all marked (hashicorp/random, hashicorp/tls).
_SECRET_TYPES = ("random_password", "tls_private_key", "random_bytes")
_LONGEST_VALUE = 400


@dataclass(frozen=True, slots=True)
class State:
    """One serial, flattened to `address.attribute -> value`."""

    file: str
    lineage: str
    serial: int
    values: Mapping[str, str]


def read_states(files: Sequence[SourceFile], haul: Haul) -> list[Change]:
    """Return what changed from one serial to the next; of a state that stands alone, add its values as text."""
    steps: list[Change] = []
    histories: dict[str, list[State]] = {}
    sources = {file.name: file for file in files}
    for file in files:
        try:
            state = parse_state(parse_json(read_text(file)), file.name)
        except Unreadable as error:
            haul.leave_out_file(file, error)
            continue
        histories.setdefault(state.lineage, []).append(state)
    for states in histories.values():
        states.sort(key=lambda state: state.serial)
        if len(states) == 1:
            lines = [f"{name} = {value}" for name, value in sorted(states[0].values.items())]
            file = sources[states[0].file]
            title = f"{file.name}: serial {states[0].serial}"
            add_text(
                haul, EvidenceKind.TEXT, file=file, title=title, entity_kind="terraform", name=file.stem, lines=lines
            )
        for before, after in pairwise(states):
            diff = compare(before, after)
            if diff:
                steps.append(_describe(before, after, diff))
    return steps


def parse_state(value: Any, name: str) -> State:
    """Return a state of version 3 or 4 with its sensitive values taken out.

    Raises:
        Unreadable: It is no state.
    """
    if not isinstance(value, Mapping) or not isinstance(value.get("serial"), int):
        raise Unreadable("it is no Terraform state: there is no serial")
    values: dict[str, str] = {}
    for output, content in _items(value.get("outputs")):
        if isinstance(content, Mapping):
            shown = _SENSITIVE if content.get("sensitive") else _write(output, content.get("value"))
            values[f"output.{output}"] = shown
    for resource in list_mappings(value.get("resources")):
        values.update(_read_resource(resource))
    return State(name, read_text_field(value, "lineage") or name, value["serial"], values)


def compare(before: State, after: State) -> str:
    """Return the difference as a diff, one resource under one head; empty when the values are equal."""
    lines: list[str] = []
    last = ""
    for name in sorted(before.values.keys() | after.values.keys()):
        old, new = before.values.get(name), after.values.get(name)
        if old == new:
            continue
        address = ".".join(name.split(".")[:2])
        if address != last:
            lines.append(f"@@ {address} @@")
            last = address
        lines += [f"-{name} = {old}"] if old is not None else []
        lines += [f"+{name} = {new}"] if new is not None else []
    return "\n".join(lines)


def _describe(before: State, after: State, diff: str) -> Change:
    return Change(
        file=after.file,
        id=f"{after.lineage[:8]}-serial-{after.serial}",
        kind="terraform",
        at=None,
        title=f"Terraform state, serial {before.serial} to {after.serial}",
        ref=str(after.serial),
        state="applied",
        diff=diff,
    )


def _read_resource(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    kind = read_text_field(resource, "type")
    address = f"{kind}.{read_text_field(resource, 'name')}"
    for instance in list_mappings(resource.get("instances")):
        key = instance.get("index_key")
        place = address if key is None else f"{address}[{key}]"
        hidden = _list_sensitive(instance.get("sensitive_attributes"))
        for path, value in _flatten(instance.get("attributes"), ""):
            is_secret = kind in _SECRET_TYPES or any(path == name or path.startswith(f"{name}.") for name in hidden)
            yield f"{place}.{path}", _SENSITIVE if is_secret else _write(path, value)


def _list_sensitive(paths: Any) -> list[str]:
    """Return the attributes that a state marks: each a list of steps, of which the first names the attribute."""
    found = []
    for path in paths if isinstance(paths, list) else ():
        steps = path if isinstance(path, list) else [path]
        names = [step.get("value") if isinstance(step, Mapping) else step for step in steps]
        found += [name for name in names[:1] if isinstance(name, str)]
    return found


def _flatten(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    children: Any = ()
    if isinstance(value, Mapping):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    else:
        yield path or "value", value
    for name, item in children:
        yield from _flatten(item, f"{path}.{name}" if path else str(name))


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()


def _write(path: str, value: Any) -> str:
    text = value if isinstance(value, str) else canonical_json(value)
    shown = hide_value(path.rpartition(".")[2], text)
    if len(shown) <= _LONGEST_VALUE:
        return shown
    # The digest tells two long values apart that begin alike.
    return f"{shown[:_LONGEST_VALUE]}... ({len(shown):,} characters, {compute_digest(shown)[:15]})"
