"""What every observer has to keep to, as tests: subclass, give one of Slack's room C1, and pytest collects the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.ports.observer import Observer
from fermata.testing.requiring import require

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def make_heard(text: str = "checkout is down", *, edited: int | None = None) -> HeardMessage:
    """Return a message of noon, edited so many minutes later."""
    edited_at = None if edited is None else NOON + edited * MINUTE
    return HeardMessage(platform="slack", room="C1", id="1.0", at=NOON, user="U1", text=text, edited_at=edited_at)


class ObserverContract:
    """The suite. A subclass is named `Test...`, so that pytest collects it."""

    @abstractmethod
    def make_observer(self) -> Observer:
        """Return an observer of room C1 of Slack that has heard nothing."""

    @abstractmethod
    def list_kept(self, observer: Observer) -> Sequence[HeardMessage]:
        """Return what is kept of that room, with reactions and pins."""

    def test_only_its_rooms_are_wanted(self) -> None:
        """Everything else is dropped by whoever listens."""
        observer = self.make_observer()

        require(observer.wants("slack", "C1") and not observer.wants("slack", "C2"), "it wants other rooms")

    async def test_message_is_kept_once_in_its_youngest_form(self) -> None:
        """Services deliver twice, and out of order."""
        observer = self.make_observer()

        for message in (
            make_heard("b", edited=1),
            make_heard("a"),
            make_heard("c", edited=2),
            make_heard("b", edited=1),
        ):
            await observer.hear(message)
            await observer.hear(message)

        require([message.text for message in self.list_kept(observer)] == ["c"], "another form is kept")

    async def test_deleted_message_stays_deleted(self) -> None:
        """Whether the deletion comes first, between or last."""
        observer = self.make_observer()

        for _ in range(2):
            await observer.forget("slack", "C1", "1.0", NOON + MINUTE)
            await observer.hear(make_heard())
            await observer.hear(make_heard("changed", edited=3))

        require(not self.list_kept(observer), "it came back")

    async def test_reactions_are_counted_by_person_and_taken_away(self) -> None:
        """One that comes twice counts once; one that was taken away does not count."""
        observer = self.make_observer()
        await observer.hear(make_heard())

        for user in ("U1", "U2", "U1"):
            await observer.react("slack", "C1", "1.0", name="eyes", user=user, present=True)
        await observer.react("slack", "C1", "1.0", name="+1", user="U1", present=True)
        for _ in range(2):
            await observer.react("slack", "C1", "1.0", name="+1", user="U1", present=False)

        require(dict(self.list_kept(observer)[0].reactions) == {"eyes": 2}, "the reactions are others")

    async def test_reactions_and_pins_outlast_an_edit(self) -> None:
        """An edit says nothing of them."""
        observer = self.make_observer()
        await observer.hear(make_heard())
        await observer.react("slack", "C1", "1.0", name="eyes", user="U1", present=True)
        await observer.pin("slack", "C1", "1.0", present=True)

        await observer.hear(make_heard("changed", edited=1))
        kept = self.list_kept(observer)[0]
        await observer.pin("slack", "C1", "1.0", present=False)

        require((kept.text, dict(kept.reactions), kept.is_pinned) == ("changed", {"eyes": 1}, True), "one is lost")
        require(not self.list_kept(observer)[0].is_pinned, "it is still pinned")

    async def test_what_is_said_of_unknown_messages_costs_nothing(self) -> None:
        """They were written before anybody listened, or are gone."""
        observer = self.make_observer()

        await observer.react("slack", "C1", "9.0", name="eyes", user="U1", present=True)
        await observer.pin("slack", "C1", "9.0", present=True)
        await observer.meet(HeardPerson(platform="slack", user="U1", name="ana"))

        require(not self.list_kept(observer), "something is kept")
