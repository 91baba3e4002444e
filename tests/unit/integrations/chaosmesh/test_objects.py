"""Where Chaos Mesh's objects lie, and what their status says."""

import pytest

from fermata.integrations.chaosmesh.objects import is_over, path_of, read_records


def status(*conditions, phase="Run", records=()):
    """Give an object's status by the conditions that hold."""
    return {
        "status": {
            "conditions": [{"type": name, "status": "True"} for name in conditions],
            "experiment": {"desiredPhase": phase, "containerRecords": list(records)},
        }
    }


def test_paths_are_the_apis():
    """Of all namespaces, of one, and of one object; a name never leaves its place."""
    root = "/apis/chaos-mesh.org/v1alpha1"
    assert path_of("Workflow", "") == f"{root}/workflows"
    assert path_of("PodChaos", "shop") == f"{root}/namespaces/shop/podchaos"
    assert path_of("PodChaos", "shop", "a/b") == f"{root}/namespaces/shop/podchaos/a%2Fb"


def test_records_tell_who_is_under_the_fault():
    """Counts are summed, and the last event of a record is its last word."""
    records = [
        {"id": "a", "phase": "Injected", "injectedCount": 2, "events": [{"type": "Failed"}, {"type": "Succeeded"}]},
        {"id": "b", "phase": "Not Injected", "injectedCount": 1, "events": [{"type": "Failed", "message": "EOF"}]},
        {"id": "c", "phase": "Not Injected", "injectedCount": None, "events": [{"type": "Failed"}]},
    ]

    found = read_records(status("Selected", records=records))

    assert (found.injected, found.under_fault) == (3, ("a",))
    assert found.failures == ("b: EOF", "c: it did not say why")
    assert found.conditions == {"Selected": True}


@pytest.mark.parametrize("value", [{}, {"status": None}, {"status": {"conditions": 1, "experiment": []}}])
def test_status_of_another_shape_says_nothing(value):
    """An object that nobody has looked at yet has no status."""
    found = read_records(value)

    assert (found.injected, found.under_fault, found.conditions) == (0, (), {})


@pytest.mark.parametrize(
    ("kind", "value", "over"),
    [
        ("NetworkChaos", status("AllInjected"), False),
        ("NetworkChaos", status("AllRecovered"), False),
        ("NetworkChaos", status("AllRecovered", phase="Stop"), True),
        ("NetworkChaos", {}, False),
        ("PodChaos", {"spec": {"action": "pod-kill"}, **status("AllInjected")}, True),
        ("PodChaos", {"spec": {"action": "pod-kill"}}, False),
        ("PodChaos", {"spec": {"action": "pod-failure"}, **status("AllInjected")}, False),
        ("Workflow", {"status": {"endTime": "2026-11-26T10:00:00Z"}}, True),
        ("Workflow", {}, False),
        ("Schedule", {"metadata": {"annotations": {"experiment.chaos-mesh.org/pause": "true"}}}, True),
        ("Schedule", {"metadata": {}}, False),
    ],
)
def test_object_is_over_when_it_does_nothing_any_more(kind, value, over):
    """In doubt it is not."""
    assert is_over(kind, value) is over
