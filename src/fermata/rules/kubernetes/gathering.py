"""Events and logs, gathered from wherever a capture holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fermata.rules.kubernetes.captures import Captures
from fermata.rules.kubernetes.events import Event, join_events, read_api_event
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, parse_command
from fermata.rules.kubernetes.logs import LogText

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster


def gather_events(captures: Captures, cluster: Cluster) -> tuple[Event, ...]:
    """Return all events of a capture, joined, newest last."""
    found: list[Event] = []
    for body, passage in captures.api_objects.get("Event", ()):
        event = read_api_event(
            body, passage.find(str(body.get("message") or "")[:40].strip() or "reason"), cluster.captured_at
        )
        if event is not None:
            found.append(event)
    return join_events(found)


def gather_logs(captures: Captures) -> tuple[LogText, ...]:
    """Return the answers of `kubectl logs` as logs."""
    found = []
    for (verb, _), documents in captures.by_target.items():
        if verb != "logs":
            continue
        for document in documents:
            command = parse_command(document.query)
            if command.names:
                namespace = command.namespace if command.namespace not in (None, ANY_NAMESPACE) else captures.home
                found.append(
                    LogText(
                        document.key,
                        namespace or "",
                        command.names[0][1],
                        command.container,
                        command.previous,
                        document.text,
                        document.numbers,
                    )
                )
    return tuple(found)
