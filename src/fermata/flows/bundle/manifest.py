"""`bundle.yaml`: what the bundle is about. A missing or broken one is a warning; the other files still tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fermata.flows.bundle.files import SourceFile, Unreadable, read_text
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.parsing import parse_yaml_documents, read_instant, read_text_field

NAMES = ("bundle.yaml", "bundle.yml", "bundle.json")
VERSION = 1
_KNOWN = frozenset({"version", "id", "title", "window", "alert", "question", "notes"})


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `bundle.yaml` says; empty where it does not."""

    id: str = ""
    title: str = ""
    start: datetime | None = None
    end: datetime | None = None
    alert: str = ""
    """Path of the alert that opened the incident, inside the bundle."""
    question: str = ""
    """What a person asked."""
    notes: str = ""


def read_manifest(file: SourceFile | None, haul: Haul) -> Manifest:
    """Return what the manifest says, as far as it can be used; what cannot is a warning."""
    if file is None:
        haul.warn("bundle.yaml: it is missing; what it would say is taken from the other files")
        return Manifest()
    try:
        documents = parse_yaml_documents(read_text(file))
    except Unreadable as error:
        haul.leave_out_file(file, error)
        return Manifest()
    fields = documents[0] if documents else {}
    if not isinstance(fields, Mapping):
        haul.leave_out(file.name, "it is no mapping of names to values")
        return Manifest()
    version = fields.get("version")
    if version != VERSION:
        haul.warn(f"{file.name}: version is {version!r}; it is read as version {VERSION}")
    unknown = sorted(str(name) for name in fields if name not in _KNOWN)
    if unknown:
        haul.warn(f"{file.name}: fields nobody reads: {', '.join(unknown)}")
    start, end = _read_window(fields.get("window"), file, haul)
    return Manifest(
        id=haul.hide(read_text_field(fields, "id")),
        title=haul.hide(read_text_field(fields, "title")),
        start=start,
        end=end,
        alert=read_text_field(fields, "alert"),
        question=haul.hide(read_text_field(fields, "question")),
        notes=haul.hide(read_text_field(fields, "notes")),
    )


def _read_window(window: Any, file: SourceFile, haul: Haul) -> tuple[datetime | None, datetime | None]:
    if window is None:
        return None, None
    if not isinstance(window, Mapping):
        haul.leave_out(file.name, "window is no mapping with start and end")
        return None, None
    ends: list[datetime | None] = []
    for name in ("start", "end"):
        instant = read_instant(window.get(name))
        if instant is None and window.get(name) is not None:
            haul.leave_out(file.name, f"window.{name} is no RFC 3339 time, such as 2026-11-23T09:51:00Z")
        ends.append(instant)
    start, end = ends
    if start is not None and end is not None and end <= start:
        haul.leave_out(file.name, "the window ends before it starts")
        return None, None
    return start, end
