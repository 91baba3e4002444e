from tests.unit.rules.timeline.trail_scene import at, heard

from fermata.domain.trail import Participant
from fermata.rules.timeline.sightings import find_sighting, is_sign

PEOPLE = {"sue": Participant("sue", role="customer support")}


def find(*lines, told=None, first=0, declared=None):
    """Return the id of the message by which it was seen, `told` being numbers of the messages that tell an event."""
    items = heard(*lines)
    ids = {f"m{number}" for number in (told or range(1, len(items) + 1))}
    when = None if declared is None else at(declared)
    return find_sighting(items, ids, items[first], people=PEOPLE, declared=when).message.id


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

    assert find_sighting(hours_later, (), sign, people={}, declared=None) is sign


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
