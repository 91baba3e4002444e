"""What people write over a real socket: stored before it is acknowledged, in its last form, gone when it is deleted."""

import pytest
from tests.integration.slack.conftest import wait_for

from fermata.testing.slack.server import SlackFault


def find_ts(payload):
    """Return the id of the message that an event tells of."""
    return payload["event"]["ts"]


async def test_message_is_kept_with_its_author_link_and_files(slack, desk, listen, observer):
    """Everything that a draft needs later, without asking again."""
    async with listen(desk, observer):
        said = slack.talk.say("UALICE", "errors on checkout", files=["graph.png"])
        ack = await slack.talk.tell(said)
        reply = slack.talk.say("UBOB", "looking", thread_ts=find_ts(said))
        await slack.talk.tell(reply)
        await wait_for(lambda: len(observer.people) == 2)

    first, second = observer.messages[find_ts(said)], observer.messages[find_ts(reply)]
    assert ack.acked
    assert (first.text, first.user, first.files, first.is_bot) == (
        "errors on checkout",
        "UALICE",
        ("graph.png",),
        False,
    )
    assert first.url == f"https://acme.slack.com/archives/C0INCIDENTS/p{first.id.replace('.', '')}"
    assert second.thread == first.id
    assert (observer.people["UALICE"].name, observer.people["UALICE"].zone) == ("alice", "Europe/Berlin")


async def test_edit_replaces_and_deletion_removes(slack, desk, listen, observer):
    """The first text is nowhere any more, and a deleted message is gone for good."""
    async with listen(desk, observer):
        said = slack.talk.say("UALICE", "it is the db, password hunter2")
        gone = slack.talk.say("UALICE", "so stupid")
        await slack.talk.tell(said)
        await slack.talk.tell(gone)
        await slack.talk.tell(slack.talk.edit(find_ts(said), "it is the db"))
        await slack.talk.tell(slack.talk.delete(find_ts(gone)))

    assert observer.list_texts() == ["it is the db"]
    assert set(observer.forgotten) == {find_ts(gone)}


async def test_deleted_head_of_a_thread_is_forgotten(slack, desk, listen, observer):
    """Slack calls that a change, since the replies stay."""
    async with listen(desk, observer):
        head = slack.talk.say("UALICE", "secret plan")
        reply = slack.talk.say("UBOB", "why?", thread_ts=find_ts(head))
        await slack.talk.tell(head)
        await slack.talk.tell(reply)
        await slack.talk.tell(slack.talk.delete(find_ts(head)))

    assert observer.list_texts() == ["why?"]
    assert set(observer.forgotten) == {find_ts(head)}


async def test_reactions_and_pins_come_and_go(slack, desk, listen, observer):
    """By the reaction's name, without the tone of skin."""
    async with listen(desk, observer):
        said = slack.talk.say("UALICE", "rolling back")
        ts = find_ts(said)
        await slack.talk.tell(said)
        await slack.talk.tell(slack.talk.react("UBOB", ts, "thumbsup::skin-tone-2"))
        await slack.talk.tell(slack.talk.react("UBOB", ts, "eyes"))
        await slack.talk.tell(slack.talk.react("UBOB", ts, "eyes", is_removed=True))
        await slack.talk.tell(slack.talk.pin(ts))
        was_pinned = ts in observer.pinned
        await slack.talk.tell(slack.talk.pin(ts, is_removed=True))

    assert observer.reactions[ts] == {("thumbsup", "UBOB")}
    assert (was_pinned, observer.pinned) == (True, set())


async def test_broadcast_reply_is_one_message_in_its_thread(slack, desk, listen, observer):
    """A reply that is shown in the channel too."""
    async with listen(desk, observer):
        head = slack.talk.say("UALICE", "checkout is down")
        await slack.talk.tell(head)
        reply = slack.talk.say("UBOB", "fixed", thread_ts=find_ts(head), in_channel_too=True)
        await slack.talk.tell(reply)

    assert observer.messages[find_ts(reply)].thread == find_ts(head)


async def test_monitors_words_stand_in_attachments(slack, desk, listen, observer):
    """An alert has no text of its own, and a name in place of a user."""
    alert = {"title": "[FIRING:1] HighErrorRate", "text": "checkout 5xx > 5%", "fallback": "unseen", "color": "danger"}

    async with listen(desk, observer):
        await slack.talk.tell(slack.talk.post("Alertmanager", "", attachments=[alert]))

    (message,) = observer.messages.values()
    assert (message.text, message.is_bot) == ("[FIRING:1] HighErrorRate\ncheckout 5xx > 5%", True)
    assert observer.people["BMONITOR"].name == "Alertmanager"


async def test_unfolded_link_adds_no_words(slack, desk, listen, observer):
    """A preview is not what the author said."""
    async with listen(desk, observer):
        said = slack.talk.say("UALICE", "see https://status.example")
        await slack.talk.tell(said)
        await slack.talk.tell(slack.talk.unfold(find_ts(said), "https://status.example", "All systems down"))

    assert observer.list_texts() == ["see https://status.example"]


async def test_other_rooms_joins_and_own_cards_are_not_kept(slack, channel, desk, listen, *, observer):
    """What nobody asked for, what Slack itself writes, and what stands in the journal."""
    await channel.deliver(desk.card, key="inc-1", receipt=None)
    card = slack.space.list_cards()[0]

    async with listen(desk, observer):
        acks = [
            await slack.talk.tell(slack.talk.say("UALICE", "lunch?", channel="C0OTHER")),
            await slack.talk.tell(slack.talk.join("UBOB")),
            await slack.talk.tell(slack.talk.edit(card.ts, card.text)),
        ]

    assert all(ack.acked for ack in acks)
    assert (observer.calls, observer.messages) == (0, {})


async def test_what_is_not_stored_is_not_acknowledged_and_comes_again(slack, desk, listen, observer):
    """Slack forgets what was acknowledged."""
    observer.failures = 1

    async with listen(desk, observer):
        said = slack.talk.say("UALICE", "db is back")
        first = await slack.talk.tell(said, patience_s=0.2)
        again = await slack.talk.tell(said, attempt=1)
        third = await slack.talk.tell(said, attempt=2)

    assert (first.acked, again.acked, third.acked) == (False, True, True)
    assert observer.list_texts() == ["db is back"]


async def test_event_that_comes_late_again_turns_nothing_back(slack, desk, listen, observer):
    """A reaction that was taken away since stays away."""
    async with listen(desk, observer):
        said = slack.talk.say("UALICE", "rolling back")
        await slack.talk.tell(said)
        added = slack.talk.react("UBOB", find_ts(said), "eyes")
        await slack.talk.tell(added)
        await slack.talk.tell(slack.talk.react("UBOB", find_ts(said), "eyes", is_removed=True))
        await slack.talk.tell(added, attempt=1)

    assert observer.reactions[find_ts(said)] == set()


async def test_person_is_asked_for_once_and_a_new_name_is_heard(slack, desk, listen, observer):
    """However much they write."""
    async with listen(desk, observer):
        for number in range(5):
            await slack.talk.tell(slack.talk.say("UALICE", f"line {number}"))
        await wait_for(lambda: "UALICE" in observer.people)
        await slack.talk.tell(slack.talk.rename("UALICE", "alice (away)"))
        await slack.talk.tell(slack.talk.rename("UMALLORY", "somebody who never wrote here"))

    assert slack.count("users.info") == 1
    assert {user: person.name for user, person in observer.people.items()} == {"UALICE": "alice (away)"}


async def test_names_that_cannot_be_asked_for_hold_nothing_up(slack, desk, listen, observer):
    """The message is kept; whoever wrote it is asked for when they write again."""
    slack.fail("users.info", SlackFault.DOWN)

    async with listen(desk, observer):
        ack = await slack.talk.tell(slack.talk.say("UALICE", "one"))
        was_known = "UALICE" in observer.people
        for number in range(100):
            await slack.talk.tell(slack.talk.say("UALICE", f"more {number}"))
            if "UALICE" in observer.people:
                break

    assert (ack.acked, was_known) == (True, False)
    assert observer.people["UALICE"].name == "alice"


async def test_without_an_observer_events_are_acknowledged_and_dropped(slack, desk, listen):
    """An app that is subscribed is not switched off by Slack for that."""
    async with listen(desk):
        ack = await slack.talk.tell(slack.talk.say("UALICE", "hello"))

    assert ack.acked


@pytest.mark.parametrize(
    "event",
    [
        {"type": "message"},
        {"type": "message", "channel": "C0INCIDENTS", "ts": "soon"},
        {"type": "message", "channel": "C0INCIDENTS", "subtype": "message_changed", "message": None},
        {"type": "reaction_added", "reaction": "eyes", "item": {"type": "file"}},
        {"type": "pin_added", "channel_id": "C0INCIDENTS", "item": {"type": "file"}},
        {"type": "user_change", "user": "UALICE"},
        {"type": "app_home_opened"},
        None,
    ],
)
async def test_event_of_another_shape_is_acknowledged_and_dropped(slack, desk, listen, observer, event):
    """Slack adds fields and events; none of them stops the rest."""
    payload = {"type": "event_callback", "event_id": "Ev1", "event": event}

    async with listen(desk, observer):
        ack = await slack.sockets.send("events_api", payload)

    assert (ack.acked, observer.messages) == (True, {})
