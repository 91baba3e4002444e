"""When a model is asked, and how two diagnoses become one."""

import pytest
from tests.unit.rules.incident_case import blame, conclude, make_case, make_change, make_piece

from fermata.domain.alert import AlertStatus, Severity
from fermata.domain.analysis import Relation, When
from fermata.domain.diagnosis import ChangeVerdict, Diagnosis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.rules.acceptance import Judgement
from fermata.rules.second_opinion import (
    add_actions,
    find_doubts,
    list_commits,
    list_told,
    merge,
    relate,
    wants_model,
    wants_plan,
)
from fermata.testing.records import make_alert

ONE, TWO = make_piece("MemoryError"), make_piece("limit 64", title="limit")
OURS = conclude(blame(ONE), blame(ONE, cause="crash_loop", confidence=0.2, lost_because="a symptom"))
POD = Entity(system="kubernetes", kind="pod", name="checkout-7f-abc")
LEDGER = Entity(kind="service", name="ledger")


def answer(*hypotheses, guilty=None, checks=()):
    """Give an accepted answer of these hypotheses."""
    verdict = Verdict.IDENTIFIED if hypotheses else Verdict.UNDETERMINED
    return Judgement(verdict=verdict, hypotheses=hypotheses, guilty_change=guilty, checks=checks)


def theirs(*pieces, **changes):
    """Give a hypothesis of a model."""
    return blame(*(pieces or (ONE,)), tier="acme/sage", **changes)


COMMIT, DEPLOY = make_change("abc"), make_change("dep-1", kind="deployment")
RULED_OUT = ChangeVerdict(id="abc", blame=0, why="Ruled out: it came after the first sign.")
SUSPECT = ChangeVerdict(id="abc", blame=0.4, why="It wrote the failing line.")


@pytest.mark.parametrize(
    ("judgement", "changes", "doubts"),
    [
        (
            answer(theirs(ONE, COMMIT), guilty="abc"),
            (RULED_OUT,),
            ("Rules give the change that it blames no blame: ruled out: it came after the first sign.",),
        ),
        (answer(theirs(ONE, COMMIT), guilty="abc"), (SUSPECT,), ()),
        (answer(theirs(ONE, COMMIT), guilty="abc"), (), ()),
        (answer(theirs(ONE)), (RULED_OUT,), ()),
        (answer(theirs(ONE), guilty="abc"), (), ("It cites no line of the change that it blames.",)),
        (
            answer(theirs(COMMIT, text=COMMIT.lines[0].text), guilty="abc"),
            (),
            ("It cites only what was changed, and nothing that fails.",),
        ),
        (answer(theirs(COMMIT, DEPLOY, text=COMMIT.lines[0].text), guilty="abc"), (), ()),
        (answer(), (RULED_OUT,), ()),
    ],
)
def test_doubt_that_refuses_nothing_is_told(judgement, changes, doubts):
    """A commit by itself fails nowhere, and one that rules clear is worth a look; a deployment can fail itself."""
    case = make_case(ONE, COMMIT, DEPLOY)

    assert find_doubts(judgement, conclude(changes=changes), case) == doubts


@pytest.mark.parametrize(
    ("when", "severity", "known", "asked_for", "wanted"),
    [
        (When.NEVER, Severity.CRITICAL, False, True, False),
        (When.UNDETERMINED, Severity.CRITICAL, True, False, False),
        (When.UNDETERMINED, Severity.INFO, False, False, True),
        (When.UNDETERMINED, Severity.INFO, True, True, True),
        (When.SEVERE, Severity.WARNING, True, False, True),
        (When.SEVERE, Severity.INFO, True, False, False),
        (When.SEVERE, Severity.INFO, False, False, True),
        (When.ALWAYS, Severity.INFO, True, False, True),
    ],
)
def test_model_is_asked_when_it_is_due(when, severity, known, asked_for, wanted):
    """By the setting, by how bad it is, by whether a cause is known, by whether a person waits."""
    alerts = [make_alert(severity=severity)]

    assert wants_model(when, alerts, OURS if known else conclude(), asked_for=asked_for) is wanted


def test_resolved_alert_wakes_nobody():
    """What is over is not worth a call, however bad it was."""
    alert = make_alert(status=AlertStatus.RESOLVED)

    assert not wants_model(When.SEVERE, [alert], OURS)


def test_health_is_no_question():
    """Where nothing is wrong there is nothing to ask."""
    assert not wants_model(When.ALWAYS, [], Diagnosis(verdict=Verdict.HEALTHY), asked_for=True)


@pytest.mark.parametrize(
    ("diagnosis", "judgement", "relation"),
    [
        (OURS, answer(), Relation.UNDETERMINED),
        (conclude(), answer(theirs()), Relation.REFINES),
        (OURS, answer(theirs()), Relation.CONFIRMS),
        (OURS, answer(theirs(entity=POD)), Relation.CONFIRMS),
        (OURS, answer(theirs(entity=LEDGER)), Relation.REFINES),
        (OURS, answer(theirs(cause="other: gremlins")), Relation.CONTRADICTS),
    ],
)
def test_answer_is_related_to_what_was_known(diagnosis, judgement, relation):
    """The cause decides, then the place; a pod is its workload."""
    assert relate(diagnosis, judgement) is relation


def test_what_the_blamed_change_broke_is_no_contradiction():
    """Signatures blame the change, and the model names what it did: one story, and the plan stays what it was."""
    known = conclude(blame(ONE, cause="faulty_change")).model_copy(update={"guilty_change": "aaaaaaa"})
    named = answer(theirs(TWO, cause="database_locks"), guilty="aaaaaaa")

    merged = merge(known, named, "acme/sage")

    assert relate(known, named) is Relation.REFINES
    assert [item.cause for item in merged.hypotheses] == ["faulty_change", "database_locks"]
    assert "blames the same change, and says what it broke" in merged.hypotheses[1].lost_because
    assert relate(known, answer(theirs(cause="database_locks"), guilty="bbbbbbb")) is Relation.CONTRADICTS


def test_claim_that_speaks_of_something_else_is_doubted():
    """The quote is true, and none of the words are about it; it may still be right, in other words."""
    claimed = answer(theirs(ONE, text="The resolver of the cluster is misconfigured.", cause="other: dns"))

    (doubt,) = find_doubts(claimed, conclude(), make_case(ONE))

    assert "No word of it stands in the lines that it cites" in doubt


def test_confirmation_stands_behind():
    """Who says the same does not lead, and may name the change that was not named."""
    merged = merge(OURS, answer(theirs(), guilty="4755b7c"), "acme/sage")

    assert [item.tier for item in merged.hypotheses] == ["signatures", "acme/sage", "signatures"]
    assert merged.hypotheses[1].lost_because == "acme/sage says the same as the first."
    assert merged.guilty_change == "4755b7c"


def test_change_that_was_named_stays():
    """Another one's word does not replace it."""
    known = OURS.model_copy(update={"guilty_change": "aaaaaaa"})

    assert merge(known, answer(theirs(), guilty="4755b7c"), "m").guilty_change == "aaaaaaa"
    assert merge(known, answer(theirs(TWO)), "m").guilty_change == "aaaaaaa"


def test_another_change_for_the_same_cause_contradicts():
    """It decides what a person takes back: with evidence of its own it leads, with its change."""
    known = OURS.model_copy(update={"guilty_change": "aaaaaaa"})
    other = answer(theirs(TWO), guilty="4755b7c")

    merged = merge(known, other, "acme/sage")

    assert relate(known, other) is Relation.CONTRADICTS
    assert relate(known, answer(theirs(TWO), guilty="aaaaaaa")) is Relation.CONFIRMS
    assert (merged.hypotheses[0].tier, merged.guilty_change) == ("acme/sage", "4755b7c")


def test_same_cause_elsewhere_stands_behind():
    """Where signatures found it is first; the other place is said."""
    merged = merge(OURS, answer(theirs(TWO, entity=LEDGER), guilty="4755b7c"), "acme/sage")

    assert "sees the same cause elsewhere" in merged.hypotheses[1].lost_because
    assert merged.guilty_change is None


def test_contradiction_on_the_same_evidence_does_not_lead():
    """Both are shown; nothing new speaks for the other."""
    merged = merge(OURS, answer(theirs(cause="other: x"), theirs(cause="other: y")), "acme/sage")

    assert [item.cause for item in merged.hypotheses] == ["memory_limit_exceeded", "other: x", "other: y", "crash_loop"]
    assert "rests on no evidence that the first does not" in merged.hypotheses[1].lost_because
    assert merged.hypotheses[2].lost_because == "acme/sage ranks it lower."


def test_contradiction_with_evidence_of_its_own_leads():
    """What signatures do not rest on may be what they overlooked; theirs stays beside it."""
    known = OURS.model_copy(update={"guilty_change": "aaaaaaa"})
    merged = merge(known, answer(theirs(ONE, TWO, cause="other: x"), theirs(cause="other: y")), "acme/sage")

    assert [item.cause for item in merged.hypotheses] == ["other: x", "memory_limit_exceeded", "crash_loop", "other: y"]
    assert merged.hypotheses[0].lost_because == ""
    assert "acme/sage contradicts it" in merged.hypotheses[1].lost_because
    assert merged.guilty_change is None


def test_contradiction_takes_no_plan_of_signatures_away():
    """A log can talk a model into anything: what code found to do stays proposed, and the other is shown."""
    known = conclude(blame(ONE, suggests=True))

    merged = merge(known, answer(theirs(ONE, TWO, cause="other: x", suggests=True)), "acme/sage")

    assert [item.tier for item in merged.hypotheses] == ["signatures", "acme/sage"]
    assert "whose action stays the one that is proposed" in merged.hypotheses[1].lost_because


def test_cause_where_there_was_none():
    """An undetermined incident is identified by who identified it; the checks are settled."""
    open_case = conclude(checks=("Look.",))
    merged = merge(open_case, answer(theirs(), theirs(cause="other: y"), guilty="4755b7c"), "acme/sage")

    assert merged.verdict is Verdict.IDENTIFIED
    assert [item.lost_because for item in merged.hypotheses] == ["", "acme/sage ranks it lower."]
    assert (merged.checks, merged.guilty_change) == ((), "4755b7c")


def test_nobody_knows():
    """Two open ends are one, with the checks of both."""
    merged = merge(conclude(checks=("Look.",)), answer(checks=("Look.", "Listen.", "Smell.", "Taste.")), "m")

    assert merged.verdict is Verdict.UNDETERMINED
    assert merged.checks == ("Look.", "Listen.", "Smell.")


def test_doubt_takes_nothing_away():
    """A model that finds nothing leaves what was found as it is."""
    assert merge(OURS, answer(checks=("Look.",)), "m") == OURS


def test_contradiction_that_rests_on_somebodys_words_does_not_lead():
    """Whoever may write a ticket, a message or a page must not take a proven plan away."""
    ticket = TWO.model_copy(update={"kind": EvidenceKind.TICKET})
    told = list_told([ONE, ticket])

    merged = merge(OURS, answer(theirs(ONE, ticket, cause="other: x")), "acme/sage", told)

    assert told == {ticket.id}
    assert merged.hypotheses[0].cause == "memory_limit_exceeded"


@pytest.mark.parametrize(
    ("pieces", "leads"), [((COMMIT,), False), ((ONE, COMMIT), True), ((COMMIT, DEPLOY), True), ((TWO,), True)]
)
def test_contradiction_leads_only_with_something_that_fails(pieces, leads):
    """That lines were changed does not say that they fail: with a failure beside them they may well."""
    commits = list_commits(make_case(ONE, COMMIT, DEPLOY))

    merged = merge(OURS, answer(theirs(*pieces, cause="other: x"), guilty="abc"), "acme/sage", frozenset(), commits)

    assert (merged.hypotheses[0].cause == "other: x") is leads
    reasons = [item.lost_because for item in merged.hypotheses if item.cause == "other: x"]
    assert ("acme/sage contradicts the first, and cites nothing that fails." in reasons) is not leads


def test_change_and_duty_of_a_hypothesis_that_does_not_lead_stay_with_it():
    """Whichever loses keeps the change it blames: a person may take that one back."""
    known = OURS.model_copy(update={"guilty_change": "aaaaaaa"})
    behind = merge(known, answer(theirs(cause="other: x", guilty_change="4755b7c"), guilty="4755b7c"), "acme/sage")
    leads = merge(known, answer(theirs(TWO, cause="other: x", guilty_change="4755b7c"), guilty="4755b7c"), "acme/sage")

    assert (behind.guilty_change, behind.hypotheses[1].guilty_change) == ("aaaaaaa", "4755b7c")
    assert (leads.guilty_change, leads.hypotheses[1].guilty_change) == ("4755b7c", "aaaaaaa")


@pytest.mark.parametrize(("entity", "relation"), [(LEDGER, Relation.CONTRADICTS), (POD, Relation.CONFIRMS)])
def test_faulty_change_elsewhere_is_another_change(entity, relation):
    """Two faulty changes in two places are not one cause seen twice, though only one of them has a name."""
    known = conclude(blame(ONE, cause="faulty_change"))

    other = answer(theirs(TWO, cause="faulty_change", entity=entity), guilty="4755b7c")

    assert relate(known, other) is relation


def test_action_of_a_confirmation_is_not_lost():
    """Where signatures know no action, that of a model which says the same is taken over; theirs is never replaced."""
    knows = blame(ONE, tier="acme/sage", suggests=True)
    ours = blame(ONE, suggests=True, confidence=0.8)
    other = knows.suggestions[0].model_copy(update={"name": "supervisor.set_memory_limit"})

    added = merge(OURS, answer(knows), "acme/sage")
    kept = merge(conclude(ours), answer(knows.model_copy(update={"suggestions": (other,)})), "acme/sage")

    assert added.hypotheses[0].suggestions == knows.suggestions
    assert "takes its action over" in added.hypotheses[1].lost_because
    assert kept.hypotheses[0].suggestions == ours.suggestions
    assert merge(OURS, answer(knows.model_copy(update={"cause": "other: x"})), "m").hypotheses[0].suggestions == ()


@pytest.mark.parametrize(
    ("diagnosis", "wanted"),
    [
        (conclude(blame(ONE)), True),
        (conclude(blame(ONE, suggests=True)), False),
        (conclude(blame(ONE, cause="service_selector_mismatch")), False),
        (conclude(blame(ONE, cause="service_selector_mismatch"), guilty_change="4755b7c1c2a7"), True),
        (conclude(), False),
        (conclude(blame(ONE, entity=LEDGER)), False),
        (conclude(blame(ONE, entity=LEDGER), guilty_change="4755b7c1c2a7"), True),
        (conclude(blame(ONE, entity=LEDGER), guilty_change="aaaaaaa"), False),
    ],
)
def test_action_is_asked_for_where_there_could_be_one(diagnosis, wanted):
    """Nobody suggests any, and the catalogue has something for where the cause sits, or for the guilty change."""
    case = make_case(ONE, make_change("4755b7c1c2a7"), actions=frozenset({"supervisor.restart", "git.revert_commit"}))

    assert wants_plan(case, diagnosis) is wanted
    assert not wants_plan(make_case(ONE, actions=frozenset({"docker.restart_container"})), diagnosis)


def test_actions_are_those_of_the_leading_hypothesis():
    """The others keep what they have; without any, nothing changes."""
    known = conclude(blame(ONE), blame(ONE, cause="crash_loop"))
    suggestions = blame(ONE, suggests=True).suggestions

    assert [item.suggestions for item in add_actions(known, suggestions).hypotheses] == [suggestions, ()]
    assert add_actions(known, ()) is known
