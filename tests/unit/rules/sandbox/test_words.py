"""Who may say yes to an experiment, and what is left of a yes when it starts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from fermata.domain.action import Risk
from fermata.domain.experiment import FaultKind, FaultSpec
from fermata.domain.held_experiment import ExperimentState
from fermata.domain.person import FERMATA, Person
from fermata.domain.policy import Approvers, FreezeWindow, Guardrail, Policy, PolicyDecision
from fermata.domain.proposal import Ruling
from fermata.kit.errors import GuardRefused
from fermata.rules.approval import Click
from fermata.rules.policy import decide
from fermata.rules.sandbox.words import find_end, judge_word, make_question, name_fault, refuse_unapproved
from fermata.testing.experiments import make_cluster_experiment, make_experiment, make_held
from fermata.testing.records import NOON

DANA = Person(id="dana", name="Dana", roles=("oncall",))
MAX = Person(id="max", name="Max", roles=("sales",))
NOBODY = Person(id="kim", name="Kim")
ROBOT = Person(id="robot", name="A robot", roles=("oncall",), bot=True)
YES = PolicyDecision(permitted=True, guardrail="rail", reason="rail covers it", roles=("oncall",))
NO = PolicyDecision(permitted=False, reason="the policy is empty")
RAIL = Guardrail(
    id="rail", actions=("*",), resources=("*",), approvers=Approvers(roles=("oncall",)), max_risk=Risk.HIGH
)
TWO = YES.model_copy(update={"approvals": 2})
HELD = make_held()


def behind_mesh(callee):
    """Give a cluster's fault on the calls of payment to another service."""
    experiment = make_cluster_experiment()
    return make_cluster_experiment(target=experiment.target.model_copy(update={"callee": callee}))


def click(person=DANA, ruling=Ruling.APPROVE, **changes):
    """Give a click on the experiment as it was proposed."""
    values = {
        "ruling": ruling,
        "person": person,
        "handle": person.id if person else "stranger",
        "channel": "console",
        "shown_digest": HELD.digest,
        "at": NOON,
    }
    return Click(**(values | changes))


def approve(held=HELD, person=DANA, decision=YES, **changes):
    """Give the row after a person's yes."""
    return judge_word(click(person, shown_digest=held.digest, **changes), held, decision).held


APPROVED = approve()


def test_yes_of_somebody_entitled_approves():
    """One yes is enough where the guardrail asks for one; it is bound to what was seen, and it ends."""
    word = judge_word(click(), HELD, YES)

    assert word.accepted
    assert word.text == "Approved by dana. 1 of 1 approvals."
    assert word.held.state is ExperimentState.APPROVED
    (approval,) = word.held.approvals
    assert (approval.person_id, approval.role, approval.digest) == ("dana", "oncall", HELD.digest)
    assert approval.expires_at == NOON + YES.valid_for


@pytest.mark.parametrize(
    ("given", "held", "decision", "rule"),
    [
        (click(None), HELD, YES, "unknown_person"),
        (click(None, handle=FERMATA.id), HELD, YES, "self_approval"),
        (click(DANA.model_copy(update={"id": FERMATA.id})), HELD, YES, "self_approval"),
        (click(ROBOT), HELD, YES, "bot"),
        (click(bot=True), HELD, YES, "bot"),
        (click(barred="you are a guest"), HELD, YES, "barred"),
        (click(MAX), HELD, YES, "wrong_role"),
        (click(NOBODY, doubts=("slack is down",)), HELD, YES, "wrong_role"),
        (click(), HELD, NO, "policy"),
        (click(), APPROVED, YES, "already_decided"),
        (click(), make_held(state=ExperimentState.REFUSED, reason="no quota"), YES, "already_decided"),
        (click(), make_held(state=ExperimentState.RUNNING), YES, "already_decided"),
        (click(at=HELD.expires_at), HELD, YES, "expired"),
        (click(shown_digest=""), HELD, YES, "digest_mismatch"),
        (click(shown_digest="sha256:00"), HELD, YES, "digest_mismatch"),
        (click(), HELD.model_copy(update={"scheduled_until": date(2026, 12, 1)}), YES, "plan_edited"),
        (click(), approve(decision=TWO), TWO, "already_said"),
    ],
)
def test_word_that_does_not_count_changes_nothing(given, held, decision, rule):
    """Strangers, machines, the wrong role, another experiment, too late: each is told why."""
    word = judge_word(given, held, decision)

    assert not word.accepted
    assert word.rule == rule
    assert word.held is None
    assert word.text.startswith("Not counted: ")


def test_edited_experiment_cannot_be_approved():
    """A word in the stored experiment that nobody proposed loses it its approval."""
    edited = HELD.model_copy(update={"experiment": make_experiment(duration=timedelta(minutes=5))})

    assert judge_word(click(), edited, YES).rule == "plan_edited"
    assert judge_word(click(ruling=Ruling.REJECT), edited, YES).accepted


def test_two_people_are_needed_where_the_policy_says_two():
    """The first yes waits for the second; one that has run out does not count."""
    once = approve(decision=TWO)
    late = NOON + TWO.valid_for

    assert once.state is ExperimentState.PROPOSED
    assert approve(once, DANA.model_copy(update={"id": "erin"}), TWO).state is ExperimentState.APPROVED
    held = once.model_copy(update={"expires_at": late + timedelta(hours=1)})
    assert approve(held, DANA.model_copy(update={"id": "erin"}), TWO, at=late).state is ExperimentState.PROPOSED


@pytest.mark.parametrize(("reason", "text"), [("", "Rejected by dana"), ("not today", "Rejected by dana: not today")])
def test_no_of_one_person_is_enough(reason, text):
    """Nothing is injected, and the row says why."""
    word = judge_word(click(ruling=Ruling.REJECT, reason=reason), HELD, YES)

    assert word.accepted
    assert word.held.state is ExperimentState.REFUSED
    assert word.held.reason == text


@pytest.mark.parametrize(
    ("until", "text"),
    [
        (None, "Withdrawn by dana: not today. Nothing was injected."),
        (date(2026, 12, 1), "Withdrawn by dana: not today. It does not run any more."),
    ],
)
def test_yes_that_has_not_been_used_is_taken_back(until, text):
    """A standing one also long after the proposal has run out; another yes to it stays too late."""
    held = APPROVED.model_copy(update={"scheduled_until": until, "expires_at": NOON})
    later = NOON + timedelta(days=3)

    word = judge_word(click(ruling=Ruling.REJECT, reason="not today", at=later), held, YES)

    assert (word.accepted, word.text) == (True, text)
    assert (word.held.state, word.held.reason) == (ExperimentState.REFUSED, "Withdrawn by dana: not today")
    assert judge_word(click(at=later), held, YES).rule == "already_decided"
    assert judge_word(click(MAX, ruling=Ruling.REJECT, at=later), held, YES).rule == "wrong_role"


def test_no_to_what_runs_says_how_to_stop_it():
    """It has begun: a word is too late, and a stop is not."""
    word = judge_word(click(ruling=Ruling.REJECT), make_held(state=ExperimentState.RUNNING), YES)

    assert word.text == "Not counted: it is running already; `fermata chaos stop exp-1` ends it."


def test_scheduled_yes_ends_with_its_last_day():
    """A standing approval holds through the day it names."""
    held = make_held(scheduled_until=date(2026, 12, 1))

    assert find_end(held, NOON) == datetime(2026, 12, 2, tzinfo=UTC)
    assert "until 2026-12-01" in judge_word(click(shown_digest=held.digest), held, YES).text


def refused_by(held=APPROVED, people=(DANA,), decision=YES, now=NOON):
    """Give the guard that refuses to start, or nothing."""
    try:
        refuse_unapproved(held, {person.id: person for person in people}, decision, now)
    except GuardRefused as refusal:
        return refusal.rule
    return ""


def test_approved_experiment_starts():
    """What one entitled person approved, as it was, in time."""
    assert refused_by() == ""


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"held": HELD}, "not_approved"),
        (
            {"held": APPROVED.model_copy(update={"experiment": make_experiment(duration=timedelta(minutes=5))})},
            "plan_edited",
        ),
        ({"decision": NO}, "policy"),
        ({"now": NOON + YES.valid_for}, "expired"),
        ({"people": ()}, "not_enough_approvals"),
        ({"people": (DANA.model_copy(update={"roles": ()}),)}, "not_enough_approvals"),
        ({"decision": TWO}, "not_enough_approvals"),
        (
            {
                "held": APPROVED.model_copy(
                    update={"approvals": (APPROVED.approvals[0].model_copy(update={"digest": "sha256:00"}),)}
                )
            },
            "not_enough_approvals",
        ),
    ],
)
def test_experiment_that_is_not_approved_now_does_not_start(changes, rule):
    """Nothing that was true at the click is believed when it starts."""
    assert refused_by(**changes) == rule


@pytest.mark.parametrize("kind", list(FaultKind))
def test_every_fault_has_the_name_that_guardrails_use(kind):
    """`system.verb_object`, for each of the closed list."""
    sizes = {"latency_ms": 1, "status": 500, "bytes_per_s": 1, "load_percent": 1, "memory_mb": 1}
    fault = FaultSpec(kind=kind, **sizes)

    assert name_fault(make_experiment(fault=fault)).startswith("faultproxy.")


def test_question_counts_what_is_hit():
    """A third of three is one; all of them is of high risk, which takes two people."""
    one = make_question(make_cluster_experiment(), NOON)
    everything = make_question(make_cluster_experiment(fault=FaultSpec(kind=FaultKind.KILL)), NOON)

    assert (one.action, one.target.ref) == ("chaosmesh.kill_replicas", "chaosmesh:service/shop-staging/payment")
    assert (one.blast_radius, one.risk) == (1, Risk.MEDIUM)
    assert (everything.blast_radius, everything.risk) == (3, Risk.HIGH)


@pytest.mark.parametrize(
    ("experiment", "frozen"),
    [
        (make_experiment(), "faultproxy:service/payment"),
        (make_experiment(), "faultproxy:service/checkout"),
        (behind_mesh("ledger"), "chaosmesh:service/shop-staging/ledger"),
        (behind_mesh("ledger"), "kubernetes:statefulset/shop-staging/ledger"),
        (make_cluster_experiment(), "kubernetes:*/shop-staging/payment"),
        (behind_mesh("ledger.billing"), "kubernetes:deployment/billing/ledger"),
        (behind_mesh("ledger.billing.svc.cluster.local"), "chaosmesh:service/billing/ledger"),
        (behind_mesh("ledger.billing"), "chaosmesh:service/shop-staging/ledger.billing"),
    ],
)
def test_freeze_of_either_end_stops_a_fault_on_the_call(experiment, frozen):
    """A fault on a call reaches who is called, too, and pods are Kubernetes' whoever kills them."""
    freeze = FreezeWindow(
        id="sale", reason="the sale", starts_at=NOON, ends_at=NOON + timedelta(hours=1), resources=(frozen,)
    )

    calm, cold = (
        decide(Policy(guardrails=(RAIL,), freezes=frozen), make_question(experiment, NOON))
        for frozen in ((), (freeze,))
    )

    assert calm.permitted
    assert (cold.permitted, cold.guardrail) == (False, "sale")


def test_freeze_of_the_callees_name_elsewhere_stops_nothing():
    """A bare name is one of the caller's namespace; outside of a cluster a dot is part of a host's name."""
    outside = make_experiment(target=make_experiment().target.model_copy(update={"callee": "ledger.billing"}))

    touched = [make_question(experiment, NOON).touched for experiment in (behind_mesh("ledger"), outside)]

    assert {ref.split(":")[1].split("/")[1] for ref in touched[0]} == {"shop-staging"}
    assert touched[1] == ("faultproxy:service/checkout", "faultproxy:service/ledger.billing")


@pytest.mark.parametrize("end", ["service", "callee"])
def test_name_that_could_widen_a_guardrail_is_no_question(end):
    """A wildcard in a service's name would match what nobody wrote, and none in a callee's could be frozen by name."""
    target = make_experiment().target.model_copy(update={end: "check*"})

    with pytest.raises(ValueError, match="cannot name an entity"):
        make_question(make_experiment(target=target), NOON)


def test_stranger_hears_how_to_become_somebody():
    """The very line of the settings that is missing."""
    text = judge_word(click(None, handle="root", channel="console"), HELD, YES).text

    assert "carries `handles: {console: root}` under `people`" in text
