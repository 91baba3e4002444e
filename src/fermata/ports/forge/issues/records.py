"""Issues and comments of a forge as the rest sees them: the port that each forge implements, and its records."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on a forge."""

    id: str
    """Its number: a name can be given up, and taken by somebody else."""
    login: str

    def wrote(self, author: Account | None) -> bool:
        """Answer whether a text is this account's; an unknown one has written nothing that is known."""
        return author is not None and bool(self.id) and author.id == self.id


UNKNOWN = Account("", "")
"""Where a forge does not say whose token it is."""


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue."""

    number: int
    title: str
    body: str
    author_id: str
    labels: tuple[str, ...]
    is_open: bool
    node: str = ""
    """What the forge calls it where its number does not do."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One time that the text of an issue was written anew."""

    at: datetime
    author_id: str
    """Empty where the forge does not say, or the account was deleted."""
    author: str = ""
    """Their login name at this moment, for people; empty where the forge does not say."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment on an issue."""

    id: str
    issue: int
    body: str
    author: Account | None
    """`None` where the account was deleted."""
    by_machine: bool
    """The forge itself says that no person wrote it: a bot's account, an app, a note of the system."""
    created_at: datetime
    updated_at: datetime
    node: str = ""
    """What the forge calls it where its number does not do."""
    is_internal: bool = False
    """Written for fewer people than its issue: an answer is for them alone, too."""

    @property
    def is_edited(self) -> bool:
        """Answer whether its text is seen not to be what was written first; times may be in whole seconds."""
        return self.updated_at != self.created_at


@dataclass(frozen=True, slots=True)
class IssueEdit:
    """What becomes different about an issue."""

    title: str
    body: str
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()
    is_open: bool | None = None
    """`None`: as it is."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the forge says of somebody now."""

    bot: bool = False
    barred: str = ""
    """Why they may decide nothing here; empty: they may."""
    is_unsure: bool = False
    """Whether `barred` says only that the forge could not be asked."""


@dataclass(frozen=True, slots=True)
class News:
    """Comments that are new or changed."""

    comments: tuple[Comment, ...]
    """The oldest first."""
    until: datetime | None
    """The forge's own time of the newest thing that was seen; `None` when nothing was."""
    is_whole: bool = True
    """False when there are more behind them."""


class IssueSession(Protocol):
    """The issues of one repository over open connections.

    Every call may raise `OperationalError`; those about one issue or comment raise `NotThere` when it is gone.
    """

    @property
    def repository(self) -> str:
        """Return the repository's name."""
        ...

    async def find_self(self) -> Account:
        """Return the account whose token is used; `UNKNOWN` where the forge does not say."""
        ...

    async def list_own_issues(self, page: int) -> Sequence[Issue]:
        """Return a page of the issues that this account opened, the newest first; empty behind the last one.

        Of an unknown account, those that bear the label: only who may write in the repository can give it.
        """
        ...

    async def get_issue(self, number: int) -> Issue:
        """Return one issue."""
        ...

    async def open_issue(self, title: str, body: str, labels: Sequence[str]) -> Issue:
        """Open an issue. Sent once."""
        ...

    async def edit_issue(self, issue: Issue, edit: IssueEdit) -> Issue:
        """Change an issue; labels that others gave it stay."""
        ...

    async def list_comments(self, number: int) -> Sequence[Comment]:
        """Return the comments of one issue, the oldest first."""
        ...

    async def was_edited(self, comment: Comment) -> bool:
        """Ask whether a comment was ever rewritten, however soon after it was written."""
        ...

    async def list_rewritings(self, issue: Issue, since: datetime) -> Sequence[Rewriting]:
        """Ask when the text of an issue was rewritten since an instant, and by whom, in any order.

        Raises:
            OperationalError: Also when there are more than are read: nobody could say what stood there meanwhile.
        """
        ...

    async def list_news(self, since: datetime) -> News:
        """Return the comments of the repository that are new or changed since an instant of the forge's time."""
        ...

    async def write_comment(self, number: int, body: str, *, is_internal: bool = False) -> Comment:
        """Comment on an issue. Sent once."""
        ...

    async def delete_comment(self, comment: Comment) -> None:
        """Delete a comment of one's own."""
        ...

    async def describe_writer(self, account: Account) -> Standing:
        """Ask what somebody may do in this repository at this moment."""
        ...

    async def is_public(self) -> bool:
        """Answer whether everybody may read its issues, as far as the forge says."""
        ...

    async def describe_rights(self) -> str:
        """Say what is known of the token's right to open issues, without opening one.

        Raises:
            OperationalError: It has none, or there are no issues; the message says what to do.
        """
        ...


class IssueForge(Protocol):
    """Opens repositories for their issues. Holds no connection."""

    system: str
    """The integration's name, and the channel's: `github`."""
    title: str
    """As people call it: `GitHub`."""
    longest: int
    """Characters that an issue or a comment holds."""
    command: str
    """What a command on a card begins with: `/`, or longer where the forge keeps some for itself."""

    def open_issues(self, repository: str) -> AbstractAsyncContextManager[IssueSession]:
        """Open one repository."""
        ...
