from tests.unit.rules.timeline.trail_scene import at, heard

from fermata.domain.trail import Participant
from fermata.rules.timeline.sightings import Scene, find_burst, find_ended_before, find_sighting, is_ahead, is_sign

PEOPLE = {"sue": Participant("sue", role="customer support")}


def find(*lines, told=None, first=0, declared=None, onset=None, daily=False):
    """Return the id of the message by which it was seen, `told` being numbers of the messages that tell an event."""
    items = heard(*lines)
    ids = {f"m{number}" for number in (told or range(1, len(items) + 1))}
    scene = Scene(declared and at(declared), onset and at(onset), is_daily=daily)
    return find_sighting(items, ids, items[first], people=PEOPLE, scene=scene).message.id


def test_report_that_the_room_takes_up_is_the_sighting():
    """An alert that nobody answers, half an hour before, was of something else."""
    seen = find(
        ("12:00", "pager", "[FIRING] DiskUsageHigh log-archive"),
        ("12:30", "sue", "two customers cannot log in, they see errors"),
        ("12:31", "ana", "looking, since when?"),
        ("12:32", "bob", "same here, 5xx on login"),
        ("12:34", "ana", "declaring a sev1"),
        told=(2, 3, 4, 5),
        declared="12:34",
    )

    assert seen == "m2"


def test_first_of_several_signs_is_the_sighting():
    """What repeats an alert or a report says nothing new."""
    seen = find(
        ("12:20", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:21", "ana", "looking"),
        ("12:22", "pager", "[FIRING] CheckoutLatencyHigh"),
        ("12:23", "sue", "customers report errors"),
        ("12:24", "bob", "on it"),
    )

    assert seen == "m1"


def test_first_sign_by_words_is_kept_where_nothing_speaks_for_another():
    """It may be one that all that is said of it does not hold."""
    sign = heard(("12:20", "ana", "checkout fails with errors"))[0]
    hours_later = heard(("16:20", "ana", "checkout fails with errors"), ("12:21", "bob", "ok"))

    assert find_sighting(hours_later, (), sign, people={}, scene=Scene(None, None)) is sign


def test_what_follows_the_declaration_did_not_detect_it():
    """A room that is called together knew already."""
    lines = (
        ("12:20", "ana", "checkout fails with errors and timeouts"),
        ("12:23", "ana", "declaring a sev1"),
        ("12:24", "sue", "customers cannot pay, errors"),
        ("12:25", "bob", "which ones?"),
    )

    assert find(*lines, declared="12:23") == "m1"


def test_sign_is_what_says_that_something_is_wrong():
    """Symptoms and reports are signs, plans are none."""
    assert is_sign("checkout fails with timeouts")
    assert not is_sign("we talk on monday")


def test_sign_well_before_the_metrics_moved_gives_way_to_a_later_one():
    """What was seen before anything moved was most likely something else."""
    lines = (
        ("12:00", "ana", "the nightly import fails with errors"),
        ("12:01", "bob", "looking"),
        ("12:40", "ana", "checkout is slow"),
        ("12:41", "bob", "looking"),
    )

    assert find(*lines) == "m1"
    assert find(*lines, onset="12:38") == "m3"


def test_talk_of_every_day_is_no_sighting():
    """Where people speak long before, the first lively word is not it."""
    lines = (
        ("12:00", "ana", "the boat trip was moved to 19:00, 12 places are left at the harbour"),
        ("12:01", "bob", "me"),
        ("12:02", "sue", "customers cannot log in, they see errors"),
    )

    assert find(*lines) == "m1"
    assert find(*lines, daily=True) == "m3"


def test_word_that_all_is_well_is_no_sighting():
    """It has the words of trouble."""
    lines = (("12:00", "ana", "200 logins sampled, no errors"), ("12:01", "bob", "checkout fails with errors"))

    assert find(*lines, first=1) == "m2"


def test_burst_is_where_people_begin_to_talk_much():
    """It takes talk before it, and much less of it; nothing is ahead of a time that nobody knows."""
    calm = [(f"{10 + count // 6}:{count % 6 * 10:02}", "ana", "fine by me") for count in range(12)]
    lively = [(f"12:3{count}", "bob", "this is bad") for count in range(8)]
    items = heard(*calm, *lively)

    assert find_burst(items) == at("12:30")
    assert find_burst(heard(*lively)) is None
    assert find_burst(heard(*calm)) is None
    assert find_burst(heard(*[(f"12:{count:02}", "ana", "fine by me") for count in range(12)], *lively)) is None
    assert find_burst([]) is None
    assert is_ahead(items[0], at("12:30"))
    assert not is_ahead(items[0], None)


def test_report_before_the_first_alert_is_preferred_to_one_after_the_last():
    """What nobody is alerted of at all is seldom it."""
    lines = (("12:00", "ana", "checkout fails with errors"), ("12:10", "pager", "[FIRING] CheckoutHigh5xx"))

    assert find(*lines) == "m1"


def test_alert_is_preferred_where_people_speak_all_day():
    """What somebody says there a minute before it is often something else."""
    lines = (
        ("12:00", "ana", "checkout fails with errors"),
        ("12:01", "bob", "looking"),
        ("12:02", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:03", "bob", "looking"),
    )

    assert find(*lines) == "m1"
    assert find(*lines, daily=True) == "m3"


def test_bot_at_its_work_is_no_sighting():
    """A deploy that succeeded before a busy quarter of an hour detected nothing."""
    lines = (
        ("12:20", "deploybot", "Deploy succeeded: storefront 2026.03.11-7 to production"),
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:23", "ana", "on it, looking"),
        ("12:24", "bob", "same here"),
    )

    assert find(*lines, first=1) == "m2"


def test_trouble_that_nobody_else_has_is_no_sighting():
    """Who asks whether others have it is answered that it works; trouble of users is trouble wherever it works."""
    works = ("12:21", "bob", "works here, which one?")
    seen = ("12:22", "ana", "checkout fails with errors")

    assert find(("12:20", "cy", "vpn is failing with errors again. anyone else?"), works, seen) != "m1"
    assert find(("12:20", "sue", "anyone else? customers cannot log in, 5xx errors"), works, seen) == "m1"


def test_what_was_over_long_before_is_not_what_is_declared():
    """A monitor fires anew; without that, or right after, the end was only called too early."""
    ended = ("12:00", "ana", "vector incident resolved")
    fired = ("13:00", "pager", "[FIRING] Http5xx web")
    again = ("12:03", "pager", "[FIRING] VectorLag")
    thought = ("12:00", "ana", "maybe the vector incident is resolved")

    assert find_ended_before(heard(ended, fired), at("13:10")) == at("12:00")
    assert find_ended_before(heard(ended, fired), at("12:20")) is None
    assert find_ended_before(heard(ended, again), at("13:10")) is None
    assert find_ended_before(heard(thought, fired), at("13:10")) is None
    assert find_ended_before(heard(ended, fired), None) is None
