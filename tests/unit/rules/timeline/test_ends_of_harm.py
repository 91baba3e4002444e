"""Key times that people sum up, and those that no bot of another kind tells."""

from tests.unit.rules.timeline.trail_scene import at, trail

from fermata.rules.timeline.guesses import list_relapses
from fermata.rules.timeline.milestones import find_key_times
from fermata.rules.timeline.talk import hear


def find(*lines):
    """Return clock and citation of each key time."""
    scene = trail(*lines)
    told = [item for item in hear(scene.messages) if item.reading.clauses]
    found = find_key_times(scene, told, [], list_relapses(told))
    return {name: (time.at, time.citation) for name, time in found.items()}


def test_who_says_until_when_users_were_hurt_goes_before_good_news():
    """A span that somebody looked up is no guess; one that did not hold, or ends after the end, is none."""
    lines = (
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:40", "pager", "[RESOLVED] CheckoutHigh5xx"),
        ("12:55", "ana", "customers fine as of 14:35"),
        ("13:10", "ana", "incident resolved"),
    )

    assert find(*lines)["mitigated"] == (at("12:35"), "m3")
    assert find(*lines)["resolved"] == (at("13:10"), "m4")
    assert find(*lines[:3])["mitigated"] == (at("12:35"), "m3")
    assert "resolved" not in find(*lines[:3])
    assert find(*lines[:2], ("12:55", "ana", "customers fine as of 14:15"), lines[3])["mitigated"][1] == "m2"


def test_end_of_harm_that_did_not_hold_is_none():
    """Who says since when users are well, and is told within the hour that they are not, was wrong."""
    found = find(
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:40", "ana", "customers fine as of 14:35"),
        ("12:45", "bob", "errors are climbing again, spoke too soon"),
        ("13:10", "ana", "incident resolved"),
    )

    assert found["mitigated"][1] == "m4"


def test_bot_of_levels_ends_nothing():
    """What is no monitor is in no key time."""
    found = find(
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:24", "ana", "checkout fails with errors"),
        ("12:40", "deploybot", "Level up! dax reached level 12"),
    )

    assert "mitigated" not in found


def test_sign_of_hours_before_the_start_detected_another_matter():
    """Who names the minute of the start says with that what came before it."""
    disk = ("08:00", "pager", "[FIRING] KafkaDiskFull kafka-1")
    found = find(
        disk,
        ("08:10", "ana", "kafka disk is full, errors"),
        ("12:22", "pager", "[FIRING] LedgerLagHigh"),
        ("12:30", "ana", "ledger errors started at 14:20 our time"),
    )

    assert found["started"] == (at("12:20"), "m4")
    assert found["detected"] == (at("12:22"), "m3")
    assert find(disk, ("12:30", "ana", "ledger errors started at 14:20 our time"))["detected"][1] == "m2"


def test_minute_of_the_start_ends_nothing():
    """Rates that moved since then may sound like relief, and say when it began."""
    found = find(
        ("12:19", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:30", "ana", "dashboard is ugly, 5xx on charges went from nothing to ~20% since 14:20"),
    )

    assert found["started"] == (at("12:20"), "m2")
    assert "mitigated" not in found


def test_what_only_sounds_good_before_it_is_called_an_incident_ends_nothing():
    """Who says in so many words that it is better, and a monitor, may say so at any time."""
    lines = (
        ("12:20", "ana", "checkout fails with errors"),
        ("12:24", "bob", "unrelated deploy reduces the timeout from 1s to 300ms, normal load"),
        ("12:40", "ana", "declaring a sev1"),
        ("12:50", "bob", "queue depth 3, normal load"),
    )

    assert find(*lines)["mitigated"][1] == "m4"
    assert find(*lines[:2])["mitigated"][1] == "m2"
    assert "mitigated" not in find(*lines[:3])


def test_monitor_that_clears_after_the_end_tells_no_later_mitigation():
    """Who is told that it is over hurts no more: what is sure before the end counts, else the end itself."""
    lines = (
        ("12:20", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:22", "ana", "checkout fails for customers"),
        ("12:45", "ana", "ok now resolved for real"),
        ("12:49", "pager", "[RESOLVED] CheckoutHigh5xx"),
    )
    early = ("12:40", "bob", "checkout errors dropped back to baseline")

    assert find(*lines)["mitigated"] == find(*lines)["resolved"] == (at("12:45"), "m3")
    assert find(*lines[:2], early, *lines[2:])["mitigated"] == (at("12:40"), "m3")


def test_who_calls_it_mitigated_dates_it_in_the_same_breath():
    """The minute from which users are well is the one, not that in which somebody says so."""
    lines = (
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:55", "ana", "customers can connect again as of 14:35. mitigated"),
        ("13:10", "ana", "incident resolved"),
    )

    assert find(*lines)["mitigated"] == (at("12:35"), "m2")
    assert find(lines[0], ("12:55", "ana", "mitigated"), lines[2])["mitigated"] == (at("12:55"), "m2")
