"""Comments that hold a part of the card: whoever may write there can rewrite them, too."""

from fermata.testing.channel_contract import build_long_card
from fermata.testing.web_server import Answer

LATER = {"subtitle": "held: one approval of two; since 12:00 UTC"}


async def test_part_that_was_put_right_before_the_comment_is_no_approval(rig):
    """Who rewrites the comment that holds the diff has shown another plan, whoever puts it right; each is told once."""
    receipt = await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    part = rig.book.comments[0]
    rig.book.edit(part, part.body.replace("setting_7 ", "setting_8 "))
    await rig.deliver(receipt=receipt)
    rig.start()
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()
    assert part not in rig.book.comments
    assert rig.desk.asked == []
    assert "rewrote the text of this issue" in rig.book.list_answers()[0]

    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()
    assert rig.desk.decided == "approved by alice"


async def test_part_that_was_put_right_is_remembered_when_the_card_changes(rig):
    """A text that is written after it makes nobody forget what the comment had shown."""
    receipt = await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    rig.book.edit(rig.book.comments[0], rig.book.comments[0].body.replace("setting_7 ", "setting_8 "))
    await rig.deliver(receipt=receipt)
    await rig.deliver(rig.desk.card.model_copy(update=LATER), receipt=receipt)
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.asked == []


async def test_parts_of_a_card_that_changed_are_no_rewriting(rig):
    """New parts come before the text that names them: nobody is told to read again what Fermata itself wrote anew."""
    receipt = await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    await rig.deliver(build_long_card(59_000 if rig.longest > 100_000 else 7_900), receipt=receipt)
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == "approved by alice"


async def test_part_that_was_put_right_is_known_where_nobody_says_who_we_are(github):
    """An installation's token is unknown until it wrote something: what stands there word for word is as good."""
    receipt = await github.deliver(build_long_card(8_000))
    part = github.book.comments[0]
    github.book.edit(part, part.body.replace("setting_7 ", "setting_8 "))
    await github.deliver(receipt=receipt)
    unknown = Answer({"message": "Resource not accessible by integration"}, 403)
    github.fake.stand_in = lambda request: unknown if request.path == "/user" else None
    github.start()
    github.say(github.alice, "/approve {nonce}")

    await github.look()

    assert github.desk.asked == []


async def test_part_that_somebody_copied_is_no_rewriting(rig):
    """What others write shows what it shows: a copy of a part must not keep anybody from approving."""
    await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    rig.say(rig.alice, rig.book.comments[0].body)
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == "approved by alice"
