"""The rules an injector asks before it creates anything.

An injector gathers facts and decides nothing: whether they make a sandbox, and how a fault is written, are rules. They
reach it as a `FaultRules`, because a system's folder leans on ports alone. Without rules nothing is injected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import SandboxFacts, SandboxFinding


class FaultRules(Protocol):
    """The rules an injector leans on. Pure; `flows` hands them in."""

    def write(self, experiment: Experiment) -> Mapping[str, Any]:
        """Return the object or request that carries the experiment's fault, in its target's system: JSON types.

        Raises:
            UserError: The system cannot do this fault, or the target is not specific enough.
        """
        ...

    def check(self, document: Mapping[str, Any], definition: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return what is wrong with a document, in words; empty when nothing is.

        Args:
            definition: The custom resource's definition as the cluster serves it; `None` where a system has none.
        """
        ...

    def judge(self, facts: SandboxFacts, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Return each condition of a sandbox, met or not. What could not be read is not met."""
        ...
