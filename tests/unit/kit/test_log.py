"""Log lines: constant events, facts as keys, on standard error."""

import asyncio
import gc
import io
import json
import logging
import os

import pytest
import structlog

from fermata.kit.errors import UserError
from fermata.kit.log import configure_log, get_log


@pytest.fixture
def written(capsys):
    """Give a function that returns what stands on standard error; leave structlog as it was."""
    before, handlers = structlog.get_config(), list(logging.getLogger().handlers)
    yield lambda: capsys.readouterr().err
    structlog.configure(**before)
    logging.getLogger().handlers = handlers


def test_json_line_carries_event_component_level_and_time(capsys, written):
    """One object a line, for collectors; standard output belongs to the command."""
    configure_log(as_json=True)

    get_log("flows").info("alert.received", alert_id="al-1", attempt=2)

    output = capsys.readouterr()
    line = json.loads(output.err)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "alert.received", "component": "flows", "level": "info", "alert_id": "al-1", "attempt": 2}
    assert output.out == ""


def test_line_for_people_is_one_line_of_plain_text(written):
    """Without a terminal there are no colour codes."""
    configure_log()

    get_log("cli").warning("step.retried", attempt=2)

    line = written()
    assert line.count("\n") == 1
    assert "step.retried" in line
    assert "attempt=2" in line
    assert "\x1b" not in line


def test_command_that_set_nothing_up_has_its_lines_on_standard_error_too(capsys, written):
    """What a command prints for a program to read holds no line of the log, whoever writes one."""
    get_log("packed").warning("table.not_read", token="tr0ub4dor-k9x2m7q1")

    output = capsys.readouterr()
    assert "table.not_read" in output.err
    assert "tr0ub4dor" not in output.err
    assert output.out == ""


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", ["d", "i", "w", "e"]), ("info", ["i", "w", "e"]), ("warning", ["w", "e"]), ("error", ["e"])],
)
def test_level_hides_what_is_below_it(written, level, shown):
    """A level shows itself and everything worse."""
    configure_log(level, as_json=True)
    log = get_log("x")

    log.debug("d")
    log.info("i")
    log.warning("w")
    log.error("e")

    assert [json.loads(line)["event"] for line in written().splitlines()] == shown


def test_unknown_level_is_refused():
    """A level that does not exist must not become silence."""
    with pytest.raises(UserError, match="no log level 'loud'"):
        configure_log("loud")


@pytest.mark.parametrize("as_json", [True, False])
def test_trace_is_written_without_the_values_of_variables(written, as_json):
    """Frames are shown, what was in them is not: it may be a payload or a token."""
    configure_log(as_json=as_json)
    payload = "canary-" + "in-a-local"

    try:
        raise RuntimeError(str(len(payload)))
    except RuntimeError:
        get_log("x").error("command.crashed", exc_info=True)

    trace = written()
    assert "RuntimeError: 17" in trace
    assert "test_trace_is_written" in trace
    assert payload not in trace


@pytest.mark.parametrize("as_json", [True, False])
def test_trace_that_quotes_a_secret_is_written_without_it(written, as_json):
    """Libraries put what they were given into their words: a connection's address, a settings file's line."""
    configure_log(as_json=as_json)
    secret = "N3wS3cret" + "pw77"

    try:
        raise ValueError(f"login failed: DB_PASSWORD={secret} at postgres://app:{secret}@db/shop")
    except ValueError as error:
        get_log("x").error("plug.crashed", exc_info=True, text=str(error), given={"api_key": secret}, error=error)

    line = written()
    assert "plug.crashed" in line
    assert "ValueError" in line
    assert "[redacted:" in line
    assert secret not in line


def test_facts_that_are_no_texts_keep_their_kind(written):
    """A number is a number for whoever counts it, a list a list."""
    configure_log(as_json=True)

    get_log("x").info("step.done", took_s=0.5, ok=True, names=["a", "b"], password=None)

    line = json.loads(written())
    assert [line[name] for name in ("took_s", "ok", "names", "password")] == [0.5, True, ["a", "b"], None]


def test_bound_ids_are_on_every_line(written):
    """Ids bound once for a flow need not be repeated at each event."""
    configure_log(as_json=True)

    with structlog.contextvars.bound_contextvars(incident_id="inc-1"):
        get_log("flows").info("evidence.collected")

    assert json.loads(written())["incident_id"] == "inc-1"


def test_second_configuration_replaces_the_first(written):
    """A command may set up a log before the settings are read, and again after."""
    configure_log()
    configure_log("error", as_json=True)

    get_log("x").info("quiet")
    get_log("x").error("loud")

    assert [json.loads(line)["event"] for line in written().splitlines()] == ["loud"]


TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"


def test_what_libraries_report_is_a_line_of_ours(written):
    """An SDK may quote the token that was refused, and a trace what was handed over."""
    configure_log(as_json=True)
    configure_log(as_json=True)

    logging.getLogger("sdk").warning("refused: %s", TOKEN)
    try:
        raise RuntimeError(TOKEN)
    except RuntimeError:
        logging.getLogger("sdk").exception("it broke")
    logging.getLogger("sdk").info("hello")

    text = written()
    lines = [json.loads(line) for line in text.splitlines()]
    assert TOKEN not in text
    assert [(line["event"], line["logger"], line["level"]) for line in lines] == [
        ("library.reported", "sdk", "warning"),
        ("library.reported", "sdk", "error"),
    ]
    assert "RuntimeError" in lines[1]["exception"]


async def test_task_that_nobody_waited_for_is_told_without_secrets(written):
    """Asyncio prints what it died of, whoever made it."""
    configure_log(as_json=True)

    async def die():
        raise RuntimeError(TOKEN)

    task = asyncio.create_task(die())
    await asyncio.wait([task])
    del task
    gc.collect()

    text = written()
    assert "never retrieved" in text
    assert TOKEN not in text


class Odd:
    """Something that cannot be shown."""

    def __str__(self):
        raise RuntimeError(TOKEN)


@pytest.mark.parametrize("arguments", [(TOKEN,), (TOKEN, Odd())])
def test_record_that_cannot_be_read_is_told_by_its_logger(written, arguments):
    """A library that counts its own arguments wrong must not have them printed, nor fail for one that is odd."""
    configure_log(as_json=True)
    record = logging.LogRecord("sdk", logging.WARNING, __file__, 1, "%s and %s", arguments, None)

    logging.getLogger().handlers[-1].handle(record)

    line = json.loads(written())
    assert (line["logger"], line["text"]) == ("sdk", "its words cannot be read")


def test_nobody_fails_for_a_log_that_nobody_reads(written, monkeypatch):
    """A line is lost where standard error leads nowhere; what was under way, a library's or our own, is not."""
    reader, writer = os.pipe()
    os.close(reader)
    with io.FileIO(writer, "w") as nowhere:
        stream = io.TextIOWrapper(nowhere, write_through=True)
        with pytest.raises(BrokenPipeError):
            stream.write("hm")
        monkeypatch.setattr("sys.stderr", stream)
        configure_log(as_json=True)

        logging.getLogger("sdk").warning("hm")
        get_log("flows").warning("step.retried", attempt=2)

        monkeypatch.undo()
    assert written() == ""


def test_level_holds_for_libraries_too(written):
    """Commands that show only errors show no warnings of others either."""
    configure_log("error", as_json=True)

    logging.getLogger("sdk").warning("hm")

    assert written() == ""
