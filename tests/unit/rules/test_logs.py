import json
import traceback
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fermata.domain.evidence import EvidenceLine
from fermata.rules.levels import LogLevel, find_level
from fermata.rules.logs import find_time, parse_log, parse_python

AT = datetime(2026, 11, 23, 9, 51, 0, 123000, tzinfo=UTC)
CRASH = """\
2026-11-23T09:51:00.123Z CRITICAL checkout: setting PAYMENT_TIMEOUT_MS must be a whole number, found '250ms'
Traceback (most recent call last):
  File "/srv/shop/services/checkout.py", line 83, in <module>
    main()
  File "/srv/shop/services/httpd.py", line 199, in read_number
    return int(text)
           ^^^^^^^^^
ValueError: invalid literal for int() with base 10: '250ms'
"""


def _number(text, first=1):
    return [EvidenceLine(number=n, text=line) for n, line in enumerate(text.split("\n"), start=first)]


def _parse(text):
    return parse_log(_number(text))


def test_traceback_is_read_with_its_frames_and_its_heading():
    """A stack and the error line right above it are one failure, dated by that line."""
    (error,) = _parse(CRASH)

    assert (error.language, error.type, error.name) == ("python", "ValueError", "ValueError")
    assert error.message == "invalid literal for int() with base 10: '250ms'"
    assert [(frame.line, frame.function, frame.code) for frame in error.frames] == [
        (83, "<module>", "main()"),
        (199, "read_number", "return int(text)"),
    ]
    assert error.heading.number == 1
    assert error.raised.number == 8
    assert [line.number for line in error.lines] == [8, 1]
    assert error.at == AT


def test_real_chain_of_exceptions_keeps_what_came_first():
    """The exception raised last stands for the failure; what led to it is kept in order."""
    try:
        try:
            {}["PORT"]
        except KeyError as missing:
            try:
                raise ValueError("no port") from missing
            except ValueError:
                raise RuntimeError("cannot start")  # noqa: B904 - the implicit chain is what is tested
    except RuntimeError as error:
        text = "".join(traceback.format_exception(error))

    (failure,) = _parse(text)

    assert failure.type == "RuntimeError"
    assert [cause.type for cause in failure.causes] == ["KeyError", "ValueError"]
    assert [link.message for link in failure.links] == ["cannot start", "no port", "'PORT'"]


def test_real_syntax_error_without_header_is_a_stack():
    """The interpreter prints no header for the script it was started with."""
    text = "  File \"/srv/checkout.py\", line 12\n    def f(\n         ^\nSyntaxError: '(' was never closed"

    (failure,) = _parse(text)

    assert failure.name == "SyntaxError"
    assert failure.frames[0].function == ""


def test_real_exception_group_gives_its_members():
    """Members of a group are failures of their own, behind the group's bars."""
    try:
        raise ExceptionGroup("two", [_raised(ValueError("bad")), _raised(OSError("gone"))])
    except ExceptionGroup as error:
        text = "".join(traceback.format_exception(error))

    assert [failure.type for failure in _parse(text)] == ["ValueError", "OSError"]


def _raised(error):
    try:
        raise error
    except type(error) as caught:
        return caught


def test_prefix_of_the_header_is_taken_off_every_line():
    """A container runtime puts its time before each line; the stack behind it is the same."""
    prefix = "2026-11-23T09:51:00.123Z stderr F "
    text = "\n".join(prefix + line for line in CRASH.split("\n")[1:8])

    (failure,) = _parse(text)

    assert failure.frames[-1].function == "read_number"
    assert failure.at == AT


def test_level_before_the_header_is_no_prefix_of_the_frames():
    """A logger may put its level before the header only."""
    (failure,) = _parse("ERROR " + "\n".join(CRASH.split("\n")[1:8]))

    assert failure.type == "ValueError"


@pytest.mark.parametrize(
    "text",
    [
        "Traceback (most recent call last):",
        "Traceback (most recent call last):\nnothing of the kind",
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()',
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\nINFO: going on',
        'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    f()\n12 items',
        '  File "broken',
        'Traceback (most recent call last):\n  File "broken',
        "The above exception was the direct cause of the following exception:",
    ],
)
def test_stack_that_breaks_off_is_not_a_failure(text):
    """What was cut away may have said anything."""
    assert _parse(text) == ()


def test_chain_that_breaks_off_keeps_what_was_whole():
    """A cut second part does not take the first one with it."""
    start = "\n".join(CRASH.split("\n")[1:8])
    sentence = "During handling of the above exception, another exception occurred:"

    for rest in ("", "\nsomething else", '\nTraceback (most recent call last):\n  File "a.py", line 1, in f'):
        failures = _parse(f"{start}\n\n{sentence}\n{rest}")
        assert [failure.type for failure in failures] == ["ValueError"]


def test_message_of_several_lines_is_kept_up_to_the_next_record():
    """Validation errors say the value on a later line; the next dated line is somebody else's."""
    start = "\n".join(CRASH.split("\n")[1:7])
    detail = "payment_timeout_ms\n  Input should be a valid integer [input_value='250ms']"

    for following in ("", "2026-11-23T09:51:01Z going on", "INFO going on", CRASH):
        failure = _parse(f"{start}\npydantic_core.ValidationError: 1 validation error\n{detail}\n{following}")[0]
        assert [line.text for line in failure.details] == detail.split("\n")
        assert failure.name == "ValidationError"

    many = _parse(f"{start}\nValidationError: many\n" + "detail\n" * 20)[0]
    assert len(many.details) == 8


def test_plain_error_lines_are_failures_and_warnings_are_not():
    """A program got over what it only warns of."""
    errors = _parse("INFO fine\nWARNING slow\nERROR no route\n2026 [crit] disk\nstd::bad_alloc\nan error of no level")

    assert [error.raised.number for error in errors] == [3, 4, 5]
    assert errors[0].message == "ERROR no route"
    assert errors[0].name == ""


def test_only_the_error_line_right_above_belongs_to_a_stack():
    """An error line further up, or another stack, is a failure of its own."""
    stack = "\n".join(CRASH.split("\n")[1:8])

    assert len(_parse(f"ERROR one\nplain\n{stack}")) == 2
    assert len(_parse(f"{stack}\n{stack}")) == 2


def test_undated_failure_is_dated_by_the_next_dated_line():
    """That is the latest it can have been; with no dated line behind it, nothing is known."""
    first, second = _parse("ERROR one\n2026-11-23T09:51:00.123Z INFO started\nERROR two")

    assert first.at == AT
    assert second.at is None


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-11-23T09:51:00Z WARN x", LogLevel.WARNING),
        ('{"level":"error","msg":"INFO"}', LogLevel.ERROR),
        ("level=unheard INFO x", LogLevel.INFO),
        ("severity: Critical", LogLevel.FATAL),
        ("2026/11/23 09:51:00 [error] 7#7: upstream", LogLevel.ERROR),
        ("TRACE x", LogLevel.DEBUG),
        ("INFO 0 lines at ERROR", LogLevel.INFO),
        ("panic: runtime error", LogLevel.FATAL),
        ("Error: connect ECONNREFUSED 127.0.0.1:8001", LogLevel.FATAL),
        ("2026-11-26T02:58:00.123Z error: GET /orders 500", LogLevel.ERROR),
        ("[2026-11-26 02:58:00,123] warn: slow", LogLevel.WARNING),
        ("2026-11-26T02:58:00.123Z worker error: none", None),
        ("2026-11-26T02:58:00.123Z errors: 0", None),
        ('heroku[router]: at=error code=H12 desc="Request timeout"', LogLevel.ERROR),
        ('heroku[router]: sock=backend at=error code=H18 desc="Server Request Interrupted"', LogLevel.ERROR),
        ('heroku[router]: at=info code=H27 desc="Client Request Interrupted" status=499', LogLevel.INFO),
        ("heroku[web.1]: Error R15 (Memory quota vastly exceeded)", LogLevel.ERROR),
        ("heroku[web.1]: State changed from starting to crashed", LogLevel.FATAL),
        ("heroku[web.1]: State changed from starting to up", None),
        ("heroku[logplex]: Error L10 (output buffer overflow): drain 'd.a' dropped 12 messages", None),
        ("look at=error in the docs", None),
        ("8f5 Task timed out after 3.00 seconds", LogLevel.FATAL),
        ("RequestId: 8f5 Error: Runtime exited with error: signal: killed", LogLevel.FATAL),
        ("haproxy[9]: [ALERT] (9) : backend 'shop' has no server available!", LogLevel.FATAL),
        ("Nov 27 03:11:58 lb haproxy[9]: backend shop has no server available!", LogLevel.FATAL),
        ("haproxy[9]: Server shop/s1 is UP. 1 active and 0 backup servers online.", None),
        ("INFO waiting while 'shop' has no server available!", LogLevel.INFO),
        ("no errors", None),
        ("MY_ERROR_RATE=1", None),
    ],
)
def test_level_is_found_in_the_usual_places(text, level):
    """Fields, capitals, brackets and last words; running text is not a level."""
    assert find_level(text) is level


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T09:51:00.123Z INFO", AT),
        ("2026/11/23 10:51:00,123 +0100 x", AT),
        ('{"ts":"2026-11-23T04:21:00.123456-05:30"}', AT.replace(microsecond=123456)),
        ("2026-11-23 09:51:00.123 UTC [812] PANIC:  could not write", AT),
        ("[2026-11-23 09:51:00.123 GMT] x", AT),
        ("2026-11-23 10:51:00.123 CET [7] ERROR", AT),
        ("2026-11-23 04:51:00.123 EST [7] ERROR", AT),
        ("2026-11-23 06:51:00.123 -03 [7] ERROR", AT),
        ("2026-11-23 09:51:00.123 CST [7] ERROR", None),
        ("2026-11-23 09:51:00.123 GMT+1 [7] ERROR", None),
        ("2026-11-23 09:51:00.123 UTCX", None),
        ("2026-11-23 09:51:00,123 INFO local time", None),
        ("2026-13-23T09:51:00Z", None),
        ('{"level":30,"time":1795427460123,"msg":"x"}', AT),
        ('{"level":"error","ts":1795427460.123,"msg":"x"}', AT),
        ('{"timestamp":"1795427460123456789"}', AT.replace(microsecond=123456)),
        ('{"@timestamp": 1795427460}', AT.replace(microsecond=0)),
        ("ts=1795427460.123 level=error", AT),
        ("level=error ts=1795427460.123", AT),
        ("time=1795427460123 level=error", AT),
        ("1795427460.123 ERROR x", AT),
        ("1795427460123 ERROR x", AT),
        ("[1795427460] x", AT.replace(microsecond=0)),
        ('10.0.0.7 - - [23/Nov/2026:10:51:00 +0100] "GET / HTTP/1.1" 502', AT.replace(microsecond=0)),
        ('- - [31/Feb/2026:10:51:00 +0100] "GET /"', None),
        ('- - [23/Abc/2026:10:51:00 +0100] "GET /"', None),
        ('{"time":1795427460123,"msg":"created 2026-01-01T00:00:00Z"}', AT),
        ('- - [23/Nov/2026:09:51:00 +0000] "GET /?since=2026-01-01T00:00:00Z"', AT.replace(microsecond=0)),
        ("level=info at 2026-11-23T09:51:00.123Z ts=1700000000", AT),
        ("1500000000 rows deleted", None),
        ("1612345678901 order not found", None),
        ("1594523456789012345 user suspended", None),
        ("2026-11-23 09:51:00,123 ERROR signature invalid timestamp=1700000000", None),
        ('2026-11-23 09:51:00 ERROR {"time":1600000000}', None),
        ('Nov 23 09:51:00 shop api: {"time":1600000000}', None),
        ("ERROR token expired timestamp=1700000000", None),
        ('{"msg":"late","event":{"ts":1600000000}}', None),
        ('{"event":{"ts":1600000000},"ts":1795427460.123}', AT),
        ('{"event":{"ts":1600000000},"@timestamp":"2026-11-23T09:51:00.123Z"}', AT),
        ('api_1 | {"ts":1795427460.123}', AT),
        ("took time=1500000000 ns", None),
        ('{"id":1795427460,"uptime":1795427460}', None),
        ("order 1795427460 failed", None),
        ("[1795427460-7] x", None),
        ("179542746012 x", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-11-23T09:51:00+99:99", None),
        ("no time", None),
    ],
)
def test_time_is_found_with_its_zone_or_not_at_all(text, expected):
    """A time without a zone could be off by hours, and is not used."""
    assert find_time(text) == expected


PIECES = st.sampled_from(
    [
        "Traceback (most recent call last):",
        "  Traceback (most recent call last):",
        '  File "a.py", line 1, in f',
        '  File "a.py", line 99999999999, in f',
        "    code()",
        "ValueError: x",
        "",
        "\x1c",
        "During handling of the above exception, another exception occurred:",
        "2026-11-23T09:51:00Z ERROR x",
        "99999-99-99 99:99:99Z",
    ]
)


@given(st.lists(PIECES | st.text(), max_size=30))
def test_any_text_is_read_without_raising(texts):
    """Logs hold anything. Every failure found lies in the lines given, in order."""
    lines = [EvidenceLine(number=n, text=text) for n, text in enumerate(texts, start=1)]

    errors = parse_log(lines)

    raised = [error.raised.number for error in errors]
    assert raised == sorted(set(raised))
    for index in range(len(lines)):
        parsed = parse_python(lines, index)
        assert parsed is None or parsed.next > index


class CountedLine(EvidenceLine):
    """A line that counts how often its text is read: work without a stopwatch."""

    def __getattribute__(self, name):
        if name == "text":
            READS.append(1)
        return super().__getattribute__(name)


READS = []


@settings(deadline=None, max_examples=40)
@given(st.lists(PIECES, min_size=1, max_size=4))
@example(['  File "unfinished'])
@example(["  Traceback (most recent call last):"])
@example(["Traceback (most recent call last):", '  File "unfinished', "    code()"])
def test_work_grows_with_the_lines_and_not_with_their_square(texts):
    """However a log repeats the beginnings of stacks, each line is read a bounded number of times."""
    READS.clear()
    lines = [CountedLine(number=n, text=text) for n, text in enumerate((texts * 400)[:400], start=1)]

    parse_log(lines)

    assert len(READS) <= 40 * len(lines)


@pytest.mark.parametrize(
    "unit", ["x", " ", "a.", '  File "', "2026-11-23 ", "level=", "Traceback (most recent call last):"]
)
def test_line_of_a_megabyte_is_read_at_once(unit):
    """No pattern walks back over a long line; a quadratic one would not end within the test's patience."""
    line = unit * (1_000_000 // len(unit))

    assert _parse(f"{line}\nERROR after\n" + "\n".join(CRASH.split("\n")[1:7]) + f"\nValueError: {line}")[-1].frames


PINO = (
    '{"level":50,"time":1795832008700,"pid":1,"err":{"type":"Error","message":"connect ETIMEDOUT","stack":'
    '"Error: connect ETIMEDOUT\\n    at Socket.<anonymous> (/srv/redis.js:196:41)\\n    at quote (/srv/server.js:40:9)"'
    '},"msg":"failed"}'
)
JSON_TRACEBACK = json.dumps(
    {
        "levelname": "ERROR",
        "message": "order failed",
        "exc_info": """Traceback (most recent call last):
  File "/app/views.py", line 7, in place
    one()
KeyError: 'zip'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/views.py", line 9, in place
    two()
ValueError: no zip""",
    }
)


@pytest.mark.parametrize(
    ("number", "level"),
    [(10, LogLevel.DEBUG), (30, LogLevel.INFO), (40, LogLevel.WARNING), (50, LogLevel.ERROR), (60, LogLevel.FATAL)],
)
def test_numbered_level_is_read(number, level):
    """The loggers of Node write a number: a service that logs by pino is no silent one."""
    assert find_level(f'{{"level":{number},"time":1795832008700,"msg":"request failed"}}') is level


def test_stack_within_a_json_line_is_read_with_its_frames():
    """A logger that writes one JSON line for each event keeps the stack in a field; the line is what can be cited."""
    (error,) = _parse(PINO)

    assert (error.type, error.message) == ("Error", "connect ETIMEDOUT")
    assert [(frame.file, frame.line) for frame in error.frames] == [("/srv/server.js", 40), ("/srv/redis.js", 196)]
    assert (error.raised.text, error.details, error.heading) == (PINO, (), None)


def test_chain_within_a_json_line_is_cited_by_that_line():
    """What led to the exception stands on the same line: no other could be quoted."""
    (error,) = _parse(JSON_TRACEBACK)

    assert [link.type for link in error.links] == ["ValueError", "KeyError"]
    assert {line.text for line in error.lines} == {JSON_TRACEBACK}


@pytest.mark.parametrize(
    "text",
    [
        PINO.replace('"level":50', '"level":40'),
        PINO.replace('"level":50', '"level":30'),
    ],
)
def test_stack_of_what_a_program_got_over_is_no_failure(text):
    """A warning or a note may carry a stack as well."""
    assert _parse(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        '{"level":"error","text":"one\\ntwo"}',
        '{"level":"error","text":"one\\ntwo"',
        '{"level":"error","list":["one\\ntwo"],"text":"one\\\\ntwo"}',
    ],
)
def test_json_line_without_a_stack_is_a_plain_failure(text):
    """A message of several lines, a line that was cut: the line itself is what there is."""
    (error,) = _parse(text)

    assert (error.message, error.frames) == (text, ())


def test_retried_task_is_a_failure():
    """Celery says at INFO, and nowhere else, that a task failed and will be tried again."""
    said = "[2026-11-28 02:22:41,635: INFO/ForkPoolWorker-2] Task mailer.notify[94b7b073] "
    text = f"{said}retry: Retry in 2s: KeyError('order_id')"

    assert [error.message for error in _parse(text)] == [text]
    assert _parse(f"{said}succeeded in 2s: None") == ()
