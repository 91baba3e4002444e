"""One experiment at a time: with two, nobody can say which of them did it."""

from __future__ import annotations

from fermata.domain.sandbox import SandboxFinding
from fermata.rules.sandbox.case import Case, meet, refuse


def check_running(case: Case) -> SandboxFinding:
    """No other fault is there, ours or anybody's."""
    running = case.facts.running
    if running is None:
        return refuse("running", f"Whether another fault is active could not be read: {case.say_unread('running')}")
    for fault in running:
        if fault.is_stuck:
            return refuse("running", f"{fault.kind} {fault.name} was told to end and has not: free it first")
        if fault.experiment_id != case.experiment.id:
            whose = f"of {fault.experiment_id}" if fault.experiment_id else "of somebody else"
            return refuse("running", f"{fault.kind} {fault.name} {whose} is active: one experiment at a time")
    return meet("running", "No other fault is active")
