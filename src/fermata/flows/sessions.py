"""Who is at the page: a one-time link or an identity provider, then a session. Only digests of tokens are stored."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from fermata.domain.ids import PersonId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor, Person
from fermata.domain.record import Instant, Record
from fermata.flows.context import FlowContext
from fermata.flows.run_out import forget_run_out
from fermata.kit.digest import compute_bytes_digest
from fermata.kit.errors import NotFoundError
from fermata.kit.redaction import redact_cut
from fermata.ports.store import Transaction

_LINK_VALID = timedelta(minutes=10)
"""A printed link is for now; a longer life would make terminals' scroll-back a way in."""
_SESSION_VALID = timedelta(hours=12)
"""One shift. A person who lost a role is refused at the click all the same: roles are read then, not now."""


class Session(Record):
    """Someone who proved who they are."""

    id: str
    """The cookie's value."""
    person: Person
    csrf: str
    """What forms must carry."""
    expires_at: Instant


class Sessions:
    """Issues links and keeps sessions."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def issue_link_token(self, person_id: PersonId) -> str:
        """Return a token that is good for one login within ten minutes.

        Raises:
            NotFoundError: No such person in the settings.
        """
        if person_id not in self._context.people:
            raise NotFoundError(f"There is no person {person_id!r} in the settings", do="Add them under `people:`")
        token = secrets.token_urlsafe(32)
        now = self._context.clock.now()
        value = {"person": person_id, "expires_at": (now + _LINK_VALID).isoformat()}

        def work(transaction: Transaction) -> None:
            forget_run_out(transaction, "link/", now)
            transaction.flags.put(_name("link", token), value)

        await self._context.store.write(work)
        return token

    async def redeem(self, token: str) -> Session | None:
        """Turn a link token into a session, once; `None` when it is unknown, used or too old."""
        now = self._context.clock.now()

        def work(transaction: Transaction) -> Session | None:
            name = _name("link", token)
            link = transaction.flags.find(name)
            # Removal decides: of two that race for one link, one finds it.
            if link is None or not transaction.flags.remove(name) or now >= datetime.fromisoformat(link["expires_at"]):
                return None
            person = self._context.people.get(PersonId(link["person"]))
            if person is None:
                return None
            actor = Actor(kind="person", id=person.id, channel="page")
            transaction.journal.append(JournalEvent(kind="person.logged_in", actor=actor), now)
            return _open(transaction, person, now)

        return await self._context.store.write(work)

    async def admit(self, channel: str, handle: str) -> Session | None:
        """Open a session for somebody whom another system has authenticated; `None`, journalled, for a stranger.

        Args:
            channel: That system, as `handles` of people name it: `oidc`.
            handle: Who it says they are.
        """
        now = self._context.clock.now()
        person = self._context.find_person(channel, handle)

        def work(transaction: Transaction) -> Session | None:
            if person is None or person.bot:
                data = {"channel": channel, "handle": redact_cut(handle, 200).text}
                actor = Actor(kind="unknown", id=person.id if person else "unknown", channel=channel)
                transaction.journal.append(JournalEvent(kind="person.refused", actor=actor, data=data), now)
                return None
            actor = Actor(kind="person", id=person.id, channel="page")
            event = JournalEvent(kind="person.logged_in", actor=actor, data={"via": channel})
            transaction.journal.append(event, now)
            return _open(transaction, person, now)

        return await self._context.store.write(work)

    async def find(self, session_id: str) -> Session | None:
        """Return a session that is still good, or `None`."""
        now = self._context.clock.now()
        value = await self._context.store.read(lambda transaction: transaction.flags.find(_name("session", session_id)))
        if value is None or now >= datetime.fromisoformat(value["expires_at"]):
            return None
        person = self._context.people.get(PersonId(value["person"]))
        if person is None:
            return None
        expires = datetime.fromisoformat(value["expires_at"])
        return Session(id=session_id, person=person, csrf=value["csrf"], expires_at=expires)

    async def end(self, session_id: str) -> None:
        """Log out."""
        await self._context.store.write(lambda transaction: transaction.flags.remove(_name("session", session_id)))


def _open(transaction: Transaction, person: Person, now: datetime) -> Session:
    session_id, csrf, expires = secrets.token_urlsafe(32), secrets.token_urlsafe(32), now + _SESSION_VALID
    value = {"person": person.id, "csrf": csrf, "expires_at": expires.isoformat()}
    forget_run_out(transaction, "session/", now)
    transaction.flags.put(_name("session", session_id), value)
    return Session(id=session_id, person=person, csrf=csrf, expires_at=expires)


def _name(kind: str, token: str) -> str:
    return f"{kind}/{compute_bytes_digest(token.encode())}"
