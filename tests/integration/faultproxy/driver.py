"""A runner as a process: it rehearses through a real proxy, and prints each phase. It may be killed at any moment."""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from fermata.domain.experiment import (
    Expected,
    Experiment,
    FaultKind,
    FaultSpec,
    FaultTarget,
    Prediction,
    SteadyCheck,
)
from fermata.flows.rehearsal.asking import HttpAsker
from fermata.flows.rehearse import rehearse
from fermata.integrations.faultproxy.faults import FaultProxyInjector
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings
from fermata.kit.clock import SystemClock


class Allowing:
    """Rules that allow everything."""

    def write(self, experiment):
        return {}

    def check(self, document, definition=None):
        return ()

    def judge(self, facts, experiment):
        return ()


async def run(options):
    """Hold the calls through the proxy for half a second each, until told to stop."""
    proxy = ProxySettings(edge="checkout->payment", control=options["control"], token=SecretStr(options["token"]))
    experiment = Experiment(
        id="exp-1",
        title="payment answers late",
        created_at=SystemClock().now(),
        target=FaultTarget(system="faultproxy", service="checkout", callee="payment"),
        fault=FaultSpec(kind=FaultKind.LATENCY, latency_ms=500),
        duration=timedelta(minutes=5),
        baseline=timedelta(seconds=1.5),
        recovery=timedelta(0),
        lease=timedelta(seconds=1),
        checks=(
            # A busy machine is no reason to inject nothing: here it is the end of the fault that is looked at.
            SteadyCheck(journey="pay", url=options["url"], max_p95_ms=5000, rate_rps=20, is_hit=True),
        ),
        prediction=Prediction(expected=Expected.UNKNOWN, why="not asked"),
        blast_radius="one process",
    )

    async def stop():
        return "the file is there" if Path(options["stop"]).exists() else ""  # noqa: ASYNC240 - one stat of a local file

    async def tell(news):
        sys.stdout.write(f"{news!s}\n")
        sys.stdout.flush()

    result = await rehearse(
        experiment,
        FaultProxyInjector(FaultProxySettings(proxies=(proxy,)), Allowing()),
        clock=SystemClock(),
        http=HttpAsker(),
        stop=stop,
        on_phase=tell,
        on_sample=ignore,
    )
    sys.stdout.write(f"{result.verdict.value}: {result.aborted}\n")


async def ignore(news):
    """Take a sample and do nothing with it."""


if __name__ == "__main__":
    asyncio.run(run(json.loads(sys.argv[1])))
