"""Finds the issue of a key among those that this account opened: read once, then only what is new."""

from __future__ import annotations

from fermata.ports.forge.issues.records import IssueSession
from fermata.ports.forge.issues.text import read_marker

_MOST_PAGES = 20
"""Of 100 issues each. An incident whose issue lies behind 2,000 newer ones gets another one, if its receipt was lost,
too."""


class IssueIndex:
    """Which issue belongs to which key, for each repository."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._newest: dict[str, int] = {}

    async def find(self, session: IssueSession, key: str) -> int | None:
        """Return the issue of a key, or `None`. Asks the forge for whatever was opened since the last look.

        Raises:
            OperationalError: The forge cannot be asked: then nobody may open another one.
        """
        me, place = await session.find_self(), session.repository
        known = self._newest.get(place, 0)
        newest = known
        for page in range(1, _MOST_PAGES + 1):
            issues = await session.list_own_issues(page)
            for issue in issues:
                # Anybody can write a marker; only issues of our own account are ours.
                if me.id in ("", issue.author_id) and (found := read_marker(issue.body)):
                    first = self._numbers.get((place, found), issue.number)
                    self._numbers[place, found] = min(first, issue.number)
            numbers = [issue.number for issue in issues]
            newest = max([newest, *numbers])
            if not numbers or min(numbers) <= known:
                break
        # Only now: a look that was broken off in the middle has not seen what lies between.
        self._newest[place] = newest
        return self._numbers.get((place, key))

    def find_key(self, repository: str, number: int) -> str:
        """Return the key of an issue that was seen before; empty for another one. Asks nobody."""
        found = (key for (place, key), own in self._numbers.items() if (place, own) == (repository, number))
        return next(found, "")

    def note(self, repository: str, key: str, number: int) -> None:
        """Take note of an issue that was opened."""
        self._numbers[repository, key] = number

    def forget(self, repository: str, key: str) -> None:
        """Take note that an issue is gone."""
        self._numbers.pop((repository, key), None)
