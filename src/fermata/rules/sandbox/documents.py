"""Conditions on what would be created: it does what was approved, there, and ends by itself. Read closed.

The document is written by our own rules from the experiment; it is read again here because it is what counts, and a
selector with one more line in it would hit something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from fermata.domain.sandbox import SandboxFinding
from fermata.kit.units import format_duration
from fermata.rules.sandbox.case import Case, meet, refuse
from fermata.rules.sandbox.replicas import list_specs

_SELECTOR_KEYS = {"namespaces", "labelSelectors"}
"""Others widen (NotIn, DoesNotExist, phases) or leave the namespace (nodes, pods by name)."""
_ELSEWHERE = ("remoteCluster", "physicalMachines", "address")
_SPAN = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)(ns|us|\u00b5s|ms|s|m|h)")
_UNITS_S = {"ns": 1e-9, "us": 1e-6, "\u00b5s": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_ONE_SHOT = ("pod-kill", "container-kill")
"""Actions that are over as soon as they are done; they have nothing to end."""
_LONGEST_SPAN = 40


def check_document(case: Case) -> SandboxFinding:
    """What would be created passed its system's own check, and says what the experiment says."""
    facts = case.facts
    if facts.document is None:
        return refuse("document", f"What would be created could not be read: {case.say_unread('document')}")
    if facts.document_problems is None or facts.dry_run is None:
        unread = "document_problems" if facts.document_problems is None else "dry_run"
        return refuse("document", f"What would be created was not checked: {case.say_unread(unread)}")
    problems = [
        *facts.document_problems,
        *([facts.dry_run] if facts.dry_run else []),
        *_list_faults(case, facts.document),
    ]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return refuse("document", f"What would be created is not right: {problems[0]}{more}")
    return meet("document", "What would be created passes our rules, the cluster's definition and its dry run")


def _list_faults(case: Case, document: Mapping[str, Any]) -> Iterator[str]:
    target = case.experiment.target
    metadata = document.get("metadata")
    if not isinstance(metadata, Mapping) or metadata.get("namespace") != target.namespace:
        yield f"it would be created outside of {target.namespace}"
    specs = list_specs(document)
    if not specs:
        yield "it selects nothing"
    for spec in specs:
        yield from _list_spec_faults(case, spec)


def _list_spec_faults(case: Case, spec: Mapping[str, Any]) -> Iterator[str]:
    target = case.experiment.target
    yield from _list_selector_faults(spec.get("selector"), target.labels, target.namespace)
    if spec.get("target") is not None:
        inner = spec["target"]
        # HTTPChaos calls its direction `target`; NetworkChaos selects whom the calls go to by one.
        if isinstance(inner, Mapping):
            yield from _list_selector_faults(inner.get("selector"), target.callee_labels, target.namespace)
    elif target.callee:
        yield f"it has no target, and would hit more than the calls to {target.callee}"
    yield from (f"it reaches elsewhere by {key}" for key in _ELSEWHERE if spec.get(key))
    yield from _list_span_faults(case, spec)


def _list_selector_faults(selector: object, labels: Mapping[str, str], namespace: str) -> Iterator[str]:
    if not isinstance(selector, Mapping):
        yield "a selector is missing"
        return
    yield from (f"a selector has {key}" for key in sorted(set(map(str, selector)) - _SELECTOR_KEYS))
    if list(selector.get("namespaces") or ()) != [namespace]:
        yield f"a selector is not kept to the namespace {namespace}"
    chosen = selector.get("labelSelectors")
    if not isinstance(chosen, Mapping) or not chosen:
        yield "a selector names no labels, and takes everything there"
    elif dict(chosen) != dict(labels):
        yield "a selector has other labels than the experiment"


def _list_span_faults(case: Case, spec: Mapping[str, Any]) -> Iterator[str]:
    text = spec.get("duration", spec.get("deadline"))
    if text is None:
        if spec.get("action") not in _ONE_SHOT:
            yield "it has no duration, and stays until somebody removes it"
        return
    span = read_span(text)
    if span is None:
        yield "its duration cannot be read"
    elif span > case.limits.longest or span > case.experiment.duration:
        yield f"it lasts {format_duration(span)}, longer than was approved"


def read_span(text: object) -> timedelta | None:
    """Return a duration as Go writes one (`1m30s`, `500ms`; its documentation of time.ParseDuration), or `None`."""
    if not isinstance(text, str) or len(text) > _LONGEST_SPAN:
        return None
    parts = _SPAN.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    seconds = sum(float(number) * _UNITS_S[unit] for number, unit in parts)
    return timedelta(seconds=seconds) if 0 < seconds < timedelta.max.total_seconds() else None
