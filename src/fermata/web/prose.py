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
from fermata.kit.listing import cut_short
from fermata.kit.markdown import write_address, write_anchor
from fermata.rules.plots.drawing import draw
from fermata.rules.ticks import Box, BoxKind, list_boxes, list_rows
from fermata.web.inert import reveal_hidden
from fermata.web.markdown import render_markdown

_LONGEST_QUOTE = 280
"""Characters of a source beside its line; the whole of it stands where it was said."""
_LONGEST_NAME = 80
"""Characters by which a button tells what it is about."""
_MOST_PLOTS = 6


class Sources:
    """What a post-mortem's lines are taken from, ready to be shown.

    Args:
        has_takers: With a button at each message that was left out.
    """

    def __init__(self, found: Postmortem, *, has_takers: bool = True) -> None:
        self._found = found
        self._has_takers = has_takers
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
            source = self._found.sources.get(box.id)
            is_told = box.is_ticked or box.id in self._kept
            # One that was taken back, and whose line a person removed since, can be taken back again.
            if source is None or (is_told and list_rows(self._found.text, box.id, str(source.get("url", "")))):
                return Markup()
            # The document names them and does not quote them; who decides on one must be able to read it.
            words = _quote(source)
            if not words:
                return Markup('<span class="beside">its words are kept no longer</span>')
            told = Markup('<span class="beside"><q>{}</q></span> ').format(words)
            return told + self._write_taker(box.id, words)
        ticket = self._found.ticks.get(box.id)
        if ticket is not None:
            return Markup()
        href = f"/postmortems/{quote(self._found.incident_id)}/ticket?item={quote(box.id, safe='')}"
        name = f"Make a ticket of {cut_short(box.text, _LONGEST_NAME)}"
        return Markup('<a class="button small" href="{}" aria-label="{}">Make a ticket…</a>').format(href, name)

    def list_unlisted(self) -> list[Markup]:
        """Return what was left out and has no box in the text: when, who, why, the words, and the button of each."""
        boxes = {box.id for box in list_boxes(self._found.text) if box.kind is BoxKind.KEEP}
        known = boxes | self._kept
        left = (item for item in self._found.draft.get("dropped", ()) if item["id"] not in known)
        return [self._show_unlisted(item["id"], item["why"]) for item in left if item["id"] in self._found.sources]

    def _show_unlisted(self, name: str, why: str) -> Markup:
        source = self._found.sources[name]
        words = _quote(source)
        head = _name({**source, "text": ""}, "").removesuffix(": ")
        return Markup('{} <em>({})</em> <span class="beside"><q>{}</q></span> {}').format(
            head, why, words, self._write_taker(name, words)
        )

    def _write_taker(self, name: str, words: str) -> Markup:
        """Return the button that takes a message back; it names which one, for those who hear a list of buttons."""
        if not self._has_takers:
            return Markup()
        return Markup(
            '<button class="button small" type="submit" form="editor" formaction="/postmortems/{}/keep" '
            'name="message" value="{}" aria-label="{}">Take back</button>'
        ).format(self._found.incident_id, name, f"Take back {cut_short(words, _LONGEST_NAME)}")


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
    return cut_short(words, _LONGEST_QUOTE)


def _name(source: Mapping[str, Any], words: str) -> str:
    when, who = str(source.get("at", ""))[11:19], reveal_hidden(str(source.get("who", "")))
    head = ", ".join(filter(None, (who, when)))
    return f"{head}: {words}" if head else words
