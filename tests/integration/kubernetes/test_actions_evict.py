import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.kit.errors import UserError
from fermata.testing.action_contract import KEY
from fermata.testing.kubernetes import Fate, Fault, Mishap, Rule


async def test_budget_that_forbids_an_eviction_is_quoted(site):
    """Asked in the dry run, so that no card promises it."""
    spec = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
    meta = {"name": "web", "namespace": "shop"}
    site.cluster.put({"kind": "PodDisruptionBudget", "metadata": meta, "spec": spec})
    pod = site.cluster.list_kind("Pod", "shop")[0]["metadata"]["name"]

    with pytest.raises(UserError, match=r"needs 2 healthy pods and has 2 currently\..*unhealthyPodEvictionPolicy"):
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


async def test_mirror_of_a_static_pod_is_left_alone(site):
    """To delete the mirror restarts nothing."""
    node = site.cluster.get("Node", "", "node-1")["metadata"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": node["uid"], "controller": True}
    meta = {"name": "etcd-node-1", "namespace": "shop", "ownerReferences": [owner]}
    site.cluster.put({"kind": "Pod", "metadata": meta, "spec": {"containers": [{"name": "etcd", "image": "etcd:3"}]}})

    with pytest.raises(UserError, match="kubelet of node-1"):
        await site.plan("delete_pod", {}, Entity.parse("kubernetes:pod/shop/etcd-node-1"))


async def test_pods_of_other_controllers_are_not_even_listed(site):
    """Of a namespace with thousands the list would end before its own are counted."""
    site.put("StatefulSet", "db", replicas=3)
    site.cluster.requests.clear()

    _, planned = await site.plan("delete_pod", {}, Entity.parse("kubernetes:pod/shop/db-0"))

    (asked,) = (one.query for one in site.cluster.requests if one.method == "GET" and one.path.endswith("/pods"))
    assert asked["labelSelector"]
    assert "pod-name" not in asked["labelSelector"]
    assert "2 other ready pods of the same controller go on" in planned.dry_run.blast_radius.text


async def test_pod_with_a_label_of_its_own_is_not_taken_for_the_only_one(site):
    """Operators of databases mark which one is the primary."""
    site.put("StatefulSet", "db", replicas=3)
    primary = site.cluster.get("Pod", "shop", "db-0")
    site.cluster.edit(primary, lambda pod: pod["metadata"]["labels"].update(role="primary"))

    _, planned = await site.plan("delete_pod", {}, Entity.parse("kubernetes:pod/shop/db-0"))

    assert "2 other ready pods of the same controller go on" in planned.dry_run.blast_radius.text


async def test_pod_that_is_the_only_ready_one_is_said_to_be(site):
    """And one that is not ready is no loss to anybody."""
    site.put("StatefulSet", "db", replicas=1)
    target = Entity.parse("kubernetes:pod/shop/db-0")

    _, ready = await site.plan("delete_pod", {}, target)
    site.cluster.script(Fate.CRASHES)
    _, crashing = await site.plan("delete_pod", {}, target)

    assert "downtime until the new one is" in ready.dry_run.blast_radius.text
    assert "it is not ready" in crashing.dry_run.blast_radius.text


async def test_pod_that_is_uncountable_is_evicted_all_the_same(site):
    """Without the permission to list, the radius says what is missing."""
    rules = (Rule(("get",), ("pods",)), Rule(("create",), ("pods/eviction",)))
    token = site.cluster.add_user("narrow", *rules)
    pod = site.cluster.list_kind("Pod", "shop")[0]["metadata"]["name"]

    _, planned = await site.plan("delete_pod", {}, Entity.parse(f"kubernetes:pod/shop/{pod}"), user=token)

    assert "may not be listed" in planned.dry_run.blast_radius.text
