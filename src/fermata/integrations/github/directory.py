"""Which teams somebody is in: among those that work on the repositories where cards are decided."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from pydantic import TypeAdapter

from fermata.integrations.github.issue_wire import MembershipAnswer, TeamAnswer, UserAnswer
from fermata.integrations.github.limits import asking
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import Account
from fermata.ports.json_api import ApiSession, JsonApi, NotThere

_MOST_PAGES = 2
"""Of 100 teams each: a repository has a handful."""


class GitHubTeams:
    """Asks for a repository's teams, then for somebody's membership in each; GitHub has no call for both."""

    def __init__(self, api: JsonApi, repositories: Sequence[str]) -> None:
        self._api = api
        self._repositories = repositories

    async def list_teams(self, account_id: str) -> Sequence[str]:
        """Return the teams of an account as `owner/slug`, those it is in by a team below included.

        Raises:
            OperationalError: GitHub cannot be asked, or the token may not; the message names the permission.
        """
        async with self._api.connect() as session:
            try:
                user = await session.get(f"/user/{quote(account_id)}", UserAnswer)
            except NotThere:
                return ()
            lists = await ask_all(_list_of_repository(session, name) for name in self._repositories)
            teams = list(dict.fromkeys(team for found in lists for team in found))
            inside = await ask_all(_is_member(session, team, user.login) for team in teams)
        return [team for team, is_in in zip(teams, inside, strict=True) if is_in]

    async def find_account(self, account_id: str) -> Account | None:
        """Return the account of a number with its name of now; `None`: it is gone.

        Raises:
            OperationalError: GitHub cannot be asked.
        """
        async with self._api.connect() as session:
            try:
                user = await session.get(f"/user/{quote(account_id)}", UserAnswer)
            except NotThere:
                return None
        return Account(id=account_id, login=user.login)


async def _list_of_repository(session: ApiSession, repository: str) -> list[str]:
    owner = repository.partition("/")[0]
    try:
        with asking("Administration: read"):
            pages = await session.list_pages(
                f"/repos/{quote(repository)}/teams", TypeAdapter(TeamAnswer), {"per_page": 100}, _MOST_PAGES
            )
    except NotThere:  # A person's own repository has no teams.
        return []
    return [f"{owner}/{team.slug}" for team in pages.items]


async def _is_member(session: ApiSession, team: str, login: str) -> bool:
    owner, _, slug = team.partition("/")
    path = f"/orgs/{quote(owner)}/teams/{quote(slug)}/memberships/{quote(login)}"
    try:
        with asking("Members: read, of the organisation"):
            return (await session.get(path, MembershipAnswer)).state == "active"
    except NotThere:
        return False
