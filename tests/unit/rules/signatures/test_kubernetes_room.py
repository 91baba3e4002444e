import pytest
from tests.unit.rules.signatures.town import Town

from fermata.rules.signatures.kubernetes_room import (
    MemoryWish,
    can_do_without,
    find_memory_objection,
    list_takers,
)

MIB = 1024**2
READY = {"type": "Ready", "status": "True"}


class Site(Town):
    """A town with nodes."""

    def node(self, name="n1", *, memory="8Gi", taken="", pressed="", taints=(), cordoned=False, ready=True):
        """Add a node; `taken` is what a description prints as requested."""
        conditions = [{"type": "Ready", "status": str(ready)}]
        if pressed:
            conditions.append({"type": pressed, "status": "True"})
        status = {"conditions": conditions} | ({"allocatable": {"memory": memory}} if memory else {})
        parts = {"printed": {"requests.memory": taken}} if taken else {}
        spec = {"taints": list(taints), "unschedulable": cordoned}
        return self.add("Node", name, "", spec=spec, status=status, **parts)

    def quota(self, name="limits.memory", *, hard="1Gi", used="900Mi"):
        """Add a quota that is nearly used up."""
        return self.add("ResourceQuota", "team", status={"hard": {name: hard}, "used": {name: used}})


def object_to(site, *, old=64, new=128, is_reserved=True, node="", replicas=2):
    """Return what speaks against more memory for `web`."""
    cluster = site.deployment(replicas=replicas).build()
    wish = MemoryWish(cluster.find("Deployment", "web", "shop"), old * MIB, new * MIB, is_reserved)
    return find_memory_objection(cluster, wish, cluster.find("Node", node) if node else None)


def test_nothing_known_is_no_objection():
    """The server computes the change before anybody is asked."""
    assert object_to(Site()) == ""
    assert object_to(Site().node(memory="").node("n2"), new=16384) == ""


def test_node_that_runs_out_itself_objects():
    """There more for one is less for the others."""
    assert object_to(Site().node(pressed="MemoryPressure"), node="n1") == "its node n1 runs out of memory itself"
    assert object_to(Site().node(), node="n1") == ""


def test_limit_above_every_node_is_refused():
    """A pod that asks for more than any node has is never placed."""
    assert object_to(Site().node(memory="64Mi").node("n2", memory="100Mi")) == "no node has more than 100 MiB for pods"


def test_room_that_was_promised_to_others_counts_for_what_is_reserved():
    """Where all nodes tell what they promised, the emptiest must have the difference left."""
    full = Site().node(memory="1Gi", taken="1000Mi (98%)").node("n2", memory="1Gi", taken="990Mi (97%)")

    assert object_to(full) == "no node has more than 34 MiB left to promise"
    assert object_to(full, is_reserved=False) == ""
    assert object_to(full.node("n3", memory="1Gi")) == ""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"type": "Container", "max": {"memory": "100Mi"}}, "the LimitRange caps allows a container 100 MiB at most"),
        ({"type": "Container", "max": {"memory": "128Mi"}}, ""),
        ({"type": "Pod", "max": {"memory": "100Mi"}}, ""),
        ({"type": "Container", "max": {"cpu": "1"}}, ""),
        ({"type": "Container"}, ""),
    ],
)
def test_range_of_the_namespace_is_kept(rule, words):
    """A container's maximum is its own, whatever nodes have."""
    assert object_to(Site().add("LimitRange", "caps", spec={"limits": [rule]})) == words


def test_quota_must_have_room_for_one_more_pod_and_for_all():
    """A rollout starts a new pod beside the old ones."""
    assert object_to(Site().quota()) == "the quota team leaves 124 MiB of limits.memory"
    assert object_to(Site().quota(used="896Mi")) == ""
    assert object_to(Site().quota(used="896Mi"), replicas=3) == "the quota team leaves 128 MiB of limits.memory"
    assert object_to(Site().quota(used="2Gi")) == "the quota team leaves 0 B of limits.memory"
    assert object_to(Site().quota(hard="x")) == ""


def test_quota_of_requests_counts_for_what_is_reserved():
    """A request of its own does not grow with the limit."""
    site = Site().quota("requests.memory")

    assert "of requests.memory" in object_to(site)
    assert object_to(site, is_reserved=False) == ""


def test_takers_are_ready_free_of_taints_and_of_pressure():
    """A taint that only asks keeps nobody off."""
    site = (
        Site()
        .node("good", taints=[{"key": "soft", "effect": "PreferNoSchedule"}])
        .node("tainted", taints=[{"key": "gpu", "effect": "NoSchedule"}])
        .node("pressed", pressed="DiskPressure")
        .node("cordoned", cordoned=True)
        .node("down", ready=False)
    )

    assert [node.name for node in list_takers(site.build())] == ["good"]


def can_spare(site):
    """Answer whether the others can do without n1."""
    cluster = site.build()
    return can_do_without(cluster, cluster.find("Node", "n1"))


def test_node_is_spared_when_another_has_room():
    """One that takes pods and is not nearly promised away."""
    assert can_spare(Site().node().node("n2"))
    assert can_spare(Site().node().node("n2", taken="6Gi (75%)"))
    assert not can_spare(Site().node())
    assert not can_spare(Site().node().node("n2", taken="7Gi (87%)"))
    assert not can_spare(Site().node().node("n2", cordoned=True))


def test_node_is_not_spared_while_pods_wait_for_one():
    """Every node counts then."""
    assert not can_spare(Site().node().node("n2").pod())
