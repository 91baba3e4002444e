"""A bench for rehearsals: a real store, a scripted injector, and an asker that answers from a script."""

import asyncio
import itertools
from datetime import timedelta

from fermata.domain.experiment import FaultKind, FaultSpec, FaultTarget, SteadyCheck
from fermata.domain.held_experiment import ExperimentState
from fermata.domain.person import Actor, Person
from fermata.domain.policy import Approvers, Guardrail, Policy
from fermata.domain.proposal import Ruling
from fermata.domain.sandbox import SandboxFinding
from fermata.flows.context import FlowContext
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.holding import Experiments
from fermata.flows.halt import HaltSwitch
from fermata.flows.meters import Meters
from fermata.flows.rehearsal.asking import Reply
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injection, InjectionState
from fermata.testing.experiments import make_experiment

DANA = Person(id="dana", name="Dana", roles=("oncall",), handles={"console": "dana"})
MAX = Person(id="max", name="Max", roles=("sales",), handles={"console": "max"})
ACTOR = Actor(kind="person", id="dana", channel="console")
POLICY = Policy(
    guardrails=(
        Guardrail(
            id="rail",
            actions=("scripted.*",),
            resources=("scripted:service/*",),
            approvers=Approvers(roles=("oncall",)),
        ),
    )
)
GOOD = SandboxFinding(name="sandbox", ok=True, text="a sandbox")
BAD = SandboxFinding(name="quota", ok=False, text="no quota", proposal="kind: ResourceQuota")


class ScriptedInjector:
    """Injects into nothing, and remembers what it was asked."""

    name = "scripted"
    lease_kept_by = "the script"

    def __init__(self):
        self.findings = (GOOD,)
        self.active = False
        self.injected = 0
        self.withdrawn = 0
        self.affected = 0
        self.fault = None
        """Raised by the next look, until it is taken away."""
        self.unwritten = None
        """Raised where a preview is asked for."""

    async def preview(self, experiment):
        """Give a preview."""
        if self.unwritten is not None:
            raise self.unwritten
        return f"fault of {experiment.id}"

    async def check_sandbox(self, experiment):
        """Give the findings."""
        if self.fault is not None:
            raise self.fault
        return self.findings

    async def inject(self, experiment):
        """Begin."""
        self.active = True
        self.injected += 1
        return Injection(experiment_id=experiment.id, handle=f"handle of {experiment.id}")

    async def renew(self, injection, lease):
        """Renew nothing."""

    async def observe(self, injection):
        """Say whether it is active; each look finds one more call that felt it."""
        if self.fault is not None:
            raise self.fault
        self.affected += self.active
        return InjectionState(active=self.active, affected=self.affected)

    async def withdraw(self, injection):
        """End."""
        self.active = False
        self.withdrawn += 1


class ScriptedAsker:
    """Answers 200 at once, or 503 for the paths that were told to fail while the fault is there."""

    def __init__(self, injector, *failing):
        self._injector = injector
        self.failing = failing

    async def ask(self, url, *, timeout_s, headers=None):
        """Give an answer without a body."""
        await asyncio.sleep(0)
        return Reply(503 if self._injector.active and url.endswith(self.failing or ("nothing",)) else 200)


class Bench:
    """Everything a rehearsal needs, and short cuts through it."""

    def __init__(self, folder, store, engine, **changes):
        clock = SystemClock()
        self.folder = folder
        self.store = store
        self.injector = ScriptedInjector()
        self.flow = FlowContext(
            store=store,
            engine=engine,
            clock=clock,
            policy=changes.pop("policy", POLICY),
            people={person.id: person for person in (DANA, MAX)},
            halt=HaltSwitch(folder / "HALT", clock),
            meters=Meters(),
            **changes,
        )
        self.context = self.build()
        self._numbers = itertools.count(1)

    def build(self, **changes):
        """Give the context, with parts replaced."""
        values = {
            "flow": self.flow,
            "injectors": {"scripted": self.injector},
            "folder": self.folder / "experiments",
            "asker": ScriptedAsker(self.injector, "/pay"),
        }
        return ExperimentContext(**(values | changes))

    @property
    def experiments(self):
        """Give what surfaces use."""
        return Experiments(self.context)

    def make(self, **changes):
        """Give a new experiment that takes less than a second."""
        url = "http://127.0.0.1:1"
        values = {
            "id": f"exp-{next(self._numbers)}",
            "target": FaultTarget(system="scripted", service="checkout", callee="payment"),
            "fault": FaultSpec(kind=FaultKind.ERROR, status=503),
            "duration": timedelta(milliseconds=400),
            "baseline": timedelta(milliseconds=250),
            "recovery": timedelta(0),
            "checks": (
                SteadyCheck(journey="pay", url=f"{url}/pay", max_p95_ms=900, rate_rps=100, is_hit=True),
                SteadyCheck(journey="refund", url=f"{url}/refund", max_p95_ms=900, rate_rps=100),
            ),
        }
        return make_experiment(**(values | changes))

    async def propose(self, **options):
        """Hold a new experiment."""
        return await self.experiments.propose(self.make(), ACTOR, **options)

    async def decide(self, held, ruling=Ruling.APPROVE, *, handle="dana", **changes):
        """Click on a row."""
        values = {"channel": "console", "handle": handle, "shown_digest": held.digest}
        return await self.experiments.decide(held.id, ruling, **(values | changes))

    async def approve(self, **options):
        """Give a new experiment that was approved."""
        held = await self.propose(**options)
        word = await self.decide(held)
        assert word.accepted, word.text
        return word.held

    async def show(self, held):
        """Give a row as it is now."""
        return await self.experiments.show(held.id)

    async def state(self, held):
        """Give the state of a row."""
        return (await self.show(held)).held.state

    async def write(self, work):
        """Change rows."""
        return await self.store.write(work)

    async def list_kinds(self):
        """Give the kinds of the journal, oldest first."""
        entries = await self.store.read(lambda transaction: transaction.journal.list_entries())
        return [entry.event.kind for entry in entries]

    async def abandon(self, held, runner="elsewhere:1:aa", **changes):
        """Make a row look as if its runner had died in the middle."""
        values = {"state": ExperimentState.RUNNING, "started_at": self.flow.clock.now(), "runner": runner}
        orphan = held.model_copy(update=values | changes)
        await self.write(lambda transaction: transaction.experiments.compare_and_set(held.state, orphan))
        return orphan


class DeadStore:
    """A store that has gone."""

    async def read(self, work):
        """Fail."""
        raise OperationalError("The store is gone")

    write = read
