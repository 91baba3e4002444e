from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.action import BlastRadius, DryRun, Risk
from fermata.domain.diagnosis import ActionSuggestion, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.plan import ApprovalRule, SteadyState
from fermata.kit.errors import GuardRefused, InvariantBroken
from fermata.kit.ids import derive_id
from fermata.rules.citations import cite
from fermata.rules.planning import Draft, assemble_plan, effective_risk, explain_no_plan, select_hypothesis

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHECKOUT = Entity.parse("supervisor:process/checkout")
PROFILE = Entity.parse("supervisor:process/profile")
RESTART = ActionSuggestion(name="supervisor.restart", target=CHECKOUT)


def _observe(entity, *, collector="supervisor.state", at=NOON, text="checkout crash_loop"):
    return Evidence(
        incident_id="inc-1",
        kind=EvidenceKind.STATE,
        collector=collector,
        entity=entity,
        title="state",
        query=f"getProcessInfo({entity.name})",
        observed_at=at,
        fresh_until=at + timedelta(minutes=5),
        lines=(EvidenceLine(number=1, text=text),),
    )


def _dry_run(*, possible=True):
    return DryRun(
        possible=possible,
        diff="-limit 64\n+limit 128\n",
        observed_version="v1",
        blast_radius=BlastRadius(count=1, entities=(CHECKOUT.ref,), text="1 process restarts"),
        undo_text="set it back",
    )


def _draft(name="supervisor.set_memory_limit", target=CHECKOUT, **parameters):
    return Draft(name=name, target=target, parameters=parameters, risk=Risk.MEDIUM, dry_run=_dry_run())


@pytest.fixture
def evidence():
    """Give what was seen of checkout twice, and of profile once."""
    return [_observe(CHECKOUT, at=NOON - timedelta(minutes=9)), _observe(PROFILE), _observe(CHECKOUT)]


@pytest.fixture
def hypothesis(evidence):
    """Give a hypothesis that cites profile and suggests an action."""
    return Hypothesis(
        cause="memory_limit_exceeded",
        text="checkout needs more memory.",
        confidence=0.9,
        entity=CHECKOUT,
        citations=(cite(evidence[1], 1),),
        suggestions=(RESTART,),
    )


@pytest.fixture
def assemble(evidence, hypothesis):
    """Give a function that assembles the plan of this hypothesis, with changes."""
    incident = Incident(
        id="inc-1",
        title="CheckoutDown",
        state=IncidentState.INVESTIGATING,
        severity="critical",
        opened_at=NOON,
        started_at=NOON,
        updated_at=NOON,
        alert_ids=("al-1",),
        merges=(MergeReason(alert_id="al-1", rule="first", text="first", at=NOON),),
        entities=(CHECKOUT,),
    )
    usual = {
        "plan_id": "plan-1",
        "incident": incident,
        "hypothesis": hypothesis,
        "drafts": [_draft(limit_bytes=134217728)],
        "evidence": evidence,
        "steady_state": SteadyState(
            entity=CHECKOUT, text="RUNNING for 5 s", stable_for=timedelta(seconds=5), within=timedelta(minutes=1)
        ),
        "approval": ApprovalRule(guardrails=("g",), roles=("oncall",), needed=1, valid_for=timedelta(minutes=30)),
        "earlier": (),
        "now": NOON,
    }
    return lambda **changes: assemble_plan(**(usual | changes))


def test_plan_says_what_would_be_done_and_why(assemble):
    """The summary is one sentence with every parameter in it."""
    plan = assemble(drafts=[_draft(limit_bytes=134217728), _draft("supervisor.restart")])

    assert plan.summary == (
        "supervisor.set_memory_limit on supervisor:process/checkout (limit_bytes=134217728), then supervisor.restart "
        "on supervisor:process/checkout, because of memory_limit_exceeded"
    )
    assert (plan.created_at, plan.incident_id, plan.cause) == (NOON, "inc-1", "memory_limit_exceeded")
    assert [action.risk for action in plan.actions] == [Risk.MEDIUM, Risk.MEDIUM]


def test_action_ids_follow_from_the_plan_and_the_position(assemble):
    """The idempotency key of an effect is the same whenever it is computed, and never shared."""
    plan = assemble(drafts=[_draft("supervisor.restart"), _draft("supervisor.restart")])

    assert [action.id for action in plan.actions] == [derive_id("act", "plan-1", "0"), derive_id("act", "plan-1", "1")]
    assert assemble().digest == assemble().digest
    assert assemble(plan_id="plan-2").actions[0].id != plan.actions[0].id


def test_plan_rests_on_what_is_cited_and_on_the_latest_look_at_its_targets(assemble, evidence):
    """History is not what an action rests on; evidence about others is, if it is cited."""
    older, cited, latest = evidence

    assert assemble().evidence_ids == (cited.id, latest.id)
    assert assemble(evidence=[latest, cited, older]).evidence_ids == (cited.id, latest.id)


def test_plan_cannot_rest_on_words_that_nobody_wrote(assemble, hypothesis):
    """Citations are checked again: nothing between the diagnosis and the plan is trusted."""
    citation = hypothesis.citations[0].model_copy(update={"quote": "all is well"})

    with pytest.raises(GuardRefused) as refusal:
        assemble(hypothesis=hypothesis.model_copy(update={"citations": (citation,)}))
    assert refusal.value.rule == "citation"


def test_plan_says_what_it_leaves_for_later(assemble, hypothesis):
    """A plan has a few steps of many: the others are named, and counted where they are too many for that."""
    many = [RESTART.model_copy(update={"target": Entity.parse(f"supervisor:process/w{n}")}) for n in range(14)]
    drafts = [_draft("supervisor.restart", target=one.target) for one in many[:2]]

    few = assemble(hypothesis=hypothesis.model_copy(update={"suggestions": tuple(many[:4])}), drafts=drafts)
    all_of_them = assemble(hypothesis=hypothesis.model_copy(update={"suggestions": tuple(many)}), drafts=drafts)

    assert few.summary.endswith(
        "because of memory_limit_exceeded. Not in this plan, which has 2 of 4 steps: supervisor.restart on "
        "supervisor:process/w2, supervisor.restart on supervisor:process/w3; do these by hand once the first ones are "
        "well"
    )
    assert "supervisor:process/w11 and 2 more; do these" in all_of_them.summary


def test_plan_without_a_step_does_not_exist(assemble):
    """Nothing to do is not a plan."""
    with pytest.raises(InvariantBroken):
        assemble(drafts=[])


def test_undo_says_what_it_takes_back(assemble):
    """An undo is a plan like any other, and names the one it undoes."""
    plan = assemble(undoes="plan-0")

    assert plan.undoes == "plan-0"
    assert plan.summary.endswith(", to take back plan-0")


def test_only_a_leading_hypothesis_with_suggestions_is_acted_on(hypothesis):
    """A runner-up may suggest what it likes."""
    by_hand = hypothesis.model_copy(update={"suggestions": (), "person_must": "Look."})

    assert select_hypothesis(Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(hypothesis, by_hand))) == hypothesis
    assert select_hypothesis(Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(by_hand, hypothesis))) is None
    assert select_hypothesis(Diagnosis(verdict=Verdict.UNDETERMINED)) is None


@pytest.mark.parametrize(
    ("risk", "possible", "effective"),
    [
        (Risk.LOW, True, Risk.LOW),
        (Risk.LOW, False, Risk.MEDIUM),
        (Risk.MEDIUM, False, Risk.HIGH),
        (Risk.HIGH, False, Risk.HIGH),
    ],
)
def test_unknown_effect_counts_as_more_risk(risk, possible, effective):
    """What cannot be dry-run is one step riskier than its kind."""
    assert effective_risk(risk, _dry_run(possible=possible)) is effective


def test_absent_plan_is_explained(hypothesis):
    """Every way to have no plan has its words, and a person's next step where there is one."""
    must = hypothesis.model_copy(update={"suggestions": (), "person_must": "Find memory."})
    nothing = must.model_copy(update={"person_must": ""})

    def explain(verdict, *hypotheses, checks=(), reason=""):
        return explain_no_plan(Diagnosis(verdict=verdict, hypotheses=hypotheses, checks=checks), reason)

    assert explain_no_plan(None, "The store broke.") == "No plan: there is no diagnosis. The store broke."
    assert explain(Verdict.HEALTHY).startswith("Nothing to do")
    undetermined = explain(Verdict.UNDETERMINED, checks=("Look here.",))
    assert undetermined == "No plan: the cause is undetermined. Look here."
    refused = explain(Verdict.IDENTIFIED, hypothesis, reason="The policy does not permit it.")
    assert refused == "No plan for memory_limit_exceeded: The policy does not permit it."
    by_hand = explain(Verdict.IDENTIFIED, must)
    assert by_hand == "No plan for memory_limit_exceeded. A person must act: Find memory."
    assert "Act by hand" in explain(Verdict.IDENTIFIED, nothing)
