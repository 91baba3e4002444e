"""What `check` says of the server's port: that Fermata serves there, that somebody else does, that nobody does."""

import contextlib
import http.server
import re
import socket
import sqlite3
import threading
import urllib.request

import pytest

from fermata.cli import checking


def test_server_that_serves_is_told(desk, start, monkeypatch):
    """Where somebody started it already."""
    desk.write_settings("server: {port: 0}\n")
    process = start("--config", desk.file, "up")
    base = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())[0]
    urllib.request.urlopen(f"{base}/healthz", timeout=10).close()
    monkeypatch.setenv("FERMATA_SERVER__PORT", base.rpartition(":")[2])

    found = {finding["name"]: finding for finding in desk.run("check", "--json").json}

    assert found["settings: server"]["ok"]
    assert found["settings: server"]["text"] == f"Fermata serves at {base}"


def test_port_that_nobody_holds_is_fine(desk, monkeypatch):
    """It is not started yet; the command that does is named."""
    with socket.create_server(("127.0.0.1", 0)) as holder:
        monkeypatch.setenv("FERMATA_SERVER__PORT", str(holder.getsockname()[1]))

    found = {finding["name"]: finding for finding in desk.run("check", "--json").json}

    assert found["settings: server"]["ok"]
    assert "`fermata up` will" in found["settings: server"]["text"]


def test_port_that_somebody_else_holds_is_found_before_the_start(desk, monkeypatch):
    """Whoever listens there and is no Fermata."""
    monkeypatch.setattr(checking, "_SERVER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as holder:
        monkeypatch.setenv("FERMATA_SERVER__PORT", str(holder.getsockname()[1]))
        found = {finding["name"]: finding for finding in desk.run("check", "--json").json}

    assert not found["settings: server"]["ok"]
    assert "set server.port to a free one" in found["settings: server"]["text"]


class _Mimic(http.server.BaseHTTPRequestHandler):
    """Answers as Fermata does to whoever asks whether it is alive."""

    said = b'{"alive": true, "proof": "0"}'

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.said)

    def log_message(self, *args):
        pass


@pytest.mark.parametrize("said", [_Mimic.said, b'{"alive": true}', b'{"alive": "yes"}', b"[]"])
def test_port_that_somebody_like_fermata_holds_is_found(desk, monkeypatch, said):
    """The words alone prove nothing, whether the store's server was ever asked or not."""
    monkeypatch.setattr(_Mimic, "said", said)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Mimic) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("FERMATA_SERVER__PORT", str(server.server_port))
        found = {finding["name"]: finding for finding in desk.run("check", "--json").json}
        server.shutdown()

    assert not found["settings: server"]["ok"]
    assert ("did not prove that it serves this store" if b"true" in said else "something else holds") in found[
        "settings: server"
    ]["text"]


def test_fermata_of_another_store_is_not_this_one(desk, start, monkeypatch, tmp_path):
    """Two installations on one machine, and one port in both settings."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "fermata.yaml").write_text(desk.file.read_text() + "server: {port: 0}\n")
    process = start("--config", other / "fermata.yaml", "up")
    base = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())[0]
    monkeypatch.setenv("FERMATA_SERVER__PORT", base.rpartition(":")[2])

    found = {finding["name"]: finding for finding in desk.run("check", "--json").json}

    assert not found["settings: server"]["ok"]
    assert "it is another one, an older one" in found["settings: server"]["text"]


def test_server_whose_store_is_full_is_still_known(desk, start, monkeypatch):
    """What it proves itself by was made at its start: nobody is told to stop their own Fermata."""
    desk.write_settings("server: {port: 0}\n")
    process = start("--config", desk.file, "up")
    base = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())[0]
    monkeypatch.setenv("FERMATA_SERVER__PORT", base.rpartition(":")[2])
    with contextlib.closing(sqlite3.connect(desk.folder / "state" / "fermata.db")) as store:
        store.execute(
            "create trigger full before insert on flags begin select raise(fail, 'database or disk is full'); end"
        )
        store.commit()

    found = {finding["name"]: finding for finding in desk.run("check", "--json").json}

    assert found["settings: server"]["text"] == f"Fermata serves at {base}"
