"""A post-mortem's words as its page shows them: each link to a source becomes the source itself, each box a button."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from fermata.domain.facts import MetricFacts, Series
from fermata.domain.postmortem import Postmortem
from fermata.kit.markdown import write_address, write_anchor
from fermata.rules.plots.drawing import draw
from fermata.rules.ticks import Box, BoxKind
from fermata.web.inert import reveal_hidden
from fermata.web.markdown import render_markdown

_LONGEST_QUOTE = 280
"""Characters of a source beside its line; the whole of it stands where it was said."""
_MOST_PLOTS = 6


class Sources:
    """What a post-mortem's lines are taken from, ready to be shown."""

    def __init__(self, found: Postmortem, csrf: str) -> None:
        self._found = found
        self._csrf = csrf
        self._by_target: dict[str, str] = {}
        for name, source in found.sources.items():
            self._by_target[f"#{write_anchor(name)}"] = name
            if address := write_address(str(source.get("url", ""))):
                self._by_target.setdefault(address, name)
        self._kept = {name for entry in found.draft.get("timeline", ()) for name in entry["citations"]}

    def cite(self, url: str, label: str, is_row: bool) -> Markup | None:  # noqa: FBT001 - the renderer's signature
        """Return a source beside its line in a table, folded away in a sentence; `None` for any other link."""
        name = self._by_target.get(url)
        if name is None or label not in ("message", "change", "metric", "source"):
            return None
        source = self._found.sources[name]
        words = _quote(source)
        link = write_address(str(source.get("url", "")))
        opened = Markup(' <a href="{}" rel="noreferrer noopener">open</a>').format(link) if link else Markup()
        if is_row:
            return Markup('<div class="beside"><span class="kind">{}</span> <q>{}</q>{}</div>').format(
                label, words, opened
            )
        return Markup('<details class="cite"><summary>{}</summary><div>{}{}</div></details>').format(
            label, _name(source, words), opened
        )

    def show_box(self, box: Box) -> Markup:
        """Return what can be done with a box's line."""
        if box.kind is BoxKind.KEEP:
            if box.is_ticked or box.id in self._kept or box.id not in self._found.sources:
                return Markup()
            # The document names them and does not quote them; who decides on one must be able to read it.
            words = _quote(self._found.sources[box.id])
            told = Markup('<span class="beside"><q>{}</q></span> ').format(words)
            return told + self._button("keep", "message", box.id, "Take back")
        ticket = self._found.ticks.get(box.id)
        if ticket is not None:
            return Markup()
        href = f"/postmortems/{quote(self._found.incident_id)}/ticket?item={quote(box.id, safe='')}"
        return Markup('<a class="button small" href="{}">Make a ticket…</a>').format(href)

    def _button(self, verb: str, name: str, value: str, label: str) -> Markup:
        return Markup(
            '<form class="inline" method="post" action="/postmortems/{}/{}">'
            '<input type="hidden" name="csrf" value="{}"><input type="hidden" name="{}" value="{}">'
            '<button class="button small" type="submit">{}</button></form>'
        ).format(self._found.incident_id, verb, self._csrf, name, value, label)


def render_prose(text: str, sources: Sources) -> Markup:
    """Return the document with its sources and its buttons."""
    return render_markdown(text, sources.cite, sources.show_box)


def list_plots(found: Postmortem, onset: datetime | None) -> list[dict[str, Any]]:
    """Return the drawings of the metrics that the draft cites, each with what it was asked with."""
    if onset is None:
        return []
    moments = {"mitigated": found.draft.get("key_times", {}).get("mitigated")}
    marks = {name: datetime.fromisoformat(at) for name, at in moments.items() if at}
    shown: list[dict[str, Any]] = []
    for name, source in found.sources.items():
        if source.get("kind") == "metric" and len(shown) < _MOST_PLOTS:
            plot = draw(_read_facts(source), onset, marks)
            if plot is not None:
                title, query = str(source.get("text", "")), str(source.get("query", ""))
                shown.append({"plot": plot, "title": title, "evidence_id": write_anchor(name), "query": query})
    return shown


def _read_facts(source: Mapping[str, Any]) -> MetricFacts:
    pairs = zip(source.get("times", ()), source.get("values", ()), strict=False)
    points = tuple((float(at), float(value)) for at, value in pairs if value is not None)
    gaps = sorted(later[0] - earlier[0] for earlier, later in pairwise(points))
    return MetricFacts(
        expression=str(source.get("query", "")),
        unit=str(source.get("unit", "")),
        purpose="",
        step_s=gaps[len(gaps) // 2] if gaps else 0.0,
        series=(Series(labels={}, points=points),),
    )


def _quote(source: Mapping[str, Any]) -> str:
    words = " ".join(reveal_hidden(str(source.get("text", ""))).split())
    return words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 1] + "…"


def _name(source: Mapping[str, Any], words: str) -> str:
    when, who = str(source.get("at", ""))[11:19], reveal_hidden(str(source.get("who", "")))
    head = ", ".join(filter(None, (who, when)))
    return f"{head}: {words}" if head else words
