"""Which reader takes which folder of a bundle, and in which order: those first that the others lean on."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from pydantic import ValidationError

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.alert_files import read_alerts
from fermata.flows.bundle.change_files import TEXTS, read_changes
from fermata.flows.bundle.env_files import read_environment
from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.haul import Haul, describe
from fermata.flows.bundle.kubectl_file import NAME as KUBECTL
from fermata.flows.bundle.kubectl_file import read_kubectl
from fermata.flows.bundle.log_files import META, read_log_file
from fermata.flows.bundle.log_files import SUFFIXES as LOG_SUFFIXES
from fermata.flows.bundle.manifest import Manifest
from fermata.flows.bundle.measured import add_chat_metrics, read_graph_evidence, read_metric_evidence
from fermata.flows.bundle.metric_files import SUFFIXES as METRIC_SUFFIXES
from fermata.flows.bundle.object_files import SUFFIXES as OBJECT_SUFFIXES
from fermata.flows.bundle.object_files import read_objects
from fermata.flows.bundle.paper_files import read_chat, read_runbook, read_tickets
from fermata.flows.bundle.status_files import read_status
from fermata.flows.bundle.terraform_files import STATES, is_state, read_states
from fermata.flows.bundle.trace_files import read_traces

Reader = Callable[[Sequence[SourceFile], Manifest, Haul], None]
BEFORE_ONSET = timedelta(hours=1)
"""How long before the onset a window begins that nobody states."""
_JSON = (".json", ".jsonl", ".ndjson")
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "alerts": _JSON,
    "logs": tuple(sorted(LOG_SUFFIXES)),
    "changes": (*_JSON, *TEXTS),
    "terraform": (*STATES, *_JSON[1:], *TEXTS),
    "status": _JSON,
    "traces": _JSON,
    "objects": OBJECT_SUFFIXES,
    "events": OBJECT_SUFFIXES,
    "env": (".json", ".env", ".txt"),
    "tickets": _JSON,
    "runbooks": (".md", ".txt", ".markdown", ".rst"),
    "metrics": METRIC_SUFFIXES,
}
"""How the names of the files end that a folder's reader takes; logs may also have no ending, or be rotated."""


def contain(file: SourceFile, haul: Haul, read: Callable[[], None]) -> None:
    """Let a reader read one file; a value in it that no record can hold costs that file and no other."""
    try:
        read()
    except Unreadable as error:
        haul.leave_out_file(file, error)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError, OverflowError, csv.Error) as error:
        # The readers check what they expect; what strangers write goes on beyond it.
        haul.leave_out(file.name, f"it holds a value that cannot be used: {describe(error)}")


def _read_alerts(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    for file in sorted(files, key=lambda file: (file.name != manifest.alert, file.name)):
        if _is_one_of(file, ENDINGS["alerts"], haul):
            contain(file, haul, partial(read_alerts, file, haul, manifest.end))


def _read_graph(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    del manifest
    for file in files:
        contain(file, haul, partial(read_graph_evidence, file, haul))


def _read_logs(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    del manifest
    metas = {file.name: file for file in files if file.name.endswith(META)}
    alone = set(metas)
    for file in files:
        # A rotated file (`app.log.1`) is a log of the same source.
        known = file.suffix in LOG_SUFFIXES or ".log." in file.path.name
        if file.name not in metas and (known or not file.suffix or _is_one_of(file, (), haul)):
            meta = metas.get(file.name.removesuffix(file.path.suffix) + META)
            alone -= {meta.name} if meta is not None else set()
            contain(file, haul, partial(read_log_file, file, meta, haul))
    for name in sorted(alone):
        # Whoever pulled nothing may have kept no file: that is no silence of the source.
        haul.leave_out(name, "the log that it tells of is not there")


def _read_changes(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    records = [file for file in files if file.top == "changes"]
    states = [file for file in files if file.top == "terraform"]
    states = [file for file in states if _is_one_of(file, ENDINGS["terraform"], haul)]
    kept = [file for file in states if is_state(file)]
    steps = read_states(kept, haul)
    known = [file for file in records if _is_one_of(file, ENDINGS["changes"], haul)]
    printed = [file for file in states if file not in kept]
    read_changes([*known, *printed], haul, manifest.start or _find_start(haul), steps=steps)


def _find_start(haul: Haul) -> datetime | None:
    """Return where the window begins that alerts alone tell; `None` without any."""
    alerted = min((alert.starts_at for alert in haul.alerts), default=None)
    return alerted - BEFORE_ONSET if alerted is not None else None


def _read_metrics(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    del manifest
    services = list_services(haul)
    for file in files:
        if _is_one_of(file, ENDINGS["metrics"], haul):
            contain(file, haul, partial(read_metric_evidence, file, haul, services))


def _read_chat(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    for file in files:

        def read(chat: SourceFile = file) -> None:
            series = read_chat(chat, haul, manifest.start)
            add_chat_metrics(chat, series, haul, list_services(haul))

        contain(file, haul, read)


def _read_each(read: Callable[[SourceFile, Haul], None], *suffixes: str) -> Reader:
    def read_all(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
        del manifest
        for file in files:
            if _is_one_of(file, suffixes, haul):
                contain(file, haul, partial(read, file, haul))

    return read_all


READERS: Mapping[str, Reader] = {
    "alerts": _read_alerts,
    "graph.json": _read_graph,
    "logs": _read_logs,
    "changes": _read_changes,
    "status": _read_each(read_status, *ENDINGS["status"]),
    "traces": _read_each(read_traces, *ENDINGS["traces"]),
    KUBECTL: _read_each(read_kubectl, ".json"),
    "objects": _read_each(read_objects, *ENDINGS["objects"]),
    "events": _read_each(read_objects, *ENDINGS["events"]),
    "env": _read_each(read_environment, *ENDINGS["env"]),
    "tickets": _read_each(read_tickets, *ENDINGS["tickets"]),
    "runbooks": _read_each(read_runbook, *ENDINGS["runbooks"]),
    "metrics": _read_metrics,
    "chat.json": _read_chat,
}
"""By the top folder, or by the name of a file that lies at the top; in the order they are read."""

SHARED = {"terraform": "changes"}
"""Folders that another folder's reader takes along: a state's step and its record are one change."""


def list_services(haul: Haul) -> frozenset[str]:
    """Return the services that are known by name so far: what parts `checkout_error_rate` into two."""
    names: set[str] = set()
    for draft in haul.drafts:
        if draft.entity.kind == "service":
            names.add(draft.entity.name)
        if draft.kind is EvidenceKind.CHANGE and isinstance(service := draft.facts.get("service"), str):
            names.add(service)
        if draft.kind is EvidenceKind.GRAPH:
            names.update(str(service["name"]) for service in draft.facts["services"])
            names.update(end for edge in draft.facts["edges"] for end in (edge["caller"], edge["callee"]))
        if draft.kind is EvidenceKind.TRACES:
            names.update(span["service"] for span in draft.facts["spans"])
    names.update(alert.labels.get("service", "") for alert in haul.alerts)
    return frozenset(names - {""})


def _is_one_of(file: SourceFile, suffixes: tuple[str, ...], haul: Haul) -> bool:
    """Answer whether a file's name ends as its folder's files do; another is listed as unknown."""
    if file.suffix in suffixes:
        return True
    haul.unknown.append(file.name)
    return False
