import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.kubernetes_services import SIGNATURES, list_doors, list_offered

REFUSED = "error: dial tcp 10.96.0.99:80: connect: connection refused"
PORTS = [{"containerPort": 8080}]


# Selectors


def test_selector_that_no_pod_carries_is_named_with_the_workload_of_that_name():
    """The service of a workload that runs selects something else."""
    harbour = Harbour().app("cart").svc("cart", selector={"app": "carts"}).app("web").log("web", REFUSED)

    (claim,) = harbour.find(SIGNATURES, "service_selector_mismatch")

    assert claim.subject.ref == "kubernetes:service/shop/cart"
    assert "app=carts" in claim.text
    assert "kubernetes:deployment/shop/web" in claim.explains


def test_callers_by_configuration_are_explained_too():
    """Whoever is configured to call the service fails for it, and so do those who call that one."""
    harbour = Harbour().app("cart").svc("cart", selector={"app": "carts"})
    harbour.app("web", env=[{"name": "CART_ADDR", "value": "cart:80"}]).svc("web", serves=("10.0.0.1:80",))
    harbour.app("edge", env=[{"name": "WEB_ADDR", "value": "web:80"}])

    (claim,) = harbour.find(SIGNATURES, "service_selector_mismatch")

    assert {"kubernetes:deployment/shop/web", "kubernetes:deployment/shop/edge"} <= claim.explains


@pytest.mark.parametrize(
    ("workload", "labels", "service", "selector"),
    [
        ("quotes", {"name": "quotes"}, "prices", {"app": "quotes"}),
        ("cart-v2", {"app": "cart-v2"}, "cart", {"app": "cart"}),
        ("basket", {"app": "basket", "tier": "back"}, "cart", {"app": "cart", "tier": "back"}),
    ],
)
def test_workload_of_another_name_is_meant_when_only_it_is_left(workload, labels, service, selector):
    """By the selector's value, by the start of its name, or by a label it shares."""
    harbour = Harbour().app(workload, labels=labels).svc(service, selector=selector)

    (claim,) = harbour.find(SIGNATURES, "service_selector_mismatch")

    assert claim.subject.name == workload


def test_workload_that_only_its_pods_tell_of_is_meant_as_well():
    """A table of pods is often all that somebody pastes."""
    harbour = Harbour().svc("cart")
    harbour.table(
        "kubectl get pods -n shop --show-labels",
        "NAME                   READY   STATUS    RESTARTS   AGE   LABELS\n"
        "cart-6d5f7c8b9-4l2xk   1/1     Running   0          47m   app.kubernetes.io/name=cart",
    )

    (claim,) = harbour.find(SIGNATURES, "service_selector_mismatch")

    assert claim.subject.ref == "kubernetes:service/shop/cart"
    assert claim.quotes[-1].text.startswith("cart-6d5f7c8b9-4l2xk")


@pytest.mark.parametrize(("phase", "count"), [("Running", 1), ("Succeeded", 0)])
def test_bare_pod_is_meant_while_it_runs(phase, count):
    """Nothing controls it: the application is called by the service's name, not by the pod's."""
    harbour = Harbour().svc("cart")
    harbour.add("Pod", "cart-6d5f7c8b9-4l2xk", labels={"name": "cart"}, spec={}, status={"phase": phase})

    found = harbour.find(SIGNATURES, "service_selector_mismatch")

    assert [claim.text for claim in found] == [
        "The service cart selects app=cart, and no pod of cart carries that."
    ] * count


def test_service_whose_workload_has_no_pods_is_no_mismatch():
    """The selector fits the template: that pods are missing is another trouble."""
    assert Harbour().app("cart", ready=None).svc("cart").find(SIGNATURES, "service_selector_mismatch") == []


def test_workload_at_zero_is_not_meant():
    """Nobody expects a selection where nothing shall run."""
    harbour = Harbour().app("cart", replicas=0).svc("cart", selector={"app": "x"})

    assert harbour.find(SIGNATURES, "service_selector_mismatch") == []


def test_ambiguous_candidates_leave_it_silent():
    """Two workloads that could be meant are none."""
    harbour = Harbour().app("cart-a").app("cart-b").svc("cart", selector={"app": "x"})

    assert harbour.find(SIGNATURES, "service_selector_mismatch") == []


def test_service_with_endpoints_or_without_selector_is_well():
    """Endpoints may be kept by hand."""
    harbour = Harbour().app("cart").svc("cart", selector={"app": "x"}, serves=("10.0.0.1:80",))
    harbour.app("web").svc("web", selector={})

    assert harbour.find(SIGNATURES, "service_selector_mismatch") == []


def test_service_that_leads_to_another_workload_than_its_own_is_named():
    """Both have a service of their name; one of them gets all requests."""
    harbour = Harbour().app("cart").app("pay").svc("pay", serves=("10.0.0.1:80",))
    harbour.svc("cart", selector={"app": "pay"}, serves=("10.0.0.1:80",))

    (claim,) = harbour.find(SIGNATURES, "service_selector_mismatch")

    assert claim.subject.name == "cart"
    assert "pay" in claim.text


def test_second_name_of_a_workload_is_no_mismatch():
    """A service with no workload of its name, and one whose own workload hands over to a new one."""
    harbour = Harbour().app("web").svc("web", serves=("10.0.0.1:80",))
    harbour.svc("web-outside", selector={"app": "web"}, serves=("10.0.0.1:80",))
    harbour.app("old", labels={"app": "older"}).app("new").svc("old", selector={"app": "new"}, serves=("10.0.0.1:80",))

    assert harbour.find(SIGNATURES, "service_selector_mismatch") == []


def test_service_without_any_workload_is_named_when_it_is_called():
    """Nothing fits it; who calls it says so."""
    harbour = Harbour().svc("cart").app("web").log("web", REFUSED)

    (claim,) = harbour.find(SIGNATURES, "service_without_workload")

    assert claim.subject.name == "cart"


def test_service_with_a_workload_or_without_callers_is_not_without_one():
    """An unused service hurts nobody; one with the wrong selector has a better name; one that serves is well."""
    called = Harbour().app("cart").svc("cart", selector={"app": "x"}).app("web").log("web", REFUSED)
    unused = Harbour().svc("cart").svc("pay", selector={}).app("web").svc("web", serves=("10.0.0.1:80",))

    assert called.find(SIGNATURES, "service_without_workload") == []
    assert unused.find(SIGNATURES, "service_without_workload") == []


# Ports


def test_target_port_of_a_name_that_no_container_has_is_a_mismatch():
    """A name leads nowhere when no container port has it: no endpoints come of it."""
    harbour = Harbour().app("cart", ports=[{"containerPort": 7070, "name": "grpc"}]).svc("cart", target="http")

    (claim,) = harbour.find(SIGNATURES, "service_port_mapping_mismatch")

    assert claim.confidence == 0.95
    assert "http" in claim.text


def test_target_port_of_a_known_name_is_right():
    """Declared by the container, proven by an endpoint with a port, or unknown."""
    ports = [{"containerPort": 7070, "name": "grpc"}]
    declared = Harbour().app("cart", ports=ports).svc("cart", target="grpc", serves=("10.0.0.1:7070",))
    proven = Harbour().app("cart").svc("cart", target="grpc", serves=("10.0.0.1:7070",))
    unknown = Harbour().app("cart", ports=PORTS).svc("cart", target="grpc", serves=None)

    for harbour in (declared, proven, unknown):
        assert harbour.find(SIGNATURES, "service_port_mapping_mismatch") == []


def test_target_port_at_which_nobody_listens_is_certain_when_callers_fail():
    """Two declarations that differ are a doubt; a refused caller makes it a fault."""
    for lines, confidence in (((), 0.6), ((REFUSED,), 0.95)):
        harbour = Harbour().app("cart", ports=PORTS).svc("cart", target=9090, serves=("10.0.0.1:9090",))
        harbour.app("web").log("web", *lines)

        (claim,) = harbour.find(SIGNATURES, "service_port_mapping_mismatch")

        assert claim.confidence == confidence
        assert "8080" in claim.text


@pytest.mark.parametrize(
    "container",
    [
        {"ports": [{"containerPort": 9090}]},
        {"readinessProbe": {"tcpSocket": {"port": 9090}}, "ports": PORTS},
        {"livenessProbe": {"httpGet": {"port": 9090}}, "ports": [{"name": "no number"}]},
        {"env": [{"name": "PORT", "value": "9090"}, {"name": "MODE", "value": "1"}], "ports": PORTS},
        {},
    ],
)
def test_target_port_that_anybody_knows_is_right(container):
    """Declared, probed or told by the environment; and where nothing is declared, nothing can differ."""
    harbour = Harbour().app("cart", **container).svc("cart", target=9090, serves=("10.0.0.1:9090",))
    harbour.app("web").log("web", REFUSED)

    assert harbour.find(SIGNATURES, "service_port_mapping_mismatch") == []


def test_ports_of_a_proxy_are_not_the_applications():
    """The mesh listens for itself."""
    proxy = {"name": "istio-proxy", "ports": [{"containerPort": 15090}]}
    cluster = Harbour().app("cart", ports=PORTS, more=(proxy,)).build()

    assert [door.number for door in list_doors(cluster.list("Pod")[0])] == [8080]


def test_straight_or_unready_service_is_not_looked_at():
    """Endpoints at the very port that is offered, and pods that are not ready, are no mapping's fault."""
    listing = "NAME  TYPE  CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE\ncart  ClusterIP  10.96.0.99  <none>  9090/TCP  5m\n"
    straight = Harbour().app("cart", ports=PORTS).svc("cart", 9090, serves=("10.0.0.1:9090",))
    straight.table("kubectl get services -n shop", listing)
    unready = Harbour().app("cart", ready=False, ports=PORTS).svc("cart", target=9090)

    assert straight.find(SIGNATURES, "service_port_mapping_mismatch") == []
    assert unready.find(SIGNATURES, "service_port_mapping_mismatch") == []
    assert list_offered(straight.build().find("Service", "cart")) == {9090}


def test_other_transport_protocol_than_the_container_speaks_is_a_mismatch():
    """UDP packets never reach who listens for TCP."""
    for lines, confidence in (((), 0.8), ((REFUSED,), 0.95)):
        harbour = Harbour().app("cart", ports=PORTS).svc("cart", 8080, protocol="UDP", serves=("10.0.0.1:8080",))
        harbour.app("web").log("web", *lines)

        (claim,) = harbour.find(SIGNATURES, "service_protocol_mismatch")

        assert claim.confidence == confidence
        assert "UDP" in claim.text
        assert harbour.find(SIGNATURES, "service_port_mapping_mismatch") == []


def test_port_declared_under_both_protocols_is_right():
    """Resolvers listen for both."""
    ports = [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]
    harbour = Harbour().app("dns", ports=ports).svc("dns", 53, protocol="UDP", serves=("10.0.0.1:53",))

    assert harbour.find(SIGNATURES, "service_protocol_mismatch") == []


def test_port_that_callers_want_and_the_service_does_not_offer_is_its_mistake():
    """Caller and container agree on a port; the service between them does not have it."""
    env = [{"name": "CART_ADDR", "value": "cart:8080"}]
    harbour = Harbour().app("cart", ports=PORTS).svc("cart", 8081, target=8080, serves=("10.0.0.1:8080",))
    harbour.app("web", env=env)

    (claim,) = harbour.find(SIGNATURES, "service_port_mapping_mismatch")

    assert claim.confidence == 0.85
    assert "8080" in claim.text


def test_callers_that_disagree_or_ask_for_a_closed_port_do_not_blame_the_service():
    """Then it is a caller's address that is wrong."""
    closed = Harbour().app("cart", ports=PORTS).svc("cart", 8080, serves=("10.0.0.1:8080",))
    closed.app("web", env=[{"name": "CART_ADDR", "value": "cart:9999"}, {"name": "PAY_ADDR", "value": "pay.io:443"}])
    apart = Harbour().app("cart", ports=PORTS).svc("cart", 8081, target=8080, serves=("10.0.0.1:8080",))
    apart.app("web", env=[{"name": "CART_ADDR", "value": "cart:8080"}, {"name": "B_ADDR", "value": "cart:1234"}])

    assert closed.find(SIGNATURES, "service_port_mapping_mismatch") == []
    assert apart.find(SIGNATURES, "service_port_mapping_mismatch") == []


def test_mapping_of_a_headless_service_has_no_effect():
    """Its name resolves to the pods: who calls the service's port is refused by them."""
    line = 'error: Get "http://cart:80/": connect: connection refused'
    harbour = Harbour().app("cart").svc("cart", target=8080, clusterIP="None", serves=None).app("web").log("web", line)

    (claim,) = harbour.find(SIGNATURES, "headless_service_port_mapping")

    assert "8080" in claim.text


def test_service_with_an_address_or_with_equal_ports_maps_nothing_wrong():
    """The mapping works, or there is nothing to map."""
    line = 'error: Get "http://cart:80/": connect: connection refused'
    mapped = Harbour().app("cart").svc("cart", target=8080).app("web").log("web", line)
    equal = Harbour().app("cart").svc("cart", clusterIP="None").app("web").log("web", line)

    assert mapped.find(SIGNATURES, "headless_service_port_mapping") == []
    assert equal.find(SIGNATURES, "headless_service_port_mapping") == []


def test_other_name_for_a_service_that_does_not_exist_is_named():
    """A complete list lacks it, and a caller fails."""
    line = 'error: Get "http://alias:80/": lookup alias: no such host'
    harbour = Harbour().svc("alias", type="ExternalName", externalName="gone.data.svc.cluster.local", serves=None)
    harbour.listing("services", namespace="data").app("web").log("web", line)

    (claim,) = harbour.find(SIGNATURES, "external_name_unknown")

    assert "gone.data.svc.cluster.local" in claim.text


def test_other_name_outside_the_cluster_or_unused_is_left_alone():
    """Whether an outside name exists is not known here."""
    line = 'error: Get "http://alias:80/": lookup alias: no such host'
    outside = Harbour().svc("alias", type="ExternalName", externalName="db.example.com", serves=None)
    outside.app("web").log("web", line)
    unused = Harbour().svc("alias", type="ExternalName", externalName="gone.data.svc.cluster.local", serves=None)

    assert outside.find(SIGNATURES, "external_name_unknown") == []
    assert unused.svc("web").find(SIGNATURES, "external_name_unknown") == []
