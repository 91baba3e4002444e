import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.kit.errors import UserError
from fermata.testing.action_contract import KEY
from fermata.testing.kubernetes import Fault, Mishap


async def test_budget_that_forbids_an_eviction_is_quoted(site):
    """Asked in the dry run, so that no card promises it."""
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"name": "web", "namespace": "shop"}
    site.cluster.put({"kind": "PodDisruptionBudget", "metadata": meta, "spec": spec})
    pod = site.cluster.list_kind("Pod", "shop")[0]["metadata"]["name"]

    with pytest.raises(UserError, match="needs 2 healthy pods and has 2 currently"):
        await site.plan("delete_pod", {}, Entity.parse(f"kubernetes:pod/shop/{pod}"))


async def test_pod_without_a_controller_is_kept(site):
    """Nobody would bring it back."""
    pod = {"kind": "Pod", "metadata": {"name": "lone", "namespace": "shop"}}
    site.cluster.put({**pod, "spec": {"containers": [{"name": "web", "image": "web:1"}]}})

    with pytest.raises(UserError, match="has no controller"):
        await site.plan("delete_pod", {}, Entity.parse("kubernetes:pod/shop/lone"))


@pytest.mark.parametrize(("after_effect", "outcome"), [(True, Outcome.DONE), (False, Outcome.UNKNOWN)])
async def test_lost_answer_to_an_eviction_is_judged_by_the_uid(site, after_effect, outcome):
    """Gone is done; still there might yet go."""
    pod = site.cluster.list_kind("Pod", "shop")[0]["metadata"]["name"]
    action, planned = await site.plan("delete_pod", {}, Entity.parse(f"kubernetes:pod/shop/{pod}"))
    site.cluster.faults.append(Fault(Mishap.CUT, path="eviction", times=1, after_effect=after_effect))

    result = await action.execute(planned, KEY)

    assert result.outcome is outcome
