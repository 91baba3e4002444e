"""Cards as issues: one per incident and repository, changed in place, with what is too long for it in comments.

A card that goes on in comments offers its decision only after all of them stand there. Before an approval counts, the
issue is compared with what was written: whoever may write in a repository may also change an issue's text.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from fermata.domain.card import Card
from fermata.domain.policy import MAX_APPROVAL
from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.log import get_log
from fermata.ports.forge.issues.index import IssueIndex
from fermata.ports.forge.issues.labels import (
    NEEDS_PERSON,
    IssueState,
    find_outdated,
    read_state,
    says_needs_person,
    was_over,
)
from fermata.ports.forge.issues.notes import write_note
from fermata.ports.forge.issues.receipt import IssueReceipt
from fermata.ports.forge.issues.records import Comment, Issue, IssueEdit, IssueForge, IssueSession
from fermata.ports.forge.issues.settings import ForgeApprovalSettings
from fermata.ports.forge.issues.text import NAMED_BELOW, IssueText, Supplement, read_marker, write_issue
from fermata.ports.json_api import NotThere

_log = get_log("issues")
_RENEWED_KEPT = 2 * MAX_APPROVAL
"""Of when a part was put right: no comment that could still approve a plan is older than a plan may wait."""


class IssueChannel:
    """Shows cards. Looks for an issue before it opens one, whenever it has no receipt."""

    def __init__(self, forge: IssueForge, settings: ForgeApprovalSettings) -> None:
        self._forge = forge
        self._settings = settings
        self._index = IssueIndex()
        self._written: dict[tuple[str, int], str] = {}
        self._renewed: dict[tuple[str, int], datetime] = {}
        """By issue: when a comment that its text names was last put right."""

    @property
    def name(self) -> str:
        """Return the forge's name."""
        return self._forge.system

    def list_rooms(self) -> Sequence[str]:
        """Return the repositories that get cards."""
        return self._settings.list_repositories()

    @property
    def renew_every(self) -> timedelta:
        """Return how often an issue whose plan waits is looked at: whoever may write there may close or delete it."""
        return timedelta(seconds=self._settings.poll_s)

    async def deliver(self, card: Card, *, key: str, receipt: str | None, room: str = "") -> str:
        """Open the incident's issue or change it; return the receipt. An issue that was deleted is opened anew.

        Raises:
            OperationalError: The forge refused (with what to mend), or did not take it; the issue may be there, without
                anything to decide on.
        """
        repository = room or self._settings.repository
        if repository not in self.list_rooms():
            raise OperationalError(
                f"No card is shown in {repository}",
                why=f"{self.name}.approvals does not name it, so that no comment there would be heard",
                do=f"Add it to {self.name}.approvals.rooms, or correct the route",
            )
        known = IssueReceipt.find(receipt, repository)
        async with self._forge.open_issues(repository) as session:
            number = known.number if known else await self._index.find(session, key)
            if number is not None:
                try:
                    await self._update(session, number, self._write(card, key), card)
                    self._index.note(repository, key, number)
                except NotThere:
                    self._index.forget(repository, key)
                    number = None
            if number is None:
                number = await self._open(session, card, key)
        return IssueReceipt(repository=repository, number=number).write()

    async def find_key(self, session: IssueSession, issue: Issue) -> str:
        """Return whose card an issue is; empty when it is none of ours.

        What is known of it counts before its marker: whoever may write there may have changed that.

        Raises:
            OperationalError: The forge does not say who we are.
        """
        me = await session.find_self()
        if issue.author_id != me.id and (me.id or self._settings.label not in issue.labels):
            return ""
        return self._index.find_key(session.repository, issue.number) or read_marker(issue.body)

    async def prove(self, session: IssueSession, issue: Issue, key: str, *, card: Card) -> bool:
        """Answer whether an issue still says what was written there, comments included; if not, put it back.

        Args:
            card: The newest one of the incident.

        Raises:
            OperationalError: It cannot be told.
        """
        text = self._write(card, key)
        written = self._written.get((session.repository, issue.number))
        if _digest_issue(issue.title, issue.body) in (written, _digest_issue(text.title, text.body)):
            missing, _ = await self._sort_supplements(session, issue.number, text) if text.supplements else ([], [])
            if not missing:
                return True
        await self._update(session, issue.number, text, card)
        return False

    async def list_renewed(
        self, session: IssueSession, issue: Issue, key: str, *, card: Card, text_at: datetime
    ) -> Sequence[datetime]:
        """Return when comments that hold a part of the card took the place of others, which may have shown another one.

        A part stands there before the text names it: one that is younger than the text was put right since.

        Args:
            card: The newest one of the incident.
            text_at: When the issue's text was last written here; any instant before that is as good.

        Raises:
            OperationalError: The comments cannot be read.
        """
        parts = {_digest(item.body) for item in self._write(card, key).supplements}
        if not parts:
            return ()
        me, known = await session.find_self(), self._renewed.get((session.repository, issue.number))
        younger = [
            comment.created_at
            for comment in await session.list_comments(issue.number)
            if (me.wrote(comment.author) or not me.id)
            and comment.created_at > text_at
            and _digest(comment.body) in parts
        ]
        return [*younger, *([known] if known is not None else [])]

    def _note_renewed(self, repository: str, number: int, at: datetime) -> None:
        kept = {issue: known for issue, known in self._renewed.items() if at - known < _RENEWED_KEPT}
        self._renewed = {**kept, (repository, number): at}

    def _write(self, card: Card, key: str) -> IssueText:
        return write_issue(card, key, longest=self._forge.longest, command=self._forge.command)

    async def _open(self, session: IssueSession, card: Card, key: str) -> int:
        text = self._write(card, key)
        # What is to be decided on must stand there first.
        shown = self._write(card.model_copy(update={"can_decide": False}), key) if text.supplements else text
        labels = (self._settings.label, *read_state(card).labels)
        issue = await session.open_issue(shown.title, shown.body, labels)
        self._index.note(session.repository, key, issue.number)
        self._note(session, issue)
        if text.supplements:
            await self._update(session, issue.number, text, card, is_new=True)
        return issue.number

    async def _update(
        self, session: IssueSession, number: int, text: IssueText, card: Card, *, is_new: bool = False
    ) -> None:
        issue = await session.get_issue(number)
        old: Sequence[Comment] = ()
        if text.supplements or NAMED_BELOW in issue.body:
            missing, old = await self._sort_supplements(session, number, text)
            for supplement in missing:
                written = await session.write_comment(number, supplement.body)
                if supplement.digest in issue.body and not is_new:
                    self._note_renewed(session.repository, number, written.created_at)
        if not is_new:
            await self._tell(session, issue, card, read_marker(text.marker))
        edit = _plan_edit(issue, text, card, self._settings.label)
        if edit is not None:
            issue = await session.edit_issue(issue, edit)
        self._note(session, issue)
        for comment in old:
            # One that stays is named nowhere any more.
            with contextlib.suppress(OperationalError):
                await session.delete_comment(comment)

    async def _tell(self, session: IssueSession, issue: Issue, card: Card, key: str) -> None:
        """Tell of what nobody would hear by an edit; once, also where the edit behind it was lost.

        Raises:
            TransientError: It was not taken; the whole delivery is tried again.
        """
        note = write_note(issue, card, key)
        if not note:
            return
        try:
            me = await session.find_self()
            markers = [
                read_marker(one.body) for one in await session.list_comments(issue.number) if me.wrote(one.author)
            ]
            last = next((marker for marker in reversed(markers) if marker.startswith("note ")), "")
            if last != read_marker(note):
                await session.write_comment(issue.number, note)
        except TransientError:
            raise
        except OperationalError as error:  # The text says the same.
            _log.warning("note.not_written", issue=issue.number, reason=str(error))

    async def _sort_supplements(
        self, session: IssueSession, number: int, text: IssueText
    ) -> tuple[list[Supplement], list[Comment]]:
        """Return the supplements that do not stand there as they were written, and comments that are none any more."""
        me = await session.find_self()
        wanted = {_digest(item.body): item for item in text.supplements}
        prefix = text.marker.removesuffix(" -->").removeprefix("<!-- fermata ") + " "
        old = []
        for comment in await session.list_comments(number):
            # Of an unknown account's: what stands there word for word is as good as our own.
            is_ours = me.wrote(comment.author) or not me.id
            if not is_ours or not read_marker(comment.body).startswith(prefix):
                continue
            stands = not comment.is_edited and wanted.pop(_digest(comment.body), None) is not None
            if not stands and me.wrote(comment.author):
                old.append(comment)
        return list(wanted.values()), old

    def _note(self, session: IssueSession, issue: Issue) -> None:
        """Remember the text as the forge keeps it."""
        self._written[session.repository, issue.number] = _digest_issue(issue.title, issue.body)


def _plan_edit(issue: Issue, text: IssueText, card: Card, label: str) -> IssueEdit | None:
    """Return what has to change; `None` when nothing has."""
    state = read_state(card)
    wanted = (label, *state.labels)
    there = {name.lower() for name in issue.labels}
    is_open: bool | None = None
    if state.is_over and issue.is_open:
        is_open = False
    elif not issue.is_open and not state.is_over and _must_open(issue, state, card):
        is_open = True
    edit = IssueEdit(
        title=text.title,
        body=text.body,
        add_labels=tuple(name for name in wanted if name.lower() not in there),
        remove_labels=find_outdated(issue.labels, wanted),
        is_open=is_open,
    )
    is_same = issue.title == text.title and _digest(issue.body) == _digest(text.body)
    changes_more = edit.add_labels or edit.remove_labels or is_open is not None
    return None if is_same and not changes_more else edit


def _must_open(issue: Issue, state: IssueState, card: Card) -> bool:
    """Answer whether a closed issue is to be seen again; else it stays as the person left it who closed it.

    Somebody closed it while a plan waits; or it was closed for an end that was none; or a person must act, and whoever
    closed it could not know: the issue did not say so yet.
    """
    is_news = NEEDS_PERSON in state.labels and not says_needs_person(issue.labels)
    return card.can_decide or was_over(issue.labels) or is_news


def _digest_issue(title: str, body: str) -> str:
    return _digest(f"{title.strip()}\n{body}")


def _digest(body: str) -> str:
    """Forges may change line ends and what is blank before them; nothing else of a text may differ.

    Only a line feed ends a line: what is shown of a text changes with any other sign that ends one for Python.
    """
    lines = "\n".join(line.rstrip(" \t") for line in body.replace("\r\n", "\n").split("\n"))
    return hashlib.sha256(lines.strip("\n").encode(errors="replace")).hexdigest()
