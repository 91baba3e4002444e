"""A local receiver for alerts, and a stage wired to it."""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fermata.cli.demo.stage import Stage

TOKEN = "stage-test-token"


class Receiver:
    """A webhook that keeps what it was sent; answers 503 as often as told first."""

    def __init__(self):
        self.messages = []
        self.tokens = set()
        self.refuse = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                refused = receiver.refuse > 0
                receiver.refuse -= refused
                if not refused:
                    receiver.tokens.add(self.headers["Authorization"])
                    receiver.messages.append(body)
                self.send_response(503 if refused else 202)
                self.end_headers()

            def log_message(self, *args):
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}/alerts"

    def find(self, name, status):
        """Return the first alert of that name and status among all messages."""
        alerts = [alert for message in self.messages for alert in message["alerts"]]
        return next((a for a in alerts if (a["labels"]["alertname"], a["status"]) == (name, status)), None)


@pytest.fixture
def receiver():
    """Give a webhook on loopback that keeps what it was sent."""
    webhook = Receiver()
    webhook.thread.start()
    yield webhook
    webhook.server.shutdown()
    webhook.thread.join()
    webhook.server.server_close()


@pytest.fixture
def make_stage(tmp_path, receiver):
    """Give a function that creates a stage in `stage`, reporting to the receiver."""

    def make(root=tmp_path / "stage", **options):
        return Stage.create(root, Path(sys.executable), receiver.url, TOKEN, **options)

    return make
