"""Objects and texts come from strangers: whatever they hold, asking about them does not fail."""

import copy

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.cluster import build_cluster
from fermata.rules.kubernetes.health import (
    desired_replicas,
    is_recently_restarted,
    last_termination,
    list_troubles,
    pod_phase,
    ready_replicas,
)
from fermata.rules.kubernetes.kinds import KINDS

TEMPLATE = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
    "spec": {
        "nodeName": "n1",
        "containers": [
            {
                "name": "web",
                "command": ["sh"],
                "env": [
                    {"name": "DB_HOST", "value": "db"},
                    {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "c"}}},
                ],
                "envFrom": [{"configMapRef": {"name": "c"}}],
            }
        ],
        "initContainers": [{"name": "init"}],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}],
    },
}
OBJECTS = [
    {
        "kind": "Pod",
        "metadata": {
            "name": "web-1",
            "namespace": "shop",
            "labels": {"app": "web"},
            "creationTimestamp": "2026-11-25T11:00:00Z",
            "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "controller": True}],
        },
        "spec": TEMPLATE["spec"],
        "status": {
            "phase": "Running",
            "reason": "x",
            "conditions": [{"type": "Ready", "status": "True", "reason": "x"}],
            "initContainerStatuses": [{"name": "init", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}],
            "containerStatuses": [
                {
                    "name": "web",
                    "ready": True,
                    "restartCount": 1,
                    "state": {"running": {}},
                    "lastState": {"terminated": {"finishedAt": "2026-11-25T11:59:00Z"}},
                }
            ],
        },
    },
    {
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE},
        "status": {"readyReplicas": 1, "conditions": [{"type": "Failed", "status": "True"}]},
    },
    {"kind": "Job", "metadata": {"name": "j", "namespace": "shop"}, "status": {"conditions": [{"type": "Failed"}]}},
    {
        "kind": "Service",
        "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "db"}, "type": "ClusterIP"},
    },
    {
        "kind": "Endpoints",
        "metadata": {"name": "db", "namespace": "shop"},
        "subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 80}]}],
    },
    {
        "kind": "EndpointSlice",
        "metadata": {"name": "web-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}},
        "ports": [{"port": 80}],
        "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}],
    },
    {"kind": "Node", "metadata": {"name": "n1"}, "status": {"conditions": [{"type": "Ready", "status": "False"}]}},
    {"kind": "PersistentVolumeClaim", "metadata": {"name": "p", "namespace": "shop"}, "status": {"phase": "Pending"}},
    {"kind": "ConfigMap", "metadata": {"name": "c", "namespace": "shop"}, "data": {"k": "http://db:80"}},
    {"kind": "Secret", "metadata": {"name": "s", "annotations": {}}, "data": {"k": "aGk="}, "stringData": {"x": "y"}},
    {
        "kind": "Event",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web-1"},
        "count": 1,
        "lastTimestamp": "2026-11-25T11:00:00Z",
        "series": {"count": 1, "lastObservedTime": "2026-11-25T11:00:00Z"},
        "source": {"component": "kubelet"},
        "message": "m",
        "reason": "r",
        "type": "Warning",
    },
]
JUNK = st.sampled_from(
    [None, True, 0, -3.5, "", "text", "\u202e/:*", [], [1], ["x"], {}, {"x": 1}, [[]], [{}], {"": None}]
)


def _paths(value, path=()):
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += _paths(inner, (*path, key))
    return found


PATHS = _paths(OBJECTS)


def _replaced(value, path, junk):
    """Return a copy with junk at a path, as far as the path still leads anywhere."""
    if not path:
        return copy.deepcopy(junk)
    step, *rest = path
    if isinstance(value, dict):
        return {**value, step: _replaced(value.get(step), rest, junk)}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [*value[:step], _replaced(value[step], rest, junk), *value[step + 1 :]]
    return value


def _ask_everything(cluster):
    for kind in KINDS:
        for item in cluster.list(kind.name):
            assert item.entity.ref == item.ref
            assert item.labels is not None
            assert (item.owner, item.age_s, item.annotations, item.documents) is not None
            pod_phase(item)
            last_termination(item)
            is_recently_restarted(item)
            desired_replicas(item)
            ready_replicas(item)
            cluster.pods_of(item)
            cluster.workload_of(item)
            cluster.app_name(item)
            cluster.events(item)
            cluster.logs(item)
            cluster.node_of(item)
            cluster.quote(item, "web")
    for service in cluster.list("Service"):
        cluster.endpoints_of(service)
        cluster.pods_selected_by(service)
    for workload in cluster.workloads:
        cluster.dependents(workload)
    list_troubles(cluster)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_objects_with_anything_anywhere_are_taken(changes):
    """A number where text is expected, a list where a mapping is: it is as if it were not there."""
    bodies = OBJECTS
    for path, junk in changes:
        bodies = _replaced(bodies, path, junk)

    document = Document(
        "api", DocumentForm.API, "text", objects=tuple(body for body in bodies if isinstance(body, dict))
    )

    _ask_everything(build_cluster([document]))


LINES = st.sampled_from(
    [
        "NAME    READY   STATUS    RESTARTS      AGE",
        "web-1   1/1     Running   4 (2m ago)    5m",
        "pod/web-1   0/1   Error",
        "LAST SEEN   TYPE   REASON   OBJECT   MESSAGE",
        "5m   Warning   BackOff   pod/web-1   again",
        "Name:         web-1",
        "Namespace:    shop",
        "Labels:       app=web",
        "Containers:",
        "  web:",
        "    State:  Waiting",
        "      Reason:  CrashLoopBackOff",
        "    Environment:",
        "      DB_HOST:  db",
        "Events:",
        "  Warning  BackOff  2m (x3 over 9m)  kubelet  again",
        'Error from server (NotFound): pods "x" not found',
        "No resources found",
        "kind: List",
        "items:",
        "- kind: Pod",
        "  metadata:",
        "    name: web-1",
        '{"kind": "Pod", "metadata": {"name": "web-1"}}',
        "",
        "\u0000\u202e***",
    ]
)
QUERIES = [
    "kubectl get pods -n shop",
    "kubectl get pods web-1 -n shop -o yaml",
    "kubectl get all -A -o wide",
    "kubectl get pods -n shop -o json",
    "kubectl get events",
    "kubectl describe pods",
    "kubectl describe deployments web-1 -n shop",
    "kubectl get svc,ep | grep web",
    "kubectl logs web-1",
    "kubectl top pods",
]


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@example([[]])
@given(st.lists(st.lists(LINES, max_size=12), min_size=1, max_size=4))
@pytest.mark.parametrize("query", QUERIES)
def test_texts_with_anything_in_any_order_are_taken(query, texts):
    """Truncated, shuffled or foreign text is read as far as it can be."""
    answers = ["\n".join(lines) for lines in texts]

    documents = [Document(f"d{number}", DocumentForm.KUBECTL, text, query=query) for number, text in enumerate(answers)]

    _ask_everything(build_cluster(documents))
