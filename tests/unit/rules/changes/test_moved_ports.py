"""Ports that a change moved, and nobody found at the new one."""

import pytest

from fermata.rules.changes.moved_ports import judge_ports

FLY = """
+++ b/fly.toml
@@ -5,3 +5,3 @@
 [http_service]
-  internal_port = 8080
+  internal_port = 3000
"""
PROXY = "ERROR instance refused connection. is your app listening on 0.0.0.0:3000? #"


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        (PROXY, FLY),
        ("ERROR Health check on port 3000 has failed. #", FLY),
        ("ERROR dial tcp 10.0.0.4:3000: connect: connection refused #", FLY.replace("internal_port", "targetPort")),
        (
            "ERROR failed to start and listen on the port defined by PORT=3000 #",
            FLY.replace("internal_port =", "PORT:"),
        ),
        (PROXY, FLY.replace("internal_port = ", "addr=:")),
        (PROXY, FLY.replace("internal_port = ", "url: http://db:")),
        (PROXY, FLY.replace("internal_port = ", "--bind 0.0.0.0:")),
        (PROXY, FLY.replace("internal_port = ", "server db:")),
    ],
)
def test_port_that_was_moved_to_where_nobody_is_ties_the_change(incident, line, diff):
    """What is asked for at the new port, and refused there, the change moved there."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    (sign,) = (sign for change in incident.list_changes() for sign in judge_ports(change, incident.read()))

    assert sign.text == "it moved a port from 8080 to 3000, where nobody is found"


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        (PROXY.replace(":3000", ":8080"), FLY),
        (PROXY, FLY.replace("internal_port", "timeout")),
        (PROXY, FLY.replace("internal_port = ", "timeout:")),
        (PROXY, FLY.replace("internal_port = ", '"timeout":')),
        (PROXY, FLY.replace("internal_port =", "viewport:")),
        (PROXY, FLY.replace("8080", "$PORT")),
        ("ERROR answered 500 from 10.0.0.4:3000 #", FLY),
        ("ERROR refused after 3000 #", FLY),
    ],
    ids=[
        "the old port",
        "a limit of time",
        "without a blank",
        "in quotes",
        "a width",
        "no number before",
        "somebody is there",
        "no port",
    ],
)
def test_number_that_is_no_moved_port_ties_nothing(incident, line, diff):
    """Three thousand milliseconds are no port, and who answers at a port is there."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    assert [sign for change in incident.list_changes() for sign in judge_ports(change, incident.read())] == []


NGINX = """
+++ b/etc/nginx.conf
@@ -5,3 +5,3 @@
 upstream catalog {
-  server 127.0.0.1:8101;
+  server 127.0.0.1:8131;
"""
STILL = (
    "2026/11/28 02:30:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, "
    'upstream: "http://127.0.0.1:8101/items" #'
)


def test_port_that_was_moved_away_and_is_still_called_was_not_read_yet(incident):
    """A front that was not reloaded goes on with the old address: it is told to read its file before a revert."""
    incident.calm("nginx").log("nginx", (-3, 40, f"ERROR {STILL}"))
    incident.change("01d0001", 50, NGINX.replace("8101", "8100").replace("8131", "8101"), service="nginx")
    incident.change("c0ffee1", 5, NGINX, service="nginx")

    judgement = incident.judge()

    assert judgement.guilty == "c0ffee1"
    assert any("from 8101 to 8131, and nginx still calls 8101" in sign.text for sign in judgement.ranked[0].signs)
    assert judgement.claim.person_must.startswith("See whether nginx has read the new setting: reload or restart it")
    assert "Then: read commit c0ffee1" in judgement.claim.person_must


def test_late_answer_of_the_old_port_is_of_who_still_listens(incident):
    """Nobody moved there in vain: what is slow is no address that went away."""
    incident.calm("nginx").log("nginx", (-3, 40, "ERROR upstream timed out at 127.0.0.1:8101 #"))
    incident.change("c0ffee1", 12, NGINX)

    assert [sign for change in incident.list_changes() for sign in judge_ports(change, incident.read())] == []
