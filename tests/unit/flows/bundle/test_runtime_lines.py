"""What a container runtime wraps around each line is taken off."""

import json

import pytest

from fermata.flows.bundle.log_text import LogText
from fermata.flows.bundle.runtime_lines import unwrap_lines

AT = "2026-11-27T12:00:00.123456789Z"


def docker(said, **more):
    """Give a line of Docker's json-file driver."""
    return json.dumps({"log": said + "\n", "stream": "stderr", "time": AT, **more})


def unwrap(*lines):
    """Give the lines that are left of these."""
    return unwrap_lines(LogText(lines, tuple(range(1, len(lines) + 1)), len(lines), "")).lines


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("ERROR no disk", f"{AT} ERROR no disk"),
        ("{not json", f"{AT} {{not json"),
        ('{"level": "error", "msg": "x"}', json.dumps({"time": AT, "level": "error", "msg": "x"})),
        ('{"ts": 1, "msg": "x"}', '{"ts": 1, "msg": "x"}'),
    ],
)
def test_line_is_what_the_program_wrote_with_its_time(said, kept):
    """A record that has a time keeps its own; any other gets the runtime's."""
    assert unwrap(docker(said), docker(said, attrs={"tag": "x"})) == (kept, kept)
    assert unwrap(f"{AT} stderr F {said}", f"{AT} stdout P {said}") == (kept, kept)


def test_blank_lines_before_and_broken_lines_between_stay():
    """The form is told by the first line that says something; what was cut is shown as it stands."""
    cut = docker("x")[:-4]

    assert unwrap("", docker("a"), cut) == ("", f"{AT} a", cut)
    assert unwrap(f"{AT} stdout F a", "odd") == (f"{AT} a", "odd")


@pytest.mark.parametrize(
    "line",
    [
        "plain words",
        '{"log": "a program\'s own field", "level": "info"}',
        '{"log": 1, "stream": "x", "time": "y"}',
        f"{AT} stdout of the build",
        '{"log": ',
    ],
)
def test_other_lines_stay_as_they_are(line):
    """A program may have a field called log, and a sentence the word stdout."""
    assert unwrap(line, docker("x")) == (line, docker("x"))
