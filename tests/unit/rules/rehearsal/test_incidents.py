"""An incident and a rehearsal do not go together, but where the one is what the other was to bring about."""

from datetime import timedelta

import pytest

from fermata.domain.alert import AlertStatus, Severity
from fermata.domain.entity import Entity
from fermata.domain.experiment import FaultTarget, SteadyCheck
from fermata.domain.incident import IncidentState
from fermata.rules.rehearsal import find_hindering
from fermata.testing.experiments import make_experiment
from fermata.testing.records import NOON, make_alert, make_incident

EXPERIMENT = make_experiment(
    target=FaultTarget(system="faultproxy", service="checkout", callee="payment", address="127.0.0.1:8474"),
    checks=(
        SteadyCheck(journey="shop", url="http://127.0.0.1:1/shop", max_p95_ms=900, is_hit=True),
        SteadyCheck(journey="refund", url="http://127.0.0.1:1/refund", max_p95_ms=900),
    ),
)


def about(*names, **changes):
    """Give an incident about services."""
    incident = make_incident(entities=tuple(Entity(kind="service", name=name) for name in names), **changes)
    return incident, ()


def test_nothing_begins_beside_an_incident():
    """Whatever it is about: whoever handles it must not look for two causes."""
    incident = about("search")

    assert find_hindering([incident], EXPERIMENT, NOON) is incident[0]
    assert find_hindering([about("checkout")], EXPERIMENT, NOON) is not None
    assert find_hindering([], EXPERIMENT, NOON) is None


@pytest.mark.parametrize("name", ["checkout", "payment", "shop", "checkout-7c9d8b6f54-2xk9q"])
def test_alert_about_what_the_fault_hits_ends_nothing(name):
    """That it suffers is the question."""
    assert find_hindering([about(name)], EXPERIMENT, NOON, NOON) is None


@pytest.mark.parametrize(
    "incident",
    [about("search"), about("checkout", "search"), about("refund"), about("checkout", started_at=NOON - timedelta(1))],
)
def test_trouble_of_its_own_ends_the_fault(incident):
    """Elsewhere, elsewhere as well, at what must not suffer, or there before the fault was."""
    assert find_hindering([incident], EXPERIMENT, NOON, NOON) is incident[0]


def test_what_is_for_information_hinders_nothing():
    """Its source says that nobody has to do anything."""
    assert find_hindering([about("search", severity=Severity.INFO)], EXPERIMENT, NOON) is None


def test_what_nobody_has_touched_for_a_day_hinders_nothing():
    """The ends of some alerts are never told: they would keep every rehearsal from beginning for ever."""
    left = about("search", state=IncidentState.NEEDS_PERSON)
    day = timedelta(days=1)

    assert find_hindering([left], EXPERIMENT, NOON + day - timedelta(minutes=1)) is left[0]
    assert find_hindering([left], EXPERIMENT, NOON + day) is None
    assert find_hindering([about("search", state=IncidentState.HELD)], EXPERIMENT, NOON + day) is not None


def test_alert_that_fires_again_under_the_fault_began_then():
    """An incident that is opened again keeps the day it is from; what counts is what fires."""
    incident, _ = about("checkout", started_at=NOON - timedelta(hours=1))
    again = make_alert(starts_at=NOON)
    over = make_alert("Old", starts_at=NOON - timedelta(hours=1), status=AlertStatus.RESOLVED, ends_at=NOON)

    assert find_hindering([(incident, [again, over])], EXPERIMENT, NOON, NOON) is None
    assert find_hindering(
        [(incident, [again, make_alert("Old", starts_at=NOON - timedelta(1))])], EXPERIMENT, NOON, NOON
    )
