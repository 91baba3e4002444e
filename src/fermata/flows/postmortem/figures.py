"""How fast an incident was noticed, taken up and ended: each figure with the two moments that it lies between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fermata.domain.trail import KEY_TIMES, KeyTime, Message, PostmortemDraft, Trail
from fermata.rules.corrected_times import ACKNOWLEDGED, correct

_NONE: Mapping[str, datetime | None] = {}
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


def list_moments(
    trail: Trail, draft: PostmortemDraft, corrected: Mapping[str, datetime | None] = _NONE
) -> dict[str, KeyTime]:
    """Return the key times that are known, in the order they usually come, with the first word of a person.

    Args:
        corrected: What a person wrote over them; `None`: they took it out.
    """
    if corrected:
        draft = correct_draft(draft, corrected)
        told = {name: at for name, at in corrected.items() if name == ACKNOWLEDGED}
        return correct(list_moments(trail, draft), told)
    found = {name: draft.key_times[name] for name in KEY_TIMES if name in draft.key_times}
    if (acknowledged := _find_first_word(trail, draft)) is not None:
        position = list(found).index("detected") + 1
        items = list(found.items())
        found = dict([*items[:position], (ACKNOWLEDGED, acknowledged), *items[position:]])
    return found


def correct_draft(draft: PostmortemDraft, corrected: Mapping[str, datetime | None]) -> PostmortemDraft:
    """Return a draft with the key times that a person corrected."""
    own = {name: at for name, at in corrected.items() if name in KEY_TIMES}
    return replace(draft, key_times=correct(draft.key_times, own)) if own else draft


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
    # What a person wrote is no sign, but their word.
    is_sign = not (start.is_corrected or found.is_corrected)
    return is_sign and (start.at, start.citation) == (found.at, found.citation)


def list_own_words(trail: Trail, draft: PostmortemDraft) -> Iterator[Message]:
    """Yield what people wrote in the incident's own rooms and about no other one, in the order of time."""
    foreign = {item.id for item in draft.dropped if item.why == "another incident"}
    for message in trail.messages:
        is_own = not trail.channels or not message.channel or message.channel in trail.channels
        if is_own and not message.is_bot and message.id not in foreign:
            yield message


def acknowledge(detected: datetime, words: Iterable[tuple[datetime, str]]) -> KeyTime | None:
    """Return when a person first wrote after the detection, or reported it themselves.

    Args:
        words: When people wrote, and the message's id, in the order of time.
    """
    first = next(((at, name) for at, name in words if at >= detected), None)
    return KeyTime(*first, "the first word of a person from then on") if first is not None else None


def _find_first_word(trail: Trail, draft: PostmortemDraft) -> KeyTime | None:
    detected = draft.key_times.get("detected")
    words = ((message.at, message.id) for message in list_own_words(trail, draft))
    return acknowledge(detected.at, words) if detected is not None else None
