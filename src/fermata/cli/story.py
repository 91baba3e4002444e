"""`fermata incidents show`: one incident as text, from its first sign to what became of it.

The card says what was found, what is planned, who may decide or has, what was done and how it was verified. Below it
stands what happened in order, as on the page, and where there is more to read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fermata.cli.cards import print_card
from fermata.cli.output import get_console, get_line_width, say, show_controls, wrap_hanging
from fermata.flows.readings import JOURNAL_LIMIT
from fermata.kit.clock import format_instant
from fermata.rules.moments import Moment, list_moments

if TYPE_CHECKING:
    from fermata.flows.readings import IncidentView

_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]*[^\s<>\"')\].,;:!?]")
"""Without what ends the sentence around it."""
_LINKED = ("url", "detail")
"""Keys of a journal entry's data that hold the address of what was made: a ticket, a pull request, a document."""
_INDENT = 2


def print_story(view: IncidentView, public_url: str) -> None:
    """Print it on stdout. Text from outside moves no cursor.

    Args:
        public_url: Where people reach the page; empty where that is not known.
    """
    print_card(get_console(), view.card)
    moments = list_moments(view, {})
    if moments:
        say("\nWHAT HAPPENED")
        for moment in moments:
            _print_moment(moment)
    if len(view.journal) == JOURNAL_LIMIT:
        say(
            f"Only the first {JOURNAL_LIMIT:,} entries of its journal are told; the page and /v1/journal have the rest."
        )
    say("\nLINKS")
    for label, address in dict.fromkeys(_list_links(view, public_url)):
        say(f"{label}: {address}")


def _print_moment(moment: Moment) -> None:
    words = f"{moment.title}: {moment.detail}" if moment.detail else moment.title
    line = f"{format_instant(moment.at)}  {show_controls(words)}"
    say(wrap_hanging(line, width=get_line_width(get_console()), indent=_INDENT))


def _list_links(view: IncidentView, public_url: str) -> Iterator[tuple[str, str]]:
    incident = view.incident
    if public_url:
        yield "Page", f"{public_url.rstrip('/')}/incidents/{incident.id}"
    if incident.merged_into:
        yield "Merged into", f"fermata incidents show {incident.merged_into}"
    if incident.split_from:
        yield "Split from", f"fermata incidents show {incident.split_from}"
    for alert in view.alerts:
        for text in (alert.generator_url, *alert.annotations.values()):
            yield from ((alert.name, address) for address in _ADDRESS.findall(text))
    for entry in view.journal:
        made = (str(entry.event.data.get(key) or "") for key in _LINKED)
        yield from ((entry.event.kind, address) for text in made for address in _ADDRESS.findall(text))
    yield "Like it before", f"fermata incidents similar {incident.id}"
    yield "Post-mortem", f"fermata postmortem show {incident.id}"
