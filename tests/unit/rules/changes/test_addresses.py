"""Addresses and ports of a change that failing lines name."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.addresses import judge_addresses

RESOLVER = "+++ b/dns/cm.yaml\n-  forward . /etc/resolv.conf\n+  forward . 10.8.0.53 10.0.0.2"
GROUP = """+++ b/rds.tf
@@ -20,8 +20,8 @@ resource "aws_security_group" "rds" {
     from_port       = 5432
-    security_groups = [aws_security_group.app.id]
+    cidr_blocks     = ["10.20.0.0/20"]"""


@pytest.fixture
def addressed(incident):
    """Give a function that returns what addresses say of the incident's only change."""

    def run():
        (change,) = incident.list_changes()
        return [sign.text for sign in judge_addresses(change, incident.read())]

    return run


def test_address_that_a_change_brings_ties_it_to_who_cannot_reach_it(incident, addressed):
    """A resolver that never answers is named by whoever asked it."""
    incident.calm("dns").log("dns", (-3, 30, "ERROR A: read udp 10.42.3.29:33439->10.8.0.53:53: i/o timeout"))
    incident.change("cfg-1", 5, RESOLVER, kind="config")

    assert addressed() == ["its 10.8.0.53 stands in the failing lines"]


def test_address_in_a_log_without_times_ties_a_change_too(incident, addressed):
    """`kubectl logs` writes none unless it is asked to; what was an error there may be of now."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR dial tcp: lookup api on 172.20.0.10:53: no such host"))
    incident.add(EvidenceKind.LOGS, "dns", ["[ERROR] A: read udp 10.42.3.29:33439->10.8.0.53:53: i/o timeout"] * 3)
    incident.change("cfg-1", 5, RESOLVER, kind="config")

    assert addressed() == ["its 10.8.0.53 stands in the failing lines"]


def test_address_that_a_change_took_away_is_still_called_by_who_did_not_read_it(incident):
    """A program that was not reloaded goes on with what its file said: that comes before a revert."""
    refused = 'ERROR connect() failed (111: Connection refused) while connecting, upstream: "http://10.0.0.7:8080/#"'
    diff = "+++ b/nginx.conf\n-    server 10.0.0.7:8080;\n+    server 10.0.0.9:8080;"
    incident.calm("front").log("front", (-3, 30, refused)).change("cfg-1", 5, diff, kind="config")

    (change,) = incident.list_changes()
    (sign,) = judge_addresses(change, incident.read())

    assert sign.text == "it took 10.0.0.7 away, and front still calls it"
    assert sign.first.startswith("See whether front has read the new setting: reload or restart it")


def test_port_of_a_rule_ties_it_to_who_asks_there(incident, addressed):
    """Whoever is kept out names the port that the rule is about."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR connect to db-1:5432 timed out"))
    incident.change("tf-1", 5, GROUP, kind="terraform")

    assert addressed() == ["it says who reaches port 5432, which the failing lines name"]


RECORD = """@@ aws_route53_record.pricing @@
-      name    = "pricing.shop.example"
-      records = ["10.0.3.15"]"""


def test_record_of_a_name_ties_it_to_who_does_not_find_it(incident, addressed):
    """Whether it is gone or leads elsewhere."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR # failed: getaddrinfo ENOTFOUND Pricing.shop.example"))
    incident.change("tf-1", 5, RECORD, kind="terraform")

    assert addressed() == ["it says where pricing.shop.example leads, which the failing lines name"]


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        ("ERROR getaddrinfo ENOTFOUND api.pricing.shop.example", RECORD),
        ("ERROR getaddrinfo ENOTFOUND pricing.shop.example.cluster.local", RECORD),
        ("ERROR getaddrinfo ENOTFOUND pricing.shop.example", RECORD.replace("aws_route53_record", "aws_x")),
        ("ERROR getaddrinfo ENOTFOUND pricing.shop.example", RECORD.replace("-  ", "   ")),
        ("ERROR boom", RESOLVER),
        ("ERROR read udp 10.42.3.29:33439->10.9.9.9:53: i/o timeout", RESOLVER),
        ("ERROR read udp 1.1.1.1:33439->10.8.0.53:53: i/o timeout", "+++ b/a.yaml\n-a: 10.8.0.53\n+b: 10.8.0.53"),
        ("ERROR connect to db-1:5432 timed out", "+++ b/a.yaml\n from_port: 5432\n-size: 1\n+size: 2"),
        ("ERROR connect to db-1:3306 timed out", GROUP),
        ("ERROR connect to 10.20.0.0 timed out", GROUP),
    ],
    ids=[
        "a name below it",
        "a longer name",
        "no record",
        "an untouched record",
        "nothing unreached",
        "another one",
        "on both sides",
        "no rule",
        "another port",
        "a range",
    ],
)
def test_what_failing_lines_do_not_name_ties_nothing(incident, addressed, line, diff):
    """An address that stayed, and a port of something that is no rule, say nothing."""
    incident.calm("shop").log("shop", (-3, 30, line)).change("cfg-1", 5, diff, kind="config")

    assert addressed() == []


def test_rule_without_any_changed_line_ties_nothing(incident, addressed):
    """What only stands around nothing was not changed."""
    incident.calm("shop").log("shop", (-3, 30, "ERROR connect to db-1:5432 timed out"))
    incident.change("tf-1", 5, "+++ b/rds.tf\n@@ -1,2 +1,2 @@\n security_group from_port = 5432", kind="terraform")

    assert addressed() == []


BROUGHT = """@@ orders.env @@
-DB_HOST=orders-db.shop.svc
+DB_HOST=orders-db.shop.svcs"""
UNRESOLVED = (-3, 30, 'ERROR # could not translate host name "{}" to address: Name or service not known')


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("orders-db.shop.svcs", ["its orders-db.shop.svcs stands in the failing lines"]),
        ("orders-db.shop.svc", []),
        ("orders-db", []),
        ("db", []),
    ],
)
def test_host_that_a_change_brings_ties_it_to_who_cannot_resolve_it(incident, addressed, host, said):
    """The whole name, and only where the change brought it: what it took away, or part of it, is another host."""
    incident.calm("orders").log("orders", (UNRESOLVED[0], UNRESOLVED[1], UNRESOLVED[2].format(host)))
    incident.change("roll-2", 5, BROUGHT, kind="rollout")

    assert addressed() == said


@pytest.mark.parametrize(("host", "guilty"), [("orders-db.shop.svcs", "roll-2"), ("orders-db.shop.svc", None)])
def test_name_that_a_change_brought_is_no_failure_of_the_resolver(incident, host, guilty):
    """That nobody resolves it then is what the change did; a name that was there before is the resolver's."""
    incident.calm("orders").log("orders", (UNRESOLVED[0], UNRESOLVED[1], UNRESOLVED[2].format(host)))
    incident.change("roll-2", 5, BROUGHT, kind="rollout")

    judgement = incident.judge()

    assert judgement.guilty == guilty
    assert [one.cause for one in judgement.outside if one.cause == "dns_failure"] == ([] if guilty else ["dns_failure"])


def test_resolver_that_fails_for_other_names_too_is_not_cleared_by_a_change_that_brought_one(incident):
    """A commit names one host; that others resolve no longer is not its doing."""
    new, old = (UNRESOLVED[2].format(host) for host in ("orders-db.shop.svcs", "mail.shop.svc"))
    incident.calm("orders").log("orders", (-3, 30, new))
    incident.calm("mail").log("mail", (-3, 30, old))
    incident.change("roll-2", 5, BROUGHT, kind="rollout")

    assert "dns_failure" in [one.cause for one in incident.judge().outside]
