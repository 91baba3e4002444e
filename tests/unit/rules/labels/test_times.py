from dataclasses import replace

import pytest
from tests.unit.rules.labels.label_scene import DRAFT, find, label, row, scene
from tests.unit.rules.timeline.trail_scene import at

from fermata.domain.trail import Entry, KeyTime, MessageKind
from fermata.rules.labels import compose_briefs
from fermata.rules.labels.times import AGAIN, NO_LATER, WHY

MESSAGE = MessageKind.OBSERVATION
SWITCHED = Entry(at("12:46:30"), "Switched over", ("cy",), ("m17",), MessageKind.ACTION)
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
    """What is seen has begun: a start that was measured later moves to the first sign."""
    given = scene(("12:18", "cy", "checkout errors, users write that payment fails with a timeout"))
    one = row("12:18|cy", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("detected", one)])

    times = labelled.draft.key_times
    assert (times["detected"].at, times["started"].at) == (at("12:18"), at("12:18"))
    assert times["started"].why == NO_LATER
    assert labelled.refused == ()
    times = [name("started", row("deploy dee", given["brief"])), name("detected", one)]
    both = label(
        **given,
        keep=[{"n": one, "kind": "observation"}],
        times=times,
    )
    assert both.draft.key_times["started"].at == at("12:15")


def test_first_sign_hours_before_a_start_is_out_of_order():
    """It is rather another matter."""
    given = scene(("09:10", "cy", "checkout errors, users write that payment fails with a timeout"))
    one = row("09:10|cy", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("detected", one)])

    assert labelled.refused == (f"times detected {one}: it would not be in the order of the others",)


def _say_late_start(*more):
    """Return the scene where rules take the line that ends it, hours after the first sign, for its start."""
    given = scene(*more, ("16:20", "cy", "checkout p95 at 210 ms from 16:20 on"))
    line = Entry(at("16:20"), "Checkout p95 at 210 ms from 16:20 on", ("cy",), (f"m{17 + len(more)}",), MESSAGE)
    keys = {"started": KeyTime(line.at, line.citations[0], "by rules")}
    draft = replace(given["draft"], entries=(*given["draft"].entries, line), key_times=keys, dropped=())
    (brief,) = compose_briefs(given["trail"], draft)
    return {"trail": given["trail"], "draft": draft, "brief": brief}


def test_start_that_no_row_tells_gives_way_to_times_that_one_does():
    """What is named can be true; that it began after that cannot."""
    given = _say_late_start()
    times = [name("detected", row("Customers", given["brief"])), name("mitigated", row("210 ms", given["brief"]))]

    told = label(**given, times=times, untold=["started"])
    kept = label(**given, times=times)

    assert told.refused == ()
    assert {key: time.at for key, time in told.draft.key_times.items()} == {
        "started": at("12:24"), "detected": at("12:24"), "mitigated": at("16:20")
    }  # fmt: skip
    assert kept.draft.key_times["started"].at == at("16:20")
    assert len(kept.refused) == 2


def test_key_time_that_no_row_tells_stays_beside_those_that_can_be_true():
    """A model may overlook what rules found; and it takes nothing away by times that do not stand."""
    given = _say_late_start()
    times = [name("mitigated", row("Customers", given["brief"])), name("resolved", "99z")]

    assert label(untold=["started", "declared", "ended"]).draft.key_times == DRAFT.key_times
    both = label(times=[name("mitigated", DRAINS)], untold=["declared"])
    assert both.draft.key_times["declared"] == DRAFT.key_times["declared"]
    assert label(**given, times=times, untold=["started"]).draft.key_times == given["draft"].key_times


@pytest.mark.parametrize(
    "text",
    [
        "checkout queue 0", "p95 210 ms", "31/31 up", "that'll do", "flat. over.", "no more 504s, 0.1%",
        "checkout works for me",
        "timeouts of checkout gone", "nothing for 10 min", "38.1k sessions, same level as before",
    ],
)  # fmt: skip
@pytest.mark.parametrize("time", ["mitigated", "resolved"])
def test_fragments_and_numbers_may_end_something(time, text):
    """Of a person, to whoever reads what went before."""
    given = scene(("13:02", "cy", text))
    one = row("13:02|cy", given["brief"])
    times = [name("mitigated", one), name("resolved", one)] if time == "mitigated" else [name(time, one)]
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=times)

    assert labelled.refused == ()
    assert labelled.draft.key_times[time].at == at("13:02")


@pytest.mark.parametrize(
    "text",
    ["everyone in here please", "ok, this is mine. bob network, cy database", "treat it as an exposure",
     "I take it, dee writes"],
)  # fmt: skip
def test_plain_words_may_declare(text):
    """Not everybody says "sev"."""
    given = scene(("12:29", "ana", text))
    one = row("12:29|ana", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "decision"}], times=[name("declared", one)])

    assert labelled.refused == ()
    assert labelled.draft.key_times["declared"].at == at("12:29")


def test_repair_may_mitigate():
    """What was done, by whoever or whatever says so."""
    given = scene(("12:46:30", "cy", "switched the pool of checkout over"), lines=(SWITCHED,))
    labelled = label(**given, times=[name("mitigated", row("switched the pool", given["brief"]))])

    assert labelled.draft.key_times["mitigated"].citation == "m17"


def test_first_sign_may_be_asked_or_unsure():
    """Whoever sees it first mostly is."""
    given = scene(("12:21", "cy", "is it me or is checkout slow today?? maybe my wifi"))
    one = row("12:21|cy", given["brief"])
    labelled = label(**given, keep=[{"n": one, "kind": "observation"}], times=[name("detected", one)])

    assert "tell no such thing" in str(labelled.refused) or labelled.draft.key_times["detected"].at == at("12:21")


def test_start_is_chosen_among_the_minutes_of_its_row():
    """The row may be told when it was said, and the start as of then."""
    given = scene(("12:55", "bob", "timeouts of checkout began at 12:16 utc"))
    one = row("timeouts of checkout began", given["brief"])
    keep = [{"n": one, "kind": "observation"}]
    labelled = label(**given, keep=keep, at=[{"n": one, "at": "12:55"}], times=[name("started", one)])

    assert find(labelled, "m17")[0].at == at("12:55")
    assert labelled.draft.key_times["started"].at == at("12:16")


def test_labels_may_move_times_together_that_none_could_alone():
    """What they say is in order, whatever rules had taken before."""
    given = scene()
    keys = {"mitigated": KeyTime(at("12:31"), "m6", ""), "resolved": KeyTime(at("12:35"), "m9", "")}
    given["draft"] = replace(DRAFT, key_times={**DRAFT.key_times, **keys})
    times = [name("mitigated", row("baseline")), name("resolved", row("All clear"))]

    for labels in (times, times[::-1]):
        found = label(**given, times=labels).draft.key_times
        assert (found["mitigated"].at, found["resolved"].at) == (at("12:50"), at("13:00"))


def test_of_labels_that_cannot_all_hold_those_that_can_do():
    """The other is refused."""
    times = [name("mitigated", row("All clear")), name("resolved", DRAINS)]
    labelled = label(times=times)

    assert labelled.draft.key_times["mitigated"].at == at("13:00")
    assert labelled.refused == (f"times resolved {DRAINS}: it would not be in the order of the others",)


def test_key_time_of_another_incident_goes_back_to_the_next_best():
    """With its line; where there is none, it is absent."""
    first = label(other=[row("FIRING")])
    last = label(other=[row("metric")])

    assert find(first, "m1") == []
    assert first.draft.key_times["detected"].at == at("12:24")
    assert first.draft.key_times["detected"].why == AGAIN
    assert "started" not in last.draft.key_times or last.draft.key_times["started"].citation != "M1"
    assert last.draft.impact == DRAFT.impact[1:]


def test_key_time_of_another_incidents_deploy_goes():
    """Whatever it rests on."""
    given = scene()
    given["draft"] = replace(DRAFT, key_times={**DRAFT.key_times, "started": KeyTime(at("12:15"), "D1", "")})
    labelled = label(**given, other=[row("deploy dee")])

    assert labelled.draft.key_times["started"].citation != "D1"
    assert all(entry.citations[0] != "D1" for entry in labelled.draft.factors)


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
    one = row("timeouts of checkout began", given["brief"])
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
        ("detected", row("deploy dee"), "tell no such thing"),
        ("declared", row("deploy dee"), "tell no such thing"),
        ("declared", DRAINS, "tell no such thing"),
        ("resolved", POOL, "in the order"),
        ("mitigated", row("sev1"), "tell no such thing"),
        ("resolved", row("Rolled back"), "in the order"),
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


@pytest.mark.parametrize("text", ["maybe we declare a sev1", "I think this is a sev1", "shall we call it a sev1?"])
def test_doubt_declares_nothing(text):
    """Nor does a question."""
    line = Entry(at("12:29"), text, ("ana",), ("m17",), MessageKind.OBSERVATION)
    given = scene(("12:29", "ana", text), lines=(line,))
    labelled = label(**given, times=[name("declared", row(text, given["brief"]))])

    assert "tell no such thing" in labelled.refused[0]


def test_next_best_that_is_out_of_order_is_none():
    """A wrong time is worse than none."""
    given = scene()
    keys = {"started": KeyTime(at("12:40"), "m10", ""), "detected": KeyTime(at("12:22"), "m1", "")}
    given["draft"] = replace(DRAFT, key_times=keys)
    labelled = label(**given, other=[row("FIRING")])

    assert list(labelled.draft.key_times) == ["started"]


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
