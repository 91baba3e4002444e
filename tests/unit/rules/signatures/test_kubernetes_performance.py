import pytest
from tests.unit.rules.signatures.notices import NoticedTown

from fermata.rules.metrics.series import Series
from fermata.rules.signatures.kubernetes_performance import SIGNATURES, list_slow

CALLS = {"web": ["cart", "pay", "mail", "ship"], "cart": ["store"]}


def shop():
    """Return a town in which web calls four workloads, of which the cart calls the store."""
    town = NoticedTown().run("web", "cart", "pay", "mail", "ship", "store", calls=CALLS)
    return town.add("Node", "n1", "").add("Node", "n2", "")


def computes(town, name, factor=5, *, throttled=True):
    """Let a workload compute so many times what is usual."""
    town.notice(f"Service {name}: RESOURCE_SATURATION [cpu core] | Normal=0.1 cores -> Current={factor / 10} cores")
    return town.notice(f"Service {name}: SATURATION [cpu_cfs] | Val: 0.8s (Throttled)") if throttled else town


def retransmits(town, node, before, after):
    """Let a node retransmit."""
    return town.notice(f"Node {node}: NETWORK [TCP Retransmission] | Normal={before}retrans -> Current={after}retrans")


def test_deepest_slow_callee_is_the_origin():
    """Whoever waits for it is explained; the callee itself is named although web is slower in milliseconds."""
    town = shop().slow("web", 30, 9000).slow("cart", 10, 3000).slow("store", 1, 900)

    (claim,) = town.find(SIGNATURES, "pod_network_delay")

    assert claim.subject.ref == "kubernetes:deployment/shop/store"
    assert claim.confidence == 0.7
    assert {"kubernetes:deployment/shop/web", "kubernetes:deployment/shop/cart"} < claim.explains
    assert claim.quotes[0].line == 3


def test_caller_whose_callees_are_all_late_reaches_them_late():
    """When most of what a caller calls seems slow, though nothing connects them but the caller, the caller is it."""
    town = shop().slow("web", 30, 9000)
    for name in ("cart", "pay", "mail"):
        town.slow(name, 1, 900)

    (claim,) = town.find(SIGNATURES, "pod_network_delay")

    assert claim.subject.name == "web"


def test_one_slow_callee_is_not_the_callers_doing():
    """One of four callees slow: it is slow by itself, even if web rose a little more."""
    (claim,) = shop().slow("web", 30, 9100).slow("pay", 4, 1200).find(SIGNATURES, "pod_network_delay")

    assert claim.subject.name == "pay"


def test_without_known_calls_the_greatest_rise_is_the_origin():
    """A caller's time holds its callee's, so one delay weighs most where least was usual."""
    town = NoticedTown().run("a", "b", "c").slow("a", 200, 5000).slow("b", 10, 4000).slow("c", 60, 4500)

    (claim,) = town.slow("b", 100, 4000, statistic="p99").find(SIGNATURES, "pod_network_delay")

    assert claim.subject.name == "b"
    assert len(claim.explains & {f"kubernetes:deployment/shop/{name}" for name in "abc"}) == 3


def test_slowness_left_unexplained_costs_confidence():
    """A slow workload that has nothing to do with the origin: perhaps it is another trouble."""
    town = shop().slow("cart", 10, 3000).slow("store", 1, 900).slow("ship", 10, 20)

    (claim,) = town.find(SIGNATURES, "pod_network_delay")

    assert claim.confidence == 0.5


def test_workload_that_computes_more_is_overloaded():
    """Slow and busy: the processor, not the network; whoever waits for it follows."""
    town = computes(shop().slow("web", 30, 90).slow("cart", 4, 90), "cart")

    (claim,) = town.find(SIGNATURES, "pod_cpu_overload")

    assert claim.subject.name == "cart"
    assert claim.confidence == 0.9
    assert "kubernetes:deployment/shop/web" in claim.explains
    assert town.list_causes(SIGNATURES) == ["pod_cpu_overload"]


def test_busy_workload_without_limit_is_less_certain():
    """Nobody says that it is throttled."""
    (claim,) = computes(shop().slow("cart", 4, 90), "cart", throttled=False).find(SIGNATURES, "pod_cpu_overload")

    assert claim.confidence == 0.75


def test_busy_callee_explains_callers_that_are_slow():
    """It is throttled and computes more; that itself is not measured as slow does not clear it."""
    town = computes(shop().slow("web", 30, 900), "pay")

    (claim,) = town.find(SIGNATURES, "pod_cpu_overload")

    assert claim.subject.name == "pay"
    assert claim.confidence == 0.75
    assert town.list_causes(SIGNATURES) == ["pod_cpu_overload"]
    assert [trouble.ref.rpartition("/")[2] for trouble in list_slow(town.build())] == ["web", "pay"]


def test_strained_workload_alone_is_trouble_and_cause():
    """Nothing is slow yet."""
    assert computes(shop(), "pay").list_causes(SIGNATURES) == ["pod_cpu_overload"]


def test_busy_without_limit_or_slowness_is_no_trouble():
    """It computes more, and nobody waits."""
    assert computes(shop(), "pay", throttled=False).list_causes(SIGNATURES) == []
    assert computes(shop(), "pay", factor=1.2).list_causes(SIGNATURES) == []


def test_busy_node_is_no_busy_workload():
    """A node's processor is shared by all that runs there."""
    town = shop().notice("Node n1: [cpu core] | Normal=1 cores -> Current=5 cores")

    assert town.notice("Node n1: [cpu_cfs] Throttled").list_causes(SIGNATURES) == []


def test_throttled_bystander_is_not_blamed():
    """Throttled without being slow, or busy while something else is slow: neither is the origin."""
    town = computes(shop().slow("store", 1, 900), "ship").notice("Service mail: [cpu_cfs] | Val: 0.3s (Throttled)")

    assert town.list_causes(SIGNATURES) == ["pod_network_delay"]
    assert town.find(SIGNATURES, "pod_network_delay")[0].subject.name == "store"


def test_lossy_node_is_the_one_that_retransmits_most():
    """Its peers retransmit too, only less; slow workloads follow."""
    town = retransmits(retransmits(shop().slow("cart", 3, 50), "n2", 0.07, 0.6), "n1", 0, 6.7)

    (claim,) = town.find(SIGNATURES, "node_network_packet_loss")

    assert claim.subject.ref == "kubernetes:node/n1"
    assert claim.confidence == 0.9
    assert "kubernetes:deployment/shop/cart" in claim.explains
    assert town.list_causes(SIGNATURES) == ["node_network_packet_loss"]


def test_nodes_that_retransmit_alike_are_less_certain():
    """No node stands out."""
    (claim,) = retransmits(retransmits(shop(), "n2", 0, 6), "n1", 0, 6.7).find(SIGNATURES, "node_network_packet_loss")

    assert claim.confidence == 0.6


def test_usual_latency_and_less_traffic_are_nobodys_fault():
    """A monitor that finds a little more latency, or less traffic, gives no origin; nor does a node's own latency."""
    town = retransmits(shop().slow("web", 30, 40), "n1", 5, 4)
    town.notice("Service cart: THROUGHPUT_DROP [RPS] | Normal=9req/s -> Current=1req/s")
    town.notice("Node n1: disk latency | Normal=1ms -> Current=90ms")

    assert town.list_causes(SIGNATURES) == []
    assert list_slow(town.build()) == ()


def test_slowness_is_trouble():
    """What is slow wants explaining, once a workload, by its worst percentile."""
    (trouble,) = list_slow(shop().slow("cart", 4, 90).slow("cart", 1, 99).slow("cart", 9, 90).build())

    assert trouble.ref == "kubernetes:deployment/shop/cart"
    assert trouble.text == "cart answers 99.0 times as late as usual"


def test_of_two_that_rose_alike_the_one_that_lost_more_traffic_is_the_origin():
    """A dashboard passes on what its gateway delays; the requests that wait there do not arrive."""
    town = NoticedTown().run("door", "hall").slow("door", 100, 2600).slow("hall", 100, 2500)
    town.notice("Service door: [RPS] | Normal=9req/s -> Current=3req/s")
    town.notice("Service hall: [RPS] | Normal=9req/s -> Current=2req/s").notice(
        "Service hall: [RPS] | Normal=0 -> Current=2"
    )

    (claim,) = town.find(SIGNATURES, "pod_network_delay")

    assert claim.subject.name == "hall"


def test_more_traffic_is_no_loss():
    """Then the rise decides."""
    town = NoticedTown().run("door", "hall").slow("door", 100, 2600).slow("hall", 100, 2500)

    (claim,) = town.notice("Service hall: [RPS] | Normal=2 -> Current=9").find(SIGNATURES, "pod_network_delay")

    assert claim.subject.name == "door"


@pytest.mark.parametrize(
    ("service", "metric", "values", "count"),
    [
        ("billing", "latency_seconds", [0.01] * 20 + [9.0] * 10, 0),
        ("billing", "latency_seconds", [0.01] * 20 + [0.02] * 10, 1),
        ("billing", "latency_seconds", [0.0] * 20 + [9.0] * 10, 1),
        ("billing", "latency_seconds", [0.01] * 30, 1),
        ("billing", "latency_seconds", [9.0], 1),
        ("billing", "requests", [1.0] * 20 + [90.0] * 10, 1),
        ("store", "latency_seconds", [0.01] * 20 + [9.0] * 10, 1),
    ],
)
def test_workload_that_waits_for_what_is_no_object_is_not_blamed(service, metric, values, count):
    """A database outside the cluster that became far slower was measured as well, and is nobody's network."""
    cluster = shop().slow("web", 30, 300).build()
    cluster.series = (Series(service, metric, [60.0 * step for step in range(len(values))], values),)

    found = [claim for signature in SIGNATURES for claim in signature.find(cluster)]

    assert len([claim for claim in found if claim.cause == "pod_network_delay"]) == count


def test_network_is_blamed_only_where_cpu_is_known_not_to_be_it():
    """Being slow alone speaks for a network no more than for anything else."""
    slow = shop().measure("pay", "latency_seconds", 0.05, 3.0)
    unknown = slow.find(SIGNATURES, "pod_network_delay")

    (claim,) = slow.measure("pay", "cpu_usage", 0.2, 0.2).find(SIGNATURES, "pod_network_delay")

    assert unknown == []
    assert "without computing more" in claim.text
    assert claim.confidence == 0.7


def test_workload_that_waits_for_its_own_pool_is_delayed_by_no_network():
    """It says itself what its requests wait for; what another one says does not matter."""
    lines = [
        "2026-11-23T09:51:00Z ERROR HikariPool-1 - Connection is not available, request timed out after 3000ms"
    ] * 3
    slow = shop().slow("pay", 10, 900)

    assert slow.log("cart-1-a", *lines).find(SIGNATURES, "pod_network_delay")
    assert slow.log("pay-1-a", *lines).find(SIGNATURES, "pod_network_delay") == []
