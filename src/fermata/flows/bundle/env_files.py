"""`env/<workload>.json`: variables as the container has them, hidden again whatever was hidden before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import EnvironmentFacts
from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Draft, Haul, to_facts
from fermata.flows.bundle.log_files import find_owner
from fermata.flows.bundle.parsing import parse_json
from fermata.kit.hiding import hide_value


def read_environment(file: SourceFile, haul: Haul) -> None:
    """Add one workload's variables: a mapping, a list of `NAME=value`, or of `{name, value}`."""
    try:
        value = parse_json(read_text(file)) if file.suffix == ".json" else read_text(file).split("\n")
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return
    variables = {name: hide_value(name, text) for name, text in read_variables(value).items()}
    if not variables:
        haul.leave_out(file.name, 'it holds no variables: write {"NAME": "value"}')
        return
    lines = haul.hide_lines([f"{name}={text}" for name, text in variables.items()])
    haul.add(
        Draft(
            kind=EvidenceKind.ENVIRONMENT,
            entity=find_owner(file.stem),
            title=f"{file.name}: {len(variables)} variables",
            query=file.name,
            collector="bundle.env",
            lines=lines.lines,
            facts=to_facts(EnvironmentFacts(variables=variables, origin=file.name)),
            cut=lines.describe_cut(),
            redactions=lines.redactions,
        )
    )


def read_variables(value: Any) -> dict[str, str]:
    """Return variables by name, as text, from any of the shapes that tools print them in."""
    if isinstance(value, Mapping):
        for name in ("variables", "env", "Env", "environment"):
            if isinstance(value.get(name), Mapping | list):
                return read_variables(value[name])
        return {str(name): _write(item) for name, item in value.items() if not isinstance(item, Mapping | list)}
    found: dict[str, str] = {}
    for item in value if isinstance(value, list) else []:
        if isinstance(item, str) and "=" in item:
            name, _, text = item.removesuffix("\r").partition("=")
            found[name] = text
        elif isinstance(item, Mapping) and isinstance(item.get("name"), str):
            found[item["name"]] = _write(item.get("value"))
    return {name: text for name, text in found.items() if name}


def _write(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).replace("\x00", "")
