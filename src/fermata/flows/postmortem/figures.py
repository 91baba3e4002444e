"""How fast an incident was noticed, taken up and ended: each figure with the two moments that it lies between."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.trail import KeyTime, PostmortemDraft, Trail
from fermata.rules.labels.answer import KEY_TIMES

ACKNOWLEDGED = "acknowledged"
_FIGURES = (
    ("Time to detect", "MTTD", "detected"),
    ("Time to acknowledge", "MTTA", ACKNOWLEDGED),
    ("Time to mitigate", "", "mitigated"),
    ("Time to restore", "MTTR", "resolved"),
)
"""All from the start, as the glossary has it: a figure that begins at the alert hides how long nobody knew."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One duration of one incident."""

    name: str
    mean: str
    """The mean over incidents that it counts into; empty for none."""
    span: timedelta
    start: KeyTime
    end: KeyTime
    end_name: str


def list_moments(trail: Trail, draft: PostmortemDraft) -> dict[str, KeyTime]:
    """Return the key times that are known, in the order they usually come, with the first word of a person."""
    found = {name: draft.key_times[name] for name in KEY_TIMES if name in draft.key_times}
    if (acknowledged := _find_first_word(trail, draft)) is not None:
        position = list(found).index("detected") + 1
        items = list(found.items())
        found = dict([*items[:position], (ACKNOWLEDGED, acknowledged), *items[position:]])
    return found


def compute_figures(moments: dict[str, KeyTime]) -> tuple[Figure, ...]:
    """Return the durations whose two ends are known, and in order: a clock that runs backwards tells nothing."""
    start = moments.get("started")
    if start is None:
        return ()
    ends = ((name, mean, end, moments[end]) for name, mean, end in _FIGURES if end in moments)
    return tuple(
        Figure(name, mean, found.at - start.at, start, found, end)
        for name, mean, end, found in ends
        if found.at >= start.at and not is_same_sign(start, found)
    )


def is_same_sign(start: KeyTime, found: KeyTime) -> bool:
    """Answer whether a start is only the first sign itself: what lies between says nothing of how fast it was seen."""
    return (start.at, start.citation) == (found.at, found.citation)


def _find_first_word(trail: Trail, draft: PostmortemDraft) -> KeyTime | None:
    """Return when a person first wrote after the detection, or reported it themselves."""
    detected = draft.key_times.get("detected")
    if detected is None:
        return None
    foreign = {item.id for item in draft.dropped if item.why == "another incident"}
    for message in trail.messages:
        is_own = not trail.channels or not message.channel or message.channel in trail.channels
        if message.at >= detected.at and is_own and not message.is_bot and message.id not in foreign:
            return KeyTime(message.at, message.id, "the first word of a person from then on")
    return None
