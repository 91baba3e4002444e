"""Lines of one shape, and whether they came up with a fault."""

from datetime import timedelta

from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.rules.changes.shapes import read_log
from fermata.rules.levels import LogLevel


def read(incident):
    """Return the shapes of the incident's only log."""
    onset = incident.onset
    window = (onset - timedelta(hours=2), onset + timedelta(minutes=30))
    return read_log(incident.evidence[0], "shop", onset, window)


def test_lines_that_differ_in_numbers_are_one_shape(incident):
    """Ids, ports and counts do not make a line another one."""
    (shape,) = read(incident.log("shop", (-60, 7, "INFO order 8a# took #ms")))

    assert len(shape.times) == 7
    assert len(shape.samples) == 5


def test_shape_that_was_always_there_does_not_tell(incident):
    """However loud it is."""
    (shape,) = read(incident.log("shop", (-115, 420, "ERROR cannot reach the old printer")))
    border = incident.onset - timedelta(minutes=40)

    assert shape.tell(border, incident.onset) is None


def test_shape_that_comes_far_more_often_tells_less_than_a_new_one(incident):
    """A burst of what was seen before is still telling."""
    incident.log("shop", (-100, 2, "ERROR slow disk"), (-5, 60, "ERROR slow disk"), (-5, 3, "ERROR new words"))
    border = incident.onset - timedelta(minutes=40)

    burst, fresh = (shape.tell(border, incident.onset) for shape in read(incident))

    assert (burst.before, burst.count, burst.weight) == (2, 60, 0.75)
    assert (fresh.before, fresh.weight, fresh.severe) == (0, 1.0, True)


def test_shape_that_ended_before_does_not_tell(incident):
    """What is over is not the fault."""
    (shape,) = read(incident.log("shop", (-110, 5, "ERROR start-up hiccup")))

    assert shape.tell(incident.onset - timedelta(minutes=40), incident.onset) is None


def test_shape_that_comes_late_tells_less(incident):
    """A quarter of an hour after the beginning it is a consequence, or somebody's answer."""
    (shape,) = read(incident.log("shop", (10, 5, "ERROR gave up")))

    assert shape.tell(incident.onset, incident.onset - timedelta(minutes=10)).weight == 0.35


def test_ordinary_line_tells_by_the_failure_it_names(incident):
    """A level is not everything: databases log slow statements as ordinary lines."""
    incident.log("shop", (-2, 5, "LOG: deadlock detected"), (-2, 5, "settings reloaded"), (-2, 5, "WARN queue long"))
    border = incident.onset - timedelta(minutes=40)

    weights = {shape.texts[0].split()[1]: shape.tell(border, incident.onset).weight for shape in read(incident)}

    assert weights == {"LOG:": 0.45, "settings": 0.25, "WARN": 0.6}


def test_lines_of_a_stack_belong_to_the_record_above(incident):
    """They have neither time nor level of their own."""
    text = 'ERROR failed\n  File "/srv/a.py", line 3, in pay'
    incident.log("shop", (-2, 1, text))
    item = incident.evidence[0]
    lines = tuple(EvidenceLine(number=n, text=t) for n, t in enumerate(item.lines[0].text.split("\n"), start=1))
    incident.evidence[0] = item.model_copy(update={"lines": lines})

    first, second = read(incident)

    assert first.level is second.level
    assert first.times == second.times


def test_log_of_random_words_keeps_a_bounded_number_of_shapes(incident):
    """What comes after the limit is one shape a level."""
    words = [f"{a}{b}{c}{d}" for a in "bcdfghjk" for b in "aeiouy" for c in "lmnpqrst" for d in "aeiouwxyzvkj"]
    lines = [f"2026-05-20T11:59:00Z ERROR {word} {word[::-1]} {other}" for word in words for other in ("fine", "bad")]
    incident.add(EvidenceKind.LOGS, "shop", lines, {})

    shapes = read(incident)

    assert len(lines) > 5001
    assert len(shapes) == 5001
    assert len(shapes[-1].times) == len(lines) - 5000


def test_gigantic_line_is_read_by_its_front(incident):
    """A megabyte of payload neither stalls nor splits a shape."""
    front = "ERROR boom " + "x" * 2500
    incident.log("shop", (-2, 1, front + "y" * 1_000_000), (-1, 1, front + "z" * 1_000_000))

    (shape,) = read(incident)

    assert all(len(sample) <= 2000 for sample in shape.samples)


def test_log_without_times_is_spread_over_the_window(incident):
    """The end of such a log is the end of the window."""
    incident.add(EvidenceKind.LOGS, "shop", ["INFO started", "", "ERROR boom"], {})

    first, second = read(incident)

    assert first.times[0] < incident.onset - timedelta(hours=1) < second.times[0]


def test_lines_are_of_the_time_that_their_source_says_beside_them(incident):
    """Loki, Docker, Kubernetes and journald know it; many programs print none, or one without a zone."""
    lines = ["2026-05-20 02:00:00 ERROR cannot charge", "Traceback:", "KeyError: 'cents'", "served"]
    oldest = incident.onset - timedelta(minutes=9)
    facts = {"total_lines": 4, "oldest_at": f"{oldest:%Y-%m-%dT%H:%M:%SZ}", "seconds": [0, 0, 0, 300]}
    incident.add(EvidenceKind.LOGS, "shop", lines, facts)

    shapes = {shape.texts[0][-6:]: shape for shape in read(incident)}

    assert [shape.times for shape in shapes.values()] == [[oldest]] * 3 + [[oldest + timedelta(minutes=5)]]
    assert [shape.level for shape in shapes.values()] == [LogLevel.ERROR] * 3 + [None]
    assert all(shape.is_dated for shape in shapes.values())


def test_log_of_blank_lines_has_no_shapes(incident):
    """There is nothing to read."""
    incident.add(EvidenceKind.LOGS, "shop", ["", " "], {})

    assert read(incident) == []


def test_lines_that_differ_in_one_word_are_one_shape(incident):
    """A bot asks for another parameter every time: none of its lines is new."""
    names = ("ember", "cobalt", "willow", "quartz")
    incident.log("shop", *((-100 + 25 * n, 2, f"ERROR parameter utm_{name} refused") for n, name in enumerate(names)))
    incident.log("shop", (-5, 2, "ERROR no such voucher"))
    border = incident.onset - timedelta(minutes=40)

    shapes = read(incident)

    assert [len(shape.times) for shape in shapes] == [8]
    assert shapes[0].count_before(border) == 6
    assert shapes[0].numbers == sorted(shapes[0].numbers)


def test_log_in_local_time_is_read_in_its_own_zone(incident):
    """Its lines came an hour and a half before its clock says, as UTC."""
    incident.add(EvidenceKind.LOGS, "shop", ["2026-05-20 13:30:00 ERROR x"], {"offset_minutes": 90})

    (shape,) = read_log(incident.evidence[0], "shop", incident.onset, (incident.onset, incident.onset))

    assert shape.times[0].hour == 12


def test_error_of_a_log_without_times_is_kept_apart(incident):
    """It may be of any time, so that it shows no beginning."""
    incident.add(EvidenceKind.LOGS, "dns", ["[ERROR] i/o timeout", "[INFO] started"])

    told = [shape.tell_undated() for shape in read(incident)]

    assert [one.text for one in told if one is not None] == ["[ERROR] i/o timeout"]
