"""Where people are: cards out; and, of channels that listen, clicks and commands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

from fermata.domain.card import Card
from fermata.domain.record import Record
from fermata.ports.desk import Desk


class Channel(Protocol):
    """Shows cards to people.

    Contract: shows the card whole or not at all; redaction has run before. Delivering the same key to the same room
    again changes the message that is there (find-or-post, also when the receipt was lost) where the channel can do
    that; `docs/channels.md` says where it cannot. A section marked `detail` may stand in a thread below the message.
    """

    @property
    def name(self) -> str:
        """Return the channel's name as handles in the settings use it."""
        ...

    async def deliver(self, card: Card, *, key: str, receipt: str | None, room: str = "") -> str:
        """Show the card and return a receipt to update it by.

        Args:
            key: One per incident: how the message is found again.
            receipt: What an earlier delivery of this key to this room returned; `None` at first.
            room: Where in the channel (a chat room, a repository); empty for the one in the channel's settings.

        Raises:
            OperationalError: The channel is not reachable; the outbox tries again later.
        """
        ...


class Listener(Protocol):
    """A channel's ear: takes clicks and commands in and hands them to the desk."""

    async def listen(self, desk: Desk) -> None:
        """Listen until cancelled, reconnecting by itself after whatever passes by itself.

        A click is answered to whoever made it, also when it does not count. It is acknowledged to the service only
        after the desk has taken it, or when the service's own deadline is near: what was acknowledged and not taken
        would be lost.

        Raises:
            FermataError: Something a person must mend (a revoked token, a missing scope). The house tells them, and
                listens again later.
        """
        ...


@runtime_checkable
class ChecksConnection(Protocol):
    """A listener that can tell whether it hears anything now: it reconnects by itself, and may be at it."""

    @property
    def is_connected(self) -> bool:
        """Answer whether the service would reach it at this moment. Asked by the metrics; does no I/O."""
        ...


@runtime_checkable
class NamesRooms(Protocol):
    """A channel that shows cards in the rooms of its settings only, because it hears nobody in any other."""

    def list_rooms(self) -> Sequence[str]:
        """Return the rooms that get cards."""
        ...


@runtime_checkable
class Renewed(Protocol):
    """A channel whose messages others may change, close or take away: an issue on a forge."""

    @property
    def renew_every(self) -> timedelta:
        """Return how often the card of a plan that waits is delivered again, unchanged, which puts it right."""
        ...


class WebhookReply(Record):
    """What an HTTP caller gets."""

    status: int = 200
    body: str = ""
    content_type: str = "application/json"


class Webhook(Protocol):
    """Takes a service's HTTP requests in, at `POST /v1/hooks/<name>`. The body is bounded before it comes here."""

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        ...

    async def receive(self, headers: Mapping[str, str], body: bytes, desk: Desk) -> WebhookReply:
        """Prove the sender, do what is asked, answer. A request without a valid proof is answered 401, never raised.

        Args:
            headers: Names in lower case.
        """
        ...


class Directory(Protocol):
    """Tells which groups somebody is in now (Slack user groups, GitHub teams), and whether they may still decide.

    Asked on the house's own event loop, as the channel and the listener are, for at most two seconds, and cancelled
    then.
    """

    async def list_groups(self, handle: str) -> Sequence[str]:
        """Return the ids of the groups of one handle, asked for now (a cache lives at most a minute).

        Raises:
            OperationalError: It cannot be known; nobody gains a role by that.
        """
        ...

    async def find_bar(self, handle: str) -> str:
        """Return why the channel lets the account of one handle decide nothing now; empty: it may.

        Asked before what somebody approved a while ago is executed (a cache lives at most a minute): accounts are
        deactivated, and lose their rights.

        Raises:
            OperationalError: It cannot be known; nobody counts by that.
        """
        ...


@runtime_checkable
class CountsByRoom(Protocol):
    """A directory whose accounts belong to several places, of which only those with a room for cards count."""

    def attach_rooms(self, rooms: Sequence[str]) -> None:
        """Take the rooms that the settings send cards to, besides the channel's own. Called once, at first."""
        ...
