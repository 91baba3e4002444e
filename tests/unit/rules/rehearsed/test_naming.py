"""A diagnosis is held against what was done: named, silent or wrong, and why."""

import pytest

from fermata.domain.diagnosis import Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.rules.rehearsed import Naming, judge_naming, name_known
from fermata.testing.experiments import make_experiment, make_result
from fermata.testing.records import NOON

KNOWN = name_known(make_experiment(), make_result(), ["pay", "payment-itself"])
CITED = (Citation(evidence_id="ev-1", first_line=1, last_line=1, quote="x"),)


def say(*told):
    """Give a diagnosis of pairs of cause and place, best first; an undetermined one of none."""
    hypotheses = tuple(
        Hypothesis(cause=cause, text="t", confidence=0.5, entity=Entity(kind="service", name=name), citations=CITED)
        for cause, name in told
    )
    verdict = Verdict.IDENTIFIED if hypotheses else Verdict.UNDETERMINED
    return Diagnosis(verdict=verdict, hypotheses=hypotheses, checks=() if hypotheses else ("look at payment",))


def see(text, *, kind=EvidenceKind.LOGS, name="checkout"):
    """Give a piece of evidence with one line."""
    return Evidence(
        incident_id="inc", kind=kind, collector="c", entity=Entity(kind="service", name=name), title="t", query="q",
        observed_at=NOON, fresh_until=NOON, lines=(EvidenceLine(number=1, text=text),), facts={},
    )  # fmt: skip


@pytest.mark.parametrize(
    "told",
    [("service_degraded", "payment"), ("service_degraded", "Payment_2"), ("connection_pool_exhausted", "checkout")],
)
def test_accepted_cause_at_an_accepted_place_is_named(told):
    """Instances of a service are that service."""
    verdict = judge_naming(KNOWN, say(told, ("crash_loop", "stock")), ())

    assert verdict.naming is Naming.NAMED
    assert verdict.why == f"{told[0]} at {told[1]} leads"
    assert verdict.runner_up.cause == "crash_loop"


@pytest.mark.parametrize(
    "told", [("service_degraded", "checkout"), ("oom_killed", "payment"), ("service_degraded", "stock")]
)
def test_other_cause_or_other_place_is_wrong(told):
    """Also where only one of the two is."""
    verdict = judge_naming(KNOWN, say(told), ())

    assert verdict.naming is Naming.WRONG
    assert verdict.why == f"{told[0]} at {told[1]} leads, and what was done is latency at checkout->payment"
    assert verdict.runner_up is None


def test_wrong_answer_says_where_the_right_one_stands():
    """Whether a signature is missing or loses."""
    verdict = judge_naming(KNOWN, say(("oom_killed", "stock"), ("service_degraded", "payment")), ())

    assert verdict.naming is Naming.WRONG
    assert verdict.why.endswith("; service_degraded at payment is number 2")
    assert verdict.runner_up.cause == "service_degraded"


def test_silence_says_whether_there_was_anything_to_see():
    """That a service exists, in a graph or an alert, is no evidence of how it fared."""
    nothing = (
        see("payment", kind=EvidenceKind.GRAPH),
        see("payments are due"),
        see("payment-itself p95 9"),
        see("x", kind=EvidenceKind.ALERT),
    )
    something = (see("calling Payment: 500"), see("well", name="payment"))

    blind = judge_naming(KNOWN, say(), nothing)
    mute = judge_naming(KNOWN, say(), something)
    one = judge_naming(KNOWN, Diagnosis(verdict=Verdict.HEALTHY), something[:1])

    assert {blind.naming, mute.naming, one.naming} == {Naming.SILENT}
    assert blind.why == "no evidence of payment was kept"
    assert mute.why == (
        "payment is in 2 pieces of evidence, and nothing names it; what would settle it: look at payment"
    )
    assert one.why == "payment is in 1 piece of evidence, and nothing names it"


def test_who_names_a_journey_says_only_that_it_is_not_served():
    """That stood in the alert; what comes second does not lead."""
    verdict = judge_naming(KNOWN, say(("service_degraded", "pay"), ("service_degraded", "payment")), ())
    mute = judge_naming(KNOWN, say(("service_degraded", "pay")), (see("x", name="payment"),))

    assert (verdict.naming, verdict.why) == (Naming.SILENT, "no evidence of payment was kept")
    assert (verdict.leading.entity.name, verdict.runner_up.entity.name) == ("pay", "payment")
    assert mute.why.endswith("nothing names it; no more is said than that a journey is not served")
