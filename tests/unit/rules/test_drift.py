"""The target must still be the one of the dry run."""

from datetime import timedelta

import pytest

from fermata.domain.diagnosis import Citation
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.kit.errors import GuardRefused
from fermata.rules.drift import refuse_drift, refuse_stale_evidence


def test_unchanged_target_passes(build_action):
    """The version of the dry run is the version now."""
    refuse_drift(build_action(version="v1"), "v1")


@pytest.mark.parametrize(("version", "words"), [("v2", "v2 now"), ("", "unknown now")])
def test_changed_target_is_refused(build_action, version, words):
    """A target that moved since the dry run, or that cannot say its version, is not touched."""
    with pytest.raises(GuardRefused, match=f"version v1 then, {words}") as caught:
        refuse_drift(build_action(version="v1"), version)

    assert caught.value.rule == "drift"
    assert caught.value.facts["expected"] == "v1"


@pytest.mark.parametrize(
    ("then", "now", "is_another"),
    [("uid a x", "uid b x", True), ("uid a", "uid b", True), ("uid a x", "uid a y", False), ("uid a x", "", False)],
)
def test_object_that_was_made_anew_is_said_to_be_another(build_action, then, now, is_another):
    """Whatever a dry run says of it: that is not the object that the plan was made for."""
    with pytest.raises(GuardRefused) as caught:
        refuse_drift(build_action(version=then), now, "web is not changed: somebody else owns what would change")

    assert ("another object" in str(caught.value)) is is_another


@pytest.fixture
def state(noon):
    """Give one observation that is good for ten minutes."""
    return Evidence(
        incident_id="inc-1",
        kind=EvidenceKind.STATE,
        collector="supervisor.state",
        entity=Entity(system="supervisor", kind="process", name="checkout"),
        title="state of checkout",
        query="getProcessInfo",
        observed_at=noon,
        fresh_until=noon + timedelta(minutes=10),
        lines=(EvidenceLine(number=1, text="FATAL"),),
    )


@pytest.fixture
def plan(build_plan, state):
    """Give a plan that cites it."""
    citation = Citation(evidence_id=state.id, first_line=1, last_line=1, quote="FATAL")
    return build_plan().model_copy(update={"evidence_ids": (state.id,), "citations": (citation,)})


def test_plan_on_fresh_evidence_passes(plan, state, noon):
    """What was observed within its time may be acted on."""
    refuse_stale_evidence(plan, [state], noon + timedelta(minutes=9))


def test_plan_on_stale_evidence_is_refused(plan, state, noon):
    """At the very end of its time evidence carries no action any more."""
    with pytest.raises(GuardRefused, match="was good until") as caught:
        refuse_stale_evidence(plan, [state], noon + timedelta(minutes=10))

    assert caught.value.rule == "stale_evidence"


def test_plan_whose_evidence_is_gone_is_refused(plan, noon):
    """Evidence that cannot be found is not fresh."""
    with pytest.raises(GuardRefused, match="It is gone"):
        refuse_stale_evidence(plan, [], noon)


def test_change_is_told_in_words_where_there_are_some(build_action):
    """Two digests tell nobody what happened; what a dry run says of it then and now does."""
    action = build_action(version="v1")
    dry_run = action.dry_run.model_copy(update={"note": "load is STOPPED: it is only started"})
    stopped = action.model_copy(update={"dry_run": dry_run})

    with pytest.raises(GuardRefused, match=r"Then: load is STOPPED.*\. Now: load is RUNNING\.") as refused:
        refuse_drift(stopped, "v2", "load is RUNNING")

    assert "A new plan is proposed" not in str(refused.value)


def test_plan_on_evidence_of_a_time_to_come_is_refused(plan, state, noon):
    """A clock was set back: by what two workers' clocks may differ by is borne."""
    refuse_stale_evidence(plan, [state], noon - timedelta(seconds=30))

    with pytest.raises(GuardRefused, match="a clock was set back since") as caught:
        refuse_stale_evidence(plan, [state], noon - timedelta(seconds=31))

    assert caught.value.rule == "stale_evidence"
