from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.strays import Names, find_strays, list_alarms, list_ends

FIRED = ("12:03", "pager", "[FIRING] WarehouseExportLate")
CLEARED = ("12:20", "pager", "[RESOLVED] WarehouseExportLate")


def find(*lines, own=("checkout", "slurm")):
    """Return the ids of the stray alerts of a channel."""
    items = heard(*lines)
    return find_strays(items, list_alarms(items), Names(own))


def test_alert_that_somebody_disowns_is_another_matters():
    """Whoever names it or answers it, soon, and their word as well; with one of the incident they may mean that."""
    assert find(FIRED, ("12:05", "ana", "warehouse is known, reindex runs late")) == {"m1", "m2"}
    assert find(FIRED, ("12:05", "ana", "that's mine")) == {"m1", "m2"}
    assert find(FIRED, ("12:05", "ana", "known, checkout is what we ignore it for")) == set()
    assert find(FIRED, ("12:30", "ana", "warehouse is known, reindex runs late")) == set()


def test_alert_that_somebody_says_is_not_the_incident_is_another_matters():
    """By the incident's name; by two words of the alert where that alone may be said of a part of it."""
    assert find(FIRED, ("12:05", "ana", "late warehouse has nothing to do with checkout, timeouts")) == {"m1", "m2"}
    assert find(FIRED, ("12:05", "ana", "the warehouse export fails, not checkout")) == {"m1", "m2"}
    assert find(FIRED, ("12:05", "ana", "the warehouse fails, not checkout")) == set()
    assert find(FIRED, ("12:05", "ana", "the warehouse export fails, slurm too, not checkout")) == set()
    assert find(FIRED, ("12:30", "ana", "the warehouse export fails, not checkout")) == set()


def test_alert_that_came_and_went_with_few_words_is_another_matters():
    """One or two people spoke of it, then, and of nothing of the incident."""
    said = ("12:06", "ana", "restarted the warehouse export")

    assert find(FIRED, said, CLEARED) == {"m1", "m3"}
    assert find(FIRED, said) == set()
    assert find(FIRED, CLEARED) == set()
    assert find(FIRED, said, ("12:07", "bob", "warehouse up"), ("12:08", "cy", "warehouse export up"), CLEARED) == set()
    assert find(FIRED, said, ("12:07", "bob", "the export of checkout broke"), CLEARED) == set()
    assert find(FIRED, said, CLEARED, ("14:00", "ana", "restarted the warehouse export")) == set()


def test_alert_that_many_messages_name_is_the_incidents():
    """It was its cause, told by a monitor of another name."""
    said = [(f"12:{minute:02}", "ana", "restarted the warehouse export") for minute in range(4, 12)]

    assert find(FIRED, *said, CLEARED) == set()


def test_name_that_begins_with_the_incidents_is_its_own():
    """`slurmctld` is of slurm."""
    assert find(("12:03", "pager", "[FIRING] slurmctld late"), ("12:04", "ana", "that's mine")) == set()


def test_end_belongs_to_the_alert_of_its_words():
    """An end of something else, or of nothing, ends no alert."""
    said = ("12:06", "ana", "restarted the warehouse export")

    assert find(FIRED, said, ("12:20", "pager", "[RESOLVED] PrinterSpoolerDown")) == set()
    assert find(FIRED, said, ("12:20", "pager", "[RESOLVED] printer spooler of warehouse stuck")) == set()


def test_alert_is_apart_when_it_shares_too_little():
    """One word in four is enough to be the incident's."""
    items = heard(("12:03", "pager", "[FIRING] WarehouseExportLoaderDisk"), ("12:04", "pager", "[FIRING] slurmctld"))
    names = Names(("slurm",))

    assert names.is_apart(items[0], ("cart",))
    assert not names.is_apart(items[0], ("loader",))
    assert not names.is_apart(items[1], ())


def test_failed_job_that_somebody_disowns_is_another_matters():
    """It is an alert to whoever answers it; a bot's other words are none."""
    job = ("12:03", "pager", "P3 recommendations-train job failed (exit 137)")
    words = ("12:03", "pager", "recommendations-train uses 137 GB of memory")
    answer = ("12:04", "ana", "thats the nightly training, oom again")

    assert find(job, answer) == {"m1", "m2"}
    assert find(words, answer) == set()


def test_end_of_another_matters_alert_is_its_end():
    """Where it ended at all."""
    alarms = list_alarms(heard(FIRED, ("12:04", "pager", "[FIRING] PrinterSpoolerDown"), CLEARED))

    assert list_ends(alarms, {"m1", "m2"}) == {"m3"}
    assert list_ends(alarms, {"m2"}) == set()


def test_alert_of_common_words_is_known_by_several_of_them():
    """One word alone means many things where much is said; what has two of them is about the alert."""
    said = [(f"13:{minute}", name, "the export of orders broke") for minute in range(10, 17) for name in ("ana", "bob")]
    about = ("12:06", "dee", "restarted the warehouse export")
    often = [(f"12:{minute:02}", "dee", "restarted the warehouse export") for minute in range(6, 14)]

    assert find(FIRED, about, CLEARED, *said) == {"m1", "m3"}
    assert find(FIRED, *often, CLEARED, *said) == set()


def test_alerts_are_listed_in_the_order_in_which_they_fired():
    """The same again as well: it is known by the same words."""
    items = heard(FIRED, ("12:05", "pager", "[FIRING] PrinterSpoolerDown"), FIRED)

    assert [min(alarm.names) for alarm in list_alarms(items)] == ["export", "printer", "export"]


def test_alert_is_no_small_matter_where_it_is_most_of_the_talk_or_nothing_else_is_known():
    """A channel without a title is about what fires in it."""
    said = [(f"12:0{minute}", "ana", "restarted the warehouse export") for minute in range(4, 8)]

    assert find(FIRED, *said, ("12:09", "bob", "thanks, that helped us"), CLEARED) == set()
    assert find(FIRED, said[0], CLEARED, own=()) == set()
