"""An action item becomes a ticket in a strict Jira on loopback: once, by a person, of the text that was shown."""

import pytest
from tests.unit.flows.postmortem.talk import TALK, make_heard
from tests.unit.flows.stage import ALICE, Scripted

from fermata.domain.action import Outcome
from fermata.domain.person import Actor
from fermata.flows.postmortem import ticking
from fermata.flows.postmortem.editing import get_postmortem, save_text
from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.flows.postmortem.ticking import link_ticket, list_actions, make_ticket, prepare_ticket
from fermata.integrations.github.system import GitHub, GitHubSettings
from fermata.integrations.jira.settings import JiraSettings
from fermata.integrations.jira.system import Jira
from fermata.kit.errors import ForbiddenError, GuardRefused, NotFoundError, TransientError, UserError
from fermata.testing.clock import FakeClock
from fermata.testing.forges.github import FakeGitHub
from fermata.testing.trackers.jira import EMAIL, TOKEN
from fermata.testing.web_server import WebServer

ITEM = "Alert on pool waits"
STRANGER = Actor(kind="unknown", id="mallory", channel="console")


@pytest.fixture
def jira(served):
    """Give what Jira holds."""
    return served[0]


class Tracker(Scripted):
    """A Jira of the settings, with one project or two."""

    def __init__(self, url, *projects):
        super().__init__()
        login = {"email": EMAIL, "token": TOKEN, "timeout_s": 10}
        settings = JiraSettings(url=url, projects={name: {} for name in projects}, **login)
        self.actions = Jira(settings, FakeClock()).list_actions()

    def list_actions(self):
        """Return what makes issues."""
        return self.actions


class Forge(Tracker):
    """A GitHub of the settings, with one repository."""

    def __init__(self, url, fake):
        Scripted.__init__(self)
        settings = {"url": url, "token": fake.token, "repositories": {fake.repository: {}}, "timeout_s": 10}
        self.actions = GitHub(GitHubSettings.model_validate(settings), FakeClock()).list_actions()


@pytest.fixture
def write(tell, served):
    """Give a function that drafts a post-mortem to which somebody added an action item."""

    async def build(*projects, more=()):
        sources = [*([Tracker(served[1], *projects)] if projects else []), *more]
        talk = [make_heard(minute, text) for minute, text in enumerate(TALK)]
        stage, incident_id = await tell(*talk, sources=sources)
        found = (await generate_postmortem(stage.context, incident_id, ALICE)).postmortem
        text = found.text.replace("The rules found none in the talk.", f"- [ ] {ITEM}")
        await save_text(stage.context, incident_id, text, found.text, ALICE)
        (box,) = list_actions(await get_postmortem(stage.context, incident_id))
        return stage, incident_id, box.id

    return build


async def test_ticked_item_is_a_ticket_and_links_to_it(write, jira):
    """The tracker has what was shown, and the post-mortem's line says where."""
    stage, incident_id, item = await write("SHOP")

    prepared = await prepare_ticket(stage.context, incident_id, item)
    ticked = await make_ticket(stage.context, prepared, ALICE)

    assert f"+title: {ITEM}" in prepared.action.dry_run.diff
    assert ticked.result.outcome is Outcome.DONE
    (issue,) = jira.issues
    assert issue.summary == ITEM
    line = next(line for line in ticked.postmortem.text.split("\n") if ITEM in line)
    assert line.startswith("- [x] ")
    assert f"[ticket]({ticked.url})" in line
    assert ticked.postmortem.ticks == {item: ticked.url}
    with stage.store.begin_read() as transaction:
        events = [entry.event for entry in transaction.journal.list_entries(incident_id=incident_id)][-3:]
    assert [event.kind for event in events] == ["action.intended", "postmortem.ticked", "postmortem.edited"]
    assert {event.actor.id for event in events} == {"alice"}


async def test_item_is_made_once(write, jira):
    """A second tick names the ticket; after a crash between effect and note, the tracker is asked for it."""
    stage, incident_id, item = await write("SHOP")
    prepared = await prepare_ticket(stage.context, incident_id, item)
    first = await make_ticket(stage.context, prepared, ALICE)

    with pytest.raises(UserError, match="a ticket already"):
        await prepare_ticket(stage.context, incident_id, item)
    again = await make_ticket(stage.context, prepared, ALICE)

    assert len(jira.issues) == 1
    assert (again.result.outcome, again.url) == (Outcome.DONE, first.url)


async def test_item_whose_note_was_lost_is_found_again(write, jira, monkeypatch):
    """The ticket is there, the post-mortem does not say so: ticking again finds it and makes nothing."""
    stage, incident_id, item = await write("SHOP")
    prepared = await prepare_ticket(stage.context, incident_id, item)
    with monkeypatch.context() as patch:
        # A process that ends between the effect and its note cannot be staged otherwise within one test.
        patch.setattr(ticking, "_TRIES", 0)
        with pytest.raises(TransientError, match="nothing is made twice"):
            await make_ticket(stage.context, prepared, ALICE)

    again = await prepare_ticket(stage.context, incident_id, item)
    ticked = await make_ticket(stage.context, again, ALICE)

    assert again.found is not None
    assert "begun before" in again.action.dry_run.note
    assert len(jira.issues) == 1
    assert ticked.url


async def test_only_people_of_the_settings_tick(write, jira):
    """Neither a stranger nor anybody while everything is halted."""
    stage, incident_id, item = await write("SHOP")
    prepared = await prepare_ticket(stage.context, incident_id, item)

    with pytest.raises(ForbiddenError, match="nobody of the settings"):
        await make_ticket(stage.context, prepared, STRANGER)
    with pytest.raises(ForbiddenError, match="nobody of the settings"):
        await link_ticket(stage.context, incident_id, item, "https://x.example/1", STRANGER)
    stage.context.halt.halt(ALICE, "wait")
    with pytest.raises(GuardRefused):
        await make_ticket(stage.context, prepared, ALICE)
    assert jira.issues == []


async def test_ticket_that_was_refused_may_be_made_later(write, jira):
    """What certainly failed is said, leaves the box open, and counts as no attempt."""
    stage, incident_id, item = await write("SHOP")
    prepared = await prepare_ticket(stage.context, incident_id, item)
    jira.denied = frozenset({"CREATE_ISSUES"})

    failed = await make_ticket(stage.context, prepared, ALICE)
    jira.denied = frozenset()
    made = await make_ticket(stage.context, await prepare_ticket(stage.context, incident_id, item), ALICE)

    assert (failed.result.outcome, failed.url) == (Outcome.FAILED, "")
    assert failed.postmortem.ticks == {}
    assert made.result.outcome is Outcome.DONE
    assert len(jira.issues) == 1


async def test_place_must_be_clear(write):
    """Among several one is named; without any, a person makes the ticket and notes its link."""
    stage, incident_id, item = await write("SHOP", "OPS")

    with pytest.raises(UserError, match="there are jira:project/SHOP, jira:project/OPS"):
        await prepare_ticket(stage.context, incident_id, item)
    with pytest.raises(UserError, match="jira:project/HR is no place"):
        await prepare_ticket(stage.context, incident_id, item, "jira:project/HR")
    for place in ("jira:project/OPS", "jira:OPS"):
        prepared = await prepare_ticket(stage.context, incident_id, item, place)
        assert prepared.target.ref == "jira:project/OPS"


@pytest.mark.parametrize("place", ["github:shop/shop", "github:repository/shop/shop"])
async def test_item_becomes_an_issue_of_a_forge(write, jira, place):
    """Beside the tracker, where a person says so: once, with what was shown, and the line says where."""
    fake = FakeGitHub()
    async with WebServer(fake.respond) as server:
        stage, incident_id, item = await write("SHOP", more=[Forge(server.url, fake)])
        prepared = await prepare_ticket(stage.context, incident_id, item, place)

        ticked = await make_ticket(stage.context, prepared, ALICE)

    assert f"+title: {ITEM}" in prepared.words
    assert "+repository: shop/shop" in prepared.words
    (issue,) = fake.books["shop/shop"].issues
    assert issue.title == ITEM
    assert incident_id in issue.body
    assert f"- [x] {ITEM} [ticket](https://github.example/shop/shop/issues/1)" in ticked.postmortem.text
    assert jira.issues == []


async def test_link_of_a_ticket_elsewhere_is_noted(write):
    """Any tracker will do; an address that is none, and an item that is not there, are named."""
    stage, incident_id, item = await write()
    with pytest.raises(UserError, match="no tracker is in the settings"):
        await prepare_ticket(stage.context, incident_id, item)

    noted = await link_ticket(stage.context, incident_id, item, "https://github.com/acme/shop/issues/7", ALICE)

    assert "[ticket](https://github.com/acme/shop/issues/7)" in noted.text
    with pytest.raises(UserError, match="no web address"):
        await link_ticket(stage.context, incident_id, item, "javascript:alert(1)", ALICE)
    with pytest.raises(NotFoundError, match="has no action item own-0"):
        await link_ticket(stage.context, incident_id, "own-0", "https://x.example/1", ALICE)
