"""Comments that hold a part of the card: whoever may write there can rewrite them, too."""

from datetime import timedelta

import pytest

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


@pytest.mark.parametrize("step_s", [0, 1])
async def test_parts_of_a_card_that_changed_are_no_rewriting(rig, step_s):
    """New parts come before the text that names them: nobody is told to read again what Fermata itself wrote anew."""
    rig.book.step = timedelta(seconds=step_s)
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


async def put_right(rig, receipt):
    """Let somebody rewrite a comment that holds a part, and Fermata write it anew."""
    part = rig.book.comments[0]
    rig.book.edit(part, part.body.replace("setting_7 ", "setting_8 "))
    await rig.deliver(receipt=receipt)


@pytest.mark.parametrize("is_new", [False, True])
async def test_part_that_was_put_right_after_the_comment_takes_nothing_from_it(rig, is_new):
    """Who approved had read the card as it was: what others rewrite later is no doubt of that."""
    receipt = await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    rig.say(rig.alice, "/approve {nonce}")
    await put_right(rig, receipt)
    if is_new:
        rig.start()

    await rig.look()

    assert rig.desk.decided == "approved by alice"


@pytest.mark.parametrize(("hours", "decided"), [(23, ""), (25, "approved by alice")])
async def test_part_that_was_put_right_counts_for_as_long_as_a_plan_may_wait(rig, hours, decided):
    """What was rewritten a day before a comment showed nothing of a plan that can still be approved."""
    receipt = await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    await put_right(rig, receipt)
    rig.book.at += timedelta(hours=hours)
    rig.clock.advance(timedelta(hours=hours))
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == decided


async def test_what_was_put_right_is_forgotten_once_no_comment_can_be_about_it(rig):
    """A process that serves for months does not remember every issue that somebody ever wrote into."""
    card = build_long_card(60_000 if rig.longest > 100_000 else 8_000)
    for days in (3, 1, 0):
        receipt = await rig.deliver(card, key=f"inc-{days}")
        part = rig.book.comments[-1]
        rig.book.edit(part, f"{part.body} ")
        await rig.deliver(receipt=receipt, key=f"inc-{days}")
        rig.book.at += timedelta(days=days)

    assert len(rig.channel._renewed) == 2
