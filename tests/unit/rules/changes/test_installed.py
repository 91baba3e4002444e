"""What differs between two revisions of a release is in effect since the later one was installed."""

import pytest

from fermata.domain.facts import MANIFESTS
from fermata.rules.changes.judge import judge_changes

POOL = '@@ shop.shop-env.configmap.yaml @@\n-  DB_POOL_SIZE: "40"\n+  DB_POOL_SIZE: "4"\n'
FAILING = "ERROR request # failed: QueuePool limit of size 4 overflow 10 reached, connection timed out"


@pytest.fixture
def installed(incident):
    """Give an incident in which a release was upgraded, and what that changed."""
    incident.calm("shop").log("shop", (0, 40, FAILING))
    incident.change("shop.v6", 900, kind="release", service="shop", state="success")
    incident.change("shop.v7", 3, kind="release", service="shop", state="success")
    incident.change("shop.v7-manifests", 100, POOL, kind=MANIFESTS, service="", ref="shop.v7", state="applied")
    return incident


def test_manifests_have_the_time_and_the_service_of_their_release(installed):
    """And the release, which nobody read, is judged by them."""
    ranked = {one.id: one for one in judge_changes(installed.build()).ranked}

    assert ranked["shop.v7-manifests"].effect.why == "installed with shop.v7, in effect 3m before the first sign"
    assert ranked["shop.v7"].ruled_out == "shop.v7-manifests, which it carried, is judged by itself"
    assert judge_changes(installed.build()).guilty == "shop.v7-manifests"


def test_rollback_of_the_release_takes_its_manifests_back(installed):
    """Whoever rolls back is an answer to the incident."""
    installed.change("shop.v8", -9, kind="release", service="shop", state="success", title="Rollback to 6")

    ranked = {one.id: one for one in judge_changes(installed.build()).ranked}

    assert ranked["shop.v7-manifests"].undone.by == "shop.v8"
    assert ranked["shop.v8"].ruled_out.endswith("and took shop.v7-manifests back")


def test_release_that_came_too_late_brought_nothing_before(incident):
    """Nor did what it installed."""
    incident.calm("shop").log("shop", (0, 40, FAILING))
    incident.change("shop.v7", -9, kind="release", service="shop", state="success")
    incident.change("shop.v7-manifests", 100, POOL, kind=MANIFESTS, service="", ref="shop.v7", state="applied")

    ranked = {one.id: one for one in judge_changes(incident.build()).ranked}

    assert ranked["shop.v7-manifests"].ruled_out == "it came 9m after the first sign"
