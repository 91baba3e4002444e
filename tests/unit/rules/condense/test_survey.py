"""One pass over a log: counts, first and last lines, windows, and bounded memory."""

from fermata.rules.condense.survey import WINDOWS, Survey, Track


def survey(lines, **options):
    """Survey lines and close."""
    survey = Survey(**options)
    survey.add_all(lines)
    return survey.close()


def words():
    """Give words without end of which no two are of one kind."""
    letters = "abcdefghijklmnopqrst"
    number = 0
    while True:
        a, b, c = letters[number % 20], letters[number // 20 % 20], letters[number // 400 % 20]
        yield " ".join([f"{a}{b}{c}{letters[number // 8000 % 20]}"] * (1 + number % 7))
        number += 1


def test_kinds_are_counted_with_first_and_last():
    """Text and bytes are read alike; what is kept is what was read."""
    surveyed = survey(["took 5 ms\n", b"ERROR gone\r\n", "took 71 ms"])

    took, gone = surveyed.tracks
    assert surveyed.lines == 3
    assert (took.count, took.first, took.last) == (2, 0, 2)
    assert (took.first_raw, took.last_raw) == (b"took 5 ms\n", b"took 71 ms")
    assert (gone.count, gone.first_text) == (1, "ERROR gone")
    assert [surveyed.templates[group] for group in surveyed.group_of] == ["took <*>", "ERROR gone"]


def test_nothing_is_a_log_too():
    """An empty log has no lines, no kinds and no windows."""
    surveyed = survey([])

    assert (surveyed.lines, surveyed.tracks, surveyed.windows) == (0, [], 0)


def test_windows_keep_up_with_a_growing_log():
    """However long it gets, it has 33 to 64 windows of equal length, and no line is lost from them."""
    surveyed = survey([f"tick {number}" for number in range(10_000)] + ["end"])

    tick = surveyed.tracks[0]
    assert WINDOWS // 2 < surveyed.windows <= WINDOWS
    assert sum(tick.windows) == 10_000
    assert len(set(tick.windows[: surveyed.windows - 1])) == 1


def test_a_trouble_remembers_what_came_before_it():
    """The lines right before a new kind of trouble are kept; those before ordinary lines are not."""
    surveyed = survey(["one", "two", "three", "four", "five", "ERROR it broke", "six"])

    assert surveyed.tracks[5].before == [(b"two", 1), (b"three", 2), (b"four", 3), (b"five", 4)]
    assert surveyed.tracks[6].before == []


def test_numbers_of_another_length_are_always_measured():
    """After hundreds of lines only some are measured; one with more digits than any before is."""
    surveyed = survey([f"took {100 + number % 7} ms" for number in range(2_001)] + ["took 98765 ms", "took 100 ms"])

    (place,) = surveyed.tracks[0].gauge.places
    assert place.high_raw == b"took 98765 ms"


def test_failed_requests_are_seen_among_a_thousand():
    """A status differs in digits only, and is looked at all the same."""
    lines = [f'"GET / HTTP/1.1" {502 if number == 700 else 200} 17' for number in range(1_000)]

    failures = survey(lines).tracks[0].failures

    assert (failures.count, failures.first_line) == (1, 700)


def test_colours_make_no_other_kind():
    """A coloured line is of the same kind as a plain one."""
    assert len(survey(["\x1b[31mERROR\x1b[0m gone", "ERROR gone"]).tracks) == 1


def test_gigantic_lines_are_cut_before_they_are_kept():
    """A line of a megabyte takes two thousand characters of memory."""
    surveyed = survey(["x" * 1_000_000])

    assert len(surveyed.tracks[0].first_raw) == 2_000


def test_more_kinds_than_room_are_merged_and_counted():
    """Unlike lines without end grow no memory, lose no count, and do not hide a trouble."""
    endless = words()
    lines = [next(endless) for _ in range(1_200)]
    lines.insert(600, "FATAL disk failure: cannot allocate")

    surveyed = survey(lines, most_shapes=256)

    assert len(surveyed.tracks) <= 256
    assert sum(track.count for track in surveyed.tracks) == surveyed.lines == 1_201
    assert "FATAL disk failure: cannot allocate" in surveyed.templates


def test_merged_kinds_keep_their_ends_and_failures():
    """What is merged has the first line of the earliest, the last of the latest, and the failures of either."""
    survey = Survey()
    survey.add_all(['GET / HTTP/1.1" 200 a', 'GET / HTTP/1.1" 500 b', "plain", "other words"])
    ok, failed, plain, other = survey._tracks

    plain.absorb(failed)
    plain.absorb(ok)
    plain.absorb(other)

    assert (plain.count, plain.first, plain.last) == (4, 0, 3)
    assert plain.failures.count == 1
    assert sum(plain.windows) == 4


def test_merged_kind_has_what_stood_before_its_own_first_line():
    """Its lines before are those of the earlier of the two, with the numbers that kinds have after a merge."""
    endless = words()
    survey = Survey(most_shapes=64)

    survey.add_all(["first note here", "second note here", "ERROR disk gone"])
    survey.add_all([next(endless) for _ in range(200)])

    (trouble,) = (track for track in survey._tracks if track.first_raw == b"ERROR disk gone")
    assert [survey._tracks[number].first_raw for _, number in trouble.before] == [
        b"first note here",
        b"second note here",
    ]
    early, late = Track(3, b"ERROR a 1"), Track(9, b"ERROR a 2")
    early.before, late.before = [(b"x", 0)], [(b"y", 1)]
    late.absorb(early)
    assert (late.first, late.before) == (3, [(b"x", 0)])


def test_longest_gaps_are_known_with_the_lines_beside():
    """Where a kind of line was missed longest, and how long it mostly is not there."""
    lines = [f"tick {number}" if number in {0, 3, 5, 20, 24, 30} else "work goes on" for number in range(40)]

    tick = survey(lines).tracks[0]

    assert (tick.longest, tick.second) == (15, 6)
    assert tick.pause == (5, b"tick 5", 20, b"tick 20")


def test_gaps_of_merged_kinds_are_not_known():
    """The lines of one shape say nothing about the gaps of both."""
    one, other = Track(0, b"a b"), Track(9, b"a c")
    one.note_gap(4, 5, b"a b")
    other.count = 1
    other.windows[0] = 1

    one.absorb(other)

    assert (one.longest, one.second, one.pause) == (0, 0, None)


def test_members_of_only_so_many_kinds_are_followed():
    """However many kinds of line have workers, memory is bounded; a kind that turns out to have none makes room."""
    kinds = [f"{a}{b}" for a in "abcdefghijklm" for b in "nopqrstuvwx"]
    lines = [f"{kind} done by worker {number % 2}" for kind in kinds for number in range(8)]
    ids = [f"zz request {number + 100}" for number in range(40)]

    tracks = survey(ids + lines).tracks

    assert tracks[0].members is None
    assert sum(1 for track in tracks if track.members is not None) == 128


def test_exception_remembers_the_first_frame_of_its_own_code():
    """Frames of libraries before it are passed over; what is too far below is no frame of it."""
    frame = "\tat com.shop.Price.total(Price.java:41)"
    library = "\tat org.springframework.aop.Proxy.invoke(Proxy.java:9)"
    near = survey(["a.b.FailedException: x", library, frame, frame])
    far = survey(["a.b.FailedException: x", *[library] * 50, frame])

    assert near.tracks[0].below == (frame.encode(), 2, 2)
    assert far.tracks[0].below is None


def test_frame_of_merged_kinds_is_that_of_the_first():
    """Its track is known by its new number."""
    frame = "\tat com.shop.Price.total(Price.java:41)"
    kinds = words()
    lines = [*(next(kinds) for _ in range(5)), "a.b.FailedException: x", frame, *(next(kinds) for _ in range(60))]
    surveyed = survey(lines, most_shapes=16)

    raised = next(track for track in surveyed.tracks if "FailedException" in track.first_text)
    assert raised.below is not None
    assert surveyed.tracks[raised.below[1]].first <= raised.below[2] == 6
