"""A pod that takes the processors of its node from those beside it."""

import pytest
from tests.unit.rules.signatures.notices import NoticedTown
from tests.unit.rules.signatures.town import NOW

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.metrics.series import Series
from fermata.rules.signatures.kubernetes_crowding import SIGNATURES

GREEDY = {"cpu": "2"}


class Crowd(NoticedTown):
    """A town with one node on which `web` runs beside a job's pod."""

    def top(self, kind, *rows):
        """Add what `kubectl top` printed; without rows it was not asked."""
        head = "NAME  CPU(cores)  CPU%  MEMORY(bytes)" if kind == "nodes" else "NAME  CPU(cores)  MEMORY(bytes)"
        query = f"kubectl top {kind}" + (" -n shop" if kind == "pods" else "")
        if rows:
            text = "\n".join([head, *("  ".join(row.split()) for row in rows)])
            self.documents.append(Document(query, DocumentForm.KUBECTL, text, query=query, observed_at=NOW))
        return self

    def beside(self, requests=None, *, node=None, web_ready=True, web_node="n1"):
        """Add the node and both pods; `requests` is what the job's pod asks for."""
        spec = {"containers": [{"name": "app", "resources": {"requests": requests} if requests else {}}]}
        self.add("Node", "n1", "", status=node if node is not None else {"allocatable": {"cpu": "16"}})
        self.deployment().replica_set(existing=1).pod("web-1-a", node=web_node, ready=web_ready)
        return self.pod("job-x", ("Job", "job"), node="n1", ready=True, spec=spec)

    def count(self, metric, value, *others, **labels):
        """Add a series that says the same all the time; gaps are `None`."""
        values = [value, *others]
        service = labels.get("pod") or labels["node"]
        self.series.append(Series(service, metric, [60.0 * at for at in range(len(values))], values, labels=labels))
        return self

    def crowding(self):
        """Return what is claimed."""
        return self.find(SIGNATURES, "pod_crowds_node")


def full(requests=None, *, node="n1 15.9 99% 1Gi", pod="job-x 14600m 1Gi", **more):
    """Return a town whose node is full, as `kubectl top` printed it."""
    return Crowd().beside(requests, **more).top("nodes", *filter(None, [node])).top("pods", *filter(None, [pod]))


def test_pod_that_fills_its_node_is_named_with_whom_it_leaves_nothing():
    """Who runs beside it looks well, and waits for its turn."""
    (claim,) = full().crowding()

    assert claim.subject.ref == "kubernetes:deployment/shop/web"
    assert claim.text == ("Pod job-x takes 14.6 of the 16 processors of node n1, which has none left for web.")
    assert claim.confidence == 0.7
    assert len(claim.quotes) == 2


def test_slow_neighbour_makes_it_surer():
    """Its slowness is cited as well."""
    (claim,) = full().slow("web", 20, 2000).crowding()

    assert claim.confidence == 0.85
    assert "answers 100 times as late as usual" in claim.text
    assert len(claim.quotes) == 3


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"node": "n1 9.0 56% 1Gi"}, "processors are free"),
        ({"node": ""}, "nobody looked at the node"),
        ({"node": "n1 15.9 <unknown> 1Gi"}, "its use is not known"),
        ({"pod": "job-x 7000m 1Gi"}, "it is one of several"),
        ({"pod": ""}, "nobody looked at the pods"),
        ({"requests": {"cpu": "12"}}, "it asked for what it takes"),
        ({"web_ready": False}, "who does not run has another reason"),
        ({"web_node": "n2"}, "who runs elsewhere has its processors"),
    ],
)
def test_nobody_is_blamed_without_a_full_node_a_greedy_pod_and_a_neighbour(case, why):
    """Each of them may be as it should."""
    assert full(**case).crowding() == [], why


@pytest.mark.parametrize("requests", [GREEDY, {"memory": "1Gi"}, None])
def test_pod_that_asks_for_less_than_half_of_what_it_takes_is_greedy(requests):
    """Of nothing, too."""
    assert full(requests).crowding()


@pytest.mark.parametrize("node", [{"capacity": {"cpu": "16"}}, {}])
def test_size_of_a_node_is_its_capacity_or_worked_out_of_its_use(node):
    """A table alone tells that 15.9 processors are 99 % of it."""
    town = Crowd().beside(node=node).top("nodes", "n1 15840m 99% 1Gi").top("pods", "job-x 14600m 1Gi")

    (claim,) = town.crowding()

    assert "of the 16" in claim.text


@pytest.mark.parametrize(
    ("metric", "values", "labels", "is_full"),
    [
        ("node_cpu_utilisation", [0.4, 0.99, None], {"node": "n1"}, True),
        ("node_cpu_percent", [40.0, 98.0], {"instance": "n1", "node": ""}, True),
        ("node_cpu_utilisation", [0.4, 0.5], {"node": "n1"}, False),
        ("node_cpu_utilisation", [None], {"node": "n1"}, False),
        ("node_cpu_idle", [0.99], {"node": "n1"}, False),
        ("node_cpu_seconds", [0.99], {"node": "n1", "mode": "steal"}, False),
        ("node_memory_utilisation", [0.99], {"node": "n1"}, False),
        ("node_cpu_utilisation", [0.99], {"node": "n2"}, False),
        ("container_cpu_utilisation", [0.99], {"node": "n1", "pod": "job-x"}, False),
        ("node_cpu_cores", [16.0], {"node": "n1"}, False),
    ],
)
def test_series_show_a_full_node(metric, values, labels, is_full):
    """As a share of one or of a hundred, of the whole node, and of what is busy."""
    town = Crowd().beside().count("container_cpu_usage", 14.6, pod="job-x").count(metric, *values, **labels)

    assert bool(town.crowding()) is is_full


@pytest.mark.parametrize(
    ("metric", "values", "is_known"),
    [
        ("container_cpu_usage", [1.0, 14.6], True),
        ("container_cpu_usage", [None], False),
        ("container_cpu_limit", [14.6], False),
        ("container_cpu_throttled", [14.6], False),
    ],
)
def test_series_show_what_a_pod_takes(metric, values, is_known):
    """In processors, and now."""
    town = Crowd().beside().top("nodes", "n1 15.9 99% 1Gi").count(metric, *values, pod="job-x")

    assert bool(town.crowding()) is is_known


def test_neighbours_of_one_workload_are_one_claim():
    """However many of its pods run there."""
    assert len(full().pod("web-1-b", node="n1", ready=True).crowding()) == 1
