"""Who somebody at a channel is: by the handles in the settings, then by a link that was made with a one-time code."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.ids import PersonId
from fermata.domain.journal import JournalEvent
from fermata.domain.person import Actor, Person
from fermata.domain.record import Record
from fermata.flows.context import FlowContext
from fermata.flows.run_out import forget_run_out
from fermata.kit.digest import compute_bytes_digest
from fermata.kit.errors import NotFoundError, UserError
from fermata.kit.redaction import redact_cut
from fermata.ports.desk import Guest
from fermata.ports.store import Transaction

PAGE = "page"
"""The page's channel: its sessions name the person, so that the handle is the person's id."""
_CODE_VALID = timedelta(minutes=10)
"""A code is for now, as a link to the page is."""
_CODE_LENGTH = 10
_CODES = "link-code/"
# Crockford's base 32, as in ids: read aloud without doubt. 50 bits, tried once a second, hold ten minutes easily.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WORD = re.compile(r"[\w-]+")
_MOST_WORDS = 20
"""In which a code is looked for: whoever pastes one does not write more."""
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": ""})


class Handle(Record):
    """One name of a person in one channel."""

    channel: str
    handle: str


class Linked(Record):
    """What came of a code."""

    person: Person | None
    """`None`: the code links nothing."""
    text: str


def name_guest(guest: Guest, person: Person | None) -> Actor:
    """Return the one at the counter as the journal calls them."""
    if person is None:
        return Actor(kind="unknown", id=redact_cut(guest.handle, 80).text, channel=guest.channel)
    return Actor(kind="person", id=person.id, channel=guest.channel)


async def find_person(context: FlowContext, channel: str, handle: str) -> Person | None:
    """Return the person behind a handle, or `None`. One who has left the settings is nobody, linked or not."""
    known = _find_configured(context, channel, handle)
    return known or await context.store.read(lambda transaction: read_person(transaction, context, channel, handle))


def read_person(transaction: Transaction, context: FlowContext, channel: str, handle: str) -> Person | None:
    """Return the person behind a handle as of this transaction. As `find_person`."""
    known = _find_configured(context, channel, handle)
    if known is not None:
        return known
    link = transaction.flags.find(_name_link(channel, handle))
    return context.people.get(PersonId(link["person"])) if link else None


async def list_handles(context: FlowContext, person: Person) -> Sequence[Handle]:
    """Return a person's names in all channels: those of the settings and those that were linked."""
    named = [Handle(channel=channel, handle=handle) for channel, handle in person.handles.items()]
    links = await context.store.read(lambda transaction: transaction.flags.list_named(_LINK))
    linked = [Handle.from_json(link["handle"]) for _, link in links if link["person"] == person.id]
    return list(dict.fromkeys((*named, *linked)))


class Links:
    """Makes and removes links between people and handles."""

    def __init__(self, context: FlowContext) -> None:
        self._context = context

    async def issue_code(self, person_id: PersonId, channel: str, account: str = "") -> str:
        """Return a code that links whoever enters it in the channel to a person: once, within ten minutes.

        Args:
            account: The only one that may enter it: its name there, or its handle. Empty where nobody reads along.

        Raises:
            NotFoundError: No such person, or no such channel, in the settings.
        """
        context, now = self._context, self._context.clock.now()
        if person_id not in context.people:
            raise NotFoundError(f"There is no person {person_id!r} in the settings", do="Add them under `people:`")
        if channel not in context.channels:
            known = ", ".join(sorted(context.channels)) or "none"
            raise NotFoundError(
                f"There is no channel {channel!r}", why=f"Configured are: {known}", do="Name one of them"
            )
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        value = {
            "person": person_id,
            "channel": channel,
            "account": account.strip().removeprefix("@"),
            "expires_at": (now + _CODE_VALID).isoformat(),
        }

        def work(transaction: Transaction) -> None:
            forget_run_out(transaction, _CODES, now)
            transaction.flags.put(_name_code(code), value)

        await context.store.write(work)
        return code

    async def holds_code(self, text: str) -> bool:
        """Answer whether a word of a text is a code that nobody has entered yet."""
        names = [_name_code(word) for word in _WORD.findall(text)[:_MOST_WORDS]]
        return await self._context.store.read(
            lambda transaction: any(transaction.flags.find(name) is not None for name in names)
        )

    async def redeem(self, guest: Guest, code: str) -> Linked:
        """Link a guest to the person whose code it is. A handle that a person has in the settings is never moved.

        Where others read along, a code lies open from the moment it is written until Fermata reads it, and whoever may
        edit or delete that comment could enter it first: there it has to be made for one account.
        """
        now = self._context.clock.now()
        return await self._context.store.write(lambda transaction: self._redeem(transaction, guest, code, now))

    def _redeem(self, transaction: Transaction, guest: Guest, code: str, now: datetime) -> Linked:
        context = self._context
        name = _name_code(code)
        known = transaction.flags.find(name)
        if known is not None and (account := known.get("account")) and not _is_account(guest, account):
            return Linked(person=None, text="That code links nothing here: it was made for another account.")
        # Removal decides: of two who enter one code, one is linked.
        if known is None or known["channel"] != guest.channel or not transaction.flags.remove(name):
            return Linked(person=None, text="That code links nothing here: it is unknown, used, or of another channel.")
        person = context.people.get(PersonId(known["person"]))
        if person is None or now >= datetime.fromisoformat(known["expires_at"]):
            return Linked(person=None, text="That code has expired. Ask for a new one: `fermata link`.")
        if guest.overheard and not known.get("account"):
            how = f"fermata link --as {person.id} --channel {guest.channel} --account {guest.name or guest.handle}"
            text = f"Nobody was linked: here others read the code, too. Ask for one of your account's own: `{how}`."
            return Linked(person=None, text=text)
        owner = _find_configured(context, guest.channel, guest.handle)
        if owner is not None and owner.id != person.id:
            return Linked(person=None, text=f"You are {owner.id} by the settings already, and stay so.")
        _unlink(transaction, person.id, guest.channel)
        handle = Handle(channel=guest.channel, handle=guest.handle)
        value = {"person": person.id, "handle": handle.to_json(), "at": now.isoformat()}
        transaction.flags.put(_name_link(guest.channel, guest.handle), value)
        event = JournalEvent(
            kind="person.linked", actor=name_guest(guest, person), data={"handle": redact_cut(guest.handle, 80).text}
        )
        transaction.journal.append(event, now)
        return Linked(person=person, text=f"You are {person.name} ({person.id}) to Fermata now, in {guest.channel}.")

    async def unlink(self, person_id: PersonId, channel: str, by: Actor) -> int:
        """Remove a person's links in a channel; return how many. Handles in the settings stay.

        Raises:
            UserError: There is none.
        """
        now = self._context.clock.now()

        def work(transaction: Transaction) -> int:
            removed = _unlink(transaction, person_id, channel)
            if removed:
                data = {"person": person_id, "channel": channel}
                transaction.journal.append(JournalEvent(kind="person.unlinked", actor=by, data=data), now)
            return removed

        removed = await self._context.store.write(work)
        if not removed:
            raise UserError(
                f"{person_id} is not linked in {channel}", do="Handles under `people:` are changed in the settings"
            )
        return removed


_LINK = "handle/"


def _find_configured(context: FlowContext, channel: str, handle: str) -> Person | None:
    if channel == PAGE:
        return context.people.get(PersonId(handle))
    return context.find_person(channel, handle)


def _unlink(transaction: Transaction, person_id: PersonId, channel: str) -> int:
    links = transaction.flags.list_named(f"{_LINK}{channel}/")
    own = [name for name, link in links if link["person"] == person_id]
    return sum(transaction.flags.remove(name) for name in own)


def _is_account(guest: Guest, account: str) -> bool:
    """Answer whether it is this guest's: forges take a name in any letter case.

    A number is a handle: on GitHub somebody else may have it for their name.
    """
    is_named = bool(guest.name) and not account.isdigit() and account.casefold() == guest.name.casefold()
    return account == guest.handle or is_named


def _name_link(channel: str, handle: str) -> str:
    return f"{_LINK}{channel}/{handle}"


def _name_code(code: str) -> str:
    # As it is read from a screen: small letters, and those that look like digits, are taken for what was meant.
    plain = code.strip().upper().translate(_LOOK_ALIKES)
    return f"{_CODES}{compute_bytes_digest(plain.encode())}"
