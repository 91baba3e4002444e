import pytest
from tests.unit.rules.labels.label_scene import DRAFT, find, label, row, scene
from tests.unit.rules.timeline.trail_scene import at

from fermata.rules.labels.times import WHY

DRAINS, POOL = row("queue drains"), row("40 of 40")


def name(time, row_name):
    """Return a label that takes a key time from a row."""
    return {"name": time, "n": row_name}


def test_named_line_gives_its_own_time():
    """Nothing but a row is named, so that no time can be invented."""
    labelled = label(times=[name("mitigated", DRAINS)])

    found = labelled.draft.key_times["mitigated"]
    assert (found.at, found.citation, found.why) == (at("12:47"), "m14", WHY)
    assert labelled.applied == 1


def test_kept_message_can_give_a_key_time():
    """What rules left out may be what it was detected by."""
    given = scene(("12:18", "cy", "checkout errors, users write that payment fails with a timeout"))
    one = row("12:18|cy", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("detected", one)])

    assert labelled.refused == ("times detected " + one + ": it would not be in the order of the others",)
    started = label(
        **given, keep=[{"n": one, "kind": "observation"}], times=[name("started", one), name("detected", one)]
    )
    assert started.draft.key_times["started"].at == at("12:20")


def test_measure_while_users_get_well_may_tell_that_they_are():
    """Near the rules' own time, and told by somebody who knows what is usual."""
    given = scene(("12:53", "cy", "timeouts of checkout at 0.3%"), ("12:12", "bob", "timeouts of checkout at 31%"))
    near, far = row("12:53|cy", given["brief"]), row("12:12|bob", given["brief"])
    keep = [{"n": near, "kind": "observation"}, {"n": far, "kind": "observation"}]

    assert label(**given, keep=keep, times=[name("mitigated", near)]).draft.key_times["mitigated"].at == at("12:53")
    assert "in the order" in label(**given, keep=keep, times=[name("mitigated", far)]).refused[0]


def test_start_is_when_the_line_says_it_was():
    """Somebody dates it to shortly before the metric shows it; metrics lag."""
    given = scene(("12:55", "bob", "timeouts of checkout began at 12:16 utc and 12:17 utc on the second host"))
    one = row("12:55|bob", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("started", one)])

    assert labelled.draft.key_times["started"].at == at("12:16")
    assert labelled.draft.key_times["started"].citation == "m17"


def test_same_time_again_changes_nothing():
    """The rules' own source stays."""
    labelled = label(times=[name("mitigated", row("baseline"))])

    assert labelled.draft == DRAFT
    assert (labelled.applied, labelled.refused) == (0, ())


@pytest.mark.parametrize(
    ("time", "row_name", "why"),
    [
        ("mitigated", "99z", "no line"),
        ("mitigated", row("so no"), "no line"),
        ("over", DRAINS, "no such key time"),
        ("started", row("Found it"), "measured"),
        ("started", row("deploy dee"), "measured"),
        ("declared", DRAINS, "tell no such thing"),
        ("resolved", POOL, "tell no such thing"),
        ("mitigated", row("sev1"), "tell no such thing"),
        ("resolved", row("Rolled back"), "tell no such thing"),
        ("detected", DRAINS, "tell no such thing"),
        ("resolved", row("queue drains"), "in the order"),
    ],
)
def test_line_that_does_not_tell_it_gives_no_key_time(time, row_name, why):
    """A key time needs words of its kind, and nothing ends before it began."""
    labelled = label(times=[name(time, row_name)])

    assert why in labelled.refused[0]
    assert labelled.draft == DRAFT


@pytest.mark.parametrize(
    "text",
    ["checkout is not recovered yet, 3% errors", "I will call it recovered when errors are at 1%"],
)
def test_end_that_is_denied_or_intended_is_none(text):
    """Neither "not yet" nor a plan ends anything."""
    given = scene(("12:51", "cy", text))
    one = row("12:51|cy", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("mitigated", one)])

    assert "tell no such thing" in labelled.refused[0]


def test_guess_gives_no_key_time():
    """Suspected is not known."""
    given = scene(("12:51", "cy", "maybe checkout is recovered now, 1% errors"))
    one = row("12:51|cy", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("mitigated", one)])

    assert find(labelled, "m17")
    assert "tell no such thing" in labelled.refused[0]


def test_ruled_out_line_gives_no_key_time():
    """It is no fact."""
    labelled = label(rule_out=[{"n": row("bet it's"), "by": row("so no")}], times=[name("detected", row("bet it's"))])

    assert "no line that is told as a fact" in labelled.refused[0]


def test_two_labels_for_one_key_time_move_none():
    """Which one is meant is not known."""
    labelled = label(times=[name("mitigated", DRAINS), name("mitigated", row("All clear"))])

    assert labelled.draft == DRAFT
    assert len(labelled.refused) == 2


def test_key_time_that_rules_do_not_know_can_be_named():
    """It is absent only where no line tells it."""
    given = scene()
    given["draft"] = type(DRAFT)(
        DRAFT.entries, {"detected": DRAFT.key_times["detected"]}, DRAFT.impact, DRAFT.factors, DRAFT.dropped
    )
    labelled = label(**given, times=[name("declared", row("sev1")), name("started", row("metric"))])

    assert list(labelled.draft.key_times) == ["started", "detected", "declared"]
    assert labelled.draft.key_times["declared"].citation == "m5"
