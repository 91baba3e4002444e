"""What is measured no more while the recording goes on."""

from fermata.rules.metrics.series import Series
from fermata.rules.metrics.stopped import list_stopped
from fermata.rules.metrics.words import describe_stop


def _series(name, known, missing=(), step=10):
    service, _, metric = name.partition(":")
    points = [(step * place, 1.0) for place in known] + [(step * place, None) for place in missing]
    return Series.from_points(service, metric, points)


def test_series_that_ends_before_the_recording_stopped():
    """Absent, or no number: both say that nobody hears from it."""
    series = [
        _series("web:requests", range(40)),
        _series("pay:requests", range(30)),
        _series("db:p99", range(20), range(20, 40)),
    ]

    db, pay = list_stopped(series)

    assert (db.node, db.since, pay.node, pay.since, pay.measured) == ("db", 190, "pay", 290, 30)
    assert describe_stop(pay) == "requests has no number since, after 30; the recording goes on"


def test_what_goes_on_did_not_stop():
    """A pod that takes over, the recording's own end, a scrape that failed, and series of another step."""
    series = [
        _series("web:requests", range(40)),
        _series("web:requests", range(20)),
        _series("cart:requests", range(38)),
        _series("disk:free", range(7), step=60),
    ]

    assert list_stopped(series) == ()
    assert list_stopped([_series("web:requests", range(20)), _series("pay:requests", range(20))]) == ()


def test_what_is_seldom_measured_has_no_habit_to_leave():
    """A job that runs now and then, failures that come and go, and what was measured a few times."""
    series = [
        _series("web:requests", range(200)),
        _series("job:runs", [*range(5), *range(40, 45)]),
        _series("pay:errors", range(4)),
        _series("none:errors", ()),
    ]

    assert list_stopped(series) == ()
    assert list_stopped([]) == ()


def test_pods_that_a_release_replaces_did_not_stop():
    """Where only pods have names, a Deployment's come and go; a StatefulSet's pod is missed by its own."""
    series = [
        _series("pay-7c9d8b6f54-2xk9q:cpu", range(20)),
        _series("pay-6b5f4d7c88-x2x7v:cpu", range(18, 40)),
        _series("db-0:cpu", range(40)),
        _series("db-1:cpu", range(20)),
    ]

    (stop,) = list_stopped(series)

    assert stop.node == "db-1"
