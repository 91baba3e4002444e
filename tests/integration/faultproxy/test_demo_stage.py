"""The stage's processes come up, say what they are, and are gone afterwards."""

import asyncio
import os

import pytest

from fermata.cli.pool_demo import stage as stage_module
from fermata.cli.pool_demo.run import Timing, build_injector, make_experiment
from fermata.cli.pool_demo.stage import fetch_facts, open_stage
from fermata.domain.experiment import Prediction
from fermata.kit.errors import OperationalError


async def test_stage_is_a_sandbox_for_its_one_edge():
    """By the same rules that every rehearsal is judged by."""
    async with open_stage() as stage:
        facts = await fetch_facts(stage.checkouts["timeout"])
        prediction = Prediction(expected="unknown", why="not measured")
        experiment = make_experiment(stage, "naive", prediction, Timing())
        findings = await build_injector(stage).check_sandbox(experiment)

    assert facts["timeout_ms"] == 300
    assert findings
    assert [finding for finding in findings if not finding.ok] == []
    with pytest.raises(OperationalError, match="does not answer"):
        await fetch_facts(stage.checkouts["timeout"])


async def test_service_that_ends_at_once_is_said(monkeypatch):
    """And what was started before it is ended."""
    started = []
    original = asyncio.create_subprocess_exec

    async def start(program, module, name, role, *rest, **options):
        process = await original(program, module, name, "nothing" if role == "naive" else role, *rest, **options)
        started.append(process)
        return process

    monkeypatch.setattr(stage_module.asyncio, "create_subprocess_exec", start)

    with pytest.raises(OperationalError, match="naive did not come up"):
        async with open_stage():
            pytest.fail("it came up")

    assert all(process.returncode is not None for process in started)
    for process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)
