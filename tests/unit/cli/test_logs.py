"""What of a log to read: files of any kind, standard input, and answers for machines."""

import gzip
import io
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.unit.cli.desk import run

from fermata.cli.logs import show_progress

FAULT = "ERROR dial tcp db:5432: connection refused"
LOG = "".join(f"INFO request {number} served\n" for number in range(300)) + FAULT + "\n"


@pytest.fixture
def log(tmp_path):
    """Give a log with one fault."""
    path = tmp_path / "orders.log"
    path.write_text(LOG)
    return path


def test_lines_worth_reading_are_printed(log):
    """The fault stands there with its number; what was read and kept goes to the other stream."""
    told = run("logs", "condense", log, "--budget", "200")

    assert told.code == 0
    assert f"301 x1| {FAULT}" in told.out.splitlines()
    assert told.err.startswith("301 lines in, ")


def test_machines_get_the_documented_fields(log):
    """What `bundle.md` promises: counts, text, kept lines and templates."""
    answer = run("logs", "condense", "--json", "--budget", "150", log).json

    assert answer["lines_in"] == 301
    assert answer["tokens_out"] <= 150
    assert FAULT in answer["text"]
    assert {"file": str(log), "line": 301, "why": "error, once, right before a trouble or a restart"} in answer["kept"]
    assert answer["templates"][0] == {
        "template": "INFO request <*> served", "count": 300, "first": 1, "last": 300, "file": str(log)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[\n {\n  "severity": "ERROR"\n }\n]\n', True),
        ('[{"severity": "ERROR"}]\n', True),
        ('{"events": [{"message": "a"}]}\n', True),
        ('{"messages": [{"message": "a"}]}\n', True),
        ('{"message": "a"}\n{"message": "b"}\n', False),
        ('{"data": "a"}\n', False),
        ("[2026-11-26 21:00:00] started\n", False),
    ],
)
def test_export_of_one_document_is_told(tmp_path, text, told):
    """Its lines are those of a printer, not of a log."""
    path = tmp_path / "api.json"
    path.write_text(text)

    assert ("begins like one JSON document" in run("logs", "condense", path).err) is told


def test_compressed_and_plain_files_are_read_together(log, tmp_path):
    """A rotated log is compressed; nobody should have to know."""
    rotated = tmp_path / "orders.log.1.gz"
    rotated.write_bytes(gzip.compress(LOG.encode()))

    answer = run("logs", "condense", "--json", rotated, log).json

    assert answer["lines_in"] == 602
    assert {kept["file"] for kept in answer["kept"]} == {str(rotated), str(log)}


def test_standard_input_is_read():
    """A pipe is a log too."""
    command = [sys.executable, "-m", "fermata", "logs", "condense", "-", "--budget", "100"]

    told = subprocess.run(command, input=LOG.encode(), capture_output=True, check=True)

    assert f"301 x1| {FAULT}" in told.stdout.decode().splitlines()


def test_hint_puts_the_services_lines_first(tmp_path, monkeypatch):
    """Of two like faults the asked service's is kept when there is room for one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "all.log").write_text(LOG.replace(FAULT, "ERROR [cart] disk is gone\nERROR [search] disk is gone"))

    told = run("logs", "condense", "all.log", "--budget", "32", "--service", "search", "--alert", "SearchDown")

    assert "[search]" in told.out
    assert "[cart]" not in told.out


def test_gigantic_line_does_not_shift_the_numbers(tmp_path):
    """Of a line of three megabytes the first is read; the next line has the next number."""
    path = tmp_path / "big.log"
    path.write_text("INFO start\n" + "x" * 3_000_000 + "\n" + FAULT + "\n")

    told = run("logs", "condense", path)

    assert f"3 x1| {FAULT}" in told.out
    assert told.err.startswith("3 lines in")


@pytest.mark.parametrize("content", [b"", b"\x00\x01\xff" * 1000, LOG.encode("utf-16"), LOG.encode("latin-1")])
def test_anything_is_read(tmp_path, content):
    """Empty, binary and other encodings are no errors."""
    path = tmp_path / "odd.log"
    path.write_bytes(content)

    assert run("logs", "condense", path).code == 0


@pytest.mark.parametrize("damage", [b"\x1f\x8bnonsense", gzip.compress(LOG.encode())[:-200]])
def test_damaged_archive_is_an_error(tmp_path, damage):
    """Half a log must not pass for a whole one."""
    path = tmp_path / "cut.gz"
    path.write_bytes(damage)

    told = run("logs", "condense", path)

    assert (told.code, told.out) == (2, "")
    assert f"{path} cannot be read" in told.err


def test_missing_file_is_an_error(tmp_path):
    """The name is said, and what to do."""
    told = run("logs", "condense", tmp_path / "none.log")

    assert told.code == 2
    assert "cannot be read" in told.err
    assert "No such file" in told.err


def test_folder_is_an_error(tmp_path):
    """A folder is not a log."""
    told = run("logs", "condense", tmp_path)

    assert told.code == 2
    assert "It is a folder" in told.err


def test_what_never_ends_is_an_error(tmp_path):
    """Neither a device nor a pipe is opened: one gives lines for ever, the other waits for ever."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for name in (pipe, "/dev/zero"):
        told = run("logs", "condense", name)

        assert (told.code, told.out) == (2, "")
        assert "not a file" in told.err
        assert "pipe them in and name -" in told.err


class Terminal(io.StringIO):
    """Somebody watches."""

    def isatty(self):
        """Answer that somebody does."""
        return True


def test_progress_is_said_every_second_and_wiped():
    """In a place of its own, so that nothing of it stays between what is printed."""
    terminal, seconds = Terminal(), itertools.count(0, 0.6)

    lines = list(show_progress([b"x\n"] * 3_000, terminal, clock=lambda: next(seconds)))

    assert len(lines) == 3_000
    assert terminal.getvalue() == f"\r2,048 lines read\r{' ' * 16}\r"


def test_nothing_is_said_of_a_short_wait_or_without_a_terminal():
    """Quick reads are not worth a word, and files of errors want none."""
    terminal, file = Terminal(), io.StringIO()

    assert len(list(show_progress([b"x\n"] * 3_000, terminal, clock=lambda: 0.0))) == 3_000
    assert list(show_progress([b"x\n"], file)) == [b"x\n"]
    assert terminal.getvalue() == file.getvalue() == ""


def test_secrets_are_not_printed(tmp_path):
    """What is printed is meant for a model, as text and as JSON."""
    path = tmp_path / "login.log"
    path.write_text(LOG + "ERROR login failed: password=hunter2Qw81mmZ refused\n")

    for told in (run("logs", "condense", path), run("logs", "condense", "--json", path)):
        assert "hunter2" not in told.out
        assert "password=[redacted:assignment:" in told.out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8"])
def test_line_feed_of_two_bytes_ends_no_line_twice(tmp_path, encoding):
    """The second half of UTF-16's last line feed is no line of its own."""
    path = tmp_path / "a.log"
    path.write_bytes("ERROR one\nERROR two\n".encode(encoding))

    told = run("logs", "condense", "--json", path).json

    assert told["lines_in"] == 2


def test_endless_line_of_two_bytes_a_letter_is_passed_over(tmp_path):
    """What stands behind it is read, and its rest is not copied again with each part that is read."""
    path = tmp_path / "a.log"
    path.write_bytes(f"ERROR {'x' * 6_000_000}\nERROR two\n".encode("utf-16"))
    began = time.process_time()

    told = run("logs", "condense", path)

    assert "ERROR two" in told.out
    assert "2 lines in" in told.err
    assert time.process_time() - began < 5


def test_hole_in_front_of_a_log_makes_no_other_encoding_of_it(tmp_path):
    """`copytruncate` leaves NULs where the program went on writing at its old place: on both sides, unlike UTF-16."""
    path = tmp_path / "a.log"
    path.write_bytes(bytes(8_192) + b"\nINFO served\nERROR database gone\n")

    told = run("logs", "condense", path)

    assert "ERROR database gone" in told.out


def test_budget_that_no_line_fits_into_says_so(log):
    """Nothing at all, an empty line included, is printed for a reader to puzzle over."""
    told = run("logs", "condense", log, "--budget", "5")

    assert (told.code, told.out) == (0, "")
    assert "not one line fits into 5 tokens: raise --budget" in told.err


def test_binary_file_is_said_to_be_one(tmp_path):
    """What is shown of it may mean nothing."""
    path = tmp_path / "core"
    path.write_bytes(bytes(range(256)) * 40)

    told = run("logs", "condense", path)

    assert told.code == 0
    assert f"{path} begins like a binary file" in told.err


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16", "utf-16-le"])
def test_text_of_any_encoding_is_not_called_binary(tmp_path, encoding):
    """Colours, bells and letters of elsewhere make no log binary."""
    path = tmp_path / "a.log"
    path.write_bytes("\x1b[31mERROR größer\x1b[0m\x07\n".encode(encoding) * 100)

    assert "binary" not in run("logs", "condense", path).err


@pytest.mark.parametrize("rest", [b"", b"\r", b"\rlast"])
def test_carriage_returns_alone_end_lines(tmp_path, rest):
    """As some terminals write them; a line feed behind one ends no second line."""
    path = tmp_path / "cr.log"
    lines = [f"INFO request {number} served".encode() for number in range(3_000)]
    path.write_bytes(b"\r".join([*lines, FAULT.encode()]) + rest)

    told = run("logs", "condense", path, "--json").json

    assert told["lines_in"] == 3_001 + (rest == b"\rlast")
    assert f"3001 x1| {FAULT}" in told["text"]


def test_line_feed_behind_a_return_is_never_parted_from_it(tmp_path, monkeypatch):
    """Also where a file is read in parts, and a part ends between the two."""
    monkeypatch.setattr("fermata.cli.logs._LONGEST_READ", 4)
    path = tmp_path / "mixed.log"
    path.write_bytes(b"one\r" * 2_000 + b"two\r\nsix\n")

    assert run("logs", "condense", path, "--json").json["lines_in"] == 2_002


def test_part_of_a_line_that_nobody_looked_at_is_said(tmp_path):
    """Of a line of a megabyte the beginning is searched; what stands in its midst is lost, and not silently."""
    path = tmp_path / "big.log"
    path.write_text("x" * 500_000 + f" {FAULT} " + "y" * 500_000 + "\n")

    told = run("logs", "condense", path)

    assert "1 line is marked `cut`: of a long line only parts are shown" in told.err
    assert "1 line is longer than 200,000 bytes: what stands behind those was not looked at" in told.err


JOURNAL = '{{"__REALTIME_TIMESTAMP":"1795747200000000","MESSAGE":{}}}\n'


def test_journal_message_of_bytes_is_read_and_hidden(tmp_path):
    """Colours make `journalctl -o json` write numbers: nobody reads what they say, and redaction finds no secret."""
    path = tmp_path / "journal.json"
    message = list(b"\x1b[31mERROR\x1b[0m sasl.password=Tr0ub4dor&3x9 rejected")
    path.write_text(JOURNAL.format(message) + JOURNAL.format([300, 7]))

    told = run("logs", "condense", path)

    assert '"MESSAGE":"ERROR sasl.password=[redacted:assignment:' in told.out
    assert "[300, 7]" in told.out


def test_list_of_numbers_of_another_log_stays(tmp_path):
    """Only the journal writes text so."""
    path = tmp_path / "app.json"
    path.write_text('{"level":"error","IDS":[101,114]}\n')

    assert '"IDS":[101,114]' in run("logs", "condense", path).out


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8"])
def test_answers_of_5xx_are_found_in_any_encoding(tmp_path, encoding):
    """Only digits tell them, and of two bytes a letter no digits stand together."""
    lines = [f'10.0.0.1 - - [x] "GET /caf\u00e9 HTTP/1.1" {502 if at in (70, 90) else 200} 9' for at in range(120)]
    path = tmp_path / "access.log"
    path.write_bytes("\r\n".join(lines).encode(encoding))

    told = run("logs", "condense", path)

    assert '71 x120| 10.0.0.1 - - [x] "GET /caf\u00e9 HTTP/1.1" 502 9' in told.out.splitlines()
    assert told.err.startswith("120 lines in, ")


@pytest.mark.parametrize(
    ("start", "command"),
    [
        (b"\xfd7zXZ\0", "xz -dc"),
        (b"BZh9", "bzip2 -dc"),
        (b"\x28\xb5\x2f\xfd", "zstd -dc"),
        (b"\x04\x22\x4d\x18", "lz4 -dc"),
        (b"PK\x03\x04", "unzip -p"),
    ],
)
def test_what_is_packed_otherwise_is_refused_with_the_command(tmp_path, start, command):
    """Its bytes are no lines, and who reads this wants the log."""
    path = tmp_path / "a b.log"
    path.write_bytes(start + b"\x01\x02" * 50)

    told = run("logs", "condense", path)

    assert (told.code, told.out) == (2, "")
    assert f"{command} '{path}' | fermata logs condense -" in told.err


def test_packed_pipe_is_refused_without_a_name():
    """The command stands before the pipe."""
    told = subprocess.run(
        [sys.executable, "-m", "fermata", "logs", "condense"], input=b"BZh9\x01", capture_output=True, check=False
    )

    assert b"bzip2 -dc | fermata logs condense -" in told.stderr


def test_pipe_needs_no_name():
    """As with `sort` and `jq`: what is piped in is meant."""
    told = subprocess.run(
        [sys.executable, "-m", "fermata", "logs", "condense"], input=LOG.encode(), capture_output=True, check=False
    )

    assert f"301 x1| {FAULT}".encode() in told.stdout.splitlines()


def test_terminal_without_a_file_is_asked_for_one():
    """Nobody types a log."""
    leader, terminal = os.openpty()
    told = subprocess.run(
        [sys.executable, "-m", "fermata", "logs", "condense"],
        stdin=terminal,
        capture_output=True,
        check=False,
        timeout=60,
    )
    os.close(leader)
    os.close(terminal)

    assert told.returncode == 2
    assert b"No log is named" in told.stderr


@pytest.mark.skipif(not Path("/proc").exists(), reason="only Linux tells what a process waits for")
def test_ctrl_c_ends_what_is_piped_in_and_shows_it():
    """`kubectl logs -f` does not end: what was read until then is what somebody waited for."""
    process = subprocess.Popen(
        [sys.executable, "-m", "fermata", "logs", "condense", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(LOG.encode())
    process.stdin.flush()
    # It has read all there is once it is asleep over the pipe; how long its start takes nobody knows.
    _wait_until_asleep(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert f"301 x1| {FAULT}".encode() in out.splitlines()
    assert b"stopped by Ctrl-C" in err
    assert process.returncode == 0


def _wait_until_asleep(pid):
    wchan, deadline = Path(f"/proc/{pid}/wchan"), time.monotonic() + 60
    while "pipe" not in wchan.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_file_that_cannot_be_opened_costs_no_other(log, tmp_path):
    """The others are shown, each missing one is named, and the code says that it was not all."""
    told = run("logs", "condense", tmp_path / "typo.log", log, tmp_path / "gone.log", "--budget", "200")

    assert told.code == 2
    assert f"301 x1| {FAULT}" in told.out.splitlines()
    assert (
        told.err.count("cannot be read. No such file or directory") + told.err.count("cannot be read: No such file")
        == 2
    )
