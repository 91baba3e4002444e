"""Comments as the only deciding act: who may, what counts, and what everybody is answered."""

from datetime import timedelta

import pytest
from tests.integration.issues.conftest import RecordingDesk

from fermata.kit.errors import OperationalError
from fermata.testing.channel_contract import build_card
from fermata.testing.web_server import Answer


async def test_approval_comes_by_comment(rig):
    """Alice writes the line of the card: it counts, under her number, and is answered below."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}\nLooks right to me.")

    await rig.look()

    (asked,) = rig.desk.asked
    assert (asked[0].channel, asked[0].handle, asked[0].bot, asked[0].barred) == (
        rig.system,
        str(rig.alice.id),
        False,
        "",
    )
    assert asked[2] == "inc-1"
    assert rig.desk.decided == "approved by alice"
    assert rig.book.list_answers() == ["To alice:\n\nApproved by alice."]


async def test_rejection_carries_its_reason(rig):
    """What follows the digits is the reason."""
    await rig.deliver()
    rig.say(rig.bob, "/reject {nonce} wrong process")

    await rig.look()

    assert rig.list_decisions() == [("bob", "reject", "wrong process")]


async def test_comment_is_dealt_with_once(rig):
    """However often it is given, by whichever process."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()
    await rig.look()
    rig.start()
    await rig.look()

    assert len(rig.desk.asked) == 1
    assert len(rig.book.list_answers()) == 1


async def test_two_people_at_once_are_both_answered(rig):
    """The first decides; the second is told who did."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.say(rig.bob, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == "approved by alice"
    assert "already approved by alice" in rig.book.list_answers()[1]


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (timedelta(hours=1), "It was written in time, at "),
        (timedelta(), "this expired at `12:30` UTC. Write "),
    ],
)
async def test_comment_that_is_read_after_the_end_says_how_to_go_on(rig, after, words):
    """Comments are read when they are asked for: who wrote in time learns why it did not count, and what asks anew."""
    comment = rig.say(rig.alice, "/approve {nonce}", issue=rig.book.open("any", "words", []))
    ends = comment.created_at + after
    await rig.deliver(rig.desk.card.model_copy(update={"expires_at": ends}))
    comment.issue = rig.book.issues[-1]
    rig.desk.is_late = True

    await rig.look()

    (answer,) = rig.book.list_answers()
    assert words in answer
    assert f"Write `{rig.command}ask` for a new look." in answer


async def test_edited_comment_does_not_count(rig):
    """A harmless comment that became a command is answered once, and never reaches the desk."""
    await rig.deliver()
    comment = rig.say(rig.alice, "I will look at it.")
    await rig.look()
    rig.book.edit(comment, rig.say(rig.bob, "thanks").body and f"{rig.command}approve 0123456789abcdef")

    await rig.look()
    await rig.look()

    assert rig.desk.asked == []
    (answer,) = rig.book.list_answers()
    assert "edited comments do not count" in answer


async def test_command_that_was_dealt_with_and_is_edited_changes_nothing(rig):
    """What was decided stands, whatever becomes of the comment."""
    await rig.deliver()
    comment = rig.say(rig.alice, "/approve {nonce}")
    await rig.look()

    rig.book.edit(comment, comment.body.replace("approve", "reject"))
    await rig.look()

    assert rig.list_decisions() == [("alice", "approve", "")]
    assert len(rig.book.list_answers()) == 1


async def test_writer_without_rights_is_barred(rig, stranger):
    """Whoever may not write in the repository decides nothing, and is told why."""
    await rig.deliver()
    rig.say(stranger, "/approve {nonce}")

    await rig.look()

    assert rig.desk.asked[0][0].barred
    assert rig.desk.decided == ""
    assert "Not counted" in rig.book.list_answers()[0]


async def test_what_looks_like_a_decision_is_answered_to_people_only(rig):
    """Whoever mistypes it at night believes that it counted; robots may write what they like."""
    await rig.deliver()
    rig.book.say(rig.book.add_user("robot[bot]", kind="Bot"), "approve 0123456789abcdef", by_app=True)
    rig.book.say(rig.alice, "aprove 0123456789abcdef")

    await rig.look()

    assert rig.desk.asked == []
    (answer,) = rig.book.list_answers()
    assert answer.startswith("To alice:\n\nNot counted. A decision is the first line of a new comment")


async def test_bare_word_is_answered_while_a_plan_waits(rig):
    """Below one that is decided it is talk, and robots may write what they like."""
    await rig.deliver()
    rig.book.say(rig.book.add_user("robot[bot]", kind="Bot"), "approve", by_app=True)
    rig.book.say(rig.alice, "Approve!")
    await rig.look()
    rig.desk.card = rig.desk.card.model_copy(update={"can_decide": False})
    rig.book.say(rig.bob, "approved")
    await rig.look()

    assert rig.desk.asked == []
    (answer,) = rig.book.list_answers()
    assert answer.startswith("To alice:\n\nNot counted. A decision is the first line of a new comment")


async def test_rights_lost_between_card_and_comment_bar(rig):
    """The permission is asked for when the comment is read, not when the card was shown."""
    await rig.deliver()
    rig.take_rights(rig.alice)
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == ""


async def test_machine_never_counts(rig):
    """An app's comment is answered as a machine's, also where it acts for a person."""
    await rig.deliver()
    rig.book.say(rig.book.add_user("robot[bot]", kind="Bot"), f"{rig.command}approve 0123456789abcdef")

    await rig.look()

    assert rig.desk.asked[0][0].bot
    assert rig.desk.decided == ""


async def test_own_comments_never_loop(rig):
    """What Fermata writes begins with its marker; a command by its account decides nothing and is answered once."""
    await rig.deliver()
    rig.say(rig.book.me, "/approve {nonce}")
    rig.book.say(rig.book.me, f"<!-- fermata reply 1 1/1 -->\n\n{rig.command}approve 0123456789abcdef")

    for _ in range(3):
        await rig.look()

    assert rig.desk.decided == ""
    assert len(rig.desk.asked) == 1
    assert "Fermata itself uses decides nothing" in rig.desk.asked[0][0].barred


@pytest.mark.parametrize(
    "body",
    ["> /approve {nonce}", "```\n/approve {nonce}\n```", "    /approve {nonce}", "I did not /approve {nonce}", "/lgtm"],
)
async def test_what_is_no_command_is_nobodys_business(rig, body):
    """Quotes, code, talk of it, commands of other robots: no answer, no decision."""
    await rig.deliver()
    rig.book.say(rig.alice, body.replace("{nonce}", "0123456789abcdef").replace("/approve", f"{rig.command}approve"))

    await rig.look()

    assert rig.desk.asked == []
    assert rig.book.list_answers() == []


async def test_issue_of_somebody_else_decides_nothing(rig):
    """A copy of a card, marker and all, that another account opened is none of Fermata's."""
    await rig.deliver()
    copy = rig.book.open("copy", rig.book.issues[0].body, [], author=rig.bob)
    rig.say(rig.alice, "/approve {nonce}", issue=copy)

    await rig.look()

    assert rig.desk.asked == []


async def test_incomplete_command_is_told_how_it_is_written(rig):
    """Without the digits, and with a condition behind them, nothing counts."""
    await rig.deliver()
    rig.say(rig.alice, "/approve")
    rig.say(rig.alice, "/approve {nonce} unless it rains")
    rig.say(rig.alice, "/snooze 3 weeks")

    await rig.look()

    assert rig.desk.asked == []
    assert [answer.count("Not counted") for answer in rig.book.list_answers()] == [1, 1, 1]


async def test_questions_snoozes_and_commands_reach_the_desk(rig):
    """What else stands on the card, and whatever follows `/fermata`."""
    await rig.deliver()
    rig.say(rig.alice, "/ask why now?")
    rig.say(rig.alice, "/snooze 45m")
    rig.book.say(rig.alice, "/fermata link 0123456789")
    rig.book.say(rig.alice, "/fermata card")

    await rig.look()

    assert [one[1:] for one in sorted(rig.desk.asked, key=lambda one: one[1])] == [
        ("ask", "inc-1", "why now?"),
        ("command", "link 0123456789"),
        ("command", "card"),
        ("snooze", "inc-1", timedelta(minutes=45)),
    ]
    answers = rig.book.list_answers()
    assert any("set_memory_limit" in answer for answer in answers)
    said = next(answer for answer in answers if "It is so." in answer)
    assert "```text\nBecause of @ops, see #12.\n /close\n" in said


async def test_lost_answer_is_not_told_twice(rig):
    """The reply arrived and nobody knew: it is found by its marker, and the decision stands."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.lose("/comments" if rig.system == "github" else "/notes")
    rig.fake.stand_in = _only_posts(rig.fake.stand_in)

    await rig.look()
    await rig.look()

    assert rig.desk.decided == "approved by alice"
    assert len(rig.book.list_answers()) == 1


def _only_posts(stand_in):
    return lambda request: stand_in(request) if request.method == "POST" else None


async def test_comment_waits_while_the_forge_does_not_say_who_may(rig):
    """Asked too often: nothing is decided, nothing is lost, and it is asked again when that is over."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.answer(rig.permission, Answer({"message": "slow down"}, 429, {"Retry-After": "120"}))

    await rig.look()
    assert await rig.look() >= 60
    rig.fake.stand_in = lambda _: None
    rig.clock.advance(timedelta(minutes=3))
    await rig.look()

    assert rig.desk.decided == "approved by alice"


async def test_comment_that_was_deleted_while_it_waited_holds_nothing_up(rig):
    """The mark moves on past it: what is asked for does not grow for as long as the process lives."""
    await rig.deliver()
    comment = rig.say(rig.alice, "/approve {nonce}")
    rig.answer(rig.permission, Answer({"message": "try again"}, 502))
    await rig.look()
    rig.book.comments.remove(comment)
    rig.fake.stand_in = lambda _: None
    rig.book.at += timedelta(hours=1)
    rig.say(rig.bob, "Lunch?")

    await rig.look()
    asked = []
    rig.fake.stand_in = asked.append
    await rig.look()

    marks = [request.get_query("since") or request.get_query("updated_after") for request in asked]
    assert max(marks) > (comment.created_at + timedelta(minutes=30)).isoformat()
    assert rig.desk.decided == ""


async def test_comment_waits_for_a_store_that_cannot_take_it(rig):
    """A decision that could not be written down is tried again."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.desk.failure = OperationalError("The disk is full")
    await rig.look()

    rig.desk.failure = None
    await rig.look()

    assert rig.desk.decided == "approved by alice"


async def test_crash_after_the_answer_tells_nothing_twice(rig):
    """It was answered, and nobody could note that: it is dealt with again, and the answer that is there is enough."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    remember = rig.desk.remember

    async def fail(channel, delivery_id):
        raise OperationalError("The process is gone")

    rig.desk.remember = fail
    await rig.look()
    rig.desk.remember = remember
    rig.start()
    await rig.look()

    assert len(rig.desk.asked) == 2
    assert rig.book.list_answers() == ["To alice:\n\nApproved by alice."]


async def test_missed_comments_are_found_after_an_outage(rig):
    """What was written while Fermata was down counts when it is back."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.start()

    await rig.look()

    assert rig.desk.decided == "approved by alice"


async def test_renamed_and_registered_again_is_somebody_else(rig):
    """A handle is a number: whoever takes a name over is not who had it."""
    await rig.deliver()
    rig.alice.login = "alice-old"
    thief = rig.book.add_user("alice")
    rig.say(thief, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == ""
    assert rig.desk.asked[0][0].handle == str(thief.id)


async def test_refused_token_is_for_a_person_to_mend(rig):
    """The house is told, and listens again later."""
    await rig.deliver()
    rig.fake.token = "another"

    with pytest.raises(OperationalError, match="401"):
        await rig.look()

    assert rig.listener.is_connected is False


async def test_outage_is_waited_for(rig):
    """Nothing answers: the listener goes on, and says that it hears nothing."""
    await rig.deliver()
    await rig.look()
    assert rig.listener.is_connected is True
    rig.break_it()

    wait = await rig.look()

    assert wait >= 60
    assert rig.listener.is_connected is False


LOCKED = Answer({"message": "Unable to create comment because issue is locked."}, 403)
SLOW = Answer({"message": "You have exceeded a secondary rate limit"}, 429, {"Retry-After": "60"})


@pytest.mark.parametrize("refusal", [LOCKED, SLOW], ids=["refused", "limited"])
async def test_answer_that_was_refused_is_written_later_and_nothing_is_decided_twice(rig, refusal):
    """Somebody locked the issue, or took the permission away for a while: who approved is told so when that is over."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.fake.stand_in = lambda request: refusal if request.method == "POST" and request.path != "/graphql" else None
    await rig.look()
    rig.clock.advance(timedelta(minutes=2))
    await rig.look()
    assert (rig.desk.decided, rig.book.list_answers()) == ("approved by alice", [])

    rig.fake.stand_in = lambda _: None
    rig.clock.advance(timedelta(minutes=2))
    await rig.look()

    assert len(rig.desk.asked) == 1
    assert rig.book.list_answers() == ["To alice:\n\nApproved by alice."]


async def test_answer_that_is_refused_for_long_is_given_up(rig):
    """What was decided stands on the card, and the comment holds up no other one."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.fake.stand_in = lambda request: LOCKED if request.method == "POST" and request.path != "/graphql" else None

    for _ in range(40):
        await rig.look()
        rig.clock.advance(timedelta(minutes=1))
    rig.fake.stand_in = lambda _: None
    await rig.look()

    assert (rig.desk.decided, len(rig.desk.asked), rig.book.list_answers()) == ("approved by alice", 1, [])


async def test_issue_deleted_under_a_comment_decides_nothing(rig):
    """It was listed, and its issue is gone when it is read."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    number = "/issues/1"
    gone = Answer({"message": "gone"}, 410)
    rig.fake.stand_in = lambda request: gone if request.path.endswith(number) else None

    await rig.look()

    assert rig.desk.asked == []


async def test_refused_repository_keeps_no_other_one_waiting(rig):
    """The first is gone: the room's comments are heard all the same, and the house is told."""
    await rig.deliver(room=rig.room)
    book = rig.fake.books[rig.room]
    book.say(rig.alice, "/fermata status")
    rig.answer("shop/shop/issues" if rig.system == "github" else "backend/shop/issues", Answer({"message": "x"}, 404))

    with pytest.raises(OperationalError):
        await rig.look()
    for _ in range(3):
        with pytest.raises(OperationalError):
            await rig.look()

    assert book.list_answers() != []


async def look_after_another(rig):
    """Look, after another Fermata of the same account, which does not know the incident, has looked and answered."""
    own, listener = rig.desk, rig.listener
    rig.desk = RecordingDesk(card=build_card().model_copy(update={"incident_id": "inc-2"}), people=own.people)
    rig.start()
    await rig.look()
    rig.desk, rig.listener = own, listener
    await rig.look()


async def test_fermata_that_does_not_know_the_incident_answers_for_itself_alone(rig):
    """Two with one account: what the one decided is told, also where the other one was faster with its answer."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")

    await look_after_another(rig)

    elsewhere, decided = rig.book.list_answers()
    assert "does not know the incident" in elsewhere
    assert "Approved by alice" in decided


async def test_command_is_answered_by_each_fermata_that_shares_the_account(rig):
    """A code that only one of them gave out is taken by that one, and it says so, whoever answers first."""
    await rig.deliver()
    rig.say(rig.alice, "/fermata link 0123" if rig.command == "/" else "/link 0123")

    await look_after_another(rig)

    elsewhere, taken = rig.book.list_answers()
    assert ("that does not know the incident" in elsewhere, "not know" in taken) == (True, False)
    assert [one[1] for one in rig.desk.asked] == ["command"]
