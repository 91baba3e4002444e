"""What `aws ecs describe-services`, `describe-tasks` and `aws rds` or `elasticache describe-events` answer, as logs.

Each is a list of what happened to something, with its time: a log, whatever it is called. Read are the names of the
fields in the API references of Amazon ECS (Service, ServiceEvent, Task, Container), RDS and ElastiCache (Event). None
was received from a running account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts
from fermata.flows.bundle.files import SourceFile
from fermata.flows.bundle.haul import Draft, Haul, make_entity, to_facts
from fermata.flows.bundle.parsing import read_instant, read_text_field
from fermata.kit.digging import dig_maps

Entry = tuple[str, datetime | None, str]
"""Whose it is, when it was, and what is said."""


def is_cloud_answer(document: Any) -> bool:
    """Answer whether a document is one of these answers."""
    return isinstance(document, Mapping) and (
        any(_is_service(item) for item in dig_maps(document.get("services")))
        or any(_is_task(item) for item in dig_maps(document.get("tasks")))
        or any("SourceIdentifier" in item for item in dig_maps(document.get("Events")))
    )


def add_cloud_answer(file: SourceFile, document: Mapping[str, Any], haul: Haul) -> None:
    """Add an answer as one log for each service, task family or database in it, the oldest line first."""
    groups: dict[str, list[Entry]] = {}
    for entry in (*_list_services(document), *_list_tasks(document), *_list_events(document)):
        groups.setdefault(entry[0], []).append(entry)
    if not groups:
        haul.leave_out(file.name, "it tells of no event, and of no task that stopped")
    for name, entries in groups.items():
        dated = sorted(entries, key=lambda entry: (entry[1] is not None, entry[1].timestamp() if entry[1] else 0.0))
        lines = haul.hide_lines([_write(at, words) for _, at, words in dated])
        oldest = next((at for _, at, _ in dated if at is not None), None)
        facts = LogFacts(path=file.name, first_line=1, total_lines=len(dated), oldest_at=oldest)
        haul.add(
            Draft(
                kind=EvidenceKind.LOGS,
                entity=make_entity("service", name),
                title=f"{file.name} ({haul.hide(name)})"[:300],
                query=file.name,
                collector="bundle.logs",
                lines=lines.lines,
                facts=to_facts(facts),
                cut=lines.describe_cut(),
                redactions=lines.redactions,
            )
        )


def _write(at: datetime | None, words: str) -> str:
    text = " ".join(words.split())
    return f"{at:%Y-%m-%dT%H:%M:%SZ} {text}" if at is not None else text


def _is_service(item: Mapping[str, Any]) -> bool:
    return "serviceArn" in item and isinstance(item.get("events"), list)


def _is_task(item: Mapping[str, Any]) -> bool:
    return "taskArn" in item and isinstance(item.get("containers"), list)


def _list_services(document: Mapping[str, Any]) -> Iterator[Entry]:
    for service in filter(_is_service, dig_maps(document.get("services"))):
        name = read_text_field(service, "serviceName") or "ecs"
        for words in _tell_counts(service):
            yield name, None, words
        for event in dig_maps(service.get("events")):
            yield name, read_instant(event.get("createdAt")), read_text_field(event, "message")


def _tell_counts(service: Mapping[str, Any]) -> Iterator[str]:
    """Yield how many tasks run of those that are wanted, of the service and of each of its deployments.

    They are of the moment of the answer, which it does not give: so they have no time.
    """
    if (counts := _write_counts(service)) != "":
        yield f"(service {read_text_field(service, 'serviceName')}) {counts}"
    for deployment in dig_maps(service.get("deployments")):
        if (counts := _write_counts(deployment)) == "":
            continue
        definition = read_text_field(deployment, "taskDefinition").rpartition("/")[2]
        state = " ".join(
            value
            for name in ("status", "rolloutState", "rolloutStateReason")
            if (value := read_text_field(deployment, name))
        )
        at = read_instant(deployment.get("createdAt"))
        since = f" of {at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""
        yield f"deployment{since} of {definition or 'no task definition'} {counts}: {state or 'no state'}"


def _write_counts(item: Mapping[str, Any]) -> str:
    counts = [item.get(name) for name in ("runningCount", "desiredCount", "pendingCount")]
    if not all(isinstance(count, int) for count in counts):
        return ""
    return f"runs {counts[0]} of {counts[1]} tasks that are wanted, {counts[2]} pending"


def _list_tasks(document: Mapping[str, Any]) -> Iterator[Entry]:
    for task in filter(_is_task, dig_maps(document.get("tasks"))):
        group = read_text_field(task, "group")
        name = group.rpartition(":")[2] or "ecs"
        stopped = read_text_field(task, "stoppedReason")
        if not stopped:
            continue
        ends = [
            f"{read_text_field(one, 'name')}: exit code {one.get('exitCode', 'none')} {read_text_field(one, 'reason')}"
            for one in dig_maps(task.get("containers"))
        ]
        at = read_instant(task.get("stoppedAt", task.get("stoppingAt")))
        yield name, at, f"task stopped: {stopped}; {'; '.join(ends)}"


def _list_events(document: Mapping[str, Any]) -> Iterator[Entry]:
    for event in dig_maps(document.get("Events")):
        name = read_text_field(event, "SourceIdentifier")
        if name:
            yield name, read_instant(event.get("Date")), read_text_field(event, "Message")
