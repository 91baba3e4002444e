"""A stored post-mortem with its drawings as files: for whoever writes it into a folder, or sends it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fermata.domain.postmortem import Postmortem
from fermata.flows.postmortem.drawings import draw_cited
from fermata.flows.postmortem.remembering import read_curve
from fermata.flows.postmortem.sections import Sources, write_plots


@dataclass(frozen=True, slots=True)
class Illustrated:
    """A document that shows its drawings, and their files."""

    text: str
    files: Mapping[str, str]
    """By the path that the text links to, the SVG; only those that it does link to."""


def illustrate(postmortem: Postmortem, prefix: str = "") -> Illustrated:
    """Return a post-mortem whose metrics are drawn where they are told in words. A line that a person rewrote stays.

    Args:
        prefix: Of the files' names, so that two documents of one folder do not share them.
    """
    metrics = {name: source for name, source in postmortem.sources.items() if source["kind"] == "metric"}
    key_times = postmortem.draft.get("key_times", {})
    times = {name: datetime.fromisoformat(at) for name, at in key_times.items() if at}
    curves = [read_curve(name, source) for name, source in metrics.items()]
    links = {name: str(source.get("url", "")) for name, source in metrics.items()}
    sources = Sources(dict.fromkeys(metrics, "metric"), links)
    lines = postmortem.text.split("\n")
    files: dict[str, str] = {}
    for drawing in draw_cited(curves, list(metrics), times, prefix):
        told = write_plots([drawing], sources, has_files=False)
        if told in lines:
            lines[lines.index(told)] = write_plots([drawing], sources, has_files=True)
            files[drawing.path] = drawing.svg
    return Illustrated("\n".join(lines), files)
