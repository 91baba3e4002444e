"""Kubernetes objects become services and calls."""

import pytest

from fermata.rules.servicegraph import manifests
from fermata.rules.servicegraph.manifests import read_manifests
from fermata.rules.servicegraph.partial import Basis


def workload(name, env=None, *, kind="Deployment", namespace="", image="", labels=None, ports=True, **spec):
    """Give a Deployment with one container."""
    container = {"name": "app", "image": image or f"shop/{name}:1"}
    container["env"] = [{"name": key, "value": value} for key, value in (env or {}).items()]
    if ports:
        container["ports"] = [{"containerPort": 80}]
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    pod = {"containers": [container], **spec.pop("pod", {})}
    template = {"metadata": {"labels": labels or {"app": name}}, "spec": pod}
    return {"kind": kind, "metadata": metadata, "spec": {"template": template, **spec}}


def service(name, selector=None, *, namespace="", **spec):
    """Give a Service."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"kind": "Service", "metadata": metadata, "spec": {"selector": selector or {"app": name}, **spec}}


def read(*objects, basis=Basis.DECLARED):
    """Give the graph of objects, each from a file of its own."""
    return read_manifests([(item, f"{n}.yaml") for n, item in enumerate(objects)], source="k8s/", basis=basis)


def pairs(graph):
    """Give the calls."""
    return {(edge.caller, edge.callee) for edge in graph.edges}


def facts(graph, name):
    """Give a node's facts without their sources."""
    return {key: fact.value for key, fact in graph.nodes[name].facts.items()}


def test_variables_and_arguments_are_calls():
    """Each with the setting that tells of it, and never with its value."""
    graph = read(
        workload("web", {"CART_ADDR": "cart:7070", "SELF": "http://web", "PAY_URL": "https://api.stripe.com/x"}),
        service("web"),
        workload("cart", {"DB_URL": "postgres://me:secret@pg/cart"}),
        service("cart"),
        workload("pg", image="postgres:16", pod={"volumes": [{"persistentVolumeClaim": {}}]}),
        service("pg"),
    )

    assert pairs(graph) == {("web", "cart"), ("web", "api.stripe.com"), ("cart", "pg")}
    assert [edge.why for edge in graph.edges] == ["CART_ADDR", "PAY_URL", "DB_URL"]
    assert graph.edges[2].facts["protocol"].value == "postgres"
    assert facts(graph, "api.stripe.com") == {"kind": "external"}
    assert facts(graph, "pg")["kind"] == "db"
    assert facts(graph, "pg")["persistent_storage"] is True
    assert "secret" not in repr(graph)


def test_node_has_the_name_that_callers_use():
    """Versions behind one Service are one node, their replicas added; the Deployments are other names of it."""
    graph = read(
        service("reviews"),
        service("reviews-v1", {"app": "reviews", "version": "v1"}),
        workload("reviews-v1", labels={"app": "reviews", "version": "v1"}, replicas=2),
        workload("reviews-v2", labels={"app": "reviews", "version": "v2"}),
        workload("web", {"A_HOST": "reviews", "B_HOST": "reviews-v1"}),
    )

    assert set(graph.nodes) == {"reviews", "web"}
    assert pairs(graph) == {("web", "reviews")}
    assert facts(graph, "reviews")["replicas"] == 3
    assert graph.nodes["reviews"].aliases == {"reviews-v1", "reviews-v2"}


@pytest.mark.parametrize("key", ["role", "cnpg.io/instanceRole", "spilo-role"])
def test_service_of_whoever_is_primary_now_leads_to_the_workload(key):
    """Operators write that label when they choose one: it stands in no template."""
    graph = read(
        workload("pg", kind="StatefulSet", image="postgres:16", labels={"app": "pg"}, replicas=2),
        service("pg-rw", {"app": "pg", key: "primary"}),
        workload("api", {"DB_HOST": "pg-rw"}),
    )

    assert pairs(graph) == {("api", "pg-rw")}
    assert facts(graph, "pg-rw")["replicas"] == 2
    assert "pg" not in graph.nodes


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ({"app": "pg", "role": "primary"}, {"app": "pg", "role": "replica"}),
        ({"app": "pg", "tier": "primary"}, {"app": "pg"}),
        ({"role": "primary"}, {"app": "pg"}),
    ],
)
def test_service_that_selects_something_else_leads_elsewhere(selector, labels):
    """A template with another role, another label than a role, and a role alone, which is anybody's."""
    graph = read(workload("pg", labels=labels), service("pg-rw", selector), workload("api", {"DB_HOST": "pg-rw"}))

    assert "pg" in graph.nodes


@pytest.mark.parametrize("names", [("pg", "pg-headless"), ("db", "db-headless")])
def test_of_several_services_the_one_with_an_address_names_the_node(names):
    """Else its own name, else the shorter."""
    plain, headless = names

    graph = read(workload("pg"), service(headless, {"app": "pg"}, clusterIP="None"), service(plain, {"app": "pg"}))

    assert set(graph.nodes) == {plain}


def test_config_maps_are_variables_and_files():
    """Variables may use others; files name only what is there."""
    env = [
        {"name": "CART", "value": "http://$(CART_HOST):80"},
        {"name": "X", "valueFrom": {"configMapKeyRef": {"name": "c"}}},
    ]
    web = workload("web", pod={"volumes": [{"configMap": {"name": "f"}}, {"configMap": {"name": "gone"}}]})
    web["spec"]["template"]["spec"]["containers"][0]["env"] = env
    graph = read(
        web,
        workload("cart"),
        workload("pg"),
        {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"CART_HOST": "cart", "N": 1}},
        {
            "kind": "ConfigMap",
            "metadata": {"name": "f"},
            "data": {"app.yaml": "db: pg:5432\nx: http://nobody/", "n": 1},
        },
    )

    assert pairs(graph) == {("web", "cart"), ("web", "pg")}
    assert {edge.why for edge in graph.edges} == {"CART_HOST", "f/app.yaml"}


def test_budget_and_scaler_are_the_workloads():
    """A budget guards what it selects; with a scaler its minimum is what a rehearsal meets."""
    graph = read(
        workload("web", replicas=1),
        workload("cart", replicas=1),
        workload("odd", replicas=2),
        {
            "kind": "PodDisruptionBudget",
            "metadata": {"name": "b"},
            "spec": {"selector": {"matchLabels": {"app": "web"}}},
        },
        {
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "h"},
            "spec": {"minReplicas": 3, "scaleTargetRef": {"name": "web"}},
        },
        {
            "kind": "HorizontalPodAutoscaler",
            "metadata": {"name": "o"},
            "spec": {"minReplicas": "x", "scaleTargetRef": {"name": "odd"}},
        },
    )

    assert (facts(graph, "web")["pdb"], facts(graph, "web")["replicas"]) == (True, 3)
    assert (facts(graph, "cart")["pdb"], facts(graph, "cart")["replicas"]) == (False, 1)
    assert facts(graph, "odd")["replicas"] == 2


def test_same_name_in_two_namespaces_is_two_services():
    """And a bare host is the asker's own."""
    graph = read(
        workload("db", namespace="shop"),
        workload("db", namespace="blog"),
        workload("web", {"DB_HOST": "db"}, namespace="shop"),
        workload("press", {"DB_HOST": "db.shop"}, namespace="blog"),
        service("db", namespace="blog"),
    )

    assert pairs(graph) == {("web", "db.shop"), ("press", "db.shop")}
    assert graph.nodes["db.blog"].namespace == "blog"


def test_second_copy_of_a_workload_is_compared_and_not_added():
    """An overlay's difference is said, and its calls count."""
    graph = read(workload("web", replicas=1), workload("web", {"A_HOST": "cart"}, replicas=5), workload("cart"))

    assert facts(graph, "web")["replicas"] == 1
    assert graph.notes == ["Deployment web: replicas is 1 in 0.yaml and 5 in 1.yaml; the first is taken"]
    assert pairs(graph) == {("web", "cart")}


def test_replicas_of_a_daemon_set_are_not_said():
    """Nor added to those of another workload behind the same Service."""
    graph = read(
        service("log"),
        workload("a", kind="DaemonSet", labels={"app": "log"}),
        workload("b", labels={"app": "log"}, replicas=2),
        workload("c", kind="DaemonSet", labels={"app": "log"}),
    )

    assert facts(graph, "log")["replicas"] == 2


def test_telemetry_is_left_out_and_said():
    """Neither its node nor the calls to it."""
    graph = read(
        workload("web", {"AGENT_HOST": "collector", "TRACES_HOST": "zipkin"}),
        workload("collector", {"X_HOST": "web"}, image="otel/opentelemetry-collector:1"),
    )

    assert (set(graph.nodes), graph.edges) == ({"web"}, [])
    assert graph.notes == ["telemetry is left out: collector"]


def test_what_no_service_leads_to_works_in_the_background():
    """It calls, has no port, and nobody calls it."""
    graph = read(
        workload("mailer", {"Q_HOST": "queue"}, ports=False),
        workload("queue", image="rabbitmq:4"),
        workload("idle", ports=False),
        service("web"),
        workload("web", {"Q_HOST": "queue"}, ports=False),
    )

    assert facts(graph, "mailer")["kind"] == "worker"
    assert "kind" not in facts(graph, "idle")
    assert "kind" not in facts(graph, "web")
    assert facts(graph, "queue")["kind"] == "queue"


def test_lists_of_the_api_are_unfolded():
    """What a list holds has no kind of its own; replica sets and pods that something owns are their owner's."""
    bare = workload("web")
    del bare["kind"]
    owned = workload("web-1", kind="ReplicaSet")
    owned["metadata"]["ownerReferences"] = [{"kind": "Deployment"}]

    graph = read(
        {"kind": "DeploymentList", "items": [bare, "x"]},
        {"kind": "List", "items": [owned, workload("cart")]},
        {"kind": "Deployment"},
        {"metadata": {"name": "x"}},
        {"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "b"}},
        basis=Basis.LIVE,
    )

    assert set(graph.nodes) == {"web", "cart"}
    assert graph.nodes["web"].facts["replicas"].basis is Basis.LIVE


def test_routes_come_last():
    """An ingress leads to what is known by then."""
    paths = [{"backend": {"service": {"name": "web"}}}]
    ingress = {"kind": "Ingress", "metadata": {"name": "i"}, "spec": {"rules": [{"http": {"paths": paths}}]}}

    assert pairs(read(ingress, service("web"), workload("web"))) == {("ingress", "web")}


def test_more_objects_than_a_cluster_has_are_left_out(monkeypatch):
    """And it is said."""
    monkeypatch.setattr(manifests, "MOST_OBJECTS", 1)

    graph = read(workload("a"), workload("b"))

    assert set(graph.nodes) == {"a"}
    assert graph.problems == ["only the first 1 objects are read"]


def test_service_that_no_workload_is_behind_is_called_by_its_address():
    """What an operator or another cluster runs stands in no file; its address names it, whatever the setting is."""
    outside = {"kind": "Service", "metadata": {"name": "orders-db"}, "spec": {"type": "ExternalName"}}
    settings = {"PROD_DB": "orders-db:5432", "CACHE": "keys.data:6379", "QUEUE": "mq:5672", "OWNER": "orders-db"}

    graph = read(workload("web", settings), outside, service("keys", namespace="data"), service("web"))

    assert pairs(graph) == {("web", "orders-db"), ("web", "keys.data")}
    assert [edge.why for edge in graph.edges] == ["PROD_DB", "CACHE"]
    assert "orders-db" not in read(outside, workload("web")).nodes
