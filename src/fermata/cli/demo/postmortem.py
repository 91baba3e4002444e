"""The end of the demo: the draft of its own incident's post-mortem, from the journal and what Prometheus measured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermata.cli.demo.plant import DEMO_PERSON
from fermata.domain.ids import IncidentId
from fermata.domain.person import Actor
from fermata.domain.trail import Entry, PostmortemDraft, Status
from fermata.kit.units import format_duration

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.flows.postmortem.keeping import Generated

FILE = "postmortem.md"
_SPANS = (("detected", "noticed"), ("mitigated", "working again"), ("resolved", "over"))


async def draft_own(house: House, incident_id: IncidentId, folder: Path | None) -> Generated:
    """Draft the post-mortem as `fermata postmortem draft` does, and write it into a folder that is kept.

    Args:
        folder: `None`: it goes with everything else.
    """
    from fermata.flows.postmortem.keeping import generate_postmortem

    by = Actor(kind="person", id=DEMO_PERSON, channel="console")
    generated = await generate_postmortem(house.context, incident_id, by)
    if folder is not None:
        # Of an earlier demo here, and its incident is gone with its store.
        (folder / FILE).write_text(generated.postmortem.text, encoding="utf-8")
    return generated


def list_told(draft: PostmortemDraft) -> Iterator[tuple[str, str]]:
    """Yield what is shown of a draft: a time, or nothing, and what happened then with who did it."""
    yield "", _tell_times(draft)
    for entry in draft.impact:
        yield "", f"Impact: {entry.text}"
    for entry in draft.entries:
        if entry.status is Status.CONFIRMED:
            yield f"{entry.at:%H:%M:%S}", _tell_entry(entry)
    for entry in draft.factors:
        yield "", f"Contributing factor, a candidate: {entry.text}"


def report_draft(generated: Generated, folder: Path | None) -> dict[str, Any]:
    """Return what the report says of the draft."""
    told = generated.drafted.to_json()
    parts = ("timeline", "key_times", "impact", "contributing_factors")
    return {
        **{name: told[name] for name in parts},
        "document": generated.postmortem.text,
        "file": str(folder / FILE) if folder is not None else None,
    }


def _tell_times(draft: PostmortemDraft) -> str:
    from fermata.flows.postmortem.figures import is_same_sign

    start = draft.key_times.get("started")
    if start is None:
        return "Nothing tells when it began."
    spans: dict[str, list[str]] = {}
    for name, word in _SPANS:
        found = draft.key_times.get(name)
        if found is not None and is_same_sign(start, found):
            continue  # It began before anything saw it, and nobody knows how long.
        spans.setdefault(_write_span(found.at - start.at) if found else "not", []).append(word)
    told = [
        f"not {' and not '.join(words)}" if span == "not" else f"{' and '.join(words)} {span}"
        for span, words in spans.items()
    ]
    return f"Began {start.at:%H:%M:%S}, {', '.join(told)}."


def _write_span(span: timedelta) -> str:
    return f"after {format_duration(span)}" if span > timedelta(0) else "at once"


def _tell_entry(entry: Entry) -> str:
    return f"{entry.text}  ({', '.join(entry.actors)})" if entry.actors else entry.text
