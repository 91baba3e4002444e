"""The metrics that a draft cites, drawn: for a file beside the Markdown, or in words where there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from fermata.domain.facts import MetricFacts, Series
from fermata.domain.trail import Curve, PostmortemDraft, Trail
from fermata.rules.plots.drawing import Plot, draw
from fermata.rules.plots.svg import write_svg

FOLDER = "plots"
"""Beside the Markdown."""
MOST = 6
"""Drawings of one document: more than that, nobody compares."""
_MARKED = ("detected", "mitigated")
_UNSAFE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Drawing:
    """One metric as drawn."""

    curve: Curve
    plot: Plot
    path: str
    """Of its file, from where the Markdown lies: `plots/checkout-errors.svg`."""

    @property
    def svg(self) -> str:
        """Return the file's text."""
        return write_svg(self.plot, self.curve.name)


def draw_curves(trail: Trail, draft: PostmortemDraft, prefix: str = "") -> tuple[Drawing, ...]:
    """Return the drawings of the metrics that are cited, in the order they are; those without points are left out.

    Args:
        prefix: Of the files' names, so that two documents of one folder do not share them.
    """
    times = {name: found.at for name, found in draft.key_times.items()}
    return draw_cited(trail.curves, _list_cited(draft), times, prefix)


def draw_cited(
    curves: Iterable[Curve], cited: Iterable[str], times: Mapping[str, datetime], prefix: str = ""
) -> tuple[Drawing, ...]:
    """Return the drawings of these metrics; none without a beginning.

    Args:
        cited: Ids of metrics among others, in the order to draw them in.
        times: Key times by their name.
        prefix: As in `draw_curves`.
    """
    onset = times.get("started")
    if onset is None:
        return ()
    marks = {name: times[name] for name in _MARKED if name in times}
    known = {curve.id: curve for curve in curves}
    drawn: list[Drawing] = []
    for name in cited:
        curve = known.pop(name, None)
        plot = _draw(curve, onset, marks) if curve is not None else None
        if curve is not None and plot is not None and len(drawn) < MOST:
            drawn.append(Drawing(curve, plot, _name_file(curve, drawn, prefix)))
    return tuple(drawn)


def _list_cited(draft: PostmortemDraft) -> Iterator[str]:
    for entry in (*draft.impact, *draft.entries):
        yield from entry.citations
    yield from (found.citation for found in draft.key_times.values())


def _draw(curve: Curve, onset: datetime, marks: dict[str, datetime]) -> Plot | None:
    points = tuple((at, value) for at, value in zip(curve.times, curve.values, strict=True) if value is not None)
    facts = MetricFacts(
        expression=curve.name,
        unit=curve.unit,
        purpose="",
        step_s=_find_step(curve.times),
        series=(Series(labels={}, points=points),),
    )
    # What was noticed at once needs no mark of its own: two words on one place cannot be read.
    told = {name: at for name, at in marks.items() if abs((at - onset).total_seconds()) > _find_width(points) / 8}
    return draw(facts, onset, told)


def _find_width(points: Sequence[tuple[float, float]]) -> float:
    return points[-1][0] - points[0][0] if points else 0.0


def _find_step(times: Sequence[float]) -> float:
    gaps = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return median(gaps) if gaps else 0.0


def _name_file(curve: Curve, drawn: Sequence[Drawing], prefix: str) -> str:
    base = _UNSAFE.sub("-", f"{prefix} {curve.name or curve.id}".lower()).strip("-")[:80] or "metric"
    taken = {drawing.path for drawing in drawn}
    names = (f"{FOLDER}/{base}{f'-{number}' if number else ''}.svg" for number in range(MOST + 1))
    return next(name for name in names if name not in taken)
