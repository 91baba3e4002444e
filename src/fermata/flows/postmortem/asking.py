"""Every system that can tell of an incident's time, asked at once under one deadline; what is missing is said."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from fermata.flows.boundary import contain
from fermata.flows.context import FlowContext
from fermata.kit.units import format_duration
from fermata.ports.trail import TrailPart, TrailScope, TrailSource

DEADLINE = timedelta(seconds=60)
"""For all of them together. A chat that lets its history be read once a minute gives one page in it, and a gap."""


async def ask_trails(
    context: FlowContext, scopes: Mapping[str, TrailScope], deadline: timedelta = DEADLINE
) -> Mapping[str, TrailPart]:
    """Return what each system tells; one that is late, or fails, tells of a gap.

    Args:
        scopes: By the system's name.
    """
    asked = {source.name: source for source in context.trails if source.name in scopes}
    tasks = {name: asyncio.create_task(_ask(context, source, scopes[name])) for name, source in asked.items()}
    try:
        if tasks:
            await asyncio.wait(tasks.values(), timeout=deadline.total_seconds())
    finally:
        # Also when whoever asked went away: nothing may go on asking outside systems.
        for task in tasks.values():
            task.cancel()
    late = TrailPart(gaps=(f"no answer within {format_duration(deadline)}",))
    parts = {name: task.result() if task.done() and not task.cancelled() else late for name, task in tasks.items()}
    return {name: _name_gaps(name, part) for name, part in parts.items()}


def _name_gaps(name: str, part: TrailPart) -> TrailPart:
    gaps = tuple(gap if gap.startswith(name) else f"{name}: {gap}" for gap in part.gaps)
    return replace(part, gaps=gaps)


async def _ask(context: FlowContext, source: TrailSource, scope: TrailScope) -> TrailPart:
    # On the house's own loop: a chat's connection belongs to it.
    told = await contain(f"trail of {source.name}", lambda: context.home.run(lambda: source.read_trail(scope)))
    return told.value if told.value is not None else TrailPart(gaps=(told.advice,))
