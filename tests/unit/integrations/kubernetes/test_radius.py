import pytest

from fermata.domain.entity import Entity
from fermata.integrations.kubernetes.radius import (
    Surroundings,
    count_replacement,
    count_resizing,
    describe_replacement,
    write_selector,
)

TARGET = Entity.parse("kubernetes:deployment/shop/web")


def _make_workload(kind="Deployment", **spec):
    return {"kind": kind, "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


def _make_pods(count):
    return tuple({"metadata": {"name": f"web-{number}", "namespace": "shop"}} for number in range(count))


def _roll(surge, missing):
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": missing}}


@pytest.mark.parametrize(
    ("workload", "words"),
    [
        (_make_workload(replicas=4, strategy=_roll("25%", "25%")), "at most 1 missing and 1 more than 4"),
        (_make_workload(replicas=10, strategy=_roll("25%", "25%")), "at most 2 missing and 3 more than 10"),
        (_make_workload(replicas=3, strategy=_roll(0, 0)), "at most 1 missing and 0 more than 3"),
        (_make_workload(replicas=1, strategy=_roll("25%", "25%")), "the old one serves until the new one is ready"),
        (_make_workload(replicas=1, strategy=_roll(0, 1)), "downtime"),
        (_make_workload(replicas=2, strategy={"type": "Recreate"}), "downtime"),
        (_make_workload(replicas=2, paused=True), "paused"),
        (_make_workload("StatefulSet", replicas=1), "downtime"),
        (_make_workload("StatefulSet", replicas=3), "at most 1 missing and 0 more than 3"),
        (_make_workload("StatefulSet", replicas=3, updateStrategy={"type": "OnDelete"}), "OnDelete"),
        (_make_workload("DaemonSet", updateStrategy=_roll(0, 1)), "at most 1 node at a time"),
    ],
)
def test_strategy_says_how_pods_are_replaced(workload, words):
    """Percentages are rounded as the controllers do: surge up, missing down, and never both to nothing."""
    assert words in describe_replacement(workload, 3)


@pytest.mark.parametrize(
    ("kind", "spec", "ready", "words"),
    [
        (
            "StatefulSet",
            {},
            [True, False],
            "; web-1 is not ready, and Kubernetes waits for it (OrderedReady): delete it",
        ),
        ("StatefulSet", {}, [False, False], "; web-0, web-1 are not ready, and Kubernetes waits for them"),
        ("StatefulSet", {}, [True, True], ""),
        ("StatefulSet", {"podManagementPolicy": "Parallel"}, [True, False], ""),
        ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, [True, False], ""),
        ("Deployment", {}, [True, False], ""),
    ],
)
def test_pod_that_a_stateful_set_waits_for_is_said_not_to_be_replaced(kind, spec, ready, words):
    """Its controller goes on only once that pod is ready, which it may never be: taking the change back is no help."""
    pods = tuple(
        pod | {"status": {"conditions": [{"type": "Ready", "status": str(is_well)}]}}
        for pod, is_well in zip(_make_pods(2), ready, strict=True)
    )

    text = count_replacement(TARGET, _make_workload(kind, replicas=2, **spec), Surroundings(pods=pods)).text

    assert words in text
    assert ("waits for" in text) is bool(words)


def test_what_stands_behind_a_workload_is_counted():
    """The workload, its pods and its services; budgets and what could not be seen are named."""
    around = Surroundings(
        pods=_make_pods(2),
        services=({"metadata": {"name": "front", "namespace": "shop"}},),
        budgets=({"metadata": {"name": "guard"}, "status": {"disruptionsAllowed": 1}},),
        unseen=("horizontalpodautoscalers",),
    )

    radius = count_replacement(TARGET, _make_workload(replicas=2), around)

    assert radius.count == len(radius.entities) == 4
    assert radius.entities[0] == TARGET.ref
    assert "kubernetes:service/shop/front" in radius.entities
    assert "2 pods of deployment web are replaced" in radius.text
    assert "disruption budget guard can spare 1 now" in radius.text
    assert "not counted, as they cannot be listed: horizontalpodautoscalers" in radius.text


@pytest.mark.parametrize(
    ("replicas", "words"), [(5, "3 pods of deployment web start"), (1, "1 pod of deployment web stops, 1 goes on")]
)
def test_scaling_counts_the_difference(replicas, words):
    """Only the pods that start or stop are touched."""
    radius = count_resizing(TARGET, _make_workload(replicas=2), Surroundings(pods=_make_pods(2)), replicas)

    assert words in radius.text


def test_selector_is_written_as_a_parameter():
    """Both forms, in an order that does not depend on the object's."""
    expressions = [
        {"key": "tier", "operator": "In", "values": ["a", "b"]},
        {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"},
        {"key": "zone", "operator": "NotIn", "values": ["z"]},
    ]
    selector = {"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": expressions}

    assert write_selector(selector) == "a=1,b=2,tier in (a,b),!old,new,zone notin (z)"
    assert write_selector(None) == ""
