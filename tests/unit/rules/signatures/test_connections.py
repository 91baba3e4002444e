"""All connections of a server are taken: who holds them, and whose restart would give them back."""

import pytest
from tests.unit.rules.signatures.shopdb import OFFERED, look, seat

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import DatabaseHolder, StateFacts, WorkloadPhase
from fermata.rules.signatures.connections import TOO_MANY_CONNECTIONS

CONNECTIONS = TOO_MANY_CONNECTIONS
API = "docker:container/checkout/shop-checkout-1"
FULL = {"connections": 96, "max_connections": 97}


def container(scene, ref, image, *addresses, phase="running", names=()):
    """Say how a container lives, what it runs, and where it is in its networks."""
    name = ref.rpartition("/")[2]
    facts = StateFacts(phase=WorkloadPhase(phase), system_state=phase, version=image, addresses=addresses, names=names)
    return scene.add(EvidenceKind.STATE, ref, [f"{name} is {phase}"], facts)


@pytest.fixture
def house(scene):
    """Give a scene with a client, another one, and the server itself."""
    container(scene, API, "shop/api:2 (sha256:1)", "172.18.0.5")
    container(scene, "docker:container/worker/shop-worker-1", "shop/worker:2", "172.18.0.6")
    return container(scene, "docker:container/db/shop-db-1", "registry:5000/postgres:15", "172.18.0.2", names=("db",))


def test_server_that_refuses_connections_says_it_itself(scene):
    """The refusal of our own look is the evidence."""
    (found,) = look(scene, ["too many connections"], refuses_connections=True).match(CONNECTIONS)

    assert (found.confidence, found.suggestions) == (0.95, ())
    assert found.text == "The server of shop refuses new connections."
    assert found.citations[0].quote == "too many connections"
    assert "superuser_reserved_connections" in found.person_must
    assert "pg_terminate_backend" in found.person_must


def test_limit_of_one_role_is_no_full_server(scene):
    """Another role is let in to look, and the limit is raised without a restart."""
    words = 'all connections are taken: FATAL: too many connections for role "guest"'

    (found,) = look(scene, [words], refuses_connections=True).match(CONNECTIONS)

    assert "with another role" in found.person_must
    assert "CONNECTION LIMIT" in found.person_must
    assert "restart" not in found.person_must


def test_clients_that_were_turned_away_are_part_of_it(scene, stack):
    """What they log is the same refusal, seen from outside."""
    words = "psycopg.OperationalError: FATAL: sorry, too many clients already"
    scene.state("running").logs(stack(words))

    (found,) = look(scene, ["too many connections"], refuses_connections=True).match(CONNECTIONS)

    assert [citation.quote for citation in found.citations] == ["too many connections", words]


def test_nearly_all_connections_taken_names_who_holds_them(scene):
    """Who has many of them is where to look."""
    sessions = (seat(1), seat(2, application="app1"), seat(3, application="", user=""), seat(4, application=""))

    (found,) = look(scene, connections=96, max_connections=97, sessions=sessions).match(CONNECTIONS)

    assert found.text == (
        "The server of shop has given out 96 of 97 connections; at work: 2 by app1, 1 by somebody, 1 by shop."
    )
    assert found.confidence == 0.7


@pytest.mark.parametrize("counts", [{}, {"connections": 40, "max_connections": 97}, {"connections": 40}])
def test_connections_left_are_no_finding(scene, counts):
    """Fewer than nearly all, or a count that is not known."""
    assert look(scene, **counts).match(CONNECTIONS) == []


def held(**by_address):
    """Return who holds connections, each on a line of its own."""
    pairs = ((address.replace("_", ".").removeprefix("a"), number) for address, number in by_address.items())
    return tuple(
        DatabaseHolder(line=line, address=address, connections=number, idle=number - 1)
        for line, (address, number) in enumerate(pairs, start=2)
    )


def test_container_that_holds_most_connections_may_be_restarted(house):
    """Its restart gives them back at once; what it costs is said, and a person decides."""
    (found,) = look(house, **FULL, holders=held(a172_18_0_5=90, a172_18_0_6=6)).match(CONNECTIONS)

    assert "shop-checkout-1 (172.18.0.5) holds 90 of them, 89 idle." in found.text
    assert "it costs the requests under way and what it keeps in memory" in found.text
    assert [(one.name, one.target.ref) for one in found.suggestions] == [("docker.restart_container", API)]
    assert "line 2" in [citation.quote for citation in found.citations]


@pytest.mark.parametrize(
    "holders",
    [
        held(a172_18_0_5=48, a172_18_0_6=48),
        held(a10_1_2_3=90),
        held(a172_18_0_2=90),
    ],
    ids=["nobody holds most", "no container of this engine", "the server's own"],
)
def test_connections_of_many_or_of_strangers_restart_nobody(house, holders):
    """One of several, a host elsewhere, and what comes from the server itself are a person's business."""
    (found,) = look(house, **FULL, holders=holders).match(CONNECTIONS)

    assert found.suggestions == ()
    assert "A restart" not in found.text


def test_address_that_two_containers_have_names_neither(house):
    """Networks of one engine may use the same addresses."""
    container(house, "docker:container/other/other-1", "other", "172.18.0.5")

    (found,) = look(house, **FULL, holders=held(a172_18_0_5=90)).match(CONNECTIONS)

    assert found.suggestions == ()


@pytest.mark.parametrize("image", ["bitnami/pgbouncer:1.22", "edoburu/haproxy"])
def test_pooler_between_is_not_restarted(scene, image):
    """It holds connections for others, and cuts off all of them."""
    container(scene, API, image, "172.18.0.5")

    (found,) = look(scene, **FULL, holders=held(a172_18_0_5=90)).match(CONNECTIONS)

    assert found.suggestions == ()


def test_holder_that_does_not_run_holds_nothing_any_more(scene):
    """Its address may be another's by now."""
    container(scene, API, "shop/api:2", "172.18.0.5", phase="exited")

    (found,) = look(scene, **FULL, holders=held(a172_18_0_5=90)).match(CONNECTIONS)

    assert found.suggestions == ()


def test_catalogue_without_a_restart_names_the_holder_only(house):
    """What nobody offers is not suggested, and its cost is not told."""
    look(house, **FULL, holders=held(a172_18_0_5=90)).actions = OFFERED - {"docker.restart_container"}

    (found,) = house.match(CONNECTIONS)

    assert found.text.endswith("holds 90 of them, 89 idle.")
    assert found.suggestions == ()


REFUSED = {"lines": ["the server refuses new connections: too many clients"], "refuses_connections": True}


def test_only_known_client_of_a_server_that_lets_nobody_look_may_be_restarted(house):
    """Who holds them is not seen, and that is said; the settings know of no other."""
    (found,) = look(house, **REFUSED, clients=("checkout", "db")).match(CONNECTIONS)

    assert "Who holds them cannot be seen from here; shop-checkout-1 is the only one that is known to use it." in (
        found.text
    )
    assert [one.target.ref for one in found.suggestions] == [API]


@pytest.mark.parametrize(
    "clients", [(), ("checkout", "worker"), ("worker",)], ids=["unsaid", "one of two", "not alerted"]
)
def test_server_that_lets_nobody_look_leaves_several_clients_alone(house, clients):
    """Which of them leaks is not known, or nobody said who uses it, or its alert is not about that one."""
    (found,) = look(house, **REFUSED, clients=clients).match(CONNECTIONS)

    assert found.suggestions == ()
    assert found.text == "The server of shop refuses new connections."


def test_limit_of_one_role_restarts_nobody(house):
    """The server has connections left for others."""
    words = ['FATAL: too many connections for role "shop"']

    (found,) = look(house, words, refuses_connections=True, clients=("checkout",)).match(CONNECTIONS)

    assert found.suggestions == ()


def test_process_without_a_state_is_nobodys_client(scene, stack):
    """What only logs may not run any more."""
    scene.logs(stack("OperationalError: sorry, too many clients already"))

    (found,) = look(scene, **REFUSED, clients=("checkout",)).match(CONNECTIONS)

    assert found.suggestions == ()
