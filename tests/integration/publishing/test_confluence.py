"""Pages of a strict Confluence on loopback."""

import re
from xml.etree import ElementTree as ET

import pytest

from fermata.integrations.confluence.settings import ConfluenceSettings
from fermata.integrations.confluence.system import Confluence
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.publisher import Order, PublishState
from fermata.testing.api_failures import API_FAILURES
from fermata.testing.clock import FakeClock
from fermata.testing.publisher_contract import SVG, TEXT, PublisherContract, make_document
from fermata.testing.publishing.confluence import EMAIL, SPACE, TOKEN, FakeConfluence, FakePage
from fermata.testing.web_server import WebServer


class Stage:
    """A Confluence and what publishes to it."""

    place = SPACE
    shows_comments = False

    def __init__(self, server, fake):
        self.server, self.fake = server, fake
        self.publisher = self.make().find_publisher()

    def make(self, **changes):
        """Give the system, with settings of one's own."""
        values = {"url": self.server.url, "email": EMAIL, "token": TOKEN, "spaces": {SPACE: {}}, "timeout_s": 5}
        return Confluence(ConfluenceSettings(**(values | changes)), FakeClock())

    def list_pages(self):
        """Give the words of each page."""
        pages = (page for page in self.fake.pages if page.status == "current")
        return {f"https://site.example/wiki/spaces/{SPACE}/pages/{page.id}": read_words(page.body) for page in pages}

    def edit(self, old, new):
        """Let somebody change the page."""
        (page,) = self.fake.pages
        page.edit(old, new)

    def remove(self):
        """Let somebody put the page into the bin."""
        self.fake.pages[0].status = "trashed"


def read_words(body):
    """Give the text of a body, macros' parameters among it."""
    root = ET.fromstring(f'<x xmlns:ac="a" xmlns:ri="r">{body}</x>')  # noqa: S314 - Fermata's own, of a test
    return "".join(root.itertext())


@pytest.fixture
async def stage():
    """Give an empty space; what the fake did not accept fails the test."""
    fake = FakeConfluence()
    async with WebServer(fake) as server:
        yield Stage(server, fake)
    assert server.complaints == []


class TestConfluence(PublisherContract):
    """Confluence keeps the contract."""


async def test_page_has_what_confluence_has_for_it(stage):
    """Boxes are tasks, folds expand, links to sources lead to places on the page, drawings are attached."""
    await stage.publisher.publish(Order(SPACE, make_document()))

    page = stage.fake.get("Post-mortem: Checkout fails (inc_1)")
    assert "<ac:task-status>incomplete</ac:task-status><ac:task-body>Alert on errors</ac:task-body>" in page.body
    assert '<ac:link ac:anchor="src-m1">' in page.body
    assert re.search(r"<ac:structured-macro ac:name=\"anchor\"[^>]*><ac:parameter ac:name=\"\">src-m1<", page.body)
    assert '<a href="https://grafana.example/d/1?a=1&amp;b=2">the board</a>' in page.body
    assert '<ri:attachment ri:filename="errors.svg"/>' in page.body
    assert page.attachments == {"errors.svg": SVG.encode()}
    assert "<h1>" not in page.body


async def test_foreign_page_of_the_same_title_is_never_overwritten(stage):
    """Not even when forced: it is somebody else's."""
    stage.fake.pages.append(FakePage("7", "Post-mortem: Checkout fails (inc_1)", "<p>Mine</p>"))

    with pytest.raises(UserError, match="did not make"):
        await stage.publisher.publish(Order(SPACE, make_document(), is_forced=True))

    assert stage.fake.pages[0].body == "<p>Mine</p>"


async def test_save_at_the_same_moment_is_left(stage):
    """Confluence refuses the version, and nothing is overwritten."""
    first = await stage.publisher.publish(Order(SPACE, make_document()))
    (page,) = stage.fake.pages

    def race(request):
        if request.method == "PUT":
            page.edit("Second", "Second thoughts")
            stage.server.respond = stage.fake
        return stage.fake(request)

    stage.server.respond = race
    order = Order(SPACE, make_document(TEXT.replace("14:05:00", "14:06:00")), first.receipt)
    left = await stage.publisher.publish(order)

    assert left.state is PublishState.LEFT
    assert "the same moment" in left.why
    assert "Second thoughts" in page.body


async def test_update_that_confluence_refuses_is_no_conflict(stage):
    """Only a version that somebody else wrote is; everything else is said as it is."""
    first = await stage.publisher.publish(Order(SPACE, make_document()))
    stage.server.respond = lambda request: API_FAILURES[4].answer if request.method == "PUT" else stage.fake(request)

    with pytest.raises(OperationalError, match="HTTP 500"):
        await stage.publisher.publish(Order(SPACE, make_document(TEXT + "More."), first.receipt))


async def test_space_that_is_gone_is_named(stage):
    """It is in the settings, and Confluence does not know it, or hides it."""
    publisher = stage.make(spaces={"GONE": {}}).find_publisher()

    with pytest.raises(UserError, match="no space GONE"):
        await publisher.publish(Order("GONE", make_document()))


async def test_page_goes_under_the_parent_of_the_settings(stage):
    """Without one it goes under the space's home page."""
    publisher = stage.make(spaces={SPACE: {"parent": "55"}}).find_publisher()

    await publisher.publish(Order(SPACE, make_document()))

    assert stage.fake.pages[0].parent == "55"


async def test_missing_right_is_named(stage):
    """A token that may only read says what to grant, and nothing is there."""
    stage.fake.can_write = False

    with pytest.raises(OperationalError, match=r"HTTP 403.*it needs the right to add pages"):
        await stage.publisher.publish(Order(SPACE, make_document()))

    assert stage.fake.pages == []


@pytest.mark.parametrize("failure", API_FAILURES, ids=str)
async def test_failure_is_said_in_words(stage, failure):
    """Each way to fail is an error with its remedy."""
    publisher = stage.make(timeout_s=failure.timeout_s).find_publisher()
    stage.server.respond = lambda _: failure.answer

    with pytest.raises(OperationalError, match=f"(?s){failure.words}"):
        await publisher.publish(Order(SPACE, make_document()))


async def test_doctor_names_a_space_that_is_not_there(stage):
    """A space that can be seen is said, and one that cannot with its remedy."""
    good, bad = await stage.make(spaces={SPACE: {}, "GONE": {}}).check()

    assert good.ok
    assert not bad.ok
    assert "no space GONE" in bad.text


@pytest.mark.parametrize("spaces", [{}, {"OPS/x": {}}, {"OPS": {"parent": "Home"}}])
def test_settings_that_cannot_be_right_are_refused(spaces):
    """A space without a key, or a parent that is no number."""
    with pytest.raises(ValueError, match="spaces"):
        ConfluenceSettings(url="https://x.example", email="a", token="t", spaces=spaces)
