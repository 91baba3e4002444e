from tests.unit.rules.timeline.trail_scene import at, curve, trail

from fermata.rules.timeline.curves import find_shift
from fermata.rules.timeline.milestones import find_key_times
from fermata.rules.timeline.talk import hear

SHIFT = find_shift(curve([1.0] * 20 + [50.0] * 10))


def find(*lines, shifts=()):
    """Return clock and citation of each key time."""
    scene = trail(*lines)
    found = find_key_times(scene, [item for item in hear(scene.messages) if item.reading.clauses], list(shifts))
    return {name: (time.at, time.citation) for name, time in found.items()}


def test_whole_incident_has_all_five():
    """Detected may precede declared, and the metric tells the start."""
    found = find(
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:30", "ana", "declaring a sev1"),
        ("12:50", "ana", "errors are back to baseline"),
        ("13:10", "ana", "incident resolved"),
        shifts=[SHIFT],
    )

    assert found == {
        "started": (at("12:20"), "M1"),
        "detected": (at("12:22"), "m1"),
        "declared": (at("12:30"), "m2"),
        "mitigated": (at("12:50"), "m3"),
        "resolved": (at("13:10"), "m4"),
    }


def test_exact_word_on_the_start_wins_over_the_metric():
    """Who names the minute has looked."""
    found = find(("12:40", "ana", "errors and timeouts started at 14:18 our time"), shifts=[SHIFT])

    assert found["started"] == (at("12:18"), "m1")


def test_rough_word_on_the_start_gives_way_to_a_metric_that_agrees():
    """About ten past means the metric's minute, when that is near."""
    near = ("12:40", "ana", "errors and timeouts began around 14:15 our time")
    far = ("12:40", "ana", "errors and timeouts began around 13:00 our time")

    assert find(near, shifts=[SHIFT])["started"] == (at("12:20"), "M1")
    assert find(far, shifts=[SHIFT])["started"] == (at("11:00"), "m1")


def test_metric_far_from_the_first_sign_is_not_its_start():
    """A move of another day is another story; then the first sign is all there is."""
    found = find(("16:00", "ana", "checkout fails with errors and timeouts"), shifts=[SHIFT])

    assert found["started"] == (at("16:00"), "m1")


def test_nothing_told_gives_nothing():
    """No key time is invented; a metric alone tells a start."""
    assert find(("12:00", "ana", "rolled back checkout")) == {}
    assert find(("12:00", "ana", "rolled back checkout"), shifts=[SHIFT]) == {"started": (at("12:20"), "M1")}


def test_declaration_may_be_the_first_sign():
    """Where nothing precedes it, the declaration is the detection; what was done is no start."""
    found = find(
        ("12:30", "ana", "declaring a sev1"),
        ("12:31", "ana", "restarted checkout pods since 12:20 UTC"),
    )

    assert found["detected"] == found["declared"] == found["started"] == (at("12:30"), "m1")


def test_end_that_did_not_hold_is_replaced_by_the_one_that_did():
    """Spoke too soon undoes an end; a monitor alone does not mitigate."""
    found = find(
        ("12:10", "ana", "errors are back to baseline"),
        ("12:20", "ana", "spoke too soon, errors are climbing again"),
        ("12:50", "ana", "logins working again since 14:48 our time"),
        ("13:00", "pager", "Incident INC-4 resolved by ana"),
    )

    assert found["mitigated"] == (at("12:48"), "m3")
    assert found["resolved"] == (at("13:00"), "m4")


def test_resolution_alone_is_also_the_mitigation():
    """Where nothing else is told, users stopped hurting no later than the end."""
    found = find(("12:50", "ana", "incident resolved"))

    assert found["mitigated"] == found["resolved"]
