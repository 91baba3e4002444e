"""One house on one stage, in this process: for faults that need no killing."""

import asyncio
import time
from datetime import timedelta

from sqlalchemy import text
from tests.faults.scenery import CHANNEL, make_settings, write_body

from fermata.domain.diagnosis import ActionSuggestion, Citation, Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.ids import PlanId
from fermata.domain.proposal import Ruling
from fermata.flows.hold import hold_plan
from fermata.flows.investigate import Investigation
from fermata.flows.legs import INVESTIGATE, REMEDIATE
from fermata.flows.plan import build_plan
from fermata.flows.remediate import Remediation
from fermata.flows.sweep import rescue_stalled
from fermata.kit.ids import derive_id
from fermata.testing.clock import FakeClock
from fermata.testing.engine import InlineEngine
from fermata.testing.rehearsal import MIB


def set_limit(mib, name="checkout"):
    """Give the suggestion to set a workload's memory limit."""
    target = Entity(system="rehearsal", kind="process", name=name)
    return ActionSuggestion(name="rehearsal.set_memory_limit", target=target, parameters={"limit_bytes": mib * MIB})


class SteppingClock(FakeClock):
    """Steps a millisecond at each look, so that two changes never happen at the same instant."""

    def now(self):
        """Return the next instant."""
        self.advance(timedelta(milliseconds=1))
        return super().now()


class Scene:
    """A house whose legs run when a test says so, under a clock that only moves when told to."""

    def __init__(self, scenery, store, clock):
        self.scenery, self.store, self.clock = scenery, store, clock
        self.open()

    def open(self, **changes):
        """Build the house, as after a restart with other settings."""
        self.engine = self.build_engine()
        settings = make_settings(self.scenery.folder, **changes)
        self.house = self.scenery.build_house(self.store, self.engine, self.clock, settings)
        self.context = self.house.context
        self.engine.register(INVESTIGATE, Investigation(self.context).run)
        self.engine.register(REMEDIATE, Remediation(self.context).run)
        self.engine.launch()

    def build_engine(self):
        """Give the engine."""
        return InlineEngine(self.store)

    async def settle(self):
        """Run every leg to its end."""
        await self.engine.drain()

    async def send(self, name="checkout", status="firing", **changes):
        """Deliver a webhook."""
        return await self.house.intake.receive("alertmanager", write_body(name, status, **changes))

    async def hold(self, name="checkout", **changes):
        """Deliver an alert and investigate; give its incident's view."""
        receipt = await self.send(name, **changes)
        await self.settle()
        return await self.show(receipt.incidents[0])

    async def hold_plan(self, view, *suggestions):
        """Hold a plan of these actions for an incident, as a diagnosis that suggests them would."""
        log = next(item for item in view.evidence if item.kind is EvidenceKind.LOGS)
        quote = Citation(evidence_id=log.id, first_line=1, last_line=1, quote=log.lines[0].text)
        hypothesis = Hypothesis(
            cause="memory_limit_exceeded",
            text="A test says so.",
            confidence=0.9,
            entity=log.entity,
            citations=(quote,),
            suggestions=suggestions,
        )
        now = self.clock.now()
        plan_id = PlanId(derive_id("plan", view.incident.id, now.isoformat()))
        plan = await build_plan(self.context, view.incident, hypothesis, view.evidence, plan_id, now)
        await self.store.write(lambda transaction: hold_plan(transaction, self.context, plan, now))
        return await self.show(view.incident.id)

    async def click(self, view, handle="dana", ruling=Ruling.APPROVE, **changes):
        """Click on the card of a view; give the answer."""
        shown = {"channel": CHANNEL, "shown_digest": view.proposal.plan_digest} | changes
        return await self.house.decisions.decide(view.proposal.id, ruling, handle=handle, **shown)

    async def show(self, incident_id):
        """Give an incident as it is now."""
        return await self.house.readings.show(incident_id)

    async def again(self, view):
        """Give the same incident as it is now."""
        return await self.show(view.incident.id)

    def execute_sql(self, statement, **values):
        """Write rows behind Fermata's back."""
        with self.store.database.begin() as connection:
            return connection.execute(text(statement), values)

    @property
    def marks(self):
        """The effects that ever happened, counted over all workloads."""
        return sum(len(marks) for marks in self.scenery.marks.values())

    async def list_journal(self, kind):
        """Give the data of the journal's entries of a kind."""
        entries = await self.house.readings.list_journal(None, limit=1000)
        return [dict(entry.event.data) for entry in entries if entry.event.kind == kind]

    async def find_words(self, view):
        """Give what the incident's person was told."""
        flag = await self.store.read(lambda transaction: transaction.flags.find(f"no-action/{view.incident.id}"))
        return flag["reason"] if flag else ""

    async def rescue(self):
        """Let the sweep look after what stands still, as it does when time has passed."""
        return await rescue_stalled(self.context)


class LiveScene(Scene):
    """A house on the real engine, under the real clock."""

    def build_engine(self):
        """Give the engine."""
        from fermata.engine.dbos_engine import DbosEngine

        return DbosEngine(self.store, polling_interval_s=0.02)

    async def settle(self):
        """Wait until no run is unfinished."""
        deadline = time.monotonic() + 20
        while await asyncio.to_thread(self.engine.list_unfinished):
            assert time.monotonic() < deadline, "runs do not end"
            await asyncio.sleep(0.02)
