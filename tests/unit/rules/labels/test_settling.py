"""Rows that are labelled one by one: what rules and model together tell."""

from dataclasses import replace

import pytest
from tests.unit.rules.labels.label_scene import BRIEF, DRAFT, TRAIL, find, row, scene
from tests.unit.rules.timeline.trail_scene import at

from fermata.domain.trail import Deploy, Entry, MessageKind, Status
from fermata.rules.labels import Labels, apply_labels, read_labels

ALERT, CUSTOMERS, POOL, FOUND = row("FIRING"), row("504s"), row("40 of 40"), row("Found it")
BACK, DRAINS, METRIC = row("Rolled back"), row("queue drains"), row("metric")
GUESS, EXCLUDES, PLAN, FOREIGN = row("bet it's"), row("so no"), row("nobody objects"), row("warehouse")


def answer(*lines, trail=TRAIL, draft=DRAFT, brief=BRIEF):
    """Return the draft with these lines as an answer."""
    labels = read_labels({"labels": list(lines)})
    assert isinstance(labels, Labels)
    return apply_labels(trail, draft, [(brief, labels)])


def test_rows_that_both_tell_stay_as_they_are():
    """A line with a grade that is enough changes nothing, and a row that says nothing stays out."""
    labelled = answer(f"{CUSTOMERS} report 3", f"{DRAINS} effect 2", f"{EXCLUDES} -", f"{GUESS} guess")

    assert labelled.draft == DRAFT
    assert labelled.refused == ()


@pytest.mark.parametrize("said", ["-", "finding 1", "finding 0", "guess", "finding 2", "word 2", "declared 2"])
def test_line_that_is_no_event_goes(said):
    """Chatter, details, what nobody confirmed, one more of what there are many: whoever edits can take it back."""
    labelled = answer(f"{POOL} {said}")

    assert find(labelled, "m6") == []
    assert "m6" in {item.id for item in labelled.draft.dropped}


@pytest.mark.parametrize(
    ("row_name", "said", "is_told"),
    [
        (EXCLUDES, "finding 3", True),
        (EXCLUDES, "finding 2", False),
        (PLAN, "decision 3", True),
        (PLAN, "decision 2", False),
        (PLAN, "effect 2", False),
        (FOREIGN, "report 3", True),
        (FOREIGN, "other", False),
        (GUESS, "finding 3", False),
        (GUESS, "cause 3", False),
    ],
)
def test_row_left_out_comes_in_only_as_a_turning_point(row_name, said, is_told):
    """A guess never as what was found."""
    labelled = answer(f"{row_name} {said}")

    assert (len(labelled.draft.entries) > len(DRAFT.entries)) is is_told
    assert labelled.refused == ()


@pytest.mark.parametrize(
    "words",
    [
        "must be the connection pool of checkout",
        "bet it's the pool of checkout-db, 40 connections",
        "my money is on the checkout pool",
        "smells like the checkout pool limit",
        "the checkout pool limit, I think",
        "I reckon the checkout pool is at its limit",
    ],
)
def test_doubt_is_no_finding(words):
    """Whatever a model calls it: what confirms it is told instead."""
    given = scene(("12:32", "cy", words), without=("m17",))
    names = [name for name, item in given["brief"].items.items() if words[:20] in item.row and item.index is None]

    told = [answer(f"{name} {what} 3", **given) for name in names for what in ("finding", "cause", "excluded")]

    assert told
    assert [find(labelled, "m17") for labelled in told] == [[]] * len(told)


def test_who_believes_it_now_does_not_doubt():
    """To believe that something is so is a guess; to believe it is the end of one."""
    given = scene(("13:05", "cy", "17 quiet minutes, checkout has caught up. now i believe it"), without=("m17",))

    (line,) = find(answer(f"{row('quiet minutes', given['brief'])} end 3", **given), "m17")

    assert line.at == at("13:05")


def test_guess_that_is_told_stays_a_guess():
    """Somebody who reports and is unsure is told as unsure."""
    given = scene(("12:27", "bob", "maybe the checkout gateway drops connections"))

    (line,) = find(answer(f"{row('gateway drops', given['brief'])} report 3", **given), "m17")

    assert line.text.startswith("Suspected: ")


def test_decision_that_rules_tell_stays_at_any_grade():
    """Also where a model would tell only that it was done; a detail of another type goes."""
    assert answer(f"{FOUND} decision 1").draft == DRAFT
    assert find(answer(f"{FOUND} step 1"), "m9") == []


def test_metric_stays_only_as_a_turning_point():
    """Most of what is measured beside the talk is told by it already; what was ruled out stays as others do."""
    free = replace(DRAFT, key_times={name: found for name, found in DRAFT.key_times.items() if name != "started"})
    out = Entry(at("12:36"), "Ruled out: the kernel", ("bob",), ("m4",), MessageKind.RETRACTION, Status.RULED_OUT)
    given = scene(lines=(out,))
    name = row("x|12:36", given["brief"])

    assert find(answer(f"{METRIC} onset 2", draft=free), "M1") == []
    assert find(answer(f"{METRIC} onset 3", draft=free), "M1")
    assert find(answer(f"{name} excluded 1", **given), "m4") == []
    assert find(answer(f"{name} excluded 2", **given), "m4") == [out]
    assert find(answer(f"{name} guess", **given), "m4") == [out]


def test_line_of_another_incident_goes_with_its_key_time():
    """As with the label alone."""
    assert find(answer(f"{POOL} other"), "m6") == []


def test_repeated_row_joins_the_one_it_repeats():
    """Also through another one that repeats it; what cannot be merged is dropped."""
    labelled = answer(f"{POOL} ={FOUND}", f"{DRAINS} ={BACK}", f"{BACK} step 3")
    (found,) = find(labelled, "m6")
    chained = answer(f"{row('baseline')} ={DRAINS}", f"{DRAINS} ={BACK}")
    apart = answer(f"{CUSTOMERS} ={BACK}")

    assert "m9" in found.citations
    assert [entry.citations for entry in find(labelled, "m13")] == [("m13", "m14")]
    assert find(chained, "m14") == find(chained, "m13") == find(chained, "m15")
    assert find(apart, "m2") == []


@pytest.mark.parametrize(
    "lines",
    [
        (f"{POOL} ={POOL}",),
        (f"{POOL} =99k",),
        (f"{POOL} ={GUESS}",),
        (f"{POOL} ={FOUND}", f"{FOUND} ={POOL}"),
        (f"{GUESS} ={FOUND}",),
    ],
)
def test_row_that_repeats_nothing_that_is_told_stays(lines):
    """No event is lost between two rows that each say the other tells it."""
    labelled = answer(*lines)

    assert find(labelled, "m6") == find(answer(), "m6")
    assert find(labelled, "m3") == []


def test_row_left_out_that_repeats_a_line_stays_out():
    """It is talk of what is told: a reader needs no second source."""
    given = scene(("12:45:30", "cy", "yes the checkout rollback is through"))

    labelled = answer(f"{row('is through', given['brief'])} ={row('Rolled back', given['brief'])}", **given)

    assert labelled.draft == given["draft"]


def test_line_joins_none_that_goes():
    """Where what it repeats is dropped, it is the one that tells the event."""
    labelled = answer(f"{POOL} ={FOUND}", f"{FOUND} -")

    assert find(labelled, "m6")
    assert find(labelled, "m9") == []


def test_excluded_line_is_told_in_the_words_of_who_excludes_it():
    """Once, and not as a line of each."""
    line = Entry(at("12:26"), "The resolver again", ("bob",), ("m3",), MessageKind.OBSERVATION)
    given = scene(lines=(line,))
    told, by = row("*|12:26", given["brief"]), row("so no", given["brief"])

    (found,) = find(answer(f"{told} out {by}", f"{by} excluded 3", **given), "m3")
    plain = answer(f"{told} out {by}", f"{by} finding 3", **given)

    assert (found.status, found.citations) == (Status.RULED_OUT, ("m4", "m3"))
    assert find(plain, "m3") == []
    assert [entry.status for entry in find(plain, "m4")] == [Status.CONFIRMED]


def test_excluded_line_goes_where_nothing_excludes_it():
    """Doubt is enough to leave it out; what a key time rests on stays."""
    labelled = answer(f"{POOL} out {BACK}", f"{BACK} step 3")
    unknown = answer(f"{POOL} out 99k")

    assert find(labelled, "m6") == find(unknown, "m6") == []
    assert find(answer(f"{ALERT} out {BACK}"), "m1")


def test_row_of_a_key_time_is_told():
    """As what repeats it, too: the time is taken from the line that tells it."""
    labelled = answer(f"{PLAN} decision 1", f"{EXCLUDES} report 2", f"time detected {EXCLUDES}")
    line = answer(f"{POOL} -", f"time detected {POOL}")
    joined = answer(f"{DRAINS} ={BACK}", f"time mitigated {DRAINS}")

    assert labelled.draft.key_times["detected"].citation == "m4"
    assert line.draft.key_times["detected"].citation == "m6"
    assert joined.draft.key_times["mitigated"].citation == "m13"


def test_slip_in_the_letter_of_a_row_is_put_right():
    """Each row has its turn, so that its number says which is meant; the letter of the next one is another row."""
    names = list(BRIEF.items)
    place = names.index(POOL)
    beside = {names[place - 1][-1], POOL[-1], names[place + 1][-1]}
    slip = next(letter for letter in "abcdefgh" if letter not in beside)
    number = POOL[:-1]

    assert find(answer(f"{number}{slip} -"), "m6") == []
    assert answer(f"{number}{slip} -", f"{POOL} finding 3").draft == DRAFT
    assert answer(f"{number}{names[place + 1][-1]} -").draft == DRAFT
    assert answer(f"99{slip} -").draft == DRAFT


def test_second_word_on_a_row_is_refused():
    """The first stands."""
    labelled = answer(f"{POOL} finding 3", f"{POOL} -")

    assert labelled.draft == DRAFT
    assert len(labelled.refused) == 1


def test_row_is_told_at_another_minute_that_it_shows():
    """One that it does not show is refused; its own needs no label."""
    given = scene(("12:52", "bob", "checkout is flat since 12:47 utc"))
    name = row("since 12:47", given["brief"])
    own = f"{given['brief'].items[name].at:%H:%M}"
    (other,) = given["brief"].items[name].minutes

    (moved,) = find(answer(f"{name} effect 3 at {other}", **given), "m17")
    (stays,) = find(answer(f"{name} effect 3 at {own}", **given), "m17")
    invented = answer(f"{name} effect 3 at 10:00", **given)

    assert {f"{moved.at:%H:%M}", f"{stays.at:%H:%M}"} == {"12:47", "12:52"}
    assert find(invented, "m17") == [stays]
    assert len(invented.refused) == 1


def test_record_that_nobody_tells_comes_in_as_it_is_recorded():
    """With its own time and author; it cannot be ruled out, and joins a line as a record."""
    change = Deploy("D2", at("12:21"), "Raise pool size", "checkout", author="cy")
    trail = replace(TRAIL, deploys=(*TRAIL.deploys, change))
    given = scene()
    given = {"trail": trail, "draft": given["draft"], "brief": compose(trail, given["draft"])}
    name = row("Raise pool size", given["brief"])

    (line,) = find(answer(f"{name} cause 3", **given), "D2")
    joined = answer(f"{name} ={ALERT}", **given)
    refused = answer(f"out {name} {EXCLUDES}", **given)

    assert (line.at, line.actors, line.text) == (at("12:21"), ("cy",), "Checkout: Raise pool size")
    assert find(answer(f"{name} cause 2", **given), "D2") == []
    assert len(find(joined, "D2")) <= 1
    assert find(refused, "D2") == []
    assert len(refused.refused) == 1


def compose(trail, draft):
    """Return the one brief of a draft."""
    from fermata.rules.labels import compose_briefs

    (brief,) = compose_briefs(trail, draft)
    return brief


SINCE = ("12:52", "bob", "the pool of checkout-db leaks, since 12:11 utc")


@pytest.mark.parametrize(
    "said",
    ["finding 3 at 12:52 + onset 3 at 12:11", "onset 3 at 12:11 + finding 3 at 12:52", "finding 3 + onset 3"],
)
def test_row_may_tell_two_events(said):
    """Each at its minute, in whichever order they are named, and also where none is."""
    given = scene(SINCE)

    told = find(answer(f"{row('leaks', given['brief'])} {said}", **given), "m17")

    assert [entry.at for entry in told] == [at("12:11"), at("12:52")]


def test_row_that_shows_one_minute_tells_one_event():
    """The other one has no time of its own."""
    given = scene(("12:52", "bob", "the pool of checkout-db leaks"))

    labelled = answer(f"{row('leaks', given['brief'])} finding 3 + onset 3", **given)
    strange = answer(f"{row('leaks', given['brief'])} finding 3 + onset 3 at 10:00", **given)

    assert (
        [entry.at for entry in find(labelled, "m17")] == [entry.at for entry in find(strange, "m17")] == [at("12:52")]
    )
    assert len(strange.refused) == 1


def test_guess_that_denies_is_told_as_ruled_out_where_it_excludes():
    """Its words say so, and a model does; without a denial in them a guess excludes nothing."""
    given = scene(
        ("12:27", "bob", "I suspect the gateway is out of suspicion, cy's phones fail as well"),
        ("12:29", "bob", "I suspect the checkout gateway drops connections"),
    )
    denies, claims = row("out of suspicion", given["brief"]), row("gateway drops", given["brief"])

    (line,) = find(answer(f"{denies} excluded 3", **given), "m17")

    assert line.status is Status.RULED_OUT
    assert find(answer(f"{claims} excluded 3", **given), "m18") == []


def test_repeated_row_joins_the_one_that_is_named_also_where_that_is_later():
    """When it was done or seen, not when it was announced."""
    labelled = answer(f"{BACK} ={DRAINS}")

    (line,) = find(labelled, "m13")

    assert (line.at, line.citations) == (at("12:47"), ("m14", "m13"))
