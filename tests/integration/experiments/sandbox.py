"""A sandbox of real processes: two services, a fault proxy between them, and Fermata's own command line."""

import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

SRC = Path(__file__).parents[3] / "src"
SERVICES = Path(__file__).with_name("services.py")
SETTINGS = """\
state_dir: state
server: {{port: 0}}
engine: {{poll: 20ms}}
log: {{level: warning}}
people:
  - {{id: dana, name: Dana, roles: [oncall], handles: {{console: {user}}}}}
policy:
  guardrails:
    - {{id: rehearse, actions: ["faultproxy.*"], resources: ["faultproxy:service/*"], approvers: {{roles: [oncall]}}}}
chaos:
  targets: ["checkout->payment"]
systems:
  faultproxy:
    timeout_s: 2
    proxies:
      - {{edge: "checkout->payment", control: "127.0.0.1:{control}", token: "file:token"}}
"""


def find_ports(count):
    """Give free ports of this machine."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Sandbox:
    """Starts what is needed in a folder, and ends every process at the end."""

    def __init__(self, folder):
        self.folder = folder
        self.checkout, self.payment, self.proxy, self.control = find_ports(4)
        self._started = []
        self._errors = (folder / "stderr.txt").open("a")
        user = pwd.getpwuid(os.getuid()).pw_name
        (folder / "fermata.yaml").write_text(SETTINGS.format(user=user, control=self.control))

    def start(self):
        """Start the services and the proxy, and wait until they serve."""
        ports = (self.checkout, self.payment, self.proxy)
        services = self.spawn(sys.executable, SERVICES, *ports)
        assert services.stdout.readline() == "ready\n"
        proxy = self.spawn_fermata(
            *("chaos", "proxy", "--listen", f"127.0.0.1:{self.proxy}", "--to", f"127.0.0.1:{self.payment}"),
            *("--control", f"127.0.0.1:{self.control}", "--token-file", "token"),
        )
        assert "relaying" in proxy.stdout.readline()
        return self

    def spawn(self, *command):
        """Start a process that ends with the sandbox."""
        environment = {name: text for name, text in os.environ.items() if not name.startswith("FERMATA_")}
        process = subprocess.Popen(
            list(map(str, command)),
            cwd=self.folder,
            env=environment | {"PYTHONPATH": str(SRC)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._started.append(process)
        return process

    def spawn_fermata(self, *args):
        """Start a command that goes on."""
        return self.spawn(sys.executable, "-m", "fermata", *args)

    def run(self, *args):
        """Run a command to its end; give what it printed as JSON."""
        process = self.spawn_fermata(*args, "--json")
        out, _ = process.communicate(timeout=60)
        return json.loads(out) if out.strip() else None

    def serve(self):
        """Start `fermata up`, and wait until the store is there."""
        process = self.spawn_fermata("up")
        self.wait((self.folder / "state" / "fermata.lock").exists, "it does not serve")
        return process

    def write_experiment(self, **changes):
        """Write the experiment: payment answers two seconds late for a minute."""
        journey = f"http://127.0.0.1:{self.checkout}"
        values = {
            "id": "exp-x",
            "title": "payment answers late",
            "created_at": "2026-11-26T00:00:00Z",
            "target": {"system": "faultproxy", "service": "checkout", "callee": "payment"},
            "fault": {"kind": "latency", "latency_ms": 2000},
            "duration": "PT60S",
            "baseline": "PT3S",
            "recovery": "PT10S",
            "checks": [
                {
                    "journey": "pay",
                    "url": f"{journey}/pay",
                    "max_p95_ms": 4000,
                    "min_ok_ratio": 0.1,
                    "rate_rps": 10,
                    "is_hit": True,
                },
                {
                    "journey": "refund",
                    "url": f"{journey}/refund",
                    "max_p95_ms": 4000,
                    "min_ok_ratio": 0.1,
                    "rate_rps": 10,
                },
            ],
            "prediction": {"expected": "degrade", "why": "a timeout of 200 ms"},
            "blast_radius": "calls of checkout to payment on this machine",
        }
        (self.folder / "experiment.json").write_text(json.dumps(values | changes))

    def begin(self, runner=None):
        """Propose and approve the experiment, have it run, and wait until its fault is there; give its id."""
        runner = runner or self.spawn_fermata("chaos", "run", "--experiment", "experiment.json", "--json")
        held = self.wait(self.find_proposed, "nothing is proposed")
        answer = self.run("chaos", "approve", held["id"], "--digest", held["digest"])
        assert answer["accepted"], answer
        self.wait(self.is_broken, f"the fault does not begin: {self.show(held['id'])}")
        return held["id"], runner

    def find_proposed(self):
        """Give the experiment that waits, if there is one."""
        if not (self.folder / "state" / "fermata.db").exists():
            return None
        found = self.run("chaos", "list") or []
        return next((held for held in found if held["state"] == "proposed"), None)

    def show(self, held_id="latest"):
        """Give an experiment with its result."""
        return self.run("chaos", "report", held_id)

    def is_broken(self):
        """Ask the proxy whether a fault is active; it answers by itself, whatever else is dead."""
        return self.fetch_state()["active"]

    def fetch_state(self):
        """Give the proxy's state."""
        token = (self.folder / "token").read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.control}/v1/state", headers=headers)
        return json.loads(urllib.request.urlopen(request, timeout=5).read())

    def wait(self, find, complaint, within_s=30):
        """Wait for something; give it, or fail."""
        deadline = time.monotonic() + within_s
        while not (found := find()):
            assert time.monotonic() < deadline, complaint + "\n" + (self.folder / "stderr.txt").read_text()[-3000:]
            time.sleep(0.02)
        return found

    def measure_end(self):
        """Give the seconds until the fault is gone."""
        began = time.monotonic()
        self.wait(lambda: not self.is_broken(), "the fault stays")
        return time.monotonic() - began

    def close(self):
        """End every process."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()
        self._errors.close()
