"""The draft as Markdown, from a template that a team can change: every line links to its source at the end."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from string import Template

from fermata.domain.trail import Entry, KeyTime, PostmortemDraft, Status, Trail
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.kit.markdown import write_inline

KEY_TIMES = ("started", "detected", "declared", "mitigated", "resolved")
_MOST_DROPPED = 200
"""Rows of the dropped list in the document; `--json` has them all."""
_FIGURES = (
    ("time to detect", "started", "detected"),
    ("time from detection to declaration", "detected", "declared"),
    ("time to mitigate", "started", "mitigated"),
    ("time to resolve", "started", "resolved"),
)
_UNSAFE = re.compile(r"[^\w.-]")


def write_document(case: str, trail: Trail, draft: PostmortemDraft, template: str | None = None) -> str:
    """Return the draft as Markdown with front matter.

    Args:
        template: Text with `$`-placeholders, named as in the template that is shipped; without it, that one.

    Raises:
        UserError: The template names a placeholder that does not exist, or is malformed.
    """
    text = template if template is not None else (files(__package__) / "template.md").read_text(encoding="utf-8")
    zone, zone_name = _find_zone(trail)
    confirmed = [entry for entry in draft.entries if entry.status is Status.CONFIRMED]
    ruled_out = [entry for entry in draft.entries if entry.status is Status.RULED_OUT]
    values = {
        "case": json.dumps(case),
        "title": json.dumps(trail.title),
        "heading": write_inline(trail.title or case),
        **{name: _write_front(draft.key_times.get(name)) for name in KEY_TIMES},
        "impact": _list(draft.impact, "Nothing that was said or measured tells of it."),
        "key_times": _write_key_times(draft),
        "timeline": _write_timeline(confirmed, zone, zone_name),
        "factors": _list(draft.factors, "None was named."),
        "ruled_out": _list(ruled_out, "Nothing was."),
        "dropped": _write_dropped(trail, draft),
        "sources": _write_sources(trail, draft),
    }
    try:
        return Template(text).substitute(values)
    except (KeyError, ValueError) as error:
        raise UserError(
            "The template cannot be used",
            why=f"{error} is no placeholder that is known",
            do=f"Use {', '.join('$' + name for name in values)}, and $$ for a dollar sign",
        ) from error


def _find_zone(trail: Trail) -> tuple[tzinfo, str]:
    """Return the zone of most people in the channel, and its name."""
    zones = Counter(str(person.zone) for person in trail.people.values() if person.zone is not None)
    if not zones:
        return UTC, "UTC"
    name = max(sorted(zones), key=lambda zone: zones[zone])
    return next(person.zone for person in trail.people.values() if str(person.zone) == name) or UTC, name


def _write_front(found: KeyTime | None) -> str:
    return format_instant(found.at) if found is not None else "null"


def _write_key_times(draft: PostmortemDraft) -> str:
    rows = ["| what | UTC | taken from |", "|---|---|---|"]
    for name in KEY_TIMES:
        found = draft.key_times.get(name)
        told = f"{_clock(found.at)} | {found.why} {_link(found.citation)}" if found else "not told | -"
        rows.append(f"| {name} | {told} |")
    for name, first, last in _FIGURES:
        one, other = draft.key_times.get(first), draft.key_times.get(last)
        if one is not None and other is not None and other.at >= one.at:
            minutes = (other.at - one.at).total_seconds() / 60
            rows.append(f"| {name} | {minutes:.0f} min | {first} to {last} |")
    return "\n".join(rows)


def _write_timeline(entries: Sequence[Entry], zone: tzinfo, zone_name: str) -> str:
    if not entries:
        return "Nothing in the trail tells an event."
    rows = [f"| UTC | {zone_name} | who | what | kind | source |", "|---|---|---|---|---|---|"]
    for entry in entries:
        who = ", ".join(map(write_inline, entry.actors)) or "-"
        local = entry.at.astimezone(zone).strftime("%H:%M:%S")
        what = write_inline(entry.text).replace("|", "\\|")
        rows.append(f"| {_clock(entry.at)} | {local} | {who} | {what} | {entry.kind.value} | {_cite(entry)} |")
    return "\n".join(rows)


def _list(entries: Iterable[Entry], empty: str) -> str:
    lines = [f"- {_clock(entry.at)} {write_inline(entry.text)} {_cite(entry)}" for entry in entries]
    return "\n".join(lines) or empty


def _write_dropped(trail: Trail, draft: PostmortemDraft) -> str:
    kept = len({citation for entry in draft.entries for citation in entry.citations})
    head = f"{kept} sources are kept, {len(draft.dropped)} messages are dropped."
    if not draft.dropped:
        return head
    messages = {message.id: message for message in trail.messages}
    rows = [head, "", "| dropped | UTC | who | why |", "|---|---|---|---|"]
    for item in draft.dropped[:_MOST_DROPPED]:
        message = messages[item.id]
        rows.append(f"| {write_inline(item.id)} | {_clock(message.at)} | {write_inline(message.user)} | {item.why} |")
    if len(draft.dropped) > _MOST_DROPPED:
        rows.append(f"| ... | | | {len(draft.dropped) - _MOST_DROPPED:,} more, all in the JSON output |")
    return "\n".join(rows)


def _write_sources(trail: Trail, draft: PostmortemDraft) -> str:
    entries = (*draft.entries, *draft.impact, *draft.factors)
    cited = {citation for entry in entries for citation in entry.citations}
    cited |= {found.citation for found in draft.key_times.values()}
    told = {
        message.id: f"message of {write_inline(message.user)}, {_day(message.at)}"
        + (f", channel {write_inline(message.channel)}" if message.channel else "")
        for message in trail.messages
    }
    told |= {deploy.id: f"change record, {_day(deploy.at)}" for deploy in trail.deploys}
    told |= {curve.id: f"metric {write_inline(curve.name)}" for curve in trail.curves}
    lines = [f'- <a id="{_anchor(name)}"></a>{write_inline(name)}: {told[name]}' for name in told if name in cited]
    return "\n".join(lines) or "None."


def _cite(entry: Entry) -> str:
    return " ".join(map(_link, entry.citations))


def _link(name: str) -> str:
    return f"[{write_inline(name)}](#{_anchor(name)})"


def _anchor(name: str) -> str:
    return "src-" + _UNSAFE.sub("_", name)


def _clock(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _day(at: datetime) -> str:
    return f"{_clock(at)} UTC"
