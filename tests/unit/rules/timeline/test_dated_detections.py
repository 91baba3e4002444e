from tests.unit.rules.timeline.test_milestones import find
from tests.unit.rules.timeline.trail_scene import at


def test_incident_after_another_one_is_seen_by_its_own_alert():
    """What was seen and ended in the same channel in the morning was no sign of it."""
    found = find(
        ("12:06", "pager", "[FIRING] VectorLag logging"),
        ("12:10", "luc", "vector logs are late, timeouts"),
        ("12:30", "luc", "vector logs have caught up, vector incident resolved"),
        ("14:06", "pager", "[FIRING] Http5xx web"),
        ("14:09", "ana", "web errors at 14%, logins fail"),
        ("14:12", "ana", "incident: web logins broken, errors"),
        ("14:40", "ana", "errors are back to baseline"),
    )

    assert found["detected"] == (at("14:06"), "m4")
    assert found["declared"] == (at("14:12"), "m6")


def test_alert_that_somebody_dates_is_the_detection():
    """The room was opened for it, and heard of it afterwards."""
    found = find(
        ("12:52", "ana", "declaring a sev1"),
        ("12:53", "ana", "pager went off at 12:47 for search errors"),
        ("12:58", "bob", "search errors at 30%, timeouts"),
        ("13:20", "bob", "errors are back to baseline"),
    )

    assert found["detected"] == (at("12:47"), "m2")
