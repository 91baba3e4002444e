"""A real Docker engine for the session, and a shop of one service on it for each test."""

import hashlib
import json
import time
from datetime import UTC, datetime

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.docker.system import Docker, DockerSettings
from fermata.kit.clock import SystemClock
from fermata.testing.action_contract import plan_action
from fermata.testing.docker import DockerRig, find_busybox, find_obstacle
from fermata.testing.records import make_scope

MIB = 1024**2
NAME = "shop-checkout-1"
CHECKOUT = Entity.parse(f"docker:container/checkout/{NAME}")
SECRET = "hunter2-Vq8x"
LABELS = {"com.docker.compose.project": "shop", "com.docker.compose.service": "checkout"}
# `wait` is broken off by a signal, `sleep` is not: the container stops at once.
SERVE = b"#!/bin/sh\ntrap 'exit 0' TERM\necho ready $RELEASE\nwhile :; do sleep 1 & wait $!; done\n"
LEAK = b"#!/bin/sh\necho 'catalogue: loading'\nx=aaaaaaaaaaaaaaaa\nwhile :; do x=$x$x; done\n"
CRASH = b"#!/bin/sh\necho 'no DATABASE_URL' >&2\nexit 3\n"


def wait_until(check, what, timeout_s=20):
    """Poll the engine until it is so, at most `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


class Shop:
    """One engine as an operator has it, and the integration looking at it through a door that can be shut."""

    MIB, NAME, CHECKOUT, SECRET, LABELS = MIB, NAME, CHECKOUT, SECRET, LABELS
    SERVE, LEAK, CRASH = SERVE, LEAK, CRASH
    wait_until = staticmethod(wait_until)

    def __init__(self, engine):
        self.engine = engine
        self.door = engine.folder / "door.sock"
        self.open_door()

    def open_door(self):
        """Let the integration reach the engine."""
        self.door.unlink(missing_ok=True)
        self.door.symlink_to(self.engine.socket_path)

    def shut_door(self):
        """Take the socket away, as when the engine is not there."""
        self.door.unlink(missing_ok=True)

    def clear(self):
        """Remove every container."""
        for name in self.engine.list_names():
            self.engine.remove(name)

    def run(self, name=NAME, image="shop/checkout:1", *, memory=32 * MIB, env=(), **config):
        """Start a container of the compose service checkout."""
        host = {"Memory": memory, "NetworkMode": "none"} | config.pop("HostConfig", {})
        variables = ["PAYMENT_TIMEOUT_MS=250", f"DB_PASSWORD={SECRET}", "GREETING=hello", *env]
        defaults = {"Labels": LABELS, "Env": variables, "HostConfig": host}
        return self.engine.run(name, image, **(defaults | config))

    def system(self, **settings):
        """Return the integration, set up for this engine."""
        values = {"socket": f"unix://{self.door}", "timeout_s": 5} | settings
        return Docker(DockerSettings(**values), SystemClock())

    def collector(self, name, **settings):
        """Return one collector by its name."""
        return next(c for c in self.system(**settings).list_collectors() if c.name == name)

    def action(self, name):
        """Return one action by its name."""
        return next(a for a in self.system().list_actions() if a.spec.name == name)

    @staticmethod
    def make_scope(*refs):
        """Return a scope over the last hour for entities by their ref."""
        return make_scope(*refs, at=datetime.now(UTC))

    async def collect(self, name, *refs, **settings):
        """Return what one collector brings for some entities."""
        return await self.collector(name, **settings).collect(self.make_scope(*refs))

    async def plan(self, name, parameters, target=CHECKOUT):
        """Return an action and its planned form, after a real dry run."""
        action = self.action(name)
        return action, plan_action(action, target, parameters, await action.dry_run(target, parameters))

    async def read_health(self, stable_for, target=CHECKOUT, **settings):
        """Return what the probe says."""
        (probe,) = self.system(**settings).list_probes()
        assert probe.handles(target)
        return await probe.read(target, stable_for)

    def state(self, name=NAME):
        """Return the state the engine tells of a container."""
        return self.engine.inspect(name)["State"]

    def snapshot(self):
        """Return the digest of all that an action could change."""
        told = []
        for name in self.engine.list_names():
            one = self.engine.inspect(name)
            state = {key: one["State"][key] for key in ("Status", "StartedAt", "FinishedAt")}
            told.append([one["Id"], name, one["Image"], one["Config"], one["HostConfig"], state])
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def make_images(rig):
    """Make two releases of checkout, a service that leaks and one that crashes."""
    command = 'CMD ["/bin/sh", "/serve.sh"]'
    rig.import_image("shop/checkout:1", {"serve.sh": SERVE}, [command, "ENV RELEASE=1", "ENV GREETING=hello"])
    rig.import_image("shop/checkout:2", {"serve.sh": SERVE}, [command, "ENV RELEASE=2", "LABEL release=2"])
    rig.import_image("shop/leak:1", {"serve.sh": LEAK}, [command])
    rig.import_image("shop/crash:1", {"serve.sh": CRASH}, [command])


@pytest.fixture(scope="session")
def engine():
    """Give a throw-away engine with the images of the shop."""
    obstacle = find_obstacle() or ("no static busybox" if find_busybox() is None else None)
    if obstacle:
        pytest.skip(obstacle)
    rig = DockerRig()
    try:
        rig.start()
        make_images(rig)
        rig.run("probe", "shop/checkout:1", HostConfig={"NetworkMode": "none"})
    except RuntimeError as error:  # Root inside a container without privileges may install an engine and run none.
        rig.close()
        pytest.skip(str(error)[:300])
    yield rig
    rig.close()


@pytest.fixture
def shop(engine):
    """Give an engine without containers."""
    shop = Shop(engine)
    shop.clear()
    yield shop
    shop.clear()


@pytest.fixture(scope="module")
def standing_shop(engine):
    """Give a shop that runs, for tests that change nothing; one that shut the door opens it again."""
    shop = Shop(engine)
    shop.clear()
    shop.run()
    yield shop
    shop.clear()
