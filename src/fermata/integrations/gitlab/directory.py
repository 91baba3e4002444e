"""Which groups somebody is in: among those above the projects where cards are decided."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from fermata.integrations.gitlab.issue_wire import MemberAnswer
from fermata.integrations.gitlab.refusals import asking
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import Account
from fermata.ports.json_api import ApiSession, JsonApi, NotThere


class GitLabGroups:
    """Asks each group above the projects whether somebody is a member of it, those above it included."""

    def __init__(self, api: JsonApi, repositories: Sequence[str]) -> None:
        self._api = api
        parts = [name.split("/")[:-1] for name in repositories]
        paths = ["/".join(own[:depth]) for own in parts for depth in range(1, len(own) + 1)]
        self._groups = tuple(dict.fromkeys(paths))

    async def list_groups(self, account_id: str) -> Sequence[str]:
        """Return the groups of an account by their full path: `shop/backend`.

        Raises:
            OperationalError: GitLab cannot be asked, or the token may not.
        """
        async with self._api.connect() as session:
            inside = await ask_all(_is_member(session, group, account_id) for group in self._groups)
        return [group for group, is_in in zip(self._groups, inside, strict=True) if is_in]


async def find_account(account_id: str) -> Account:
    """Return the account of a number: GitLab is asked for members by it, and needs no name."""
    return Account(id=account_id, login="")


async def _is_member(session: ApiSession, group: str, account_id: str) -> bool:
    path = f"/groups/{quote(group, safe='')}/members/all/{quote(account_id)}"
    try:
        with asking("scope api or read_api"):
            return (await session.get(path, MemberAnswer)).state == "active"
    except NotThere:  # Not a member; also a group that is a person's own name space.
        return False
