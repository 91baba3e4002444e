"""The emulated server on a loopback socket, in a thread of this process."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from fermata.testing.kubernetes.answers import Refusal
from fermata.testing.kubernetes.api import Answer, Api, User
from fermata.testing.kubernetes.faults import Fault, Mishap
from fermata.testing.kubernetes.pods import Fate, Script
from fermata.testing.kubernetes.rbac import EVERYTHING, Rule
from fermata.testing.kubernetes.requests import Request
from fermata.testing.kubernetes.resources import BY_KIND
from fermata.testing.kubernetes.store import Json, Write

ADMIN_TOKEN = "emulated-admin"  # noqa: S105 - of a server that ends with the test.
_POST = {
    429: ("TooManyRequests", "Too many requests, please try again later."),
    503: ("ServiceUnavailable", "the server is currently unable to handle the request"),
}


class KubernetesEmulator:
    """An API server for tests: `with KubernetesEmulator() as cluster:` and it answers at `cluster.url`.

    Args:
        tls: A server context makes it speak HTTPS.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.api = Api(users={ADMIN_TOKEN: User("admin", [EVERYTHING])})
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        """Everything that was asked, in order, refused or not."""
        self.before: list[Callable[[Request], object]] = []
        """Called with each request before it is answered: what somebody else does in between."""
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self._tls = tls
        self._http: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> Self:
        """Listen on a free loopback port, with one node and the namespace `default`."""
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.emulator = self
        if self._tls is not None:
            self._http.socket = self._tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.put({"kind": "Namespace", "metadata": {"name": "default"}})
        self.put({"kind": "Node", "metadata": {"name": "node-1"}, "spec": {}})
        return self

    def stop(self) -> None:
        """End every connection and wait for the threads; a second call does nothing."""
        self.stopping.set()
        http, self._http = self._http, None
        if http is None or self._thread is None:
            return
        http.shutdown()
        http.close_connections()
        http.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return the server's address."""
        assert self._http is not None, "not started"  # noqa: S101 - a test's mistake.
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._http.server_address[1]}"

    def write_kubeconfig(self, path: Path, *, token: str = ADMIN_TOKEN, ca_file: Path | None = None) -> Path:
        """Write a kubeconfig that points here, and return its path."""
        cluster: Json = {"server": self.url} | ({"certificate-authority": str(ca_file)} if ca_file else {})
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "emulator",
            "clusters": [{"name": "emulator", "cluster": cluster}],
            "users": [{"name": "emulator", "user": {"token": token}}],
            "contexts": [{"name": "emulator", "context": {"cluster": "emulator", "user": "emulator"}}],
        }
        path.write_text(json.dumps(config))
        return path

    def add_user(self, name: str, *rules: Rule) -> str:
        """Let a user in who may do what the rules say and nothing else; return the token."""
        token = f"emulated-{name}"
        with self.lock:
            self.api.users[token] = User(name, list(rules))
        return token

    def put(self, value: Json, *, manager: str = "kubectl-client-side-apply", is_apply: bool = False) -> Json:
        """Create an object, and its namespace if that is missing; a pod's `status` is kept as given.

        Raises:
            Refusal: The server would refuse it too.
        """
        served = BY_KIND[value["kind"]]
        meta = value["metadata"]
        namespace = meta.get("namespace", "default") if served.is_namespaced else ""
        with self.lock:
            if namespace and self.api.store.find("Namespace", "", namespace) is None:
                self.put({"kind": "Namespace", "metadata": {"name": namespace}})
            made = self.api.store.create(served, namespace, value, Write(manager, is_apply=is_apply))
            if served.has_status and value.get("status"):
                self.api.store.edit(
                    made, lambda one: one.update(status=value["status"]), Write("kubelet", subresource="status")
                )
                if served.kind == "Pod":
                    self.api.cluster.leave_alone(made)
            self.api.cluster.settle()
        return self.get(served.kind, namespace, meta["name"])

    def get(self, kind: str, namespace: str, name: str) -> Json:
        """Return a copy of a stored object.

        Raises:
            Refusal: 404.
        """
        with self.lock:
            return cast("Json", json.loads(json.dumps(self.api.store.get(BY_KIND[kind], namespace, name))))

    def list_kind(self, kind: str, namespace: str = "") -> list[Json]:
        """Return copies of the stored objects of a kind."""
        with self.lock:
            return [json.loads(json.dumps(one)) for one in self.api.store.list_kind(kind, namespace)]

    def edit(self, value: Json, change: Any, *, manager: str = "kubectl-edit", subresource: str = "") -> Json:
        """Change a stored object as another client would, and return it."""
        with self.lock:
            done = self.api.store.edit(value, change, Write(manager, subresource=subresource))
            self.api.cluster.settle()
            return done

    def script(self, fate: Fate, *, image: str = "", needs_memory: str = "") -> None:
        """Say what becomes of containers from now on, those that are there included; the latest word comes first."""
        with self.lock:
            self.api.cluster.scripts.insert(0, Script(fate, image, needs_memory))
            self.api.cluster.settle()

    def write_log(self, pod: str, text: str, *, namespace: str, container: str, **more: Any) -> None:
        """Add lines to a container's log; `previous=True` for those before the last restart, `at` for their time."""
        with self.lock:
            self.api.logs.write(pod, text, namespace=namespace, container=container, **more)

    def expire_lists(self) -> None:
        """Make every list that is being read in pages too old to go on with."""
        with self.lock:
            self.api.oldest_version = self.api.store.version + 1

    def list_forced(self) -> list[Request]:
        """Return the requests that asked to force an apply: a test of Fermata wants none."""
        return [request for request in self.requests if request.query.get("force") == "true"]

    def list_writes(self) -> list[Request]:
        """Return the requests that would change something and are no dry runs; reviews of access are none."""
        return [
            request
            for request in self.requests
            if request.method != "GET" and "dryRun" not in request.query and "authorization.k8s.io" not in request.path
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True
    request_queue_size = 128
    emulator: KubernetesEmulator

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.connections: set[socket.socket] = set()

    def close_connections(self) -> None:
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away, or does not trust the certificate, is what tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class names it.
        """Say nothing: tests read `requests`."""

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_GET  # noqa: N815 - the base class looks for these names.
    do_PUT = do_GET  # noqa: N815 - as above.
    do_PATCH = do_GET  # noqa: N815 - as above.
    do_DELETE = do_GET  # noqa: N815 - as above.

    def _serve(self) -> None:
        emulator = self.server.emulator
        url = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): text for name, text in self.headers.items()}
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        request = Request(self.command, url.path, query, headers, self.rfile.read(length))
        with emulator.lock:
            emulator.requests.append(request)
            for call in emulator.before:
                call(request)
            fault = next((one for one in emulator.faults if one.strikes(request)), None)
        if fault is None:
            self._send(self._compute(request))
        else:
            self._fail(fault, request)

    def _compute(self, request: Request) -> Answer:
        emulator = self.server.emulator
        with emulator.lock:
            return emulator.api.answer(request)

    def _fail(self, fault: Fault, request: Request) -> None:
        emulator = self.server.emulator
        if fault.mishap is Mishap.LATE:
            emulator.stopping.wait(fault.delay_s)
            self._send(self._compute(request))
            return
        if fault.mishap is Mishap.REFUSED:
            reason, words = _POST.get(fault.code, ("InternalError", "Internal error occurred"))
            refusal = Refusal(fault.code, reason, words)
            headers = {"Retry-After": str(fault.retry_after_s)} if fault.retry_after_s else {}
            self._send(Answer(fault.code, json.dumps(refusal.to_status()).encode(), headers=headers))
            return
        answer = self._compute(request) if fault.after_effect or fault.mishap is Mishap.HALF else None
        if fault.mishap is Mishap.HANGS:
            emulator.stopping.wait()
        if fault.mishap is Mishap.HALF and answer is not None:
            self._send(answer, share=0.5)
        self.close_connection = True

    def _send(self, answer: Answer, share: float = 1) -> None:
        phrase = {200: "OK", 201: "Created"}.get(answer.code, "Refused")
        headers = {
            "Content-Type": answer.content_type,
            "Content-Length": str(len(answer.body)),
            "Date": self.date_time_string(),
            **answer.headers,
        }
        head = f"HTTP/1.1 {answer.code} {phrase}\r\n" + "".join(f"{key}: {text}\r\n" for key, text in headers.items())
        with suppress(OSError):
            self.wfile.write(head.encode() + b"\r\n" + answer.body[: int(len(answer.body) * share)])
