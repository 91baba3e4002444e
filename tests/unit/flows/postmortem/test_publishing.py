"""A post-mortem leaves for a strict Confluence on loopback: without secrets, and without what was deleted."""

import json
from datetime import timedelta

import pytest
from tests.unit.flows.postmortem.talk import SECRET, TALK, Teller, make_heard
from tests.unit.flows.stage import ALICE, NOON

from fermata.domain.person import Actor
from fermata.flows.observe import Watch
from fermata.flows.postmortem.editing import get_postmortem, save_text
from fermata.flows.postmortem.keeping import generate_postmortem
from fermata.flows.postmortem.publishing import RECEIPTS, find_target, publish_file, publish_postmortem
from fermata.flows.postmortem.purging import purge_deleted
from fermata.integrations.confluence.settings import ConfluenceSettings
from fermata.integrations.confluence.system import Confluence
from fermata.kit.clock import CLOCK_SKEW
from fermata.kit.errors import ForbiddenError, GuardRefused, NotFoundError, OperationalError, TransientError, UserError
from fermata.ports.publisher import PublishState
from fermata.ports.trail import TrailPart
from fermata.testing.clock import FakeClock
from fermata.testing.publishing.confluence import EMAIL, SPACE, TOKEN, FakeConfluence
from fermata.testing.web_server import Answer, WebServer

STRANGER = Actor(kind="unknown", id="mallory", channel="console")
TO = f"confluence:{SPACE}"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def wiki():
    """Give a Confluence, and the system that knows it."""
    fake = FakeConfluence()
    async with WebServer(fake) as server:
        settings = ConfluenceSettings(url=server.url, email=EMAIL, token=TOKEN, spaces={SPACE: {}}, timeout_s=5)
        yield fake, {"confluence": Confluence(settings, FakeClock())}, server
    assert server.complaints == []


@pytest.fixture
def talk():
    """Give what was said, each at its minute."""
    return [make_heard(minute, text) for minute, text in enumerate(TALK)]


@pytest.fixture
def draft(tell, talk):
    """Give a function that drafts the post-mortem of that talk."""

    async def build(*sources):
        stage, incident_id = await tell(*talk, sources=sources)
        await generate_postmortem(stage.context, incident_id, ALICE)
        return stage, incident_id

    return build


@pytest.fixture
def export(wiki):
    """Give a function that publishes to the wiki, or elsewhere."""

    async def publish(stage, incident_id, to=TO, *, by=ALICE, is_forced=False):
        target = find_target(wiki[1], to)
        return await publish_postmortem(stage.context, incident_id, target, by, is_forced=is_forced)

    return publish


def list_events(stage, kind="postmortem.exported"):
    """Give what the journal has of exports."""

    def read(transaction):
        return [entry.event for entry in transaction.journal.iterate() if entry.event.kind == kind]

    return stage.context.store.read(read)


async def test_post_mortem_becomes_a_page_and_the_same_page_again(draft, export, wiki):
    """The journal has who exported what to where, and the next export knows it."""
    stage, incident_id = await draft()

    first = await export(stage, incident_id)
    again = await export(stage, incident_id)

    assert (first.state, again.state) == (PublishState.CREATED, PublishState.UNCHANGED)
    (page,) = wiki[0].pages
    assert incident_id in page.title
    assert "rolled back to v41" in page.body
    created, unchanged = await list_events(stage)
    assert (created.actor, created.incident_id) == (ALICE, incident_id)
    assert (created.data["target"], created.data["state"], created.data["url"]) == (TO, "created", first.url)
    assert unchanged.data["state"] == "unchanged"


async def test_edit_there_is_left_until_it_is_said(draft, export, wiki):
    """The words of people on the page stay, and the receipt of our own version with them."""
    stage, incident_id = await draft()
    await export(stage, incident_id)
    (page,) = wiki[0].pages
    page.edit("rolled back", "went back")
    found = await get_postmortem(stage.context, incident_id)
    await save_text(stage.context, incident_id, found.text.replace("## Impact", "## Whom it hurt"), found.text, ALICE)

    left = await export(stage, incident_id)

    assert left.state is PublishState.LEFT
    assert "went back" in page.body
    forced = await export(stage, incident_id, is_forced=True)
    assert forced.state is PublishState.UPDATED
    assert "Whom it hurt" in page.body
    assert "went back" not in page.body


async def test_message_that_was_deleted_meanwhile_does_not_leave(draft, export, wiki, talk):
    """Heard as deleted after it was drafted: its line is gone from the next version of the page, too."""
    stage, incident_id = await draft()
    await export(stage, incident_id)
    (page,) = wiki[0].pages
    assert "customers get errors" in page.body

    await Watch(stage.context).forget("slack", "C1", talk[0].id, NOON + 90 * MINUTE)
    updated = await export(stage, incident_id)

    assert updated.state is PublishState.UPDATED
    assert "customers get errors" not in page.body


async def test_message_that_the_chat_has_no_longer_does_not_leave(draft, export, wiki, talk):
    """Deleted while nobody listened: the chat is read once more, for the time and the rooms of what is cited."""
    chat = Teller(TrailPart(messages=tuple(talk)))
    stage, incident_id = await draft(chat)
    chat.part = TrailPart(messages=(*talk[:3], *talk[4:]))
    asked = len(chat.scopes)

    published = await export(stage, incident_id)

    (page,) = wiki[0].pages
    assert "back to normal" not in page.body
    assert "rolled back to v41" in page.body
    (scope,) = chat.scopes[asked:]
    assert scope.rooms == ("C1",)
    assert scope.start < talk[0].at
    assert scope.known_from is None
    assert published.notes == ()


async def test_chat_that_cannot_be_read_again_is_named(draft, export):
    """Nobody can say what was deleted in it; the export says that."""
    chat = Teller(TrailPart(gaps=("C1: missing scope channels:history",)))
    stage, incident_id = await draft(chat)
    silent, other = await draft()

    named = await export(stage, incident_id)
    unasked = await export(silent, other)

    assert any("missing scope channels:history" in note for note in named.notes)
    assert unasked.notes == (
        "Whether messages were deleted while nobody listened is not known: slack: it cannot be read again",
    )


async def test_secret_that_somebody_wrote_does_not_leave(draft, export, wiki, tmp_path):
    """Not in a file, not on a page; and what markup parts is put together first."""
    stage, _ = await draft()
    path = tmp_path / "draft.md"
    path.write_text(f"# Post-mortem: x\n\nThe key was {SECRET}, or {SECRET[:9]}**{SECRET[9:15]}**{SECRET[15:]}.\n")

    await publish_file(stage.context, path, find_target(wiki[1], TO), ALICE)
    await publish_file(stage.context, path, find_target({}, f"markdown:{tmp_path / 'out.md'}"), ALICE)

    (page,) = wiki[0].pages
    for text in (page.body, (tmp_path / "out.md").read_text()):
        assert SECRET not in text
    assert SECRET[15:] not in page.body


async def test_file_of_an_incident_loses_what_was_deleted(draft, wiki, tmp_path, talk):
    """Its front matter names the incident, whose sources tell which lines rest on what is gone."""
    stage, incident_id = await draft()
    path = tmp_path / "draft.md"
    path.write_text((await get_postmortem(stage.context, incident_id)).text)
    await Watch(stage.context).forget("slack", "C1", talk[2].id, NOON + 90 * MINUTE)

    await publish_file(stage.context, path, find_target(wiki[1], TO), ALICE)

    (page,) = wiki[0].pages
    assert "rolled back to v41" not in page.body
    assert "back to normal" in page.body
    (event,) = await list_events(stage)
    assert event.incident_id == incident_id


async def test_file_loses_what_was_deleted_and_swept(draft, wiki, tmp_path, talk):
    """Nothing that is stored tells of the message any more, but for its key: the file itself lists what it rests on."""
    stage, incident_id = await draft()
    path = tmp_path / "draft.md"
    path.write_text((await get_postmortem(stage.context, incident_id)).text)
    await Watch(stage.context).forget("slack", "C1", talk[2].id, NOON + 90 * MINUTE)
    assert await purge_deleted(stage.context) == 1

    await publish_file(stage.context, path, find_target(wiki[1], TO), ALICE)

    (page,) = wiki[0].pages
    assert "rolled back to v41" not in page.body
    assert "back to normal" in page.body


async def test_file_of_no_incident_is_published_under_its_name(draft, wiki, tmp_path):
    """Its drawings beside it go with it; what lies elsewhere, or is no drawing, does not."""
    stage, _ = await draft()
    (tmp_path / "plots").mkdir()
    svg = '<svg xmlns="http://www.w3.org/2000/svg"></svg>'
    (tmp_path / "plots" / "a.svg").write_text(svg)
    (tmp_path / "secret.svg").write_text(svg)
    (tmp_path / "plots" / "text.svg").write_text("no drawing")
    path = tmp_path / "in" / "outage.md"
    path.parent.mkdir()
    (tmp_path / "plots").rename(path.parent / "plots")
    images = ("plots/a.svg", "plots/text.svg", "plots/none.svg", "../secret.svg", "/etc/a.svg")
    path.write_text("# Outage\n\n" + "\n\n".join(f"![x]({name})" for name in images) + "\n")

    await publish_file(stage.context, path, find_target(wiki[1], TO), ALICE)

    (page,) = wiki[0].pages
    assert page.title == "Outage (outage)"
    assert list(page.attachments) == ["a.svg"]
    (event,) = await list_events(stage)
    assert (event.data["key"], event.incident_id) == ("outage", None)


async def test_only_people_of_the_settings_export_to_a_service(draft, export, tmp_path, wiki):
    """And nobody while everything is halted; a file of one's own leaves nothing."""
    stage, incident_id = await draft()

    with pytest.raises(ForbiddenError, match="nobody of the settings"):
        await export(stage, incident_id, by=STRANGER)
    written = await export(stage, incident_id, f"markdown:{tmp_path / 'a.md'}", by=STRANGER)
    stage.context.halt.path.write_text("stop")
    with pytest.raises(GuardRefused):
        await export(stage, incident_id)

    assert written.state is PublishState.CREATED
    assert wiki[0].pages == []


async def test_two_exports_at_once_are_one(draft, export, wiki):
    """The second is told to wait; a turn that a crash left behind ends by itself, and a failure gives it back."""
    stage, incident_id = await draft()
    respond = wiki[2].respond

    async def second(request):
        wiki[2].respond = respond
        with pytest.raises(TransientError, match="exported there right now"):
            await export(stage, incident_id)
        return Answer({"message": "oops"}, 500)

    wiki[2].respond = second
    with pytest.raises(OperationalError, match="HTTP 500"):
        await export(stage, incident_id)
    held = {"at": stage.clock.now().isoformat()}
    name = f"postmortem.publishing:{incident_id}>{TO}"
    await stage.context.store.write(lambda transaction: transaction.flags.put(name, held))
    with pytest.raises(TransientError, match="right now"):
        await export(stage, incident_id)
    stage.clock.advance(11 * MINUTE)

    assert (await export(stage, incident_id)).state is PublishState.CREATED
    assert len(wiki[0].pages) == 1


async def test_turn_of_a_time_to_come_keeps_nobody_waiting(draft, export):
    """A crash left it behind, and the clock was set back since."""
    stage, incident_id = await draft()
    held = {"at": (stage.clock.now() + 120 * MINUTE).isoformat()}
    name = f"postmortem.publishing:{incident_id}>{TO}"
    await stage.context.store.write(lambda transaction: transaction.flags.put(name, held))

    assert (await export(stage, incident_id)).state is PublishState.CREATED


async def test_turn_of_a_worker_whose_clock_is_a_little_ahead_is_its_own(draft, export, wiki):
    """It exports right now: two at once would make two pages."""
    stage, incident_id = await draft()
    held = {"at": (stage.clock.now() + CLOCK_SKEW).isoformat()}
    name = f"postmortem.publishing:{incident_id}>{TO}"
    await stage.context.store.write(lambda transaction: transaction.flags.put(name, held))

    with pytest.raises(TransientError, match="right now"):
        await export(stage, incident_id)

    assert wiki[0].pages == []


async def test_receipt_that_is_lost_is_none_of_a_page_that_is_left(draft, export, wiki):
    """Nothing is remembered of words that are not ours."""
    stage, incident_id = await draft()
    await export(stage, incident_id)
    name = f"{RECEIPTS}{incident_id}>{TO}"
    await stage.context.store.write(lambda transaction: transaction.flags.remove(name))
    wiki[0].pages[0].edit("rolled back", "went back")

    left = await export(stage, incident_id)

    assert left.state is PublishState.LEFT
    assert await stage.context.store.read(lambda transaction: transaction.flags.find(name)) is None


async def test_receipt_is_kept_by_incident_and_place(draft, export):
    """A file is the same from whatever folder it is named; two places do not know each other."""
    stage, incident_id = await draft()

    await export(stage, incident_id)

    name = f"{RECEIPTS}{incident_id}>{TO}"
    found = await stage.context.store.read(lambda transaction: transaction.flags.find(name))
    assert json.dumps(found)
    assert found["version"] == "1"


async def test_incident_without_a_post_mortem_is_named(tell, export):
    """There is nothing to export before it is drafted."""
    stage, incident_id = await tell()

    with pytest.raises(NotFoundError, match="no post-mortem yet"):
        await export(stage, incident_id)


@pytest.mark.parametrize("text", ["confluence", "confluence:", "wiki:OPS", "", "markdown:"])
def test_target_that_is_none_is_refused_with_those_that_there_are(wiki, text):
    """Systems that publish are named with their places."""
    with pytest.raises(UserError, match=r"There are markdown:FILE, confluence:OPS"):
        find_target(wiki[1], text)


async def test_front_matter_that_is_no_yaml_does_not_leave(draft, tmp_path):
    """Neither an incident's nor a file's, to wherever: nothing is written."""
    stage, incident_id = await draft()
    found = await get_postmortem(stage.context, incident_id)
    broken = found.text.replace("status: draft", "status: draft: again", 1)
    await save_text(stage.context, incident_id, broken, found.text, ALICE)
    path, out = tmp_path / "a.md", tmp_path / "out.md"
    path.write_text(broken)
    target = find_target({}, f"markdown:{out}")

    with pytest.raises(UserError, match=rf"The post-mortem of {incident_id} was not exported. line 4 "):
        await publish_postmortem(stage.context, incident_id, target, ALICE)
    with pytest.raises(UserError, match=r"a\.md was not exported. line 4 "):
        await publish_file(stage.context, path, target, ALICE)

    assert not out.exists()
