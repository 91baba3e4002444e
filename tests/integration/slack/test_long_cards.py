"""What is too long for a message is a file in its thread, whole; until it is there, nothing can be approved."""

import hashlib

import pytest

from fermata.domain.card import CardRow, CardSection
from fermata.kit.errors import OperationalError, TransientError
from fermata.testing.channel_contract import build_card
from fermata.testing.slack.server import SlackFault
from fermata.testing.slack.workspace import SlackFile, SlackMessage, list_buttons, read_blocks

LONG_DIFF = "--- a\n+++ b\n@@ -1,10000 +1,10000 @@\n" + "".join(f"+line {n} of the new file\n" for n in range(10_000))


def build_long_card(diff=LONG_DIFF, **values):
    """Give a card with a diff that no message holds."""
    card = build_card()
    section = card.sections[0].model_copy(update={"diff": diff})
    return card.model_copy(update={"sections": (section, *card.sections[1:]), **values})


async def test_long_diff_is_a_file_that_the_message_names(slack, channel):
    """Name, lines and digest are in the message; the file is in its thread, byte by byte what would be approved."""
    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    (file,) = slack.space.files.values()
    assert file.content.decode() == LONG_DIFF
    assert (file.channel, file.thread_ts) == ("C0INCIDENTS", message.ts)
    shown = read_blocks(message.blocks)
    assert f"{file.name} (10003 lines, sha256 {hashlib.sha256(LONG_DIFF.encode()).hexdigest()})" in shown
    assert "approve" in list_buttons(message.blocks)


async def test_file_comes_before_the_buttons(slack, channel):
    """At no moment could somebody approve what is not to be seen."""
    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    order = [call.method for call in slack.calls]
    assert order.index("files.completeUploadExternal") < order.index("chat.update")
    assert [list_buttons(blocks) for blocks in message.seen] == [{}]
    assert "Incomplete" in read_blocks(message.seen[0])


async def test_file_is_uploaded_once(slack, channel):
    """A card that changes elsewhere keeps its file; another diff is another file."""
    receipt = await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    receipt = await channel.deliver(build_long_card(subtitle="1 of 2"), key="inc-1", receipt=receipt)
    assert len(slack.space.files) == 1

    await channel.deliver(build_long_card(LONG_DIFF + "+more\n"), key="inc-1", receipt=receipt)

    assert len(slack.space.files) == 2


async def test_process_that_knows_nothing_finds_the_file(slack, make_channel):
    """Its digest stands in its title."""
    await make_channel().deliver(build_long_card(), key="inc-1", receipt=None)

    await make_channel().deliver(build_long_card(subtitle="1 of 2"), key="inc-1", receipt=None)

    assert len(slack.space.files) == 1
    assert len(slack.space.list_cards()) == 1


@pytest.mark.parametrize("step", ["files.getUploadURLExternal", "upload", "files.completeUploadExternal"])
async def test_card_whose_file_failed_has_no_buttons_and_says_why(slack, channel, step):
    """Whole or not at all; when it is mended, the same card gets its file and its buttons."""
    slack.fail(step, SlackFault.DOWN)
    with pytest.raises(OperationalError):
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    assert list_buttons(message.blocks) == {}
    assert "it cannot be approved here" in read_blocks(message.blocks)
    assert "could not be attached" in read_blocks(message.blocks)

    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    assert "approve" in list_buttons(message.blocks)
    assert "Incomplete" not in read_blocks(message.blocks)


async def test_missing_scope_for_files_is_named_on_the_card(slack, channel):
    """Whoever reads the card learns what to mend."""
    slack.space.scopes.remove("files:write")

    with pytest.raises(OperationalError, match="lacks files:write"):
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    assert "the app lacks files:write" in read_blocks(message.blocks)
    assert list_buttons(message.blocks) == {}


async def test_lost_answer_to_an_upload_leaves_one_card(slack, channel):
    """The card is found; the file may be there twice, which changes nothing."""
    slack.fail("files.completeUploadExternal", SlackFault.LOST)
    with pytest.raises(TransientError):
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    assert len(slack.space.list_cards()) == 1
    assert len(slack.space.files) == 1


async def test_many_long_sections_keep_the_limits_and_lose_nothing(slack, channel):
    """The longest parts move into files until the message fits; every word is still to be found."""
    card = build_card()
    rows = tuple(CardRow(label=f"Parameter {n}", text=f"value {n} " + "y" * 300) for n in range(30))
    sections = tuple(CardSection(heading=f"Step {n}", rows=rows) for n in range(4))

    await channel.deliver(card.model_copy(update={"sections": (*card.sections, *sections)}), key="inc-1", receipt=None)

    shown = slack.space.read()
    assert all(f"Parameter {n}: value {n} " + "y" * 300 in shown for n in range(30))
    (message,) = slack.space.list_cards()
    assert "approve" in list_buttons(message.blocks)


async def test_more_sections_than_blocks_are_one_file(slack, channel):
    """Slack takes 50 blocks."""
    sections = tuple(CardSection(heading=f"Step {n}", paragraphs=(f"words {n}.",)) for n in range(80))

    await channel.deliver(build_card().model_copy(update={"sections": sections}), key="inc-1", receipt=None)

    shown = slack.space.read()
    assert all(f"words {n}." in shown for n in range(80))
    assert len(slack.space.files) == 1


async def test_deleted_long_card_comes_back_with_its_file(slack, channel):
    """A thread goes with its message: the file is attached to the new one."""
    receipt = await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].messages.clear()

    await channel.deliver(build_long_card(subtitle="again"), key="inc-1", receipt=receipt)

    (message,) = slack.space.list_cards()
    assert any(reply.files for reply in slack.space.list_thread(message.ts))
    assert "approve" in list_buttons(message.blocks)


async def test_long_card_that_was_found_and_is_gone_comes_back(slack, channel):
    """Its upload failed, somebody deleted it, and its receipt is lost: one new card, whole."""
    slack.fail("files.completeUploadExternal", SlackFault.DOWN)
    with pytest.raises(TransientError):
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    slack.space.channels["C0INCIDENTS"].messages.clear()

    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    (message,) = slack.space.list_cards()
    assert "approve" in list_buttons(message.blocks)
    assert any(reply.files for reply in slack.space.list_thread(message.ts))


async def test_file_of_somebody_else_is_not_taken_for_ours(slack, channel):
    """Whoever names a file by the right digest has not shown what is in it: ours is attached before the buttons."""
    slack.fail("files.completeUploadExternal", SlackFault.DOWN)
    with pytest.raises(TransientError):
        await channel.deliver(build_long_card(), key="inc-1", receipt=None)
    (message,) = slack.space.list_cards()
    digest = hashlib.sha256(LONG_DIFF.encode()).hexdigest()
    slack.space.files["FEVIL"] = SlackFile("FEVIL", "x.diff", 4, b"evil", title=f"Proposed: diff (sha256 {digest})")
    evil = SlackMessage(slack.space.next_ts(), "x", [], message.ts, user="UMALLORY", files=["FEVIL"])
    slack.space.channels["C0INCIDENTS"].messages.append(evil)

    await channel.deliver(build_long_card(), key="inc-1", receipt=None)

    ours = [reply for reply in slack.space.list_thread(message.ts) if reply is not evil]
    assert [slack.space.files[one].content.decode() for reply in ours for one in reply.files] == [LONG_DIFF]
