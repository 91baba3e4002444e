"""Terraform's runs as machines read them: a plan in one object, and the progress of a run, one object a line.

`terraform show -json` of a plan gives each resource its values before and after, `terraform plan -json` and
`apply -json` the address and the action of each, without values (developer.hashicorp.com/terraform/internals,
"JSON Output Format" and "Machine-Readable UI"; read from memory, beside published samples). OpenTofu writes the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import accumulate
from typing import Any

from fermata.domain.facts import UNCONFIRMED
from fermata.flows.bundle.files import Unreadable
from fermata.flows.bundle.parsing import parse_json, read_instant, read_text_field
from fermata.flows.bundle.plan_run import FAILED, PARTLY, Run
from fermata.kit.digging import dig_map, dig_maps
from fermata.kit.terraform_state import flatten_attributes

_EVENT = re.compile(r'"@module"\s*:\s*"(?:terraform|tofu)\.ui"')
_PLAN = re.compile(r'"resource_(?:changes|drift)"\s*:')
_IDLE = frozenset({"no-op", "noop", "read", "move", "forget", "remove", "import"})
"""Actions that change nothing that runs: what Terraform no longer minds goes on as it is."""
_SIGNS = {"create": "+", "delete": "-"}
_TURNED = ("update", "replace")
"""Actions after which a resource is there as before, with other values."""
_LATER = "(known after apply)"
_NOTHING = "null"


def read_machine_run(text: str) -> Run | None:
    """Return what a run changed that was printed for machines; `None` for any other text."""
    if _EVENT.search(text) is not None:
        return _read_events(text)
    if not text.lstrip().startswith("{") or _PLAN.search(text) is None:
        return None
    try:
        plan = parse_json(text)
    except Unreadable:
        return None
    if not isinstance(plan, Mapping) or "format_version" not in plan:
        return None
    drift = _write(dig_maps(plan.get("resource_drift")))
    made_at = read_instant(plan.get("timestamp"))
    return Run(_write(dig_maps(plan.get("resource_changes"))), UNCONFIRMED, drift, at=made_at)


def _write(changes: Collection[Mapping[str, Any]]) -> str:
    """Return the changes of a plan as a diff, one resource under one head."""
    written: list[str] = []
    for one in changes:
        address, change = read_text_field(one, "address"), dig_map(one, "change")
        actions = change.get("actions")
        if not address or not isinstance(actions, list) or _IDLE.issuperset(map(str, actions)):
            continue
        if lines := list(_compare(address, change)):
            written += [f"@@ {address} @@", *lines]
    return "\n".join(written)


def _compare(address: str, change: Mapping[str, Any]) -> Iterator[str]:
    before = _flatten(address, change.get("before"), change.get("before_sensitive"))
    after = _flatten(address, change.get("after"), change.get("after_sensitive"))
    marks = _flatten(address, change.get("after_unknown"), None)
    unknown = frozenset(path for path, value in marks.items() if value == "true")
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if new is None and not unknown.isdisjoint(accumulate(path.split("."), "{}.{}".format)):
            new = _LATER
        if old == new:
            continue
        if old is not None:
            yield f"-  {path} = {old}"
        if new is not None:
            yield f"+  {path} = {new}"


def _flatten(address: str, values: Any, hidden: Any) -> dict[str, str]:
    """Return path -> value of the attributes that are set, without secrets."""
    if not isinstance(values, Mapping):
        return {}
    found = flatten_attributes(address, values, hidden)
    return {path.removeprefix(f"{address}."): value for path, value in found if value != _NOTHING}


@dataclass(slots=True)
class _Told:
    """What the lines of a run have told so far; changes by the address of their resource."""

    planned: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    drifted: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    done: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    error: str = ""
    is_over: bool = False
    at: datetime | None = None
    planned_at: datetime | None = None


def _read_events(text: str) -> Run:
    told = _Told()
    for line in text.split("\n"):
        if _EVENT.search(line) is not None:
            try:
                event = parse_json(line[line.find("{") :].strip())
            except Unreadable:
                continue
            if isinstance(event, Mapping):
                _take(told, event)
    drift, elsewhere = _write_heads(told.drifted)
    run = Run("", UNCONFIRMED, drift, told.error, told.at, done=tuple(told.done), drift_untold=elsewhere)
    if told.is_over:
        diff, untold = _write_heads(told.planned or told.done)
        return replace(run, diff=diff, state="applied", untold=untold)
    if told.done or told.error:
        # What an error ended, or what still runs: only what was completed is known to be in effect. A replacement is
        # planned as one, and completed as two.
        diff, untold = _write_heads({address: told.planned.get(address, one) for address, one in told.done.items()})
        return replace(run, diff=diff, state=PARTLY if told.done else FAILED, untold=untold)
    diff, untold = _write_heads(told.planned)
    return replace(run, diff=diff, at=told.planned_at, untold=untold)


def _take(told: _Told, event: Mapping[str, Any]) -> None:
    kind = read_text_field(event, "type")
    change = dig_map(event, "change") or dig_map(event, "hook")
    address = read_text_field(dig_map(change, "resource"), "addr")
    diagnostic = dig_map(event, "diagnostic")
    if kind == "planned_change":
        told.planned[address] = change
        told.planned_at = read_instant(event.get("@timestamp"))
    elif kind == "resource_drift":
        told.drifted[address] = change
    elif kind == "apply_complete" and read_text_field(change, "action") not in _IDLE:
        told.done[address] = change
        told.at = read_instant(event.get("@timestamp"))
    elif kind == "change_summary" and dig_map(event, "changes").get("operation") in ("apply", "destroy"):
        told.is_over, told.at = True, told.at or read_instant(event.get("@timestamp"))
    elif kind == "diagnostic" and diagnostic.get("severity") == "error":
        told.error = told.error or read_text_field(diagnostic, "summary") or "an error without words"
        told.is_over = False  # Of several runs in one text the last one counts.


def _write_heads(changes: Mapping[str, Mapping[str, Any]]) -> tuple[str, tuple[str, ...]]:
    """Return what comes and goes as a diff, and the addresses of what gets other values, which no line tells."""
    written: list[str] = []
    untold: list[str] = []
    for address, change in changes.items():
        action = read_text_field(change, "action")
        resource = dig_map(change, "resource")
        own = f'resource "{resource.get("resource_type")}" "{resource.get("resource_name")}"'
        if action in _TURNED:
            untold.append(address)
        elif signs := _SIGNS.get(action):
            written += [f"@@ {address} @@", *(f"{sign}{own}" for sign in signs)]
    return "\n".join(written), tuple(untold)
