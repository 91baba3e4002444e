"""When a line is told: at another of the minutes that its row shows, which a model may choose among."""

from __future__ import annotations

from dataclasses import replace

from fermata.domain.trail import Status
from fermata.rules.labels.answer import DatedLabel
from fermata.rules.labels.desk import Desk


def date(desk: Desk, label: DatedLabel) -> None:
    """Tell a line at another of the minutes that its row shows: no other can be named."""
    item = desk.items.get(label.n)
    entry = desk.lines.get(label.n)
    at = item.minutes.get(label.at) if item is not None else None
    if at is None:
        desk.refuse("at", label.n, f"no such row was shown with {label.at[:8]!r} beside its own time")
    elif entry is None or entry.status is not Status.CONFIRMED:
        desk.refuse("at", label.n, "it is no line that is told as a fact")
    elif label.n in desk.dated:
        desk.refuse("at", label.n, "it was dated already")
    else:
        desk.dated.add(label.n)
        desk.lines[label.n] = replace(entry, at=at)
        desk.applied += 1
