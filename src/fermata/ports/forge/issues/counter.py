"""Takes one comment to the desk, and answers it by a comment of its own.

What decides is read from the forge here and now: the comment, whether it was edited, the issue it stands on, and what
its writer may do. So nothing that merely says there is a comment (a webhook, a list) can decide anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.card import Card
from fermata.domain.ids import IncidentId
from fermata.domain.proposal import Answer, Ruling
from fermata.kit.errors import FermataError, OperationalError, StoreAway, TransientError
from fermata.kit.markdown import write_inline
from fermata.ports.chat.nonce import can_decide_on
from fermata.ports.desk import Desk, Guest, Reply
from fermata.ports.forge.issues.channel import IssueChannel
from fermata.ports.forge.issues.commands import UNHEARD, Command, Kind
from fermata.ports.forge.issues.records import Account, Comment, Issue, IssueForge, IssueSession, Rewriting, Standing
from fermata.ports.forge.issues.text import read_marker, write_block, write_issue, write_marker
from fermata.ports.json_api import NotThere

_EDITED = (
    "Not counted: edited comments do not count, because nobody can see any more what was written first. Write a new "
    "comment."
)
_OWN_ACCOUNT = "the account that Fermata itself uses decides nothing; write from your own"
_CHANGED = (
    "Not counted: the text of this issue was not what Fermata had written there, or the card has just changed. It is "
    "put right now: read it again, and write the comment once more."
)
_RESTORED = (
    "Not counted: {who} rewrote the text of this issue at {at} UTC, before you wrote that, and nobody can say what you "
    "read. It says now what Fermata wrote: read it again, and write the comment once more."
)
_UNKNOWN = (
    "Not counted here. Its store is another one than when the issue was opened, or another Fermata uses the same "
    "account and answers for itself: give each an account of its own."
)
_UNJUDGED = (
    "Not counted: for half an hour it could not be found out what has to be known of this comment. {error} Read the "
    "card, and if the plan still waits, write the comment once more."
)
_ELSEWHERE = " elsewhere"
"""Stands in the marker of what is answered on such an issue: the other Fermata must not take it for its own."""
_READ_WITHIN = timedelta(days=1)
"""A plan waits for no longer (`domain.policy.MAX_APPROVAL`): what was rewritten before showed nothing of it."""
_EXPIRED = "expired"
"""The guard's id."""
_ROOM = 1_000
"""Characters of an answer kept free for its frame."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a comment stands."""

    session: IssueSession
    issue: Issue
    key: str
    """Of the card that the issue is."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What came of a comment."""

    said: Answer | Reply
    told: str = ""
    """Stands in the marker of the answer: whom it tells of rewritings, and up to when, or that it is another's."""


class IssueCounter:
    """The forge's side of the desk."""

    def __init__(self, forge: IssueForge, channel: IssueChannel) -> None:
        self._forge = forge
        self._channel = channel
        self._unanswered: dict[str, _Heard] = {}
        """By delivery: what came of a comment whose answer the forge did not take yet. Nobody is asked twice."""

    async def take(
        self, session: IssueSession, comment: Comment, command: Command, desk: Desk, *, is_last: bool = False
    ) -> None:
        """Deal with a comment once: what was dealt with is remembered after it was answered.

        Args:
            is_last: Whether it is not tried again; what cannot be judged is answered as that.

        Raises:
            OperationalError: It could not be dealt with; when it is transient, nothing is lost by trying again.
        """
        delivery = f"{session.repository}/{comment.id}"
        if comment.author is None or await desk.is_known(self._forge.system, delivery):
            return
        try:
            issue = await session.get_issue(comment.issue)
        except NotThere:
            return
        key = await self._channel.find_key(session, issue)
        if not key:
            return
        if command.kind is Kind.BARE and not await _has_plan(desk, IncidentId(key)):
            await desk.remember(self._forge.system, delivery)
            return
        if delivery not in self._unanswered:
            try:
                heard = await self._hear(_Place(session, issue, key), comment, command, desk)
            except FermataError as error:
                if not is_last or isinstance(error, StoreAway):
                    raise
                heard = _refuse(_UNJUDGED.format(error=error))
            self._unanswered[delivery] = heard
        # Also a refusal may pass: a limit, a permission that somebody puts back, a lock that somebody takes away.
        await self._answer(session, comment, self._unanswered[delivery])
        await desk.remember(self._forge.system, delivery)
        self.forget(session.repository, comment)

    def forget(self, repository: str, comment: Comment) -> None:
        """Answer a comment no more; what was decided stands on the card."""
        self._unanswered.pop(f"{repository}/{comment.id}", None)

    async def _hear(self, place: _Place, comment: Comment, command: Command, desk: Desk) -> _Heard:
        if comment.author is None:
            return _refuse("Not counted: its writer is not known.")
        if comment.is_edited:
            return _refuse(_EDITED)
        if command.kind in (Kind.WRONG, *UNHEARD):
            return _refuse(f"Not counted. {command.words}")
        incident_id = IncidentId(place.key)
        card = await desk.find_card(incident_id)
        told = "" if card is not None else _ELSEWHERE
        if told and command.kind is not Kind.DESK:
            return _refuse(_UNKNOWN, told)
        known = await self._identify(place.session, comment, comment.author)
        guest = known.model_copy(update={"about": place.key, "overheard": True})
        # Whoever may decide nothing is told that first, by the desk; and they must not make Fermata write here.
        if command.kind is Kind.APPROVE and not guest.bot and not guest.barred:
            doubt = await self._find_doubt(place, comment, card=card, nonce=command.nonce)
            if doubt is not None:
                return doubt
        said = await _ask(desk, guest, incident_id, command)
        if isinstance(said, Answer) and said.rule == _EXPIRED:
            said = said.model_copy(update={"text": f"{said.text} {self._tell_late(comment, card)}"})
        return _Heard(said, told)

    def _tell_late(self, comment: Comment, card: Card | None) -> str:
        how = f"Write `{self._forge.command}ask` for a new look."
        if card is None or card.expires_at is None or comment.created_at >= card.expires_at:
            return how
        at = f"{comment.created_at:%H:%M:%S}"
        return f"It was written in time, at {at} UTC, and read after that; what counts is when it is read. {how}"

    async def _find_doubt(self, place: _Place, comment: Comment, *, card: Card | None, nonce: str) -> _Heard | None:
        """Return why nobody can say what was approved, or by whom; `None` when they can."""
        try:
            if await place.session.was_edited(comment):
                return _refuse(_EDITED)
        except TransientError:
            raise
        except OperationalError as error:
            return _refuse(f"Not counted: it cannot be told whether this comment is what was written first. {error}")
        try:
            rewriting = await self._find_untold(place, comment, card)
            told = _write_told(comment, rewriting) if rewriting else ""
            if card is not None and not await self._channel.prove(place.session, place.issue, place.key, card=card):
                # The answer tells of what was put right just now, too: the next comment is not refused for that.
                renewed = await self._list_renewed(place, card, comment.created_at)
                told = _write_told(comment, max(renewed, key=_get_at)) if renewed else told
                return _refuse(_CHANGED if can_decide_on(card, nonce) else _describe_end(card, nonce), told)
        except TransientError:
            raise
        except OperationalError as error:
            return _refuse(f"Not counted: the text of this issue cannot be compared with what Fermata wrote. {error}")
        if rewriting is None:
            return None
        who = rewriting.author or (f"account {rewriting.author_id}" if rewriting.author_id else "somebody")
        return _refuse(_RESTORED.format(who=who, at=f"{rewriting.at:%H:%M:%S}"), told)

    async def _find_untold(self, place: _Place, comment: Comment, card: Card | None) -> Rewriting | None:
        """Return the last time that others rewrote the issue before a comment whose writer was not told of it before.

        What is too long for the text stands in comments: one that was put right had shown something else as well.

        Also where it was put back: whoever rewrites a card, lets it be read, and restores it, has shown another plan.
        That somebody was told stands in the thread, so that it is known when, whatever process asks.
        """
        session, issue = place.session, place.issue
        own = (await session.find_self()).id or issue.author_id
        since = comment.created_at - _READ_WITHIN
        found = [one for one in await session.list_rewritings(issue, since) if one.at <= comment.created_at]
        others = [one for one in found if one.author_id != own]
        if card is not None:
            text_at = max((one.at for one in found if one.author_id == own), default=since)
            others += [
                one for one in await self._list_renewed(place, card, text_at) if since <= one.at <= comment.created_at
            ]
        if not others:
            return None
        latest = max(others, key=_get_at)
        told = _write_told(comment, latest)
        for answer in await session.list_comments(issue.number):
            is_ours = answer.author is not None and answer.author.id == own and not answer.is_edited
            if is_ours and answer.created_at < comment.created_at and read_marker(answer.body).endswith(told):
                return None
        return latest

    async def _list_renewed(self, place: _Place, card: Card, text_at: datetime) -> list[Rewriting]:
        found = await self._channel.list_renewed(place.session, place.issue, place.key, card=card, text_at=text_at)
        return [Rewriting(at, "") for at in found]

    async def _identify(self, session: IssueSession, comment: Comment, author: Account) -> Guest:
        me = await session.find_self()
        if comment.by_machine:
            standing = Standing(bot=True)
        elif me.wrote(author):
            standing = Standing(barred=_OWN_ACCOUNT)
        else:
            standing = await self._ask_standing(session, author)
        return Guest(
            channel=self._forge.system,
            handle=author.id,
            name=author.login,
            bot=standing.bot,
            barred=standing.barred,
            is_unsure=standing.is_unsure,
        )

    async def _ask_standing(self, session: IssueSession, author: Account) -> Standing:
        try:
            return await session.describe_writer(author)
        except TransientError:
            raise
        except OperationalError as error:
            barred = f"{self._forge.title} does not say what you may do in this repository: {error}"
            return Standing(barred=barred, is_unsure=True)

    async def _answer(self, session: IssueSession, comment: Comment, heard: _Heard) -> None:
        """Write what is to be told, unless it stands there already: an answer may have been lost on its way."""
        me = await session.find_self()
        there = {read_marker(one.body) for one in await session.list_comments(comment.issue) if me.wrote(one.author)}
        for marker, text in self._write_answers(comment, heard):
            if read_marker(marker) not in there:
                body = f"{marker}\n\n{text}\n"
                await session.write_comment(comment.issue, body, is_internal=comment.is_internal)

    def _write_answers(self, comment: Comment, heard: _Heard) -> Iterator[tuple[str, str]]:
        name = write_inline(comment.author.login if comment.author else "")
        stranger = ", from a Fermata that does not know the incident" if heard.told == _ELSEWHERE else ""
        texts = list(_cut(heard.said.text, self._forge.longest - _ROOM))
        card = heard.said.card if isinstance(heard.said, Reply) else None
        if card is not None:
            shown = card.model_copy(update={"can_decide": False})
            body = write_issue(shown, "shown", longest=self._forge.longest - _ROOM).body
            texts.append(body.partition("\n")[2].strip())
        for number, text in enumerate(texts, 1):
            marker = write_marker("reply", f"{comment.id} {number}/{len(texts)}{heard.told}")
            head = f"To {name}{stranger}:" if number == 1 else "Continued:"
            is_card = card is not None and number == len(texts)
            body = text if is_card else _write_words(text)
            yield marker, f"{head}\n\n{body}"


async def _has_plan(desk: Desk, incident_id: IncidentId) -> bool:
    """Answer whether a plan waits: `approved` below one that is decided is talk."""
    card = await desk.find_card(incident_id)
    return card is not None and card.can_decide


def _describe_end(card: Card, nonce: str) -> str:
    """Say why a plan waits no more: whoever comes too late is not told to write it once more."""
    if not card.plan_digest.removeprefix("sha256:").startswith(nonce):
        return "Not counted: the plan of these digits stands on the card no more. Read the card: it has just changed."
    rows = (row for section in card.sections for row in section.rows)
    said = next((f" ({row.text})" for row in rows if row.label == "Decision"), "")
    return f"Not counted: the plan of these digits waits for nobody any more{said}."


def _refuse(text: str, told: str = "") -> _Heard:
    return _Heard(Reply(text=text, ok=False), told)


async def _ask(desk: Desk, guest: Guest, incident_id: IncidentId, command: Command) -> Answer | Reply:
    match command.kind:
        case Kind.APPROVE:
            return await desk.decide(guest, Ruling.APPROVE, incident_id=incident_id, nonce=command.nonce)
        case Kind.REJECT:
            return await desk.decide(
                guest, Ruling.REJECT, incident_id=incident_id, nonce=command.nonce, reason=command.words
            )
        case Kind.SNOOZE:
            return await desk.snooze(guest, incident_id, command.span)
        case Kind.ASK:
            return await desk.ask_for_more(guest, incident_id, command.words)
    return await desk.command(guest, command.words)


def _get_at(rewriting: Rewriting) -> datetime:
    return rewriting.at


def _write_told(comment: Comment, latest: Rewriting) -> str:
    return f" told {comment.author.id if comment.author else ''} of {latest.at.isoformat()}"


def _write_words(text: str) -> str:
    return write_block(text) if "\n" in text else write_inline(text)


def _cut(text: str, longest: int) -> Iterator[str]:
    for at in range(0, len(text), longest):
        yield text[at : at + longest]
