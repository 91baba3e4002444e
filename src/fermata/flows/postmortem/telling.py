"""A draft in a few lines, for a chat: when it was, its milestones, what is missing, and where it is read and edited."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from fermata.domain.ids import IncidentId
from fermata.domain.trail import KEY_TIMES, Entry, MessageKind, PostmortemDraft, Status
from fermata.flows.postmortem.keeping import Generated
from fermata.flows.postmortem.sections import make_clock
from fermata.kit.units import format_count

_MOST_LINES = 6
_MOST_BEGINNING = 2
_WEIGHTS = {MessageKind.MILESTONE: 0, MessageKind.ACTION: 1, MessageKind.DECISION: 1}
_MOST_GAPS = 4
_LONGEST = 140
"""Characters of one line: a message of Discord has 2,000."""


def find_page(public_url: str, incident_id: IncidentId) -> str:
    """Return the address of a post-mortem's page; empty where nobody said how people reach the page."""
    return f"{public_url.rstrip('/')}/postmortems/{incident_id}" if public_url else ""


def tell_saved(generated: Generated, public_url: str) -> str:
    """Return what is answered where others read along: that it is there, and nothing that was said in another room."""
    postmortem = generated.postmortem
    where = find_page(public_url, postmortem.incident_id) or f"`fermata postmortem show {postmortem.incident_id}`"
    return (
        f"The post-mortem of {postmortem.incident_id} is drafted, version {_tell_version(generated)}: {where}. "
        "It may quote rooms that not everybody here is in; with the word `share` its first lines are written here."
    )


def tell_generated(generated: Generated, public_url: str, *, is_shared: bool) -> str:
    """Return what is answered to whoever asked for a post-mortem."""
    postmortem, draft = generated.postmortem, generated.drafted.draft
    lines = [
        f"Post-mortem of {postmortem.incident_id} ({generated.told.incident.title}), version {_tell_version(generated)}"
    ]
    lines += [
        _tell_times(draft, goes_on=generated.told.incident.is_live),
        *_tell_lines(draft),
        *_tell_gaps(postmortem.gaps),
    ]
    if generated.merged is not None:
        count = len(generated.merged.conflicts)
        stays = f"{count} of them where the draft says something else now" if count else "none of them in its way"
        lines.append(f"What people wrote stays, {stays}.")
    page = find_page(public_url, postmortem.incident_id)
    show = f"`fermata postmortem show {postmortem.incident_id}`"
    edit = f"`fermata postmortem edit {postmortem.incident_id}`"
    lines.append(f"Read and edit it: {page}" if page else f"Read it: {show}. Edit it: {edit}.")
    if not is_shared:
        lines.append("Only you see this. With the word `share` the room sees it.")
    return "\n".join(filter(None, lines))


def _tell_version(generated: Generated) -> str:
    return f"{generated.postmortem.version}{'' if generated.is_new else ' (nothing is new since)'}"


def _tell_times(draft: PostmortemDraft, *, goes_on: bool) -> str:
    known = [(name, found.at) for name in KEY_TIMES if (found := draft.key_times.get(name)) is not None]
    if not known:
        return "Nothing tells when it began or ended."
    unknown = [name for name in KEY_TIMES if name not in draft.key_times]
    first = known[0][1]
    told = ", ".join(f"{name} {_write_time(at, None if at is first else first)}" for name, at in known)
    state = " It still goes on." if goes_on and "resolved" in unknown else ""
    return f"{told[0].upper()}{told[1:]} (UTC).{state}" + (f" Not told: {', '.join(unknown)}." if unknown else "")


def choose_lines(entries: Sequence[Entry], most: int) -> Sequence[Entry]:
    """Return the lines that tell most, in the order of their time: how it began, milestones, what was done and decided.

    Of equal ones those nearest to the beginning and to the end.
    """
    count = len(entries)

    def weigh(at: int) -> tuple[int, int, int]:
        weight = 0 if at < _MOST_BEGINNING else _WEIGHTS.get(entries[at].kind, 2)
        return weight, min(at, count - 1 - at), at

    return [entries[at] for at in sorted(sorted(range(count), key=weigh)[:most])]


def _tell_lines(draft: PostmortemDraft) -> Iterator[str]:
    told = [entry for entry in draft.entries if entry.status is Status.CONFIRMED]
    chosen = choose_lines(told, _MOST_LINES)
    clock = make_clock(entry.at for entry in chosen)
    for entry in chosen:
        yield f"  {_write_line(entry, clock)}"
    rest = [format_count(len(told) - _MOST_LINES, "more line")] if len(told) > _MOST_LINES else []
    if draft.dropped:
        are = "is" if len(draft.dropped) == 1 else "are"
        rest.append(f"{format_count(len(draft.dropped), 'message')} {are} in no line and can be taken back")
    if rest:
        yield f"  ... {'; '.join(rest)}"


def _tell_gaps(gaps: tuple[str, ...]) -> Iterator[str]:
    for gap in gaps[:_MOST_GAPS]:
        yield f"Missing: {_cut(gap)}"
    if len(gaps) > _MOST_GAPS:
        yield f"Missing: {len(gaps) - _MOST_GAPS} more, all in the document"


def _write_line(entry: Entry, clock: Callable[[datetime], str]) -> str:
    who = f"{', '.join(entry.actors)}: " if entry.actors else ""
    return _cut(f"{clock(entry.at)} {who}{entry.text}")


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _write_time(at: datetime, first: datetime | None) -> str:
    moment = at.astimezone(UTC)
    is_same_day = first is not None and first.astimezone(UTC).date() == moment.date()
    return f"{moment:%H:%M}" if is_same_day else f"{moment:%Y-%m-%d %H:%M}"
