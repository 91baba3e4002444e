"""Where the demo's containers run, and what is said where they cannot."""

import pytest

from fermata.cli.demo import shop_containers
from fermata.cli.demo.faults import Scenario, parse_scenario
from fermata.cli.demo.shop_containers import ShopContainers, find_machine_engine, refuse_without_engine
from fermata.kit.errors import OperationalError, UserError

NOWHERE = "unix:///nowhere/docker.sock"


@pytest.fixture
def bare(monkeypatch):
    """Give a machine without an engine, whose user may start none."""
    monkeypatch.setenv("DOCKER_HOST", NOWHERE)
    # Root with dockerd may run the tests, and must see what others are told.
    monkeypatch.setattr(shop_containers, "find_obstacle", lambda: "only root can start dockerd")


@pytest.mark.usefixtures("bare")
def test_machine_without_an_engine_is_told_what_is_missing():
    """Where no engine answers and none can be started, the scenario says so, and how to get one."""
    with pytest.raises(UserError) as refused:
        parse_scenario("container-oom")

    words = str(refused.value)
    assert "'container-oom' does not run here" in words
    assert NOWHERE in words
    assert "only root can start dockerd" in words
    assert "apt-get install docker.io" in words


def test_machine_without_busybox_is_told_what_is_missing(bare, monkeypatch):
    """The image is made of a static busybox: no registry is asked for another."""
    monkeypatch.setattr(shop_containers, "find_obstacle", lambda: None)
    monkeypatch.setattr(shop_containers, "find_busybox", lambda: None)

    with pytest.raises(UserError, match="busybox-static"):
        refuse_without_engine(Scenario.CONTAINER_OOM)


@pytest.mark.parametrize("place", ["tcp://127.0.0.1:2375", NOWHERE])
def test_engine_that_is_not_on_this_machine_is_not_used(monkeypatch, place):
    """The shop listens on loopback, and its containers have to."""
    monkeypatch.setenv("DOCKER_HOST", place)

    assert find_machine_engine() is None


def test_containers_cannot_be_deployed_before_the_engine_runs():
    """A stage that was not started has no engine, and says so instead of breaking."""
    containers = ShopContainers({}, ("FERMATA_DEMO_STAGE", "token"))

    with pytest.raises(OperationalError, match="does not run"):
        containers.deploy("shop:1", {"CHECKOUT_PORT": "1"})
    containers.end()
