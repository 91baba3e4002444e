import copy

import pytest

from fermata.integrations.kubernetes.manifest_diff import make_diff, refuse_unseen
from fermata.integrations.kubernetes.writing import MARK, write_mark
from fermata.kit.errors import UserError

LIVE = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "1",
        "resourceVersion": "5",
        "generation": 2,
        "managedFields": [{"manager": "kubectl"}],
        "annotations": {"deployment.kubernetes.io/revision": "1"},
    },
    "spec": {
        "replicas": 2,
        "template": {"spec": {"containers": [{"name": "web", "env": [{"name": "API_TOKEN", "value": "abc-def-ghi"}]}]}},
    },
    "status": {"replicas": 2},
}


def _change(**spec):
    after = copy.deepcopy(LIVE)
    after["spec"] |= spec
    after["metadata"] |= {"resourceVersion": "6", "generation": 3, "managedFields": []}
    after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "2"
    after["status"] = {"replicas": 3}
    return after


def test_diff_holds_the_change_and_nothing_that_is_counted():
    """Versions, owners, status and the controller's revision are not what is approved."""
    lines = make_diff(LIVE, _change(replicas=3)).splitlines()

    assert lines[:2] == ["--- live/deployment/shop/web", "+++ changed/deployment/shop/web"]
    assert [line for line in lines[2:] if line.startswith(("-", "+"))] == ["-  replicas: 2", "+  replicas: 3"]


def test_secret_beside_the_change_is_a_digest():
    """Context lines are shown as well."""
    diff = make_diff(LIVE, _change(replicas=3))

    assert "abc-def-ghi" not in diff


def test_no_change_is_no_diff():
    """What only counts on is nothing to approve."""
    assert make_diff(LIVE, _change()) == ""


def test_change_that_shows_nothing_but_the_mark_is_refused():
    """It would be approved unseen."""
    with pytest.raises(UserError, match="cannot be shown"):
        refuse_unseen(make_diff(LIVE, write_mark(LIVE, "somebody")), MARK)

    refuse_unseen(make_diff(LIVE, write_mark(_change(replicas=3), "somebody")), MARK)
