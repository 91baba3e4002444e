from dataclasses import replace

from tests.unit.rules.timeline.trail_scene import at, curve, heard, trail

from fermata.domain.trail import KeyTime
from fermata.rules.timeline.beginnings import find_started
from fermata.rules.timeline.curves import find_shift

CALM, BAD = [1.0] * 20, [50.0] * 20
ERRORS = curve(CALM + BAD)
SEEN = KeyTime(at("12:25"), "m9", "somebody saw it")


def find(*lines, curves=(ERRORS,), own=None, detected=SEEN, told=None):
    """Return clock and citation of the start."""
    scene = trail(*lines, curves=list(curves))
    shifts = [find_shift(each) for each in (curves if own is None else own)]
    items = heard(*lines)
    found = find_started(scene, items if told is None else list(told), shifts, detected, talk=items)
    return None if found is None else (found.at, found.citation)


def named(name, start, values=None):
    """Return a metric of its own id, which moves twenty minutes after its start."""
    return replace(curve(values or CALM + BAD, name=name, start=at(start)), id=name)


def test_word_near_the_measured_move_is_the_start():
    """Who names the minute has looked; what is far from the move is its trigger, or another matter."""
    near = ("12:40", "ana", "errors and timeouts started at 14:18 our time")
    far = ("12:40", "ana", "errors and timeouts started at 14:09 our time")

    assert find(near) == (at("12:18"), "m1")
    assert find(far) == (at("12:20"), "M1")


def test_rough_word_is_all_there_is_without_a_metric():
    """About ten past means the metric's minute; nobody's word on a repair is one on the start."""
    rough = ("12:40", "ana", "errors and timeouts began around 14:15 our time")
    fixed = ("12:41", "ana", "errors are back to baseline since 14:30 our time")

    assert find(rough) == (at("12:20"), "M1")
    assert find(rough, fixed, curves=[]) == (at("12:15"), "m1")


def test_since_when_somebody_works_on_it_is_no_start():
    """A profiler runs since then, not the trouble."""
    watched = ("12:40", "ana", "errors and timeouts: since 14:18 our time i've had a profiler on one of them")

    assert find(watched) == (at("12:20"), "M1")


def test_since_when_it_is_better_is_no_start():
    """Good news dates the end of what somebody saw before; what got worse as well dates a beginning."""
    better = ("15:40", "ana", "p95 at 210 ms from 15:30 on, flat, checkout queue drains")
    worse = ("15:40", "ana", "errors are back since 15:30, checkout fails after it recovered")

    assert find(better, curves=()) == (at("12:25"), "m9")
    assert find(worse, curves=())[0] == at("15:30")


def test_first_sign_is_the_start_where_nothing_is_told():
    """An onset is not invented; without a sign there is none at all."""
    assert find(("12:40", "ana", "rolled back checkout"), curves=[]) == (at("12:25"), "m9")
    assert find(("12:40", "ana", "rolled back checkout"), curves=[], detected=None) is None


def test_metric_that_moved_shortly_before_the_titled_one_is_the_start():
    """Users may feel it first where the title does not look."""
    early = named("slots.oversold count", "11:52")

    assert find(curves=[ERRORS, early], own=[ERRORS]) == (at("12:12"), "slots.oversold count")


def test_metric_that_moved_long_before_the_titled_one_is_another_matter():
    """More than an hour apart, two moves have two reasons."""
    early = named("imports queue", "10:50")

    assert find(curves=[ERRORS, early], own=[ERRORS]) == (at("12:20"), "M1")


def test_move_hours_before_the_first_sign_counts_where_nothing_moved_nearer():
    """Some trouble is seen hours late; a move of another day is another story."""
    late, next_day = KeyTime(at("16:00"), "m9", ""), KeyTime(at("23:00"), "m9", "")

    assert find(detected=late) == (at("12:20"), "M1")
    assert find(detected=next_day) == (at("23:00"), "m9")


def test_metric_alone_tells_a_start():
    """Nobody saw it, but it is measured."""
    assert find(detected=None) == (at("12:20"), "M1")


def test_when_a_job_ran_is_no_start_for_what_reads_at_start():
    """Programs start, too: a noun of theirs is no word on the incident."""
    ran = (
        "12:40",
        "ana",
        "the rotation job ran at 14:20 our time, but checkout errors as it reads the secret at start",
    )
    began = ("12:40", "ana", "the job ran and checkout errors start at 14:20 our time")

    assert find(ran, curves=()) == (SEEN.at, "m9")
    assert find(began, curves=()) == (at("12:20"), "m1")


def test_start_that_is_dated_hours_before_is_a_trigger_where_somebody_dates_the_trouble():
    """What broke in the night hurt from the morning on; alone, it is all that is told."""
    near = ("12:40", "ana", "errors and timeouts started at 14:18 our time")
    trigger = ("12:50", "ben", "errors began to pile up at 04:10 our time")

    assert find(near, trigger, curves=()) == (at("12:18"), "m1")
    assert find(trigger, curves=()) == (at("02:10"), "m1")


def test_span_of_harm_dates_the_start():
    """Who counts what was lost between two minutes has looked; who names only its end dates no start."""
    lost = ("13:20", "ana", "we lost 212 orders between 14:16 and 15:10")
    until = ("13:20", "ana", "payouts were delayed till 14:58")

    assert find(lost, curves=()) == (at("12:16"), "m1")
    assert find(until, curves=()) == (at("12:25"), "m9")


def test_minute_of_a_start_follows_since_and_is_not_the_scribes():
    """A scribe puts first when it was said; the only minute of a line is all there is."""
    since = ("12:40", "ana", "[14:35] Raj: requests stuck since yesterday, errors")
    began = ("12:40", "ana", "[14:35] Raj: error rate 62%, failures began 14:10 our time")
    led = ("12:40", "ana", "14:10 our time errors started on checkout")

    assert find(since, curves=[]) == (at("12:25"), "m9")
    assert find(began, curves=[]) == (at("12:10"), "m1")
    assert find(led, curves=[]) == (at("12:10"), "m1")


def test_what_is_dated_soon_after_the_first_sign_is_no_start():
    """It ended then, or something else began; where it is hours after, the sign was another matter's."""
    ended = ("12:40", "ana", "confirmed no failing refunds since 14:35 our time")
    hours = ("15:00", "ana", "errors and timeouts began at 16:40 our time")

    assert find(ended, curves=[]) == (at("12:25"), "m9")
    assert find(hours, curves=[]) == (at("14:40"), "m1")


def test_who_says_plainly_when_it_began_needs_no_line_of_its_own():
    """What sets in is no work that somebody began; a plan that began is no incident."""
    plain = ("12:40", "ana", "looking at the graphs it began 14:12 our time, not 14:25")
    climbs = ("12:40", "ana", "conntrack entries started climbing at 14:12 our time")
    work = ("12:40", "ana", "started the rollback at 14:12 our time")

    assert find(plain, curves=[], told=()) == (at("12:12"), "m1")
    assert find(climbs, curves=[]) == (at("12:12"), "m1")
    assert find(climbs, curves=[], told=()) == (at("12:25"), "m9")
    assert find(work, curves=[]) == (at("12:25"), "m9")


def test_minute_of_an_alert_and_of_a_plan_is_no_start():
    """The alert's is when it was seen, and what starts at the minute in which it is said is work to come."""
    alert = ("12:40", "ana", "alert at 14:22 our time: checkout failing from 3 regions")
    plan = ("12:20", "ana", "the splice starts at 14:20 our time, errors until then")
    told = ("12:40", "ana", "the log starts at 14:20 our time with errors")

    assert find(alert, curves=[]) == (at("12:25"), "m9")
    assert find(plan, curves=[]) == (at("12:25"), "m9")
    assert find(told, curves=[]) == (at("12:20"), "m1")


def test_who_says_when_a_measure_jumped_needs_no_line_of_its_own():
    """They have looked at the graph."""
    jumped = ("12:40", "ana", "yeah p99 jumps at 14:12 our time, right with the deploy")

    assert find(jumped, curves=[], told=()) == (at("12:12"), "m1")
