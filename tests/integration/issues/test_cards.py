"""One issue per incident: changed in place, whole, and as Fermata wrote it when somebody approves."""

import re

import pytest

from fermata.domain.card import CardRow, CardSection
from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.chat.nonce import find_nonce
from fermata.testing.channel_contract import build_card, build_long_card
from fermata.testing.web_server import Answer

RESOLVED = {"subtitle": "resolved; since 12:00 UTC", "can_decide": False}
HELD = {"subtitle": "held: a plan waits for a person; since 12:00 UTC"}


def change(card, **changes):
    """Give a card that says something else."""
    return card.model_copy(update=changes)


async def test_labels_say_severity_and_state(rig):
    """They change with the incident, and those of people stay."""
    receipt = await rig.deliver(change(build_card(), **HELD))
    issue = rig.book.issues[0]
    assert sorted(issue.labels) == ["fermata", "held", "severity/critical"]
    issue.labels.append("team-blue")

    await rig.deliver(
        change(build_card(), subtitle="the approved plan is being executed; since", can_decide=False), receipt=receipt
    )

    assert sorted(issue.labels) == ["approved", "fermata", "severity/critical", "team-blue"]


async def test_label_that_somebody_adds_meanwhile_stays(rig):
    """What was read of an issue may be old by the time it is changed."""
    receipt = await rig.deliver(change(build_card(), **HELD))
    issue = rig.book.issues[0]

    def add_label(request):
        if request.method in ("PATCH", "PUT") and "team-blue" not in issue.labels:
            issue.labels.append("team-blue")

    rig.fake.stand_in = add_label
    await rig.deliver(change(build_card(), **RESOLVED), receipt=receipt)

    assert sorted(issue.labels) == ["fermata", "resolved", "severity/critical", "team-blue"]


async def test_issue_is_closed_when_the_incident_resolves(rig):
    """And opened again should that have been too early."""
    receipt = await rig.deliver(change(build_card(), **HELD))
    issue = rig.book.issues[0]

    await rig.deliver(change(build_card(), **RESOLVED), receipt=receipt)
    assert issue.state == "closed"

    await rig.deliver(change(build_card(), subtitle="being investigated; since", can_decide=False), receipt=receipt)
    assert issue.state != "closed"
    assert "resolved" not in issue.labels


async def test_same_card_again_changes_nothing(rig):
    """No edit, no notification, no second issue."""
    receipt = await rig.deliver()
    before = rig.book.issues[0].updated_at

    await rig.deliver(receipt=receipt)

    assert rig.book.issues[0].updated_at == before


async def test_deleted_issue_is_opened_anew(rig):
    """Also without a receipt, and also when the process remembers the old one."""
    receipt = await rig.deliver()
    rig.book.delete(rig.book.issues[0])

    again = await rig.deliver(receipt=receipt)
    assert again != receipt
    rig.book.delete(rig.book.issues[0])
    await rig.deliver()

    assert len(rig.book.issues) == 1


async def test_lost_answer_to_opening_makes_one_issue(rig):
    """The next process finds it by its marker among 250 others of the same account."""
    for number in range(250):
        rig.book.open(f"other {number}", "words", [])
    rig.lose(rig.create)

    with pytest.raises(TransientError):
        await rig.deliver()
    rig.start()
    await rig.deliver()

    assert sum(issue.body.startswith("<!-- fermata inc-1 -->") for issue in rig.book.issues) == 1


async def test_marker_in_an_issue_of_others_is_not_ours(rig):
    """Anybody can write a marker: their issue is not taken for the card."""
    rig.book.open("trap", "<!-- fermata inc-1 -->\nhello", ["fermata"], author=rig.bob)

    await rig.deliver()

    assert len(rig.book.issues) == 2


async def test_find_asks_for_new_issues_only(rig):
    """What was looked through once is remembered: a storm costs a page per incident, not the whole history."""
    for number in range(250):
        rig.book.open(f"other {number}", "words", [])
    await rig.deliver()
    before = len(rig.server.requests)

    await rig.deliver(key="inc-2")

    lists = [one for one in rig.server.requests[before:] if one.method == "GET" and one.path.endswith("/issues")]
    assert len(lists) == 1


async def test_long_diff_can_be_decided_only_when_all_of_it_stands_there(rig):
    """The comments come first; while one is missing, the issue offers no decision."""
    card = build_long_card(60_000 if rig.longest > 100_000 else 8_000)
    refused = Answer({"message": "down"}, 502)
    posts = []

    def stand_in(request):
        is_comment = request.method == "POST" and request.path.endswith(("/comments", "/notes"))
        posts.append(request) if is_comment else None
        return refused if is_comment and len(posts) == 2 else None

    rig.fake.stand_in = stand_in
    with pytest.raises(TransientError):
        await rig.deliver(card)
    assert "### Decide" not in rig.book.issues[0].body
    await rig.deliver(card)

    issue = rig.book.issues[0]
    assert "### Decide" in issue.body
    bodies = [one.body for one in rig.book.comments]
    assert len(bodies) == len(set(bodies)) >= 2
    shown = {line for body in bodies for line in body.splitlines()}
    assert set(card.sections[0].diff.splitlines()) <= shown


async def test_comments_of_an_older_card_go(rig):
    """What no card names any more is not left standing beside what it does."""
    size = 60_000 if rig.longest > 100_000 else 8_000
    receipt = await rig.deliver(build_long_card(size))

    await rig.deliver(build_card(), receipt=receipt)

    assert rig.book.comments == []


ASKED = {"subtitle": "a person must act; since 12:00 UTC", "can_decide": False}


async def test_what_an_edit_would_tell_nobody_is_told_by_one_comment(rig):
    """Also where the comment was taken and its answer lost; and each time anew that a person must act."""
    receipt = await rig.deliver(change(build_card(), subtitle="being investigated; x", can_decide=False))
    rig.lose("POST")
    with pytest.raises(TransientError):
        await rig.deliver(change(build_card(), **HELD), receipt=receipt)

    for card in (HELD, HELD, ASKED, ASKED, HELD):
        await rig.deliver(change(build_card(), **card), receipt=receipt)

    told = [comment.body.splitlines()[2].partition(".")[0] for comment in rig.book.comments]
    assert told == ["**A plan waits for a decision", "**A person must act", "**A plan waits for a decision"]


async def test_note_that_is_refused_costs_the_note_only(rig):
    """The text says the same."""
    receipt = await rig.deliver(change(build_card(), **HELD))
    locked = Answer({"message": "Unable to create comment because issue is locked."}, 403)
    rig.answer("POST", locked, end=("/comments", "/notes"))

    await rig.deliver(change(build_card(), **ASKED), receipt=receipt)

    assert (rig.book.comments, "needs-person" in rig.book.issues[0].labels) == ([], True)


async def test_new_issue_gets_no_note(rig):
    """Opening it notified everybody, also where it goes on in comments."""
    await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))

    assert not any(comment.body.startswith("<!-- fermata note ") for comment in rig.book.comments)


async def test_changed_text_is_no_approval(rig):
    """Somebody who may write makes the issue look harmless: the approval does not count, and the text is put back."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    rig.book.change(issue, body=whole.replace("131072", "65536"))
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.asked == []
    assert "was not what Fermata had written" in rig.book.list_answers()[0]
    assert issue.body == whole
    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()
    assert rig.desk.decided == "approved by alice"


async def test_text_that_was_put_back_before_it_was_compared_is_no_approval(rig):
    """Somebody lets a harmless plan be read, and restores the real one before the comment is looked at."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    rig.book.change(issue, body=whole.replace("131072", "65536"))
    rig.say(rig.alice, "/approve {nonce}")
    rig.book.change(issue, body=whole)

    await rig.look()

    assert rig.desk.asked == []
    assert f"{rig.book.me.login} rewrote" not in rig.book.list_answers()[0]
    assert re.search(r"Not counted: `?[a-z]+`? rewrote the text of this issue at", rig.book.list_answers()[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "waits for nobody any more (rejected by bob: not now)."),
        ({"plan_digest": f"sha256:{'9' * 64}"}, "stands on the card no more"),
    ],
)
async def test_who_comes_too_late_is_told_what_became_of_the_plan(rig, changes, words):
    """Not to write it once more: the card changed because the plan was decided, or made room for another."""
    await rig.deliver(change(build_card(), **HELD))
    rig.say(rig.alice, "/approve {nonce}")
    row = CardRow(label="Decision", text="rejected by bob: not now")
    sections = (*rig.desk.card.sections, CardSection(heading="Approval", rows=(row,)))
    rig.desk.card = change(rig.desk.card, can_decide=False, subtitle="rejected; x", sections=sections, **changes)
    rig.start()

    await rig.look()

    assert rig.desk.asked == []
    assert words in rig.book.list_answers()[0]


async def test_who_was_told_of_a_rewriting_may_approve_and_nobody_else(rig):
    """Each reader may have seen the other text: each is told once, and their next comment counts."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    rig.book.change(issue, body="nothing")
    rig.book.change(issue, body=whole)
    for person in (rig.alice, rig.bob):
        rig.say(person, "/approve {nonce}")
    await rig.look()
    assert rig.desk.asked == []

    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()

    assert rig.desk.decided == "approved by alice"


async def test_rewriting_after_the_comment_says_nothing_of_what_was_read(rig):
    """What stands there is put right; whoever approved before it had read the card."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    rig.say(rig.alice, "/approve {nonce}")
    rig.book.change(issue, body="nothing")
    rig.book.change(issue, body=whole)

    await rig.look()

    assert rig.desk.decided == "approved by alice"


async def test_comment_from_before_the_answer_meets_the_same_doubt(rig):
    """Written twice, or taken again after a crash: only who had been told before can have read again."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    rig.book.change(issue, body="nothing")
    rig.say(rig.alice, "/approve {nonce}")
    rig.say(rig.alice, "/approve {nonce}")
    rig.book.change(issue, body=whole)

    await rig.look()

    assert rig.desk.asked == []
    assert len(rig.book.list_answers()) == 2


async def test_answer_that_was_rewritten_tells_nobody(rig):
    """Whoever may edit comments could write under Fermata's name that somebody was told."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    rig.say(rig.alice, "/fermata status")
    await rig.look()
    rig.book.change(issue, body="nothing")
    at = issue.rewritings[-1].at
    answer = next(one for one in rig.book.comments if one.author is rig.book.me)
    rig.book.edit(answer, f"<!-- fermata reply 1 1/1 told {rig.alice.id} of {at.isoformat()} -->")
    rig.say(rig.alice, "/approve {nonce}")
    rig.book.change(issue, body=whole)

    await rig.look()

    assert not rig.list_decisions()


async def test_history_that_is_longer_than_is_read_lets_nobody_approve(rig):
    """Nobody can say what stood there meanwhile: closed for action."""
    await rig.deliver()
    issue = rig.book.issues[0]
    whole = issue.body
    for number in range(600):
        rig.book.change(issue, body=f"{number}")
    rig.book.change(issue, body=whole)
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()

    assert rig.desk.asked == []
    assert "than is read" in rig.book.list_answers()[0]


async def test_changed_part_of_a_long_diff_is_no_approval(rig):
    """The comments that hold the diff are looked at, too."""
    await rig.deliver(build_long_card(60_000 if rig.longest > 100_000 else 8_000))
    rig.book.edit(rig.book.comments[0], rig.book.comments[0].body.replace("setting_7 ", "setting_8 "))
    rig.say(rig.alice, "/approve {nonce}")

    await rig.look()
    assert rig.desk.asked == []

    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()
    assert rig.desk.decided == "approved by alice"


async def test_stolen_marker_leads_nowhere(rig):
    """An issue whose marker names another incident is still the one that it was."""
    await rig.deliver()
    issue = rig.book.issues[0]
    rig.book.change(issue, body=issue.body.replace("inc-1", "inc-2"))
    rig.say(rig.alice, "/reject {nonce} no")

    await rig.look()

    assert rig.desk.asked[0][2] == "inc-1"


async def test_text_that_is_compared_can_not_be_read_at_the_moment(rig):
    """When it cannot be told what stood there, nothing counts; it is answered."""
    await rig.deliver()
    rig.book.change(rig.book.issues[0], body="<!-- fermata inc-1 -->\nanother")
    rig.say(rig.alice, "/approve {nonce}")
    edit = "PATCH " if rig.system == "github" else "PUT "
    rig.answer(edit, Answer({"message": "no"}, 403))

    await rig.look()

    assert rig.desk.asked == []
    assert "cannot be compared" in rig.book.list_answers()[0]


async def test_comparison_is_made_later_when_the_forge_is_busy(rig):
    """Asked too often in the middle of it: nothing is decided and nothing answered, until it can be told."""
    await rig.deliver()
    rig.book.change(rig.book.issues[0], body="<!-- fermata inc-1 -->\nanother")
    rig.say(rig.alice, "/approve {nonce}")
    rig.answer("PATCH " if rig.system == "github" else "PUT ", Answer({"message": "busy"}, 502))
    await rig.look()
    assert rig.book.list_answers() == []

    rig.fake.stand_in = lambda _: None
    await rig.look()

    assert "was not what Fermata had written" in rig.book.list_answers()[0]


async def test_card_that_changed_since_it_was_written_is_what_stands_there(rig):
    """Two must approve: the second one's comment comes before the card that says so, and counts."""
    await rig.deliver()
    first = rig.desk.card
    rig.desk.card = change(
        first, sections=(*first.sections, CardSection(heading="So far", rows=(CardRow(label="by", text="alice"),)))
    )
    rig.say(rig.bob, "/approve {nonce}")

    await rig.look()

    assert rig.desk.decided == "approved by bob"


async def test_approval_of_an_older_plan_is_told(rig):
    """The digits of another plan than the one that is held are the desk's to refuse."""
    await rig.deliver()
    rig.say(rig.alice, "/approve {nonce}")
    rig.desk.card = change(build_card(), plan_digest="sha256:" + "f" * 64)
    await rig.deliver()

    await rig.look()

    assert "another plan" in rig.book.list_answers()[0]
    assert find_nonce(rig.desk.card) in rig.book.issues[0].body


async def test_room_that_is_not_listened_to_gets_no_card(rig):
    """A repository that the settings do not name would hear no comment."""
    with pytest.raises(OperationalError, match=r"approvals\.rooms"):
        await rig.deliver(room="shop/elsewhere")


async def test_text_of_others_does_nothing(rig):
    """Mentions, references, images, HTML and quick actions are shown in code."""
    text = "@ops #12 !3 ![x](https://evil.example/x.png) <script> \n/close\n/assign @root"
    section = CardSection(heading="Why", paragraphs=(text,), rows=(CardRow(label="log", text=text),), diff="/close\n")

    await rig.deliver(change(build_card(), sections=(section,)))

    lines = rig.book.issues[0].body.splitlines()
    assert not [line for line in lines if line.startswith("/") and not line.startswith(f"{rig.command}")]
    assert "\n /close\n" in rig.book.issues[0].body
    assert all("`" in line for line in lines if "@ops" in line)


async def test_what_the_forge_refuses_is_told(rig):
    """A missing permission is an error with its name."""
    rig.answer(rig.create, Answer({"message": "Resource not accessible"}, 403))

    with pytest.raises(OperationalError, match=r"Issues: write|scope api"):
        await rig.deliver()


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e", "\r"])
async def test_text_whose_lines_end_otherwise_is_another_text(rig, separator):
    """Only a line feed ends a line of Markdown: with another sign a whole diff is the label of an empty block."""
    await rig.deliver()
    (issue,) = rig.book.issues
    head, fence, rest = issue.body.partition("diff\n")
    shown, end, tail = rest.partition("\n```")
    assert fence
    assert end
    rig.book.change(issue, body=f"{head}diff{separator}{shown.replace(chr(10), separator)}{end}{tail}")

    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()

    assert rig.desk.asked == []
    assert "was not what Fermata had written" in rig.book.list_answers()[0]
    assert f"{fence}{shown}" in issue.body


async def test_title_is_a_part_of_what_is_approved(rig):
    """Somebody may call a plan by another name; ends of lines that the forge changed are no change."""
    await rig.deliver()
    (issue,) = rig.book.issues
    rig.book.change(issue, title="Nothing happens here", body=issue.body.replace("\n", " \t\r\n"))
    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()
    assert rig.desk.asked == []

    rig.book.change(issue, rig.book.me, body=issue.body.replace("\n", " \t\r\n"))
    rig.say(rig.alice, "/approve {nonce}")
    await rig.look()

    assert rig.desk.decided == "approved by alice"
