"""A real systemd with its journal for the tests that ask for one, with units written into its /etc/systemd/system."""

import time
from pathlib import Path

import pytest

from fermata.integrations.systemd.actions import list_actions
from fermata.integrations.systemd.client import SystemdClient
from fermata.integrations.systemd.site import Site
from fermata.kit.clock import SystemClock
from fermata.testing.action_contract import plan_action
from fermata.testing.systemd import SystemdRig, find_obstacle

SERVE = "import time\nprint('ready', flush=True)\ntime.sleep(600)\n"


@pytest.fixture(scope="session")
def needs_systemd():
    """Skip where no systemd can be run in namespaces of its own."""
    obstacle = find_obstacle()
    if obstacle:
        pytest.skip(obstacle)


@pytest.fixture(scope="module")
def rig(needs_systemd, tmp_path_factory):
    """One systemd for the tests of a module; its units are theirs."""
    with SystemdRig(tmp_path_factory.mktemp("systemd")) as rig:
        yield rig


class Shop:
    """Services of a shop on the rig's machine, under names of this test's own."""

    SERVE = SERVE

    def __init__(self, rig, root):
        self.rig = rig
        self.root = root
        self.names = []
        self.door = root / "door"
        """The one way into the rig for what is under test: without it, systemd is out of reach."""
        self.door.write_text(f'#!/bin/sh\nexec {" ".join(rig.prefix)} "$@"\n')
        self.door.chmod(0o755)

    def site(self, **settings):
        """Return the integration's site for the rig's machine."""
        client = SystemdClient(prefix=(str(self.door),), root=Path(f"/proc/{self.rig.pid}/root"), **settings)
        return Site(client, SystemClock())

    def action(self, name, **settings):
        """Return one action by its name."""
        return next(a for a in list_actions(self.site(**settings)) if a.spec.name == name)

    async def plan(self, name, parameters, target):
        """Return an action and its planned form, after a real dry run."""
        action = self.action(name)
        return action, plan_action(action, target, parameters, await action.dry_run(target, parameters))

    def write(self, name, code=SERVE, *, service="", unit="", reload=True):
        """Declare a service that runs some Python."""
        (self.root / f"{name}.py").write_text(code)
        text = f"[Unit]\nDescription=The shop's {name}\n{unit}\n[Service]\nExecStart=/usr/bin/python3 -S "
        path = self.rig.write_unit(f"{name}.service", f"{text}{self.root / name}.py\n{service}\n")
        self.names.append(f"{name}.service")
        if reload:
            self.rig.systemctl("daemon-reload")
        return path

    def start(self, name, code=SERVE, **options):
        """Declare a service and start it."""
        path = self.write(name, code, **options)
        self.rig.systemctl("start", f"{name}.service")
        return path

    def wait_said(self, name, words):
        """Wait until a service's present run has written something."""
        run = self.rig.show(f"{name}.service", "InvocationID")
        deadline = time.monotonic() + 15
        while words not in self.rig.run("journalctl", "--output=cat", f"_SYSTEMD_INVOCATION_ID={run}").stdout:
            assert time.monotonic() < deadline, f"{name} did not say {words}"
            time.sleep(0.05)

    def read_pid(self, name="checkout"):
        """Return the number of a service's main process inside the rig."""
        return int(self.rig.show(f"{name}.service", "MainPID"))

    def close(self):
        """Take away what was declared."""
        self.rig.run("systemctl", "stop", "--no-block", *self.names)
        self.rig.run("systemctl", "kill", "--signal=KILL", *self.names)  # One of them ignores the other signal.
        self.rig.run("systemctl", "stop", *self.names)
        self.rig.run("systemctl", "revert", *self.names)
        self.rig.run("systemctl", "reset-failed")
        for name in self.names:
            (self.rig.units / name).unlink(missing_ok=True)
        self.rig.run("systemctl", "daemon-reload")


@pytest.fixture
def shop(rig, tmp_path):
    """A shop with a healthy checkout."""
    shop = Shop(rig, tmp_path)
    shop.start("checkout", service="MemoryMax=64M")
    yield shop
    shop.close()
