import pytest
from tests.unit.rules.signatures.nodes import Nodes

from fermata.rules.signatures.base import Specificity
from fermata.rules.signatures.kubernetes_scheduling import SIGNATURES, read_reasons

PLACE = "didn't match Pod's node affinity/selector"


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("3 node(s) were unschedulable", "node_cordon_mismatch"),
        ("3 node(s) had untolerated taint {critical: true}", "taint_toleration_mismatch"),
        ("3 node(s) had taint {critical: true}, that the pod didn't tolerate", "taint_toleration_mismatch"),
        (f"3 node(s) {PLACE}", "node_affinity_mismatch"),
        ("3 node(s) didn't match node selector", "node_affinity_mismatch"),
        ("3 Insufficient cpu", "cpu_capacity_mismatch"),
        ("3 Insufficient memory", "memory_capacity_mismatch"),
        ("3 Insufficient ephemeral-storage", "ephemeral_storage_capacity_mismatch"),
        ("3 Too many pods", "pod_capacity_mismatch"),
        ("3 Insufficient nvidia.com/gpu", "extended_resource_mismatch"),
        ("3 cannot allocate all claims", "extended_resource_mismatch"),
        ("3 node(s) didn't match pod anti-affinity rules", "pod_anti_affinity_conflict"),
        ("3 node(s) didn't satisfy existing pods anti-affinity rules", "pod_anti_affinity_conflict"),
        ("3 node(s) didn't match pod affinity rules", "pod_affinity_mismatch"),
        ("3 node(s) didn't match pod affinity/anti-affinity rules", "pod_anti_affinity_conflict"),
        ("3 node(s) didn't match pod topology spread constraints", "topology_spread_mismatch"),
        ("3 node(s) didn't have free ports for the requested pod ports", "host_port_conflict"),
        ("3 node(s) had volume node affinity conflict", "volume_node_affinity_conflict"),
        ("3 node(s) didn't find available persistent volumes to bind", "volume_not_bindable"),
        ("3 node(s) exceed max volume count", "volume_limit_exceeded"),
    ],
)
def test_only_reason_is_the_cause(reason, cause):
    """One control-plane node that is cordoned is routine; the other nodes say what matters."""
    town = Nodes().node("cp", cordoned=True, control_plane=True).node("n1").node("n2").node("n3")
    town.wait("1 node(s) were unschedulable", reason) if "unsched" not in reason else town.wait("4" + reason[1:])

    (found,) = town.find(SIGNATURES, cause)

    assert town.causes() == [cause]
    assert found.subject.ref == "kubernetes:deployment/shop/web"
    assert found.confidence == 0.95
    assert "FailedScheduling" not in found.text


def test_reason_that_nobody_knows_counts_as_one():
    """A plugin has words of its own: what stands beside it is not all there is, and alone it is told as it was said."""
    beside = Nodes().node("n1").wait("1 node(s) refused by licence plugin", "3 Insufficient cpu")
    alone = Nodes().node("n1").wait("4 node(s) refused by licence plugin")

    assert [one.confidence for one in beside.find(SIGNATURES, "cpu_capacity_mismatch")] == [0.7]
    (found,) = alone.find(SIGNATURES, "scheduler_reason_unknown")
    assert "refused by licence plugin" in found.text


@pytest.mark.parametrize("reason", ['persistentvolumeclaim "data" not found', "node(s) were not ready"])
def test_reason_that_another_signature_tells_is_no_unknown_one(reason):
    """A claim is the storage's word and a node's state the node's, however a scheduler counts them."""
    assert Nodes().node("n1").wait(f"1 {reason}").causes() == []


def test_word_of_the_autoscaler_is_told_beside():
    """Too few nodes are its business: that it adds none, or that one is on its way, decides what to do."""
    town = Nodes().node("n1").wait("1 Insufficient cpu")
    town.event("Pod", "web-1-a", "NotTriggerScaleUp", "pod didn't trigger scale-up: 1 max node group size reached")

    (found,) = town.find(SIGNATURES, "cpu_capacity_mismatch")

    assert found.text.endswith("autoscaler says: pod didn't trigger scale-up: 1 max node group size reached.")
    assert any("NotTriggerScaleUp" in quote.text or "max node group" in quote.text for quote in found.quotes)


def test_scheduled_pod_has_no_cause():
    """An old complaint about a pod that has got its node is history."""
    town = Nodes().node("n1").deployment(ready=1).replica_set(existing=1, ready=1).pod(node="n1", ready=True)
    town.event("Pod", "web-1-a", "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.")

    assert town.causes() == []


def test_control_plane_taint_and_ill_nodes_are_no_missing_toleration():
    """Nobody is meant to tolerate them: the first is routine, the second is the node's trouble."""
    message = (
        "0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
        "2 node(s) had untolerated taint {node.kubernetes.io/not-ready: }."
    )

    town = Nodes().node("n1").deployment().replica_set(existing=1).pod()
    town.event("Pod", "web-1-a", "FailedScheduling", message)

    assert [reason.cause for reason in read_reasons(message)] == ["node_illness"]
    assert town.causes() == []


def test_pod_pinned_to_an_ill_node_blames_nothing_of_its_own():
    """That the healthy nodes do not match is what the pin is for; the node's illness is another signature's word."""
    ill = "1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }"
    seen = Nodes().node("n1", taint="node.kubernetes.io/unreachable=:NoSchedule", labels={"disk": "ssd"}).node("n2")

    assert Nodes().node("n1").node("n2").wait(ill, f"2 node(s) {PLACE}").causes() == []
    assert seen.wait(spec={"nodeSelector": {"disk": "ssd"}}).causes() == []


def test_cordon_seen_as_a_taint_is_a_cordon():
    """Pods that the controller of daemon sets places see the cordon as its taint."""
    (reason,) = read_reasons(
        "0/1 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/unschedulable: }."
    )

    assert reason.cause == "node_cordon_mismatch"


def test_message_without_reasons_is_silent():
    """What is said of the pod as a whole belongs to the storage signatures."""
    assert Nodes().node("n1").wait("pod has unbound immediate PersistentVolumeClaims").causes() == []


def test_pinned_pod_whose_nodes_are_cordoned_is_kept_away_by_the_cordon():
    """That the other nodes do not match the selector is what the selector is for."""
    town = Nodes().node("cp", cordoned=True, control_plane=True).node("n1", cordoned=True, labels={"disk": "ssd"})
    town.node("n2").node("n3").wait(
        f"2 node(s) {PLACE}", "2 node(s) were unschedulable", spec={"nodeSelector": {"disk": "ssd"}}
    )

    (found,) = town.find(SIGNATURES, "node_cordon_mismatch")

    assert town.causes() == ["node_cordon_mismatch"]
    assert any("unschedulable" in quote.text for quote in found.quotes)


def test_pinned_pod_whose_nodes_are_tainted_is_kept_away_by_the_taint():
    """The cordoned node is not one of those it is pinned to."""
    town = Nodes().node("n0", cordoned=True).node("n1", taint="workload=gpu:NoSchedule", labels={"workload": "gpu"})
    town.node("n2").node("n3").wait(
        "1 node(s) had untolerated taint {workload: gpu}",
        "1 node(s) were unschedulable",
        f"2 node(s) {PLACE}",
        spec={"nodeSelector": {"workload": "gpu"}},
    )

    (found,) = town.find(SIGNATURES, "taint_toleration_mismatch")

    assert town.causes() == ["taint_toleration_mismatch"]
    assert any("taints" in quote.text for quote in found.quotes)


def test_pin_to_labels_that_no_node_has_is_the_selectors_fault():
    """A taint on some node does not matter to a pod that could not run there anyway."""
    town = (
        Nodes()
        .node("n1", taint="a=b:NoSchedule")
        .node("n2")
        .wait("1 node(s) had untolerated taint {a: b}", f"1 node(s) {PLACE}", spec={"nodeSelector": {"disk": "ssd"}})
    )

    assert town.causes() == ["node_selector_mismatch"]


def test_pin_to_a_host_is_told_without_labels():
    """A node's name is the one label that is always known."""
    town = Nodes().wait(
        "1 node(s) had untolerated taint {a: b}",
        f"1 node(s) {PLACE}",
        spec={"nodeSelector": {"kubernetes.io/hostname": "n1"}},
    )
    for name, taints in (("n1", [{"key": "a", "value": "b", "effect": "NoSchedule"}]), ("n2", [])):
        town.add("Node", name, "", spec={"taints": taints})

    assert town.causes() == ["taint_toleration_mismatch"]


def test_pinned_nodes_without_a_visible_fault_leave_the_strongest_reason():
    """The state of the nodes may have changed since the scheduler spoke."""
    town = (
        Nodes()
        .node("n1", labels={"disk": "ssd"})
        .node("n2")
        .wait(f"1 node(s) {PLACE}", "1 node(s) were unschedulable", spec={"nodeSelector": {"disk": "ssd"}})
    )

    assert town.causes() == ["node_cordon_mismatch"]


def test_selector_is_told_from_affinity_by_the_pod():
    """The scheduler words both alike."""
    selector = Nodes().node("n1").wait(f"1 node(s) {PLACE}", spec={"nodeSelector": {"disk": "ssd"}})
    satisfied = Nodes().node("n1", labels={"disk": "ssd"})
    satisfied.wait(f"1 node(s) {PLACE}", spec={"nodeSelector": {"disk": "ssd"}})

    assert selector.causes() == ["node_selector_mismatch"]
    assert satisfied.causes() == ["node_affinity_mismatch"]


def test_old_wording_for_other_pods_is_told_by_the_pod():
    """Before 1.22 the scheduler did not say which of the two rules failed."""
    words = "1 node(s) didn't match pod affinity/anti-affinity rules"
    near = Nodes().node("n1").wait(words, spec={"affinity": {"podAffinity": {}}})
    apart = Nodes().node("n1").wait(words, spec={"affinity": {"podAffinity": {}, "podAntiAffinity": {}}})

    assert near.causes() == ["pod_affinity_mismatch"]
    assert apart.causes() == ["pod_anti_affinity_conflict"]


def asking(**requests):
    """Return a pod spec that asks for resources."""
    return {"containers": [{"name": "app", "resources": {"requests": requests}}, {"name": "side"}]}


def test_request_bigger_than_any_node_decides():
    """However many nodes refuse for something else, no node could ever take the pod."""
    town = Nodes().node("n1", cpu="4").node("n2", cpu="4", taint="a=b:NoSchedule").node("n3", cpu="4", taint="a=b:")
    town.wait("2 node(s) had untolerated taint {a: b}", "1 Insufficient cpu", spec=asking(cpu="64"))

    assert town.causes() == ["cpu_capacity_mismatch"]


def test_reason_of_most_nodes_decides_and_the_later_filter_among_equals():
    """A node that failed later was nearer to taking the pod."""
    most = (
        Nodes()
        .node("n1", cpu="4")
        .wait("2 node(s) had untolerated taint {a: b}", "1 Insufficient cpu", spec=asking(cpu="1"))
    )
    equal = Nodes().node("n1").wait("1 node(s) had untolerated taint {a: b}", "1 Insufficient cpu")
    split = (
        Nodes()
        .node("n1")
        .wait("1 node(s) had untolerated taint {a: b}", "1 node(s) had untolerated taint {c: d}", "1 Insufficient cpu")
    )

    assert most.causes() == ["taint_toleration_mismatch"]
    assert equal.causes() == ["cpu_capacity_mismatch"]
    assert split.causes() == ["taint_toleration_mismatch"]


def test_resources_beside_unseen_affinity_are_the_better_word():
    """A node that was too small had passed the affinity, so there are nodes the pod may run on."""
    town = Nodes().node("n1").wait(f"2 node(s) {PLACE}", "1 Insufficient memory")

    (found,) = town.find(SIGNATURES, "memory_capacity_mismatch")

    assert found.confidence == 0.6


def test_lone_cordon_is_routine_when_nodes_are_not_known():
    """One cordoned node beside others that refuse for a reason of their own is the control plane's, most likely."""
    assert Nodes().wait("1 node(s) were unschedulable", "3 Insufficient cpu").causes() == ["cpu_capacity_mismatch"]
    assert Nodes().wait("1 node(s) were unschedulable").causes() == ["node_cordon_mismatch"]


def test_message_is_read_from_the_condition_when_events_expired():
    """The pod keeps the scheduler's last word."""
    message = "0/1 nodes are available: 1 Insufficient cpu. preemption: none."
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    town = Nodes().node("n1").deployment().replica_set(existing=1).pod(status={"conditions": [condition]})
    town.event("Pod", "web-1-a", "FailedScheduling", "skip schedule deleting pod: shop/web-1-a")

    (found,) = town.find(SIGNATURES, "cpu_capacity_mismatch")

    assert "Insufficient cpu" in found.quotes[0].text


@pytest.mark.parametrize(
    ("town", "cause"),
    [
        (Nodes().node("n1", cordoned=True), "node_cordon_mismatch"),
        (Nodes().node("n1", taint="a=b:NoSchedule"), "taint_toleration_mismatch"),
        (Nodes().node("n1", labels={"disk": "hdd"}), "node_selector_mismatch"),
        (Nodes().node("n1", labels={"disk": "ssd"}, cpu="1", memory="1Gi"), "memory_capacity_mismatch"),
    ],
)
def test_silent_scheduler_is_replaced_by_comparing(town, cause):
    """What no node can satisfy is seen without a word from the scheduler, with less confidence."""
    town.node("cp", cordoned=True, control_plane=True)
    town.wait(spec={"nodeSelector": {"disk": "ssd"}} | asking(cpu="1", memory="2Gi"))

    (found,) = town.find(SIGNATURES, cause)

    assert found.confidence == 0.75
    assert town.causes() == [cause]


def test_silent_scheduler_and_a_node_that_fits_blame_nothing():
    """Then the scheduler itself may be the trouble, which another signature tells."""
    assert Nodes().node("n1").node("n2", cordoned=True).wait().causes() == []
    assert Nodes().wait().causes() == []


def test_only_the_first_sentence_is_about_the_nodes():
    """Newer schedulers add what they think of devices and preemption."""
    message = "0/1 nodes are available: 1 Insufficient memory. no new claims to deallocate, preemption: 0/1 nodes."

    assert [reason.words for reason in read_reasons(message)] == ["Insufficient memory"]


def test_volume_that_cannot_be_bound_at_last_is_told():
    """A node was found; the volume did not follow."""
    town = Nodes().node("n1").deployment().replica_set(existing=1).pod()
    words = 'running PreBind plugin "VolumeBinding": binding volumes: timed out waiting for the condition'
    town.event("Pod", "web-1-a", "FailedScheduling", words)

    assert town.causes() == ["volume_not_bindable"]


def test_pod_that_no_scheduler_looks_at_says_why():
    """A gate holds it, or it names a scheduler that has placed nothing."""
    gated = Nodes().node("n1").wait(spec={"schedulingGates": [{"name": "quota"}]})
    foreign = Nodes().node("n1").wait(spec={"schedulerName": "batch"}).pod("other", None, node="n1", ready=True)

    assert gated.causes() == ["pod_scheduling_gated"]
    assert foreign.causes() == ["scheduler_name_unknown"]


def test_scheduler_of_its_own_that_places_others_is_not_blamed():
    """Nor is one that has spoken."""
    spec = {"schedulerName": "batch"}
    working = Nodes().node("n1").wait(spec=spec).pod("other", None, node="n1", ready=True, spec=spec)
    spoken = Nodes().node("n1").wait("1 Insufficient cpu", spec=spec)

    assert working.causes() == []
    assert spoken.causes() == ["cpu_capacity_mismatch"]


def test_one_pod_speaks_for_its_workload():
    """Ten pods that wait for the same reason are one cause; a pod that is not judged leaves the word to the next."""
    town = Nodes().node("n1").wait("pod has unbound immediate PersistentVolumeClaims")
    for name in ("web-1-b", "web-1-c"):
        town.pod(name).event("Pod", name, "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.")

    assert len(town.find(SIGNATURES, "cpu_capacity_mismatch")) == 1


def test_every_entry_is_an_origin():
    """Somebody set the limit or the rule."""
    assert {item.specificity for item in SIGNATURES} == {Specificity.ORIGIN}
