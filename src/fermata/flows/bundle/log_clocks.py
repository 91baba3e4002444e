"""What the logs of a bundle that state no zone are taken as: decided once all of them are read, and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.haul import Draft, Haul
from fermata.kit.listing import join_cuts
from fermata.rules.changes.clocks import LocalTime, find_local, read_clock


def set_clocks(haul: Haul, window: tuple[datetime, datetime], *, is_told: bool) -> None:
    """Give each log whose times state no zone the one that the others show it to be written in.

    Args:
        is_told: Whether the bundle itself says when the window ends: else a log that lies outside of it tells nothing.
    """
    clocks = {
        place: read_clock(draft.query, [line.text for line in draft.lines], window[1])
        for place, draft in enumerate(haul.drafts)
        if draft.kind is EvidenceKind.LOGS
    }
    for place, clock in clocks.items():
        found = find_local(clock, [other for at, other in clocks.items() if at != place], window)
        if found is not None and (found.offset or found.other or is_told):
            haul.drafts[place] = _set(haul.drafts[place], found)
            haul.warn(f"{clock.name}: {found.why}")


def _set(draft: Draft, found: LocalTime) -> Draft:
    facts: Mapping[str, object] = {**draft.facts, "offset_minutes": round(found.offset.total_seconds() / 60)}
    return replace(draft, facts=facts, cut=join_cuts(draft.cut, found.why))
