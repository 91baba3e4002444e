"""A desk with a terminal: settings, a real store, a rehearsed workload, and the command line as a person uses it."""

import asyncio
import contextlib
import io
import json
import os
import pwd
import shutil
import sys
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest import mock

import structlog
from tests.unit.flows.stage import NOON, go_on, make_alert, write_body

from fermata.bootstrap import House, build_systems, open_house
from fermata.cli import main as door
from fermata.cli.output import get_console
from fermata.domain.proposal import ProposalState, Ruling
from fermata.flows.investigate import Investigation
from fermata.flows.legs import INVESTIGATE, REMEDIATE, enqueue_execution
from fermata.flows.remediate import Remediation
from fermata.kit.clock import SystemClock
from fermata.settings import load_settings
from fermata.store.connect import open_store
from fermata.testing.engine import InlineEngine
from fermata.testing.rehearsal import MIB, Stagehand, Workload

USER = pwd.getpwuid(os.getuid()).pw_name
SICK = Workload(need_bytes=96 * MIB, limit_bytes=64 * MIB)
SETTINGS = """\
state_dir: state
people:
  - {{id: dana, name: Dana, roles: [oncall], handles: {{console: {user}}}}}
  - {{id: max, name: Max, roles: [sales]}}
policy:
  guardrails:
    - id: rail
      actions: ["rehearsal.*"]
      resources: ["rehearsal:process/*"]
      approvers: {{roles: [oncall]}}
      cooldown: 1s
limits: {{stable_for: 0s, verify_within: 1s, verify_poll: 50ms}}
systems:
  alertmanager: {{}}
  rehearsal: {{path: {workloads}}}
"""


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        """What it printed for machines."""
        return json.loads(self.out)


def run(*args, stdin=""):
    """Run a command through the real door, in this process; nothing is at the keyboard but `stdin`."""
    out, err = io.StringIO(), io.StringIO()
    get_console.cache_clear()
    # What the operating system gives to a process and cannot be injected: its arguments and its standard input.
    with (
        mock.patch.object(sys, "argv", ["fermata", *map(str, args)]),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8")),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            door.main()
            code = 0
        except SystemExit as end:
            code = end.code or 0
    structlog.reset_defaults()  # What a command does to logging ends with its process.
    return Result(code, out.getvalue(), err.getvalue())


class Desk:
    """A folder with settings, and whoever sits before it."""

    def __init__(self, folder, store=None):
        self.folder = folder
        self.file = folder / "fermata.yaml"
        self.hand = Stagehand(folder / "workloads.json")
        self.hand.write({"checkout": SICK})
        self.write_settings()
        if store is not None:
            (folder / "state").mkdir(mode=0o700)
            shutil.copy(store, folder / "state" / "fermata.db")

    def write_settings(self, text="", **changes):
        """Write the settings with more lines below them, or with parts of them replaced."""
        settings = SETTINGS.format(user=USER, workloads=self.hand.path)
        for old, new in changes.items():
            assert old in settings
            settings = settings.replace(old, new)
        self.file.write_text(settings + text)

    def run(self, *args, stdin=""):
        """Run a command with this desk's settings."""
        return run("--config", self.file, *args, stdin=stdin)

    def play(self, work):
        """Let `work(house, engine)` happen in a house on this desk's store whose legs run when told to."""
        loaded = load_settings(self.file, {})
        settings = loaded.settings
        settings.state_dir.mkdir(exist_ok=True, mode=0o700)
        clock = SystemClock()

        async def perform():
            store = open_store(settings.store_url)
            engine = InlineEngine(store)
            house = House(settings, build_systems(loaded, clock), store, engine, clock)
            engine.register(INVESTIGATE, Investigation(house.context).run)
            engine.register(REMEDIATE, Remediation(house.context).run)
            engine.launch()
            try:
                return await work(house, engine)
            finally:
                await house.close()

        return asyncio.run(perform())

    def send(self, *alerts, investigate=True):
        """Take alerts in, and investigate; give the view of the first incident."""

        async def work(house, engine):
            receipt = await house.intake.receive("alertmanager", write_body(*(alerts or (alert_now(),))))
            if investigate:
                await engine.drain()
            return await house.readings.show(receipt.incidents[0]) if receipt.incidents else None

        return self.play(work)

    def send_to_serving(self, *alerts):
        """Take alerts in beside a serving process, which investigates them; give the incident's id."""

        async def work():
            house = open_house(load_settings(self.file, {}))
            try:
                receipt = await house.intake.receive("alertmanager", write_body(*(alerts or (alert_now(),))))
                return receipt.incidents[0]
            finally:
                await house.close()

        return asyncio.run(work())

    def show(self, incident_id):
        """Give an incident as it is now."""

        async def work(house, engine):
            return await house.readings.show(incident_id)

        return self.play(work)

    @contextlib.contextmanager
    def serving_inline(self, view, prepare=go_on):
        """Carry out the plan of a view as soon as it is approved, beside the command that approves it."""

        async def work(house, engine):
            show = partial(house.readings.show, view.incident.id)
            while (await show()).proposal.state is ProposalState.OPEN:  # noqa: ASYNC110 - another process approves
                await asyncio.sleep(0.02)
            prepare(house)
            await enqueue(house, view)
            await engine.drain()

        thread = threading.Thread(target=self.play, args=(work,), daemon=True)
        thread.start()
        yield
        thread.join(20)
        assert not thread.is_alive()

    def decide(self, view, ruling=Ruling.APPROVE):
        """Decide as dana, and execute."""

        async def work(house, engine):
            await house.decisions.decide(
                view.proposal.id, ruling, channel="console", handle=USER, shown_digest=view.plan.digest
            )
            await engine.drain()

        self.play(work)


async def enqueue(house, view):
    """Enqueue the execution of an approved plan for the legs that run when told to."""
    now, incident_id, proposal_id = house.context.clock.now(), view.incident.id, view.proposal.id
    await house.store.write(
        lambda transaction: enqueue_execution(transaction, house.context, incident_id, proposal_id, now)
    )


def alert_now(name="CheckoutDown", service="checkout", *, status="firing", ago_s=60, **labels):
    """Give an alert that started a moment ago."""
    at = (SystemClock().now() - NOON).total_seconds() - ago_s
    return make_alert(name, service, status=status, at=at // 1, **labels)


def write_entry_point(folder: Path):
    """Register the rehearsal system as another distribution would: by an entry point."""
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: rehearsal-for-tests\nVersion: 0\n")
    (folder / "entry_points.txt").write_text("[fermata.systems]\nrehearsal = fermata.testing.rehearsal:Rehearsal\n")
