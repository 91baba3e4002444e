"""Whether and when a series leaves its normal range."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.rules.metrics.conftest import ONSET, QUIET, STEP_S

from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Frame, detect_shift, find_shift, make_frame, measure_level, measure_profile

FAR = 1e6
"""Between an old reference and the window."""


def make_aged(values, window, metric="latency"):
    """Give a series with an old reference, a window long after it, and the frame that asks the first point too."""
    times = [float(index) for index in range(len(values))]
    late = [FAR + index for index in range(len(window))]
    frame = Frame(times[0], times[-1], late[0], near=True)
    return Series("a", metric, [*times, *late], [*values, *window]), frame


def test_lasting_rise_is_found_with_its_points(build):
    """The shift tells from where to where, since when, and which points to cite."""
    shift = detect_shift(build("cart:latency", 0.1, 0.3))

    assert shift.before == pytest.approx(0.1, rel=0.01)
    assert shift.after == pytest.approx(0.3, rel=0.01)
    assert shift.ratio == pytest.approx(3, rel=0.02)
    assert (shift.onset, shift.indexes[0], len(shift.indexes)) == (ONSET, QUIET, 10)
    assert 0.5 < shift.strength < 1


def test_known_onset_and_baseline_are_used(build):
    """What precedes the onset is normal, unless a baseline says otherwise."""
    series = build("cart:latency", 0.1, 0.3)

    assert detect_shift(series, ONSET).onset == ONSET
    assert detect_shift(series, baseline=(0, ONSET - 1)).onset == ONSET
    assert detect_shift(series, ONSET + STEP_S, baseline=(0, ONSET - 1)).onset == ONSET + STEP_S


@pytest.mark.parametrize(
    ("metric", "before", "after"),
    [("latency", 0.1, 0.05), ("availability", 0.9, 0.99), ("latency", 0.1, 0.11), ("latency", 0.1, None)],
)
def test_what_does_not_hurt_is_no_shift(build, metric, before, after):
    """Faster, more available, a little slower, and no different at all."""
    assert detect_shift(build(f"cart:{metric}", before, after)) is None


@pytest.mark.parametrize(("metric", "after"), [("rps", 300.0), ("rps", 20.0), ("availability", 60.0)])
def test_side_follows_the_metric(build, metric, after):
    """Traffic shifts both ways, availability down."""
    assert detect_shift(build(f"cart:{metric}", 100.0, after)).after == pytest.approx(after, rel=0.02)


def test_single_wild_point_is_weather(build):
    """A departure must last."""
    series = build("cart:latency", 0.1)
    wild = Series("cart", "latency", series.times, [*series.values[:33], 9.0, *series.values[34:]])

    assert detect_shift(wild) is None


def test_newest_point_counts_alone():
    """At the end of a live series nothing follows yet."""
    values = [0.1, 0.101, 0.099] * 5 + [0.9]

    assert detect_shift(Series("a", "latency", list(range(16)), values)).indexes == (15,)


def test_stronger_of_two_runs_is_told():
    """An early blip does not hide the fault."""
    values = [1.0, 1.1, 0.9] * 4 + [2.0, 2.0, 1.0, 9.0, 9.0, 9.0, 1.0, 2.0, 2.0, 1.0]

    assert detect_shift(Series("a", "latency", list(range(22)), values), 12).indexes == (15, 16, 17)


def test_gaps_are_skipped_and_not_taken_for_zeros():
    """What was not measured neither departs nor ends a run."""
    values = [1.0, None, 1.1, 0.9, 1.0, 1.0, 1.1, 0.9, 5.0, None, 5.0]

    shift = detect_shift(Series("a", "latency", list(range(11)), values), 8)

    assert shift.indexes == (8, 10)


def test_anything_lasting_beside_zero_is_a_shift():
    """A flat zero has no spread of its own."""
    values = [0.0] * 12 + [0.0, 3.0, 3.0, 3.0]

    shift = detect_shift(Series("a", "errors", list(range(16)), values), 12)

    assert (shift.before, shift.ratio, shift.indexes) == (0.0, None, (13, 14, 15))


def test_rare_retransmissions_are_weather():
    """A packet lost now and then is normal on any network; many are not."""
    rare, many = ([0.0] * 12 + [0.0, level, level, level] for level in (0.3, 5.0))

    assert detect_shift(Series("n", "tcp_retrans", list(range(16)), rare), 12) is None
    assert detect_shift(Series("n", "tcp_retrans", list(range(16)), many), 12) is not None


@pytest.mark.parametrize(
    ("times", "onset", "baseline"),
    [((), None, None), ((1, 2, 3), None, None), ((1, 2, 3), 1, None), ((1, 2, 3), None, (1, 3))],
)
def test_axis_without_room_for_both_has_no_frame(times, onset, baseline):
    """Without a past or without a present nothing can be said."""
    assert make_frame(times, onset, baseline) is None
    assert detect_shift(Series("a", "latency", times, [1.0] * len(times)), onset, baseline=baseline) is None


def test_too_few_reference_points_say_nothing():
    """Four points are no norm."""
    series = Series("a", "latency", list(range(8)), [1.0, 1.0, 1.0, 1.0, 9.0, 9.0, 9.0, 9.0])

    assert detect_shift(series, 4) is None
    assert measure_profile(series, Frame(0, 3, 4)) == {}


def test_old_difference_is_no_part_of_the_fault():
    """What had moved by the first point of the window, and stays there, is not new."""
    series, frame = make_aged([1.0, 1.1, 0.9] * 4, [5.0, 5.0, 5.0, 5.0])

    assert find_shift(series, frame) is None


@pytest.mark.parametrize("first", [0.2, 1.0, 1.15, 5.0])
def test_new_difference_is_measured_from_the_closer_past(first):
    """The witness stands for an aged reference; beside a valid one the closer of the two counts."""
    series, frame = make_aged([1.0, 1.1, 0.9] * 4, [first, 9.0, 9.0, 9.0])

    shift = find_shift(series, frame)

    assert shift.change == pytest.approx(9.0 - (first if abs(first - 1.0) > 0.1 else 1.0), abs=0.2)


def test_value_between_witness_and_reference_is_calm():
    """Coming back to normal from a low first point is no rise."""
    series, frame = make_aged([1.0, 1.2, 0.8] * 4, [0.7, 1.0, 1.0, 1.0])

    assert find_shift(series, frame) is None


def test_profile_is_there_without_a_shift(build):
    """A faint symptom may still keep time; successes count downwards."""
    series = build("cart:availability", 100.0, 99.0)

    profile = measure_profile(series, make_frame(series.times, ONSET))

    assert len(profile) == 10
    assert min(profile.values()) > 0


def test_witness_shapes_the_profile():
    """An alerted node that was slow before the window is not slow because of what happens in it."""
    series, frame = make_aged([1.0, 1.1, 0.9] * 4, [5.0, 5.0, 8.0])

    assert [round(value) for value in measure_profile(series, frame).values()] == [0, 0, 20]


@pytest.mark.parametrize("values", [(99.0, 99.5, 100.0), (0.99, 0.995, 1.0)])
def test_share_of_successes_has_its_own_floor(values):
    """Half a percent is the least that counts, of one and of a hundred alike."""
    level = measure_level(sorted(values * 3), Kind.SUCCESS)

    assert level.above >= 0.005 * (100 if values[0] > 2 else 1)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=0, max_size=40),
    st.one_of(st.none(), st.floats(0, 40)),
    st.sampled_from(["latency", "availability", "rps", "x"]),
)
def test_any_numbers_are_borne(values, onset, metric):
    """Whatever was measured, the answer is none or a shift with points that exist."""
    series = Series("a", metric, [float(index) for index in range(len(values))], values)

    shift = detect_shift(series, onset)

    assert shift is None or (0 <= shift.strength <= 1 and all(values[index] is not None for index in shift.indexes))
