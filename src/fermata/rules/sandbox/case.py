"""What every condition of a sandbox is asked about, and how it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import RunLimits, SandboxFacts, SandboxFinding


@dataclass(frozen=True, slots=True)
class Case:
    """One experiment, what was seen of the place it is for, and how far it may go."""

    experiment: Experiment
    facts: SandboxFacts
    limits: RunLimits

    def say_unread(self, field: str) -> str:
        """Return why a field could not be read, as the end of a sentence."""
        return self.facts.unread.get(field) or f"{self.facts.system} did not say"


Condition = Callable[[Case], SandboxFinding]
"""Judges one condition. What could not be read is not met."""


def meet(name: str, text: str) -> SandboxFinding:
    """Return a condition that is met."""
    return SandboxFinding(name=name, ok=True, text=text)


def refuse(name: str, text: str, proposal: str = "") -> SandboxFinding:
    """Return a condition that is not met: what is missing, and what to do."""
    return SandboxFinding(name=name, ok=False, text=text, proposal=proposal)
