"""GitHub's limits: they bar nobody, and are kept."""

from datetime import timedelta

import pytest

from fermata.kit.errors import OperationalError, StoreAway, TransientError
from fermata.testing.web_server import Answer


@pytest.mark.parametrize("call", ["/permission", "POST /repos/shop/shop/issues/1/comments"])
async def test_secondary_limit_bars_nobody(github, call):
    """GitHub answers it with 403, as it does a missing permission: the comment waits, and its answer does."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer(call, Answer({"message": "You have exceeded a secondary rate limit. Please wait."}, 403))
    await github.look()

    github.fake.stand_in = lambda _: None
    github.clock.advance(timedelta(minutes=1))
    await github.look()

    assert github.desk.decided == "approved by alice"
    assert len(github.book.list_answers()) == 1


@pytest.mark.parametrize("call", ["GET", "/permission", "POST /repos/shop/shop/issues/1/comments"])
async def test_limit_is_kept_whatever_webhooks_come(github, call):
    """GitHub bars accounts that go on asking ("Rate limits for the REST API"): nothing is asked until it may be."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer(call, Answer({"message": "You have exceeded a secondary rate limit. Please wait."}, 403))
    await github.look()
    asked = []
    github.fake.stand_in = asked.append

    github.listener.wake()
    github.clock.advance(timedelta(seconds=20))
    wait = await github.look()

    assert (wait, asked) == (40, [])
    github.clock.advance(timedelta(seconds=wait))
    await github.look()
    assert github.desk.decided == "approved by alice"


async def test_pause_of_a_clock_that_was_set_back_is_over(github):
    """Nobody is deaf until an hour comes that was there before."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer("GET", Answer({"message": "You have exceeded a secondary rate limit. Please wait."}, 403))
    await github.look()
    github.fake.stand_in = lambda _: None

    github.clock.advance(timedelta(hours=-2))
    await github.look()

    assert github.desk.decided == "approved by alice"


async def test_more_than_is_given_at_once_hides_nothing(github):
    """A thousand comments within the minutes that are asked for again, and the word that counts behind them."""
    await github.deliver()
    github.book.step = timedelta(milliseconds=150)
    for number in range(1100):
        github.say(github.bob, f"chatter {number}")
    github.say(github.alice, "/approve {nonce}")

    waits = [await github.look() for _ in range(5)]

    assert github.desk.decided == "approved by alice"
    assert waits[-1] > 0


async def test_card_waits_when_too_many_were_opened(github):
    """The outbox is told for how long."""
    github.answer(github.create, Answer({"message": "You have exceeded a secondary rate limit"}, 403))

    with pytest.raises(TransientError) as caught:
        await github.deliver()

    assert caught.value.retry_after == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "said", "remedy"),
    [
        (403, "Repository was archived so is read-only.", "Unarchive"),
        (410, "Issues are disabled for this repo", "Switch the issues"),
        (403, "Unable to create comment because issue is locked.", "Unlock"),
        (403, "Resource protected by organization SAML enforcement.", "single sign-on"),
    ],
)
async def test_refusal_for_another_reason_asks_for_no_permission(github, status, said, remedy):
    """No wider token helps where the repository is archived, or the token is not authorized for the organisation."""
    github.answer(github.create, Answer({"message": said}, status))

    with pytest.raises(OperationalError, match=remedy) as caught:
        await github.deliver()

    assert "Issues: write" not in str(caught.value)
    assert said.rstrip(".") in str(caught.value)


async def test_comment_that_github_keeps_from_being_judged_is_told_so(github):
    """For an hour one part of it fails while the others work: whoever wrote is not left without a word."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer("POST /graphql", Answer({"message": "Server Error"}, 502))
    for _ in range(60):
        await github.look()
        github.clock.advance(timedelta(minutes=1))
    github.fake.stand_in = lambda _: None
    await github.look()

    assert github.desk.decided == ""
    (said,) = github.book.list_answers()
    assert "Not counted: for half an hour" in said
    assert "write the comment once more" in said


async def test_many_webhooks_use_up_nobodys_patience(github):
    """Each wakes the listener: thirty of them within a minute are no half an hour."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer("POST /graphql", Answer({"message": "Server Error"}, 502))
    for _ in range(40):
        github.listener.wake()
        await github.look()
        github.clock.advance(timedelta(seconds=1))
    github.fake.stand_in = lambda _: None
    await github.look()

    assert github.desk.decided == "approved by alice"


async def test_comment_that_cannot_be_dealt_with_is_given_up(rig):
    """One that fails again and again does not hold up the others for ever; its writer is told."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.desk.failure = TransientError("Never")

    for _ in range(40):
        await rig.look()
        rig.clock.advance(timedelta(minutes=1))

    assert len(rig.desk.asked) == 31
    (said,) = rig.book.list_answers()
    assert "Not counted: for half an hour" in said


@pytest.mark.parametrize("place", ["is_known", "decide", "remember"])
async def test_comment_waits_for_our_own_store_however_long_it_is_away(rig, monkeypatch, place):
    """Given up, it would be counted after the next start, by whoever was told that it was not."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    with monkeypatch.context() as away:

        async def fail(*_, **__):
            raise StoreAway("The store is locked")

        away.setattr(rig.desk, place, fail)
        for _ in range(40):
            await rig.look()
            rig.clock.advance(timedelta(minutes=1))

    await rig.look()
    await rig.look()

    assert rig.desk.decided == "approved by alice"
    assert [said for said in rig.book.list_answers() if "Not counted" in said] == []
    assert len(rig.desk.known) == 1
