"""Which groups of a forge somebody is in, asked now and kept for half a minute; and whether they may still decide."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from fermata.kit.clock import Clock, is_within
from fermata.kit.errors import OperationalError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import Account, IssueForge

_FRESH = timedelta(seconds=30)
"""How long an answer counts: within the minute that the port allows."""
Ask = Callable[[str], Awaitable[Sequence[str]]]
FindAccount = Callable[[str], Awaitable[Account | None]]


class Writers:
    """Asks what an account may do in the repositories where cards are decided.

    Args:
        find_account: Returns the account of a number; `None`: there is none.
    """

    def __init__(self, forge: IssueForge, repositories: Sequence[str], find_account: FindAccount) -> None:
        self._forge = forge
        self._repositories = repositories
        self._find_account = find_account

    async def find_bar(self, handle: str) -> str:
        """Return why an account may decide in none of the repositories; empty: it may in one at least.

        An approval does not say in which of them it was written. All are asked at once: whoever asks waits for two
        seconds, and one that is not there any more keeps nobody from deciding in another.

        Raises:
            OperationalError: The forge cannot be asked about one, and the account may decide in no other.
        """
        account = await self._find_account(handle) if handle.isdecimal() else None
        if account is None:
            return f"there is no account of the number {handle}"
        answers = await ask_all(self._judge(account, repository) for repository in self._repositories)
        bars = [answer for answer in answers if isinstance(answer, str)]
        if "" in bars:
            return ""
        for answer in answers:
            if isinstance(answer, OperationalError):
                raise answer
        return bars[0]

    async def _judge(self, account: Account, repository: str) -> str | OperationalError:
        try:
            async with self._forge.open_issues(repository) as session:
                standing = await session.describe_writer(account)
        except OperationalError as error:
            return error
        return standing.barred or ("the account is a machine's" if standing.bot else "")


class GroupDirectory:
    """Remembers what was asked of a forge for a moment: a click and its execution ask twice.

    Args:
        ask: Returns the ids of the groups of an account's number.
        writers: Tells what somebody may do where cards are decided.
    """

    def __init__(self, ask: Ask, clock: Clock, writers: Writers) -> None:
        self._ask = ask
        self._clock = clock
        self._writers = writers
        self._known: dict[str, tuple[datetime, Sequence[str]]] = {}

    async def list_groups(self, handle: str) -> Sequence[str]:
        """Return the ids of the groups of one account; none for what is no account's number.

        Raises:
            OperationalError: The forge cannot be asked, or the token may not.
        """
        if not handle.isdecimal():
            return ()
        now = self._clock.now()
        held = self._known.get(handle)
        if held is None or not is_within(_FRESH, held[0], now):
            held = self._known[handle] = now, tuple(await self._ask(handle))
        return held[1]

    async def find_bar(self, handle: str) -> str:
        """Return why an account's number may decide nothing now; empty: it may.

        Raises:
            OperationalError: The forge cannot be asked.
        """
        return await self._writers.find_bar(handle)
