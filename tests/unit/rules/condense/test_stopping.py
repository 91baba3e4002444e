"""Those that stop while others of their kind go on: by number, and by name."""

from fermata.rules.condense.scoring import score
from fermata.rules.condense.stopping import list_stopped
from fermata.rules.condense.survey import Survey

NAMES = ("finch", "heron", "osprey", "plover", "quail", "robin", "swift", "tern")


def survey(lines):
    """Read a log."""
    taken = Survey()
    taken.add_all(lines)
    return taken.close()


def stops(lines):
    """Give the texts of the last lines of what stops, and their places."""
    surveyed = survey(lines)
    named = [surveyed.group_of.count(group) > 6 for group in range(len(surveyed.templates))]
    return [(stopped.line, stopped.raw.decode()) for stopped in list_stopped(surveyed, named)]


def test_numbered_worker_that_stops_is_found():
    """One shape, and one of its workers ends early."""
    lines = [f"INFO worker {number % 3} sealed a segment" for number in range(300)]
    lines = [line for number, line in enumerate(lines) if number < 150 or number % 3]

    assert stops(lines) == [(147, "INFO worker 0 sealed a segment")]


def test_named_tenant_that_stops_is_found():
    """Eight shapes of one kind, and one of their names ends early."""
    lines = [f"INFO polled feed of tenant={NAMES[number % 8]} ok" for number in range(800)]
    lines = [line for number, line in enumerate(lines) if number < 400 or number % 8]

    assert stops(lines) == [(392, "INFO polled feed of tenant=finch ok")]


def test_stack_frames_are_passed_over():
    """What stops is the exception above them."""
    lines = [f"    at worker {number % 3} sealed a segment" for number in range(300)]
    lines = [line for number, line in enumerate(lines) if number < 150 or number % 3]

    assert stops(lines) == []


def test_many_that_stop_are_how_the_log_is():
    """Nine kinds of line whose second worker ends early: that is a smaller fleet."""
    lines = [f"INFO {'abcdefghi'[number % 9]}-part of worker {number // 9 % 2} done" for number in range(1800)]
    lines = [line for number, line in enumerate(lines) if number < 900 or number // 9 % 2]

    assert stops(lines) == []


def test_worker_that_ceases_while_its_others_go_on_is_among_the_first_lines():
    """Its shape never stops, so only the number behind its name shows it."""
    lines = [
        f"INFO lease renewed by worker {number % 2} of the pool" if number % 5 == 0 else f"DEBUG hit for item {number}"
        for number in range(600)
    ]
    lines = [line for number, line in enumerate(lines) if number < 300 or "worker 1" not in line]

    first = score(survey(lines), {})[0]

    assert (first.line, first.why) == (295, "its others go on, it comes no more")
