import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import build_cluster
from fermata.rules.kubernetes.health import PodPhase
from fermata.rules.signatures.kubernetes_reach import (
    Replicas,
    cite_first,
    condition_of,
    count_replicas,
    explain,
    explain_own,
    is_short,
    known_absent,
    lacks_pods,
    list_ailing,
    list_controllers,
)


def printed(query, *lines):
    """Return a cluster of which one table is known."""
    return build_cluster([Document(query, DocumentForm.KUBECTL, "\n".join(lines), query=query)])


def test_pods_of_one_trouble_are_gathered_by_workload():
    """Two pods of a deployment are one ailing workload; a bare pod is its own; the phases asked for come in order."""
    town = Town().deployment().replica_set(existing=2).waiting("ImagePullBackOff").pod("web-1-b").pod("web-1-c")
    town.pod("alone", None)

    found = list_ailing(town.build(), PodPhase.UNSCHEDULABLE, PodPhase.IMAGE)

    assert [(item.workload.name, [pod.name for pod in item.pods]) for item in found] == [
        ("web", ["web-1-b", "web-1-c", "web-1-a"]),
        ("alone", ["alone"]),
    ]


def test_healthy_pods_are_not_ailing():
    """Only what is asked for is returned."""
    assert list_ailing(Town().pod(node="n1", ready=True).build(), PodPhase.IMAGE) == []


def failed_pod(town, name="report-1-x", owner=("Job", "report-1")):
    """Add a pod that ended for good."""
    return town.pod(name, owner, node="n1", status={"phase": "Failed"})


def run(town, name, *, succeeded=0, hour=1, owner=("CronJob", "report")):
    """Add a job of a cron job."""
    town.add("Job", name, owner=owner, spec={}, status={"succeeded": succeeded})
    town.bodies[-1]["metadata"]["creationTimestamp"] = f"2026-11-23T0{hour}:00:00Z"
    return town


def test_pod_whose_job_succeeded_at_a_later_try_is_history():
    """The failed try stays listed; of a cron job also the failed run before one that went well."""
    retried = failed_pod(run(Town(), "report-1", succeeded=1, owner=None))
    next_run = failed_pod(run(run(Town().add("CronJob", "report"), "report-1"), "report-2", succeeded=1, hour=2))

    assert list_ailing(retried.build(), PodPhase.CRASH) == []
    assert list_ailing(next_run.build(), PodPhase.CRASH) == []


def test_pod_of_a_job_that_failed_last_ails():
    """An earlier run that went well does not help; nor does another cron job's."""
    again = failed_pod(run(run(Town().add("CronJob", "report"), "report-0", succeeded=1, hour=0), "report-1"))
    unknown = failed_pod(run(Town().add("CronJob", "report"), "report-2", succeeded=1), owner=("CronJob", "report"))

    assert [item.workload.name for item in list_ailing(again.build(), PodPhase.CRASH)] == ["report"]
    assert [item.workload.name for item in list_ailing(unknown.build(), PodPhase.CRASH)] == ["report"]


def test_pod_that_was_replaced_is_history():
    """Nodes that shut down leave failed pods behind; a bare pod is never replaced."""
    replaced = failed_pod(Town().deployment(ready=1).replica_set(existing=1, ready=1), "web-1-a", "web-1")
    missed = failed_pod(Town().deployment().replica_set(existing=1), "web-1-a", "web-1")
    bare = failed_pod(Town(), "alone", None)

    assert list_ailing(replaced.build(), PodPhase.CRASH) == []
    assert len(list_ailing(missed.build(), PodPhase.CRASH)) == 1
    assert len(list_ailing(bare.build(), PodPhase.CRASH)) == 1


@pytest.mark.parametrize(
    ("replicas", "ready", "updated", "short"),
    [(1, 0, 0, True), (1, 1, 1, False), (2, 2, 1, True), (0, 0, 0, False)],
)
def test_deployment_is_short_of_ready_or_of_new_pods(replicas, ready, updated, short):
    """An old version that still serves does not make a rollout well."""
    (found,) = Town().deployment(replicas=replicas, ready=ready, updated=updated).build().list("Deployment")

    assert is_short(found) is short


def test_unknown_counts_are_not_short():
    """What nobody counted is no trouble; a job that succeeded needs no pod any more."""
    town = Town().add("DaemonSet", "agent", spec={}).add("Job", "once", spec={}, status={"succeeded": 1})
    town.add("Job", "busy", spec={}, status={"active": 1})
    agent, once, busy = list_controllers(town.build())

    assert [is_short(agent), is_short(once), is_short(busy)] == [False, False, True]


def test_counts_are_read_from_a_table():
    """No detail has to be read for them."""
    deployments = printed(
        "kubectl get deploy -n shop",
        "NAME   READY   UP-TO-DATE   AVAILABLE   AGE",
        "web    0/2     1            0           5m",
    )
    sets = printed("kubectl get sts -n shop", "NAME   READY   AGE", "db     1/1     5m")

    assert count_replicas(deployments.list("Deployment")[0]) == Replicas(2, 0, 1)
    assert count_replicas(sets.list("StatefulSet")[0]) == Replicas(1, 1, None)


def test_pods_that_exist_and_fail_are_not_lacking():
    """A replica set that has made its pods was not refused."""
    made = Town().deployment().replica_set(existing=1).build()
    refused = Town().deployment().replica_set("web-0", wanted=0).replica_set().build()
    unknown = Town().deployment(replicas=2).replica_set(wanted=0).pod(labels={"app": "web"}).build()

    assert [lacks_pods(town, town.list("Deployment")[0]) for town in (made, refused)] == [False, True]
    assert lacks_pods(unknown, unknown.list("Deployment")[0])


def test_reach_holds_pods_and_services_and_an_origins_its_callers():
    """What follows from a workload's trouble."""
    caller = {"containers": [{"name": "app", "env": [{"name": "WEB_ADDR", "value": "web:80"}]}]}
    town = Town().deployment().replica_set(existing=1).pod().service().service("other").deployment("front", spec=caller)
    cluster = town.build()
    web = cluster.find("Deployment", "web")

    assert explain_own(cluster, web) == {
        "kubernetes:deployment/shop/web",
        "kubernetes:pod/shop/web-1-a",
        "kubernetes:service/shop/web",
    }
    assert explain(cluster, web) == explain_own(cluster, web) | {"kubernetes:deployment/shop/front"}


def test_condition_is_found_by_its_type():
    """An object that reports none has an empty one."""
    town = Town().deployment(status={"conditions": [{"type": "A"}, {"type": "B", "status": "True"}]}).build()

    assert condition_of(town.list("Deployment")[0], "B") == {"type": "B", "status": "True"}
    assert condition_of(town.list("Deployment")[0], "C") == {}


def test_quotes_are_put_in_one_row():
    """Each once, without those that were not found."""
    (quote,) = (Town().deployment().build().list("Deployment")[0].passages[0].find("web"),)

    assert cite_first(None, quote, (quote,), ()) == (quote,)


def test_absence_needs_a_name_and_a_list():
    """A name that nobody gave is absent from every list and missed by nobody."""
    town = Town().listing("secrets", "one").build()

    assert known_absent(town, "Secret", "two", "shop")
    assert not known_absent(town, "Secret", "one", "shop")
    assert not known_absent(town, "Secret", "", "shop")
    assert not known_absent(town, "ConfigMap", "two", "shop")
