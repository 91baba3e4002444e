"""Issues and comments in memory, and who writes them: what both fakes of forges keep besides their history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LONG_AGO = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class FakeUser:
    """An account; equal only to itself."""

    id: int
    login: str
    kind: str = "User"
    permission: str = "write"
    """GitHub's word; GitLab's role is made of it."""
    blocked: bool = False
    member: bool = True
    groups: tuple[str, ...] = ()
    """Teams as `owner/slug`, groups by their path."""


SOMEBODY = FakeUser(id=9, login="somebody")
"""Who changes what nobody is named for."""


@dataclass(frozen=True)
class FakeRewriting:
    """One change of an issue's title or text."""

    id: int
    at: datetime
    by: FakeUser
    is_of_text: bool
    """A title alone is in no history of edits on GitHub."""
    ticks: bool = False
    """A box that was empty in the text is ticked after it."""


@dataclass
class FakeIssue:
    """One issue."""

    number: int
    title: str
    body: str
    author: FakeUser
    labels: list[str]
    created_at: datetime
    updated_at: datetime
    state: str = "open"
    moved: bool = False
    """To another repository."""
    is_pull: bool = False
    """A pull request, which GitHub lists among the issues."""
    is_confidential: bool = False
    """GitLab's issue for Reporters and above."""
    rewritings: list[FakeRewriting] = field(default_factory=list)


@dataclass
class FakeComment:
    """One comment."""

    id: int
    issue: FakeIssue
    body: str
    author: FakeUser | None
    created_at: datetime
    updated_at: datetime
    by_app: bool = False
    """By an app on behalf of the account; on GitLab a note of the system."""
    edited_at: datetime | None = None
    """When it was last rewritten."""
    is_internal: bool = False
    """GitLab's note for Reporters and above."""


@dataclass
class IssueBook:
    """The issues of one repository."""

    me: FakeUser
    users: list[FakeUser] = field(default_factory=list)
    issues: list[FakeIssue] = field(default_factory=list)
    comments: list[FakeComment] = field(default_factory=list)
    at: datetime = LONG_AGO
    step: timedelta = timedelta(seconds=1)
    """How long every change takes; forges tell whole seconds, within which there may be several."""
    box: str = "checklist item"
    """What the forge's notes call a box of the text; older servers of GitLab's called it a task."""
    last_id: int = 1000
    """Of a comment."""
    labels: list[str] = field(default_factory=list)
    """Of the repository, whether an issue has them or not."""
    deleted: set[int] = field(default_factory=set)
    """Numbers of issues that were deleted."""

    def add_user(self, login: str, **changes: object) -> FakeUser:
        """Let somebody have an account."""
        user = FakeUser(id=100 + len(self.users), login=login)
        for name, value in changes.items():
            setattr(user, name, value)
        self.users.append(user)
        return user

    def find_user(self, login: str) -> FakeUser | None:
        """Return whose name this is now."""
        return next((user for user in (self.me, *self.users) if user.login == login), None)

    def open(self, title: str, body: str, labels: list[str], author: FakeUser | None = None) -> FakeIssue:
        """Open an issue; without an author it is the token's own."""
        now = self._tick()
        number = 1 + max([0, *(issue.number for issue in self.issues), *self.deleted])
        issue = FakeIssue(number, title, body, author or self.me, labels, now, now)
        self.issues.append(issue)
        return issue

    def change(self, issue: FakeIssue, by: FakeUser | None = None, **changes: object) -> None:
        """Change an issue; who does it is somebody else unless they are named."""
        before = issue.title, issue.body
        for name, value in changes.items():
            setattr(issue, name, value)
        issue.updated_at = self._tick()
        if (issue.title, issue.body) != before:
            self.last_id += 1
            is_of_text = issue.body != before[1]
            ticks = "- [ ] " in before[1] and "- [x] " in issue.body
            issue.rewritings.append(FakeRewriting(self.last_id, issue.updated_at, by or SOMEBODY, is_of_text, ticks))

    def list_labels(self) -> list[str]:
        """Return the labels that there are: a new one on an issue comes into being with it."""
        return sorted({*self.labels, *(label for issue in self.issues for label in issue.labels)})

    def delete(self, issue: FakeIssue) -> None:
        """Delete an issue with its comments."""
        self.issues.remove(issue)
        self.deleted.add(issue.number)
        self.comments = [comment for comment in self.comments if comment.issue is not issue]

    def say(
        self, author: FakeUser | None, body: str, *, issue: FakeIssue | None = None, by_app: bool = False
    ) -> FakeComment:
        """Write a comment, on the newest issue unless another one is given."""
        place = issue or self.issues[-1]
        self.last_id += 1
        now = self._tick()
        comment = FakeComment(self.last_id, place, body, author, now, now, by_app)
        self.comments.append(comment)
        # A comment bumps its issue, but only where the last change is a minute ago (GitLab's `ThrottledTouch`).
        if now - place.updated_at > timedelta(minutes=1):
            place.updated_at = now
        return comment

    def edit(self, comment: FakeComment, body: str) -> None:
        """Change a comment."""
        comment.body = body
        comment.updated_at = comment.edited_at = self._tick()
        comment.issue.updated_at = comment.updated_at

    def find_issue(self, number: int) -> FakeIssue | None:
        """Return an issue that is there."""
        return next((issue for issue in self.issues if issue.number == number), None)

    def list_on(self, number: int) -> list[FakeComment]:
        """Return the comments of an issue, the oldest first."""
        return [comment for comment in self.comments if comment.issue.number == number]

    def read(self, number: int = 0) -> str:
        """Return everything that is shown: of one issue, or of all."""
        shown = [issue for issue in self.issues if number in (0, issue.number)]
        texts = [text for issue in shown for text in (issue.title, issue.body)]
        return "\n".join([*texts, *(one.body for one in self.comments if one.issue in shown)])

    def list_answers(self, issue: FakeIssue | None = None) -> list[str]:
        """Return what Fermata answered to comments, without the markers."""
        own = [one for one in self.comments if one.author is self.me and one.body.startswith("<!-- fermata reply ")]
        return [one.body.partition("\n\n")[2].strip() for one in own if issue in (None, one.issue)]

    def _tick(self) -> datetime:
        self.at += self.step
        return self.at
