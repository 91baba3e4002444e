"""Pages of a strict Notion on loopback."""

from datetime import timedelta

import pytest

from fermata.integrations.notion.blocks import LONGEST_TEXT, split_portions, write_blocks
from fermata.integrations.notion.client import make_api
from fermata.integrations.notion.publisher import NotionPublisher
from fermata.integrations.notion.settings import NotionSettings
from fermata.integrations.notion.system import Notion
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.publisher import Order, PublishState
from fermata.ports.publishing.blocks import parse_document
from fermata.testing.api_failures import API_FAILURES
from fermata.testing.clock import FakeClock
from fermata.testing.publisher_contract import TEXT, PublisherContract, make_document
from fermata.testing.publishing.notion import MEI, ROOT, TOKEN, FakeNotion, FakeNotionPage, find_fault, read_words
from fermata.testing.web_server import WebServer

PLACE = "post-mortems"


class Stage:
    """A Notion and what publishes to it; time passes when it is slept."""

    place = PLACE
    shows_comments = False

    def __init__(self, server, fake):
        self.server, self.fake, self.clock, self.slept = server, fake, FakeClock(), []
        self.publisher = self.make()

    def make_settings(self, **changes):
        """Give settings with one page."""
        values = {"url": self.server.url, "token": TOKEN, "pages": {PLACE: ROOT}, "timeout_s": 5}
        return NotionSettings(**(values | changes))

    def make(self, **changes):
        """Give a publisher."""
        settings = self.make_settings(**changes)

        async def sleep(seconds):
            self.slept.append(seconds)
            self.clock.advance(timedelta(seconds=seconds))

        return NotionPublisher(make_api(settings, self.clock), settings, sleep)

    def list_pages(self):
        """Give the words of each page."""
        there = (page for page in self.fake.pages.values() if not page.in_trash)
        return {f"https://www.notion.so/{page.id}": read_words(page.blocks) for page in there}

    def edit(self, old, new):
        """Let Mei change the page."""
        (page,) = self.fake.pages.values()
        self.fake.edit(page, old, new)

    def remove(self):
        """Let somebody put the page into the bin."""
        next(iter(self.fake.pages.values())).in_trash = True


@pytest.fixture
async def stage():
    """Give an empty page; what the fake did not accept fails the test."""
    fake = FakeNotion()
    async with WebServer(fake) as server:
        yield Stage(server, fake)
    assert server.complaints == []


class TestNotion(PublisherContract):
    """Notion keeps the contract."""


async def test_page_has_what_notion_has_for_it(stage):
    """Boxes, folds, tables and links; the drawing is left out, and that is said."""
    published = await stage.publisher.publish(Order(PLACE, make_document()))

    (page,) = stage.fake.pages.values()
    kinds = [block["type"] for block in page.blocks]
    assert {"to_do", "toggle", "table", "code", "quote", "divider", "numbered_list_item"} <= set(kinds)
    boxes = [block["to_do"]["checked"] for block in page.blocks if block["type"] == "to_do"]
    assert boxes == [False, True]
    (table,) = (block["table"] for block in page.blocks if block["type"] == "table")
    assert table["has_column_header"]
    links = [
        text["text"]["link"]["url"]
        for row in table["children"]
        for cell in row["table_row"]["cells"]
        for text in cell
        if "link" in text["text"]
    ]
    assert links == ["https://chat.example/m/1"]
    assert published.notes == ("1 drawing left out; what each shows is told in words beside it",)


async def test_large_document_goes_in_portions(stage):
    """Hundreds of blocks, a table and a fold of hundreds of lines, a text of thousands of characters: all arrive."""
    rows = "\n".join(f"| {number} | row |" for number in range(250))
    items = "\n".join(f"- item {number}" for number in range(250))
    parts = [
        "# T",
        f"| n | what |\n|---|---|\n{rows}",
        f"<details>\n<summary>All</summary>\n\n{items}\n\n</details>",
        *(f"paragraph {number}" for number in range(350)),
        "x" * (2 * LONGEST_TEXT + 1),
        "\U0001f525" * (LONGEST_TEXT + 1),
        "".join(f"**b{number}** c" for number in range(120)),
    ]
    text = "\n\n".join(parts)

    await stage.publisher.publish(Order(PLACE, make_document(text)))

    ((_, words),) = stage.list_pages().items()
    for part in ("249", "item 249", "paragraph 349", "b119"):
        assert part in words, part
    assert words.count("x" * LONGEST_TEXT) == 2
    assert words.count("what") == 3


def test_portions_keep_every_limit():
    """Blocks, bytes and children of one request."""
    items = "\n".join(f"- item {number}" for number in range(95))
    fold = f"<details>\n<summary>All</summary>\n\n{items}\n\n</details>"
    many = write_blocks(parse_document("\n\n".join([fold] * 30)))
    heavy = write_blocks(parse_document("\n\n".join(["é" * 20_000] * 8)))

    assert [len(portion) for portion in split_portions(many)] == [9, 9, 9, 3]
    assert sum(len(portion) for portion in split_portions(heavy)) == 8
    assert len(list(split_portions(heavy))) > 1


def test_folds_in_folds_lose_nothing():
    """What would lie deeper than Notion allows stands behind its summary, however deep it was."""
    inner = "<details>\n<summary>C</summary>\n\nc\n\n</details>"
    middle = f"<details>\n<summary>B</summary>\n\nb\n\n{inner}\n\n</details>"
    (toggle,) = write_blocks(parse_document(f"<details>\n<summary>A</summary>\n\n{middle}\n\na\n\n</details>"))

    assert read_words([toggle]).split("\n") == ["A", "B", "b", "C", "c", "a"]
    assert find_fault([toggle], 1) == ""


async def test_pages_of_people_below_the_page_stay(stage):
    """A page that somebody put below ours is not deleted, not even when forced."""
    first = await stage.publisher.publish(Order(PLACE, make_document()))
    (page,) = stage.fake.pages.values()
    below = {"object": "block", "id": "sub", "type": "child_page", "child_page": {"title": "Notes"}}
    page.blocks.append(below)
    page.last_edited_by = MEI

    left = await stage.publisher.publish(Order(PLACE, make_document(TEXT + "\nMore."), first.receipt))
    forced = await stage.publisher.publish(Order(PLACE, make_document(TEXT + "\nMore."), first.receipt, True))

    assert (left.state, forced.state) == (PublishState.LEFT, PublishState.UPDATED)
    assert below in page.blocks


async def test_foreign_page_of_the_same_title_is_left_alone(stage):
    """Titles are not unique in Notion: somebody else's page stays, and ours is another one."""
    title = "Post-mortem: Checkout fails (inc_1)"
    stage.fake.pages["theirs"] = FakeNotionPage("theirs", title, created_by=MEI)

    published = await stage.publisher.publish(Order(PLACE, make_document()))

    assert published.state is PublishState.CREATED
    assert stage.fake.pages["theirs"].blocks == []


async def test_update_that_ended_half_way_is_repeated(stage):
    """What was written twice is there once afterwards."""
    first = await stage.publisher.publish(Order(PLACE, make_document()))
    newer = make_document(TEXT.replace("14:05:00", "14:06:30"))

    def crash(request):
        if request.method == "DELETE":
            stage.server.respond = stage.fake
            return API_FAILURES[4].answer
        return stage.fake(request)

    stage.server.respond = crash
    with pytest.raises(TransientError):
        await stage.publisher.publish(Order(PLACE, newer, first.receipt))
    again = await stage.publisher.publish(Order(PLACE, newer, first.receipt))

    assert again.state is PublishState.UPDATED
    ((_, words),) = stage.list_pages().items()
    assert words.count("14:06:30") == 1
    assert "14:05:00" not in words


async def test_notion_is_asked_as_slowly_as_it_wants(stage):
    """It says how long to wait, and after some times nobody waits any more."""
    stage.fake.busy = 3
    published = await stage.publisher.publish(Order(PLACE, make_document()))
    stage.fake.busy = 100

    with pytest.raises(TransientError, match="HTTP 429"):
        await stage.publisher.publish(Order(PLACE, make_document(), published.receipt))

    assert published.state is PublishState.CREATED
    assert stage.slept == [1.0] * 8


async def test_page_below_a_crowd_is_found_and_a_crowd_without_end_is_said(stage):
    """Without a receipt the children of the page are looked through, page by page."""
    stage.fake.pages = {f"p{number}": FakeNotionPage(f"p{number}", f"Other {number}") for number in range(5)}
    first = await stage.publisher.publish(Order(PLACE, make_document()))
    stage.fake.page_size = 2

    found = await stage.publisher.publish(Order(PLACE, make_document(TEXT + "\nMore.")))
    stage.fake.pages |= {f"q{number}": FakeNotionPage(f"q{number}", f"More {number}") for number in range(100)}
    with pytest.raises(OperationalError, match="page of its own"):
        await stage.publisher.publish(Order(PLACE, make_document(key="inc_9", title="Another")))

    assert (found.state, found.url) == (PublishState.UPDATED, first.url)


@pytest.mark.parametrize("failure", API_FAILURES, ids=str)
async def test_failure_is_said_in_words(stage, failure):
    """Each way to fail is an error with its remedy."""
    publisher = stage.make(timeout_s=failure.timeout_s)
    stage.server.respond = lambda _: failure.answer

    with pytest.raises(OperationalError, match=f"(?s){failure.words}"):
        await publisher.publish(Order(PLACE, make_document()))


async def test_doctor_names_a_page_without_a_connection(stage):
    """A page that can be read is said, and one that cannot with its remedy; a dead Notion is a finding."""
    settings = stage.make_settings(pages={PLACE: ROOT, "gone": "2e" * 16})

    good, bad = await Notion(settings, FakeClock()).check()
    stage.server.respond = lambda _: API_FAILURES[0].answer
    dead, _ = await Notion(settings, FakeClock()).check()

    assert good.ok
    assert "Connections" in bad.text
    assert not dead.ok


@pytest.mark.parametrize("pages", [{}, {"x": "https://www.notion.so/x"}])
def test_settings_that_cannot_be_right_are_refused(pages):
    """A place needs the id of a page."""
    with pytest.raises(ValueError, match="pages"):
        NotionSettings(token="t", pages=pages)
