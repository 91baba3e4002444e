"""The tutorial, followed: from an empty folder to a fix that somebody approved, by the commands of the page alone."""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from tests.e2e.company import ENVIRONMENT
from tests.e2e.terminal import Terminal

from fermata.testing.rigs import find_free_port

pytest.importorskip("supervisor", reason="the extra `demo` is not installed")
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="supervisord's own terminal rules")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
FERMATA = [sys.executable, "-m", "fermata"]


class Follower:
    """Somebody in an empty folder who does what the page says."""

    def __init__(self, folder, port):
        self.folder = folder
        # Quicker than the page: what is waited for there is waited for here, too, but not as long.
        self.env = ENVIRONMENT | {
            "HOME": str(folder / "home"),
            "FERMATA_SERVER__PORT": str(port),
            "FERMATA_LIMITS__STABLE_FOR": "1s",
            "FERMATA_LIMITS__VERIFY_POLL": "100ms",
        }

    def write_page(self):
        """Write the two files of the page; the program gets a port of its own."""
        main, program = re.findall(r"```ini\n(.*?)```", PAGE.read_text(), re.DOTALL)
        (self.folder / "conf.d").mkdir()
        (self.folder / "supervisord.conf").write_text(main)
        (self.folder / "conf.d" / "checkout.ini").write_text(program.replace("8099", str(find_free_port())))

    def control(self, *words, module="supervisorctl"):
        """Run supervisord or its control, and give what it said."""
        command = [sys.executable, "-m", f"supervisor.{module}", "-c", "supervisord.conf", *words]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def run(self, *words):
        """Run a command and give what it told machines."""
        command = [*FERMATA, *words, "--json"]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def wait_for(self, what, holds, within_s=40):
        """Look at the newest incident until it is so."""
        deadline = time.monotonic() + within_s
        while not holds(view := self.run("show", "latest")):
            assert time.monotonic() < deadline, (what, view["incident"]["state"])
            time.sleep(0.2)
        return view


@pytest.fixture
def follower():
    """Give somebody in an empty folder with a short path, as the socket needs it; supervisord ends with the test."""
    with tempfile.TemporaryDirectory(prefix="fm-") as name:
        folder = Path(name)
        (folder / "home").mkdir()
        one = Follower(folder, find_free_port())
        one.write_page()
        one.control(module="supervisord")
        yield one
        one.control("shutdown")
        deadline = time.monotonic() + 10
        while (folder / "supervisord.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.05)


def set_up(follower):
    """Answer the three questions, and the fourth where something on this machine does not answer."""
    with Terminal([*FERMATA, "init"], env={**follower.env, "PWD": str(follower.folder)}, columns=120) as terminal:
        terminal.wait_for("numbers to switch on and off")
        shown = terminal.text
        terminal.press(b"\n")
        terminal.wait_for("Your name")
        terminal.press(b"Alice Moreau\n")
        terminal.wait_for("May it propose restarts")
        terminal.press(b"y\n")
        deadline = time.monotonic() + 60
        while "fermata test-alert" not in terminal.text:
            assert time.monotonic() < deadline, terminal.text
            terminal.read()
            if terminal.text.rstrip().endswith("[Y/n]:"):
                terminal.press(b"\n")
            assert terminal.program.poll() in (None, 0), terminal.text
        assert terminal.wait() == 0
    return shown


def test_tutorial_leads_from_nothing_to_a_fix(follower, monkeypatch):
    """Found, asked, written, checked, served, tested, broken, approved, restored, proved."""
    monkeypatch.chdir(follower.folder)

    shown = set_up(follower)

    assert "programs: checkout" in shown
    assert "name: Alice Moreau" in (follower.folder / "fermata.yaml").read_text()
    serving = subprocess.Popen(
        [*FERMATA, "up"],
        cwd=follower.folder,
        env=follower.env,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert serving.stderr.readline().startswith("Fermata serves on")
        play(follower)
    finally:
        serving.terminate()
        serving.communicate(timeout=20)


def play(follower):
    """Send the alerts of the page, decide, and look back."""
    first = follower.run("test-alert", "--service", "checkout")
    calm = follower.wait_for("a card without a plan", lambda view: view["incident"]["state"] == "needs_person")
    assert calm["incident"]["id"] == first["incidents"][0]
    assert calm["plan"] is None
    follower.run("test-alert", "--resolve", "--service", "checkout")

    assert "stopped" in follower.control("stop", "checkout")
    follower.run("test-alert", "--service", "checkout", "--severity", "critical")
    held = follower.wait_for("a plan that is held", lambda view: view["incident"]["state"] == "held")
    (action,) = held["plan"]["actions"]
    assert (action["name"], action["target"]["name"]) == ("supervisor.restart", "checkout")
    assert "STOPPED" in follower.control("status")

    follower.run("approve", "latest", "--digest", held["proposal"]["plan_digest"], "--no-wait")
    follower.run("test-alert", "--resolve", "--service", "checkout")
    done = follower.wait_for("the fix to be verified", lambda view: view["verifications"])

    assert done["verifications"][-1]["verdict"] == "restored"
    assert "RUNNING" in follower.control("status")
    assert follower.run("audit", "verify")["holds"] is True
