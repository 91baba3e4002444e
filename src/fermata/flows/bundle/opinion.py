"""A model's opinion on what signatures made of a bundle or of a look at live systems: for a person who waits for it."""

from __future__ import annotations

from dataclasses import replace

from fermata.flows.analyse import Analyst, GatherMore
from fermata.flows.bundle.diagnose import Diagnosed


async def add_opinion(
    diagnosed: Diagnosed, analyst: Analyst | None, gather_more: GatherMore | None = None
) -> Diagnosed:
    """Return both diagnoses as one; what came in when there is nobody to ask, or nothing to ask about.

    It is charged to the day and the month: a bundle is no incident.

    Args:
        gather_more: Asks live systems for what a model wants to see; `None` shows it what the bundle holds.
    """
    if analyst is None or not analyst.wants(diagnosed.case, diagnosed.diagnosis, asked_for=True):
        return diagnosed
    opinion = await analyst.ask(diagnosed.case, diagnosed.diagnosis, gather_more)
    return replace(diagnosed, case=opinion.case, diagnosis=opinion.diagnosis)
