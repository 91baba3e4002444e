import json
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.action import ActionResult, BlastRadius, DryRun, EarlierAction, Outcome, PlannedAction, Risk
from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.card import Card, Tone
from fermata.domain.diagnosis import Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine, Gap
from fermata.domain.execution import Execution, HealthReading, StepResult, Verification, VerificationVerdict
from fermata.domain.incident import Incident, IncidentState, MergeReason
from fermata.domain.plan import ApprovalRule, Plan, SteadyState
from fermata.domain.proposal import Approval, Proposal, ProposalState
from fermata.kit.errors import GuardRefused
from fermata.rules.card import CardInput, compose_card, refuse_incomplete
from fermata.rules.citations import cite

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHECKOUT = Entity.parse("supervisor:process/checkout")
SHOP = Entity.parse("git:repository/shop")
REVERT_DIFF = "--- a/services/checkout.py\n+++ b/services/checkout.py\n-broken\n+whole\n"

LOG = Evidence(
    incident_id="inc-1",
    kind=EvidenceKind.LOGS,
    collector="supervisor.logs",
    entity=CHECKOUT,
    title="checkout: stderr",
    query="tail",
    observed_at=NOON,
    fresh_until=NOON + timedelta(minutes=5),
    lines=(EvidenceLine(number=7, text="boom begins"), EvidenceLine(number=8, text="TypeError: boom")),
    cut="first 2 of 9 lines: budget",
)


def _action(number, name, target, *, diff, possible=True, note="", **parameters):
    dry_run = DryRun(
        possible=possible,
        diff=diff,
        note=note,
        observed_version="v1",
        blast_radius=BlastRadius(count=1, entities=(target.ref,), text=f"touches {target.name}"),
        undo_text=f"undo of {name}",
    )
    return PlannedAction(
        id=f"act-{number}", name=name, target=target, parameters=parameters, risk=Risk.MEDIUM, dry_run=dry_run
    )


PLAN = Plan(
    id="plan-1",
    incident_id="inc-1",
    created_at=NOON,
    summary="Revert and restart.",
    cause="faulty_commit",
    evidence_ids=(LOG.id,),
    citations=(cite(LOG, 7, 8),),
    actions=(
        _action(0, "git.revert_commit", SHOP, diff=REVERT_DIFF, note="a commit is made", commit="abc", force=False),
        _action(1, "supervisor.restart", CHECKOUT, diff="", possible=False),
    ),
    steady_state=SteadyState(
        entity=CHECKOUT, text="checkout is RUNNING", stable_for=timedelta(seconds=5), within=timedelta(minutes=2)
    ),
    approval=ApprovalRule(
        guardrails=("restart-shop", "revert-shop"),
        roles=("oncall",),
        people=("alice",),
        needed=2,
        valid_for=timedelta(minutes=30),
    ),
    earlier=(
        EarlierAction(
            action_name="supervisor.restart",
            target=CHECKOUT,
            at=NOON - timedelta(hours=1),
            outcome=Outcome.DONE,
            verdict="unchanged",
            text="restarted, did not help",
        ),
    ),
    undoes="plan-0",
)
BOUND = {"plan_id": PLAN.id, "incident_id": "inc-1", "plan_digest": PLAN.digest}
HALF_PAST = NOON + timedelta(minutes=30)
PROPOSAL = Proposal(id="prop-1", state=ProposalState.OPEN, opened_at=NOON, expires_at=HALF_PAST, **BOUND)
LEADING = Hypothesis(
    cause="faulty_commit",
    text="abc broke checkout.",
    confidence=0.9,
    entity=CHECKOUT,
    citations=(cite(LOG, 7, 8, "begins\nTypeError"),),
)
OTHER = LEADING.model_copy(
    update={"cause": "crash_loop", "confidence": 0.2, "lost_because": "only a symptom", "person_must": "Look."}
)


def _alert(number=0, **changes):
    usual = Alert(
        source="alertmanager",
        fingerprint=f"f{number}",
        name="CheckoutDown",
        status=AlertStatus.FIRING,
        severity=Severity.CRITICAL,
        labels={},
        annotations={"summary": "checkout is down"},
        starts_at=NOON,
        payload_digest="sha256:0",
        received_at=NOON,
    )
    return usual.model_copy(update=changes)


def _incident(**changes):
    usual = Incident(
        id="inc-1",
        title="Something",
        state=IncidentState.HELD,
        severity=Severity.CRITICAL,
        opened_at=NOON,
        started_at=NOON,
        updated_at=NOON,
        alert_ids=("al-1",),
        merges=(MergeReason(alert_id="al-1", rule="first", text="first", at=NOON),),
        entities=(Entity(kind="service", name="checkout"),),
    )
    return usual.model_copy(update=changes)


def _compose(**changes):
    usual = {
        "incident": _incident(),
        "alerts": (_alert(value="0.97"),),
        "evidence": (LOG,),
        "diagnosis": Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(LEADING, OTHER), guilty_change="abc"),
        "plan": PLAN,
        "proposal": PROPOSAL,
        "now": NOON,
    }
    return compose_card(CardInput(**(usual | changes)))


def _find(card, heading):
    return next((section for section in card.sections if section.heading == heading), None)


def _rows(card, heading):
    section = _find(card, heading)
    return {row.label: row.text for row in section.rows} if section else {}


def test_card_reads_in_the_order_a_person_asks():
    """What is wrong, why, what is proposed, what was tried, how it is checked, who decides, what is not known."""
    card = _compose()

    assert [section.heading for section in card.sections] == [
        "What is wrong",
        "Why",
        "Also considered: crash_loop",
        "Proposed",
        "Proposed, step 1 of 2",
        "Diff of step 1 of 2",
        "Proposed, step 2 of 2",
        "What was done here before",
        "Verification",
        "Approval",
        "What is missing",
    ]
    assert card.title == "[critical] checkout: CheckoutDown"
    assert (card.incident_id, card.proposal_id, card.plan_digest) == ("inc-1", "prop-1", PLAN.digest)
    assert card.tone is Tone.WARN


def test_step_shows_name_target_every_parameter_and_what_it_touches():
    """Nothing of a step is left to the summary."""
    assert _rows(_compose(), "Proposed, step 1 of 2") == {
        "Action": "git.revert_commit",
        "Target": "git:repository/shop",
        "Parameter commit": '"abc"',
        "Parameter force": "false",
        "Risk": "medium",
        "Blast radius": "touches shop",
        "Undo": "undo of git.revert_commit",
        "Note": "a commit is made",
    }
    assert _find(_compose(), "Diff of step 1 of 2").diff == REVERT_DIFF


def test_step_that_was_not_dry_run_says_so():
    """Nobody may take a missing diff for an empty one."""
    assert _rows(_compose(), "Proposed, step 2 of 2")["Dry run"].startswith("not possible")


def test_quotes_are_numbered_where_they_begin():
    """A quote from the middle of two lines is shown line by line, with the numbers of the source."""
    quotes = _find(_compose(), "Why").quotes

    assert [(quote.source, quote.line, quote.text) for quote in quotes] == [
        ("checkout: stderr", 7, "begins"),
        ("checkout: stderr", 8, "TypeError"),
    ]


def test_quote_of_evidence_that_is_gone_keeps_its_id():
    """The card does not break over history that was removed."""
    quotes = _find(_compose(evidence=()), "Why").quotes

    assert [(quote.source, quote.line) for quote in quotes] == [(LOG.id, 7), (LOG.id, 8)]


def test_hypotheses_show_confidence_in_words_and_why_they_lost():
    """The number is for people; a runner-up is shown, not hidden."""
    card = _compose()

    assert _rows(card, "Why") == {
        "Cause": "faulty_commit",
        "Where": CHECKOUT.ref,
        "Guilty change": "abc",
        "Confidence": "strong (0.90, by signatures)",
    }
    assert _rows(card, "Also considered: crash_loop") == {
        "Confidence": "weak (0.20, by signatures)",
        "Why it is not the first": "only a symptom",
    }


def test_lone_symptom_says_what_a_person_must_do():
    """Where no action fits the first hypothesis, the card asks for a person."""
    alone = OTHER.model_copy(update={"lost_because": ""})

    card = _compose(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(alone,)))

    assert _rows(card, "Why")["A person must"] == "Look."


def test_confidence_opens_no_gate():
    """The least sure hypothesis gives the same buttons as the surest."""
    unsure = LEADING.model_copy(update={"confidence": 0.0})

    card = _compose(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(unsure,)))

    assert card.can_decide
    assert "Guilty change" not in _rows(card, "Why")


def test_undetermined_shows_the_checks_and_healthy_says_so():
    """Both are verdicts, and neither is silence; before a diagnosis nothing is said."""
    undetermined = Diagnosis(verdict=Verdict.UNDETERMINED, checks=("Look here.", "Look there."))

    assert _rows(_compose(diagnosis=undetermined), "Why") == {"Check 1": "Look here.", "Check 2": "Look there."}
    assert "Nothing is wrong" in _find(_compose(diagnosis=Diagnosis(verdict=Verdict.HEALTHY)), "Why").paragraphs[0]
    assert _find(_compose(diagnosis=None), "Why") is None


def test_missing_evidence_is_listed_once():
    """Gaps of the gathering and of the diagnosis, and what was cut."""
    gap = Gap(collector="prometheus.alert", reason="timed out after 5 s")
    own = Gap(collector="supervisor.logs", entity=CHECKOUT, reason="permission denied")
    diagnosis = Diagnosis(verdict=Verdict.UNDETERMINED, gaps=(gap, own))

    assert _rows(_compose(gaps=(gap,), diagnosis=diagnosis), "What is missing") == {
        "prometheus.alert": "timed out after 5 s",
        "supervisor.logs": f"{CHECKOUT.ref}: permission denied",
        "checkout: stderr": "first 2 of 9 lines: budget",
    }
    assert _find(_compose(evidence=()), "What is missing") is None


def test_alerts_show_value_and_since_when():
    """A resolved one is told apart; those not listed and those cut off are counted."""
    resolved = _alert(status=AlertStatus.RESOLVED, name="CheckoutSlow")

    card = _compose(alerts=(_alert(value="0.97"), resolved), incident=_incident(truncated_alerts=3))

    assert card.title == "[critical] checkout: CheckoutDown and 1 more"
    assert _rows(card, "What is wrong") == {
        "CheckoutDown": "checkout is down; value 0.97; firing since 2026-11-23 12:00:00 UTC",
        "CheckoutSlow": "checkout is down; resolved, was firing from 2026-11-23 12:00:00 UTC",
        "Truncated": "3 alerts were cut off by their source: they exist and were never seen",
    }
    storm = _compose(alerts=tuple(_alert(number) for number in range(25)))
    assert _rows(storm, "What is wrong")["More"].startswith("5 further alerts")


def test_incident_without_alerts_or_entities_has_a_title():
    """Its own title stands in."""
    assert _compose(alerts=(), incident=_incident(entities=())).title == "[critical] Something"


@pytest.mark.parametrize("state", list(IncidentState))
def test_each_state_has_words(state):
    """A new state without words does not pass."""
    incident = _incident(state=state, merged_into="inc-2" if state is IncidentState.MERGED else None)

    assert _compose(incident=incident).subtitle.endswith("since 2026-11-23 12:00:00 UTC")


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.OPEN])
def test_settled_proposal_cannot_be_decided(state):
    """Buttons are there while the hold is open, and only then; the decision is told."""
    settled = PROPOSAL.model_copy(
        update={"state": state, "decided_by": "alice", "decided_at": NOON, "reason": "because"}
    )

    card = _compose(proposal=settled)

    assert not card.can_decide
    assert _rows(card, "Approval")["Decision"] == f"{state.value} by alice, 2026-11-23 12:00:00 UTC: because"


def test_hold_ends_at_the_exact_instant():
    """Expired at the instant, not after it; and nothing else on the card depends on the time."""
    last = _compose(now=PROPOSAL.expires_at - timedelta(microseconds=1))
    over = _compose(now=PROPOSAL.expires_at)

    assert (last.can_decide, over.can_decide) == (True, False)
    assert last.model_copy(update={"can_decide": False}) == over


def test_hold_of_another_plan_cannot_be_decided():
    """The digest decides which plan is held, not the id."""
    edited = PLAN.model_copy(update={"summary": "Something else."})

    assert not _compose(plan=edited).can_decide
    assert not _compose(plan=None).can_decide
    assert not _compose(proposal=None).can_decide


def test_votes_are_counted_by_person():
    """Who said yes, under which role, and how many are still needed."""
    vote = Approval(
        id="app-1",
        proposal_id="prop-1",
        plan_digest=PLAN.digest,
        person_id="alice",
        role="oncall",
        channel="console",
        approved_at=NOON,
        expires_at=HALF_PAST,
    )

    rows = _rows(_compose(approvals=(vote, vote)), "Approval")

    assert rows["So far"] == "1 of 2"
    assert rows["Approved by"] == "alice as oncall, 2026-11-23 12:00:00 UTC, by console"


def test_result_shows_each_step_and_the_probes():
    """What the target systems said, and what was measured before and after."""
    reading = HealthReading(entity=CHECKOUT, healthy=False, text="BACKOFF", severity=2, at=NOON)
    step = StepResult(
        action_id="act-0",
        action_name="git.revert_commit",
        target=SHOP,
        result=ActionResult(outcome=Outcome.DONE, detail="reverted", at=NOON),
    )
    execution = Execution(id="ex-1", proposal_id="prop-1", started_at=NOON, steps=(step,), **BOUND)
    verification = Verification(
        execution_id="ex-1",
        verdict=VerificationVerdict.RESTORED,
        before=(reading,),
        after=(reading.model_copy(update={"healthy": True, "text": "RUNNING for 6 s"}),),
        text="all is well",
        verified_at=NOON,
        took=timedelta(seconds=7),
    )

    assert _rows(_compose(execution=execution, verification=verification), "Result") == {
        "git.revert_commit on git:repository/shop": "done: reverted",
        "Verified": "restored after 7s: all is well",
        f"Before: {CHECKOUT.ref}": "BACKOFF",
        f"After: {CHECKOUT.ref}": "RUNNING for 6 s",
    }
    started = execution.model_copy(update={"steps": ()})
    assert _rows(_compose(execution=started), "Result")["Execution"].startswith("started 2026-11-23 12:00:00 UTC")


def test_no_plan_says_why_and_notes_are_kept():
    """The reason is for cards without a plan; a note is for any."""
    card = _compose(plan=None, proposal=None, no_action_reason="The policy forbids it.", notes=("Careful.",))

    assert _find(card, "No action proposed").paragraphs == ("The policy forbids it.",)
    assert _find(card, "Notes").paragraphs == ("Careful.",)
    assert (card.can_decide, card.plan_digest, card.expires_at) == (False, "", None)
    assert _find(_compose(no_action_reason="old"), "No action proposed") is None


def test_whole_card_is_complete():
    """What `compose_card` writes passes the guard."""
    refuse_incomplete(_compose(), PLAN)
    fresh = PLAN.model_copy(update={"undoes": None})
    refuse_incomplete(_compose(plan=fresh), fresh)


PIECES = {
    "step 1: action": "git.revert_commit",
    "step 2: action": "supervisor.restart",
    "step 1: target": "git:repository/shop",
    "step 2: target": CHECKOUT.ref,
    "step 1: parameter commit": '"abc"',
    "step 1: parameter force": "false",
    "step 1: risk": "medium",
    "step 1: blast radius": "touches shop",
    "step 2: blast radius": "touches checkout",
    "step 1: undo": "undo of git.revert_commit",
    "step 2: undo": "undo of supervisor.restart",
    "step 1: note": "a commit is made",
    "step 1: diff": REVERT_DIFF,
    "summary": PLAN.summary,
    "cause": "faulty_commit",
    "undone plan": "plan-0",
    "earlier action: restarted, did not help": "restarted, did not help",
    "steady state": "checkout is RUNNING",
    "probe": f"{CHECKOUT.ref} must hold for 5s, within 2m",
    "guardrail restart-shop": "restart-shop",
    "guardrail revert-shop": "revert-shop",
    "role oncall": "oncall",
    "person alice": "alice",
    "needed approvals": "2",
    "valid until": "2026-11-23 12:30:00 UTC",
    "plan digest": PLAN.digest,
    f"quote of {LOG.id}": "TypeError: boom",
}


def _edit(value, old, new):
    """Replace a text wherever it is a whole value of the card's JSON, but in the fields that are not shown."""
    if isinstance(value, dict):
        return {key: item if key == "plan_digest" else _edit(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_edit(item, old, new) for item in value]
    return new if value == old else value


@pytest.mark.parametrize(("what", "text"), PIECES.items())
def test_card_that_lost_a_piece_is_refused(what, text):
    """Each thing that is approved must be on the card as it is; redaction may have taken it out."""
    card = Card.from_json(_edit(_compose().to_json(), text, "[redacted:entropy:9f86]"))

    with pytest.raises(GuardRefused) as refusal:
        refuse_incomplete(card, PLAN)

    assert refusal.value.rule == "incomplete_card"
    assert what in refusal.value.facts["missing"]


@pytest.mark.parametrize("label", ["Parameter commit", "Parameter force", "Risk", "Guardrail", "Approvals needed"])
def test_value_under_another_label_is_not_the_piece(label):
    """A value says nothing without its name."""
    card = Card.from_json(_edit(_compose().to_json(), label, "Something"))

    with pytest.raises(GuardRefused):
        refuse_incomplete(card, PLAN)


def test_diff_that_was_cut_by_one_character_is_refused():
    """A diff is whole or it is not there."""
    card = Card.from_json(json.loads(json.dumps(_compose().to_json()).replace("+whole", "+whol")))

    with pytest.raises(GuardRefused, match="step 1: diff"):
        refuse_incomplete(card, PLAN)


def test_parameters_of_one_step_do_not_stand_for_another():
    """Each step is complete in its own section."""
    swapped = PLAN.model_copy(
        update={"actions": (PLAN.actions[0], _action(1, "supervisor.restart", CHECKOUT, diff="", commit="abc"))}
    )

    with pytest.raises(GuardRefused) as refusal:
        refuse_incomplete(_compose(), swapped)
    assert "step 2: parameter commit" in refusal.value.facts["missing"]


def test_steps_stand_in_the_order_they_run():
    """A restart before the revert is another plan."""
    card = _compose()
    first, second = _find(card, "Proposed, step 1 of 2"), _find(card, "Proposed, step 2 of 2")
    turned = [{first: second, second: first}.get(section, section) for section in card.sections]

    with pytest.raises(GuardRefused) as refusal:
        refuse_incomplete(card.model_copy(update={"sections": tuple(turned)}), PLAN)
    assert "step 2: its place in the order" in refusal.value.facts["missing"]


def test_card_of_another_digest_without_a_hold_or_without_content_is_refused():
    """The card belongs to one digest and says until when it can be decided."""
    edited = PLAN.model_copy(update={"created_at": NOON + timedelta(seconds=1)})
    empty = _compose().model_copy(update={"sections": ()})

    cases = ((_compose(), edited, "own field"), (_compose(proposal=None), PLAN, "valid until"), (empty, PLAN, "step 1"))
    for card, plan, words in cases:
        with pytest.raises(GuardRefused, match=words):
            refuse_incomplete(card, plan)


def test_person_who_must_act_reads_why_right_after_what_is_wrong():
    """An unknown outcome, a rejection or an expiry is no footnote: it says what to do now, while someone must."""
    waiting = _incident(state=IncidentState.NEEDS_PERSON)

    card = _compose(incident=waiting, no_action_reason="Unknown outcome: run `fermata settle act-1 done`.")

    assert [section.heading for section in card.sections][:2] == ["What is wrong", "A person must act"]
    assert _find(_compose(no_action_reason="old"), "A person must act") is None


def test_plan_quotes_only_what_the_first_hypothesis_does_not():
    """The same line twice on one card is noise; a plan of another hypothesis brings its own lines."""
    own = PLAN.model_copy(update={"citations": LEADING.citations})

    assert not _find(
        _compose(plan=own, diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(LEADING,))), "Proposed"
    ).quotes
    assert _find(_compose(diagnosis=None), "Proposed").quotes
