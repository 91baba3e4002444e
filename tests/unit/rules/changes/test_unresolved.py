"""Which name did not resolve, and where a person looks for it."""

import pytest

from fermata.rules.changes.outside import find_outside


@pytest.fixture
def outside(incident):
    """Give a function that returns what the incident speaks for, by cause."""
    return lambda: {found.cause: found for found in find_outside(incident.read())}


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("ERROR dial tcp: lookup pricing.internal on 10.0.0.2:53: no such host", "pricing.internal"),
        ("ERROR getaddrinfo ENOTFOUND pricing", "pricing"),
        ('ERROR could not translate host name "db.shop" to address: Name or service not known', "db.shop"),
        ("ERROR curl: (6) Could not resolve host: api.shop.test", "api.shop.test"),
        ("ERROR Error -2 connecting to queue:6379. Name or service not known.", "queue"),
        ("ERROR HTTPConnectionPool(host='pricing', port=80): Name or service not known", "pricing"),
    ],
)
def test_name_that_lines_tell_is_asked_for_where_the_service_runs(incident, outside, line, host):
    """A wrong entry of /etc/hosts goes before every zone: the first look is what the host itself answers."""
    incident.log("shop", (-3, 30, line))

    found = outside()["dns_failure"]

    assert found.person_must.startswith(f"Where shop runs, run `getent hosts {host}`. /etc/hosts is read first")
    assert host in found.text


def test_failure_that_names_no_host_sends_to_the_settings(incident, outside):
    """Python's resolver says that a name is not known, and not which."""
    incident.log("shop", (-3, 30, "ERROR socket.gaierror: [Errno -2] Name or service not known"))

    found = outside()["dns_failure"]

    assert "`getent hosts NAME`, for each host that shop's settings name: these lines name none." in found.person_must
    assert found.text.startswith("Names do not resolve; shop says: ")
