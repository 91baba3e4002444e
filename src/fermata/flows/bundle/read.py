"""Read a bundle: every file by its own small reader, whatever is broken named and left out, the rest used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path, PurePath

from pydantic import ValidationError

from fermata.domain.alert import Alert
from fermata.domain.evidence import Evidence, EvidenceKind, Gap
from fermata.domain.ids import IncidentId
from fermata.domain.scope import UNKNOWN_ONSET
from fermata.flows.bundle.files import Listing, SourceFile, list_files
from fermata.flows.bundle.folders import BEFORE_ONSET, READERS, SHARED
from fermata.flows.bundle.haul import Draft, Haul, describe
from fermata.flows.bundle.kept import FOLDER, Kept, read_kept
from fermata.flows.bundle.log_clocks import set_clocks
from fermata.flows.bundle.log_owners import settle_owners
from fermata.flows.bundle.manifest import NAMES, Manifest, read_manifest
from fermata.flows.bundle.misplaced import describe_unread
from fermata.kit.errors import UserError
from fermata.rules.changes.onsets import read_spans
from fermata.rules.logs import find_time
from fermata.rules.scope import clean_name

_MOST_NAMED = 20
"""Files that are named when none can be used."""
_DIGESTED = 256 * 1024
"""Bytes of each end of a file that its digest is made of, beside its size: a gigabyte of log is not read twice."""


@dataclass(frozen=True, slots=True)
class Window:
    """The time a bundle is about."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle, read."""

    id: str
    """As it names itself, else its folder's name."""
    title: str
    question: str
    """What a person asked; empty when nobody did."""
    notes: str
    window: Window
    onset: datetime
    """The earliest start of its alerts; else when the failure came up that its logs show, else the start of its window;
    `UNKNOWN_ONSET` where nothing tells a time."""
    alerts: tuple[Alert, ...]
    """The one that `bundle.yaml` names first."""
    evidence: tuple[Evidence, ...]
    gaps: tuple[Gap, ...]
    """What could not be used."""
    unknown_files: tuple[str, ...]
    """Files nobody reads."""
    warnings: tuple[str, ...]
    """In words, `file:line: reason`."""
    kept: Kept
    """What an export of a live incident adds."""
    digest: str
    """Of all files: the same bundle has the same one wherever it lies."""
    files: Mapping[str, SourceFile] = field(default_factory=dict)
    """By name: what a citation's line is looked up in."""

    @property
    def incident_id(self) -> IncidentId:
        """Return the id its evidence carries."""
        return name_incident(self.id)


def name_incident(bundle_id: str) -> IncidentId:
    """Return the incident's id that a bundle of this id stands for."""
    return IncidentId(clean_name(bundle_id) or "bundle")


def read_bundle(folder: Path) -> Bundle:
    """Return a bundle with everything in it that can be used.

    Raises:
        UserError: It is no folder, or nothing in it can be used.
    """
    listing = list_files(folder)
    haul = Haul()
    for name, reason in listing.refused.items():
        haul.leave_out(name, reason)
    by_name = {file.name: file for file in listing.files}
    manifest_file = next((by_name[name] for name in NAMES if name in by_name), None)
    manifest = read_manifest(manifest_file, haul)
    kept = read_kept([file for file in listing.files if file.top == FOLDER], haul)
    _read_folders([file for file in listing.files if file is not manifest_file and file.top != FOLDER], manifest, haul)
    if not haul.drafts and not haul.alerts and not kept.evidence:
        raise UserError(
            f"Nothing in {folder} can be used",
            why=_list_reasons(listing, haul),
            do="See docs/bundle.md for what a bundle holds",
        )
    return _build(folder, listing, manifest, haul, kept=kept)


def _list_reasons(listing: Listing, haul: Haul) -> str:
    """Return why nothing could be used: each file, or the first of them and how many more."""
    reasons = [gap.reason for gap in haul.gaps]
    if haul.unknown:
        reasons.append(describe_unread(sorted(haul.unknown)))
    if not listing.files and not reasons:
        return "it is empty"
    more = len(reasons) - _MOST_NAMED
    return (
        "; ".join([*reasons[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])
        or "nothing but bundle.yaml is in it"
    )


def _read_folders(files: Sequence[SourceFile], manifest: Manifest, haul: Haul) -> None:
    groups: dict[str, list[SourceFile]] = {}
    for file in files:
        if not file.top and file.name in READERS and not PurePath(file.name).suffix:
            haul.leave_out(file.name, "it is a file, where a folder is expected")
            continue
        top = SHARED.get(file.top, file.top) or file.name
        groups.setdefault("alerts" if file.name == manifest.alert else top, []).append(file)
    if manifest.alert and manifest.alert not in {file.name for file in files}:
        haul.leave_out("bundle.yaml", f"its alert {manifest.alert} is not there")
    for name, reader in READERS.items():
        if found := groups.pop(name, []):
            reader(found, manifest, haul)
    haul.unknown += [file.name for found in groups.values() for file in found]


def _build(folder: Path, listing: Listing, manifest: Manifest, haul: Haul, *, kept: Kept) -> Bundle:
    bundle_id = manifest.id or haul.hide(folder.resolve().name)
    window, onset = _find_times(manifest, haul)
    incident_id = name_incident(bundle_id)
    settle_owners(haul)
    set_clocks(haul, (window.start, window.end), is_told=manifest.end is not None)
    # First, because a draft that turns out to be none becomes a gap.
    evidence = (*kept.evidence, *_list_finished(haul, incident_id, window.end))
    return Bundle(
        id=bundle_id,
        title=manifest.title or (haul.alerts[0].summary if haul.alerts else bundle_id),
        question=manifest.question,
        notes=manifest.notes,
        window=window,
        onset=onset,
        alerts=tuple({alert.id: alert for alert in haul.alerts}.values()),
        evidence=evidence,
        gaps=tuple(haul.gaps),
        unknown_files=tuple(sorted(haul.unknown)),
        warnings=tuple(haul.warnings),
        kept=kept,
        digest=_compute_digest(listing.files),
        files={file.name: file for file in listing.files},
    )


def _list_finished(haul: Haul, incident_id: IncidentId, closed_at: datetime) -> list[Evidence]:
    finished = []
    for draft in haul.drafts:
        try:
            finished.append(_finish(draft, incident_id, closed_at))
        except ValidationError as error:
            haul.leave_out(draft.title or draft.query, f"it cannot be used: {describe(error)}")
    return finished


def _finish(draft: Draft, incident_id: IncidentId, closed_at: datetime) -> Evidence:
    observed_at = draft.observed_at or closed_at
    return Evidence(
        incident_id=incident_id,
        kind=draft.kind,
        collector=draft.collector,
        entity=draft.entity,
        title=draft.title or draft.collector,
        query=draft.query or draft.collector,
        observed_at=observed_at,
        # No action may rest on a bundle: it is the past.
        fresh_until=observed_at,
        lines=draft.lines,
        facts=draft.facts,
        cut=draft.cut,
        redactions=draft.redactions,
    )


def _find_times(manifest: Manifest, haul: Haul) -> tuple[Window, datetime]:
    """Return the window and the onset: from the manifest, the alerts, and where both are silent from the evidence."""
    alerted = min((alert.starts_at for alert in haul.alerts), default=None)
    near = manifest.end or alerted or manifest.start
    # With an alert and a window the logs have nothing to add, and a folder may hold a hundred thousand lines.
    is_told = alerted is not None and manifest.end is not None
    spans = () if is_told else read_spans(_list_logs(haul), near)
    failed = [at for span in spans if (at := span.fails_since) and (manifest.end is None or at <= manifest.end)]
    began = min((at for at in failed if manifest.start is None or at >= manifest.start), default=None)
    seen = [at for span in spans for at in (span.first_at, span.last_at)] or _list_other_times(haul)
    onset = alerted or began or manifest.start
    latest = manifest.end or max((*seen, *(alert.starts_at for alert in haul.alerts)), default=None)
    latest = latest or (onset + timedelta(hours=1) if onset else UNKNOWN_ONSET)
    onset = onset or min(seen, default=latest)
    start = min(manifest.start or onset - BEFORE_ONSET, onset)
    return Window(start, max(latest, onset, start + timedelta(seconds=1))), onset


def _list_logs(haul: Haul) -> list[list[str]]:
    return [[line.text for line in draft.lines] for draft in haul.drafts if draft.kind is EvidenceKind.LOGS]


def _list_other_times(haul: Haul) -> list[datetime]:
    """Return the first and the last time that other files tell; of changes only where nothing else tells any."""
    others = [draft for draft in haul.drafts if draft.kind is not EvidenceKind.CHANGE]
    return _list_times(others) or _list_times(haul.drafts)


def _list_times(drafts: Sequence[Draft]) -> list[datetime]:
    times = []
    for draft in drafts:
        for lines in (draft.lines[:20], draft.lines[:-20:-1]):
            found = next((at for line in lines if (at := find_time(line.text)) is not None), None)
            if found is not None:
                times.append(found)
    return times


def _compute_digest(files: Sequence[SourceFile]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{len(file.name)}:{file.name}:{file.size}:".encode("utf-8", "surrogateescape"))
        try:
            with file.path.open("rb") as stream:
                digest.update(stream.read(_DIGESTED))
                if file.size > 2 * _DIGESTED:
                    stream.seek(-_DIGESTED, 2)
                digest.update(stream.read(_DIGESTED))
        except OSError:
            continue  # Named already by the reader that wanted it.
    return "sha256:" + digest.hexdigest()
