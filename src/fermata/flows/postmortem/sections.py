"""The sections of a draft's document, each as Markdown. What comes from outside is text in them, never markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from fermata.domain.trail import Dropped, Entry, KeyTime, Message, MessageKind, PostmortemDraft, Trail
from fermata.flows.postmortem.drawings import Drawing
from fermata.flows.postmortem.figures import Figure, is_same_sign
from fermata.kit import markdown
from fermata.kit.digest import compute_bytes_digest, shorten
from fermata.kit.markdown import write_anchor
from fermata.kit.units import format_duration
from fermata.rules.kept import list_left_out
from fermata.rules.ticks import BoxKind, write_mark

_MOST_DROPPED = 200
"""Rows of the list of what is left out; `--dropped`, the page and `--json` have them all."""
_SAYS_NOTHING = frozenset((
    "an acknowledgement", "it tells no event", "said again by somebody else at another time: no news",
    "it holds only a quote, code or nothing",
))  # fmt: skip
"""Reasons for which a message gives up its row where there are too many: nobody looks for an event in it."""
_MEASURE = r"~?\(?[+-]?(?!\d{7})\d[\d.,:/%-]*(?:e[+-]?\d+)?(?:/[a-z]{1,3})?\)?[.,;:]*|\.\.\."
_NUMBERS = re.compile(rf"`((?:{_MEASURE})(?: (?:{_MEASURE}))*)`")
"""Clock times, shares and ranges, in code alone: no forge reads more into them, and people read them faster."""


class SourceKind(StrEnum):
    """What a line can be taken from, as it is kept beside a draft."""

    MESSAGE = "message"
    DEPLOY = "deploy"
    METRIC = "metric"


def name_kind(kind: str) -> str:
    """Return the word that a link to a source of this kind reads: to people a deployment is a change."""
    return "change" if kind == SourceKind.DEPLOY else kind


def name_kinds(trail: Trail) -> dict[str, str]:
    """Return by id the word that a link to each message, deploy and curve of a trail reads."""
    parts = (
        (SourceKind.MESSAGE, trail.messages),
        (SourceKind.DEPLOY, trail.deploys),
        (SourceKind.METRIC, trail.curves),
    )
    return {item.id: name_kind(kind) for kind, items in parts for item in items}


@dataclass(frozen=True, slots=True)
class Sources:
    """How a document names and links what it cites."""

    kinds: Mapping[str, str]
    """By citation, the word that its link reads: `message`, `change`, `metric`."""
    links: Mapping[str, str] = field(default_factory=dict)
    """By citation, a link that opens it where it was said or done."""

    def cite(self, citations: Iterable[str]) -> str:
        """Return the links of a line."""
        return " ".join(f"[{self.kinds.get(name, 'source')}]({self._find_target(name)})" for name in citations)

    def find_link(self, name: str) -> str:
        """Return a link that opens a source outside of the document; empty when none is known, or it is no address."""
        return markdown.write_address(self.links.get(name, ""))

    def _find_target(self, name: str) -> str:
        return self.find_link(name) or f"#{write_anchor(name)}"


def write_inline(text: str) -> str:
    """Return text from outside for the middle of a line; a clock time stays as plain as the words around it."""
    return _NUMBERS.sub(r"\1", markdown.write_inline(text))


def make_clock(moments: Iterable[datetime], zone: tzinfo = UTC) -> Callable[[datetime], str]:
    """Return what writes a moment: the time alone where all of them are of one day.

    Where the zone's offset changes between them it is written, too: when summer time ends an hour comes twice.
    """
    here = [moment.astimezone(zone) for moment in moments]
    shape = "%H:%M:%S" if len({moment.date() for moment in here}) <= 1 else "%m-%d %H:%M:%S"
    shape += " %z" if len({moment.utcoffset() for moment in here}) > 1 else ""
    return lambda moment: moment.astimezone(zone).strftime(shape)


def write_summary(moments: Mapping[str, KeyTime]) -> str:
    """Return when it was and how long it took, in a sentence; empty when nobody tells when it began."""
    start = moments.get("started")
    if start is None:
        return ""
    told = [f"Began {start.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"]
    for name in ("detected", "mitigated", "resolved"):
        found = moments.get(name)
        if found is not None and found.at >= start.at and not is_same_sign(start, found):
            told.append(f"{name} {_write_span(found.at - start.at, 'after ')}")
    return f"**{', '.join(told)}.**"


def _write_span(span: timedelta, before: str = "") -> str:
    return f"{before}{format_duration(span)}" if span else "at once"


def write_key_times(moments: Mapping[str, KeyTime], names: Sequence[str], sources: Sources) -> str:
    """Return the table of the key times; one that nobody told is said to be that."""
    replaced = [found.corrects for found in moments.values() if found.corrects is not None]
    clock = make_clock(found.at for found in (*moments.values(), *replaced))
    start = moments.get("started")
    day = min((found.at for found in moments.values()), default=None)
    rows = [f"| key time | UTC{f', {day.astimezone(UTC):%Y-%m-%d}' if day else ''} | taken from |", "|---|---|---|"]
    for name in dict.fromkeys((*moments, *names)):
        found = moments.get(name)
        told = f"{clock(found.at)} | {_write_why(found, start, clock, sources)}" if found else "not told | "
        rows.append(f"| {name} | {told} |")
    return "\n".join(rows)


def _write_why(found: KeyTime, start: KeyTime | None, clock: Callable[[datetime], str], sources: Sources) -> str:
    """Return what a key time is taken from; of a corrected one that it is a person's, and what the rules had."""
    if not found.is_corrected:
        return f"{write_inline(found.why)} {sources.cite((found.citation,))}"
    is_early = start is not None and found.at < start.at
    parts = [found.why, "it lies before the start, so that no figure counts it" if is_early else ""]
    told = "; ".join(filter(None, parts))
    old = found.corrects
    return f"{told}; by the rules {clock(old.at)}, {_write_why(old, None, clock, sources)}" if old else told


def write_figures(figures: Sequence[Figure]) -> str:
    """Return the table of durations, each with what it is measured from; empty when there is none."""
    if not figures:
        return ""
    rows = ["| figure | this time | measured from | counts into |", "|---|---|---|---|"]
    return "\n".join([*rows, *map(_write_figure, figures)])


def _write_figure(figure: Figure) -> str:
    start, end = (found.at.astimezone(UTC).strftime("%H:%M:%S") for found in (figure.start, figure.end))
    measured = f"started {start} to {figure.end_name} {end}"
    return f"| {figure.name} | {_write_span(figure.span)} | {measured} | {figure.mean} |"


def write_timeline(entries: Sequence[Entry], zone: tzinfo, zone_name: str, sources: Sources) -> str:
    """Return the table of what happened; milestones stand out."""
    if not entries:
        return "Nothing in the trail tells an event."
    moments = [entry.at for entry in entries]
    clock, local = make_clock(moments), make_clock(moments, zone)
    day = f", {min(moments).astimezone(UTC):%Y-%m-%d}"
    is_local = zone_name != "UTC"
    rows = [
        f"| UTC{day} |{f' {zone_name} |' if is_local else ''} who | what | source |",
        f"|---|{'---|' if is_local else ''}---|---|---|",
    ]
    for entry in entries:
        who = ", ".join(map(_write_cell, entry.actors)) or "-"
        what = _write_cell(entry.text)
        what = f"**{what}**" if entry.kind is MessageKind.MILESTONE and not what.startswith("`") else what
        here = f" {local(entry.at)} |" if is_local else ""
        rows.append(f"| {clock(entry.at)} |{here} {who} | {what} | {sources.cite(entry.citations)} |")
    return "\n".join(rows)


def write_list(entries: Sequence[Entry], empty: str, sources: Sources) -> str:
    """Return lines with their time and their sources, or a sentence that there is none."""
    clock = make_clock(entry.at for entry in entries)
    lines = [f"- {clock(entry.at)} {write_inline(entry.text)} {sources.cite(entry.citations)}" for entry in entries]
    return "\n".join(lines) or empty


def write_plots(drawings: Sequence[Drawing], sources: Sources, *, has_files: bool) -> str:
    """Return the drawings with what they show in words and the query of each; without files, the words alone."""
    return "\n\n".join(_write_plot(drawing, sources, has_files=has_files) for drawing in drawings)


def _write_plot(drawing: Drawing, sources: Sources, *, has_files: bool) -> str:
    name = write_inline(drawing.curve.name or drawing.curve.id)
    summary = drawing.plot.lines[0].summary
    query = f" Asked: {write_inline(drawing.curve.query)}." if drawing.curve.query else ""
    told = f"{name}: {write_inline(summary)} UTC.{query} {sources.cite((drawing.curve.id,))}"
    return f"![{name.replace('`', '')}]({drawing.path})\n\n{told}" if has_files else f"- {told}"


def write_actions(actions: Sequence[Entry], sources: Sources, ticks: Mapping[str, str]) -> str:
    """Return the candidates with a box each; one that is a ticket already links to it."""
    lines = []
    seen: set[str] = set()
    for entry in actions:
        # What one message lists are several items: each is known by its words, too, but for the first.
        source = entry.citations[0]
        name = source if source not in seen else f"{source}+{shorten(compute_bytes_digest(entry.text.encode()))}"
        seen.add(source)
        ticket = write_ticket(ticks.get(name, ""))
        role = "" if entry.kind is MessageKind.ACTION else "named by "
        who = f" ({role}{', '.join(map(write_inline, entry.actors))})" if entry.actors else ""
        box = "x" if name in ticks else " "
        words = [f"- [{box}] {write_inline(entry.text)}{who}", sources.cite(entry.citations), ticket]
        lines.append(" ".join(filter(None, [*words, write_mark(BoxKind.ACTION, name)])))
    return "\n".join(lines) or "The rules found none in the talk."


def write_ticket(url: str) -> str:
    """Return a link to a ticket, or nothing when there is no address of one."""
    link = Sources({}, {"": url}).find_link("")
    return f"[ticket]({link})" if link else ""


def write_dropped(trail: Trail, draft: PostmortemDraft, sources: Sources) -> str:
    """Return the messages that no line cites, each with a box that takes it back, folded away.

    They are named and not quoted: the document goes to people who were not in the channel, and what no rule could place
    may be a guess, another incident, or somebody's bad minute. Whoever edits reads them on the page, or lists them.
    """
    cited = {citation for entry in draft.entries for citation in entry.citations}
    left_out = len(list_left_out(draft))
    head = f"{_count(len(cited), 'source')} in the timeline, {_count(left_out, 'message')} not."
    if not draft.dropped:
        return head
    messages = {message.id: message for message in trail.messages}
    # What a person took back is never cut off: its tick is all that says so in a file.
    worth = sorted(draft.dropped, key=lambda item: (item.id not in cited, item.why in _SAYS_NOTHING))
    names = {item.id for at, item in enumerate(worth) if at < _MOST_DROPPED or item.id in cited}
    listed = [item for item in draft.dropped if item.id in names]
    shown = [(item, messages[item.id]) for item in listed]
    clock = make_clock(message.at for _, message in shown)
    lines = []
    for item, message in shown:
        words = _write_dropped_words(item, message, clock, sources)
        mark = write_mark(BoxKind.KEEP, item.id)
        box = f"- [{'x' if item.id in cited else ' '}]" if mark else "-"
        lines.append(" ".join(filter(None, [box, words, mark])))
    if len(draft.dropped) > len(listed):
        lines.append(f"- {len(draft.dropped) - len(listed):,} more have no box here: `--dropped` lists them all")
    how = "Tick one and draft again: it comes into the timeline."
    return "\n".join([f"<details>\n<summary>{head} {how}</summary>\n", *lines, "\n</details>"])


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun} is" if number == 1 else f"{number:,} {noun}s are"


def _write_dropped_words(item: Dropped, message: Message, clock: Callable[[datetime], str], sources: Sources) -> str:
    why = shorten_reason(item.why)
    link = sources.find_link(item.id)
    when = f"[{clock(message.at)}]({link})" if link else clock(message.at)
    return f"{when} {write_inline(message.user)} *({why})*"


def shorten_reason(why: str) -> str:
    """Return why a message has no line, in a few words: the rules name every way in which it can end so."""
    return "no line of its own" if "," in why and "taken back" not in why else why


def write_sources(trail: Trail, cited: frozenset[str], sources: Sources) -> str:
    """Return who said or did what is cited, and when, with the link that opens it, folded away."""
    # Of a hundred thousand messages a few dozen are cited.
    messages = [message for message in trail.messages if message.id in cited]
    deploys = [deploy for deploy in trail.deploys if deploy.id in cited]
    places = {message.channel for message in messages if message.channel}
    clock = make_clock([message.at for message in messages] + [deploy.at for deploy in deploys])
    told: dict[str, str] = {}
    for message in messages:
        place = f" in {write_inline(message.channel)}" if message.channel and len(places) > 1 else ""
        told[message.id] = f"{write_inline(message.user)}, {clock(message.at)}{place}"
    told |= {deploy.id: f"change record, {clock(deploy.at)}" for deploy in deploys}
    told |= {curve.id: f"metric {write_inline(curve.name)}" for curve in trail.curves if curve.id in cited}
    lines = []
    for name, text in told.items():
        link = sources.find_link(name)
        shown = f"[{text}]({link})" if link else f"{write_inline(name)}: {text}"
        lines.append(f'- <a id="{write_anchor(name)}"></a>{shown}')
    if not lines:
        return "None."
    head = f"{len(lines)} source{'s' if len(lines) != 1 else ''}"
    return "\n".join([f"<details>\n<summary>{head}</summary>\n", *lines, "\n</details>"])


def write_notes(head: str, notes: Sequence[str]) -> str:
    """Return a short list under a word of its own; empty without notes."""
    return "\n".join([f"**{head}**\n", *(f"- {write_inline(note)}" for note in notes)]) if notes else ""


def _write_cell(text: str) -> str:
    return write_inline(text).replace("|", "\\|")
