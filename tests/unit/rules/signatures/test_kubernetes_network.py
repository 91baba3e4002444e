import pytest
from tests.unit.rules.signatures.harbour import Harbour

from fermata.rules.signatures.kubernetes_network import SIGNATURES

LOOKUP = "error: dial tcp: lookup cart on 10.96.0.10:53: no such host"
TIMEOUT = "error: dial tcp 10.96.0.99:80: i/o timeout"
IN_USE = "Web server failed to start. Port 8080 was already in use."


# Names

ALONE = "service_dns_resolution_failure"


def resolving(spec, *lines, ready=False):
    """Build a workload with settings for names, beside the cluster's resolver and a service."""
    harbour = Harbour().svc("kube-dns", 53, clusterIP="10.96.0.10", serves=("10.0.0.9:53",))
    harbour.svc("cart", serves=("10.0.0.1:80",)).app("calm")
    harbour.spec = spec
    return harbour.app("web", ready=ready).log("web", *lines)


@pytest.mark.parametrize(
    "spec", [{"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.1.2.3"]}}, {"dnsPolicy": "None"}]
)
def test_pods_that_ask_another_resolver_cannot_resolve(spec):
    """They ask a stranger, or nobody."""
    (claim,) = resolving(spec).find(SIGNATURES, ALONE)

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.confidence == 0.97


@pytest.mark.parametrize(
    "spec",
    [
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.96.0.10"]}},
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["169.254.20.10"]}},
        {"dnsPolicy": "ClusterFirst", "dnsConfig": {"nameservers": ["10.1.2.3"]}},
    ],
)
def test_pods_that_ask_the_clusters_resolver_are_set_right(spec):
    """By its address, through the node's cache, or by the usual policy."""
    assert resolving(spec).find(SIGNATURES, ALONE) == []


def test_workload_that_runs_and_does_not_complain_may_ask_whom_it_likes():
    """Nothing fails for it."""
    assert resolving({"dnsPolicy": "None"}, ready=True).find(SIGNATURES, ALONE) == []


def test_workload_that_alone_cannot_resolve_a_service_is_named():
    """Less certain while its pods run, since it may have got over it."""
    external = "error: dial tcp: lookup api.example.com on 10.96.0.10:53: no such host"
    for ready, confidence in ((False, 0.8), (True, 0.6)):
        (claim,) = resolving({}, LOOKUP, external, ready=ready).find(SIGNATURES, ALONE)

        assert claim.confidence == confidence


def test_others_that_cannot_resolve_either_do_not_make_it_a_workloads_fault():
    """Nor does a workload whose other calls time out, or that looks for an outside name."""
    both = resolving({}, LOOKUP).log("calm", LOOKUP)
    network = resolving({}, LOOKUP, TIMEOUT)
    outside = resolving({}, "error: dial tcp: lookup api.example.com on 10.96.0.10:53: no such host")

    for harbour in (both, network, outside):
        assert harbour.find(SIGNATURES, ALONE) == []


def resolver(*lines, ready=False, name="coredns", labels=None):
    """Build the cluster's resolver, and a caller that cannot resolve."""
    harbour = Harbour().app(name, ready=ready, labels=labels).log(name, *lines)
    return harbour.app("web").svc("cart", serves=("10.0.0.1:80",)).log("web", LOOKUP)


def test_resolver_that_forwards_to_itself_is_named():
    """It says so before it stops."""
    harbour = resolver('[FATAL] plugin/loop: Loop (127.0.0.1:41231 -> :53) detected for zone "."')

    (claim,) = harbour.find(SIGNATURES, "coredns_forward_loop")

    assert claim.subject.name == "coredns"
    assert "kubernetes:deployment/shop/web" in claim.explains
    assert harbour.find(SIGNATURES, "coredns_unavailable") == []


def test_resolver_without_a_ready_pod_is_named():
    """Known by its name or by the label that all distributions keep."""
    for harbour in (resolver(), resolver(name="resolver", labels={"k8s-app": "kube-dns"})):
        assert len(harbour.find(SIGNATURES, "coredns_unavailable")) == 1
        assert harbour.find(SIGNATURES, "coredns_forward_loop") == []


def test_resolver_that_serves_or_has_no_pods_is_left_alone():
    """One ready pod answers for all."""
    for harbour in (resolver(ready=True), resolver(ready=None)):
        assert harbour.find(SIGNATURES, "coredns_unavailable") == []


def failing(count, *, nodes=2, dns=True):
    """Build workloads on some nodes that cannot resolve a service that exists."""
    harbour = Harbour().svc("cart", serves=("10.0.0.1:80",))
    if dns:
        harbour.svc("kube-dns", 53, serves=("10.0.0.9:53",))
    for number in range(count):
        harbour.app(f"app-{number}", node=f"n{number % nodes}").log(f"app-{number}", LOOKUP)
    return harbour


def test_many_workloads_that_cannot_resolve_blame_the_resolver():
    """They are on different nodes, and the resolver's pods are not known to be down."""
    (claim,) = failing(3).find(SIGNATURES, "cluster_dns_failure")

    assert claim.subject.name == "kube-dns"


def test_few_workloads_or_one_node_do_not_blame_the_resolver():
    """One node's network may be to blame; and a resolver that is known to be down says more."""
    down = failing(3).app("coredns", ready=False)

    for harbour in (failing(2), failing(3, nodes=1), failing(3, dns=False), down):
        assert harbour.find(SIGNATURES, "cluster_dns_failure") == []


# Policies


def guarded(spec, line=TIMEOUT, *, target=8080):
    """Build a caller, a callee behind a service, and a policy."""
    harbour = Harbour().app("web").app("cart").svc("cart", target=target, serves=("10.0.0.1:8080",)).log("web", line)
    return harbour.add("NetworkPolicy", "guard", spec=spec)


CLOSED = {"podSelector": {"matchLabels": {"app": "cart"}}, "policyTypes": ["Ingress"]}
OPEN = CLOSED | {"ingress": [{"ports": [{"port": 8080}]}]}


def test_policy_that_keeps_a_caller_out_is_named():
    """A refusal is less telling than silence."""
    refused = "error: dial tcp 10.96.0.99:80: connect: connection refused"
    assert resolving({}, TIMEOUT).find(SIGNATURES, "network_policy_denies_ingress") == []
    for line, confidence in ((TIMEOUT, 0.95), (refused, 0.7)):
        (claim,) = guarded(CLOSED, line).find(SIGNATURES, "network_policy_denies_ingress")

        assert claim.subject.name == "cart"
        assert claim.confidence == confidence
        assert "kubernetes:deployment/shop/web" in claim.explains


def test_service_is_known_by_its_name_where_the_address_is_a_pods():
    """A service without an address of its own leads to its pods: the name stands before the number."""
    line = "error: GET http://cart:80/items: dial tcp 10.42.3.7:8080: i/o timeout"

    (claim,) = guarded(CLOSED, line).find(SIGNATURES, "network_policy_denies_ingress")

    assert claim.subject.name == "cart"


@pytest.mark.parametrize("target", [8080, "http"])
def test_policy_that_admits_the_pods_port_is_not_blamed(target):
    """The port of the pod counts, not the service's; a name is not judged."""
    assert guarded(OPEN, target=target).find(SIGNATURES, "network_policy_denies_ingress") == []


def test_port_that_the_service_does_not_have_is_not_judged():
    """Then it is the address that is wrong."""
    line = "error: dial tcp 10.96.0.99:99: i/o timeout"

    assert guarded(OPEN, line).find(SIGNATURES, "network_policy_denies_ingress") == []


@pytest.mark.parametrize("line", ["all is well", "error: dial tcp 10.9.9.9:80: i/o timeout", LOOKUP])
def test_policy_is_blamed_only_for_calls_that_nobody_answered(line):
    """Without a failed call to its pods a policy does what it is meant to."""
    assert guarded(CLOSED, line).find(SIGNATURES, "network_policy_denies_ingress") == []


def test_policy_that_keeps_a_caller_in_is_named():
    """Its subject is the caller."""
    spec = {"podSelector": {"matchLabels": {"app": "web"}}, "policyTypes": ["Egress"], "egress": []}

    (claim,) = guarded(spec).find(SIGNATURES, "network_policy_denies_egress")

    assert claim.subject.name == "web"
    assert guarded(CLOSED).find(SIGNATURES, "network_policy_denies_egress") == []


def test_policy_that_keeps_a_caller_from_the_resolver_is_named():
    """Its lookups fail; a log of a workload without pods is not judged."""
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": 80}]}]}

    (claim,) = (
        guarded(spec, LOOKUP)
        .app("idle", ready=None)
        .log("idle", LOOKUP)
        .find(SIGNATURES, "network_policy_denies_egress")
    )

    assert "any lookup" in claim.text
    assert guarded(CLOSED, LOOKUP).find(SIGNATURES, "network_policy_denies_egress") == []


# Sidecars

CONFLICT = "service_sidecar_port_conflict"
PROXY = {"name": "istio-proxy", "ports": [{"containerPort": 15090}, {"name": "no number"}]}


@pytest.mark.parametrize(
    ("line", "port"),
    [
        (IN_USE, "8080"),
        ("error: listen tcp :8080: bind: address already in use", "8080"),
        ("Error: listen EADDRINUSE: address already in use :::8080", "8080"),
        ("error: address already in use, port 8080", "8080"),
        ("error: address already in use", ""),
    ],
)
def test_container_that_finds_its_port_taken_beside_another_is_named(line, port):
    """Containers of a pod share its network."""
    harbour = Harbour().app("calm").app("web", ready=False, more=({"name": "exporter"},)).log("web", line)

    (claim,) = harbour.find(SIGNATURES, CONFLICT)

    assert claim.subject.name == "web"
    assert claim.confidence == 0.95
    assert port in claim.text


@pytest.mark.parametrize(
    ("containers", "annotations"),
    [
        (({"name": "exporter", "ports": [{"containerPort": 8080}]},), {}),
        ((PROXY,), {"proxy.istio.io/config": '{ "statusPort": 8080 }'}),
    ],
)
def test_port_that_is_declared_twice_is_named_without_a_log(containers, annotations):
    """Two containers declare it, or the proxy is told to take it."""
    harbour = Harbour().app("web", ready=False, ports=[{"containerPort": 8080}], more=containers)
    pod = next(body for body in harbour.bodies if body["kind"] == "Pod")
    pod["metadata"]["annotations"] = annotations

    (claim,) = harbour.find(SIGNATURES, CONFLICT)

    assert claim.confidence == 0.75
    assert "8080" in claim.text


def test_port_that_is_declared_twice_is_no_conflict_where_a_log_complains_of_something_else():
    """A program that finds its port taken says so; equal declarations alone were no trouble before."""
    exporter = {"name": "exporter", "ports": [{"containerPort": 8080}]}
    harbour = Harbour().app("web", ready=False, ports=[{"containerPort": 8080}], more=(exporter,))

    assert harbour.log("web", "[error] [config] unknown property Retry_Limits").find(SIGNATURES, CONFLICT) == []


def test_port_of_the_mesh_is_taken_by_its_proxy():
    """What the proxy listens on is documented."""
    harbour = Harbour().app("web", ready=False, ports=[{"containerPort": 15001}], more=(PROXY,))

    assert "15001" in harbour.find(SIGNATURES, CONFLICT)[0].text


def test_single_container_ready_pod_or_distinct_ports_are_no_conflict():
    """An old line of a pod that is ready is history."""
    single = Harbour().app("web", ready=False).log("web", IN_USE)
    ready = Harbour().app("web", more=({"name": "x"},)).log("web", IN_USE)
    distinct = Harbour().app("web", ready=False, ports=[{"containerPort": 8080}], more=(PROXY,))

    for harbour in (single, ready, distinct):
        assert harbour.find(SIGNATURES, CONFLICT) == []


def sidecar(*, app, proxy, ready=False):
    """Build a pod whose application and proxy are ready or not."""
    harbour = Harbour().app("web", ready=ready, more=({"name": "istio-proxy"},))
    pod = next(body for body in harbour.bodies if body["kind"] == "Pod")
    states = ({"name": "app", "ready": app}, {"name": "istio-proxy", "ready": proxy})
    pod["status"]["containerStatuses"] = [state | {"state": {"running": {}}} for state in states]
    return harbour


def test_proxy_that_alone_is_not_ready_is_named():
    """The application beside it is."""
    (claim,) = sidecar(app=True, proxy=False).find(SIGNATURES, "sidecar_proxy_not_ready")

    assert claim.subject.name == "web"


@pytest.mark.parametrize(
    "harbour",
    [sidecar(app=False, proxy=False), sidecar(app=True, proxy=True, ready=True), Harbour().app("web", ready=False)],
)
def test_proxy_beside_an_application_that_fails_too_is_not_blamed(harbour):
    """Nor one that is ready, nor one that does not exist."""
    assert harbour.find(SIGNATURES, "sidecar_proxy_not_ready") == []
