"""What controllers say of a deployment's replica sets: which of it is a change that somebody made."""

import pytest

from fermata.integrations.kubernetes.scaling import find_scaling

SCALE = {
    "manager": "kubectl",
    "operation": "Update",
    "subresource": "scale",
    "fieldsV1": {"f:spec": {"f:replicas": {}}},
}
OTHER = {"manager": "helm", "operation": "Update", "fieldsV1": {"f:spec": {"f:template": {}}}}
UP = "Scaled up replica set web-2 from 2 to 8"
ROLLED = (
    ("10:00:00", "Scaled up replica set web-2 from 0 to 2"),
    ("10:00:05", "Scaled down replica set web-1 from 2 to 0"),
)


def say(at, message, *, name="web", when="lastTimestamp", about="involvedObject"):
    """Give an event about a deployment."""
    return {about: {"kind": "Deployment", "name": name}, "message": message, when: f"2026-11-25T{at}Z" if at else None}


def find(*said, replicas=8, entries=(SCALE, OTHER), is_autoscaled=False, **more):
    """Return what is found of a deployment that was rolled out, and of which more was said since."""
    live = {"metadata": {"name": "web", "managedFields": list(entries)}, "spec": {"replicas": replicas}}
    events = [say(*each) for each in ROLLED] + [say(*each, **more) for each in said]
    return find_scaling(live, events, is_autoscaled=is_autoscaled)


@pytest.mark.parametrize("about", ["involvedObject", "regarding"])
@pytest.mark.parametrize("when", ["lastTimestamp", "eventTime", "firstTimestamp"])
def test_number_that_somebody_changed_is_told_with_time_and_writer(when, about):
    """The entry of `kubectl scale` bears no time: the event does, in any form."""
    found = find(("11:00:00", UP), when=when, about=about)

    assert (found.old, found.new, found.by) == (2, 8, "kubectl")
    assert found.at.isoformat() == "2026-11-25T11:00:00+00:00"
    assert found.write_diff("web.yaml")[-2:] == ("-  replicas: 2", "+  replicas: 8")


def test_all_who_wrote_it_are_named():
    """Whoever writes an equal number shares it."""
    assert find(("11:00:00", UP), entries=(SCALE, SCALE | {"manager": "argo"})).by == "argo or kubectl"


def test_scaling_of_a_number_that_no_manifest_owns_is_told_without_a_writer():
    """The API server records nobody then; only an autoscaler may have done the same."""
    found = find(("11:00:00", UP), entries=(OTHER,))

    assert (found.old, found.new, found.by) == (2, 8, "")


def test_last_number_counts_and_none_at_all_is_one():
    """Somebody stopped it after they had made it more."""
    found = find(("11:00:00", UP), ("11:05:00", "Scaled down replica set web-2 from 8 to 0"), replicas=0)

    assert (found.old, found.new) == (8, 0)


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ([], {"replicas": 2}),
        ([("11:00:00", "Scaled up replica set web-3 from 0 to 8")], {}),
        ([("11:00:00", "Scaled up replica set web-2 to 8")], {}),
        ([("11:00:00", UP)], {"replicas": 9}),
        ([("11:00:00", UP), ("11:00:00", "Scaled down replica set web-3 from 1 to 0")], {}),
        ([("11:00:00", UP), ("11:10:00", "Scaled down replica set web-3 from 8 to 7")], {}),
        ([("11:00:00", UP)], {"entries": (SCALE | {"manager": "kube-controller-manager"}, OTHER)}),
        ([("11:00:00", UP)], {"entries": (OTHER,), "is_autoscaled": True}),
        ([("11:00:00", UP)], {"name": "api"}),
        ([("", UP)], {}),
    ],
    ids=[
        *("rollout", "begin", "old server", "another number", "at once", "step of a rollout", "autoscaler", "nobody"),
        *("another deployment", "no time"),
    ],
)
def test_what_nobody_is_known_to_have_changed_is_not_told(said, changes):
    """A rollout's steps, an autoscaler's decisions, and what does not lead to the present number."""
    assert find(*said, **changes) is None
