"""A Docker engine on this machine: found by its socket, asked by GET, and told with what keeps one from using it."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fermata.flows.setup import engines
from fermata.flows.setup.engines import find_engine

CONTAINERS = [
    {
        "Image": "prom/prometheus",
        "State": "running",
        "Names": ["/shop-prometheus-1"],
        "Labels": {"com.docker.compose.service": "prometheus"},
        "Ports": [{"PublicPort": 19090, "Type": "tcp", "IP": "0.0.0.0"}, {"PrivatePort": 1, "Type": "tcp"}],
    },
    {"Image": "shop", "State": "running", "Names": ["/checkout"], "Labels": None, "Ports": None},
    {"Image": "grafana/grafana", "State": "exited", "Names": ["/old"], "Ports": [{"PublicPort": 1, "Type": "tcp"}]},
    "nonsense",
]


@asynccontextmanager
async def serve(path, answers):
    """Serve JSON answers by path on a unix socket; `None` never answers. Gives the lines that were asked."""
    asked, tasks = [], []

    async def answer(reader, writer):
        tasks.append(asyncio.current_task())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        asked.append(head.split("\r\n", maxsplit=1)[0])
        body = answers.get(asked[-1].split()[1].partition("?")[0])
        if body is None:
            await reader.read()
        else:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(data) + data)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(answer, path)
    try:
        yield asked
    finally:
        server.close()
        await asyncio.gather(*tasks)


@pytest.fixture
def socket(tmp_path):
    """Give a short path for a socket."""
    return tmp_path / "d.sock"


async def test_engine_tells_what_runs_and_which_servers_are_in_it(around, socket):
    """Compose services by their name; published ports of running containers are worth asking."""
    async with serve(socket, {"/version": {"Version": "28.1"}, "/containers/json": CONTAINERS}) as asked:
        engine = await find_engine(around(docker_sockets=(Path("/nowhere/d.sock"), socket)))

    (found,) = engine.found
    assert found.section == {"socket": f"unix://{socket}"}
    assert found.detail == "version 28.1, containers that run: 2 (checkout, prometheus)"
    assert found.services == ("checkout", "prometheus")
    assert [one.url for one in engine.candidates] == ["http://127.0.0.1:19090"]
    assert all(line.startswith("GET ") for line in asked)


async def test_engine_of_docker_host_is_the_one(around, socket):
    """What docker's own command would speak to."""
    async with serve(socket, {"/version": {}, "/containers/json": []}):
        engine = await find_engine(around(docker_host=f"unix://{socket}", docker_sockets=(Path("/nowhere/d.sock"),)))

    assert engine.found[0].detail == "version ?, containers that run: 0"


async def test_machine_without_an_engine_has_none(around, socket):
    """No socket, no word."""
    assert (await find_engine(around(docker_sockets=(socket,)))).found == ()


@pytest.mark.parametrize("name", ["compose.yaml", "docker-compose.yml"])
async def test_compose_file_without_an_engine_is_told(around, socket, name):
    """Somebody means containers to run here: that none can be looked at is not passed over."""
    places = around(docker_sockets=(socket,))
    (places.folder / name).write_text("services: {}\n")

    (found,) = (await find_engine(places)).found

    assert (found.system, found.title) == ("docker", f"Containers of {name}")
    assert f"there is no Docker engine at {socket}" in found.problem
    assert "run `fermata init` again" in found.problem


@pytest.mark.parametrize("answers", [{"/version": b"<html>"}, {"/version": [], "/containers/json": []}])
async def test_socket_where_something_else_answers_is_a_problem(around, socket, answers):
    """What is no engine is not taken for one."""
    async with serve(socket, answers):
        (found,) = (await find_engine(around(docker_sockets=(socket,)))).found

    assert "start the engine" in found.problem


async def test_engine_that_hangs_is_a_problem(around, socket, monkeypatch):
    """It was reached, and is given up."""
    monkeypatch.setattr(engines, "_TIMEOUT_S", 0.5)
    async with serve(socket, {}) as asked:
        (found,) = (await find_engine(around(docker_sockets=(socket,)))).found

    assert len(asked) == 1
    assert "start the engine" in found.problem


async def test_socket_without_a_listener_is_a_problem(around, socket):
    """As after a crash."""
    socket.touch()

    (found,) = (await find_engine(around(docker_sockets=(socket,)))).found

    assert "start the engine" in found.problem


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError("[Errno 13] Permission denied")])
async def test_socket_that_this_user_may_not_use_says_how_to(around, socket, monkeypatch, error):
    """With what it means to be in that group."""

    async def refuse(_):
        raise error

    # Root may use every socket, and tests may run as root.
    monkeypatch.setattr(engines, "_ask", refuse)
    socket.touch()

    (found,) = (await find_engine(around(docker_sockets=(socket,)))).found

    assert "usermod -aG docker" in found.problem
    assert "is root on this machine" in found.problem


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("tcp://10.0.0.7:2376", "names another machine"),
        ("nonsense", "not an address"),
        ("ssh://alice@10.0.0.7", "does not speak ssh"),
    ],
)
async def test_engine_of_another_machine_needs_a_word(around, host, words):
    """It is not asked, and not taken by itself."""
    (found,) = (await find_engine(around(docker_host=host))).found

    assert not found.is_default
    assert words in found.caution + found.problem
