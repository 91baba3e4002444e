"""A small company: the demo's shop, what watches it, and a Fermata of its own as an operating-system process.

The tests reach it as its people do: by the command line, one process for each call, and by HTTP.
"""

import asyncio
import json
import os
import pwd
import re
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path
from string import Template

import httpx2

import fermata
from fermata.cli.demo.stage import Stage
from fermata.testing.rigs import find_free_port

TOKEN = "e2e-alert-token"
SETTINGS = Template("""\
state_dir: state
$store
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
    - id: shop-processes
      actions: [supervisor.restart, supervisor.set_memory_limit, supervisor.set_env]
      resources: [supervisor:process/checkout]
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
  supervisor:
    url: unix://$socket
    config_path: $root/supervisord.conf
    health_urls: {checkout: "http://127.0.0.1:$checkout/healthz"}
  git:
    repositories:
      - name: shop
        path: $root/shop
        mode: working_copy
        services: {checkout: [services/checkout.py, services/httpd.py, deploy/checkout.env]}
        env_files: {checkout: deploy/checkout.env}
$prometheus
""")
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "PYTHONPATH": str(Path(fermata.__file__).parents[1]),
    "LANG": "C.UTF-8",
}


def browse(base=""):
    """Give an HTTP client; without TLS, loading the machine's certificates would be most of what polling costs."""
    return httpx2.AsyncClient(base_url=base, timeout=5, verify=False, trust_env=False)


class Fermata:
    """The command line of one Fermata, and the process that serves."""

    def __init__(self, folder, port):
        self.config = folder / "fermata.yaml"
        self.base = f"http://127.0.0.1:{port}"
        self.log = folder / "up.log"
        self._serving = None

    async def start(self):
        """Run `fermata up` and wait until it says that it is ready."""
        with self.log.open("ab") as log:
            self._serving = await asyncio.create_subprocess_exec(
                *self._command("up"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT
            )
        await until(self._is_ready, 20, self.read_log)

    async def stop(self, number=signal.SIGTERM):
        """End it by a signal; return its exit status. Without effect when it does not run."""
        serving, self._serving = self._serving, None
        if serving is None:
            return None
        serving.send_signal(number)
        try:
            return await asyncio.wait_for(serving.wait(), 15)
        except TimeoutError:
            serving.kill()
            await serving.wait()
            raise

    async def run(self, *arguments, status=0):
        """Run a command to its end and return what it printed; its exit status must be `status`."""
        process = await asyncio.create_subprocess_exec(
            *self._command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        out, err = (part.decode() for part in await asyncio.wait_for(process.communicate(), 90))
        assert process.returncode == status, f"{arguments}: {process.returncode}\n{out}\n{err}\n{self.read_log()}"
        return out + err if status else out

    async def ask(self, *arguments, status=0):
        """Run a command with --json and return what it printed as data."""
        return json.loads(await self.run(*arguments, "--json", status=status))

    async def measure(self):
        """Return what /metrics says now, as a mapping of sample to number."""
        async with browse() as client:
            text = (await client.get(f"{self.base}/metrics")).text
        samples = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(number) for name, number in samples}

    async def wait_until_held(self):
        """Wait until a plan waits for a person; return the incident whole."""

        async def is_held():
            return (await self.measure())["fermata_proposals_open"] == 1

        await until(is_held, 40, self.read_log)
        return await self.ask("show", "latest")

    async def wait_until_resolved(self):
        """Wait until the latest incident is resolved; return it whole."""
        view = None

        async def is_over():
            # /metrics first: it is asked in no time, while each command is a process that starts.
            counted = await self.measure()
            return counted.get('fermata_alerts_total{change="resolved",source="alertmanager"}', 0) >= 1

        async def is_resolved():
            nonlocal view
            view = await self.ask("show", "latest")
            return view["incident"]["state"] == "resolved"

        await until(is_over, 30, self.read_log)
        await until(is_resolved, 30, self.read_log)
        return view

    def read_log(self):
        """Return what the serving process wrote."""
        return self.log.read_text() if self.log.exists() else ""

    def _command(self, *arguments):
        return [sys.executable, "-m", "fermata", "--config", str(self.config), *arguments]

    async def _is_ready(self):
        assert self._serving.returncode is None, self.read_log()
        async with browse() as client:
            try:
                return (await client.get(f"{self.base}/readyz")).status_code == 200
            except httpx2.TransportError:
                return False


class Shop:
    """The stage, as an operator looks at it."""

    def __init__(self, stage):
        self.stage = stage

    @property
    def live_file(self):
        """The live configuration of checkout."""
        return self.stage.conf_dir / "checkout.ini"

    async def ask_checkout(self):
        """Return the status that a shopper gets, or `None` without an answer."""
        async with browse() as client:
            try:
                return (await client.get(f"http://127.0.0.1:{self.stage.ports['CHECKOUT_PORT']}/checkout")).status_code
            except httpx2.TransportError:
                return None

    def find_data_limit(self):
        """Return the limit of data memory that the kernel holds checkout to, in bytes."""
        pid = self.stage.supervisor._call("getProcessInfo", "checkout")["pid"]
        limits = Path(f"/proc/{pid}/limits").read_text()
        return int(re.search(r"^Max data size\s+(\d+)", limits, re.MULTILINE)[1])

    def list_commits(self):
        """Return the messages of the shop's commits, newest first."""
        command = ["git", "-C", str(self.stage.repository_path), "log", "--format=%B%x00"]
        log = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return [message.strip() for message in log.split("\0") if message.strip()]

    async def list_firing(self):
        """Return the names of the alerts that Alertmanager holds to be active."""
        async with browse() as client:
            answer = await client.get(f"{self.stage.alertmanager_url}/api/v2/alerts", params={"active": "true"})
        return [alert["labels"]["alertname"] for alert in answer.json()]


@asynccontextmanager
async def open_company(folder, *, use_prometheus, store_url=""):
    """Start the shop, what watches it, and Fermata; give the shop and Fermata; leave no process."""
    port = find_free_port()
    stage = Stage.create(
        folder / "stage",
        Path(sys.executable),
        f"http://127.0.0.1:{port}/v1/alerts/alertmanager",
        TOKEN,
        use_prometheus=use_prometheus,
    )
    prometheus = f"  prometheus: {{url: 'http://127.0.0.1:{stage.ports['PROMETHEUS_PORT']}'}}"
    (folder / "alert_token").write_text(TOKEN)
    (folder / "fermata.yaml").write_text(
        SETTINGS.substitute(
            store=f"store: {{url: '{store_url}'}}" if store_url else "",
            port=port,
            user=pwd.getpwuid(os.getuid()).pw_name,
            socket=stage.socket_path,
            root=stage.root,
            checkout=stage.ports["CHECKOUT_PORT"],
            prometheus=prometheus if use_prometheus else "",
        )
    )
    house = Fermata(folder, port)
    try:
        async with stage:
            await asyncio.gather(stage.start(lambda _: None), house.start())
            await stage.wait_until_watched()
            yield Shop(stage), house
    finally:
        await house.stop()


async def until(condition, within_s, describe=str):
    """Poll real processes until a condition of theirs holds."""
    deadline = time.monotonic() + within_s
    while not await condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {describe()}"
        await asyncio.sleep(0.2)
