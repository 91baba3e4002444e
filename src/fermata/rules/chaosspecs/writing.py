"""One experiment, written for the system of its target, in the form that is asked for."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from fermata.domain.experiment import Experiment
from fermata.kit.errors import UserError
from fermata.rules.chaosspecs.gremlin import write_attack
from fermata.rules.chaosspecs.mesh_flow import write_schedule, write_workflow
from fermata.rules.chaosspecs.mesh_write import write_object
from fermata.rules.chaosspecs.proxy import write_begin
from fermata.rules.chaosspecs.toolkit import write_toolkit

SYSTEMS = ("chaosmesh", "gremlin", "chaostoolkit", "faultproxy")


class Form(StrEnum):
    """What is written around the fault. All but Chaos Mesh know `fault` alone."""

    FAULT = "fault"
    WORKFLOW = "workflow"
    """A baseline, checks that end the fault from within the cluster, and the fault."""
    SCHEDULE = "schedule"
    """The fault, again and again."""


def write_spec(experiment: Experiment, form: Form = Form.FAULT, *, cron: str = "") -> dict[str, Any]:
    """Return the document that carries the experiment's fault: JSON types.

    Args:
        form: For Chaos Mesh; others know only the fault.
        cron: The times of a schedule.

    Raises:
        UserError: The system is not known, cannot do this fault or this form, or the target is not specific enough.
    """
    system = experiment.target.system
    if form is not Form.FAULT and system != "chaosmesh":
        raise UserError(f"{system} has no {form.value}", do="Leave the form out, or use the system chaosmesh")
    match system, form:
        case "chaosmesh", Form.WORKFLOW:
            return write_workflow(experiment)
        case "chaosmesh", Form.SCHEDULE:
            return write_schedule(experiment, cron)
        case "chaosmesh", _:
            return write_object(experiment)
        case "gremlin", _:
            return write_attack(experiment)
        case "chaostoolkit", _:
            return write_toolkit(experiment)
        case "faultproxy", _:
            return write_begin(experiment)
    raise UserError(
        f"Nothing can be written for {system!r}",
        why=f"Known are {', '.join(SYSTEMS)}",
        do="Correct the target's system",
    )
