"""A container off the network of what it calls, on a real engine: made anew without it, or cut off by hand."""

from datetime import UTC, datetime

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.ports.handing import Handed, take_over
from fermata.rules.signatures import Case, diagnose
from fermata.testing.records import make_alert

pytestmark = pytest.mark.docker
CALL = 'while :; do echo "ERROR Error: getaddrinfo ENOTFOUND quotes"; sleep 1 & wait $!; done'
BACK, FRONT = "shop_back", "shop_front"


@pytest.fixture
def project(shop):
    """Give a compose project of two networks, in which orders calls quotes."""
    for network in (BACK, FRONT):
        shop.engine.call("POST", "/networks/create", {"Name": network})
    yield shop
    shop.clear()
    for network in (BACK, FRONT):
        shop.engine.call("DELETE", f"/networks/{network}")


def run(shop, service, network, number=1, **config):
    """Start one container of a service, as compose does."""
    labels = shop.LABELS | {"com.docker.compose.service": service}
    shop.run(
        f"shop-{service}-{number}",
        Labels=labels,
        HostConfig={"NetworkMode": network},
        NetworkingConfig={"EndpointsConfig": {network: {"Aliases": [service]}}},
        **config,
    )


async def look(shop, service, system=None):
    """Collect everything about a service and diagnose it."""
    scope = shop.make_scope(f"service/{service}")
    system = system or shop.system()
    gathered = [item for collector in system.list_collectors() for item in await collector.collect(scope)]
    alert = make_alert(starts_at=datetime.now(UTC))
    return diagnose(Case(scope=scope, alerts=(alert,), evidence=tuple(gathered)))


def await_failure(shop, name):
    """Wait until a container has logged its failing call more than a second after its start: stamps are of seconds."""
    path = f"/containers/{name}/logs"
    shop.wait_until(lambda: shop.engine.call("GET", path, params={"stdout": "1"}).count(b"ERROR") > 2, "three lines")


def orders(shop):
    """Start who calls quotes in vain."""
    run(shop, "orders", BACK, Cmd=["/bin/sh", "-c", CALL])
    await_failure(shop, "shop-orders-1")


async def test_container_made_anew_without_its_network_is_named_with_who_calls_it(project):
    """The engine knows where both are, and what was remembered of the one before."""
    system = project.system()
    run(project, "quotes", BACK)
    await system.find_watcher().look()
    project.engine.remove("shop-quotes-1")
    run(project, "quotes", FRONT)
    orders(project)

    diagnosis = await look(project, "orders", system)

    assert (diagnosis.verdict, diagnosis.leading.cause) == (Verdict.IDENTIFIED, "network_not_shared")
    assert diagnosis.leading.entity.name == "shop-quotes-1"
    assert "shop-quotes-1 was made anew without it at" in diagnosis.leading.text
    assert f"docker network connect --alias quotes {BACK} shop-quotes-1" in diagnosis.leading.person_must
    assert "dns_failure" not in [one.cause for one in diagnosis.hypotheses]


@pytest.mark.parametrize("are_events_lost", [False, True])
async def test_container_disconnected_by_hand_is_named(project, monkeypatch, are_events_lost):
    """An engine keeps 256 events; what was seen while Fermata served tells it where they are used up."""
    system = project.system()
    run(project, "quotes", BACK)
    orders(project)
    await system.find_watcher().look()
    project.engine.call("POST", f"/networks/{BACK}/disconnect", {"Container": "shop-quotes-1"})
    await system.find_watcher().look()
    if are_events_lost:

        async def list_none(session, since, until):
            del session, since, until
            return []

        # The engine cannot be made to forget one event without 256 others.
        monkeypatch.setattr("fermata.integrations.docker.client.EngineSession.list_disconnects", list_none)

    diagnosis = await look(project, "orders", system)

    assert diagnosis.leading.cause == "network_not_shared"
    assert "shop-quotes-1 was taken off it by hand at" in diagnosis.leading.text


async def test_one_of_two_replicas_that_is_cut_off_is_named_by_its_own_calls(project):
    """Callers get the other one; what is cut off itself does not find its database."""
    run(project, "db", BACK)
    failing = "while :; do echo 'ERROR could not translate host name \"db\" to address'; sleep 1 & wait $!; done"
    run(project, "quotes", BACK)
    run(project, "quotes", BACK, 2, Cmd=["/bin/sh", "-c", failing])
    project.engine.call("POST", f"/networks/{BACK}/disconnect", {"Container": "shop-quotes-2"})
    await_failure(project, "shop-quotes-2")

    diagnosis = await look(project, "quotes")

    assert diagnosis.leading.cause == "network_not_shared"
    assert diagnosis.leading.entity.name == "shop-quotes-2"


async def test_services_that_never_shared_a_network_are_not_told_of(project):
    """What repeats another's words was never on that network itself."""
    run(project, "quotes", FRONT)
    orders(project)

    diagnosis = await look(project, "orders")

    assert "network_not_shared" not in [one.cause for one in diagnosis.hypotheses]


async def test_container_that_was_started_again_left_no_network(project):
    """Each end takes a container off its networks, and its start puts it back."""
    run(project, "quotes", BACK)
    project.engine.call("POST", "/containers/shop-quotes-1/restart", params={"t": "1"})
    orders(project)

    collector = project.collector("docker.changes")
    found = await collector.collect(project.make_scope("service/orders"))

    assert not any("taken off" in one.title for one in found)


async def test_what_changed_beside_is_handed_over_as_it_is_read(project):
    """A look that is cut off keeps it, as it does what changed of the service itself."""
    system, handed = project.system(), Handed()
    run(project, "quotes", BACK)
    await system.find_watcher().look()
    project.engine.remove("shop-quotes-1")
    run(project, "quotes", FRONT)
    orders(project)
    project.engine.call("POST", f"/networks/{BACK}/disconnect", {"Container": "shop-orders-1"})
    collector = next(one for one in system.list_collectors() if one.name == "docker.changes")

    with take_over(handed):
        found = await collector.collect(project.make_scope("service/orders"))

    assert {part: len(items) for part, items in handed.parts.items()} == {
        "creation of shop-orders-1": 1,
        "what was created beside": 0,
        "networks left": 1,
        "creation of shop-quotes-1": 1,
    }
    assert {item.id for item in handed.evidence} == {item.id for item in found}
