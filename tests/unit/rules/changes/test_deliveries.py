"""Manifests are in effect once they are delivered, where they are delivered to."""

import pytest

from fermata.domain.facts import DELIVERY, FileChange
from fermata.rules.changes.environments import list_values
from fermata.rules.changes.judge import judge_changes
from fermata.rules.changes.live import Rollouts

HUNK = "+++ b/{}\n@@ -1,1 +1,1 @@\n-  replicas: 4\n+  replicas: 2\n"
OVERLAY = HUNK.format("apps/checkout/overlays/prod/kustomization.yaml")


@pytest.fixture
def judge(incident):
    """Give a function that judges one change of the incident at its onset."""

    def run(change_id="c1", named=frozenset(), environments=frozenset()):
        changes = incident.list_changes()
        rollouts = Rollouts(changes, began_at=incident.onset, environments=environments, named=named)
        return rollouts.judge(next(change for change in changes if change.id == change_id))

    return run


@pytest.fixture
def deliver(incident):
    """Give a function that notes a delivery of Argo CD."""

    def run(number, before, sha, app="checkout", path="", *, is_dated=True):
        files = (FileChange(path=path),) if path else ()
        facts = {"ref": app, "sha": sha, "service": "", "files": files, "state": "success", "is_dated": is_dated}
        return incident.change(f"{app}-{number}", before, kind=DELIVERY, **facts)

    return run


def test_commit_takes_effect_when_it_is_delivered(incident, judge, deliver):
    """Not when it is written; whoever came with it is in effect since then, too."""
    incident.change("c0", 50, OVERLAY, service="").change("c1aaaaa", 40, OVERLAY, sha="c1aaaaa", service="")
    deliver(1, 600, "0000000")
    deliver(2, 5, "c1aaaaa")

    assert judge("c1aaaaa").why == judge("c0").why == "delivered with checkout-2, in effect 5m before the first sign"


@pytest.mark.parametrize("path", ["", "apps/checkout/overlays/prod/"])
@pytest.mark.parametrize("late", [False, True])
def test_commit_that_was_not_delivered_is_ruled_out(judge, incident, deliver, path, late):
    """Nor is one that came with a delivery after the first sign; by the application's path or its name."""
    incident.change("c1", 40, OVERLAY, service="")
    deliver(1, 600, "0000000", path=path)
    if late:
        deliver(2, -20, "c1", path=path)

    effect = judge()

    assert effect.at is None
    assert effect.why == "it was not delivered to checkout before the fault began"


def test_rollback_to_an_earlier_revision_takes_back(judge, incident, deliver):
    """The last delivery decides what is there."""
    incident.change("0000000", 900, OVERLAY, service="").change("c1bbbbb", 40, OVERLAY, service="")
    deliver(1, 800, "0000000")
    deliver(2, 30, "c1bbbbb")
    deliver(3, 10, "0000000")

    assert judge("c1bbbbb").at is None
    assert judge("0000000").at is not None


@pytest.mark.parametrize(
    "diff",
    [
        HUNK.format("apps/orders/overlays/prod/kustomization.yaml"),
        OVERLAY + HUNK.format("apps/orders/base/deploy.yaml"),
        HUNK.format("checkout/pay.py"),
        OVERLAY + HUNK.format("checkout/pay.py"),
        HUNK.format("kustomization.yaml"),
    ],
)
def test_what_no_application_holds_is_judged_by_its_date(judge, incident, deliver, diff):
    """Manifests of others, code, and what lies at the top: no history tells of them."""
    incident.change("c1", 40, diff, service="")
    deliver(1, 600, "0000000", path=".")

    assert judge().why == "written 40m before the first sign; no release of it is on record"


def test_delivery_whose_commit_was_read_is_judged_by_that(incident, deliver):
    """Another one is asked for: what it brought nobody read."""
    incident.change("c1aaaaa", 40, OVERLAY, service="")
    deliver(1, 30, "fffffff", app="orders")
    deliver(2, 20, "c2ccccc")
    deliver(3, 10, "c3ddddd")

    ranked = {one.id: one for one in judge_changes(incident.build()).ranked}

    assert ranked["orders-1"].unread.startswith("what it changed was not read; in effect 30m")
    assert ranked["checkout-2"].ruled_out == "c1aaaaa, which it carried, is judged by itself"
    assert ranked["checkout-3"].unread


@pytest.mark.parametrize(
    "path",
    ["rendered/staging/shop/cm.yaml", "envs/dev/main.tf", "overlays/eu-stg/values.yaml", "tf/uat/terraform.tfvars"],
)
def test_what_is_declared_for_another_environment_is_ruled_out(judge, incident, path):
    """By the folder that all of it lies in."""
    incident.change("c1", 5, HUNK.format(path), service="")

    assert judge(named=frozenset({"shop", "checkouterrors"})).why == (
        f"all that it declares is of {path.split('/')[1]}, not of where it hurts"
    )


@pytest.mark.parametrize(
    ("diff", "named"),
    [
        (HUNK.format("rendered/staging/cm.yaml"), {"shop-staging"}),
        (HUNK.format("rendered/staging/cm.yaml"), {"stg"}),
        (HUNK.format("rendered/staging/cm.yaml") + HUNK.format("rendered/prod/cm.yaml"), set()),
        (HUNK.format("rendered/prod/dev/cm.yaml"), set()),
        (HUNK.format("src/dev/pay.py"), set()),
        (HUNK.format("staging.yaml"), set()),
        (HUNK.format("k8s/devices/cm.yaml"), set()),
    ],
)
def test_what_may_be_declared_for_here_is_not(judge, incident, diff, named):
    """Where the alerts name it, some of it lies elsewhere, it is no declaration, or the folder is called otherwise."""
    incident.change("c1", 5, diff, service="")

    assert judge(named=frozenset(named)).at is not None


def test_label_of_the_alert_names_where_it_is(incident):
    """Whatever the label is called."""
    assert list_values([{"namespace": "Shop-Staging"}, {"alertname": "Down"}]) == {"shop-staging", "down"}
    incident.labels = {**incident.labels, "namespace": "shop-staging"}
    incident.change("c1", 5, HUNK.format("rendered/staging/cm.yaml"), service="")

    assert not judge_changes(incident.build()).ranked[0].ruled_out


def test_what_is_not_in_the_revision_that_runs_was_not_delivered(incident, judge, deliver):
    """Nobody says since when it runs; what was written before its commit came with it."""
    incident.change("c0", 50, OVERLAY, service="").change("c1aaaaa", 40, OVERLAY, sha="c1aaaaa", service="")
    incident.change("c2", 3, OVERLAY, service="")
    deliver(1, 60, "c1aaaaa", is_dated=False)

    assert judge("c0").why == "written 50m before the first sign, and delivered to checkout"
    assert judge("c1aaaaa").why == "written 40m before the first sign, and delivered to checkout"
    assert (judge("c2").at, judge("c2").why) == (None, "it is not in c1aaaaa, which is what was delivered to checkout")


def test_revision_that_runs_says_nothing_where_its_commit_is_not_known(incident, judge, deliver):
    """Whether another commit came before it or after it nobody can tell; nor of a commit of another repository."""
    incident.change("c1", 40, OVERLAY, service="").change("ffffff1", 50, OVERLAY, repository="git:repository/other")
    deliver(1, 60, "fffffff", is_dated=False)

    assert judge("c1").why == "written 40m before the first sign; no release of it is on record"

    deliver(2, 60, "ffffff1", is_dated=False)

    assert judge("c1").why == "written 40m before the first sign; no release of it is on record"


def test_revision_that_runs_is_no_change_of_its_own(incident, deliver):
    """It may run since last year."""
    deliver(1, 60, "fffffff", is_dated=False)

    (one,) = judge_changes(incident.build()).ranked

    assert one.ruled_out == "it says which commit runs, and not that anything was changed"
