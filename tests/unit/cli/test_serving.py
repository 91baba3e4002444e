"""Serving, and letting people in."""

import re
import socket
import urllib.error
import urllib.request

import pytest
from tests.unit.cli.desk import USER

from fermata.cli.serving import get_base_url, open_listener
from fermata.kit.errors import OperationalError
from fermata.settings import Settings


def test_taken_port_is_the_first_thing_said():
    """A port that something holds is named, with what to do, before anything is built."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

        with pytest.raises(OperationalError) as refused:
            open_listener("127.0.0.1", port)

    assert f"127.0.0.1:{port}" in refused.value.what
    assert refused.value.why.startswith("Address already in use")
    assert "FERMATA_SERVER__PORT" in refused.value.do


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_page_is_reached_at_the_port_that_was_bound(host):
    """Port 0 lets the system choose; the address people get is the one that was chosen."""
    with open_listener(host, 0) as listener:
        port = listener.getsockname()[1]

        assert get_base_url(Settings(), listener) == f"http://{'[::1]' if ':' in host else host}:{port}"


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
    link = re.search(r"page +(http\S+/login\?token=\S+)  \(once, for Dana, 10 minutes\)", greeting)
    assert f"settings  {desk.file}" in greeting
    assert "systems   alertmanager, rehearsal" in greeting
    assert re.search(r"alerts    POST http://127\.0\.0\.1:\d+/v1/alerts/<alertmanager>", greeting)
    assert "every alert is refused" in greeting
    assert "HALTED    by" in greeting
    assert link
    with urllib.request.urlopen(link[1].partition("/login")[0] + "/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_second_server_on_one_store_is_refused(serving, start):
    """One SQLite store is served by one process: the second names the first in one line, and ends with 4."""
    second = start("--config", serving.file, "up")

    _, err = second.communicate(timeout=20)

    assert second.returncode == 4
    assert re.search(r"running on this store already, as process \d+", err)
    assert "login?token=" not in err
    assert "Traceback" not in err


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
