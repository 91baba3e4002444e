from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.rules.signatures.town import NOW, Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.signatures.kubernetes_rollout import SIGNATURES

CALLER = {"containers": [{"name": "app", "env": [{"name": "WEB_ADDR", "value": "web:80"}]}]}


def scaled(kind="Deployment"):
    """Return a town with a workload at zero."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app"}]}}
    return Town().add(kind, "web", spec={"replicas": 0, "template": template}, status={"observedGeneration": 2})


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_workload_at_zero_that_a_service_leads_to_is_a_cause(kind):
    """Nobody answers for the service."""
    town = scaled(kind).service().event(kind, "web", "ScalingReplicaSet", "Scaled down replica set web-1 to 0 from 1")

    (found,) = town.find(SIGNATURES, "deployment_zero_replicas")

    assert (found.subject.name, found.confidence) == ("web", 0.85)
    assert "kubernetes:service/shop/web" in found.explains
    assert [quote.document.partition("/")[0] for quote in found.quotes] == [kind, "Event"]


def test_workload_at_zero_since_long_that_nobody_calls_is_told_modestly():
    """Its service may be a leftover."""
    (found,) = scaled().service().find(SIGNATURES, "deployment_zero_replicas")

    assert found.confidence == 0.6


def test_workload_at_zero_that_others_call_is_told_with_their_names():
    """Whoever scaled it did not think of them."""
    (found,) = scaled().service().deployment("front", ready=1, spec=CALLER).find(SIGNATURES, "deployment_zero_replicas")

    assert found.confidence == 0.95
    assert "front calls it" in found.text


def test_workload_at_zero_that_nobody_uses_is_somebodys_choice():
    """No service leads to it: it is told for those who ask."""
    (found,) = scaled().find(SIGNATURES, "workload_at_zero")

    assert (found.subject.name, found.confidence) == ("web", 0.35)
    assert scaled().list_causes(SIGNATURES) == ["workload_at_zero"]
    assert Town().deployment(ready=1).service().list_causes(SIGNATURES) == []


def complaining(address, *, times=6, namespace="shop"):
    """Return a town without any service whose front complains of an address, and web is at zero."""
    town = scaled().deployment("front", ready=1).pod("front-1-a", ("Deployment", "front"), node="n1", ready=True)
    if namespace != "shop":
        for body in town.bodies[-2:]:
            body["metadata"]["namespace"] = namespace
    return town.log(
        "front-1-a", *[f"ERROR GET {address}: dial tcp 172.30.4.4:80: connection refused {at}" for at in range(times)]
    )


@pytest.mark.parametrize(
    "address", ["http://web:80/x", "http://web/x", "http://web.shop.svc.cluster.local/x", "web:80"]
)
def test_workload_at_zero_whose_name_callers_miss_is_the_cause_where_services_are_not_known(address):
    """Nobody listed the services, and the callers' logs tell enough."""
    town = complaining(address)

    (found,) = town.find(SIGNATURES, "deployment_zero_replicas")

    assert found.confidence == 0.95
    assert found.text == "web is scaled to zero, and front calls it."
    assert "kubernetes:deployment/shop/front" in found.explains
    assert town.find(SIGNATURES, "workload_at_zero") == []


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"address": "http://web.example.com/x"}, "that is somebody else's"),
        ({"address": "http://web-2/x"}, "that is another one"),
        ({"address": "http://old-web:80/x"}, "so is that"),
        ({"address": "http://web:80/x", "times": 1}, "once is no failure that lasts"),
        ({"address": "http://web:80/x", "namespace": "other"}, "the name means another one there"),
    ],
)
def test_workload_at_zero_that_nobody_misses_is_told_modestly(case, why):
    """A log that fails may be about anything."""
    town = complaining(**case)

    assert town.find(SIGNATURES, "deployment_zero_replicas") == [], why
    assert len(town.find(SIGNATURES, "workload_at_zero")) == 1


def test_version_at_zero_beside_one_that_serves_is_a_choice():
    """Blue and green share a service."""
    town = (
        scaled()
        .service()
        .deployment("green", ready=1)
        .pod("green-1-a", None, node="n1", ready=True, labels={"app": "web"})
    )

    assert town.list_causes(SIGNATURES) == []


def rolled(*, conditions=(), old_ready=1, new_ready=0, revision="2", updated=0, ready=1):
    """Return a town with a deployment whose second version is rolled out."""
    town = Town().deployment(ready=ready, updated=updated, status={"conditions": list(conditions)})
    town.replica_set("web-2", wanted=1, existing=1, ready=new_ready, revision=revision)
    return town.replica_set("web-1", wanted=1, existing=1, ready=old_ready, revision=1)


def test_new_version_that_does_not_come_up_while_the_old_one_serves_is_stuck():
    """It is a state: why the pods fail is told elsewhere."""
    (found,) = rolled().find(SIGNATURES, "rollout_stuck")

    assert found.confidence == 0.5
    assert "1 pods of the earlier version still serve" in found.text


def test_progress_deadline_says_so_itself():
    """Also when nothing of the earlier version is left."""
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    (found,) = rolled(conditions=[late], old_ready=0, ready=0).find(SIGNATURES, "rollout_stuck")

    assert found.confidence == 0.6
    assert "nothing of an earlier version serves" in found.text


def test_surge_that_fails_is_seen_although_all_that_should_are_ready():
    """The old version serves in full while the extra pod of the new one fails."""
    assert rolled(updated=1).list_causes(SIGNATURES) == ["rollout_stuck"]


def test_finished_first_or_unknown_rollout_is_not_stuck():
    """All ready; or the only version there ever was; or an older set that lacks pods; or no sets captured."""
    done = rolled(ready=1, updated=1, new_ready=1)
    first = Town().deployment().replica_set(existing=1)
    leaving = rolled(new_ready=1, old_ready=0)
    foreign = Town().deployment(ready=1).replica_set(owner="other")

    assert [town.list_causes(SIGNATURES) for town in (done, first, leaving, foreign)] == [[], [], [], []]


def test_table_of_replica_sets_is_enough():
    """Its columns say who lacks ready pods."""
    town = rolled()
    rows = ["NAME    DESIRED   CURRENT   READY   AGE", "web-2   1         1         1       5m"]
    query = "kubectl get rs -n shop"
    town.documents.append(Document(query, DocumentForm.KUBECTL, "\n".join(rows), query=query))

    assert town.list_causes(SIGNATURES) == []


def lone(*, age_s=600, owner="web-1", restarts=0, siblings=2, kind="Deployment"):
    """Return a town with one pod that runs and is not ready, and siblings that are."""
    town = Town().deployment(ready=siblings) if kind == "Deployment" else Town().add(kind, "web")
    owned = (kind, "web") if kind != "Deployment" else owner
    town.replica_set(existing=3).replica_set("web-2", revision=2)
    for number in range(siblings):
        town.pod(f"web-1-{number}", owned if kind != "Deployment" else "web-1", node="n1", ready=True)
    town.pod("web-1-x", owned, node="n1", state={"running": {}}, status={"phase": "Running"})
    pod = town.bodies[-1]
    pod["metadata"]["creationTimestamp"] = (NOW - timedelta(seconds=age_s)).isoformat()
    ended = {"terminated": {"exitCode": 1, "finishedAt": (NOW - timedelta(seconds=60)).isoformat()}}
    pod["status"]["containerStatuses"][0] |= {"restartCount": restarts} | ({"lastState": ended} if restarts else {})
    return town


def test_one_pod_that_hangs_beside_others_that_are_ready_is_told_modestly():
    """The template runs; what the probe says is quoted first."""
    town = lone().event("Pod", "web-1-x", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")

    (found,) = town.find(SIGNATURES, "pod_stuck")

    assert (found.subject.name, found.confidence) == ("web", 0.35)
    assert found.text == "web-1-x runs and does not become ready, while 2 others of the same template are."
    assert "statuscode: 503" in found.quotes[0].text
    assert len(lone().find(SIGNATURES, "pod_stuck")) == 1


@pytest.mark.parametrize(
    "town",
    [
        lone(age_s=60),
        lone(siblings=0),
        lone(owner="web-2"),
        lone(restarts=1),
        lone(kind="StatefulSet"),
        lone().pod("web-1-y", node="n1", state={"running": {}}, status={"phase": "Running"}),
        lone().waiting("CrashLoopBackOff", name="web-1-z"),
    ],
)
def test_pod_that_is_young_or_not_alone_is_not_stuck(town):
    """No sibling, another revision, a restart, a controller with volumes, or others that fail as well."""
    assert "pod_stuck" not in town.list_causes(SIGNATURES)


def test_pause_halfway_is_told():
    """By the flag or by the condition; not when everything is rolled out."""
    flagged = Town().deployment(ready=1, updated=0, paused=True)
    said = {"type": "Progressing", "status": "Unknown", "reason": "DeploymentPaused"}
    told = Town().deployment(ready=1, updated=0, status={"conditions": [said]})
    whole = Town().deployment(ready=1, paused=True)

    assert flagged.list_causes(SIGNATURES) == ["rollout_paused"]
    assert told.list_causes(SIGNATURES) == ["rollout_paused"]
    assert whole.list_causes(SIGNATURES) == []


def autoscaled(*conditions, target="web"):
    """Return a town with an autoscaler that reports conditions."""
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": target}}
    town = Town().deployment(ready=1)
    return town.add("HorizontalPodAutoscaler", "web", spec=spec, status={"conditions": list(conditions)})


def test_autoscaler_without_metrics_is_told_modestly():
    """Many clusters live with it."""
    blind = {"type": "ScalingActive", "status": "False", "reason": "FailedGetResourceMetric", "message": "no metrics"}
    lost = {"type": "AbleToScale", "status": "False", "reason": "FailedGetScale"}

    (found,) = autoscaled(blind).find(SIGNATURES, "autoscaler_inactive")
    (other,) = autoscaled(lost, target="gone").find(SIGNATURES, "autoscaler_inactive")

    assert (found.subject.kind, found.confidence) == ("deployment", 0.3)
    assert other.subject.kind == "horizontalpodautoscaler"


@pytest.mark.parametrize(
    ("kind", "reason", "lack"),
    [
        ("ScalingActive", "FailedGetResourceMetric", "a metrics server"),
        ("ScalingActive", "FailedGetExternalMetric", "an adapter that serves the metrics API"),
        ("AbleToScale", "FailedGetScale", "what it scales"),
    ],
)
def test_what_an_autoscaler_lacks_is_told_by_its_reason(kind, reason, lack):
    """A metrics server serves no metric of a queue, and none of them a target."""
    (found,) = autoscaled({"type": kind, "status": "False", "reason": reason}).find(SIGNATURES, "autoscaler_inactive")

    assert lack in found.person_must


def test_autoscaler_that_works_or_is_switched_off_is_well():
    """A target at zero switches it off."""
    well = {"type": "ScalingActive", "status": "True"}
    off = {"type": "ScalingActive", "status": "False", "reason": "ScalingDisabled"}

    assert autoscaled(well).list_causes(SIGNATURES) == []
    assert autoscaled(off).list_causes(SIGNATURES) == []


def test_autoscaler_at_its_maximum_is_told():
    """At its minimum it merely has little to do."""
    limited = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}
    idle = {"type": "ScalingLimited", "status": "True", "reason": "TooFewReplicas"}

    assert autoscaled(limited).list_causes(SIGNATURES) == ["autoscaler_limit_reached"]
    assert autoscaled(idle).list_causes(SIGNATURES) == []


def test_limit_of_a_workload_that_only_its_pods_tell_of_is_the_workloads():
    """Who pastes the autoscaler and the pods need not paste the deployment as well."""
    limited = {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"}
    spec = {"scaleTargetRef": {"kind": "Deployment", "name": "web"}}
    town = Town().add("HorizontalPodAutoscaler", "scaler", spec=spec, status={"conditions": [limited]})
    town.pod("web-7f6d5c4b9-4kq2n", "web-7f6d5c4b9", ready=True)

    (found,) = town.find(SIGNATURES, "autoscaler_limit_reached")

    assert (found.subject.kind, found.subject.name) == ("deployment", "web")


def drained(allowed, *, cordoned=True, labels=None):
    """Return a town whose node is being drained of a pod that a budget guards."""
    town = Town().add("Node", "n1", "", spec={"unschedulable": cordoned}).deployment(ready=1)
    town.replica_set(existing=1, ready=1).pod(node="n1", ready=True, labels={"app": "web"})
    spec = {"selector": {"matchLabels": labels if labels is not None else {"app": "web"}}}
    return town.add("PodDisruptionBudget", "guard", spec=spec, status={"disruptionsAllowed": allowed})


def test_budget_that_allows_nothing_blocks_a_drain():
    """The pod on the cordoned node may not be evicted."""
    (found,) = drained(0).find(SIGNATURES, "disruption_budget_blocks")

    assert found.subject.name == "web"


@pytest.mark.parametrize(("name", "causes"), [("web-pdb", ["disruption_budget_blocks"]), ("other", [])])
def test_budget_known_from_a_row_guards_what_it_is_named_after(name, causes):
    """A plain table shows no selector."""
    town = drained(0)
    town.bodies.pop()
    head = "NAME      MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE"
    town.listing("pdb", name)
    town.documents = [
        replace(town.documents[0], text=f"{head}\n{name:<10}1               N/A               0                     9d")
    ]

    assert town.list_causes(SIGNATURES) == causes


def test_budget_blocks_nothing_without_a_drain_a_pod_or_a_limit():
    """It allows one; or the node takes pods; or it guards others, or nothing."""
    towns = (drained(1), drained(0, cordoned=False), drained(0, labels={"app": "x"}), drained(0, labels={}))

    assert [town.list_causes(SIGNATURES) for town in towns] == [[], [], [], []]
