"""Pods that a rollback alone does not replace: of ordered stateful sets, and where pods are replaced by hand."""

import pytest
from tests.unit.rules.signatures.rollouts import RolledTown, claim
from tests.unit.rules.signatures.test_kubernetes_cures import list_actions


@pytest.mark.parametrize(
    ("kind", "spec", "held"),
    [
        ("StatefulSet", {}, ["web-1"]),
        ("StatefulSet", {"podManagementPolicy": "Parallel"}, []),
        ("DaemonSet", {}, []),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, ["web-1"]),
    ],
)
def test_pod_that_would_keep_the_bad_template_is_deleted_after_the_rollback(kind, spec, held):
    """An ordered stateful set waits for it to be ready, and with OnDelete nothing replaces it."""
    town = RolledTown().replaced(kind, **spec).member(kind, "web-0", "web-1", ready=True).member(kind, "web-1", "web-2")
    found = claim("incorrect_image_reference", kind)
    back = ("kubernetes.rollback_to_revision", f"kubernetes:{kind.lower()}/shop/web", {"revision": 1})

    deleted = [("kubernetes.delete_pod", f"kubernetes:pod/shop/{name}", {}) for name in held]

    assert list_actions(town, found) == [back, *deleted]


def test_pod_is_not_deleted_where_the_rollback_is_not_offered():
    """Alone it would come up with the bad template again."""
    town = RolledTown().replaced("StatefulSet").member("StatefulSet", "web-0", "web-2")
    town.actions = frozenset({"kubernetes.delete_pod"})

    assert list_actions(town, claim("incorrect_image_reference", "StatefulSet")) == []
