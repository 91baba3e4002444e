"""The rows of the paper trail: what was heard, what must be forgotten, and the post-mortems that came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.ids import IncidentId
from fermata.domain.postmortem import Postmortem


@dataclass(frozen=True, slots=True)
class ForgottenLine:
    """A line that is no longer said, as the digest that the observer computes."""

    digest: str
    is_deleted: bool
    """The whole message was deleted; otherwise its author changed this line."""


class TrailRows(Protocol):
    """What the observer heard. Deletions win over everything, whatever comes later."""

    def hear(self, messages: Sequence[HeardMessage]) -> Sequence[tuple[HeardMessage, HeardMessage]]:
        """Keep messages, each in its youngest form; those that were deleted are left out.

        A form as young as the one that is kept replaces it unless it is the same, but a form without `edited_at` never
        replaces one with it. Reactions and pins that are known stay.

        Returns:
            Each form that was replaced with the one that replaced it, for whoever must forget lines.
        """
        ...

    def forget(self, platform: str, room: str, message_id: str, at: datetime) -> HeardMessage | None:
        """Remove a message with its reactions for good, and remember that it was deleted.

        Returns:
            What was kept of it, or `None`.
        """
        ...

    def forget_lines(self, platform: str, room: str, lines: Collection[ForgottenLine], at: datetime) -> None:
        """Remember lines that are no longer said. A deleted one stays a deleted one."""
        ...

    def react(self, key: str, *, name: str, user: str, present: bool, at: datetime) -> None:
        """Note that somebody's reaction to a message is there, or is no longer. The message may come later."""
        ...

    def pin(self, key: str, *, present: bool) -> None:
        """Note that a message is pinned, or no longer. One that is not kept is left alone."""
        ...

    def meet(self, people: Sequence[HeardPerson], at: datetime) -> None:
        """Keep who they are; the last word counts."""
        ...

    def list_messages(
        self, platform: str, rooms: Sequence[str], start: datetime, end: datetime, limit: int = 200_000
    ) -> Sequence[HeardMessage]:
        """Return what was said in rooms from `start` to `end`, both included, in the order of time, with reactions."""
        ...

    def list_people(self, platform: str, users: Collection[str]) -> Sequence[HeardPerson]:
        """Return who these are, by id; unknown ones are left out."""
        ...

    def list_forgotten(self, keys: Collection[str]) -> frozenset[str]:
        """Return those of these keys (`HeardMessage.key`) that were deleted."""
        ...

    def list_forgotten_lines(self, platform: str, rooms: Sequence[str]) -> Mapping[str, bool]:
        """Return the digests of lines that are no longer said in rooms -> whether they were deleted."""
        ...

    def sweep_rooms(self, kept: Collection[tuple[str, str]], limit: int) -> int:
        """Remove what was said in other rooms than these (platform, room), at most so many rows; return how many."""
        ...

    def has_older(self, before: datetime) -> bool:
        """Answer whether `sweep` would remove anything."""
        ...

    def sweep(self, before: datetime, limit: int) -> int:
        """Remove what was said, or was deleted, before an instant: at most so many rows of each kind.

        Returns:
            How many rows were removed; 0 when nothing is left to remove.
        """
        ...


class PostmortemRows(Protocol):
    """Post-mortems, one for each incident."""

    def find(self, incident_id: IncidentId) -> Postmortem | None:
        """Return an incident's post-mortem, or `None`."""
        ...

    def save(self, postmortem: Postmortem) -> bool:
        """Save the version that follows the one that is stored; version 1 is new.

        Returns:
            False when somebody else saved meanwhile: nothing was changed.
        """
        ...

    def list_citing(self, keys: Collection[str], limit: int = 100) -> Sequence[IncidentId]:
        """Return the incidents whose post-mortem holds one of these messages' keys. Reads every row: not often."""
        ...

    def list_recent(self, limit: int = 50, offset: int = 0) -> Sequence[Postmortem]:
        """Return post-mortems, the one that changed last at the front."""
        ...
