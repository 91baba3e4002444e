"""An experiment as a Chaos Mesh Workflow, which watches and ends itself, or as a Schedule, which comes again.

A workflow looks at the steady state first, then injects while it goes on looking: a check that fails ends the fault
from within the cluster, though nobody is left outside. Every step has a deadline (chaos-mesh #3846: a step without one
never ends), and a parent's is as long as its children's together (#2115).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fermata.domain.experiment import Experiment, SteadyCheck
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs import mesh_models as mesh
from fermata.rules.chaosspecs.mesh_write import wrap, write_fault
from fermata.rules.chaosspecs.spans import write_span

_MARGIN = timedelta(seconds=10)
"""Until a child that was told to end is seen to have ended."""
_FAILURES = 2
"""In a row that end a fault: one lost packet is no breach."""
_HELD = 0.8
"""Share of a baseline's seconds that must be good in a row: an answer may take longer than a second."""
_STARTING_DEADLINE_S = 60
"""After which a missed start is not made up for: without one, more than 100 missed starts stop a schedule (#4470)."""


def write_workflow(experiment: Experiment) -> dict[str, Any]:
    """Return the Workflow. Its checks are asked from within the cluster.

    Raises:
        UserError: Chaos Mesh cannot do this fault, or the target is not specific enough.
    """
    kind, spec = write_fault(experiment)
    fault = mesh.Template(
        name="fault", template_type=kind, deadline=write_span(experiment.duration), **mesh.name_fault(kind, spec)
    )
    watched = experiment.duration + _MARGIN
    checks = list(enumerate(experiment.checks, 1))
    # One that is expected to feel the fault must not end it, unless nothing else is watched.
    watched_checks = [(number, check) for number, check in checks if not check.is_hit] or checks
    baselines = [_write_baseline(check, number, experiment.baseline) for number, check in checks]
    watches = [_write_watch(check, number, experiment.duration) for number, check in watched_checks]
    looked = experiment.baseline + 2 * _MARGIN
    children = ["baseline", "under-fault"]
    whole = looked + watched
    templates = [
        _group("rehearsal", "Serial", whole, children),
        _group("baseline", "Parallel", looked, [each.name for each in baselines]),
        _group("under-fault", "Parallel", watched, [*(each.name for each in watches), "fault"]),
        *baselines,
        *watches,
        fault,
    ]
    return wrap(experiment, "Workflow", mesh.WorkflowSpec(entry="rehearsal", templates=templates))


def write_schedule(experiment: Experiment, cron: str) -> dict[str, Any]:
    """Return the Schedule of the experiment's fault.

    Args:
        cron: Five fields, or six with seconds, or `@every 168h`; in the controller's time zone.

    Raises:
        UserError: As `write_workflow`.
    """
    if not cron.strip():
        raise UserError("A schedule needs its times", do="Give five cron fields, as `0 10 * * 2`")
    kind, spec = write_fault(experiment)
    timed = spec.model_copy(update={"duration": write_span(experiment.duration)})
    schedule = mesh.ScheduleSpec(
        schedule=cron.strip(),
        type=kind,
        concurrency_policy="Forbid",
        history_limit=1,
        starting_deadline_seconds=_STARTING_DEADLINE_S,
        **mesh.name_fault(kind, timed),
    )
    return wrap(experiment, "Schedule", schedule)


def _group(name: str, kind: Any, deadline: timedelta, children: list[str]) -> mesh.Template:
    return mesh.Template(name=name, template_type=kind, deadline=write_span(deadline), children=children)


def _write_baseline(check: SteadyCheck, number: int, span: timedelta) -> mesh.Template:
    """Write a look that must have held for most of its time.

    Its own duration ends it before its deadline does: what a deadline ends counts as done, and the fault would follow a
    baseline that nobody saw (`pkg/workflow/controllers/statuscheck_reconciler.go`).
    """
    status = mesh.StatusCheckSpec(
        mode="Synchronous",
        success_threshold=max(1, min(100, int(span.total_seconds() * _HELD))),
        duration=write_span(span),
        **_ask(check),
    )
    return _wrap_check(f"baseline-{number}", status, span + _MARGIN)


def _write_watch(check: SteadyCheck, number: int, span: timedelta) -> mesh.Template:
    """Write a look that goes on while the fault is there."""
    return _wrap_check(f"watch-{number}", mesh.StatusCheckSpec(mode="Continuous", **_ask(check)), span)


def _ask(check: SteadyCheck) -> dict[str, Any]:
    return {
        "type": "HTTP",
        "interval_seconds": 1,
        "timeout_seconds": max(1, min(60, round(check.max_p95_ms / 1000))),
        "failure_threshold": _FAILURES,
        "http": mesh.HttpCheck(url=check.url, criteria=mesh.Criteria(status_code="200-399")),
    }


def _wrap_check(name: str, status: mesh.StatusCheckSpec, deadline: timedelta) -> mesh.Template:
    return mesh.Template(
        name=name,
        template_type="StatusCheck",
        deadline=write_span(deadline),
        status_check=status,
        abort_with_status_check=True,
    )
