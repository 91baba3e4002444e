"""A bundle's folder as a trail: chat.json or exports, changes/ and metrics/; or an export alone.

Whatever is broken is named, and the rest is used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fermata.domain.alert import Alert
from fermata.domain.trail import Curve, Deploy, Message, Trail
from fermata.flows.bundle.alert_files import read_alerts
from fermata.flows.bundle.change_records import Change, parse_changes
from fermata.flows.bundle.files import SourceFile, Unreadable, list_files, read_text
from fermata.flows.bundle.folders import contain
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.manifest import NAMES, Manifest, read_manifest
from fermata.flows.bundle.metric_files import SUFFIXES, read_metric_file, read_metrics
from fermata.flows.bundle.parsing import parse_json_documents
from fermata.flows.postmortem.chat_file import Chat, read_chat_file
from fermata.flows.postmortem.export_talk import Wanted
from fermata.flows.postmortem.exports import is_export, read_bundle_exports, read_export
from fermata.kit.errors import UserError
from fermata.rules.metrics.series import Series, as_rate
from fermata.rules.timeline.titles import find_title

CHAT = "chat.json"


@dataclass(frozen=True, slots=True)
class TrailFiles:
    """What a bundle holds of a trail."""

    case: str
    """The bundle's id, else its folder's name; of an export its name, with the channels and the day that are wanted."""
    trail: Trail
    warnings: tuple[str, ...]
    """What could not be used, `file:line: reason`."""
    links: Mapping[str, str] = field(default_factory=dict)
    """By a message's id, where it can be opened."""


def read_export_trail(path: Path, wanted: Wanted) -> TrailFiles:
    """Return the trail of a chat's export alone.

    Raises:
        UserError: It is no export that is known, or nothing of it is wanted.
    """
    haul = Haul()
    chat = read_export(path, wanted, haul)
    if not chat.messages:
        raise UserError(
            f"{path} holds no messages of the incident",
            why="; ".join(haul.warnings[:20]) or "no channel of that name, or nothing in that time",
            do="Check the names of the channels and the times",
        )
    trail = Trail(
        chat.title or find_title(chat.messages), chat.messages, chat.people, chat.channels, start=wanted.start
    )
    # One archive holds many incidents: a file, and a page that is made of it, must not be taken for another's.
    day = f"{wanted.start:%Y-%m-%d}" if wanted.start is not None else ""
    case = "-".join(filter(None, (path.resolve().stem, chat.part, day)))
    return TrailFiles(haul.hide(case), trail, tuple(haul.warnings), chat.links)


def read_trail(folder: Path, wanted: Wanted | None = None) -> TrailFiles:
    """Return a bundle's trail.

    Args:
        wanted: What of exports in the bundle belongs to the incident; without it what lies in the bundle's window.

    Raises:
        UserError: The folder is none, or it holds neither messages nor deploys nor metrics that can be used.
    """
    listing = list_files(folder)
    haul = Haul()
    for name, reason in listing.refused.items():
        haul.leave_out(name, reason)
    by_name = {file.name: file for file in listing.files}
    manifest_file = next((by_name[name] for name in NAMES if name in by_name), None)
    manifest = read_manifest(manifest_file, haul) if manifest_file is not None else Manifest()
    chat = _read_chat(by_name.get(CHAT), haul)
    if wanted is not None and chat.messages:
        haul.warn(f"{CHAT}: it is read whole: --only is about exports")
    wanted = wanted or Wanted()
    if wanted.start is None and wanted.end is None:
        wanted = replace(wanted, start=manifest.start or chat.start, end=manifest.end)
    exported = read_bundle_exports(listing.files, wanted, haul)
    if exported is not None:
        chat = _join(chat, exported)
    elif CHAT not in by_name:
        haul.leave_out(CHAT, "it is missing: nothing that was said is known")
    deploys = _read_deploys([file for file in listing.files if file.top == "changes"], chat, haul)
    curves = _read_curves([file for file in listing.files if file.top == "metrics"], chat, haul)
    _add_alerts([file for file in listing.files if file.top == "alerts"], chat, manifest, haul)
    if not chat.messages and not deploys and not curves:
        raise UserError(
            f"Nothing in {folder} tells of an incident",
            why="; ".join(haul.warnings[:20])
            or f"{CHAT if exported is None else 'the export'} holds no messages, and there are no changes or metrics",
            do="See docs/postmortem.md for what is read",
        )
    trail = Trail(
        title=chat.title or manifest.title or (find_title(chat.messages) if exported is not None else ""),
        messages=chat.messages,
        people=chat.people,
        channels=chat.channels,
        deploys=deploys,
        curves=curves,
        start=chat.start or manifest.start,
    )
    return TrailFiles(manifest.id or haul.hide(folder.resolve().name), trail, tuple(haul.warnings), chat.links)


def _add_alerts(files: Sequence[SourceFile], chat: Chat, manifest: Manifest, haul: Haul) -> None:
    """Add the alerts to the talk: as what their source would have said when they fired, and when they ended."""
    for file in files:
        if file.suffix == ".json":
            contain(file, haul, lambda file=file: read_alerts(file, haul, manifest.end))  # type: ignore[misc]  # mypy cannot see the default's type
    if haul.alerts:
        chat.messages += [message for alert in haul.alerts for message in _tell_alert(alert)]
        chat.messages.sort(key=lambda message: (message.at, message.id))


def _tell_alert(alert: Alert) -> list[Message]:
    said = "" if alert.summary == alert.name else f": {alert.summary}"
    told = [Message(alert.id, alert.starts_at, alert.source, f"[FIRING] {alert.name}{said}", is_bot=True)]
    if alert.ends_at is not None and alert.ends_at > alert.starts_at:
        told.append(Message(f"{alert.id}-end", alert.ends_at, alert.source, f"[RESOLVED] {alert.name}", is_bot=True))
    return told


def _join(chat: Chat, exported: Chat) -> Chat:
    """Add an export's talk to a chat's; a message that both hold is the chat's."""
    known = {message.id for message in chat.messages}
    chat.messages += [message for message in exported.messages if message.id not in known]
    chat.messages.sort(key=lambda message: (message.at, message.id))
    chat.people = exported.people | chat.people
    # People write `#inc-1` where an export has `inc-1`.
    named = {name.lstrip("#") for name in chat.channels}
    same = {message.channel for message in exported.messages if message.channel in named} - set(chat.channels)
    chat.channels = (*chat.channels, *sorted(same)) if chat.channels else exported.channels
    chat.links = exported.links
    return chat


def _read_chat(file: SourceFile | None, haul: Haul) -> Chat:
    if file is None or is_export(file):
        return Chat()
    found: list[Chat] = []
    contain(file, haul, lambda: found.append(read_chat_file(file, haul)))
    return found[0] if found else Chat()


def _read_deploys(files: Sequence[SourceFile], chat: Chat, haul: Haul) -> list[Deploy]:
    changes = parse_changes([chat.deploys], CHAT, haul)
    for file in files:
        if file.suffix in (".json", ".jsonl", ".ndjson"):
            try:
                changes += parse_changes(parse_json_documents(read_text(file)), file.name, haul)
            except Unreadable as error:
                haul.leave_out_file(file, error)
    found = {change.id: deploy for change in changes if (deploy := _to_deploy(change, haul)) is not None}
    return sorted(found.values(), key=lambda deploy: deploy.at)


def _to_deploy(change: Change, haul: Haul) -> Deploy | None:
    if change.at is None:
        haul.warn(f"{change.file}: change {change.id[:80]} has no time, and stands in no timeline")
        return None
    return Deploy(
        id=haul.hide(change.id),
        at=change.at,
        title=haul.hide(change.title),
        service=change.service or change.repository,
        kind=change.kind,
        ref=change.ref,
        sha=change.sha,
        author=change.author,
        state=haul.hide(change.state),
    )


def _read_curves(files: Sequence[SourceFile], chat: Chat, haul: Haul) -> list[Curve]:
    series: list[Series] = []
    if chat.metrics:
        try:
            series += read_metrics(json.dumps(chat.metrics), CHAT).series
        except Unreadable as error:
            haul.leave_out(CHAT, error.reason)
    for file in files:
        if file.suffix in SUFFIXES:
            contain(file, haul, lambda file=file: series.extend(read_metric_file(file).series))  # type: ignore[misc]  # mypy cannot see the default's type
    return [_to_curve(as_rate(item), haul) for item in series]


def _to_curve(series: Series, haul: Haul) -> Curve:
    name = " ".join(filter(None, (series.service, series.metric)))
    return Curve(haul.hide(series.id or series.name), haul.hide(name), series.times, series.values, series.unit)
