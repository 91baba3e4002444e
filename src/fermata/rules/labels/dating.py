"""When a line is told: at another of the minutes that its row shows, which a model may choose among."""

from __future__ import annotations

from dataclasses import replace

from fermata.domain.trail import Status
from fermata.rules.labels.answer import DatedLabel, TimeLabel
from fermata.rules.labels.desk import Desk

SECOND = "+"
"""Behind a row's name: its line about another minute."""


def date_also(desk: Desk, label: DatedLabel) -> None:
    """Tell a row a second time, at another of the minutes that it shows, as what was told later of then."""
    item = desk.items.get(label.n)
    entry = desk.lines.get(label.n)
    minutes = {**item.minutes, f"{item.at:%H:%M}": item.at} if item is not None else {}
    at = minutes.get(label.at)
    if at is None or entry is None or entry.status is not Status.CONFIRMED or at >= entry.at:
        desk.refuse("also", label.n, f"it is told as no fact, or not after {label.at[:8]!r} that its row shows")
        return
    text = f"As told at {entry.at:%H:%M}: {entry.text}"
    desk.lines[label.n + SECOND] = replace(entry, at=at, text=text, citations=entry.citations[:1])
    desk.applied += 1


def choose_second(desk: Desk, label: TimeLabel) -> TimeLabel:
    """Return a start at the earlier line of a row that tells two."""
    second = label.n + SECOND
    return label.model_copy(update={"n": second}) if label.name == "started" and second in desk.lines else label


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
