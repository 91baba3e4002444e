"""What labels are applied to: the rows that were shown, the lines as they are now, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from fermata.domain.trail import Deploy, Entry, KeyTime, Message, PostmortemDraft, Trail
from fermata.rules.labels.listing import Brief, Item
from fermata.rules.timeline.moments import Moments

_Key = TypeVar("_Key")


class Desk:
    """A draft while labels change it.

    Args:
        draft: As rules made it; it stays as it is.
    """

    def __init__(self, trail: Trail, draft: PostmortemDraft) -> None:
        self.trail = trail
        self.draft = draft
        self.messages: Mapping[str, Message] = {message.id: message for message in trail.messages}
        self.deploys: Mapping[str, Deploy] = {deploy.id: deploy for deploy in trail.deploys}
        self.curves = frozenset(curve.id for curve in trail.curves)
        self.names = frozenset(
            name for handle in {*trail.people, *(message.user for message in trail.messages)} if (name := handle)
        )
        self.people = trail.people
        self.moments = Moments(trail)
        self.items: Mapping[str, Item] = {}
        """Of the brief whose answer is looked at."""
        self.lines: dict[str, Entry] = {}
        """By number: those that were shown or kept, as they are now."""
        self.gone: dict[str, str] = {}
        """By a message's id, why a label took it out."""
        self.dated: set[str] = set()
        """Rows whose minute a label chose."""
        self.foreign: set[str] = set()
        """What labels take for another incident's."""
        self.key_times: dict[str, KeyTime] = dict(draft.key_times)
        self.refused: list[str] = []
        self.applied = 0
        self.rest: dict[int, Entry] = dict(enumerate(draft.entries))
        """Lines that were not shown yet."""
        self.decided: set[str] = set()
        """Rows that a label decided about."""

    def turn_to(self, brief: Brief) -> None:
        """Go back to a brief that was laid out: from here on only its numbers exist."""
        self.items = brief.items

    def lay_out(self, brief: Brief) -> None:
        """Take the rows of a brief: from here on only its numbers exist."""
        self.turn_to(brief)
        for number, item in brief.items.items():
            if item.index is not None:
                self.lines[number] = self.rest.pop(item.index)

    def list_entries(self) -> Iterator[Entry]:
        """Yield the lines as they are now, those that were not shown included."""
        yield from self.rest.values()
        yield from self.lines.values()

    def refuse(self, verb: str, number: str, why: str) -> None:
        """Keep why a label does not stand."""
        self.refused.append(f"{verb} {number}: {why}")

    def take(self, verb: str, number: str) -> Item | None:
        """Return the row of a label that decides about it, or refuse: a row is decided about once."""
        item = self.items.get(number)
        if item is None:
            self.refuse(verb, number, "no such row was shown")
        elif number in self.decided:
            self.refuse(verb, number, "it has another label already")
            item = None
        return item

    def settle(self, number: str) -> None:
        """Note that a label about a row stood."""
        self.decided.add(number)
        self.applied += 1

    def find_message(self, number: str) -> Message | None:
        """Return the message that a row rests on: that of a line's first citation; `None` for records and metrics."""
        item = self.items[number]
        if item.uncertain is not None:
            return item.uncertain.message
        entry = self.lines.get(number)
        return self.messages.get(entry.citations[0]) if entry is not None else None

    def list_sources(self, entry: Entry) -> list[str]:
        """Return the words of what a line that is not measured takes its own from, and who they are of."""
        first = entry.citations[0]
        if (message := self.messages.get(first)) is not None:
            return [message.text, message.user]
        deploy = self.deploys[first]
        return [f"{deploy.service} {deploy.title} {deploy.ref} {deploy.kind}", deploy.author]

    def is_measured(self, entry: Entry) -> bool:
        """Answer whether a line rests on a metric: that is no matter of opinion."""
        return entry.citations[0] in self.curves

    def list_key_citations(self) -> frozenset[str]:
        """Return what the key times are taken from, as they are now."""
        return frozenset(found.citation for found in self.key_times.values())

    def strike(self, number: str, why: str) -> None:
        """Take a line out; what it cites can be taken back."""
        entry = self.lines.pop(number)
        self.gone |= {citation: why for citation in entry.citations if citation in self.messages}
        self.settle(number)

    def take_out(self, citation: str) -> None:
        """Let no line cite a message beside its own any more: it gets one of its own."""
        _forget(self.lines, citation)
        _forget(self.rest, citation)

    def is_persons(self, entry: Entry) -> bool:
        """Answer whether a line is a person's word."""
        message = self.messages.get(entry.citations[0])
        return message is not None and not message.is_bot


def _forget(lines: dict[_Key, Entry], citation: str) -> None:
    for key, entry in lines.items():
        if citation in entry.citations[1:]:
            lines[key] = replace(entry, citations=tuple(name for name in entry.citations if name != citation))
