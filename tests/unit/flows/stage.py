"""What the tests of flows play on: a real store, an engine that runs when told to, rehearsed workloads."""

import asyncio
import dataclasses
import json
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pydantic import BaseModel

from fermata.bootstrap import House
from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.ids import PlanId
from fermata.domain.person import Actor
from fermata.domain.proposal import Ruling
from fermata.flows.hold import hold_plan
from fermata.flows.investigate import Investigation
from fermata.flows.legs import INVESTIGATE, REMEDIATE
from fermata.flows.plan import build_plan
from fermata.flows.remediate import Remediation
from fermata.integrations.alertmanager.system import Alertmanager
from fermata.integrations.webhook.system import Webhook
from fermata.kit.errors import TransientError
from fermata.kit.ids import derive_id
from fermata.models.prompts import load_prompts
from fermata.ports.source import SourceSettings
from fermata.ports.system import System
from fermata.settings import Settings
from fermata.testing.clock import FakeClock
from fermata.testing.engine import InlineEngine
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Workload

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ALICE = Actor(kind="person", id="alice", channel="console")
PEOPLE = (
    {"id": "alice", "name": "Alice", "roles": ["oncall"], "handles": {"console": "alice"}},
    {"id": "bob", "name": "Bob", "roles": ["oncall"], "handles": {"console": "bob"}},
    {"id": "max", "name": "Max", "roles": ["sales"], "handles": {"console": "max"}},
    {"id": "robot", "name": "A robot", "roles": ["oncall"], "handles": {"console": "robot"}, "bot": True},
)
RAIL = {
    "id": "rail",
    "actions": ["rehearsal.*"],
    "resources": ["rehearsal:process/*"],
    "approvers": {"roles": ["oncall"]},
}
SICK = Workload(need_bytes=96 * MIB, limit_bytes=64 * MIB)
WELL = Workload(need_bytes=96 * MIB, limit_bytes=128 * MIB)


class SteppingClock(FakeClock):
    """Steps a millisecond at each look, so that two changes never happen at the same instant."""

    def now(self):
        """Return the next instant."""
        self.advance(timedelta(milliseconds=1))
        return super().now()


class ScriptedChannel:
    """A chat that remembers what it was shown, and is down as often as it was told to be."""

    def __init__(self, name="chat"):
        self.name = name
        self.cards = []
        self.receipts = []
        self.failures = 0
        self.delivered = asyncio.Event()

    async def deliver(self, card, *, key, receipt, room=""):
        """Remember the card, or fail."""
        if self.failures:
            self.failures -= 1
            raise TransientError("The chat is down", why="it was told to be", do="Wait")
        self.cards.append(card)
        self.receipts.append(receipt)
        self.delivered.set()
        return receipt or f"message of {key}"


class NoSettings(BaseModel):
    """A scripted system needs none."""


class Scripted(System):
    """An outside system made of the plugs a test hands over."""

    name: ClassVar[str] = "scripted"
    Settings: ClassVar[type[BaseModel]] = NoSettings

    def __init__(self, *, collectors=(), actions=(), probes=(), channel=None):
        super().__init__(NoSettings(), FakeClock())
        self._collectors, self._actions, self._probes, self._channel = collectors, actions, probes, channel

    def list_collectors(self):
        """Return the scripted collectors."""
        return self._collectors

    def list_actions(self):
        """Return the scripted actions."""
        return self._actions

    def list_probes(self):
        """Return the scripted probes."""
        return self._probes

    def find_channel(self):
        """Return the scripted channel."""
        return self._channel


def go_on(point):
    """Do nothing at a point."""


def handle_nothing(probe, entity):
    """Answer for a probe that can read nothing."""
    return False


# What a collector finds must not depend on how busy the machine is; tests of the deadline give their own.
UNHURRIED = {"gather_deadline": "60s", "gather_deadline_critical": "60s"}


def make_alert(name="CheckoutDown", service="checkout", *, status="firing", at=-60, **labels):
    """Give one alert of a webhook body; `at` is its start in seconds from noon."""
    started = NOON + timedelta(seconds=at)
    return {
        "status": status,
        "labels": {"alertname": name, "service": service, "severity": "critical", **labels},
        "annotations": {"summary": f"{service} is down"},
        "startsAt": started.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else (started + timedelta(minutes=1)).isoformat(),
        "generatorURL": "",
        "fingerprint": derive_id("fp", name, service, *sorted(labels.values())),
    }


def write_body(*alerts, group_key="{}", truncated=0):
    """Give a webhook body as Alertmanager writes it."""
    body = {"version": "4", "groupKey": group_key, "truncatedAlerts": truncated, "alerts": list(alerts)}
    return json.dumps(body).encode()


class Stage:
    """One house with its target, and everything a test does to it."""

    def __init__(self, folder, store, systems=(), *, models=None, **settings):
        self.folder, self.store, self.models = folder, store, models
        self.clock = SteppingClock()
        self.rehearsal = Rehearsal(RehearsalSettings(path=folder / "rehearsal.json"), self.clock)
        self.rehearsal.hand.write({"checkout": SICK})
        self.scripted = {f"scripted-{number}": system for number, system in enumerate(systems)}
        self.restart(**settings)

    def restart(self, systems=None, *, sections=None, **settings):
        """Build the house anew on the same store, as after a restart with other settings.

        `sections` are those of outside systems, for settings that name one.
        """
        values = {
            "state_dir": self.folder,
            "people": PEOPLE,
            "policy": {"guardrails": [RAIL]},
            "limits": {"verify_within": "5s", "stable_for": "0s", **UNHURRIED},
        }
        self.systems = systems if systems is not None else self._build_systems()
        self.engine = InlineEngine(self.store)
        built = Settings.model_validate(values | settings | {"systems": sections or {}})
        self.house = House(built, self.systems, self.store, self.engine, self.clock)
        if self.models is not None:
            self.house.context = dataclasses.replace(self.context, models=self.models, prompts=load_prompts())
        self.engine.register(INVESTIGATE, Investigation(self.context).run)
        self.engine.register(REMEDIATE, Remediation(self.context).run)
        self.engine.launch()

    def _build_systems(self):
        alertmanager = Alertmanager(SourceSettings(), self.clock)
        webhook = Webhook(SourceSettings(), self.clock)
        return {"alertmanager": alertmanager, "webhook": webhook, "rehearsal": self.rehearsal, **self.scripted}

    @property
    def context(self):
        """What flows are given."""
        return self.house.context

    async def send(self, *alerts, group_key="{}", truncated=0):
        """Deliver one webhook; without alerts, the one about checkout."""
        body = write_body(*(alerts or (make_alert(),)), group_key=group_key, truncated=truncated)
        return await self.house.intake.receive("alertmanager", body)

    async def resolve(self, *alerts):
        """Deliver the end of alerts."""
        return await self.send(*(alert | {"status": "resolved"} for alert in alerts or (make_alert(),)))

    async def hold(self, *alerts):
        """Take alerts in and investigate; give the view of their incident."""
        receipt = await self.send(*alerts)
        await self.engine.drain()
        return await self.house.readings.show(receipt.incidents[0])

    async def hold_suggestions(self, view, *suggestions, undoes=None):
        """Hold a plan of these actions for an incident, as a diagnosis that suggests them would."""
        await hold_suggestions(self.context, view, *suggestions, undoes=undoes)
        return await self.house.readings.show(view.incident.id)

    async def decide(self, view, ruling=Ruling.APPROVE, *, handle="alice", **changes):
        """Click on the card of a view."""
        values = {"channel": "console", "handle": handle, "shown_digest": view.card.plan_digest}
        return await self.house.decisions.decide(view.proposal.id, ruling, **(values | changes))

    async def approve(self, view, **changes):
        """Approve what a view shows and execute it; give the view afterwards."""
        answer = await self.decide(view, **changes)
        assert answer.execution_enqueued, answer.text
        await self.engine.drain()
        return await self.house.readings.show(view.incident.id)

    async def show(self, incident_id):
        """Give an incident as it is now."""
        return await self.house.readings.show(incident_id)

    async def list_kinds(self, incident_id=None):
        """Give the kinds of the journal's entries."""
        return [entry.event.kind for entry in await self.house.readings.list_journal(incident_id, limit=1000)]

    async def find_flag(self, name):
        """Give a flag's value."""
        return await self.store.read(lambda transaction: transaction.flags.find(name))

    def list_unfinished(self):
        """Give the legs that are enqueued or running."""
        return [status.leg for status in self.engine.list_unfinished()]

    def count_marks(self, name="checkout"):
        """Give how often the target was changed."""
        return len(self.rehearsal.hand.read()[name].marks)


async def hold_suggestions(context, view, *suggestions, undoes=None):
    """Hold a plan of these actions, on the evidence of a view."""
    (log, *_) = (item for item in view.evidence if item.kind is EvidenceKind.LOGS)
    citation = Citation(evidence_id=log.id, first_line=1, last_line=1, quote=log.lines[0].text)
    hypothesis = Hypothesis(
        cause="memory_limit_exceeded",
        text="said by a test",
        confidence=0.9,
        entity=log.entity,
        citations=(citation,),
        suggestions=tuple(suggestions),
    )
    now = context.clock.now()
    plan_id = PlanId(derive_id("plan", now.isoformat()))
    plan = await build_plan(context, view.incident, hypothesis, view.evidence, plan_id, now, undoes=undoes)
    await context.store.write(lambda transaction: hold_plan(transaction, context, plan, now))


def set_limit(mib, name="checkout"):
    """Give the suggestion to set a workload's limit."""
    target = Entity(system="rehearsal", kind="process", name=name)
    return ActionSuggestion(name="rehearsal.set_memory_limit", target=target, parameters={"limit_bytes": mib * MIB})
