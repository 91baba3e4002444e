"""Which fault an experiment's title and prediction were written for: a file may be edited, and not all of it."""

from __future__ import annotations

import re
from typing import Final

from fermata.domain.experiment import Expected, Experiment, FaultKind, FaultSpec, FaultTarget, Prediction

PLANNED: Final = "planned_fault"
"""Among a prediction's numbers: the fault that was predicted, as `write_fault` writes it."""
_TITLE = re.compile(rf"({'|'.join(FaultKind)}) at (\S+)")
"""As `from_plan` makes one."""


def write_fault(fault: FaultSpec, target: FaultTarget) -> str:
    """Return a fault with its sizes and its place: `latency (latency_ms 1200.0, percent 100.0) at front->ledger`."""
    sizes = fault.model_dump(mode="json", exclude_none=True, exclude={"kind"})
    told = ", ".join(f"{name} {value}" for name, value in sorted(sizes.items()))
    return f"{fault.kind.value} ({told}) at {target.place}"


def tell_other_plan(experiment: Experiment) -> str:
    """Return the fault that title or prediction were written for, where it is another one; else nothing."""
    planned = str(experiment.prediction.numbers.get(PLANNED, ""))
    if planned and planned != write_fault(experiment.fault, experiment.target):
        return planned
    return experiment.title if _is_of_another(experiment) else ""


def correct(experiment: Experiment) -> Experiment:
    """Return an experiment whose title is of its own fault, and that predicts nothing computed for another."""
    other = tell_other_plan(experiment)
    if not other:
        return experiment
    own = f"{experiment.fault.kind.value} at {experiment.target.place}"
    why = f"nothing is predicted: what was planned is {other}"
    changes = {
        "title": own if _TITLE.fullmatch(experiment.title) else experiment.title,
        "prediction": Prediction(expected=Expected.UNKNOWN, why=why),
    }
    return experiment.model_copy(update=changes)


def _is_of_another(experiment: Experiment) -> bool:
    """Answer whether a title that a plan gave names another kind of fault or another place.

    A fault that a cluster injects where calls arrive is called by the call all the same.
    """
    named = _TITLE.fullmatch(experiment.title)
    if named is None:
        return False
    kind, place = named.groups()
    target = experiment.target
    is_there = place == target.place or (not target.callee and place.endswith(f"->{target.service}"))
    return kind != experiment.fault.kind.value or not is_there
