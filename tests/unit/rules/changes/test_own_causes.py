"""A cause that the failing one's own log names, beside the change of another service."""

import pytest

FULL = "ERROR OSError: [Errno 28] No space left on device: '/data/order_export/#.json'"
EXPORT = """
@@ config/reviews.yml @@
-  order_export_dir: /data/order_export
+  order_export_dir: /data/order_export_v2
"""


def fill(incident, **change):
    """Let the disk of `shop` be full, minutes after a change that speaks of the same."""
    incident.calm("shop").log("shop", (-3, 40, FULL)).calm("reviews")
    return incident.change("cfg-1", 5, EXPORT, kind="config", state="applied", environment="production", **change)


def test_change_of_another_service_is_not_named_beside_a_cause_in_the_own_log(incident):
    """Nothing leads from one to the other: words that both speak of are no path."""
    judgement = fill(incident, service="reviews").judge()

    assert judgement.guilty is None
    assert judgement.none_because.startswith(
        "nothing leads from reviews to what the alert is about, whose own log tells of a cause: A disk is full"
    )


@pytest.mark.parametrize("edges", [["shop>reviews"], ["reviews>shop"], ["shop>db", "reviews>db"]])
def test_change_of_a_service_with_a_path_to_it_is_named(incident, edges):
    """Who calls it, is called by it or asks the same may have brought it about."""
    incident.graph(*edges)

    assert fill(incident, service="reviews").judge().guilty == "cfg-1"


def test_own_change_is_named_beside_a_cause_in_the_own_log(incident):
    """Something filled the disk, which may be the change."""
    assert fill(incident, service="shop").judge().guilty == "cfg-1"
