"""What labels are applied to: the rows that were shown, the lines as they are now, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fermata.domain.trail import Deploy, Entry, Message, PostmortemDraft, Trail
from fermata.rules.labels.listing import Brief, Item
from fermata.rules.timeline.moments import Moments


class Desk:
    """A draft while labels change it.

    Args:
        draft: As rules made it; it stays as it is.
    """

    def __init__(self, trail: Trail, draft: PostmortemDraft) -> None:
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
        self.refused: list[str] = []
        self.applied = 0
        self._shown: set[int] = set()
        self._used: set[str] = set()

    def lay_out(self, brief: Brief) -> None:
        """Take the rows of a brief: from here on only its numbers exist."""
        self.items = brief.items
        for number, item in brief.items.items():
            if item.index is not None:
                self._shown.add(item.index)
                self.lines[number] = self.draft.entries[item.index]

    def list_entries(self) -> Iterator[Entry]:
        """Yield the lines as they are now, those that were not shown included."""
        yield from (entry for index, entry in enumerate(self.draft.entries) if index not in self._shown)
        yield from self.lines.values()

    def refuse(self, verb: str, number: str, why: str) -> None:
        """Keep why a label does not stand."""
        self.refused.append(f"{verb} {number}: {why}")

    def take(self, verb: str, number: str) -> Item | None:
        """Return the row of a label that decides about it, or refuse: a row is decided about once."""
        item = self.items.get(number)
        if item is None:
            self.refuse(verb, number, "no such row was shown")
        elif number in self._used:
            self.refuse(verb, number, "it has another label already")
            item = None
        return item

    def settle(self, number: str) -> None:
        """Note that a label about a row stood."""
        self._used.add(number)
        self.applied += 1

    def find_message(self, number: str) -> Message | None:
        """Return the message that a row rests on: that of a line's first citation; `None` for records and metrics."""
        item = self.items[number]
        if item.uncertain is not None:
            return item.uncertain.message
        entry = self.lines.get(number)
        return self.messages.get(entry.citations[0]) if entry is not None else None

    def list_sources(self, entry: Entry, most: int | None = None) -> list[str]:
        """Return the words of what a line cites, and who they are of.

        Args:
            most: Only of its first citations.
        """
        found = []
        for citation in entry.citations[:most]:
            if (message := self.messages.get(citation)) is not None:
                found += [message.text, message.user]
            elif (deploy := self.deploys.get(citation)) is not None:
                found += [f"{deploy.service} {deploy.title} {deploy.ref} {deploy.kind}", deploy.author]
        return found

    def is_measured(self, entry: Entry) -> bool:
        """Answer whether a line rests on a metric: that is no matter of opinion."""
        return entry.citations[0] in self.curves

    def list_key_citations(self) -> frozenset[str]:
        """Return what the key times of the rules are taken from."""
        return frozenset(found.citation for found in self.draft.key_times.values())
