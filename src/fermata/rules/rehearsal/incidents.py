"""Which incident speaks against a rehearsal: none begins beside one, and one that begins beside it ends it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from fermata.domain.alert import Alert, AlertStatus, Severity
from fermata.domain.experiment import Experiment
from fermata.domain.incident import Incident, IncidentState
from fermata.domain.record import Instant
from fermata.rules.alert_keys import name_workload

_FORGOTTEN = timedelta(days=1)
"""After which nobody handles what has not changed: the ends of some alerts are never told."""


def find_hindering(
    incidents: Iterable[tuple[Incident, Sequence[Alert]]],
    experiment: Experiment,
    now: Instant,
    fault_since: Instant | None = None,
) -> Incident | None:
    """Return the first incident that no rehearsal goes on beside, or `None`.

    Any is in the way of one that has not begun: whoever handles it must not look for two causes. Under the fault it is
    one that began before the fault, or that is about anything which the fault is not expected to hit: that is either
    harm beyond what was approved, or trouble of its own. None is what says of itself that it
    is for information, nor what has waited for a person for a day.

    Args:
        incidents: Those that are not over, with their alerts: one that fires again began when it did so.
        fault_since: When the fault began; `None`: it has not.
    """
    target = experiment.target
    expected = {target.service, target.callee, *(check.journey for check in experiment.checks if check.is_hit)}
    for incident, alerts in incidents:
        firing = [alert.starts_at for alert in alerts if alert.status is AlertStatus.FIRING]
        is_own = (
            fault_since is not None
            and min(firing, default=incident.started_at) >= fault_since
            and {name_workload(entity.name) for entity in incident.entities} <= expected
        )
        is_left = incident.state is IncidentState.NEEDS_PERSON and incident.updated_at <= now - _FORGOTTEN
        if incident.severity is not Severity.INFO and not is_own and not is_left:
            return incident
    return None
