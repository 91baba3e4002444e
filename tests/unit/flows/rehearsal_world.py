"""For tests of rehearsals, a small world in virtual time: journeys that answer as told, and an injector."""

import asyncio

from fermata.domain.experiment import (
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Prediction,
    SteadyCheck,
)
from fermata.flows.rehearsal.asking import Reply
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injection, InjectionState


class World:
    """What is asked and broken; it asks, and it injects."""

    name = "faultproxy"
    lease_kept_by = "the world"

    def __init__(self):
        self.answers = {"pay": (0.005, 200), "refund": (0.005, 200), "probe": (0.005, 200)}
        self.under_fault = {"pay": (0.3, 502), "probe": (2.0, 200)}
        self.bodies = {}
        """What is answered, by the journey and whether it is hit; nothing unless told."""
        self.affected = 0
        self.until = None
        self.asked = []
        self.calls = []
        self.failing = {}
        self.refusing = ()
        """Journeys of which nobody listens."""
        self.is_deaf = False
        """The fault is accepted, and never there."""

    @property
    def is_broken(self):
        return self.until is not None and asyncio.get_running_loop().time() < self.until

    async def ask(self, url, *, timeout_s, headers=None):
        journey = url.rpartition("/")[2]
        self.asked.append((journey, headers))
        if journey in self.refusing:
            raise ConnectionRefusedError
        is_hit = self.is_broken and not self.is_deaf
        self.affected += is_hit and journey == "pay"
        took, status = (self.under_fault if is_hit else self.answers).get(journey, self.answers[journey])
        async with asyncio.timeout(timeout_s):
            await asyncio.sleep(took)
        return Reply(status, self.bodies.get((journey, is_hit), b""))

    def _note(self, call):
        self.calls.append((call, asyncio.get_running_loop().time()))
        if self.failing.get(call):
            raise self.failing[call]

    async def inject(self, experiment):
        self._note("inject")
        self.until = asyncio.get_running_loop().time() + experiment.lease.total_seconds()
        return Injection(experiment_id=experiment.id, handle="here")

    async def renew(self, injection, lease):
        self._note("renew")
        if not self.is_broken:
            raise OperationalError("it is gone")
        self.until = asyncio.get_running_loop().time() + lease.total_seconds()

    async def observe(self, injection):
        self._note("observe")
        numbers = {
            "calls": 10.0 * self.affected,
            "call_seconds": 20 * asyncio.get_running_loop().time(),
            "in_flight": 1,
        }
        return InjectionState(active=self.is_broken, affected=self.affected, numbers=numbers)

    async def withdraw(self, injection):
        self._note("withdraw")
        self.until = None

    def list_calls(self, name):
        return [at for call, at in self.calls if call == name]


def build_experiment(**changes):
    """Build a rehearsal: pay is to be hit, refund is not."""
    fields = {
        "id": "exp-1",
        "title": "payment answers late",
        "created_at": "2026-11-26T03:00:00Z",
        "target": FaultTarget(system="faultproxy", service="checkout", callee="payment"),
        "fault": FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000),
        "duration": "PT60S",
        "checks": (
            SteadyCheck(journey="pay", url="http://shop/pay", max_p95_ms=500, rate_rps=10, is_hit=True),
            SteadyCheck(journey="refund", url="http://shop/refund", max_p95_ms=300, rate_rps=10),
        ),
        "prediction": Prediction(expected=Expected.DEGRADE, why="it fails", numbers={"in_flight": 20.0}),
        "blast_radius": "one process",
    }
    return Experiment(**{**fields, **changes})
