"""Clicks of guests from chats and forges: which plan they saw, and whom the channel does not take for a decider."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.person import Person
from fermata.domain.proposal import Proposal, ProposalState
from fermata.rules.approval import Click, find_shown, judge_click

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALICE = Person(id="alice", name="Alice", roles=("oncall",))
DAVE = Person(id="dave", name="Dave")


@pytest.fixture(scope="session")
def judge(build_plan):
    """Give a function that judges a click on a plan that is held for somebody on call."""

    def judge(**changes):
        plan = build_plan()
        values = {"ruling": "approve", "person": ALICE, "handle": "U1", "channel": "chat", "shown_digest": plan.digest}
        return judge_click(Click(**(values | {"at": NOON} | changes)), make_hold(plan.digest, plan), plan, [], "apr-1")

    return judge


def make_hold(digest, plan=None, number=1):
    """Give a hold of a plan with that digest."""
    return Proposal(
        id=f"prop-{number}",
        plan_id=plan.id if plan else f"pl-{number}",
        incident_id=plan.incident_id if plan else "inc-1",
        plan_digest=digest,
        state=ProposalState.OPEN,
        opened_at=NOON,
        expires_at=NOON + timedelta(minutes=30),
    )


@pytest.mark.parametrize("person", [ALICE, None])
@pytest.mark.parametrize("ruling", ["approve", "reject"])
@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"bot": True}, "bot", "U1 is a machine account on chat"),
        (
            {"bot": True, "name": "dependabot\n [bot]"},
            "bot",
            "Not counted: dependabot [bot] is a machine account on chat",
        ),
        ({"barred": "no write permission"}, "barred", "chat lets you decide nothing: no write permission"),
        ({"bot": True, "barred": "no write permission"}, "bot", "machine account"),
    ],
)
def test_whom_the_channel_does_not_let_decide_never_counts(judge, person, ruling, changes, rule, words):
    """Not by any role, nor for a rejection; somebody the settings do not know hears the same."""
    judgement = judge(person=person, ruling=ruling, **changes)

    assert (judgement.answer.accepted, judgement.answer.rule) == (False, rule)
    assert words in judgement.answer.text
    assert (judgement.approval, judgement.new_state) == (None, None)


def test_role_that_could_not_be_asked_for_is_missing_and_said(judge):
    """Somebody without the role hears that their groups are unknown at this moment."""
    doubts = ("the groups of chat could not be asked (it is down)",)

    refused, unaffected = judge(person=DAVE, doubts=doubts), judge(doubts=doubts)

    assert refused.answer.rule == "wrong_role"
    assert refused.answer.text.endswith(
        "dave has no role; the groups of chat could not be asked (it is down), so that nobody has a role by them now."
    )
    assert unaffected.answer.accepted


@pytest.mark.parametrize("nonce", ["ab" * 8, "ab" * 4, "AB" * 32, f"sha256:{'ab' * 8}", f" {'ab' * 8} "])
def test_hold_is_found_by_the_first_digits_of_its_digest(nonce):
    """Eight digits are enough, in either case; what is compared afterwards is the whole digest."""
    holds = [make_hold("sha256:" + "cd" * 32, number=2), make_hold("sha256:" + "ab" * 32)]

    assert find_shown(holds, nonce) == (holds[1], "sha256:" + "ab" * 32)


def test_of_two_holds_of_one_plan_the_newest_is_meant():
    """It may have been held again."""
    holds = [make_hold("sha256:" + "ab" * 32, number=number) for number in (2, 1)]

    assert find_shown(holds, "ab" * 8) == (holds[0], holds[0].plan_digest)


@pytest.mark.parametrize(
    ("nonce", "shown"),
    [("", ""), ("ab" * 3, ""), ("sha256:", ""), ("ef" * 8, "ef" * 8), ("ab" * 4 + "ff", "ababababff")],
)
def test_nonce_of_no_hold_is_judged_against_the_newest(nonce, shown):
    """With what was shown, so that the refusal can say it; too few digits name nothing at all."""
    holds = [make_hold("sha256:" + "cd" * 32, number=2), make_hold("sha256:" + "ab" * 32)]

    assert find_shown(holds, nonce) == (holds[0], shown)


@pytest.mark.parametrize(
    ("name", "words"), [("mallory", "is U1 (mallory) on chat"), ("", "is U1 on chat"), ("U1", "is U1 on")]
)
def test_somebody_unknown_is_named_with_the_handle_that_settings_would_have(judge, name, words):
    """A number alone says nothing to whoever reads the answer."""
    assert words in judge(person=None, name=name).answer.text
