"""Stacks whose exception stands above the frames: Node.js and Ruby."""

import time

import pytest

from fermata.domain.evidence import EvidenceLine
from fermata.rules.logs import parse_log

FRAME = "    at write (/srv/shop/app/server.js:8:90)"
UNCAUGHT = """\
node:events:502
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use 127.0.0.1:8088
    at Server.setupListenHandle [as _listen2] (node:net:1908:16)
    at process.processTicksAndRejections (node:internal/process/task_queues:83:21)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1944:8)
    at process.processTicksAndRejections (node:internal/process/task_queues:82:21) {
  code: 'EADDRINUSE',
  severity: 'FATAL',
  port: 8088
}

Node.js v20.20.2"""


def parse(text):
    """Return the failures of a log."""
    return parse_log([EvidenceLine(number=n, text=line) for n, line in enumerate(text.split("\n"), start=1)])


def test_uncaught_exception_of_node_is_one_failure():
    """Its frames, the place that emitted it and its properties are no failures of their own."""
    (error,) = parse(UNCAUGHT)

    assert (error.language, error.type, error.raised.number) == ("node", "Error", 5)
    assert error.message == "listen EADDRINUSE: address already in use 127.0.0.1:8088"
    assert [frame.file for frame in error.frames] == ["node:internal/process/task_queues", "node:net"]
    assert [line.text.strip() for line in error.details] == [
        "code: 'EADDRINUSE',",
        "severity: 'FATAL',",
        "port: 8088",
        "}",
    ]


def test_stack_below_a_line_of_a_logger_is_dated_by_it():
    """The time and the words before the type belong to the line."""
    (error,) = parse(f"2026-11-23T09:51:00Z error GET / ReplyError: OOM command not allowed\n{FRAME}\nGET / 200")

    assert (error.type, error.message) == ("ReplyError", "OOM command not allowed")
    assert error.at.isoformat() == "2026-11-23T09:51:00+00:00"
    assert [(one.file, one.line, one.function) for one in error.frames] == [("/srv/shop/app/server.js", 8, "write")]


@pytest.mark.parametrize(
    ("frame", "file", "function"),
    [
        ("    at /srv/app.js:3:1", "/srv/app.js", ""),
        ("    at async Promise.all (index 0)\n    at async run (file:///srv/app.mjs:3:1)", "/srv/app.mjs", "run"),
        ("    at new Shop (C:\\srv\\app.js:3:1) {", "C:\\srv\\app.js", "new Shop"),
    ],
)
def test_frames_of_node_are_read_in_each_of_their_forms(frame, file, function):
    """Frames that name no file are passed over."""
    (error,) = parse(f"TypeError: x is not a function\n{frame}")

    assert [(one.file, one.line, one.function) for one in error.frames] == [(file, 3, function)]


@pytest.mark.parametrize(
    "text",
    [
        f"(node:71) Warning: something is slow\n{FRAME}",
        f"2026-11-23T09:51:00Z WARN retried after TimeoutError: no answer\n{FRAME}",
        "ReplyError: nothing below\nGET / 200",
        "ReplyError: nothing with a place\n    at the end of the day",
        FRAME,
    ],
)
def test_what_was_got_over_or_has_no_stack_is_no_failure(text):
    """A warning, a mere mention, a stack without its head."""
    assert parse(text) == ()


def test_message_of_several_lines_belongs_to_its_exception():
    """The second line is a detail, and where it names an exception it is the head instead."""
    (error,) = parse(f"Error: Command failed: pg_dump\npg_dump: could not connect\n{FRAME}")
    (later,) = parse(f"Error: first\nTypeError: second\n{FRAME}")

    assert [line.text for line in error.details] == ["pg_dump: could not connect"]
    assert later.message == "second"


@pytest.mark.parametrize("end", ["GET / 200", "  code: 'EX'\nGET / 200"])
def test_properties_without_an_end_are_not_swallowed(end):
    """What follows may be a failure of its own."""
    (error, other) = parse(f"Error: cut\n{FRAME} {{\n{end}\n2026-11-23 ERROR more")

    assert error.message == "cut"
    assert other.raised.text.endswith("ERROR more")


def test_exception_of_rails_is_read_with_its_places():
    """Ruby names what was raised above the places, too."""
    (error,) = parse("Redis::CommandError: OOM command not allowed\napp/models/cart.rb:41:in `store'\napp/jobs/a.rb:2")

    assert (error.language, error.type, error.name) == ("ruby", "Redis.CommandError", "CommandError")
    assert [(one.file, one.line, one.function) for one in error.frames] == [
        ("app/jobs/a.rb", 2, ""),
        ("app/models/cart.rb", 41, "store"),
    ]


def test_uncaught_exception_of_ruby_names_its_place_first():
    """The line that raised is the innermost frame."""
    (error,) = parse("/srv/a.rb:3:in `connect': no route (Errno::EHOSTUNREACH)\n\tfrom /srv/a.rb:9:in `<main>'\nbye")

    assert (error.type, error.message) == ("Errno.EHOSTUNREACH", "no route")
    assert [(one.line, one.function) for one in error.frames] == [(9, "<main>"), (3, "connect")]


def test_places_of_ruby_without_an_exception_are_no_failure():
    """A deprecation names places, too."""
    assert parse("DEPRECATION WARNING: old\napp/models/cart.rb:41:in `store'") == ()


@pytest.mark.parametrize("unit", ["a.rb", "a/b", " A.A", "a.rb:1:in "])
def test_long_lines_cost_no_more_than_their_length(unit):
    """A name is looked for where a word begins; begun anywhere in it, a thousand such lines took ten seconds."""
    began = time.process_time()

    assert parse("\n".join([unit * (2800 // len(unit))] * 1000)) == ()
    assert time.process_time() - began < 2
