"""Labels and bounds of a change that a cluster shows to leave pods out."""

from time import process_time

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.cluster_ties import judge_cluster, list_unmatched

SERVICE = (
    "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE   SELECTOR\n"
    "web    ClusterIP   10.0.0.1     <none>        80/TCP    9d    app=web-ui,tier=front\n"
    "ext    ClusterIP   10.0.0.2     <none>        80/TCP    9d    <none>"
)
NOBODY = "NAME   ENDPOINTS   AGE\nweb    <none>      9d"
SOMEBODY = "NAME   ENDPOINTS       AGE\nweb    10.1.0.4:8080   9d"
PODS = "NAME    READY   STATUS   RESTARTS   AGE   LABELS\nweb-1   0/1     Error    9          9d    "
SELECTOR = "+++ b/k8s/web.yaml\n kind: Service\n spec:\n   selector:\n-    app: web\n+    app: web-ui"
LABEL = "+++ b/k8s/web.yaml\n   template:\n     metadata:\n       labels:\n-        tier: front\n+        tier: edge"
COMMON = "+++ b/kustomization.yaml\n commonLabels:\n-  app: web\n+  app: web-ui"
MATCH = "+++ b/k8s/web.tf\n   selector {\n     match_labels = {\n-      app = web\n+      app = web-ui\n     }"
GIVEN = "+++ b/k8s/deploy.yaml\n   template:\n     metadata:\n       labels:\n-        app: web\n+        app: web-ui"
QUOTA = "+++ b/quota.yaml\n kind: ResourceQuota\n spec:\n   hard:\n-    {0}: {1}\n+    {0}: {2}"
NEW_QUOTA = '+++ b/quota.yaml\n kind: ResourceQuota\n spec:\n   hard:\n+    pods: "5"'
RANGE = "+++ b/range.yaml\n spec:\n   limits:\n     - type: Container\n       {0}:\n-        {1}\n+        {2}"
REFUSED = (
    "2m  Warning  FailedCreate  replicaset/web-6f8  Error creating: pods is forbidden: exceeded quota: q, "
    "requested: pods=1,limits.memory=1Gi, used: pods=5,limits.memory=8Gi, limited: pods=5,limits.memory=8Gi"
)
ASKS = (
    "+++ b/k8s/web.yaml\n     containers:\n       - name: web\n         resources:\n           {0}:\n"
    "-            {1}\n+            {2}"
)
MOST = "2m  Warning  FailedCreate  replicaset/web-6f8  forbidden: maximum cpu usage per Container is 2, but limit is 4"
LEAST = (
    "2m  Warning  FailedCreate  replicaset/web-6f8  forbidden: minimum memory usage per Pod is 1Gi, but request is 9M"
)
CPU = (
    "2m  Warning  FailedCreate  replicaset/web-6f8  'forbidden: exceeded quota: q, requested: cpu=3, used: cpu=9, "
    "limited: cpu=9'"
)
RATIO = (
    "2m  Warning  FailedCreate  replicaset/web-6f8  forbidden: cpu max limit to request ratio per Container is 2, "
    "but provided ratio is 4.0 exceeded"
)


def show(incident, *answers):
    """Add what kubectl printed: commands with their answers."""
    for query, text in answers:
        facts = {"form": "kubectl", "objects": []}
        incident.add(EvidenceKind.OBJECTS, "shop", text.split("\n"), facts)
        incident.evidence[-1] = incident.evidence[-1].model_copy(update={"query": query})
    return incident


def judge(incident, diff, *answers):
    """Return what ties one change to what a cluster shows."""
    show(incident, *answers).change("c1", 5, diff)
    (change,) = incident.list_changes()
    return list(judge_cluster(change, incident.read()))


def serve(endpoints=NOBODY):
    """Give a service and its endpoints as kubectl prints them."""
    return ("kubectl get svc -n shop -o wide", SERVICE), ("kubectl get ep -n shop", endpoints)


@pytest.mark.parametrize(
    ("diff", "text"),
    [
        (SELECTOR, "it makes web select app=web-ui, and nothing is behind it"),
        (COMMON, "it makes web select app=web-ui, and nothing is behind it"),
        (MATCH, "it makes web select app=web-ui, and nothing is behind it"),
        (LABEL, "it takes away tier=front, which web selects"),
        (LABEL.rpartition("\n")[0], "it takes away tier=front, which web selects"),
    ],
    ids=["selector", "common labels", "terraform", "label", "label is gone"],
)
def test_pair_of_a_service_that_leads_nowhere_ties_the_change(incident, diff, text):
    """The service's own line shows it."""
    (sign,) = judge(incident, diff, *serve())

    assert (sign.name, sign.points, sign.text) == ("constant", 2.5, text)
    assert "app=web-ui,tier=front" in sign.telling.text


@pytest.mark.parametrize(
    ("diff", "answers"),
    [
        (SELECTOR, serve(SOMEBODY)),
        (SELECTOR, serve()[:1]),
        (SELECTOR, ()),
        (SELECTOR.replace("web-ui", "other"), serve()),
        (LABEL.replace("tier", "zone"), serve()),
        (f"{SELECTOR}\n{GIVEN}", serve()),
        ("+++ b/web.py\n-    app: web\n+    app: web-ui", serve()),
    ],
    ids=["endpoints", "endpoints unknown", "no objects", "another pair", "another label", "given as well", "no label"],
)
def test_pair_that_nobody_misses_ties_nothing(incident, diff, answers):
    """The service leads somewhere, or that is not known, or what is missing is another pair."""
    assert judge(incident, diff, *answers) == []


def test_pods_that_are_there_say_whether_a_service_finds_any(incident):
    """Where no endpoints were captured: one that no pod of its namespace matches leads nowhere."""
    shown = ("kubectl get pods -n shop --show-labels", f"{PODS}app=web,tier=front")

    assert [one.service for one in list_unmatched(show(incident, serve()[0], shown).build())] == ["web"]


def test_pods_that_match_and_are_not_ready_are_another_matter(incident):
    """The label is right."""
    shown = ("kubectl get pods -n shop --show-labels", f"{PODS}app=web-ui,tier=front")

    assert list_unmatched(show(incident, *serve(), shown).build()) == ()


@pytest.mark.parametrize(
    ("diff", "line", "name"),
    [
        (QUOTA.format("pods", '"10"', '"5"'), REFUSED, "spec.hard.pods to 5"),
        (QUOTA.format("limits.memory", "16Gi", "8192Mi"), REFUSED, "spec.hard.limits.memory to 8192Mi"),
        (NEW_QUOTA, REFUSED, "spec.hard.pods to 5"),
        (RANGE.format("max", "cpu: 8", "cpu: 2"), MOST, "spec.limits.max.cpu to 2"),
        (RANGE.format("max", "cpu: 8", "cpu: 2"), MOST.partition(", but")[0], "spec.limits.max.cpu to 2"),
        (RANGE.format("min", "memory: 8Mi", "memory: 1Gi"), LEAST, "spec.limits.min.memory to 1Gi"),
        (ASKS.format("limits", "memory: 512Mi", "memory: 1Gi"), REFUSED, "{}limits.memory to 1Gi"),
        (ASKS.format("requests", "cpu: 100m", "cpu: 3"), CPU, "{}requests.cpu to 3"),
        (ASKS.format("limits", "cpu: 2", "cpu: 4"), MOST, "{}limits.cpu to 4"),
        (ASKS.format("requests", "memory: 1Gi", "memory: 9M"), LEAST, "{}requests.memory to 9M"),
        (RANGE.format("maxLimitRequestRatio", "cpu: 4", "cpu: 2"), RATIO, "spec.limits.maxLimitRequestRatio.cpu to 2"),
    ],
)
def test_amount_that_refuses_pods_ties_whoever_set_it(incident, diff, line, name):
    """In whatever unit; one that was not there before is less than none."""
    (sign,) = judge(incident, diff, ("kubectl get events -n shop", line))

    name = name.format("containers.resources.")
    assert sign.text == f"it sets {name}, which is what refuses pods"
    assert sign.telling.text == line


@pytest.mark.parametrize(
    ("diff", "line"),
    [
        (QUOTA.format("pods", '"4"', '"5"'), REFUSED),
        (QUOTA.format("pods", '"10"', '"7"'), REFUSED),
        (QUOTA.format("limits.cpu", "10", "8"), REFUSED),
        (QUOTA.format("pods", '"10"', '"5"').replace("hard", "soft"), REFUSED),
        (QUOTA.format("pods", '"10"', '"5"').rpartition("\n")[0], REFUSED),
        (QUOTA.format("pods", '"10"', '"5"'), "2m  Warning  FailedCreate  replicaset/web-6f8  exceeded quota: q"),
        (QUOTA.format("pods", '"10"', '"5"'), REFUSED.partition(", limited")[0] + ", limited: none"),
        (ASKS.format("limits", "memory: 2Gi", "memory: 1Gi"), REFUSED),
        (ASKS.format("limits", "memory: 512Mi", "memory: 2Gi"), REFUSED),
        (ASKS.format("requests", "memory: 512Mi", "memory: 1Gi"), REFUSED),
        (RANGE.format("min", "cpu: 1", "cpu: 2"), MOST),
        (RANGE.format("max", "cpu: 1", "cpu: 2"), MOST),
    ],
    ids=[
        "raised", "another amount", "another resource", "no bound", "taken away", "no amounts", "cut", "asked for less",
        "asked for another amount", "asked for otherwise", "other bound",
        "widened",
    ],
)  # fmt: skip
def test_amount_that_refuses_nobody_ties_nothing(incident, diff, line):
    """Who allowed more, set another amount, or speaks of something else."""
    assert judge(incident, diff, ("kubectl get events -n shop", line)) == []


MORE = "+++ b/k8s/web.yaml\n spec:\n-  replicas: {0}\n+  replicas: {1}"


@pytest.mark.parametrize(
    ("diff", "line", "service", "is_tied"),
    [
        (MORE.format(2, 8), REFUSED, "web", True),
        (
            MORE.format(2, 8),
            REFUSED.replace("pods is", 'pods "web-6f8-x" is').replace("replicaset/web", "rs"),
            "web",
            True,
        ),
        (MORE.format(8, 2), REFUSED, "web", False),
        (MORE.format(2, 8).replace("replicas", "surge"), REFUSED, "web", False),
        (MORE.format(2, 8), REFUSED, "api", False),
        (MORE.format(2, 8), REFUSED, "", False),
        (MORE.format(2, 8), MOST, "web", False),
    ],
    ids=["more", "by the pod's name", "fewer", "another number", "another service", "no service", "a range"],
)
def test_number_of_pods_that_a_quota_refuses_ties_whoever_raised_it(incident, diff, line, service, is_tied):
    """A quota is reached by number as well as by size; a range is not."""
    show(incident, ("kubectl get events -n shop", line)).change("c1", 5, diff, service=service)
    (change,) = incident.list_changes()

    found = [sign.text for sign in judge_cluster(change, incident.read())]

    assert found == (["it runs 8 of web instead of 2, and a quota refuses its pods"] if is_tied else [])


LIMIT = "+++ b/k8s/web.yaml\n   resources:\n     limits:\n-      cpu: 2\n+      cpu: 500m"
THROTTLED = "Processes experience elevated CPU throttling."
POD = {"container": "app", "pod": "web-6f8c7d9b5-2kxzq", "namespace": "shop"}


def throttle(incident, labels, summary=THROTTLED):
    """Let the alert be about a container, as kube-prometheus tells it."""
    incident.labels, incident.summary = labels, summary
    return incident


@pytest.mark.parametrize("labels", [POD, {"container": "web"}, {"deployment": "web", "pod": "other-0"}])
@pytest.mark.parametrize("diff", [LIMIT, LIMIT.replace("-      cpu: 2\n", "")])
def test_limit_of_what_an_alert_calls_throttled_ties_whoever_lowered_it(incident, labels, diff):
    """By its container, its pod's workload, or whatever else the alert names it by; no limit was more."""
    (sign,) = judge(throttle(incident, labels), diff)

    assert (sign.points, sign.text) == (2.5, "it limits web, which is throttled, to 500m of CPU")


FEWER = "+++ b/k8s/web.yaml\n spec:\n-  replicas: 4\n+  replicas: 1"


def test_fewer_of_what_an_alert_calls_throttled_tie_whoever_lowered_them(incident):
    """Each of those that are left has to do what the others did."""
    (sign,) = judge(throttle(incident, POD), FEWER)

    assert (sign.points, sign.text) == (2.5, "it runs 1 of web, which is throttled, instead of 4")


@pytest.mark.parametrize(
    ("labels", "diff", "summary"),
    [
        (POD, LIMIT, "web answers late"),
        (POD, LIMIT.replace("cpu: 2", "cpu: 250m"), THROTTLED),
        (POD, LIMIT.replace("cpu", "memory"), THROTTLED),
        (POD, LIMIT.replace("limits", "requests"), THROTTLED),
        (POD, LIMIT.replace("web", "cart"), THROTTLED),
        (POD, LIMIT.rpartition("\n")[0], THROTTLED),
        (POD, FEWER.replace("4", "0"), THROTTLED),
        (POD, FEWER.replace("-  replicas: 4\n", ""), THROTTLED),
        ({"container": "app"}, LIMIT.replace("web", "app"), THROTTLED),
    ],
    ids=[
        "slow alone",
        "raised",
        "memory",
        "request",
        "another workload",
        "taken away",
        "more of it",
        "a first count",
        "any container",
    ],
)
def test_limit_that_holds_nobody_back_ties_nothing(incident, labels, diff, summary):
    """What is not called throttled, not lowered, or not this one's."""
    assert judge(throttle(incident, labels, summary), diff) == []


STRICT = "+++ b/istio/peer.yaml\n kind: PeerAuthentication\n spec:\n   mtls:\n-    mode: PERMISSIVE\n+    mode: STRICT"
CLEAR = "+++ b/istio/rule.yaml\n spec:\n   trafficPolicy:\n     tls:\n-      mode: ISTIO_MUTUAL\n+      mode: DISABLE"
NO_CHAIN = '"- - -" 0 NR filter_chain_not_found - "-" 0 0 0 - "-" "-" - - 10.1.0.7:8080 10.1.0.33:51# - -'


@pytest.mark.parametrize(
    ("diff", "text"),
    [
        (STRICT, "it takes nothing in the clear any more"),
        (CLEAR, "it lets calls go in the clear"),
        (CLEAR.rpartition("\n")[0], "it lets calls go in the clear"),
    ],
    ids=["strict", "disabled", "no rule any more"],
)
def test_mesh_that_refuses_what_is_clear_ties_whoever_asked_for_that(incident, diff, text):
    """The proxy of whoever is called says that no filter chain fits."""
    incident.calm("pricing").log("pricing", (0, 20, NO_CHAIN))

    (sign,) = judge(incident, diff)

    assert sign.text == f"{text}, and filter_chain_not_found is what the proxy says"
    assert "filter_chain_not_found" in sign.telling.text


@pytest.mark.parametrize(
    ("diff", "line"),
    [
        (STRICT, "ERROR read: connection reset by peer"),
        (STRICT.replace("STRICT", "DISABLE"), NO_CHAIN),
        (CLEAR.replace("DISABLE", "SIMPLE"), NO_CHAIN),
        (STRICT.replace("mtls", "retry"), NO_CHAIN),
    ],
    ids=["reset alone", "not asked for", "still encrypted", "another mode"],
)
def test_mesh_that_refuses_for_another_reason_ties_nothing(incident, diff, line):
    """A connection is reset for many reasons, and a mode is not always that of mutual TLS."""
    incident.calm("pricing").log("pricing", (0, 20, line))

    assert judge(incident, diff) == []


def test_long_word_of_an_alert_is_read_once(incident):
    """Whoever fires it writes what they like."""
    throttle(incident, POD, "throttl" * 20_000)
    began = process_time()

    assert judge(incident, LIMIT) == []
    assert process_time() - began < 2


def test_commit_that_renamed_what_a_service_selects_is_named(incident):
    """Among others that were nearer in time."""
    show(incident, *serve()).change("c1", 12, SELECTOR, service="").change("c2", 3, "+++ b/a.py\n-a = 1\n+a = 2")

    assert incident.judge().guilty == "c1"
