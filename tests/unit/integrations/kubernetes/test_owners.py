import pytest

from fermata.integrations.kubernetes.answers import Refusal
from fermata.integrations.kubernetes.owners import (
    Contested,
    describe_ownership,
    list_applied,
    list_contested,
    list_owners,
    read_conflicts,
)

WEB = ("f:spec", "f:containers", 'k:{"name":"web"}')
IMAGE = (*WEB, "f:image")


def _make_entry(manager, fields, operation="Update", **more):
    return {"manager": manager, "operation": operation, "fieldsV1": fields, "time": "2026-11-25T20:00:00Z", **more}


def _make_object(*entries):
    return {"metadata": {"managedFields": list(entries)}}


CONTAINER = {"f:spec": {"f:containers": {'k:{"name":"web"}': {".": {}, "f:name": {}, "f:image": {}}}}}


def test_field_is_its_owners_and_its_neighbour_is_not():
    """To own a named thing is not to own what others put into it."""
    owners = list_owners(_make_object(_make_entry("kubectl-edit", CONTAINER)))

    assert list_contested(owners, [], [IMAGE]) == (Contested("kubectl-edit", '.spec.containers[name="web"].image'),)
    assert list_contested(owners, [], [(*WEB, "f:args")]) == ()


def test_field_inside_an_atomic_value_is_its_owners():
    """Whoever owns the selector owns all of it."""
    owners = list_owners(_make_object(_make_entry("helm", {"f:spec": {"f:selector": {}}})))

    assert list_contested(owners, [], [("f:spec", "f:selector", "f:app")]) == (Contested("helm", ".spec.selector.app"),)


def test_removal_touches_whoever_owns_anything_below():
    """A named thing goes with all that is in it; setting it anew would not."""
    owners = list_owners(_make_object(_make_entry("kubectl-edit", CONTAINER)))

    assert list_contested(owners, [WEB], [])
    assert list_contested(owners, [], [WEB]) == ()


def test_status_is_nobodys_concern():
    """Controllers own it, and no change touches it."""
    entry = _make_entry("kubelet", {"f:status": {"f:phase": {}}}, subresource="status")

    assert list_contested(list_owners(_make_object(entry)), [("f:status",)], []) == ()


def test_only_what_was_applied_has_to_be_said_again():
    """What the same manager patched is another entry."""
    owners = list_owners(
        _make_object(
            _make_entry("fermata", {"f:spec": {"f:replicas": {}}}, "Apply"),
            _make_entry("fermata", {"f:spec": {"f:paused": {}}}),
            _make_entry("other", {"f:spec": {"f:strategy": {}}}, "Apply"),
        )
    )

    assert list_applied(owners, "fermata") == {("f:spec", "f:replicas")}


@pytest.mark.parametrize(
    ("words", "manager"),
    [
        ('conflict with "kubectl-edit" using apps/v1 at 2026-11-25T20:00:00Z', "kubectl-edit"),
        ('conflict with "argocd-controller"', "argocd-controller"),
        ("something else", "something else"),
    ],
)
def test_owner_is_read_from_the_words_of_a_conflict(words, manager):
    """The answer names it nowhere else; words that cannot be read stand for themselves."""
    cause = {"reason": "FieldManagerConflict", "message": words, "field": ".spec.replicas"}
    refusal = Refusal("refused", code=409, status={"reason": "Conflict", "details": {"causes": [cause]}})

    assert read_conflicts(refusal) == (Contested(manager, ".spec.replicas"),)


def test_other_refusals_are_no_conflicts():
    """A stale version is a 409 too."""
    assert read_conflicts(Refusal("refused", code=409, status={"reason": "Conflict"})) == ()


def test_ownership_is_the_same_after_a_status_and_a_controllers_note():
    """A rollout in progress writes both, and changes nothing that was approved."""
    before = _make_object(_make_entry("kubectl-edit", CONTAINER))
    after = _make_object(
        _make_entry("kubectl-edit", CONTAINER, time="2026-11-25T21:00:00Z"),
        _make_entry("kubelet", {"f:status": {"f:phase": {}}}, subresource="status"),
        _make_entry("kube-controller-manager", {"f:metadata": {"f:annotations": {"f:revision": {}}}}),
        _make_entry("old-controller", {"f:status": {"f:replicas": {}}}),
    )

    assert describe_ownership(before) == describe_ownership(after)


def test_field_that_changes_hands_is_another_ownership():
    """The value may be the same; whom a change would take from is not."""
    before = _make_object(_make_entry("kubectl-edit", CONTAINER))

    assert describe_ownership(before) != describe_ownership(_make_object(_make_entry("helm", CONTAINER)))
    assert describe_ownership({"metadata": {}}) == []


def test_first_scaling_by_an_autoscaler_is_no_other_ownership():
    """It takes the number of replicas from whoever declared it; a change of that number alone minds."""
    before = _make_object(_make_entry("kubectl", {"f:spec": {"f:replicas": {}, "f:paused": {}}}))
    after = _make_object(
        _make_entry("kubectl", {"f:spec": {"f:paused": {}}}),
        _make_entry("kube-controller-manager", {"f:spec": {"f:replicas": {}}}, subresource="scale"),
    )

    assert describe_ownership(before) == describe_ownership(after)
    assert describe_ownership(before, with_replicas=True) != describe_ownership(after, with_replicas=True)
