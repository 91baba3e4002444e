"""What is missing of an answer is said on the evidence that holds the rest."""

import asyncio

import pytest

from fermata.integrations.kubernetes.doctor import check_cluster
from fermata.integrations.kubernetes.rbac import list_reading
from fermata.integrations.kubernetes.resources import (
    EVENT,
    INGRESS,
    LIMIT_RANGE,
    NETWORK_POLICY,
    POD,
    RESOURCE_QUOTA,
)
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.testing.kubernetes import Fault, Mishap, Rule
from fermata.testing.kubernetes_replay import ReplayServer, make_status
from fermata.testing.web_server import Answer


@pytest.fixture(autouse=True)
def build(shop):
    """Let a shop run that was rolled out once more."""
    shop.build()
    shop.roll("shop/checkout:1.5")
    shop.write_log("INFO up\n")


@pytest.fixture
def collect(cluster, tmp_path, make_system, make_scope):
    """Ask one collector, without some of the permissions."""

    async def ask(name, *refs, without=(), **settings):
        rules = [(each.verb, each.resource) for each in list_reading(make_system().settings)]
        token = cluster.add_user(
            "reader", *(Rule((verb,), (what,)) for verb, what in rules if (verb, what) not in without)
        )
        path = cluster.write_kubeconfig(tmp_path / "reader", token=token)
        collectors = make_system(kubeconfig=path, **settings).list_collectors()
        collector = next(each for each in collectors if each.name == f"kubernetes.{name}")
        return await collector.collect(make_scope(*(refs or ("service/shop/checkout",))))

    return ask


async def test_config_map_that_may_not_be_read_leaves_its_variable_unknown(collect):
    """Where it comes from stands in its place, and why it is not known beside it."""
    (found,) = await collect("environment", without=[("get", "configmaps")])

    assert found.facts["variables"]["MODE"] == "configmap:checkout-config/MODE"
    assert 'resources: ["configmaps"], verbs: ["get"]' in found.cut


async def test_config_map_that_is_gone_is_said(cluster, shop, collect, make_scope):
    """The pod would not start with it; the objects tell of it in the server's words."""
    live = cluster.get("Deployment", "shop", "checkout")
    reference = {"name": "GONE", "valueFrom": {"configMapKeyRef": {"name": "gone", "key": "x"}}}
    cluster.edit(live, lambda item: item["spec"]["template"]["spec"]["containers"][0]["env"].append(reference))

    (environment,) = await collect("environment")
    objects = await collect("objects")

    assert "# missing: configmap gone" in [line.text for line in environment.lines]
    absent = next(item for item in objects if item.title == "ConfigMap gone is not there")
    assert absent.lines[0].text == 'Error from server (NotFound): configmaps "gone" not found'


async def test_namespace_that_may_not_be_read_is_one_question_without_an_answer(collect):
    """The rest is there."""
    evidence = await collect("objects", without=[("get", "namespaces")])

    (refused,) = [item for item in evidence if "no answer" in item.title]
    assert refused.query == "kubectl get namespaces"


async def test_autoscalers_that_may_not_be_read_make_no_stranger_of_ours(collect):
    """They tell of nobody whose pods are whose: an alert about another cluster's service stays none of this one's."""
    assert await collect("objects", "service/shop/elsewhere", without=[("list", "horizontalpodautoscalers")]) == ()


async def test_kinds_that_may_not_be_read_are_one_gap_with_one_grant(collect):
    """Whoever mends it mends all of it at once: one piece for the namespace, one for the cluster."""
    ours = [
        ("list", "events"),
        ("list", "services"),
        ("list", "ingresses"),
        ("list", "statefulsets"),
        ("get", "configmaps"),
    ]

    evidence = await collect("objects", without=[*ours, ("list", "nodes"), ("get", "namespaces")])

    space, cluster = sorted((item for item in evidence if "no answer" in item.title), key=lambda item: item.query)[::-1]
    if "-n shop" not in space.query:
        space, cluster = cluster, space
    assert space.facts["is_unanswered"]
    assert len(space.lines) == len(ours)
    assert all(line.text.startswith("Error from server (Forbidden): ") for line in space.lines)
    assert space.cut.startswith("5 kinds of shop may not be read (HTTP 403): ")
    assert "Grant them by a Role of namespace shop: " in space.cut
    assert '- {apiGroups: ["apps"], resources: ["statefulsets"], verbs: ["list"]}' in space.cut
    assert '- {apiGroups: [""], resources: ["configmaps"], verbs: ["get"]}' in space.cut
    assert space.cut.count("apiGroups") == 4
    assert cluster.cut.startswith("2 kinds may not be read (HTTP 403): ")
    assert "Grant them by a ClusterRole: " in cluster.cut


async def test_kinds_that_do_not_come_in_time_are_one_gap_beside_what_came(cluster, collect):
    """A slow server loses nobody what it did answer, and is asked on as long as it answers anything."""
    for path in ("/ingresses", "/events", "/networkpolicies", "/resourcequotas", "/limitranges"):
        cluster.faults.append(Fault(Mishap.HANGS, path=path))

    evidence = await collect("objects", timeout_s=2)

    (late,) = [item for item in evidence if "no answer" in item.title]
    assert late.cut.startswith("5 kinds of shop were not read (")
    assert "did not answer within 2 s" in late.cut
    assert len(late.lines) == 5
    assert any(item.title == "pods of shop: 1" for item in evidence)
    assert any(item.title.startswith("configmaps of shop") for item in evidence)


@pytest.mark.parametrize("is_silent", [False, True], ids=["slow", "silent"])
async def test_server_that_answers_anything_is_asked_on(cluster, make_system, is_silent):
    """Five calls of a burst that do not come in time say that it is slow, where others came; else that it is gone."""
    for path in ("/ingresses", "/events", "/networkpolicies", "/resourcequotas", "/limitranges"):
        cluster.faults.append(Fault(Mishap.HANGS, path=path))
    slow = (INGRESS, EVENT, NETWORK_POLICY, RESOURCE_QUOTA, LIMIT_RANGE)
    asked = slow if is_silent else (*slow, POD)

    async with make_system(timeout_s=2).client.connect() as session:
        found = await asyncio.gather(*(session.list_objects(each, "shop") for each in asked), return_exceptions=True)
        again = await asyncio.gather(session.list_objects(POD, "shop"), return_exceptions=True)

    assert sum(isinstance(each, OperationalError) for each in found) == len(slow)
    assert isinstance(again[0], OperationalError) is is_silent


async def test_rollouts_need_no_events(collect):
    """They only help to date a rollback, and to see a scaling."""
    found = await collect("changes", without=[("list", "events")])

    assert [item.facts["ref"] for item in found] == ["revision 2"]


async def test_revisions_that_may_not_be_listed_are_a_gap(collect):
    """Without them nobody knows what changed."""
    with pytest.raises(OperationalError, match=r"replicasets.apps in namespace shop \(HTTP 403\)"):
        await collect("changes", without=[("list", "replicasets")])


async def test_host_is_a_gap_only_where_nothing_else_is_named(collect):
    """Without permission for nodes, a host may be any machine."""
    without = [("list", "nodes")]

    beside = await collect("objects", "service/shop/checkout", "host/node-1", without=without)

    assert any(item.title == "pods of shop: 1" for item in beside)
    with pytest.raises(OperationalError, match="list nodes"):
        await collect("objects", "host/node-1", without=without)


async def test_one_log_that_cannot_be_had_is_said_beside_the_others(cluster, shop, collect):
    """With its reason, and no lines."""
    live = cluster.get("Deployment", "shop", "checkout")
    cluster.edit(live, lambda item: item["spec"].update(replicas=2))
    names = sorted(pod["metadata"]["name"] for pod in cluster.list_kind("Pod", "shop"))
    cluster.faults.append(Fault(Mishap.REFUSED, path=f"{names[0]}/log$", code=500))

    found = {item.title.partition("/")[0]: item for item in await collect("logs")}

    assert found[names[0]].title.endswith("not readable")
    assert "HTTP 500" in found[names[0]].cut
    assert found[names[1]].cut == ""


async def test_log_is_cut_to_its_end_and_says_so(shop, collect):
    """How much there was, where the numbers begin, and which lines are too long."""
    shop.write_log("".join(f"line {number}\n" for number in range(3000)) + "x" * 3000 + "\n")

    (found,) = await collect("logs", log_lines=2000, log_bytes=8000)

    assert "the last 8000 of" in found.cut
    assert "only the last 2000 lines were asked for" in found.cut
    assert "1 lines cut to 2000 characters" in found.cut
    assert found.lines[-1].number == found.facts["total_lines"] == 2000
    assert len(found.facts["seconds"]) == len(found.lines)


async def test_log_that_does_not_begin_to_arrive_is_a_gap(cluster, collect):
    """A node that is gone does that."""
    cluster.faults.append(Fault(Mishap.HANGS, path="/log$"))

    with pytest.raises(OperationalError, match=r"did not answer within 0.3 s|did not begin to arrive"):
        await collect("logs", timeout_s=0.3)


async def test_doctor_goes_on_where_a_server_does_not_say_who_or_when(tmp_path, make_system):
    """An old server knows no self review, and a proxy may take the date away."""
    async with ReplayServer(tmp_path) as server:
        server.say("/version", {"gitVersion": "v1.25.0"})
        refused = Answer(make_status(403, "Forbidden", "no reviews for you"), 403)
        server.say("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", refused, method="POST")
        system = make_system(kubeconfig=server.kubeconfig)

        found = {item.name: item for item in await check_cluster(system.client, SystemClock())}

    assert found["kubernetes: connection"].text.startswith("Kubernetes v1.25.0 at http://127.0.0.1")
    assert "not compared" in found["kubernetes: clock"].text
    assert not found["kubernetes: permissions"].ok
    assert "selfsubjectaccessreviews" in found["kubernetes: permissions"].text


async def test_kind_that_the_server_does_not_have_is_a_question_without_an_answer(cluster, collect):
    """Nobody may take it for a namespace without autoscalers."""
    cluster.faults.append(Fault(Mishap.REFUSED, path="/apis/autoscaling/", code=404))

    evidence = await collect("objects")

    (refused,) = [item for item in evidence if "no answer" in item.title]
    assert refused.title == "horizontalpodautoscalers: no answer"
    assert refused.lines[0].text == 'error: the server doesn\'t have a resource type "horizontalpodautoscalers"'
    assert "This cluster does not serve that kind" in refused.cut
    assert not any("horizontalpodautoscalers" in item.title for item in evidence if item is not refused)
