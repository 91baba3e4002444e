"""What an edit would tell nobody is told by a comment, once."""

import pytest

from fermata.domain.card import CardRow, CardSection
from fermata.ports.chat.nonce import find_nonce
from fermata.ports.forge.issues.notes import write_note
from fermata.ports.forge.issues.records import Issue
from fermata.testing.channel_contract import build_card

ASKED = {"subtitle": "a person must act; since noon", "can_decide": False}


def make_issue(*labels, body=""):
    """Build an issue as it stands before the edit."""
    return Issue(number=1, title="t", body=body, author_id="1", labels=labels, is_open=True, node="n")


def compose(*sections, **changes):
    """Build a card with further sections."""
    card = build_card()
    return card.model_copy(update={"sections": (*card.sections, *sections), **changes})


def test_plan_that_came_later_than_the_issue_is_told():
    """Whoever was notified of the alert hears that there is something to decide."""
    card = compose(CardSection(heading="Proposed", rows=(CardRow(label="Plan", text="restart checkout"),)))

    note = write_note(make_issue("fermata", "investigating"), card, "inc-1")

    assert note.startswith("<!-- fermata note inc-1 ")
    assert "**A plan waits for a decision.**" in note
    assert "- restart checkout\n" in note


def test_plan_that_stands_there_is_no_news():
    """The same plan again, or with one more approval."""
    card = compose()

    assert write_note(make_issue("held", body=f"/approve {find_nonce(card)}"), card, "inc-1") == ""


def test_other_plan_under_the_same_label_is_news():
    """The digits that somebody is about to write count no more."""
    assert "A plan waits" in write_note(make_issue("held", body="/approve 9999999999999999"), compose(), "inc-1")


def test_failure_is_told_with_what_was_done_and_why_a_person_must_act():
    """Who approved hears what came of it, and nothing in it mentions anybody."""
    result = CardSection(heading="Result", rows=(CardRow(label="restart", text="failed: @ops said no"),))
    call = CardSection(heading="A person must act", paragraphs=("Nothing was executed.",))

    note = write_note(make_issue("executed"), compose(result, call, **ASKED), "inc-1")

    assert note.endswith(
        "**A person must act.** The text above is up to date.\n"
        "- restart: failed: `@ops` said no\n- Nothing was executed.\n"
    )


@pytest.mark.parametrize("words", ["resolved", "being investigated", "executed, being verified"])
def test_what_the_forge_or_an_answer_tells_is_no_note(words):
    """A closed issue notifies by itself; an approval was answered."""
    assert write_note(make_issue("held"), compose(subtitle=f"{words}; since noon", can_decide=False), "inc-1") == ""
