"""Workflows that watch and end themselves, and schedules that do not get stuck."""

from datetime import timedelta

import pytest
from tests.unit.rules.chaosspecs.cases import make_experiment, on_itself

from fermata.domain.experiment import FaultKind
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.mesh_flow import write_schedule, write_workflow
from fermata.rules.chaosspecs.validation import validate_spec


def by_name(document):
    """Give a workflow's steps by name."""
    return {step["name"]: step for step in document["spec"]["templates"]}


def test_workflow_looks_first_and_goes_on_looking():
    """A baseline of every journey, then the fault beside a check that ends it; every step has an end."""
    written = write_workflow(make_experiment(whole={"duration": timedelta(seconds=60)}))

    steps = by_name(written)
    assert steps["rehearsal"]["children"] == ["baseline", "under-fault"]
    assert steps["baseline"]["children"] == ["baseline-1", "baseline-2"]
    assert steps["under-fault"]["children"] == ["watch-1", "fault"]
    assert steps["watch-1"]["abortWithStatusCheck"] is True
    assert steps["watch-1"]["statusCheck"]["http"]["url"] == "http://shop.staging/browse"
    assert steps["baseline-1"]["statusCheck"]["duration"] == "30s"
    assert steps["baseline-1"]["statusCheck"]["successThreshold"] == 24
    assert "duration" not in steps["fault"]["networkChaos"]
    assert {name: step["deadline"] for name, step in steps.items()} == {
        "rehearsal": "2m", "baseline": "50s", "under-fault": "70s", "baseline-1": "40s", "baseline-2": "40s",
        "watch-1": "1m", "fault": "1m",
    }  # fmt: skip
    assert validate_spec(written) == ()


def test_workflow_watches_what_is_hit_when_there_is_nothing_else():
    """Ended too early is better than never."""
    hit = make_experiment().checks[1]

    steps = by_name(write_workflow(make_experiment(whole={"checks": (hit,)})))

    assert steps["under-fault"]["children"] == ["watch-1", "fault"]


def test_schedule_forbids_overlap_and_keeps_its_history():
    """What the defaults get wrong is written out."""
    written = write_schedule(on_itself(FaultKind.KILL), " 30 10 * * 2 ")

    spec = written["spec"]
    assert (spec["schedule"], spec["type"], spec["podChaos"]["duration"]) == ("30 10 * * 2", "PodChaos", "5m")
    assert (spec["concurrencyPolicy"], spec["historyLimit"], spec["startingDeadlineSeconds"]) == ("Forbid", 1, 60)
    assert validate_spec(written) == ()


def test_schedule_without_times_is_refused():
    """Nobody guesses when to break something."""
    with pytest.raises(UserError, match="needs its times"):
        write_schedule(make_experiment(), " ")
