"""The card: what it shows, in which order, and whether it can be decided."""

from datetime import timedelta

import pytest
from tests.unit.rules.card_scene import (
    BOUND,
    CHECKOUT,
    HALF_PAST,
    LEADING,
    LOG,
    NOON,
    OTHER,
    PLAN,
    PROPOSAL,
    REVERT_DIFF,
    SHOP,
    compose_usual,
    find_section,
    list_rows,
    make_alert,
    make_incident,
)

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.alert import AlertStatus
from fermata.domain.card import Tone
from fermata.domain.diagnosis import Diagnosis, Verdict
from fermata.domain.evidence import Gap
from fermata.domain.execution import Execution, HealthReading, StepResult, Verification, VerificationVerdict
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import Approval, ProposalState
from fermata.rules.card import EarlierHold, refuse_incomplete


def test_card_reads_in_the_order_a_person_asks():
    """What is wrong, why, what is proposed, what was tried, how it is checked, who decides, what is not known."""
    card = compose_usual()

    assert [section.heading for section in card.sections] == [
        "What is wrong",
        "Why",
        "Also considered",
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


def test_title_names_what_fires_and_not_what_resolved_long_ago():
    """Of an incident that was opened again: a full disk of this morning is not why somebody is called now."""
    over = make_alert(1, name="DiskAlmostFull", status=AlertStatus.RESOLVED, labels={"instance": "node"})
    firing = make_alert(2, name="LogSilent", labels={"service": "nginx"})

    card = compose_usual(alerts=(over, firing))

    assert card.title == "[critical] nginx: LogSilent and 1 more"
    assert compose_usual(alerts=(over,)).title == "[critical] checkout: DiskAlmostFull"


def test_only_what_explains_is_a_detail():
    """A channel may move it into a thread: nothing of it is approved. Every plan is whole without its details."""
    card = compose_usual()

    assert [section.heading for section in card.sections if section.detail] == ["Also considered", "What is missing"]
    without = card.model_copy(update={"sections": tuple(section for section in card.sections if not section.detail)})
    refuse_incomplete(without, PLAN)


def test_step_shows_name_target_every_parameter_and_what_it_touches():
    """Nothing of a step is left to the summary."""
    assert list_rows(compose_usual(), "Proposed, step 1 of 2") == {
        "Action": "git.revert_commit",
        "Target": "git:repository/shop",
        "Parameter commit": '"abc"',
        "Parameter force": "false",
        "Risk": "medium",
        "Blast radius": "touches shop",
        "Undo": "undo of git.revert_commit",
        "Note": "a commit is made",
    }
    assert find_section(compose_usual(), "Diff of step 1 of 2").diff == REVERT_DIFF


def test_step_that_was_not_dry_run_says_so():
    """Nobody may take a missing diff for an empty one."""
    assert list_rows(compose_usual(), "Proposed, step 2 of 2")["Dry run"].startswith("not possible")


def test_quotes_are_numbered_where_they_begin():
    """A quote from the middle of two lines is shown line by line, with the numbers of the source."""
    quotes = find_section(compose_usual(), "Why").quotes

    assert [(quote.source, quote.line, quote.text) for quote in quotes] == [
        ("checkout: stderr", 7, "begins"),
        ("checkout: stderr", 8, "TypeError"),
    ]


def test_quote_of_evidence_that_is_gone_keeps_its_id():
    """The card does not break over history that was removed."""
    quotes = find_section(compose_usual(evidence=()), "Why").quotes

    assert [(quote.source, quote.line) for quote in quotes] == [(LOG.id, 7), (LOG.id, 8)]


def test_hypotheses_show_confidence_in_words_and_why_they_lost():
    """The number is for people; a runner-up is shown, not hidden."""
    card = compose_usual()

    assert list_rows(card, "Why") == {
        "Cause": "faulty_commit",
        "Where": CHECKOUT.ref,
        "Guilty change": "abc",
        "Confidence": "strong (0.90, by signatures)",
    }
    assert list_rows(card, "Also considered") == {
        "Cause": "crash_loop",
        "Where": CHECKOUT.ref,
        "Confidence": "weak (0.20, by signatures)",
        "Why it is not the first": "only a symptom",
    }


def test_lone_symptom_says_what_a_person_must_do():
    """Where no action fits the first hypothesis, the card asks for a person."""
    alone = OTHER.model_copy(update={"lost_because": ""})

    card = compose_usual(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(alone,)))

    assert list_rows(card, "Why")["A person must"] == "Look."


def test_confidence_opens_no_gate():
    """The least sure hypothesis gives the same buttons as the surest."""
    unsure = LEADING.model_copy(update={"confidence": 0.0})

    card = compose_usual(diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(unsure,)))

    assert card.can_decide
    assert "Guilty change" not in list_rows(card, "Why")


def test_undetermined_shows_the_checks_and_healthy_says_so():
    """Both are verdicts, and neither is silence; before a diagnosis nothing is said."""
    undetermined = Diagnosis(verdict=Verdict.UNDETERMINED, checks=("Look here.", "Look there."))

    assert list_rows(compose_usual(diagnosis=undetermined), "Why") == {
        "Check 1": "Look here.",
        "Check 2": "Look there.",
    }
    assert (
        "Nothing is wrong"
        in find_section(compose_usual(diagnosis=Diagnosis(verdict=Verdict.HEALTHY)), "Why").paragraphs[0]
    )
    assert find_section(compose_usual(diagnosis=None), "Why") is None


def test_missing_evidence_is_listed_once():
    """Gaps of the gathering and of the diagnosis, and what was cut."""
    gap = Gap(collector="prometheus.alert", reason="timed out after 5 s")
    own = Gap(collector="supervisor.logs", entity=CHECKOUT, reason="permission denied")
    diagnosis = Diagnosis(verdict=Verdict.UNDETERMINED, gaps=(gap, own))

    assert list_rows(compose_usual(gaps=(gap,), diagnosis=diagnosis), "What is missing") == {
        "prometheus.alert": "timed out after 5 s",
        "supervisor.logs": f"{CHECKOUT.ref}: permission denied",
        "checkout: stderr": "first 2 of 9 lines: budget",
    }
    assert find_section(compose_usual(evidence=()), "What is missing") is None


def test_what_is_missing_for_a_reason_that_its_evidence_gives_is_listed_once():
    """The evidence of a refusal and the gap that is told of it say the same."""
    gap = Gap(collector="kubernetes.objects", reason="first 2 of 9 lines: budget")

    assert list_rows(compose_usual(gaps=(gap,)), "What is missing") == {
        "kubernetes.objects": "first 2 of 9 lines: budget"
    }


def test_what_an_earlier_look_lacked_is_missing_no_more():
    """Its evidence stays for the record, and only the latest look's cuts are told."""
    assert find_section(compose_usual(), "What is missing") is not None
    assert find_section(compose_usual(latest=()), "What is missing") is None


def test_alerts_show_value_and_since_when():
    """A resolved one is told apart; those not listed and those cut off are counted."""
    resolved = make_alert(status=AlertStatus.RESOLVED, name="CheckoutSlow")

    card = compose_usual(alerts=(make_alert(value="0.97"), resolved), incident=make_incident(truncated_alerts=3))

    assert card.title == "[critical] checkout: CheckoutDown and 1 more"
    assert list_rows(card, "What is wrong") == {
        "CheckoutDown": "checkout is down; value 0.97; firing since 2026-11-23 12:00:00 UTC",
        "CheckoutSlow": "checkout is down; resolved, was firing from 2026-11-23 12:00:00 UTC",
        "Truncated": "3 alerts were cut off by their source: they exist and were never seen",
    }
    storm = compose_usual(alerts=tuple(make_alert(number) for number in range(25)))
    assert list_rows(storm, "What is wrong")["More"].startswith("5 further alerts")


def test_alert_that_flaps_is_one_row_and_what_fires_now_comes_first():
    """Dozens of firings of one rule would hide what fires now."""
    over = {"status": AlertStatus.RESOLVED, "name": "Restarting", "fingerprint": "r"}
    flaps = [
        make_alert(starts_at=NOON + timedelta(minutes=n), received_at=NOON + timedelta(minutes=n), **over)
        for n in range(30)
    ]

    card = compose_usual(alerts=(*flaps, make_alert(starts_at=NOON, received_at=NOON, fingerprint="d")))

    assert list(list_rows(card, "What is wrong").items()) == [
        ("CheckoutDown", "checkout is down; firing since 2026-11-23 12:00:00 UTC"),
        ("Restarting", "checkout is down; resolved, was firing from 2026-11-23 12:29:00 UTC; it fired 30 times"),
    ]


def test_start_that_had_not_come_yet_is_said():
    """A source's broken clock: it began when it came, at the latest."""
    alert = make_alert(starts_at=NOON + timedelta(days=1825), received_at=NOON)

    (row,) = find_section(compose_usual(alerts=(alert,)), "What is wrong").rows

    assert "firing since 2026-11-23 12:00:00 UTC, when it came: its source says 2031-11-22" in row.text


def test_incident_without_alerts_or_entities_has_a_title():
    """Its own title stands in."""
    assert compose_usual(alerts=(), incident=make_incident(entities=())).title == "[critical] Something"


@pytest.mark.parametrize("state", list(IncidentState))
def test_each_state_has_words(state):
    """A new state without words does not pass."""
    incident = make_incident(state=state, merged_into="inc-2" if state is IncidentState.MERGED else None)

    assert compose_usual(incident=incident).subtitle.endswith("since 2026-11-23 12:00:00 UTC")


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.OPEN])
def test_settled_proposal_cannot_be_decided(state):
    """Buttons are there while the hold is open, and only then; the decision is told."""
    settled = PROPOSAL.model_copy(
        update={"state": state, "decided_by": "alice,bob", "decided_at": NOON, "reason": "because"}
    )

    card = compose_usual(proposal=settled)

    assert not card.can_decide
    words = {ProposalState.EXECUTED: "executed, approved", ProposalState.SUPERSEDED: "withdrawn"}.get(
        state, state.value
    )
    said = f"{words} by alice and bob, 2026-11-23 12:00:00 UTC: because"
    assert list_rows(card, "Approval")["Decision"] == said


def test_hold_ends_at_the_exact_instant():
    """Expired at the instant, not after it; and nothing else on the card depends on the time."""
    last = compose_usual(now=PROPOSAL.expires_at - timedelta(microseconds=1))
    over = compose_usual(now=PROPOSAL.expires_at)

    assert (last.can_decide, over.can_decide) == (True, False)
    assert last.model_copy(update={"can_decide": False}) == over


@pytest.mark.parametrize("state", list(IncidentState))
def test_card_offers_to_look_again_only_where_a_person_must_act_and_nothing_waits(state):
    """Where a chat is all there is, nobody else can ask for the next plan; what is held has its own way to ask."""
    incident = make_incident(state=state, merged_into="inc-2" if state is IncidentState.MERGED else None)

    held, over = compose_usual(incident=incident), compose_usual(incident=incident, now=PROPOSAL.expires_at)

    assert (held.can_ask, over.can_ask) == (False, state is IncidentState.NEEDS_PERSON)


def test_hold_of_another_plan_cannot_be_decided():
    """The digest decides which plan is held, not the id."""
    edited = PLAN.model_copy(update={"summary": "Something else."})

    assert not compose_usual(plan=edited).can_decide
    assert not compose_usual(plan=None).can_decide
    assert not compose_usual(proposal=None).can_decide


def make_vote(person_id):
    """Give somebody's yes."""
    return Approval(
        id=f"app-{person_id}",
        proposal_id="prop-1",
        plan_digest=PLAN.digest,
        person_id=person_id,
        role="oncall",
        channel="console",
        approved_at=NOON,
        expires_at=HALF_PAST,
    )


def test_votes_are_counted_by_person():
    """Who said yes, under which role, and how many are still needed."""
    vote = make_vote("alice")

    rows = list_rows(compose_usual(approvals=(vote, vote)), "Approval")

    assert rows["So far"] == "1 of 2"
    assert rows["An approval is good for"] == "30m from when it is given"
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

    assert list_rows(compose_usual(execution=execution, verification=verification), "Result") == {
        "git.revert_commit on git:repository/shop": "done: reverted",
        "Verified": "restored after 7s: all is well",
        f"Before: {CHECKOUT.ref}": "BACKOFF",
        f"After: {CHECKOUT.ref}": "RUNNING for 6 s",
    }
    started = execution.model_copy(update={"steps": ()})
    assert list_rows(compose_usual(execution=started), "Result")["Execution"].startswith(
        "started 2026-11-23 12:00:00 UTC"
    )


def test_no_plan_says_why_and_notes_are_kept():
    """The reason is for cards without a plan; a note is for any."""
    card = compose_usual(plan=None, proposal=None, no_action_reason="The policy forbids it.", notes=("Careful.",))

    assert find_section(card, "No action proposed").paragraphs == ("The policy forbids it.",)
    assert find_section(card, "Notes").paragraphs == ("Careful.",)
    assert (card.can_decide, card.plan_digest, card.expires_at) == (False, "", None)
    assert find_section(compose_usual(no_action_reason="old"), "No action proposed") is None


def test_person_who_must_act_reads_why_right_after_what_is_wrong():
    """An unknown outcome, a rejection or an expiry is no footnote: it says what to do now, while someone must."""
    waiting = make_incident(state=IncidentState.NEEDS_PERSON)

    card = compose_usual(incident=waiting, no_action_reason="Unknown outcome: run `fermata settle act-1 done`.")

    assert [section.heading for section in card.sections][:2] == ["What is wrong", "A person must act"]
    assert find_section(compose_usual(no_action_reason="old"), "A person must act") is None


@pytest.mark.parametrize(
    ("state", "changes", "is_shown"),
    [
        (ProposalState.SUPERSEDED, {"incident": make_incident(state=IncidentState.NEEDS_PERSON)}, False),
        (ProposalState.SUPERSEDED, {"incident": make_incident(state=IncidentState.EXECUTING)}, True),
        (ProposalState.REJECTED, {"incident": make_incident(state=IncidentState.MITIGATED)}, True),
    ],
)
def test_withdrawn_plan_is_not_shown_where_a_newer_look_found_none(state, changes, is_shown):
    """Below the sentence that nothing is proposed it would read as if it could be done; what ended stays to be read."""
    proposal = PROPOSAL.model_copy(update={"state": state})

    card = compose_usual(proposal=proposal, no_action_reason="No plan: undetermined.", **changes)

    assert (card.plan_digest != "") is is_shown
    assert (find_section(card, "Approval") is not None) is is_shown
    assert (find_section(card, "No action proposed") is None) is is_shown


@pytest.mark.parametrize(
    ("ended", "word"), [(ProposalState.SUPERSEDED, "withdrawn"), (ProposalState.REJECTED, "rejected")]
)
def test_plan_that_was_never_needed_is_named_and_not_offered(ended, word):
    """The incident ended without it: "open until" and "0 of 1" would read as if somebody still had to decide."""
    proposal = PROPOSAL.model_copy(update={"state": ended, "decided_by": "fermata", "decided_at": NOON})

    card = compose_usual(proposal=proposal, incident=make_incident(state=IncidentState.RESOLVED, resolved_at=NOON))

    assert list_rows(card, "The last plan")["Decision"] == f"{word} by fermata, 2026-11-23 12:00:00 UTC"
    assert all(find_section(card, heading) is None for heading in ("Proposed", "Approval", "Verification"))


def test_plan_that_ended_an_incident_stays_to_be_read():
    """Whole: it is what was done."""
    ended = PROPOSAL.model_copy(update={"state": ProposalState.EXECUTED})
    execution = Execution(id="ex-1", proposal_id="prop-1", started_at=NOON, **BOUND)

    card = compose_usual(
        proposal=ended, execution=execution, incident=make_incident(state=IncidentState.RESOLVED, resolved_at=NOON)
    )

    assert find_section(card, "Proposed") is not None


def test_incident_that_is_over_says_when_it_began_and_when_it_ended():
    """`resolved; since 12:00` would read as if it were over since then."""
    start = NOON - timedelta(minutes=3)
    over = make_incident(state=IncidentState.RESOLVED, started_at=start, resolved_at=NOON)
    early = make_incident(state=IncidentState.RESOLVED, started_at=NOON, resolved_at=start)

    assert compose_usual(incident=over).subtitle == (
        "resolved; began 2026-11-23 11:57:00 UTC, over 2026-11-23 12:00:00 UTC, after 3m"
    )
    assert compose_usual(incident=early).subtitle.endswith("over 2026-11-23 11:57:00 UTC")
    assert compose_usual(incident=make_incident()).subtitle.endswith("; since 2026-11-23 12:00:00 UTC")


def test_plan_quotes_only_what_the_first_hypothesis_does_not():
    """The same line twice on one card is noise; a plan of another hypothesis brings its own lines."""
    own = PLAN.model_copy(update={"citations": LEADING.citations})

    assert not find_section(
        compose_usual(plan=own, diagnosis=Diagnosis(verdict=Verdict.IDENTIFIED, hypotheses=(LEADING,))), "Proposed"
    ).quotes
    assert find_section(compose_usual(diagnosis=None), "Proposed").quotes


def test_earlier_rejection_stands_beside_the_next_hold():
    """Whoever is asked again sees that somebody said no, when, and why."""
    said_no = PROPOSAL.model_copy(
        update={
            "id": "prop-0",
            "state": ProposalState.REJECTED,
            "decided_at": NOON,
            "decided_by": "ada",
            "reason": "left stopped on purpose",
        }
    )
    silent = said_no.model_copy(update={"id": "prop-00", "decided_at": None, "reason": ""})

    holds = (EarlierHold(proposal=said_no, summary="supervisor.restart on x"), EarlierHold(proposal=silent))
    section = find_section(compose_usual(earlier=holds), "Decided before")
    rows = [row for row in section.rows if row.label == "Rejected before"]

    assert "by ada" in rows[0].text
    assert rows[0].text.endswith(": left stopped on purpose. supervisor.restart on x")
    assert rows[1].text.endswith("no reason given.")
    assert {row.tone for row in rows} == {Tone.WARN}


def test_approval_in_vain_stands_beside_the_next_hold():
    """Two people said yes and nothing ran: whoever is asked again sees who, and what had changed."""
    changes = {"id": "prop-0", "state": ProposalState.STALE, "decided_at": NOON, "reason": "load runs since 17:15"}
    hold = EarlierHold(proposal=PROPOSAL.model_copy(update=changes), approvals=(make_vote("ada"), make_vote("bob")))

    (row,) = find_section(compose_usual(earlier=(hold,)), "Decided before").rows

    assert row.label == "Approved before"
    assert row.text == "approved by ada and bob, not executed, 2026-11-23 12:00:00 UTC: load runs since 17:15."
    silent = hold.model_copy(update={"proposal": hold.proposal.model_copy(update={"reason": ""})})
    assert "no reason given" in find_section(compose_usual(earlier=(silent,)), "Decided before").rows[0].text


@pytest.mark.parametrize("state", [IncidentState.OPEN, IncidentState.INVESTIGATING, IncidentState.NEEDS_PERSON])
@pytest.mark.parametrize("ended", [ProposalState.REJECTED, ProposalState.EXPIRED, ProposalState.EXECUTED])
def test_plan_that_is_done_with_is_named_and_not_offered(state, ended):
    """Its diff below a newer look would read as if it could still be had; what became of it is said."""
    proposal = PROPOSAL.model_copy(update={"state": ended})

    card = compose_usual(proposal=proposal, incident=make_incident(state=state), approvals=(make_vote("ada"),))

    rows = find_section(card, "The last plan").rows
    assert [row.label for row in rows] == ["Plan", "Approved by", "Decision", "Plan digest"]
    assert rows[2].text.startswith(ended.value)
    assert all(find_section(card, heading) is None for heading in ("Proposed", "Approval", "Verification"))
    assert not card.can_decide


def test_alerts_that_say_the_same_are_told_apart_by_their_labels():
    """Forty instances of one rule are forty lines, and each says which it is."""
    one, two = (make_alert(labels={"instance": name, "job": "node"}) for name in ("web-1", "web-2"))

    rows = find_section(compose_usual(alerts=(one, two)), "What is wrong").rows
    alone = find_section(compose_usual(alerts=(one,)), "What is wrong").rows

    assert [row.text.partition(";")[0].rpartition(" (")[2] for row in rows] == ["instance web-1)", "instance web-2)"]
    assert "instance" not in alone[0].text
