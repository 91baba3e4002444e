"""Serving, and letting people in."""

import os
import pty
import re
import signal
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.unit.cli.desk import USER

from fermata.cli.serving import get_base_url, open_listener
from fermata.kit.errors import OperationalError
from fermata.settings import Settings

UNNEEDED = (
    "fermata.flows.analyse", "fermata.flows.ask", "fermata.flows.postmortem.editors", "fermata.rules.signatures",
    "fermata.rules.changes", "fermata.rules.brief", "fermata.rules.condense", "psycopg", "rich", "alembic",
    "pydantic_ai", "httpx2",
)  # fmt: skip
"""Beginnings of the names of modules."""


def test_taken_port_is_the_first_thing_said():
    """A port that something holds is named, with what to do, before anything is built."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

        with pytest.raises(OperationalError) as refused:
            open_listener("127.0.0.1", port)

    assert f"127.0.0.1:{port}" in refused.value.what
    assert refused.value.why.startswith("Address already in use")
    assert "server.port" in refused.value.do


@pytest.mark.parametrize(
    ("host", "reached"), [("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("0.0.0.0", "127.0.0.1"), ("::", "[::1]")]
)
def test_page_is_reached_at_the_port_that_was_bound(host, reached):
    """Port 0 lets the system choose; the address people get is the one that was chosen, never that of everywhere."""
    with open_listener(host, 0) as listener:
        port = listener.getsockname()[1]

        assert get_base_url(Settings(), listener) == f"http://{reached}:{port}"


def test_public_url_is_what_people_get():
    """Behind a proxy the address of the proxy counts."""
    settings = Settings.model_validate({"server": {"public_url": "https://fermata.test"}})

    with open_listener("127.0.0.1", 0) as listener:
        assert get_base_url(settings, listener) == "https://fermata.test"


def test_serving_greets_with_what_a_person_needs(desk, start):
    """Where it serves, what is configured, a link to the page, and a warning where alerts would be refused."""
    desk.run("halt", "a bad deploy")
    desk.write_settings("server: {port: 0}\n")
    process = start("--config", desk.file, "up")

    lines = [process.stderr.readline() for _ in range(7)]

    greeting = "".join(lines)
    page = re.search(r"page +(http\S+)/  \(`fermata login` prints a link that lets Dana in\)", greeting)
    assert f"settings  {desk.file}" in greeting
    assert "systems   alertmanager, rehearsal" in greeting
    assert re.search(r"alerts    POST http://127\.0\.0\.1:\d+/v1/alerts/<alertmanager>", greeting)
    assert "every alert is refused" in greeting
    assert "HALTED    by" in greeting
    assert page
    assert "token=" not in greeting
    with urllib.request.urlopen(f"{page[1]}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_idle_server_goes_without_what_it_may_never_need(desk, start, monkeypatch, tmp_path):
    """The rules of diagnosis and of language, PostgreSQL's driver and rich are a fifth of its memory."""
    desk.write_settings("server: {port: 0}\n")
    monkeypatch.setenv("PYTHONVERBOSE", "1")  # Python then tells each module that it loads.
    with (tmp_path / "told").open("w+") as told:
        process = start("--config", desk.file, "up", stderr=told)
        while not (page := re.search(r"page +(http\S+)/", Path(told.name).read_text())):
            assert process.poll() is None
            time.sleep(0.05)
        with urllib.request.urlopen(f"{page[1]}/readyz", timeout=20) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGTERM)
        process.wait(20)

    loaded = set(re.findall(r"^import '(\S+)' #", Path(told.name).read_text(), re.MULTILINE))
    assert {"fermata.web.app", "dbos", "structlog", "fermata.flows.investigate"} <= loaded
    assert [name for name in sorted(loaded) if name.startswith(UNNEEDED)] == []


def test_closed_terminal_ends_it_in_order(desk, start):
    """As SIGTERM does: what runs is left to be taken up, and nothing dies in the middle."""
    desk.write_settings("server: {port: 0}\n")
    process = start("--config", desk.file, "up")
    lines = iter(process.stderr.readline, "")
    page = next(found for line in lines if (found := re.search(r"page +(http\S+)/", line)))
    with urllib.request.urlopen(f"{page[1]}/healthz", timeout=10) as answer:
        assert answer.status == 200

    process.send_signal(signal.SIGHUP)

    assert process.wait(20) == 128 + signal.SIGHUP


def test_closed_terminal_does_not_end_what_nohup_began(desk, start):
    """Who ignores it before the start wants it to serve on."""
    desk.write_settings("server: {port: 0}\n")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = start("--config", desk.file, "up")
    finally:
        signal.signal(signal.SIGHUP, before)
    lines = iter(process.stderr.readline, "")
    page = next(found for line in lines if (found := re.search(r"page +(http\S+)/", line)))

    process.send_signal(signal.SIGHUP)

    with urllib.request.urlopen(f"{page[1]}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_terminal_is_greeted_with_a_link(desk, start):
    """Whoever sits there may come in; a log that others read is given none."""
    desk.write_settings("server: {port: 0}\n")
    ours, theirs = pty.openpty()
    start("--config", desk.file, "up", stderr=theirs)
    os.close(theirs)

    greeting = ""
    while "minutes)" not in greeting:
        greeting += os.read(ours, 4096).decode()
    os.close(ours)

    assert re.search(r"page +http\S+/login\?token=\S+  \(once, for Dana, 10 minutes\)", greeting)


def test_folder_that_others_may_enter_is_said_at_the_start(desk, start):
    """Whoever can write there can approve: it is not left to `check` alone."""
    desk.write_settings("server: {port: 0}\n")
    desk.run("pending")
    (desk.folder / "state").chmod(0o755)
    process = start("--config", desk.file, "up")

    greeting = "".join(process.stderr.readline() for _ in range(6))

    assert f"warning   others may enter {desk.folder / 'state'}" in greeting
    assert "chmod 700" in greeting


def test_store_that_was_left_behind_is_told_while_the_new_one_is_empty(desk, start):
    """Held plans are not lost in silence because somebody set another store; once that one is used, it is the one."""
    desk.send(investigate=False)
    desk.write_settings("server: {port: 0}\nstore: {url: 'sqlite:///other.db'}\n")
    first = start("--config", desk.file, "up")
    greeting = "".join(first.stderr.readline() for _ in range(6))
    first.terminate()
    first.wait(20)
    desk.send(investigate=False)

    second = start("--config", desk.file, "up")
    later = "".join(second.stderr.readline() for _ in range(6))

    assert (
        f"warning   this store is empty; incidents that were in {desk.folder / 'state' / 'fermata.db'}: 1" in greeting
    )
    assert "page " in later
    assert "this store is empty" not in later


def test_second_server_on_a_taken_port_is_told_that_it_is_fermata(desk, start):
    """Another port would not help: the first one serves this very store."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    desk.write_settings(f"server: {{port: {port}}}\n")
    first = start("--config", desk.file, "up")
    first.stderr.readline()

    second = start("--config", desk.file, "up")
    _, err = second.communicate(timeout=20)

    assert second.returncode == 4
    assert f"running on this store already, as process {first.pid}" in err


def test_taken_port_of_somebody_else_is_told_as_that(desk, start):
    """Where nothing serves this store, the port is what is wrong."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        desk.write_settings(f"server: {{port: {holder.getsockname()[1]}}}\n")
        desk.run("pending")
        process = start("--config", desk.file, "up")
        _, err = process.communicate(timeout=20)

    assert process.returncode == 4
    assert "cannot listen on" in err


def test_second_server_on_one_store_is_refused(serving, start):
    """One SQLite store is served by one process: the second names the first in one line, and ends with 4."""
    second = start("--config", serving.file, "up")

    _, err = second.communicate(timeout=20)

    assert second.returncode == 4
    assert re.search(r"running on this store already, as process \d+", err)
    assert "login?token=" not in err
    assert "Traceback" not in err


def test_damage_that_only_the_engine_meets_is_said_in_words(desk, start):
    """A store whose damage is first met by the engine ends the start in one line, and nobody is told that it serves."""
    store = desk.folder / "state" / "fermata.db"
    with sqlite3.connect(store) as connection:
        (page,) = connection.execute(
            "select rootpage from sqlite_master where name = 'application_versions'"
        ).fetchone()
    connection.close()
    with store.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    desk.write_settings("server: {port: 0}\n")
    process = start("--config", desk.file, "up")

    _, err = process.communicate(timeout=20)

    assert process.returncode == 4
    assert "is damaged" in err
    assert "restore the file from a backup" in err
    assert "Traceback" not in err
    assert "serves on" not in err


def test_link_of_a_server_that_listens_everywhere_names_this_machine(desk):
    """A browser asks for the host of the link, and a server answers to none that is called 0.0.0.0."""
    desk.write_settings("server: {host: 0.0.0.0}\n")

    assert desk.run("login").out.startswith("http://127.0.0.1:8714/login?token=")


def test_link_is_printed_for_whoever_is_at_the_keyboard(desk):
    """The person behind the console handle gets a link of their own."""
    told, machine = desk.run("login"), desk.run("login", "--json").json

    assert re.fullmatch(r"http://127\.0\.0\.1:8714/login\?token=\S{40,}\n", told.out)
    assert machine["person"] == "dana"
    assert machine["url"] != told.out.strip()


def test_link_leads_where_it_was_told_to(desk):
    """Another person, or another way to the page, can be named."""
    assert desk.run("login", "--as", "max", "--json").json["person"] == "max"
    assert desk.run("login", "--base", "https://page.test").out.startswith("https://page.test/login?token=")


@pytest.mark.parametrize(
    ("arguments", "handle", "words"),
    [
        ((), "somebody", f"Nobody in `people:` has the console handle {USER!r}"),
        (("--as", "mallory"), USER, "'mallory'"),
    ],
)
def test_link_for_a_stranger_is_refused(desk, arguments, handle, words):
    """Nobody is let in whom the settings do not name."""
    desk.write_settings(**{f"console: {USER}": f"console: {handle}"})

    result = desk.run("login", *arguments)

    assert (result.code, result.out) == (2, "")
    assert words in result.err
