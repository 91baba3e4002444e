"""What is told by a new message, because a changed one tells nobody."""

import pytest

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.card import CardRow, CardSection
from fermata.domain.execution import HealthReading, StepResult, VerificationVerdict
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.ports.chat.news import find_news
from fermata.rules.card import CardInput, compose_card
from fermata.testing.channel_contract import build_card
from fermata.testing.records import (
    CHECKOUT,
    NOON,
    make_alert,
    make_approval,
    make_execution,
    make_incident,
    make_plan,
    make_proposal,
    make_verification,
)


def compose(state, **changes):
    """Return the card that is written for an incident in a state."""
    alert = make_alert()
    incident = make_incident("inc-1", alert, state=state)
    return compose_card(CardInput(incident=incident, alerts=(alert,), now=NOON, **changes))


def hold(**changes):
    """Return a card whose plan waits."""
    plan = make_plan()
    return compose(IncidentState.HELD, plan=plan, proposal=make_proposal(plan=plan), **changes)


def test_plan_that_waits_is_told_by_what_it_does_and_until_when():
    """Whoever reads it on a telephone knows what is asked of them."""
    card = hold()

    news = find_news(card)

    rows = {row.label: row.text for section in card.sections for row in section.rows}
    assert news.text.startswith(f"A plan waits for a decision: {card.title}. {rows['Plan']}; risk {rows['Risk']}; ")
    assert news.text.endswith(f"{rows['Blast radius']}. Open until {card.expires_at:%Y-%m-%d %H:%M} UTC.")
    assert news.key == card.plan_digest.removeprefix("sha256:")[:16]


def test_card_without_such_rows_is_told_by_its_title():
    """A rehearsal names no plan; where there is no digest there is nothing to tell twice or once."""
    card = build_card().model_copy(update={"expires_at": None})

    assert find_news(card).text == "A plan waits for a decision: [critical] checkout: CheckoutDown."
    assert find_news(card.model_copy(update={"plan_digest": ""})) is None


@pytest.mark.parametrize(
    ("told", "is_due"),
    [
        ("", False),  # The first look's own result, below the message that rang.
        ("person", False),
        ("0123456789abcdef", True),  # A plan that they were told of did not settle it.
        ("over", True),  # It was over, and is not.
    ],
)
def test_person_who_must_act_is_told_after_a_plan_or_an_end(told, is_due):
    """Not each time the words change, and not in a storm below each message that is new anyway."""
    card = compose(IncidentState.NEEDS_PERSON, no_action_reason="It was done. Still firing: CheckoutDown.")

    news = find_news(card)

    assert news.text == f"A person must act: {card.title}. It was done. Still firing: CheckoutDown."
    assert news.is_due(told) is is_due


@pytest.mark.parametrize("told", ["", "person", "over", "fedcba9876543210"])
def test_plan_is_told_whatever_was_told_before_unless_it_is_this_one(told):
    """Each plan once."""
    news = find_news(hold())

    assert (news.is_due(told), news.is_due(news.key)) == (True, False)


def test_next_plan_says_that_the_one_before_is_over():
    """Two lines of the same words below each other would leave open which of them waits."""
    news = find_news(hold())

    said = [news.write(told) for told in ("", "person", "over", "fedcba9876543210")]

    assert said[:3] == [news.text] * 3
    assert said[3] == f"{news.text} The plan that was told before it cannot be decided any more."


def test_call_for_a_person_says_nothing_of_the_plan_before():
    """It is about that plan."""
    news = find_news(compose(IncidentState.NEEDS_PERSON, no_action_reason="It failed."))

    assert news.write("fedcba9876543210") == news.text


@pytest.mark.parametrize("state", [IncidentState.MITIGATED, IncidentState.RESOLVED])
def test_end_is_remembered_and_wakes_nobody(state):
    """It is on the card; that it was over makes it news when it comes back."""
    news = find_news(compose(state))

    assert (news.key, news.is_due("0123456789abcdef")) == ("over", False)


@pytest.mark.parametrize(
    "state", [IncidentState.OPEN, IncidentState.INVESTIGATING, IncidentState.EXECUTING, IncidentState.VERIFYING]
)
def test_what_goes_on_is_no_news(state):
    """Nobody has to do anything."""
    assert find_news(compose(state)) is None


def test_rejected_plan_is_no_news():
    """Whoever rejected it knows."""
    rows = (CardRow(label="Decision", text="rejected by bob, 2026-11-27 12:00:00 UTC"),)
    card = compose(IncidentState.NEEDS_PERSON, no_action_reason="The plan was rejected.")

    card = card.model_copy(update={"sections": (*card.sections, CardSection(heading="The last plan", rows=rows))})

    assert find_news(card) is None


def test_long_reason_is_cut_between_words():
    """The card has all of it."""
    news = find_news(compose(IncidentState.NEEDS_PERSON, no_action_reason="word " * 400))

    assert news.text.endswith("word ...")
    assert len(news.text) < 620


def finish(state=IncidentState.MITIGATED, verdict=VerificationVerdict.RESTORED, text="all is well", **changes):
    """Return a card whose plan was approved by two people and carried out."""
    plan = make_plan()
    proposal = make_proposal(plan=plan, state=ProposalState.EXECUTED, decided_at=NOON, decided_by="alice,bob")
    reading = HealthReading(entity=CHECKOUT, healthy=True, text="RUNNING for 6 s", severity=0, at=NOON)
    values = {
        "plan": plan,
        "proposal": proposal,
        "approvals": (make_approval(proposal), make_approval(proposal, "bob")),
        "execution": make_execution(plan_id=plan.id),
        "verification": make_verification(verdict=verdict, text=text, after=(reading,)),
    }
    return compose(state, **(values | changes))


PLAN = find_news(hold()).key


@pytest.mark.parametrize("state", [IncidentState.MITIGATED, IncidentState.RESOLVED, IncidentState.OPEN])
def test_plan_that_helped_is_told_by_whose_word_it_was_and_what_was_measured(state):
    """Whoever approved it need not look at the card; also while an alert that came since is looked at."""
    news = find_news(finish(state))

    assert news.is_due(PLAN)
    assert news.write(PLAN) == (
        f"The plan was carried out and it helped: {hold().title}. {make_plan().summary}; approved by alice and bob. "
        f"restored after 6s: all is well; {CHECKOUT.ref}: RUNNING for 6 s"
    )
    assert news.is_good
    assert not find_news(hold()).is_good


def test_plan_of_which_a_step_was_not_done_is_not_told_as_carried_out():
    """What is well again without a step that was approved did not need it, or was helped by something else."""
    plan = make_plan()
    result = ActionResult(outcome=Outcome.FAILED, detail="Not started.", at=NOON)
    action = plan.actions[0]
    failed = StepResult(action_id=action.id, action_name=action.name, target=action.target, result=result)

    news = find_news(finish(execution=make_execution(plan_id=plan.id, steps=(failed,))))

    assert news.write(PLAN).startswith("The plan was carried out in part only, and what was measured is well again: ")


@pytest.mark.parametrize("told", ["", "person", "over", "fedcba9876543210", f"done {PLAN}"])
def test_plan_that_helped_is_told_to_those_who_were_told_of_it_last(told):
    """What ended by itself later is not its doing, and what was told once is not told again."""
    assert not find_news(finish(IncidentState.RESOLVED)).is_due(told)


@pytest.mark.parametrize("verdict", [VerificationVerdict.UNCHANGED, VerificationVerdict.WORSE])
def test_plan_that_did_not_help_is_not_told_as_one_that_did(verdict):
    """However the incident ended."""
    news = find_news(finish(IncidentState.RESOLVED, verdict))

    assert (news.key, news.is_due(PLAN)) == ("over", False)


def test_plan_that_is_not_verified_yet_is_no_news():
    """It is under way."""
    assert find_news(finish(IncidentState.VERIFYING, verification=None)) is None


def test_plan_after_one_that_helped_does_not_call_it_undecided():
    """It was carried out; what comes back is told as new."""
    assert find_news(hold()).write("done fedcba9876543210") == find_news(hold()).text
    assert find_news(compose(IncidentState.NEEDS_PERSON, no_action_reason="It failed.")).is_due(f"done {PLAN}")


def test_long_measurement_is_cut_between_words():
    """The card has all of it."""
    assert find_news(finish(text="word " * 400)).text.endswith("word ...")
