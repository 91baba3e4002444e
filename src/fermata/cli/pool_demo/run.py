"""The demo itself: for each design measure, predict, break, judge, and put the prediction beside the measurement."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from fermata.cli.pool_demo.service import HERE
from fermata.cli.pool_demo.stage import PoolStage, fetch_facts
from fermata.domain.experiment import (
    Expected,
    Experiment,
    ExperimentResult,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Phase,
    Prediction,
    Sample,
    SteadyCheck,
    Verdict,
)
from fermata.domain.sandbox import RunLimits
from fermata.domain.service_graph import Call, OnError
from fermata.flows.experiments.rules import SandboxRules
from fermata.flows.rehearsal.asking import HttpAsker
from fermata.flows.rehearsal.watching import Watcher
from fermata.flows.rehearse import rehearse
from fermata.integrations.faultproxy.client import ProxyClient
from fermata.integrations.faultproxy.faults import FaultProxyInjector
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings
from fermata.kit.clock import SystemClock
from fermata.kit.ids import new_id
from fermata.rules.rehearsal import predict_call

PAY_RPS, REFUND_RPS, CONTROL_RPS = 40.0, 20.0, 10.0
ADDED_MS, FAILING_PERCENT = 2000.0, 50.0
RIGHT = {"naive": Verdict.COLLAPSED, "timeout": Verdict.CONTAINED, "fallback": Verdict.GRACEFUL}
"""What each design is known to do: the demo measures whether the rehearsal finds it out."""
BASELINE_OF_CASE = timedelta(seconds=7)
"""Of a run that is kept as a case: the signatures need some seconds more to know what is normal."""
_EDGE = "checkout->payment"
_MEASURE_S = 3.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How long each part takes."""

    baseline: timedelta = timedelta(seconds=4)
    duration: timedelta = timedelta(seconds=8)
    recovery: timedelta = timedelta(seconds=15)
    """At most: three steady seconds end it."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One design before it is broken."""

    call: Call
    """With what was measured on the wire, and what the service says of itself."""
    experiment: Experiment


def build_injector(stage: PoolStage) -> FaultProxyInjector:
    """Return the injector for the stage's proxy."""
    proxy = ProxySettings(edge=_EDGE, control=f"{HERE}:{stage.control}", token=SecretStr(stage.token))
    return FaultProxyInjector(FaultProxySettings(proxies=(proxy,)), SandboxRules(RunLimits(targets=(_EDGE,))))


async def prepare(stage: PoolStage, design: str, timing: Timing) -> Scene:
    """Measure today's rate and latency on the wire, read the service's own facts, and predict."""
    draft = make_experiment(stage, design, Prediction(expected=Expected.UNKNOWN, why="not measured yet"), timing)
    proxy = ProxySettings(edge=_EDGE, control=f"{HERE}:{stage.control}", token=SecretStr(stage.token))
    client = ProxyClient(proxy, timeout_s=2.0)
    async with Watcher(draft, HttpAsker(), SystemClock()):
        await asyncio.sleep(0.5)
        before, began = await client.fetch_state(), time.monotonic()
        await asyncio.sleep(_MEASURE_S)
        after, took = await client.fetch_state(), time.monotonic() - began
    calls = max(1, after["calls"] - before["calls"])
    latency_ms = (after["call_seconds"] - before["call_seconds"]) / calls * 1000
    facts = await fetch_facts(stage.checkouts[design])
    call = Call(
        "checkout",
        "payment",
        rate_rps=calls / took,
        latency_ms=latency_ms,
        is_code_read=True,
        timeout_ms=facts["timeout_ms"],
        retries=facts["retries"],
        pool_max=facts["pool_max"],
        on_error=OnError(facts["on_error"]),
    )
    return Scene(call, make_experiment(stage, design, predict_call(call, ADDED_MS), timing))


def make_experiment(stage: PoolStage, design: str, prediction: Prediction, timing: Timing) -> Experiment:
    """Return the rehearsal of one design: payment answers two seconds late, and half of the answers are errors."""
    return Experiment(
        id=new_id("exp", SystemClock().now()),
        title=f"payment is slow and fails, with checkout in the design {design}",
        created_at=SystemClock().now(),
        target=FaultTarget(
            system="faultproxy", service="checkout", callee="payment", address=f"{HERE}:{stage.control}"
        ),
        fault=FaultSpec(kind=FaultKind.LATENCY, latency_ms=ADDED_MS, status=500, failing_percent=FAILING_PERCENT),
        duration=timing.duration,
        baseline=timing.baseline,
        recovery=timing.recovery,
        checks=(
            SteadyCheck(
                journey="pay", url=stage.find_url(design, "/pay"), max_p95_ms=500, rate_rps=PAY_RPS, timeout_s=3,
                is_hit=True,
            ),
            SteadyCheck(
                journey="refund", url=stage.find_url(design, "/refund"), max_p95_ms=300, rate_rps=REFUND_RPS,
                timeout_s=3,
            ),
            SteadyCheck(
                journey="payment itself", url=f"http://{HERE}:{stage.payment}/charge", max_p95_ms=300,
                rate_rps=CONTROL_RPS, timeout_s=3, is_control=True,
            ),
        ),
        probe_url=f"http://{HERE}:{stage.proxy}/charge",
        prediction=prediction,
        blast_radius="the calls of one checkout process to payment, on this machine",
    )  # fmt: skip


async def play(
    stage: PoolStage,
    scene: Scene,
    *,
    on_phase: Callable[[Phase], None],
    on_sample: Callable[[Sample], None],
) -> ExperimentResult:
    """Run one scene to its verdict."""

    async def tell_phase(phase: Phase) -> None:
        on_phase(phase)

    async def tell_sample(sample: Sample) -> None:
        on_sample(sample)

    async def go_on() -> str:
        return ""

    return await rehearse(
        scene.experiment,
        build_injector(stage),
        clock=SystemClock(),
        http=HttpAsker(),
        stop=go_on,
        on_phase=tell_phase,
        on_sample=tell_sample,
    )
