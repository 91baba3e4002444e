"""A small VPS: its programs are units of a real systemd, and Fermata is one of them. Three nights of it."""

import asyncio
import json
import pwd
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from string import Template

import httpx2
import pytest
from tests.e2e.company import ENVIRONMENT, TOKEN, browse, until

from fermata.testing.rigs import find_free_port
from fermata.testing.systemd import SystemdRig, find_obstacle

pytestmark = pytest.mark.skipif(find_obstacle() is not None, reason=str(find_obstacle()))
MIB = 1024 * 1024
SETTINGS = Template("""\
state_dir: state
server:
  port: $port
  alert_token: file:alert_token
people:
  - id: dana
    name: Dana Demo
    roles: [oncall]
    handles: {console: $user}
policy:
  guardrails:
    - id: shop-services
      actions: [systemd.restart, systemd.set_memory_limit]
      resources: [systemd:unit/checkout.service]
      approvers: {roles: [oncall]}
      max_risk: medium
    - id: shop-reverts
      actions: [git.revert_commit]
      resources: [git:repository/shop]
      approvers: {roles: [oncall]}
      max_risk: medium
limits: {stable_for: 2s, verify_within: 45s, verify_poll: 250ms}
systems:
  alertmanager: {}
  systemd:
    health_urls: {checkout: "http://127.0.0.1:$checkout/healthz"}
  git:
    repositories:
      - name: shop
        path: $root/shop
        mode: working_copy
        services: {checkout: [checkout.py]}
""")
CHECKOUT = """\
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

PRICES = {"tea": 450, "mug": 1250}


def load_prices():
    return dict(PRICES)


class Till(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{len(self.server.prices)} prices".encode())


def main():
    server = HTTPServer(("127.0.0.1", int(os.environ["CHECKOUT_PORT"])), Till)
    server.prices = load_prices()
    print("INFO checkout is open", flush=True)
    server.serve_forever()


main()
"""
CHECKOUT_UNIT = Template("""\
[Unit]
Description=The shop's checkout
StartLimitIntervalSec=60
StartLimitBurst=4

[Service]
ExecStart=/usr/bin/python3 -u $root/shop/checkout.py
Environment=CHECKOUT_PORT=$checkout
Restart=on-failure
RestartSec=200ms
MemoryMax=48M

[Install]
WantedBy=multi-user.target
""")
FERMATA_UNIT = Template("""\
[Unit]
Description=Fermata

[Service]
ExecStart=$python -m fermata --config $root/fermata.yaml up
$environment
StandardOutput=append:$root/up.log
StandardError=append:$root/up.log
""")


class Machine:
    """The machine with its checkout, its repository and its Fermata, as an operator reaches it."""

    def __init__(self, root, rig):
        self.root, self.rig = root, rig
        self.port, self.checkout = find_free_port(), find_free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.program = root / "shop" / "checkout.py"
        self.began = datetime.now(UTC)

    def set_up(self):
        """Write the shop and the settings, and start both units."""
        (self.root / "shop").mkdir()
        self.program.write_text(CHECKOUT)
        self.git("init", "-q", "-b", "main")
        self.commit("Open the checkout", timedelta(hours=5))
        words = {
            "root": self.root, "port": self.port, "checkout": self.checkout, "python": sys.executable,
            "user": pwd.getpwuid(0).pw_name,
            "environment": "\n".join(f'Environment="{name}={value}"' for name, value in ENVIRONMENT.items()),
        }  # fmt: skip
        (self.root / "alert_token").write_text(TOKEN)
        (self.root / "fermata.yaml").write_text(SETTINGS.substitute(words))
        self.rig.write_unit("checkout.service", CHECKOUT_UNIT.substitute(words))
        self.rig.write_unit("fermata.service", FERMATA_UNIT.substitute(words))
        self.rig.systemctl("daemon-reload")
        self.rig.systemctl("enable", "--now", "checkout.service")
        self.rig.systemctl("start", "fermata.service")

    def git(self, *arguments, **environment):
        """Run git in the shop's repository."""
        who = ["-c", "user.name=Mei", "-c", "user.email=mei@shop.example"]
        command = ["git", "-C", str(self.root / "shop"), *who, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**ENVIRONMENT, **environment})
        return done.stdout.strip()

    def commit(self, subject, before):
        """Commit all, dated some time before the test began; return the commit's id."""
        at = (self.began - before).isoformat()
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject, GIT_AUTHOR_DATE=at, GIT_COMMITTER_DATE=at)
        return self.git("rev-parse", "HEAD")

    def deploy(self, subject, old, new):
        """Change the program, commit it, and restart the service as a deploy does."""
        text = self.program.read_text()
        assert old in text
        self.program.write_text(text.replace(old, new))
        sha = self.commit(subject, timedelta(seconds=5))
        self.rig.systemctl("restart", "checkout.service")
        return sha

    def run(self, *arguments, status=0):
        """Run Fermata's command line on the machine; its exit status must be `status`."""
        words = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        config = str(self.root / "fermata.yaml")
        done = self.rig.run("env", *words, sys.executable, "-m", "fermata", "--config", config, *arguments)
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + (done.stderr if status else "")

    def ask(self, *arguments):
        """Run a command with --json and return what it printed as data."""
        return json.loads(self.run(*arguments, "--json"))

    def read_log(self):
        """Return what the serving process wrote, and how its unit is."""
        log = self.root / "up.log"
        status = self.rig.run("systemctl", "--no-pager", "status", "fermata.service").stdout
        return status + (log.read_text() if log.exists() else "")

    async def is_ready(self):
        """Answer whether Fermata serves."""
        async with browse() as client:
            try:
                return (await client.get(f"{self.base}/readyz")).status_code == 200
            except httpx2.TransportError:
                return False

    async def is_open(self):
        """Answer whether a shopper is served."""
        async with browse() as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.checkout}/")).status_code == 200
            except httpx2.TransportError:
                return False

    async def alert(self, status="firing"):
        """Tell Fermata what node_exporter's rule tells: a unit failed, or has not any more."""
        labels = {"alertname": "SystemdUnitFailed", "name": "checkout.service", "severity": "critical"}
        alert = {
            "status": status, "labels": labels, "annotations": {}, "startsAt": self.began.isoformat(),
            "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
            "fingerprint": "c0ffee01",
        }  # fmt: skip
        body = {
            "version": "4", "groupKey": "g", "status": status, "receiver": "fermata", "groupLabels": {},
            "commonLabels": labels, "commonAnnotations": {}, "externalURL": "", "alerts": [alert],
        }  # fmt: skip
        async with browse(self.base) as client:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answer = await client.post("/v1/alerts/alertmanager", json=body, headers=headers)
        assert answer.status_code == 202, answer.text

    async def wait_held(self):
        """Wait until a plan waits for a person; return the incident whole."""

        async def is_held():
            async with browse() as client:
                return "fermata_proposals_open 1" in (await client.get(f"{self.base}/metrics")).text

        await until(is_held, 40, self.read_log)
        return self.ask("show", "latest")

    async def wait_investigated(self):
        """Wait until a person has to act by hand; return the incident whole."""

        async def is_told():
            return "outcome=needs_person" in self.read_log()

        await until(is_told, 40, self.read_log)
        return self.ask("show", "latest")

    async def approve(self, held):
        """Say yes to what is held, as the person on call, while the monitoring looks on; return the answer."""
        digest = held["proposal"]["plan_digest"].removeprefix("sha256:")
        saying = asyncio.create_task(asyncio.to_thread(self.ask, "approve", "latest", "--digest", digest[:8]))

        async def is_mended():
            return saying.done() or await self.is_open()

        await until(is_mended, 60, self.read_log)
        await self.alert("resolved")
        return await saying


@pytest.fixture
async def machine(tmp_path):
    """A machine with an open checkout and a Fermata that serves."""
    (tmp_path / "systemd").mkdir()
    with SystemdRig(tmp_path / "systemd") as rig:
        machine = Machine(tmp_path, rig)
        machine.set_up()
        await until(machine.is_ready, 30, machine.read_log)
        await until(machine.is_open, 10, machine.read_log)
        yield machine


async def test_crash_loop_after_a_deploy_is_taken_back_and_started(machine):
    """The commit is found, read and reverted on a person's word; systemd had given up, and starts the service again."""
    sha = machine.deploy("Quote prices in euros", "dict(PRICES)", 'dict(PRICES["eur"])')
    machine.rig.wait_property("checkout.service", "ActiveState", ("failed",))
    assert not await machine.is_open()

    await machine.alert()
    held = await machine.wait_held()

    names = [action["name"] for action in held["plan"]["actions"]]
    assert names == ["git.revert_commit", "systemd.restart"]
    assert held["plan"]["actions"][0]["parameters"]["commit"] == sha
    assert not await machine.is_open()

    approved = await machine.approve(held)

    assert (approved["answer"]["state"], approved["verification"]) == ("approved", "restored")
    assert await machine.is_open()
    assert machine.git("log", "-1", "--format=%s").startswith("Revert")


async def test_kill_for_memory_is_answered_by_a_larger_limit(machine):
    """The kernel kills it at MemoryMax; twice as much is proposed with its diff, set live, and proved."""
    machine.deploy("Cache the catalogue", "    return dict(PRICES)", "    return {0: bytearray(56 << 20), **PRICES}")
    machine.rig.wait_property("checkout.service", "ActiveState", ("failed",))

    await machine.alert()
    held = await machine.wait_held()

    (action,) = held["plan"]["actions"]
    assert held["diagnosis"]["hypotheses"][0]["cause"] == "memory_limit_exceeded"
    assert (action["name"], action["parameters"]) == ("systemd.set_memory_limit", {"limit_bytes": 96 * MIB})
    assert "+MemoryMax=100663296 (96 MiB)" in action["dry_run"]["diff"]

    approved = await machine.approve(held)

    assert (approved["answer"]["state"], approved["verification"]) == ("approved", "restored")
    assert machine.rig.show("checkout.service", "MemoryMax") == str(96 * MIB)
    assert await machine.is_open()


async def test_unit_file_that_systemd_has_not_read_is_told(machine):
    """The setting that the new program needs stands in the file and not in what runs: nothing is to be taken back."""
    path = machine.rig.units / "checkout.service"
    path.write_text(path.read_text().replace("Restart=on-failure", "Environment=CURRENCY=eur\nRestart=on-failure"))
    machine.deploy("Quote in a currency", "dict(PRICES)", 'dict(PRICES, currency=os.environ["CURRENCY"])')
    machine.rig.wait_property("checkout.service", "ActiveState", ("failed",))

    await machine.alert()
    told = await machine.wait_investigated()

    leading = told["diagnosis"]["hypotheses"][0]
    assert (leading["cause"], leading["suggestions"]) == ("invalid_environment_value", [])
    assert leading["person_must"].startswith("Run `systemctl daemon-reload`, then restart checkout")
    assert told["plan"] is None
    state = next(item for item in told["evidence"] if item["title"].startswith("checkout.service: failed"))
    assert any("`systemctl daemon-reload` reads it" in line["text"] for line in state["lines"])
