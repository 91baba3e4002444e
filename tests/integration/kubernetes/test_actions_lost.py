"""What is said of a change whose answer was lost, or whose object was."""

import pytest

from fermata.domain.action import Outcome
from fermata.integrations.kubernetes.writing import proves_not_done, read_mark
from fermata.testing.action_contract import KEY
from fermata.testing.kubernetes.faults import Fault, Mishap


def _is_real(request):
    return request.method == "PATCH" and "dryRun" not in request.query


def _lose(site, meanwhile):
    """Cut the connection before the change is made, and do something else before anybody looks."""
    fault = Fault(Mishap.CUT, path="deployments/web", methods=("PATCH",), times=0)
    site.cluster.faults.append(fault)
    lost = []

    def arm(request):
        if _is_real(request):
            fault.times = 1
            lost.append(request)
        elif lost and request.method == "GET":
            meanwhile()

    site.cluster.before.append(arm)


async def test_change_that_cannot_come_any_more_is_not_done(site):
    """Its request holds a version that is gone, and the generation says that it did not come before."""
    action, planned = await site.plan(timeout_s=0.1)
    _lose(site, site.touch_status)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "cannot come any more" in result.detail
    assert read_mark(site.web()) == ""
    assert len(site.cluster.list_writes()) == 1


async def test_change_beside_another_one_is_unknown(site):
    """The spec was changed since: ours may have come and gone under it."""
    action, planned = await site.plan(timeout_s=0.1)
    _lose(site, lambda: site.cluster.edit(site.web(), lambda one: one["spec"].update(minReadySeconds=7)))

    assert (await action.execute(planned, KEY)).outcome is Outcome.UNKNOWN


async def test_version_that_moves_later_is_waited_for(site):
    """A slow server may still be at it at the first look."""
    action, planned = await site.plan(timeout_s=0.1)
    looks = []

    def meanwhile():
        looks.append(1)
        if len(looks) == 3:
            site.touch_status()

    _lose(site, meanwhile)

    assert (await action.execute(planned, KEY)).outcome is Outcome.FAILED


def _make(version="1", uid="u", **more):
    return {"metadata": {"uid": uid, "resourceVersion": version, **more}}


@pytest.mark.parametrize(
    ("read", "tried", "now"),
    [
        (_make(generation=4), _make(generation=5), _make(generation=4)),
        (_make(generation=4), _make(generation=5), _make("2", uid="other", generation=4)),
        (_make(generation=4), _make(generation=5), _make("2", generation=5)),
        (_make(generation=4), _make(generation=4), _make("2", generation=4)),
        (_make(), _make(), _make("2")),
    ],
    ids=["version stands still", "another object", "changed since", "no change of the spec", "no generation"],
)
def test_without_proof_nothing_is_said(read, tried, now):
    """Undone is claimed on proof alone."""
    assert not proves_not_done(read, tried, now)


async def test_object_that_was_made_anew_is_another(site):
    """Not that somebody else owns it: nobody has looked at this one."""
    action, planned = await site.plan(timeout_s=5)
    with site.cluster.lock:
        site.cluster.api.cluster.delete(site.web())
    meta, spec = {"name": "web", "namespace": "shop"}, {"replicas": 2}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    whole = {"kind": "Deployment", "metadata": meta, "spec": spec | {"selector": {"matchLabels": {"app": "web"}}}}
    whole["spec"]["template"] = template
    whole["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"memory": "128Mi"}}
    site.cluster.put(whole, manager="somebody")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "another object" in result.detail
