"""Issues on a GitHub and on a GitLab of this machine's own, and a desk that records what it is asked."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.proposal import Answer, ProposalState, Ruling
from fermata.integrations.github.system import GitHub, GitHubSettings
from fermata.integrations.gitlab.system import GitLab, GitLabSettings
from fermata.kit.clock import SystemClock
from fermata.ports.chat.nonce import find_nonce
from fermata.ports.desk import Reply
from fermata.testing.channel_contract import build_card
from fermata.testing.clock import FakeClock
from fermata.testing.forges.github import FakeGitHub
from fermata.testing.forges.gitlab import FakeGitLab
from fermata.testing.forges.issues import IssueBook
from fermata.testing.web_server import Answer as HttpAnswer
from fermata.testing.web_server import Fault, WebServer

SECRET = "a-secret-of-the-webhook"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class RecordingDesk:
    """A desk with one plan. It decides like the real one, in memory, and keeps what it was asked."""

    card: object = field(default_factory=build_card)
    people: dict = field(default_factory=dict)
    decided: str = ""
    asked: list = field(default_factory=list)
    known: set = field(default_factory=set)
    failure: Exception | None = None
    is_late: bool = False

    async def decide(self, guest, ruling, *, incident_id, nonce, reason=""):
        """Take the first of somebody known; tell the others."""
        self.asked.append((guest, ruling.value, incident_id, nonce, reason))
        if self.failure is not None:
            raise self.failure
        open_ = ProposalState.OPEN
        if guest.bot or guest.barred or guest.handle not in self.people:
            why = "machines never count" if guest.bot else guest.barred or f"nobody is {guest.handle}"
            return Answer(accepted=False, state=open_, text=f"Not counted: {why}.", rule="unknown_person")
        if self.is_late:
            return Answer(accepted=False, state=open_, text="Not counted: this expired at 12:30 UTC.", rule="expired")
        if self.decided:
            return Answer(accepted=False, state=open_, text=f"Not counted: already {self.decided}.", rule="late")
        if not find_nonce(self.card).startswith(nonce):
            return Answer(accepted=False, state=open_, text="Not counted: another plan.", rule="digest_mismatch")
        verb = "approved" if ruling is Ruling.APPROVE else "rejected"
        self.decided = f"{verb} by {self.people[guest.handle]}"
        return Answer(accepted=True, state=open_, text=f"{self.decided.capitalize()}. {reason}".strip())

    async def ask_for_more(self, guest, incident_id, question=""):
        """Answer in lines, as models do, with something that wants to be more than words."""
        self.asked.append((guest, "ask", incident_id, question))
        return Reply(text="Because of @ops, see #12.\n/close\nIt is so.")

    async def snooze(self, guest, incident_id, span):
        """Say for how long."""
        self.asked.append((guest, "snooze", incident_id, span))
        return Reply(text=f"Quiet for {span}.")

    async def command(self, guest, text):
        """Echo."""
        self.asked.append((guest, "command", text))
        return Reply(text=f"heard {text}", card=self.card if text == "card" else None)

    async def find_card(self, incident_id):
        """Give the one card."""
        return self.card if incident_id == self.card.incident_id else None

    async def remember(self, channel, delivery_id):
        """Note a delivery."""
        is_new = (channel, delivery_id) not in self.known
        self.known.add((channel, delivery_id))
        return is_new

    async def is_known(self, channel, delivery_id):
        """Answer for a delivery."""
        return (channel, delivery_id) in self.known


class IssueRig:
    """A forge with its issues, and what Fermata offers there."""

    system: str
    repository: str
    room: str
    command: str = "/"

    def __init__(self, server, fake):
        self.server = server
        self.fake = fake
        self.clock = FakeClock(NOON)
        self.desk = RecordingDesk()
        self.lost = 0
        self.alice = self.book.add_user("alice")
        self.bob = self.book.add_user("bob")
        self.desk.people = {str(self.alice.id): "alice", str(self.bob.id): "bob"}
        self.start()

    @property
    def book(self):
        """Give the issues of the settings' repository."""
        return self.fake.books[self.repository]

    def go_live(self):
        """Go by the real clock, the forge as well: what was said days ago is not looked at any more."""
        self.clock = SystemClock()
        for book in self.fake.books.values():
            book.at = self.clock.now() - timedelta(hours=1)

    def start(self):
        """Begin anew, as a process that knows nothing of the one before."""
        system = self.make_system()
        self.channel, self.listener = system.find_channel(), system.find_listener()
        self.webhook = system.find_webhook()
        return system

    def make_system(self, **changes):
        """Give the system; changes are of its section `approvals`."""
        approvals = {"repository": self.repository, "rooms": [self.room], "webhook_secret": SECRET} | changes
        settings = {"url": self.server.url, "token": self.fake.token, "timeout_s": 10, "approvals": approvals}
        return self.build(settings)

    def build(self, settings):
        """Build the system of this forge."""
        raise NotImplementedError

    async def deliver(self, card=None, *, receipt=None, key="inc-1", room=""):
        """Show a card, the desk's own unless another one is given; return the receipt."""
        if card is not None:
            self.desk.card = card
        return await self.channel.deliver(self.desk.card, key=key, receipt=receipt, room=room)

    def say(self, user, text, **changes):
        """Let somebody comment; `{nonce}` is the plan's, a leading `/` whatever a command begins with here."""
        text = text.replace("{nonce}", find_nonce(self.desk.card))
        return self.book.say(user, self.command + text[1:] if text.startswith("/") else text, **changes)

    async def look(self):
        """Let the listener look once, and finish what it does aside; return how long it would wait."""
        wait = await self.listener.look(self.desk)
        for poll in self.listener._polls:
            for task in list(poll._running.values()):
                await task
        return wait

    def list_decisions(self):
        """Give what the desk was asked to decide: who, what, reason."""
        return [(one[0].name, one[1], one[4]) for one in self.desk.asked if one[1] in ("approve", "reject")]

    def lose(self, part):
        """Let the forge take the next call whose method and path hold a text, and lose the answer."""

        def stand_in(request):
            if part not in f"{request.method} {request.path}":
                return None
            self.fake.stand_in = lambda _: None
            self.fake.respond(request)
            return HttpAnswer(fault=Fault.DROP)

        self.fake.stand_in = stand_in

    def answer(self, part, answer, end=""):
        """Let calls whose method and path hold a text, and end so, be answered so."""

        def stand_in(request):
            call = f"{request.method} {request.path}"
            return answer if part in call and call.endswith(end) else None

        self.fake.stand_in = stand_in

    def break_it(self):
        """Let nothing answer any more."""
        self.server.respond = lambda _: HttpAnswer(fault=Fault.DROP)


class GitHubIssueRig(IssueRig):
    """GitHub's."""

    system = "github"
    repository = "shop/shop"
    room = "shop/payments"
    longest = 65_536
    create = "POST /repos/shop/shop/issues"
    permission = "/permission"

    def build(self, settings):
        return GitHub(GitHubSettings.model_validate(settings), self.clock)

    def take_rights(self, user):
        """Let somebody lose the right to write."""
        user.permission = "read"

    def make_hook(self, secret=SECRET, delivery="d-1", event="issue_comment", text="/approve 0"):
        """Give headers and body of a request that tells of a new comment."""
        body = (
            text if isinstance(text, bytes) else json.dumps({"action": "created", "comment": {"body": text}}).encode()
        )
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-hub-signature-256": f"sha256={digest}", "x-github-event": event, "x-github-delivery": delivery}
        return headers, body


class GitLabIssueRig(IssueRig):
    """GitLab's."""

    system = "gitlab"
    repository = "shop/backend/shop"
    room = "shop/payments"
    command = "/fermata "
    longest = 1_000_000
    create = "POST /api/v4/projects/shop/backend/shop/issues"
    permission = "/members/all/"

    def build(self, settings):
        return GitLab(GitLabSettings.model_validate(settings), self.clock)

    def take_rights(self, user):
        """Let somebody lose the role Developer."""
        user.permission = "read"

    def make_hook(self, secret=SECRET, delivery="d-1", event="Note Hook", text="/fermata approve 0"):
        """Give headers and body of a request that tells of a new comment."""
        note = {"object_kind": "note", "object_attributes": {"note": text, "action": "create"}}
        body = text if isinstance(text, bytes) else json.dumps(note).encode()
        return {"x-gitlab-token": secret, "x-gitlab-event": event, "x-gitlab-event-uuid": delivery}, body


@pytest.fixture
async def github():
    """A GitHub with two repositories."""
    fake = FakeGitHub()
    me = fake.books[fake.repository].me
    fake.books["shop/payments"] = IssueBook(me, fake.books[fake.repository].users)
    async with WebServer(fake.respond) as server:
        yield GitHubIssueRig(server, fake)
    assert server.complaints == []


@pytest.fixture
async def gitlab():
    """A GitLab with two projects."""
    fake = FakeGitLab()
    me = fake.books[fake.repository].me
    fake.books["shop/payments"] = IssueBook(me, fake.books[fake.repository].users)
    async with WebServer(fake.respond) as server:
        yield GitLabIssueRig(server, fake)
    assert server.complaints == []


@pytest.fixture(params=["github", "gitlab"])
def rig(request):
    """Each forge in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def stranger(rig):
    """Somebody who may read."""
    user = rig.book.add_user("mallory")
    rig.take_rights(user)
    return user
