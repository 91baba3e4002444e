"""Whose an address is, of all containers of an engine."""

import json
import socket
import threading
from datetime import UTC, datetime

import pytest

from fermata.domain.sandbox import Bearer
from fermata.integrations.docker import addresses
from fermata.integrations.docker.system import Docker, DockerSettings
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError

GATEWAY = "203.0.113.1"


def contain(name, number, *, published=(), project="shop", state="running"):
    """Give a container as the engine lists it."""
    labels = {"com.docker.compose.project": project, "com.docker.compose.service": name.split("-")[-2]}
    ports = [{"IP": ip, "PrivatePort": 8000, "PublicPort": port, "Type": "tcp"} for ip, port in published]
    return {
        "Id": f"{number:064x}",
        "Names": [f"/{name}"],
        "State": state,
        "Labels": labels,
        "Ports": [*ports, {"PrivatePort": 9000, "Type": "tcp"}],
        "NetworkSettings": {"Networks": {"n": {"IPAddress": f"203.0.113.{number}", "Gateway": GATEWAY}}},
    }


THERE = [
    contain("shop-web-1", 2, published=[("127.0.0.1", 18002)]),
    contain("prod-web-1", 3, published=[("0.0.0.0", 19002), ("::", 19002)], project="prod"),
    contain("shop-old-1", 4, published=[("0.0.0.0", 19002)], state="exited"),
]


@pytest.mark.parametrize(
    ("host", "port", "names"),
    [
        ("127.0.0.1", 18002, ["shop-web-1"]),
        ("127.0.0.1", 19002, ["prod-web-1"]),
        ("::1", 19002, ["prod-web-1"]),
        (GATEWAY, 19002, ["prod-web-1"]),
        (GATEWAY, 18002, []),
        ("203.0.113.3", 8000, ["prod-web-1"]),
        ("198.51.100.7", 19002, []),
        ("127.0.0.1", 1, []),
        ("shop-web-1", 8000, ["shop-web-1"]),
        ("web", 8000, ["shop-web-1", "prod-web-1"]),
    ],
)
async def test_container_is_found_by_port_address_and_name(serve, engine, monkeypatch, host, port, names):
    """Of every project; a port that another machine publishes is none of this engine's, nor what has ended."""
    system = await serve(list=engine.answer(THERE))

    assert [one.name for one in await system.find_address_book().find_bearers(host, port)] == names


async def test_containers_of_a_project_that_run_are_its_members(serve, engine):
    """A journey may need each of them; none needs one that the engine begins anew again and again."""
    there = [*THERE, contain("shop-job-1", 5, state="restarting")]
    book = (await serve(list=engine.answer(there))).find_address_book()

    assert [(one.name, one.group) for one in await book.list_members("shop")] == [("shop-web-1", "shop")]


async def test_container_of_another_project_is_found_and_marked(serve, engine):
    """It is what a rehearsal must not hit; where no project is named every one is looked after."""
    await serve(list=engine.answer(THERE))
    system = Docker(DockerSettings(socket=f"unix://{engine.socket}", projects=("shop",)), SystemClock())

    (found,) = await system.find_address_book().find_bearers("127.0.0.1", 19002)

    assert not found.is_looked_after
    assert found.labels["com.docker.compose.project"] == "prod"


def share(name, number, project="shop"):
    """Give a container in the host's network, as the engine lists it: without ports and addresses."""
    networks = {"host": {"IPAddress": "", "Gateway": ""}}
    return contain(name, number, project=project) | {"Ports": [], "NetworkSettings": {"Networks": networks}}


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        ((f"0::/system.slice/docker-{6:064x}.scope",), ["prod-db-1"]),
        (("0::/user.slice",), []),
        ((), []),
        (None, ["shop-agent-1", "prod-db-1"]),
    ],
)
async def test_container_in_the_host_s_network_is_found_by_who_listens(serve, engine, monkeypatch, groups, names):
    """The engine lists no port of it; where nobody may look who listens, each of them may answer."""
    there = [*THERE, share("shop-agent-1", 5), share("prod-db-1", 6, project="prod")]
    system = await serve(list=engine.answer(there))
    # A listener in a container's control group cannot be had without an engine.
    monkeypatch.setattr(addresses, "list_listener_groups", lambda port: groups if port == 5432 else ())
    book = system.find_address_book()

    assert [one.name for one in await book.find_bearers("127.0.0.1", 5432)] == names
    assert [one.name for one in await book.find_bearers("127.0.0.1", 19002)] == ["prod-web-1"]
    assert await book.find_bearers("198.51.100.7", 5432) == ()


async def test_name_that_no_resolver_answers_is_looked_for_among_containers(serve, engine, monkeypatch):
    """A fault must not wait for a resolver that hangs."""
    system, over = await serve(list=engine.answer(THERE)), threading.Event()
    monkeypatch.setattr(addresses, "_RESOLVES_S", 0.05)
    # A resolver that hangs cannot be had here.
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(5))

    try:
        (found,) = await system.find_address_book().find_bearers("shop-web-1", 8000)
    finally:
        over.set()

    assert found.name == "shop-web-1"


async def test_name_that_means_another_machine_here_is_looked_for_among_containers(serve, engine, monkeypatch):
    """A search domain, or a provider that answers for every name, is no reason to take a container for nobody's."""
    system = await serve(list=engine.answer(THERE))
    # No resolver of our own can be had here.
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("198.51.100.7", 8000))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)

    (found,) = await system.find_address_book().find_bearers("prod-web-1", 8000)

    assert found.name == "prod-web-1"


async def test_name_that_no_resolver_takes_is_nobody_s(serve, engine):
    """A label of more than 63 letters is refused before anybody is asked."""
    system = await serve(list=engine.answer(THERE))

    assert await system.find_address_book().find_bearers("a" * 64, 8000) == ()


async def test_engine_that_is_not_there_is_a_failure(serve, engine):
    """Nobody must take that for an address that is nobody's."""
    system = await serve(list=engine.answer({"message": "no"}, status="403 Forbidden"))

    with pytest.raises(OperationalError):
        await system.find_address_book().find_bearers("127.0.0.1", 1)


WEB = Bearer(id="c0ffee" * 10 + "c0de", name="shop-web-1", group="shop")
SINCE = datetime(2026, 11, 23, 10, 0, 10, tzinfo=UTC)


def happen(*actions, of=WEB.id):
    """Give events of a container as the engine writes them, one a line."""
    return b"".join(json.dumps({"Action": one, "Actor": {"ID": of}}).encode() + b"\n" for one in actions)


LEFT = json.dumps({"Action": "disconnect", "Actor": {"Attributes": {"container": WEB.id, "name": "shop"}}}).encode()


@pytest.mark.parametrize(
    ("events", "state", "told"),
    [
        (b"", {}, ()),
        (happen("die", "start"), {"StartedAt": "2026-11-23T10:00:20Z"}, ()),
        (happen("oom", "die"), {"Status": "exited"}, ()),
        (happen("kill", "die", "stop", "start", "restart"), {}, ("shop-web-1 was restarted",)),
        (happen("kill", "die", "stop"), {"Status": "exited"}, ("shop-web-1 was stopped",)),
        (happen("pause", "unpause"), {}, ("shop-web-1 was paused",)),
        (happen("pause", of="d" * 64), {}, ()),
        (LEFT, {}, ("shop-web-1 was taken off the network shop",)),
        (happen("die") + LEFT, {"Status": "exited"}, ()),
        (b"", {"StartedAt": "2026-11-23T10:00:20Z"}, ("shop-web-1 ended with the engine, which was begun anew",)),
        (b"", {"Status": "exited"}, ("shop-web-1 ended with the engine, which was begun anew",)),
    ],
)
async def test_what_was_done_to_a_container_is_told_and_not_how_it_fell(serve, engine, events, state, told):
    """An end of its own may be the fault's work; an engine that was begun anew knows of none before."""
    inspected = engine.INSPECTED | {"State": engine.INSPECTED["State"] | state}
    system = await serve(inspect=engine.answer(inspected), events=engine.answer(body=events))

    assert await system.find_address_book().list_disturbances((WEB,), SINCE) == told


@pytest.mark.parametrize(
    ("events", "told"),
    [
        (b"", ("shop-web-1 was removed or replaced",)),
        (happen("kill", "die", "destroy"), ("shop-web-1 was removed or replaced",)),
        (happen("die", "destroy"), ()),
    ],
)
async def test_container_that_is_gone_was_removed_or_replaced(serve, engine, events, told):
    """By somebody; one of `--rm` that ended by itself is removed by the engine."""
    gone = engine.answer({"message": "no such container"}, status="404 Not Found")
    system = await serve(inspect=gone, events=engine.answer(body=events))

    assert await system.find_address_book().list_disturbances((WEB,), SINCE) == told


async def test_container_that_a_signal_halts_still_is_told(serve, engine, monkeypatch):
    """No event says so; one that went on meanwhile leaves no trace."""
    system = await serve(events=engine.answer(body=b""))
    # A process in a container's control group cannot be had without an engine.
    monkeypatch.setattr(addresses, "is_halted", lambda _: True)

    assert await system.find_address_book().list_disturbances((WEB,), SINCE) == ("shop-web-1 is paused by a signal",)
