"""An API server that says what it was given to say, and nothing else: recorded answers over a loopback socket.

It models nothing. A request is answered when its method, path and query are written down, otherwise with 501; a test
then sees exactly what was asked. For what depends on what was done before, there is the emulator.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from fermata.integrations.kubernetes.collect import CLUSTER_WIDE, NAMESPACED
from fermata.integrations.kubernetes.resources import CONFIG_MAP, CONTROLLER_REVISION, NAMESPACE, POD_METRICS
from fermata.testing.web_server import Answer, Request, WebServer

Json = dict[str, Any]
TOKEN = "replayed-by-a-test"  # noqa: S105 - a fixture's token; it opens nothing
KINDS = (*NAMESPACED, *CLUSTER_WIDE, CONTROLLER_REVISION)
_LIMIT = {"limit": "500"}


class ReplayServer:
    """One API server on a free port. Use it as an async context manager.

    Args:
        directory: Where its kubeconfig is written.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._answers: dict[tuple[str, str, str], Answer] = {}
        self.web = WebServer(self._respond)
        """The socket; `requests` holds all that was asked."""
        self.unknown: list[str] = []
        """What was asked and is not written down."""

    async def __aenter__(self) -> Self:
        await self.web.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.web.__aexit__(kind, error, trace)

    @property
    def kubeconfig(self) -> Path:
        """Return a kubeconfig that leads here."""
        path = self._directory / "kubeconfig"
        path.write_text(write_kubeconfig(self.web.url))
        return path

    def say(self, path: str, answer: Any, query: Mapping[str, str] | None = None, method: str = "GET") -> None:
        """Write down an answer.

        Args:
            answer: A JSON value, or an `Answer` with a status, a delay or a fault.
            query: Exactly these parameters; without any, none may be given.
        """
        given = answer if isinstance(answer, Answer) else Answer(answer)
        self._answers[method, path, _write_query(query or {})] = given

    def say_list(self, path: str, kind: str, items: Iterable[Json], query: Mapping[str, str] | None = None) -> None:
        """Write down a list, as the API gives it for the page size that is always asked for: items without kind."""
        bare = [{key: value for key, value in item.items() if key not in ("kind", "apiVersion")} for item in items]
        listed = {"kind": f"{kind}List", "apiVersion": "v1", "metadata": {"resourceVersion": "283"}, "items": bare}
        self.say(path, listed, query=_LIMIT | dict(query or {}))

    def say_objects(self, objects: Iterable[Json], namespace: str) -> None:
        """Write down every list of a namespace and of the cluster that a gathering asks for, and each object alone.

        Kinds of which no object is given are empty; metrics are not served.
        """
        given = list(objects)
        for resource in KINDS:
            own = [item for item in given if item["kind"] == resource.kind]
            self.say_list(resource.path(namespace), resource.kind, own)
        for item in given:
            resource = next(each for each in (*KINDS, NAMESPACE, CONFIG_MAP) if each.kind == item["kind"])
            self.say(resource.path(item["metadata"].get("namespace", ""), item["metadata"]["name"]), item)
        if not any(item["kind"] == "Namespace" for item in given):
            self.say(NAMESPACE.path("", namespace), {"kind": "Namespace", "metadata": {"name": namespace}})
        self.refuse(
            POD_METRICS.path(namespace), 404, "NotFound", "the server could not find the requested resource", _LIMIT
        )

    def refuse(self, path: str, code: int, reason: str, message: str, query: Mapping[str, str] | None = None) -> None:
        """Write down a refusal in the API's own form."""
        self.say(path, Answer(make_status(code, reason, message), code), query=query)

    def list_asked(self) -> list[str]:
        """Return what was asked, in order: `GET /api/v1/nodes?limit=500`."""
        return [_describe(request) for request in self.web.requests]

    def _respond(self, request: Request) -> Answer:
        query = _write_query({name: request.get_query(name) for name in request.query})
        found = self._answers.get((request.method, request.path, query))
        if found is not None:
            return found
        self.unknown.append(_describe(request))
        return Answer(make_status(501, "NotImplemented", f"not written down: {_describe(request)}"), 501)


def make_status(code: int, reason: str, message: str) -> Json:
    """Return a `Status` of the API."""
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "code": code,
    }


def write_kubeconfig(server: str, token: str = TOKEN, ca_file: Path | None = None) -> str:
    """Return a kubeconfig of one cluster, one user, one context."""
    authority = f', certificate-authority: "{ca_file}"' if ca_file else ""
    return (
        "apiVersion: v1\nkind: Config\ncurrent-context: test\n"
        f'clusters: [{{name: test, cluster: {{server: "{server}"{authority}}}}}]\n'
        "contexts: [{name: test, context: {cluster: test, user: test}}]\n"
        f"users: [{{name: test, user: {{token: {token}}}}}]\n"
    )


def _write_query(query: Mapping[str, str]) -> str:
    return urlencode(sorted(query.items()))


def _describe(request: Request) -> str:
    query = _write_query({name: request.get_query(name) for name in request.query})
    return f"{request.method} {request.path}" + (f"?{query}" if query else "")
