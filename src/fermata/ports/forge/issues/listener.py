"""Asks a forge for new comments, again and again: whatever a webhook says or does not say, none is missed.

The mark up to which comments were seen is the forge's own time, so that no clock here can hide one. It never passes a
comment that could not be dealt with yet. After a start the last three days are looked through; what was dealt with
before is known to the house. One that was deleted before it could be dealt with holds nothing up.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from datetime import datetime, timedelta

from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError, OperationalError, StoreAway, TransientError
from fermata.kit.log import get_log
from fermata.ports.desk import Desk
from fermata.ports.forge.issues.commands import UNHEARD, Command, Kind, read_command
from fermata.ports.forge.issues.counter import IssueCounter
from fermata.ports.forge.issues.records import Comment, IssueForge, IssueSession, News
from fermata.ports.forge.issues.settings import ForgeApprovalSettings

_log = get_log("issues")
LOOK_BACK = timedelta(days=3)
"""At a start: a weekend. The house knows for longer what was dealt with."""
OVERLAP = timedelta(minutes=5)
"""Asked for again each time: GitLab notes a comment on an issue up to a minute late, lists may lag behind."""
_LAG = timedelta(minutes=1)
"""By so much GitLab may be late."""
_PATIENCE = timedelta(minutes=30)
"""With one comment while the forge does not say what it takes; then whoever wrote it is told so. Our own store
is waited for, however long."""
_SOON_S = 3.0
"""After a webhook, for a list that lagged behind it (a guess)."""
_LONGEST_PAUSE = timedelta(hours=1)
"""Of what a forge asks to be left alone for: GitHub's first limit ends within the hour."""
_LONG = frozenset({Kind.ASK, Kind.DESK})
"""These may take a minute, and an approval does not wait behind them."""


class IssueListener:
    """The ear: comments of all repositories that get cards."""

    def __init__(
        self, forge: IssueForge, counter: IssueCounter, *, settings: ForgeApprovalSettings, clock: Clock
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._polls = [_Poll(forge, name, counter=counter, clock=clock) for name in settings.list_repositories()]
        self._woken = asyncio.Event()
        self._connected = False
        self._again = False
        self._left_alone_until = clock.now()

    @property
    def is_connected(self) -> bool:
        """Answer whether the last look at the comments succeeded."""
        return self._connected

    def wake(self) -> None:
        """Look now: somebody says that there is a comment. It counts only as the forge itself then gives it.

        And look once more a little later: a forge's list may lag behind what it tells.
        """
        self._again = True
        self._woken.set()

    async def listen(self, desk: Desk) -> None:
        """Look for comments until cancelled.

        Raises:
            OperationalError: The forge refuses: a token that was revoked, a repository that is gone.
        """
        try:
            while True:
                self._woken.clear()
                wait = await self.look(desk)
                await self._wait(wait)
        finally:
            self._connected = False
            for poll in self._polls:
                await poll.stop()

    async def look(self, desk: Desk) -> float:
        """Look once at each repository, and return after how many seconds to look again.

        Raises:
            OperationalError: As `listen`; the other repositories were looked at.
        """
        left = self._left_alone_until - self._clock.now()
        if timedelta() < left <= _LONGEST_PAUSE:
            return left.total_seconds()  # Whoever woke us: a forge bars accounts that ask on. Its webhooks wait, too.
        wait, refusal = self._settings.poll_s, None
        reached = True
        for poll in self._polls:
            try:
                if not await poll.look(desk):
                    wait = 0
            except TransientError as error:
                reached = False
                wait = max(wait, error.retry_after.total_seconds() if error.retry_after else 0)
                self._leave_alone(error.retry_after)
                _log.warning("comments.not_read", repository=poll.repository, reason=str(error))
            except OperationalError as error:
                refusal = error
            self._leave_alone(poll.take_pause())
        self._connected = reached and refusal is None
        if refusal is not None:
            raise refusal
        if self._again and reached:
            self._again = False
            wait = min(wait, _SOON_S)
        return wait

    def _leave_alone(self, pause: timedelta | None) -> None:
        """Ask nothing of the forge for as long as it said; a limit is of the account, so it is of all repositories."""
        if pause is not None:
            until = self._clock.now() + min(pause, _LONGEST_PAUSE)
            self._left_alone_until = max(self._left_alone_until, until)

    async def _wait(self, seconds: float) -> None:
        tasks = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._woken.wait())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


class _Poll:
    """One repository's comments."""

    def __init__(self, forge: IssueForge, repository: str, *, counter: IssueCounter, clock: Clock) -> None:
        self.repository = repository
        self._forge = forge
        self._counter = counter
        self._clock = clock
        self._since = clock.now() - LOOK_BACK
        self._seen: dict[str, datetime] = {}
        self._open: dict[str, Comment] = {}
        """By id: comments that were not dealt with yet, as they were listed last."""
        self._tried_from: dict[str, datetime] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._pause: timedelta | None = None

    def take_pause(self) -> timedelta | None:
        """Return for how long the forge asked to be left alone while comments were dealt with, and forget it."""
        pause, self._pause = self._pause, None
        return pause

    async def look(self, desk: Desk) -> bool:
        """Deal with what is new; answer whether all of it was given."""
        async with self._forge.open_issues(self.repository) as session:
            news = await session.list_news(self._since)
            for comment in news.comments:
                await self._consider(session, comment, desk)
        if news.is_whole:
            self._let_go({comment.id for comment in news.comments})
        self._move_on(news)
        return news.is_whole

    def _let_go(self, listed: Collection[str]) -> None:
        """Forget what is listed no more: for ever open, it would keep the mark from ever moving on.

        A list that only lagged behind gives it again within the overlap.
        """
        for comment in [one for key, one in self._open.items() if key not in listed and key not in self._running]:
            self._counter.forget(self.repository, comment)
            self._tried_from.pop(comment.id, None)
            del self._open[comment.id]

    def _move_on(self, news: News) -> None:
        marks = [*(one.updated_at for one in self._open.values()), *([news.until] if news.until else [])]
        if not marks:
            return
        since = min(marks) - OVERLAP
        if not (news.is_whole or self._open) and since <= self._since:
            # More than is given at once within the overlap: the same again would hide for ever what follows.
            since = min(marks) - _LAG
        self._since = max(self._since, since)
        self._seen = {key: at for key, at in self._seen.items() if at >= self._since}

    async def stop(self) -> None:
        """End what is being answered; it is taken up after the next start."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        for task in running:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._open.clear()

    async def _consider(self, session: IssueSession, comment: Comment, desk: Desk) -> None:
        if self._seen.get(comment.id) == comment.updated_at or comment.id in self._running:
            return
        command = read_command(comment.body)
        if command is None or (command.kind in UNHEARD and comment.by_machine):
            self._seen[comment.id] = comment.updated_at
            return
        self._open[comment.id] = comment
        if command.kind in _LONG:
            task = asyncio.create_task(self._take_aside(comment, command, desk))
            self._running[comment.id] = task
            task.add_done_callback(lambda _: self._running.pop(comment.id, None))
        else:
            await self._take(session, comment, command, desk)

    async def _take_aside(self, comment: Comment, command: Command, desk: Desk) -> None:
        async with self._forge.open_issues(self.repository) as session:
            await self._take(session, comment, command, desk)

    async def _take(self, session: IssueSession, comment: Comment, command: Command, desk: Desk) -> None:
        now = self._clock.now()
        is_last = now - self._tried_from.setdefault(comment.id, now) >= _PATIENCE
        try:
            await self._counter.take(session, comment, command, desk, is_last=is_last)
        except FermataError as error:
            if isinstance(error, TransientError) and error.retry_after is not None:
                self._pause = error.retry_after
            _log.warning("comment.not_taken", comment=comment.id, is_last=is_last, reason=str(error))
            if isinstance(error, StoreAway):
                # It says nothing of the comment: who answered then could not even note that it was answered.
                self._tried_from.pop(comment.id, None)
                return
            if not is_last:
                return
            self._counter.forget(session.repository, comment)
        self._tried_from.pop(comment.id, None)
        self._open.pop(comment.id, None)
        self._seen[comment.id] = comment.updated_at
