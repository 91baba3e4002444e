"""The stage breaks for real, the right fix cures it for real, and the alert tells of both."""

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from fermata.cli.demo.metrics_stack import find_programs
from fermata.cli.demo.supervision import Supervisor
from fermata.kit.errors import OperationalError, UserError

TOKEN = "Bearer stage-test-token"
linux_only = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory limits are enforced on Linux only")


async def until(condition, within_s):
    """Poll a real process or receiver."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within_s, f"not within {within_s} s"
        await asyncio.sleep(0.05)


def ask(stage, path="/checkout"):
    """Return checkout's status for the default basket of one line, or `None` without an answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{stage.ports['CHECKOUT_PORT']}{path}", timeout=3) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


def git(stage, *arguments):
    """Run git in the shop as an operator; return what it printed."""
    who = ["-c", "user.name=Sam Operator", "-c", "user.email=sam@shop.example"]
    command = ["git", "-C", str(stage.repository_path), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def edit_live(stage, pattern, replacement):
    """Change one place of checkout's live configuration."""
    live = stage.conf_dir / "checkout.ini"
    text, count = re.subn(pattern, replacement, live.read_text())
    assert count == 1
    live.write_text(text)


def cure_memory(stage, fault):
    """Double the memory limit."""
    edit_live(stage, r"ulimit -d 65536", "ulimit -d 131072")
    assert stage.supervisor.update() == ["checkout"]


def cure_config(stage, fault):
    """Set the environment back to what git declares."""
    edit_live(stage, r'PAYMENT_TIMEOUT_MS="250ms"', 'PAYMENT_TIMEOUT_MS="250"')
    assert stage.supervisor.update() == ["checkout"]


def cure_commit(stage, fault):
    """Revert the guilty commit."""
    git(stage, "revert", "--no-edit", fault.commit)
    stage.supervisor.restart("checkout")


CASES = [
    pytest.param("memory", cure_memory, "CheckoutDown", "MemoryError", marks=linux_only),
    ("bad-config", cure_config, "CheckoutDown", "PAYMENT_TIMEOUT_MS must be a whole number, found '250ms'"),
    ("bad-commit", cure_commit, "CheckoutErrors", "TypeError: 'int' object is not iterable"),
]


@pytest.mark.parametrize(("scenario", "cure", "alert", "words"), CASES)
async def test_broken_shop_tells_of_it_and_the_right_fix_cures_it(make_stage, receiver, scenario, cure, alert, words):
    """Each fault is real: it shows in the process, in the log and in an alert, and one right fix ends all three."""
    async with make_stage(use_prometheus=False) as stage:
        receiver.refuse = 1
        await stage.start(lambda _: None)
        assert ask(stage) == 200

        fault = await stage.break_it(scenario)
        await until(lambda: receiver.find(alert, "firing"), 8)

        assert ask(stage) == (500 if fault.stays_running else None)
        states = {"RUNNING"} if fault.stays_running else {"BACKOFF", "STARTING", "FATAL"}
        assert stage.supervisor.fetch_state("checkout") in states
        assert words in (stage.log_dir / "checkout.err.log").read_text()
        assert receiver.tokens == {TOKEN}

        cure(stage, fault)
        await until(lambda: receiver.find(alert, "resolved"), 12)

        assert ask(stage) == 200
        await until(lambda: stage.supervisor.fetch_state("checkout") == "RUNNING", 3)
        assert stage.alert_source == "posted by the demo in Alertmanager's format (Prometheus is switched off)"


@pytest.mark.servers
@pytest.mark.skipif(find_programs() is None, reason="no prometheus")
async def test_real_alertmanager_tells_of_both_kinds_of_outage(make_stage, receiver):
    """With Prometheus and Alertmanager, errors and silence arrive at the webhook, and the end of the errors too."""
    async with make_stage() as stage:
        await stage.start(lambda _: None)
        await stage.wait_until_watched()

        fault = await stage.break_it("bad-commit")
        await until(lambda: receiver.find("CheckoutErrors", "firing"), 12)
        cure_commit(stage, fault)
        await until(lambda: receiver.find("CheckoutErrors", "resolved"), 12)
        await stage.break_it("bad-config")
        await until(lambda: receiver.find("CheckoutDown", "firing"), 12)

        assert re.fullmatch(r"Prometheus \d[\d.]+ \+ Alertmanager \d[\d.]+", stage.alert_source)
        alert = receiver.find("CheckoutErrors", "firing")
        assert alert["labels"] == {"alertname": "CheckoutErrors", "service": "checkout", "severity": "critical"}
        assert receiver.find("CheckoutErrors", "resolved")["fingerprint"] == alert["fingerprint"]
        assert receiver.tokens == {TOKEN}


async def test_faults_leave_a_trail_and_refuse_to_stack(make_stage):
    """The guilty commit is in git under a decoy; the same fault twice, or one nobody knows, is refused."""
    async with make_stage(use_prometheus=False) as stage:
        await stage.start(lambda _: None)
        healthy = git(stage, "rev-parse", "HEAD").strip()

        fault = await stage.break_it("bad-commit")

        log = git(stage, "log", "--format=%H %an", f"{healthy}..").splitlines()
        assert log == [f"{fault.decoy_commit} Noor Haddad", f"{fault.commit} Tomas Lindqvist"]
        assert git(stage, "show", "--name-only", "--format=", fault.commit).split() == ["services/checkout.py"]
        assert git(stage, "show", "--name-only", "--format=", fault.decoy_commit).split() == ["README.md"]
        assert git(stage, "status", "--porcelain") == ""
        assert len(git(stage, "log", "--format=%an").splitlines()) == 9
        with pytest.raises(OperationalError, match="no longer as the demo left it"):
            await stage.break_it("bad-commit")
        with pytest.raises(UserError, match="memory, bad-config, bad-commit"):
            await stage.break_it("flood")


async def test_memory_scenario_is_refused_where_limits_are_not_enforced(make_stage, monkeypatch):
    """A system without enforced memory limits is told so, with the scenarios that do work there."""
    # The platform cannot be injected: it is what the interpreter runs on.
    monkeypatch.setattr(sys, "platform", "darwin")
    async with make_stage(use_prometheus=False) as stage:
        with pytest.raises(UserError, match=r"RLIMIT_DATA.*darwin does not.*bad-config, bad-commit"):
            await stage.break_it("memory")


async def test_prometheus_that_does_not_start_is_replaced_and_named(make_stage, receiver, tmp_path, monkeypatch):
    """A broken installation does not silence the alert: the demo posts it, and says why."""
    for name in ("prometheus", "alertmanager"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    # Debian's name for Alertmanager comes first in the search; it must be the broken one too.
    (tmp_path / "prometheus-alertmanager").symlink_to(tmp_path / "alertmanager")

    async with make_stage() as stage:
        await stage.start(lambda _: None)
        await stage.break_it("bad-config")
        await until(lambda: receiver.find("CheckoutDown", "firing"), 8)

        assert stage.alert_source == "posted by the demo in Alertmanager's format (prometheus did not start)"
        assert stage.prometheus_url is None


def test_silent_supervisord_is_an_operational_error(tmp_path):
    """A call to a socket nobody listens on says which part is silent."""
    with pytest.raises(OperationalError, match="supervisord of the demo does not answer"):
        Supervisor(tmp_path / "s.sock").fetch_state("checkout")
