"""Whether the place is a sandbox, the experiment is small enough, and a person has said yes to exactly it. Pure.

Default deny, in both directions: a condition that is not met refuses, and so does one that could not be looked at.
Asked when an experiment is proposed, again when it starts, and once more by its injector right before the fault.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.experiment import Experiment
from fermata.domain.sandbox import RunLimits, SandboxFacts, SandboxFinding
from fermata.kit.errors import GuardRefused
from fermata.rules.sandbox.case import Case, Condition, meet, refuse
from fermata.rules.sandbox.documents import check_document
from fermata.rules.sandbox.namespaces import (
    check_filter,
    check_label,
    check_namespace,
    check_network_policy,
    check_quota,
)
from fermata.rules.sandbox.production import check_production
from fermata.rules.sandbox.proxies import check_place, check_proxy, check_target
from fermata.rules.sandbox.replicas import (
    check_blast_radius,
    check_budget,
    check_callee,
    check_host_network,
    check_ready,
    check_selector,
)
from fermata.rules.sandbox.running import check_running
from fermata.rules.sandbox.shape import LEASING, SHAPE

_EVERYWHERE: tuple[Condition, ...] = (*SHAPE, check_production, check_running)
_PROXY: tuple[Condition, ...] = (check_target, check_place, check_proxy)
_CLUSTER: tuple[Condition, ...] = (
    check_namespace,
    check_label,
    check_quota,
    check_network_policy,
    check_filter,
    check_selector,
    check_callee,
    check_host_network,
    check_blast_radius,
    check_budget,
    check_ready,
    check_document,
)


_PASSING = frozenset({"halt", "free", "running", "kill_switch", "one_experiment", "open_incident"})
"""Conditions that say nothing of the place: something else goes on there, or everything is halted."""
_ALLOWED = frozenset({"policy"})
"""Conditions that say who may do what, wherever it is."""
_OWN = frozenset({"duration", "lease", "steady_state", "abort", "prediction"})
"""Conditions of the experiment itself: its place may be a sandbox all the same."""
_MOST_TOLD = 3
"""Conditions told whole in one sentence; the others are named, and were listed before."""


def judge_sandbox(facts: SandboxFacts, experiment: Experiment, limits: RunLimits) -> tuple[SandboxFinding, ...]:
    """Return each condition, met or not, in the order a reader asks them. A system nobody knows is judged as a cluster.

    Args:
        facts: Of this very moment; those of another system than the experiment's are refused.
    """
    case = Case(experiment, facts, limits)
    kind = _PROXY if experiment.target.system in LEASING else _CLUSTER
    conditions = (_check_system, *kind, *_EVERYWHERE)
    return tuple(condition(case) for condition in conditions)


def _check_system(case: Case) -> SandboxFinding:
    asked, seen = case.experiment.target.system, case.facts.system
    if asked != seen:
        return refuse("system", f"The experiment is for {asked}, and what was looked at is of {seen}")
    return meet("system", f"{asked} at {case.facts.place}" if case.facts.place else asked)


def refuse_outside_sandbox(findings: Sequence[SandboxFinding]) -> None:
    """Do nothing, or refuse an experiment by what is not met. No finding at all is no sandbox either.

    Raises:
        GuardRefused: Rule `sandbox`; its facts name the conditions.
    """
    unmet = [finding for finding in findings if not finding.ok]
    if findings and not unmet:
        return
    told: list[str] = []
    for number, finding in enumerate(unmet[:_MOST_TOLD]):
        # Several conditions may fail by one and the same reason, which is told once.
        known = next((first.text for first in unmet[:number] if first.text in finding.text), "")
        told.append(f"{finding.name}: {finding.text.replace(known, 'the same') if known else finding.text}")
    if rest := ", ".join(finding.name for finding in unmet[_MOST_TOLD:]):
        told.append(f"and {rest}")
    why = "; ".join(told) or "nothing was looked at"
    names = {finding.name for finding in unmet}
    if unmet and names <= _PASSING:
        lead, do = "It cannot begin now", "Wait until that is over, or end it, and propose it again"
    elif unmet and names <= _PASSING | _ALLOWED:
        lead, do = "It is not allowed", "Mend what is named, and propose it again"
    elif unmet and names <= _PASSING | _ALLOWED | _OWN:
        lead, do = "It cannot be rehearsed like this", "Mend what is named, and propose it again"
    else:
        lead, do = "This is no sandbox", "Mend what is named, and propose it again"
    raise GuardRefused(
        "sandbox",
        "Nothing was injected",
        why=f"{lead}. {why}",
        do=do,
        unmet=tuple(finding.name for finding in unmet),
    )
