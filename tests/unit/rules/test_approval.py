"""What a click is worth, and what may be executed."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.domain.person import Person
from fermata.domain.policy import PolicyDecision
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.kit.errors import GuardRefused
from fermata.rules.approval import Click, judge_click, refuse_unapproved

PEOPLE = {
    "alice": Person(id="alice", name="Alice", roles=("oncall",)),
    "bob": Person(id="bob", name="Bob", roles=("oncall", "dev")),
    "carol": Person(id="carol", name="Carol", roles=("dev",)),
    "dave": Person(id="dave", name="Dave"),
    "robot": Person(id="robot", name="Robot", roles=("oncall",), bot=True),
    "fermata": Person(id="fermata", name="Fermata", roles=("oncall",)),
}
PERMITTED = PolicyDecision(permitted=True, guardrail="shop", reason="shop covers it", roles=("oncall",))


@pytest.fixture(scope="session")
def hold(noon):
    """Give a builder of a plan's proposal, open for half an hour."""

    def build(plan, state="open", **changes):
        fields = {
            "id": "prop-1",
            "plan_id": plan.id,
            "incident_id": plan.incident_id,
            "plan_digest": plan.digest,
            "state": ProposalState(state),
            "opened_at": noon,
            "expires_at": noon + timedelta(minutes=30),
        }
        return Proposal(**fields | changes)

    return build


@pytest.fixture(scope="session")
def say_yes(noon):
    """Give a builder of one person's kept approval."""

    def build(plan, person="alice", *, minutes=0, **changes):
        at = noon + timedelta(minutes=minutes)
        fields = {
            "id": f"apr-{person}",
            "proposal_id": "prop-1",
            "plan_digest": plan.digest,
            "person_id": person,
            "role": "oncall",
            "channel": "console",
            "approved_at": at,
            "expires_at": at + plan.approval.valid_for,
        }
        return Approval(**fields | changes)

    return build


@pytest.fixture(scope="session")
def click(noon):
    """Give a builder of a click on a plan's card, three minutes in."""

    def build(plan, person="alice", *, ruling="approve", minutes=3, **changes):
        fields = {
            "ruling": ruling,
            "person": PEOPLE.get(person),
            "handle": person,
            "channel": "console",
            "shown_digest": plan.digest,
            "at": noon + timedelta(minutes=minutes),
        }
        return Click(**fields | changes)

    return build


@pytest.fixture(scope="session")
def desk(build_plan, hold, say_yes, click):
    """Give all that lies on the table: builders of a plan, its hold, kept approvals and clicks."""
    return SimpleNamespace(plan=build_plan, hold=hold, say_yes=say_yes, click=click)


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        ("console", "`fermata up` runs what was approved, after its guards look again"),
        ("page", "it runs once its guards have looked again"),  # The process that answers is the one that runs it.
    ],
)
def test_click_of_an_entitled_person_approves(desk, noon, channel, words):
    """One of one: the proposal is approved, and the approval is bound to digest, person, role and expiry."""
    plan = desk.plan()

    judgement = judge_click(desk.click(plan, channel=channel), desk.hold(plan), plan, [], "apr-1")

    assert judgement.completes
    assert judgement.new_state is ProposalState.APPROVED
    assert judgement.answer.accepted
    assert judgement.answer.execution_enqueued
    assert judgement.answer.text == f"Approved by alice. 1 of 1 approvals; {words}."
    assert judgement.approval == Approval(
        id="apr-1",
        proposal_id="prop-1",
        plan_digest=plan.digest,
        person_id="alice",
        role="oncall",
        channel=channel,
        approved_at=noon + timedelta(minutes=3),
        expires_at=noon + timedelta(minutes=33),
    )


def test_person_named_in_the_rule_approves_by_name(desk):
    """Without a role, the id is enough."""
    plan = desk.plan(people=("dave",))

    assert judge_click(desk.click(plan, "dave"), desk.hold(plan), plan, [], "apr-1").approval.role == "named"


@pytest.mark.parametrize("rule", [{"needed": 2}, {"risk": "high"}])
def test_first_of_two_waits_for_the_second(desk, rule):
    """N of M: each yes counts once, the last one starts the execution. High risk is two whatever the rule says."""
    plan = desk.plan(**rule)

    first = judge_click(desk.click(plan), desk.hold(plan), plan, [], "apr-1")
    second = judge_click(desk.click(plan, "bob"), desk.hold(plan), plan, [first.approval], "apr-2")

    assert (first.completes, first.new_state, first.answer.state) == (False, None, "open")
    assert first.answer.accepted
    assert first.answer.text == "Approved by alice. 1 of 2 approvals; one more of role oncall is needed."
    assert (second.completes, second.new_state) == (True, ProposalState.APPROVED)


def test_one_of_three_says_how_many_are_missing(desk):
    """The answer counts."""
    plan = desk.plan(needed=3)

    answer = judge_click(desk.click(plan), desk.hold(plan), plan, [], "apr-1").answer

    assert answer.text.endswith("1 of 3 approvals; 2 more of role oncall are needed.")


def test_second_yes_of_the_same_person_does_not_count(desk):
    """Two approvals are two people."""
    plan = desk.plan(needed=2)

    judgement = judge_click(desk.click(plan), desk.hold(plan), plan, [desk.say_yes(plan, "alice", minutes=1)], "apr-2")

    assert judgement.approval is None
    assert judgement.answer.rule == "already_said"
    assert judgement.answer.text == (
        "Not counted: alice said yes at 12:01 UTC already. 1 of 2 approvals; one more of role oncall is needed."
    )


@pytest.mark.parametrize(
    "changes",
    [{"person_id": "fermata"}, {"proposal_id": "prop-0"}, {"plan_digest": "sha256:other"}, {"minutes": -60}],
)
def test_earlier_approval_that_does_not_count_is_not_counted(desk, changes):
    """Fermata's own, another proposal's, another plan's and an expired yes leave the count where it was."""
    plan = desk.plan(needed=2)

    judgement = judge_click(desk.click(plan), desk.hold(plan), plan, [desk.say_yes(plan, "bob", **changes)], "apr-2")

    assert not judgement.completes


def test_one_rejection_is_enough_and_keeps_its_reason(desk):
    """A no settles it, whoever said yes before."""
    plan = desk.plan(needed=2)

    judgement = judge_click(
        desk.click(plan, "bob", ruling="reject", reason="not at noon"), desk.hold(plan), plan, [], "apr-1"
    )

    assert judgement.new_state is ProposalState.REJECTED
    assert (judgement.approval, judgement.completes) == (None, False)
    assert judgement.answer.text == "Rejected by bob: not at noon. Nothing was executed."


def test_rejection_without_a_reason_stands_too(desk):
    """Nobody has to explain a no."""
    plan = desk.plan()

    assert (
        judge_click(desk.click(plan, ruling="reject"), desk.hold(plan), plan, [], "apr-1").answer.text
        == "Rejected by alice. Nothing was executed."
    )


def refuse(judgement, rule):
    """Check that a click changed nothing, by this rule, and return its words."""
    assert judgement.answer.rule == rule
    assert not judgement.answer.accepted
    assert not judgement.answer.execution_enqueued
    assert (judgement.approval, judgement.new_state, judgement.completes) == (None, None, False)
    return judgement.answer.text


@pytest.mark.parametrize("ruling", ["approve", "reject"])
@pytest.mark.parametrize(
    ("person", "rule", "words"),
    [
        ("mallory", "unknown_person", "nobody in the settings is mallory on console"),
        ("robot", "bot", "robot is a bot"),
        ("fermata", "self_approval", "Fermata never decides on its own plans"),
        ("carol", "wrong_role", "this needs role oncall; carol has role dev"),
        ("dave", "wrong_role", "this needs role oncall; dave has no role"),
    ],
)
def test_click_of_somebody_else_does_not_count(desk, ruling, person, rule, words):
    """Strangers, bots, Fermata itself and people without the role are answered and change nothing."""
    plan = desk.plan()

    judgement = judge_click(desk.click(plan, person, ruling=ruling), desk.hold(plan), plan, [], "apr-1")

    assert words in refuse(judgement, rule)


def test_fermatas_own_handle_never_decides(desk):
    """Not even where the settings know nobody by that name."""
    plan = desk.plan()

    refuse(
        judge_click(
            desk.click(plan, "fermata").model_copy(update={"person": None}), desk.hold(plan), plan, [], "apr-1"
        ),
        "self_approval",
    )


@pytest.mark.parametrize("ruling", ["approve", "reject"])
@pytest.mark.parametrize(
    ("shown", "words"), [("", "did not say which plan"), ("sha256:aa", "showed another plan (aa)")]
)
def test_click_on_another_card_does_not_count(desk, ruling, shown, words):
    """An answer is bound to the whole digest of the card that was seen."""
    plan = desk.plan()

    judgement = judge_click(desk.click(plan, ruling=ruling, shown_digest=shown), desk.hold(plan), plan, [], "apr-1")

    assert words in refuse(judgement, "digest_mismatch")


def test_shortened_digest_is_not_the_digest(desk):
    """What is shown to people is never compared."""
    plan = desk.plan()

    refuse(
        judge_click(desk.click(plan, shown_digest=plan.digest[:-1]), desk.hold(plan), plan, [], "apr-1"),
        "digest_mismatch",
    )


@pytest.mark.parametrize("edit", [{"parameters": {"limit_bytes": 1}}, {"people": ("mallory",)}, {"id": "plan-2"}])
def test_edited_plan_cannot_be_approved_and_can_be_rejected(desk, edit):
    """The digest is computed again from what is stored: a changed row is another plan. A no is always safe."""
    plan, edited = desk.plan(), desk.plan(**edit)

    assert "not the one that was proposed" in refuse(
        judge_click(desk.click(plan), desk.hold(plan), edited, [], "apr-1"), "plan_edited"
    )
    refuse(judge_click(desk.click(edited), desk.hold(plan), edited, [], "apr-1"), "plan_edited")
    assert judge_click(desk.click(plan, ruling="reject"), desk.hold(plan), edited, [], "apr-1").answer.accepted


@pytest.mark.parametrize("ruling", ["approve", "reject"])
def test_exact_instant_of_expiry_is_too_late(desk, ruling):
    """At `expires_at` the hold is over; a microsecond before it is not."""
    plan = desk.plan()
    last = desk.click(plan, ruling=ruling, minutes=30)
    just_before = last.model_copy(update={"at": last.at - timedelta(microseconds=1)})

    judgement = judge_click(last, desk.hold(plan), plan, [], "apr-1")

    assert "this expired at 12:30 UTC" in refuse(judgement, "expired")
    assert judgement.answer.state is ProposalState.EXPIRED
    assert judge_click(just_before, desk.hold(plan), plan, [], "apr-1").answer.accepted


@pytest.mark.parametrize(
    ("state", "changes", "rule", "words"),
    [
        ("approved", {"decided_by": "alice"}, "already_decided", "already approved by alice and bob at 12:02 UTC."),
        (
            "executed",
            {"decided_by": "fermata"},
            "already_decided",
            "already executed; approved by alice and bob at 12:02",
        ),
        ("rejected", {"decided_by": "bob", "reason": "no"}, "already_decided", "rejected by bob at 12:01 UTC: no."),
        ("stale", {"decided_by": "fermata"}, "already_decided", "the plan went stale at 12:01 UTC."),
        ("refused", {"reason": "drift"}, "already_decided", "a guard refused the execution at 12:01 UTC: drift."),
        ("refused", {"reason": "It ran. Act."}, "already_decided", "at 12:01 UTC: It ran. Act."),
        ("superseded", {"decided_at": None}, "already_decided", "already withdrawn; the incident's card"),
        ("superseded", {"reason": "Seen anew."}, "already_decided", "anew; the incident's card, as it is now,"),
        ("expired", {}, "expired", "12:01 UTC; the incident's card, as it is now, shows whether another plan waits,"),
    ],
)
def test_click_that_comes_too_late_hears_what_happened(desk, noon, state, changes, rule, words):
    """Who decided, when, and why."""
    plan = desk.plan(needed=2)
    proposal = desk.hold(plan, state, **{"decided_at": noon + timedelta(minutes=1)} | changes)
    approvals = [desk.say_yes(plan, "bob", minutes=2), desk.say_yes(plan, "alice", minutes=1)]

    judgement = judge_click(desk.click(plan, "bob"), proposal, plan, approvals, "apr-1")

    assert words in refuse(judgement, rule)
    assert ".." not in judgement.answer.text
    assert judgement.answer.state == state


def test_decision_without_kept_approvals_is_told_from_the_row(desk, noon):
    """An older day is named with its date."""
    plan = desk.plan()
    proposal = desk.hold(plan, "approved", decided_by="alice,bob", decided_at=noon - timedelta(days=1))

    judgement = judge_click(desk.click(plan), proposal, plan, [], "apr-1")

    assert "already approved by alice and bob at 2026-11-22 12:00 UTC" in refuse(judgement, "already_decided")


CLICKS = st.fixed_dictionaries(
    {
        "person": st.sampled_from([*PEOPLE, "mallory"]),
        "ruling": st.sampled_from(["approve", "reject"]),
        "state": st.sampled_from(list(ProposalState)),
        "minutes": st.integers(0, 40),
        "shown": st.sampled_from(["right", "", "sha256:1"]),
        "is_edited": st.booleans(),
        "earlier": st.lists(st.sampled_from(list(PEOPLE)), unique=True, max_size=4),
    }
)


@given(case=CLICKS.map(lambda drawn: SimpleNamespace(**drawn)))
def test_click_counts_only_when_everything_holds(desk, case):
    """Whatever is clicked gets an answer, and no combination approves without person, state, time and digest."""
    plan = desk.plan(needed=2)
    stored = desk.plan(needed=2, parameters={"limit_bytes": 1}) if case.is_edited else plan
    shown = plan.digest if case.shown == "right" else case.shown
    pressed = desk.click(plan, case.person, ruling=case.ruling, minutes=case.minutes, shown_digest=shown)
    earlier = [desk.say_yes(plan, name, minutes=0) for name in case.earlier]

    judgement = judge_click(pressed, desk.hold(plan, case.state), stored, earlier, "apr-1")

    is_entitled = case.person in ("alice", "bob") and case.state is ProposalState.OPEN and case.minutes < 30
    is_bound = case.shown == "right" and not case.is_edited
    counts = is_entitled and is_bound and case.ruling == "approve" and case.person not in case.earlier
    assert judgement.answer.text
    assert (judgement.approval is not None) is counts
    assert judgement.completes is (counts and any(name != "fermata" for name in case.earlier))
    if judgement.new_state is ProposalState.REJECTED:
        assert is_entitled


def test_approved_plan_may_be_executed(desk, noon):
    """State, digest, expiry, people and policy all hold."""
    plan = desk.plan(needed=2)

    refuse_unapproved(
        plan,
        desk.hold(plan, "approved"),
        [desk.say_yes(plan, "alice"), desk.say_yes(plan, "bob")],
        PEOPLE,
        PERMITTED,
        noon,
    )


def refuse_execution(*args):
    """Return the refusal that an execution meets."""
    with pytest.raises(GuardRefused, match=r"Plan [0-9a-f]{8} was not executed") as caught:
        refuse_unapproved(*args)
    return caught.value


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.APPROVED])
def test_proposal_in_any_other_state_is_not_executed(desk, noon, state):
    """Only `approved` may run, and not twice."""
    plan = desk.plan()

    refused = refuse_execution(plan, desk.hold(plan, state), [desk.say_yes(plan)], PEOPLE, PERMITTED, noon)

    assert refused.rule == "not_approved"


def test_plan_edited_after_approval_is_not_executed(desk, noon):
    """An approval covers the exact steps a person saw, and nothing else."""
    plan, edited = desk.plan(), desk.plan(parameters={"limit_bytes": 1})

    refused = refuse_execution(edited, desk.hold(plan, "approved"), [desk.say_yes(plan)], PEOPLE, PERMITTED, noon)

    assert refused.rule == "plan_edited"
    assert "It changed after approval" in str(refused)


def test_plan_and_proposal_edited_together_do_not_fool_the_approval(desk, noon):
    """The approval keeps the digest that was on the card."""
    plan, edited = desk.plan(), desk.plan(parameters={"limit_bytes": 1})

    refused = refuse_execution(edited, desk.hold(edited, "approved"), [desk.say_yes(plan)], PEOPLE, PERMITTED, noon)

    assert refused.rule == "digest_mismatch"


def test_policy_that_changed_its_mind_refuses(desk, noon):
    """A freeze that began after the approval counts."""
    plan = desk.plan()
    frozen = PolicyDecision(permitted=False, reason="frozen by sale")

    refused = refuse_execution(plan, desk.hold(plan, "approved"), [desk.say_yes(plan)], PEOPLE, frozen, noon)

    assert refused.rule == "policy"
    assert "frozen by sale" in str(refused)


@pytest.mark.parametrize("changes", [{}, {"expires_at": "later"}])
def test_approval_expires_at_its_exact_instant(desk, noon, changes):
    """Neither being on time elsewhere nor a moved expiry in the row prolongs it."""
    plan = desk.plan(needed=1)
    late = noon + timedelta(minutes=30)
    yes = desk.say_yes(plan, **{name: noon + timedelta(days=9) for name in changes})

    refused = refuse_execution(plan, desk.hold(plan, "approved"), [yes], PEOPLE, PERMITTED, late)

    assert refused.rule == "expired"
    assert "2026-11-23T12:30:00.000Z" in str(refused)
    refuse_unapproved(plan, desk.hold(plan, "approved"), [yes], PEOPLE, PERMITTED, late - timedelta(microseconds=1))


def test_validity_that_the_policy_shortened_counts(desk, noon):
    """The policy as it is now decides how long a yes holds."""
    plan = desk.plan()
    shorter = PERMITTED.model_copy(update={"valid_for": timedelta(minutes=1)})

    refused = refuse_execution(
        plan, desk.hold(plan, "approved"), [desk.say_yes(plan)], PEOPLE, shorter, noon + timedelta(minutes=1)
    )

    assert refused.rule == "expired"


@pytest.mark.parametrize(
    ("said", "people", "decision", "words"),
    [
        ([], {}, {}, "It has 0 of 2 approvals."),
        (["alice"], {}, {}, "It has 1 of 2 approvals."),
        (["alice", "alice"], {}, {}, "It has 1 of 2 approvals."),
        (["alice", "robot"], {}, {}, "no longer entitled: robot"),
        (["alice", "fermata"], {}, {}, "no longer entitled: fermata"),
        (["alice", "mallory"], {}, {}, "no longer entitled: mallory"),
        (["alice", "bob"], {"bob": Person(id="bob", name="Bob")}, {}, "no longer entitled: bob"),
        (["alice", "bob"], {}, {"roles": ("admin",)}, "It has 0 of 2 approvals; no longer entitled: alice, bob."),
        (["alice", "bob"], {}, {"approvals": 3}, "It has 2 of 3 approvals."),
    ],
)
def test_approvals_must_be_enough_distinct_people_still_entitled(desk, noon, said, people, decision, words):
    """Whoever lost the role, left the settings or never was a person does not count at execution time."""
    plan = desk.plan(needed=2)
    approvals = [desk.say_yes(plan, name) for name in said]

    refused = refuse_execution(
        plan, desk.hold(plan, "approved"), approvals, PEOPLE | people, PERMITTED.model_copy(update=decision), noon
    )

    assert refused.rule == "not_enough_approvals"
    assert words in str(refused)


def test_high_risk_plan_needs_two_at_execution_too(desk, noon):
    """A plan whose own rule says one does not get around four eyes."""
    plan = desk.plan(needed=1, risk="high")

    refused = refuse_execution(plan, desk.hold(plan, "approved"), [desk.say_yes(plan)], PEOPLE, PERMITTED, noon)

    assert refused.rule == "not_enough_approvals"


def test_approvals_of_another_proposal_are_not_looked_at(desk, noon):
    """Neither do they count, nor do they refuse."""
    plan = desk.plan()
    other = desk.say_yes(plan, "bob", proposal_id="prop-0", plan_digest="sha256:other")

    refuse_unapproved(plan, desk.hold(plan, "approved"), [other, desk.say_yes(plan)], PEOPLE, PERMITTED, noon)
    refused = refuse_execution(plan, desk.hold(plan, "approved"), [other], PEOPLE, PERMITTED, noon)
    assert refused.rule == "not_enough_approvals"
