"""Dropped messages that a person takes back into the timeline. Their word counts, whatever the rules think of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from fermata.domain.trail import Dropped, Entry, Message, MessageKind, PostmortemDraft, Trail
from fermata.rules.timeline.wording import word_line

UNWORDED = "A message that a person took back; it needs words of yours"
"""Where nothing blameless is left of it: the source is cited, the sentence is for people to write."""


def take_back(draft: PostmortemDraft, trail: Trail, ids: Collection[str]) -> PostmortemDraft:
    """Return the draft with a line for each of these messages that no line cites yet.

    It stays among the dropped ones, too, where its box is ticked, and can be unticked. Ids that the trail does not hold
    are left out: a deleted message does not come back.
    """
    cited = {citation for entry in draft.entries for citation in entry.citations}
    wanted = set(ids) - cited
    kept = [message for message in trail.messages if message.id in wanted]
    if not kept:
        return draft
    names = frozenset(name for name in trail.people if len(name) > 1)
    entries = sorted((*draft.entries, *(_write_entry(message, names) for message in kept)), key=lambda one: one.at)
    return replace(draft, entries=tuple(entries))


def list_left_out(draft: PostmortemDraft) -> tuple[Dropped, ...]:
    """Return the messages that are in no line of the timeline."""
    cited = {citation for entry in draft.entries for citation in entry.citations}
    return tuple(item for item in draft.dropped if item.id not in cited)


def _write_entry(message: Message, names: Collection[str]) -> Entry:
    text = word_line(message.text, names) or UNWORDED
    return Entry(message.at, text, (message.user,), (message.id,), MessageKind.OBSERVATION)
