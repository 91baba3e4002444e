"""How many instances of a service run, and what each of them holds or has to do."""

import pytest

FULL = "ERROR FATAL: sorry, too many clients already"


@pytest.mark.parametrize(
    ("text", "values", "replicas", "tied"),
    [
        (FULL, (10, 40), (5, 12), True),
        (FULL, (40, 10), (5, 12), False),
        (FULL, (10, 40), (12, 5), False),
        ("ERROR timed out", (10, 40), (5, 12), False),
    ],
)
def test_larger_pool_of_more_instances_is_tied_to_a_store_that_is_full(incident, signs, text, values, replicas, tied):
    """What is asked for is one times the other; fewer of either ask for less, and a slow store is not full."""
    incident.calm("shop").log("shop", (-3, 30, text)).metric("shop", "replicas", *replicas, since=-20)
    diff = "@@ a.yml @@\n-  maximum-pool-size: {}\n+  maximum-pool-size: {}".format(*values)
    incident.change("cfg-1", 60, diff, kind="config").change("cfg-2", 60, diff, kind="config", service="mail")

    assert ("copies" in signs("cfg-1")) is tied
    assert "copies" not in signs("cfg-2")


@pytest.mark.parametrize(("key", "is_tied"), [("maxReplicas", True), ("cpu", False)])
def test_more_instances_are_tied_to_a_store_that_is_full(incident, signs, key, is_tied):
    """Each of them holds as much as before."""
    incident.calm("shop").log("shop", (-3, 30, "FATAL remaining connection slots are reserved"))
    incident.metric("shop", "replicas", 5, 17, since=-20)
    incident.change("cfg-1", 60, f"@@ a.yml @@\n-  {key}: 8\n+  {key}: 24", kind="config")

    assert ("copies" in signs("cfg-1")) is is_tied


@pytest.mark.parametrize(
    ("metric", "values", "replicas", "is_tied"),
    [
        ("queue_depth", (2, 190), (4, 1), True),
        ("cpu_throttled_ratio", (0.01, 0.7), (4, 1), True),
        ("requests_per_pod", (20, 80), (4, 1), True),
        ("requests_per_second", (20, 80), (4, 1), False),
        ("queue_depth", (190, 2), (4, 1), False),
        ("queue_depth", (2, 190), (1, 4), False),
    ],
)
def test_fewer_instances_are_tied_to_what_each_has_to_do_since(incident, signs, metric, values, replicas, is_tied):
    """A queue, throttling and the requests of each grow by it; that more is asked for is another matter."""
    incident.log("shop", (-3, 30, "ERROR answered late")).metric("shop", metric, *values, since=-3)
    diff = "@@ a.yml @@\n-  replicas: {}\n+  replicas: {}".format(*replicas)
    incident.change("cfg-1", 4, diff, kind="config").change("cfg-2", 4, diff, kind="config", service="mail")

    assert ("copies" in signs("cfg-1")) is is_tied
    assert "copies" not in signs("cfg-2")


@pytest.mark.parametrize(("before", "points"), [(60, 1.5), (1700, 0.5)])
def test_larger_pool_that_bore_a_busy_hour_is_tied_less(incident, signs, before, points):
    """As many held as much yesterday, and the store was not full."""
    incident.calm("shop").log("shop", (-3, 30, FULL)).metric("shop", "replicas", 5, 12, since=-20)
    incident.change("cfg-1", before, "@@ a.yml @@\n-  maximum-pool-size: 10\n+  maximum-pool-size: 40", kind="config")

    assert signs("cfg-1")["copies"].points == points
