from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.flows.postmortem.heard_talk import to_participants, to_trail_messages

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
ANA = HeardPerson(platform="slack", user="U1", name="Ana", zone="Europe/Berlin")
BOT = HeardPerson(platform="slack", user="B1", name="Alertmanager", is_bot=True)


def hear(name, text="errors", *, user="U1", platform="slack", **more):
    """Return a message heard at noon."""
    fields = {"platform": platform, "room": "C1", "id": name, "at": NOON, "user": user, "text": text}
    return HeardMessage(**(fields | more))


def test_message_is_told_under_its_authors_name_with_what_belongs_to_it():
    """The text reads as it is shown, and ids lead back to what is stored."""
    heard = hear(
        "2.0", "see <@U1> in <#C2> &amp; <https://s.acme.io|the page>", thread="1.0", is_pinned=True, files=("a.png",)
    ).model_copy(update={"reactions": {"eyes": 2}})

    (message,) = to_trail_messages([heard], [ANA], channels={"C2": "ops"})

    assert (message.id, message.thread, message.user, message.channel) == ("slack:C1/2.0", "slack:C1/1.0", "Ana", "C1")
    assert message.text == "see @Ana in #ops & the page (https://s.acme.io)"
    assert (message.reactions, message.is_pinned, message.files) == ({"eyes": 2}, True, ("a.png",))


def test_author_of_whom_nothing_is_known_keeps_the_id():
    """Nobody is given somebody else's name."""
    messages = to_trail_messages([hear("1.0", user="U9"), hear("2.0", user="")], [ANA])

    assert [message.user for message in messages] == ["U9", "unknown"]


def test_two_people_of_one_name_stay_two():
    """A line must not be told of the other Ana."""
    other = ANA.model_copy(update={"user": "U2"})

    messages = to_trail_messages([hear("1.0"), hear("2.0", user="U2")], [ANA, other])

    assert [message.user for message in messages] == ["Ana (U1)", "Ana (U2)"]
    assert set(to_participants([ANA, other])) == {"Ana (U1)", "Ana (U2)"}


def test_people_bring_their_zone_and_whether_they_are_machines():
    """A zone that does not exist is none."""
    lost = HeardPerson(platform="slack", user="U3", zone="Nowhere/Land")

    people = to_participants([ANA, BOT, lost])

    assert str(people["Ana"].zone) == "Europe/Berlin"
    assert people["Alertmanager"].is_bot
    assert people["U3"].zone is None
    assert to_trail_messages([hear("1.0", user="B1")], [BOT])[0].is_bot


@pytest.mark.parametrize("turned", [False, True])
def test_message_that_is_there_twice_is_taken_in_its_younger_form(turned):
    """A history page may bring what was edited since."""
    both = [hear("1.0", "old"), hear("1.0", "new", edited_at=NOON + timedelta(minutes=1))]

    messages = to_trail_messages(reversed(both) if turned else both, [])

    assert [message.text for message in messages] == ["new"]


def test_chain_of_replies_hangs_from_its_first_message():
    """Discord knows what a message answers, and no thread."""
    chain = [hear("1", platform="discord"), hear("2", platform="discord", reply_to="1")]
    chain.append(hear("3", platform="discord", reply_to="2"))

    messages = to_trail_messages(chain, [], has_bare_ids=True)

    assert [(message.thread, message.reply_to) for message in messages] == [("", ""), ("1", "1"), ("1", "2")]


def test_replies_that_go_round_end():
    """Broken data costs no endless loop."""
    ring = [hear("1", platform="discord", reply_to="2"), hear("2", platform="discord", reply_to="1")]

    assert [message.reply_to for message in to_trail_messages(ring, [], has_bare_ids=True)] == ["2", "1"]


def test_comment_of_a_forge_stands_as_it_is():
    """Markdown is not a chat's markup."""
    (message,) = to_trail_messages([hear("7", "a &lt; <@U1>", platform="github", room="acme/shop#12")], [ANA])

    assert message.text == "a &lt; <@U1>"
    assert message.id == "github:acme/shop#12/7"
