"""A post-mortem as a file of one's own: never written over an edit."""

import pytest

from fermata.flows.postmortem.markdown_file import MarkdownFile
from fermata.kit.errors import UserError
from fermata.ports.publisher import Order, PublishState
from fermata.testing.publisher_contract import SVG, TEXT, make_document

NEWER = make_document(TEXT.replace("14:05:00", "14:06:30"))


@pytest.fixture
def publish(tmp_path):
    """Give a function that writes a document to one file."""

    async def write(document=None, *, receipt=None, is_forced=False):
        order = Order(str(tmp_path / "out.md"), document or make_document(), receipt, is_forced)
        return await MarkdownFile().publish(order)

    return write


async def test_file_is_written_with_its_drawings_and_updated(publish, tmp_path):
    """Again is nothing to do; a new version replaces our own words."""
    first = await publish()
    same = await publish(receipt=first.receipt)
    newer = await publish(NEWER, receipt=first.receipt)

    states = (PublishState.CREATED, PublishState.UNCHANGED, PublishState.UPDATED)
    assert (first.state, same.state, newer.state) == states
    assert (tmp_path / "out.md").read_text() == NEWER.markdown
    assert (tmp_path / "plots" / "errors.svg").read_text() == SVG


async def test_edit_is_left(publish, tmp_path):
    """As is a file that nobody knows, and one that somebody took away."""
    path = tmp_path / "out.md"
    first = await publish()
    path.write_text("mine")

    edited, unknown = await publish(NEWER, receipt=first.receipt), await publish(NEWER)
    forced = await publish(NEWER, is_forced=True)
    path.unlink()
    gone = await publish(NEWER, receipt=first.receipt)
    anew = await publish(NEWER, receipt=first.receipt, is_forced=True)

    assert [one.state for one in (edited, unknown, gone)] == [PublishState.LEFT] * 3
    assert ("somebody changed" in edited.why, "nobody knows whose" in unknown.why) == (True, True)
    assert (forced.state, anew.state) == (PublishState.UPDATED, PublishState.CREATED)


async def test_file_that_cannot_be_is_said(tmp_path):
    """A folder that is not there, a folder in its place, no text, too much of it."""
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe")
    with (tmp_path / "huge.md").open("wb") as file:
        file.truncate(5 * 1024 * 1024)

    words = {
        "none/out.md": "there is no folder",
        "binary.md/out.md": "cannot be",
        ".": "cannot be read",
        "binary.md": "cannot be read",
        "huge.md": "large",
    }
    for name, said in words.items():
        with pytest.raises(UserError, match=said):
            await MarkdownFile().publish(Order(str(tmp_path / name), make_document()))
