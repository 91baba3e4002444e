"""From a bundle to a diagnosis: the same signatures on the same kind of case as in a live investigation.

Nothing here opens a store or starts an engine: a stranger's folder is diagnosed in well under a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.scope import Scope
from fermata.flows.bundle.read import Bundle
from fermata.kit.listing import write_some
from fermata.rules.citations import refuse_bad_citations
from fermata.rules.scope import find_entities, unite_entities
from fermata.rules.signatures import Case, diagnose

_SHIPPED = {
    "docker": (
        *("recreate_with_previous_image", "recreate_with_previous_setting"),
        *("restart_container", "set_memory_limit"),
    ),
    "git": ("revert_commit",),
    "github": ("open_pull_request",),
    "gitlab": ("open_merge_request",),
    "kubernetes": (
        *("cordon", "delete_pod", "rollback_to_revision", "rollout_restart", "scale"),
        *("set_env", "set_image", "set_resources", "uncordon"),
    ),
    "postgres": ("cancel_backend", "create_index_concurrently", "drop_index_concurrently", "terminate_backend"),
    "supervisor": ("restart", "set_env", "set_memory_limit"),
    "systemd": ("restart", "set_memory_limit"),
}
SHIPPED_ACTIONS = frozenset(f"{system}.{verb}" for system, verbs in _SHIPPED.items() for verb in verbs)
"""Actions of the systems that Fermata ships: what a bundle without a catalogue of its own may be answered with."""
_WORD = re.compile(r"[A-Za-z0-9][\w.-]*[A-Za-z0-9]|[A-Za-z0-9]")
_MOST_ASKED = 20
_MOST_UNREAD = 5
_OF_BUNDLE = "bundle:"
_NOT_CLEARED = "Not cleared: nothing that was read is wrong, and not all was read."


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A bundle with what was made of it."""

    bundle: Bundle
    case: Case
    diagnosis: Diagnosis


def diagnose_bundle(bundle: Bundle) -> Diagnosed:
    """Return the diagnosis of a bundle; every citation in it was checked against the bundle's lines.

    Raises:
        GuardRefused: A signature cited what does not stand in the evidence: a bug of that signature.
    """
    case = build_case(bundle)
    diagnosis = _doubt_calm(diagnose(case), bundle)
    for hypothesis in diagnosis.hypotheses:
        refuse_bad_citations(hypothesis.citations, _choose_cited(case, hypothesis.citations))
    return Diagnosed(bundle, case, diagnosis)


def _doubt_calm(diagnosis: Diagnosis, bundle: Bundle) -> Diagnosis:
    """Return a diagnosis that clears nobody where a part of the bundle was not read: the failure may stand in it."""
    # What a live gathering missed was weighed when it was gathered: an export is judged as it was.
    refused = [gap.collector.removeprefix(_OF_BUNDLE) for gap in bundle.gaps if gap.collector.startswith(_OF_BUNDLE)]
    unread = dict.fromkeys((*bundle.unknown_files, *refused))
    if diagnosis.verdict is not Verdict.HEALTHY or not unread:
        return diagnosis
    named = write_some(unread, _MOST_UNREAD)
    check = f"Look into {named}: what was read looks normal, and that was not read, or not understood."
    changes = tuple(item.model_copy(update={"why": _NOT_CLEARED}) for item in diagnosis.changes)
    return diagnosis.model_copy(update={"verdict": Verdict.UNDETERMINED, "checks": (check,), "changes": changes})


def build_case(bundle: Bundle) -> Case:
    """Return what signatures look at: the scope is what the alerts' labels and the person's question name."""
    kept = bundle.kept
    entities = kept.entities or unite_entities(*(find_entities(alert) for alert in bundle.alerts))
    asked = _find_asked(bundle, entities)
    scope = Scope(
        incident_id=bundle.incident_id,
        alerts=bundle.alerts,
        entities=(*entities, *asked),
        onset=bundle.onset,
        window_start=bundle.window.start,
        window_end=bundle.window.end,
    )
    return Case(
        scope=scope,
        alerts=bundle.alerts,
        evidence=bundle.evidence,
        gaps=bundle.gaps,
        known_actions=SHIPPED_ACTIONS if kept.actions is None else kept.actions,
        question=f"{bundle.title} {bundle.question}".strip(),
    )


def _find_asked(bundle: Bundle, known: Iterable[Entity]) -> tuple[Entity, ...]:
    """Return what the question names: a word of it that is the name of something the bundle speaks about.

    A title that is only an alert's name says nothing beside labels that name what the alert is about.
    """
    taken = {entity.name.casefold() for entity in known}
    title = "" if taken and bundle.title in {alert.name for alert in bundle.alerts} else bundle.title
    words = dict.fromkeys(word.casefold() for word in _WORD.findall(f"{bundle.question} {title}"))
    if not words:
        return ()
    found: dict[str, Entity] = {}
    for entity in _list_named(bundle.evidence):
        name = entity.name.casefold()
        if name in words and name not in taken:
            found.setdefault(name, Entity(kind=entity.kind, name=entity.name, namespace=entity.namespace))
    ordered = sorted(found, key=list(words).index)
    return tuple(found[name] for name in ordered[:_MOST_ASKED])


def _list_named(evidence: Iterable[Evidence]) -> Iterable[Entity]:
    for item in evidence:
        if item.kind is EvidenceKind.GRAPH:
            for service in item.facts.get("services", ()):
                if isinstance(name := service.get("name"), str) and name and _WORD.fullmatch(name):
                    yield Entity(kind="service", name=name)
        elif item.kind not in (EvidenceKind.CHANGE, EvidenceKind.RUNBOOK, EvidenceKind.TICKET):
            yield item.entity


def _choose_cited(case: Case, citations: Iterable[object]) -> list[Evidence]:
    """Return the evidence that is cited: an id is a digest over all lines, and a bundle may hold thousands."""
    wanted = {getattr(citation, "evidence_id", None) for citation in citations}
    chosen = []
    for item in case.evidence:
        if not wanted:
            break
        if item.id in wanted:
            chosen.append(item)
            wanted.discard(item.id)
    return chosen
