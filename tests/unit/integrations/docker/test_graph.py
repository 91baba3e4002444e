"""What an engine runs, for the service graph: which containers are read, and what cannot be."""

import pytest

from fermata.integrations.docker import graph
from fermata.integrations.docker.graph import list_wanted
from fermata.integrations.docker.wire import Listed
from fermata.kit.errors import OperationalError


def listed(name, project="", *, state="running", **labels):
    """Give a container as the list has it."""
    own = {"com.docker.compose.project": project, "com.docker.compose.service": name} if project else {}
    return Listed(id=f"{name:x<12}", names=(f"/{name}",), state=state, labels=own | labels)


def test_what_runs_is_read_and_what_is_down_of_a_project_that_is_up():
    """Neither leftovers, nor one-off runs, nor what an action set aside is a service."""
    oneoff = {"com.docker.compose.oneoff": "True"}
    there = [
        listed("web", "shop"),
        listed("db", "shop", state="exited"),
        listed("web.fermata-0123456789ab", "shop", state="exited"),
        listed("shell", "shop", **oneoff),
        listed("blog", "blog", state="exited"),
        listed("cache", state="restarting"),
        listed("angry_hopper", state="exited"),
    ]

    assert [one.name for one in list_wanted(there)] == ["cache", "db", "web"]


async def test_container_is_told_as_the_engine_has_it(serve, engine):
    """With everything that it was created with."""
    system = await serve()

    reading = await system.find_graph_reader().read_graph({})

    assert [one["Name"] for one in reading.containers] == ["/shop-checkout-1"]
    assert (reading.containers[0], reading.gaps) == (engine.INSPECTED, ())


async def test_images_are_told_once_each_and_beside_their_containers(serve, engine):
    """One that is gone is none; where images may not be read, that is a gap and no failure."""
    ids = [engine.CONTAINER_ID, "d" * 64]
    there = [{"Id": one, "Names": [f"/{one[:4]}"], "State": "running", "ImageID": "sha256:" + "1" * 64} for one in ids]
    image = {"Id": "sha256:" + "1" * 64, "Config": {"Env": ["A=1"]}}
    system = await serve(list=engine.answer(there), images=engine.answer(image))

    reading = await system.find_graph_reader().read_graph({})

    assert (reading.images, reading.gaps) == ((image,), ())
    assert sum("/images/" in request for request in engine.requests) == 1


@pytest.mark.parametrize(("status", "gaps"), [("404 Not Found", 0), ("403 Forbidden", 1)])
async def test_image_that_cannot_be_read_costs_no_container(serve, engine, status, gaps):
    """What it brings then counts as set for the container, and that is said."""
    one = {"Id": engine.CONTAINER_ID, "Names": ["/shop-checkout-1"], "State": "running", "ImageID": "sha256:1"}
    system = await serve(list=engine.answer([one]), images=engine.answer({"message": "no"}, status=status))

    reading = await system.find_graph_reader().read_graph({})

    assert (len(reading.containers), reading.images, len(reading.gaps)) == (1, (), gaps)


async def test_container_that_vanished_is_none(serve, engine):
    """Between the list and the look at it."""
    system = await serve(inspect=engine.answer({"message": "no such container"}, status="404 Not Found"))

    reading = await system.find_graph_reader().read_graph({})

    assert (reading.containers, reading.gaps) == ((), ())


async def test_container_that_cannot_be_inspected_is_a_gap(serve, engine):
    """The others are read; where none can be, that is a failure."""
    refused = engine.answer({"message": "not yours"}, status="403 Forbidden")
    one = {"Id": engine.CONTAINER_ID, "Names": ["/shop-checkout-1"], "State": "running"}
    other = {"Id": "d" * 64, "Names": ["/shop-db-1"], "State": "running"}
    system = await serve(list=engine.answer([one, other]), other=refused)

    reading = await system.find_graph_reader().read_graph({})

    assert len(reading.containers) == 1
    assert len(reading.gaps) == 1
    assert reading.gaps[0].startswith("container shop-db-1: ")


async def test_engine_that_refuses_every_look_is_a_failure(serve, engine):
    """As a socket proxy without containers does."""
    system = await serve(inspect=engine.answer({"message": "not yours"}, status="403 Forbidden"))

    with pytest.raises(OperationalError):
        await system.find_graph_reader().read_graph({})


async def test_host_with_very_many_containers_is_read_in_part(serve, engine, monkeypatch):
    """And says so."""
    monkeypatch.setattr(graph, "MOST_CONTAINERS", 1)
    one = {"Id": engine.CONTAINER_ID, "Names": ["/shop-checkout-1"], "State": "running"}
    system = await serve(list=engine.answer([one, one | {"Id": "d" * 64, "Names": ["/shop-db-1"]}]))

    reading = await system.find_graph_reader().read_graph({})

    assert len(reading.containers) == 1
    assert reading.gaps == ("there are 2 containers, and 1 of them were read",)


async def test_services_are_those_of_compose_and_other_containers_by_name(serve):
    """By these names an alert may call them."""
    system = await serve()

    assert await system.list_services() == ("checkout",)
