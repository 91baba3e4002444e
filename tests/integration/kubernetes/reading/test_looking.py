"""How a gathering finds its way: without a namespace, by a host, and each list asked for once."""

from collections import Counter

import pytest

from fermata.integrations.kubernetes.visit import Visit
from fermata.kit.errors import OperationalError


@pytest.fixture(autouse=True)
def build(shop):
    """Let a shop run that was rolled out once more."""
    shop.build()
    shop.roll("shop/checkout:1.5")
    shop.write_log("INFO up\n")


@pytest.fixture
def count(cluster):
    """Count what was asked since the last count, by path and query."""

    def read():
        found = Counter(
            f"{request.path}?{sorted(request.query.items())}" for request in cluster.requests if request.method == "GET"
        )
        cluster.requests.clear()
        return found

    return read


async def test_each_list_is_asked_for_once_in_a_gathering(make_system, make_scope, gather, count):
    """Five collectors look at the same pods; the next gathering asks anew."""
    system, scope = make_system(), make_scope("service/shop/checkout")
    count()

    evidence = await gather(system, scope)

    first = count()
    assert {item.kind for item in evidence} == {"objects", "logs", "change", "environment"}
    assert max(first.values()) == 1
    await gather(system, scope)
    assert count() == first


async def test_own_pods_behind_the_limit_of_a_list_are_asked_for(
    cluster, shop, make_system, make_scope, gather, monkeypatch
):
    """A list is read up to a limit: the workload in question is asked for by its selector, and comes first."""
    for number in range(4):
        spec = {"containers": [{"name": "c", "image": "a:1"}]}
        cluster.put({"kind": "Pod", "metadata": {"name": f"a-{number}", "namespace": "shop"}, "spec": spec})
    # Two thousand and more pods take this server a minute.
    monkeypatch.setitem(Visit.list.__kwdefaults__, "most", 3)

    evidence = await gather(make_system(), make_scope("deployment/shop/checkout"))

    (pods,) = [item for item in evidence if item.title.startswith("pods of shop")]
    (first, *_) = pods.facts["objects"][0]["items"]
    assert first["metadata"]["name"].startswith("checkout-")
    assert pods.facts["whole_kinds"] == []
    assert any(item.kind == "logs" for item in evidence)


async def test_gathering_only_reads(cluster, make_system, make_scope, gather):
    """Not one request that could change anything, and none for the content of a Secret."""
    cluster.requests.clear()

    await gather(make_system(), make_scope("service/shop/checkout"))

    assert {request.method for request in cluster.requests} == {"GET"}
    assert [request.path for request in cluster.requests if "secrets" in request.path] == []


async def test_names_of_secrets_are_listed_where_the_settings_say_so(cluster, make_system, make_scope, gather):
    """As metadata: the content does not cross the network."""
    cluster.requests.clear()

    evidence = await gather(make_system(secret_names=True), make_scope("service/shop/checkout"))

    (secrets,) = [item for item in evidence if item.title.startswith("secrets")]
    assert "db" in "\n".join(line.text for line in secrets.lines)
    assert "c2VjcmV0" not in str(secrets.to_json())


@pytest.mark.parametrize("ref", ["service/checkout", "deployment/checkout", "kubernetes:deployment/checkout"])
async def test_name_without_a_namespace_is_looked_for_in_all(make_system, make_scope, gather, ref):
    """By name and by label, across namespaces."""
    evidence = await gather(make_system(), make_scope(ref))

    assert "pods of shop: 1" in [item.title for item in evidence]


async def test_name_without_a_namespace_is_looked_for_where_the_settings_allow(
    cluster, make_system, make_scope, gather
):
    """And nowhere else."""
    cluster.requests.clear()

    found = await gather(make_system(namespaces=("default", "shop")), make_scope("service/checkout"))
    nothing = await gather(make_system(namespaces=("default",)), make_scope("service/checkout"))

    assert "pods of shop: 1" in [item.title for item in found]
    assert nothing == ()
    asked = {request.path.partition("/namespaces/")[2].partition("/")[0] for request in cluster.requests} - {""}
    assert asked == {"default", "shop"}
    assert [request.path for request in cluster.requests if request.path == "/api/v1/pods"] == []


async def test_host_that_is_a_node_is_looked_at_with_its_pods(cluster, make_system, make_scope, gather):
    """An alert about a machine: the node, what runs on it, and what was said of it."""
    about = {"kind": "Node", "name": "node-1"}
    event = {"involvedObject": about, "reason": "NodeNotReady", "message": "gone", "type": "Warning"}
    cluster.put({"kind": "Event", "metadata": {"name": "n", "namespace": "default"}, **event})

    evidence = await gather(make_system(), make_scope("host/node-1"))

    queries = {item.query for item in evidence}
    assert "kubectl get nodes -o yaml" in queries
    assert "kubectl get events -n default --field-selector involvedObject.kind=Node -o yaml" in queries
    (pods,) = [item for item in evidence if item.title.startswith("pods")]
    assert pods.query == "kubectl get pods -A --field-selector spec.nodeName=node-1 -o yaml"
    # It is no list of all pods: what it does not hold may exist all the same.
    assert pods.facts["objects"][0]["metadata"]["continue"]


async def test_container_is_read_first_when_the_alert_names_it(make_system, make_scope, gather):
    """Beside its workload."""
    evidence = await gather(make_system(), make_scope("container/shop/checkout"))

    (log,) = [item for item in evidence if item.kind == "logs"]
    assert log.entity.ref == "kubernetes:deployment/shop/checkout"
    assert "/checkout:" in log.title


async def test_rollout_is_told_with_both_images(make_system, make_scope, gather):
    """The diff of the templates, dated by the newer replica set."""
    evidence = await gather(make_system(), make_scope("service/shop/checkout"))

    changes = [item for item in evidence if item.kind == "change"]
    assert [item.facts["ref"] for item in changes] == ["revision 2"]
    assert changes[0].facts["service"] == "checkout"
    assert changes[0].facts["diff_read"] is True
    assert "image shop/checkout:1.4 -> shop/checkout:1.5" in changes[0].title


async def test_rollback_is_told_as_one(shop, make_system, make_scope, gather):
    """The old replica set under a new number is no new release."""
    shop.roll("shop/checkout:1.4")

    evidence = await gather(make_system(), make_scope("service/shop/checkout"))

    change = next(item for item in evidence if item.kind == "change")
    assert change.facts["ref"] == "revision 3"
    assert "image shop/checkout:1.5 -> shop/checkout:1.4" in change.title


async def test_scaling_by_hand_is_told_and_dates_no_rollback(cluster, shop, make_system, make_scope, gather):
    """What was said of a replica set when somebody scaled it is not when it was rolled back to."""
    shop.roll("shop/checkout:1.4")
    live = cluster.get("Deployment", "shop", "checkout")
    holder = max(cluster.list_kind("ReplicaSet", "shop"), key=lambda item: item["spec"].get("replicas", 0))
    entry = {"manager": "kubectl", "operation": "Update", "subresource": "scale"}
    entry |= {"fieldsV1": {"f:spec": {"f:replicas": {}}}}
    before = await gather(make_system(), make_scope("service/shop/checkout"))
    cluster.edit(live, lambda item: (item["spec"].update(replicas=5), item["metadata"]["managedFields"].append(entry)))
    message = f"Scaled up replica set {holder['metadata']['name']} from 1 to 5"
    shop.say_event("Deployment", "checkout", "ScalingReplicaSet", message)

    evidence = await gather(make_system(), make_scope("service/shop/checkout"))

    rolled, scaled = [item for item in evidence if item.kind == "change"]
    assert (scaled.facts["kind"], scaled.facts["ref"], scaled.facts["diff_read"]) == (
        "scaling",
        "replicas 1 -> 5",
        True,
    )
    assert [line.text for line in scaled.lines][-2:] == ["-  replicas: 1", "+  replicas: 5"]
    assert rolled.facts["changed_at"] == next(one for one in before if one.kind == "change").facts["changed_at"]


async def test_pods_of_a_namespace_that_may_not_be_searched_are_a_gap(
    cluster, make_system, make_scope, tmp_path, gather
):
    """Without a namespace and without the permission to search, nobody can know."""
    nobody = cluster.write_kubeconfig(tmp_path / "nobody", token=cluster.add_user("nobody"))

    with pytest.raises(OperationalError, match="HTTP 403"):
        await gather(make_system(kubeconfig=nobody), make_scope("service/checkout"))


@pytest.mark.parametrize("is_autoscaled", [False, True])
async def test_scaling_that_nobody_is_recorded_for_is_told_unless_an_autoscaler_may_have_done_it(
    cluster, shop, make_system, make_scope, gather, is_autoscaled
):
    """No manifest owns the number, and the API server records nobody who changes it."""
    spec = {key: value for key, value in shop.describe("shop/web:1", "1Gi").items() if key != "replicas"}
    spec |= {"selector": {"matchLabels": {"app": "web"}}}
    spec["template"]["metadata"]["labels"] = {"app": "web"}
    body = {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    live = cluster.put(body, manager="kubectl", is_apply=True)
    holder = next(item for item in cluster.list_kind("ReplicaSet", "shop") if item["metadata"]["name"][:4] == "web-")
    cluster.edit(live, lambda item: item["spec"].update(replicas=5), manager="kubectl", subresource="scale")
    message = f"Scaled up replica set {holder['metadata']['name']} from 1 to 5"
    shop.say_event("Deployment", "web", "ScalingReplicaSet", message)
    if is_autoscaled:
        reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
        shop.put("HorizontalPodAutoscaler", "web", spec={"scaleTargetRef": reference, "maxReplicas": 9})

    evidence = await gather(make_system(), make_scope("deployment/shop/web"))

    titles = [item.title for item in evidence if item.kind == "change" and item.facts["kind"] == "scaling"]
    told = ["deployment/web was scaled: replicas 1 -> 5, by whom is not recorded"]
    assert titles == ([] if is_autoscaled else told)


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
async def test_rollout_of_other_workloads_is_told_from_controller_revisions(
    cluster, shop, make_system, make_scope, gather, kind
):
    """They keep their history elsewhere than deployments do."""
    spec = shop.describe("postgres:15", "1Gi") | {"selector": {"matchLabels": {"app": "db"}}}
    spec["template"]["metadata"]["labels"] = {"app": "db"}
    spec = {key: value for key, value in spec.items() if key != "replicas" or kind == "StatefulSet"}
    live = shop.put(kind, "db", spec=spec | ({"serviceName": "db"} if kind == "StatefulSet" else {}))
    image = "postgres:16"
    cluster.edit(live, lambda item: item["spec"]["template"]["spec"]["containers"][0].update(image=image))

    evidence = await gather(make_system(), make_scope(f"{kind.lower()}/shop/db"))

    changes = [item for item in evidence if item.kind == "change"]
    assert [item.facts["ref"] for item in changes] == ["revision 2"]
    assert "image postgres:15 -> postgres:16" in changes[0].title
    assert changes[0].entity.ref == f"kubernetes:{kind.lower()}/shop/db"
    listed = [item for item in evidence if item.kind == "objects" and "controllerrevisions" in item.title]
    assert [item.title for item in listed] == ["controllerrevisions of shop: 2"]
    assert image in str(listed[0].facts["objects"][0]["items"][0]["data"])
