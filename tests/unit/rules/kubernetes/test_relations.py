import pytest

from fermata.rules.kubernetes.logs import LogText

PODS = """\
NAME                    READY   STATUS    RESTARTS   AGE   LABELS
web-6f86c9b7d5-x7k2p    1/1     Running   0          5m    app=web,pod-template-hash=6f86c9b7d5
web-6f86c9b7d5-q9w4z    0/1     Pending   0          5m    app=web,pod-template-hash=6f86c9b7d5
db-0                    1/1     Running   0          5m    app=db
bare                    1/1     Running   0          5m    app=bare
"""
SETS = "NAME             DESIRED   CURRENT   READY   AGE\nweb-6f86c9b7d5   2         2         1       5m\n"
SERVICES = """\
NAME    TYPE           CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR
web     ClusterIP      10.0.0.1     <none>        80/TCP    5m    app=web
all     ClusterIP      10.0.0.2     <none>        80/TCP    5m    pod-template-hash=6f86c9b7d5
db      ClusterIP      10.0.0.3     <none>        80/TCP    5m    app=wrong
out     ExternalName   <none>       example.com   <none>    5m    <none>
"""
EVENTS = """\
LAST SEEN   TYPE      REASON      OBJECT                              MESSAGE
5m          Normal    Scaled      deployment/web                      m
4m          Normal    Created     replicaset/web-6f86c9b7d5           m
3m          Warning   BackOff     pod/web-6f86c9b7d5-x7k2p            m
2m          Warning   BackOff     pod/web-6f86c9b7d5-44444            gone
1m          Warning   Killing     pod/other-6f86c9b7d5-55555          other
50s         Warning   Killing     pod/mystery                         other
40s         Warning   Killing     pod/bare                            bare
30s         Normal    Ready       node/n1                             m
20s         Warning   Killing     pod/bare                            again
"""
ANSWERS = {
    "kubectl get pods -n shop --show-labels": PODS,
    "kubectl get rs -n shop": SETS,
    "kubectl get deploy -n shop": "NAME   READY   AGE\nweb    1/2     5m\n",
    "kubectl get sts -n shop": "NAME   READY   AGE\ndb     1/1     5m\n",
    "kubectl get svc -n shop -o wide": SERVICES,
    "kubectl get events -n shop": EVENTS,
}


@pytest.fixture
def shop(printed):
    """A deployment of two pods, a stateful set of one, and a bare pod."""
    return printed(ANSWERS)


def _names(items):
    return [item.name for item in items]


def test_pods_belong_to_their_workload(shop):
    """A replica set's pods are its deployment's; a pod's are itself."""
    pod = shop.find("Pod", "db-0")

    assert _names(shop.pods_of(shop.find("Deployment", "web"))) == ["web-6f86c9b7d5-x7k2p", "web-6f86c9b7d5-q9w4z"]
    assert len(shop.pods_of(shop.find("ReplicaSet", "web-6f86c9b7d5"))) == 2
    assert _names(shop.pods_of(shop.find("StatefulSet", "db"))) == ["db-0"]
    assert shop.pods_of(pod) == (pod,)
    assert shop.pods_of(shop.find("Service", "web")) == ()


def test_workload_is_what_people_know_a_pod_by(shop):
    """A bare pod is its own; what runs nothing has none."""

    def workload(kind, name):
        found = shop.workload_of(shop.find(kind, name))
        return found and (found.kind, found.name)

    assert workload("Pod", "web-6f86c9b7d5-x7k2p") == ("Deployment", "web")
    assert workload("ReplicaSet", "web-6f86c9b7d5") == ("Deployment", "web")
    assert workload("Deployment", "web") == ("Deployment", "web")
    assert workload("Pod", "db-0") == ("StatefulSet", "db")
    assert workload("Pod", "bare") == workload("Pod", "bare") == ("Pod", "bare")
    assert workload("Service", "web") is None


def test_workload_that_was_not_captured_has_a_name(printed):
    """It is one object however often it is met."""
    cluster = printed({"kubectl get pods -n shop --show-labels": PODS})
    first, second, *_ = cluster.list("Pod")

    workload = cluster.workload_of(first)

    assert (workload.kind, workload.name, workload.is_detailed) == ("Deployment", "web", False)
    assert workload is cluster.workload_of(second)
    assert len(cluster.pods_of(workload)) == 2


def test_app_name_is_the_workloads(shop):
    """Of a service it is the only workload behind it, else its own."""
    assert shop.app_name(shop.find("Pod", "web-6f86c9b7d5-x7k2p")) == "web"
    assert shop.app_name(shop.find("Service", "all")) == "web"
    assert shop.app_name(shop.find("Service", "db")) == "db"
    assert shop.app_name(shop.list("Service")[3]) == "out"


def test_services_select_by_labels(shop):
    """Pods' labels decide; without pods the template's do."""
    web, database = shop.find("Deployment", "web"), shop.find("StatefulSet", "db")

    assert _names(shop.services_for(web)) == ["web", "all"]
    assert shop.services_for(database) == ()
    assert _names(shop.pods_selected_by(shop.find("Service", "web"))) == _names(shop.pods_of(web))
    assert _names(shop.workloads_selected_by(shop.find("Service", "web"))) == ["web"]
    assert shop.workloads_selected_by(shop.find("Service", "out")) == ()


def test_service_known_from_a_row_alone_leads_to_what_is_named_like_it(printed):
    """A plain table shows no selector, and people name a service after what is behind it."""
    rows = "NAME   TYPE        CLUSTER-IP\nweb    ClusterIP   10.0.0.1\nedge   ClusterIP   10.0.0.2\n"
    cluster = printed(
        {
            "kubectl get svc -n shop": rows,
            "kubectl get deploy -n shop": "NAME   READY\nweb    1/1\n",
            "kubectl get pods -n shop": "NAME                READY   STATUS\nweb-6f86c9b-x7k2p   1/1     Running\n",
        }
    )
    web, edge = cluster.list("Service")

    assert _names(cluster.workloads_selected_by(web)) == ["web"]
    assert _names(cluster.pods_selected_by(web)) == ["web-6f86c9b-x7k2p"]
    assert _names(cluster.services_of(cluster.find("Deployment", "web"))) == ["web"]
    assert cluster.workloads_selected_by(edge) == cluster.pods_selected_by(edge) == ()


def test_workload_without_pods_is_selected_by_its_template(applied):
    """A workload scaled to zero still has its service."""
    labels = {"metadata": {"labels": {"app": "web"}}}
    cluster = applied(
        {
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": 0, "template": labels},
        },
        {
            "kind": "Service",
            "metadata": {"name": "front", "namespace": "shop"},
            "spec": {"selector": {"app": "web"}},
        },
        {
            "kind": "Service",
            "metadata": {"name": "front", "namespace": "other"},
            "spec": {"selector": {"app": "web"}},
        },
    )

    assert [item.namespace for item in cluster.services_for(cluster.find("Deployment", "web"))] == ["shop"]


def test_service_whose_selector_holds_only_in_part_selects_nothing(applied):
    """Every equality counts; what is no text equals nothing."""
    labels = {"metadata": {"labels": {"app": "web", "odd": ["x"]}}}
    cluster = applied(
        {"kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {"template": labels}},
        {
            "kind": "Service",
            "metadata": {"name": "blue", "namespace": "shop"},
            "spec": {"selector": {"app": "web", "colour": "blue"}},
        },
    )
    workload, service = cluster.find("Deployment", "web"), cluster.find("Service", "blue")

    assert cluster.services_for(workload) == cluster.workloads_selected_by(service) == ()


def test_service_with_a_wrong_selector_is_still_the_workloads(shop):
    """Its callers use it; one of its name that selects others is not."""
    assert _names(shop.services_of(shop.find("StatefulSet", "db"))) == ["db"]
    assert _names(shop.services_of(shop.find("Deployment", "web"))) == ["web", "all"]


def test_events_of_a_workload_are_its_pods_too(shop):
    """Also those of pods that are gone."""
    web = shop.find("Deployment", "web")

    assert [(event.reason, event.message) for event in shop.events(web)] == [
        ("Scaled", "m"),
        ("Created", "m"),
        ("BackOff", "m"),
        ("BackOff", "gone"),
    ]
    assert len(shop.events(web, "BackOff")) == 2
    assert [event.message for event in shop.events(shop.find("Pod", "bare"))] == ["bare", "again"]
    assert shop.events(shop.find("StatefulSet", "db")) == ()
    assert len(shop.events()) == 9
    assert [event.ref.name for event in shop.events(reason="Ready")] == ["n1"]


def test_logs_belong_to_pods_and_workloads(printed):
    """A source may be named by either, and outlive its pod."""

    def log(key, pod, namespace=""):
        return LogText(key, namespace, pod, text=key)

    logs = [
        log("pod", "web-6f86c9b7d5-x7k2p", "shop"),
        log("workload", "web"),
        log("lost", "web-6f86c9b7d5-44444"),
        log("lost-there", "web-6f86c9b7d5-55555", "shop"),
        log("elsewhere", "web", "other"),
        log("database", "db-0"),
    ]
    cluster = printed(ANSWERS, logs)

    def keys(kind, name):
        return {each.document_key for each in cluster.logs(cluster.find(kind, name))}

    assert len(cluster.events(cluster.find("Deployment", "web"))) == 4
    assert keys("Deployment", "web") == {"pod", "workload", "lost", "lost-there"}
    assert keys("Pod", "web-6f86c9b7d5-x7k2p") == {"pod", "workload"}
    assert keys("StatefulSet", "db") == {"database"}
    assert keys("Service", "web") == {"workload"}
    assert len(cluster.logs()) == 6
