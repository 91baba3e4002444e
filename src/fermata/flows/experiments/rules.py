"""The rules as injectors are handed them: writing a fault, checking what was written, judging the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import RunLimits, SandboxFacts, SandboxFinding
from fermata.rules.sandbox import judge_sandbox


class SandboxRules:
    """`ports.sandbox.FaultRules` under the limits of the settings.

    Most commands only look at what is there: the forms of four systems are imported when one is written.
    """

    def __init__(self, limits: RunLimits) -> None:
        self._limits = limits

    def write(self, experiment: Experiment) -> Mapping[str, Any]:
        """Return the object or request that carries the experiment's fault.

        Raises:
            UserError: The system cannot do this fault, or the target is not specific enough.
        """
        from fermata.rules.chaosspecs import write_spec

        return write_spec(experiment)

    def check(self, document: Mapping[str, Any], definition: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return what our rules, and the definition of the cluster, have against a document."""
        from fermata.rules.chaosspecs import SpecLimits, validate_against_crd, validate_spec

        limits = SpecLimits(longest=self._limits.longest, max_percent=int(self._limits.max_percent))
        own = validate_spec(document, limits)
        return (*own, *(validate_against_crd(document, definition) if definition is not None else ()))

    def judge(self, facts: SandboxFacts, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Return each condition of a sandbox, met or not."""
        return judge_sandbox(facts, experiment, self._limits)
