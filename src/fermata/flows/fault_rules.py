"""The house's rules as an injector is handed them: how a fault is written, what is wrong with it, what a sandbox is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import RunLimits, SandboxFacts, SandboxFinding
from fermata.rules.chaosspecs import SpecLimits, validate_against_crd, validate_spec, write_spec
from fermata.rules.sandbox import judge_sandbox


class HouseRules:
    """Fulfils `ports.sandbox.FaultRules` within the limits of the settings."""

    def __init__(self, limits: RunLimits) -> None:
        self._limits = limits
        self._spec_limits = SpecLimits(longest=limits.longest, max_percent=int(limits.max_percent))

    def write(self, experiment: Experiment) -> Mapping[str, Any]:
        """Return the document that carries the fault, in the target's system.

        Raises:
            UserError: The system cannot do this fault, or the target is not specific enough.
        """
        return write_spec(experiment)

    def check(self, document: Mapping[str, Any], definition: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return what our rules, and then the cluster's own definition, have against a document."""
        found = validate_spec(document, self._spec_limits)
        return found if definition is None else (*found, *validate_against_crd(document, definition))

    def judge(self, facts: SandboxFacts, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Return each condition of a sandbox, met or not."""
        return judge_sandbox(facts, experiment, self._limits)
