"""Containers' logs: what was written, and the parts of it that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fermata.testing.kubernetes.answers import bad_request, not_modelled

LogKey = tuple[str, str, str, bool]
"""Namespace, pod, container, whether it is the one before the last restart."""


@dataclass(slots=True)
class LogBook:
    """The logs by container. A line is its text, or its time and its text."""

    lines: dict[LogKey, list[tuple[datetime | None, str]]] = field(default_factory=dict)

    def write(
        self, pod: str, text: str, *, namespace: str, container: str, previous: bool = False, at: datetime | None = None
    ) -> None:
        """Add lines; the first is written `at`, each further one a second later."""
        held = self.lines.setdefault((namespace, pod, container, previous), [])
        held += [(at and at + timedelta(seconds=index), line) for index, line in enumerate(text.splitlines())]

    def read(self, pod: Mapping[str, Any], query: Mapping[str, str], now: datetime) -> bytes:
        """Return what a request asks for.

        Raises:
            Refusal: 400 for a container that is not there, 501 for what is not modelled.
        """
        if query.get("follow") == "true":
            raise not_modelled("follow")
        meta, name = pod["metadata"], _find_container(pod, query.get("container", ""))
        is_previous = query.get("previous") == "true"
        lines = self.lines.get((meta["namespace"], meta["name"], name, is_previous))
        if lines is None and is_previous:
            raise bad_request(f'previous terminated container "{name}" in pod "{meta["name"]}" not found')
        found = _since(lines or [], query, now)
        if "tailLines" in query:
            count = int(query["tailLines"])
            found = found[len(found) - count :] if count < len(found) else found
        if query.get("timestamps") == "true":
            texts = [f"{_stamp(at or now)} {line}\n" for at, line in found]
        else:
            texts = [f"{line}\n" for _, line in found]
        content = "".join(texts).encode()
        return content[: int(query["limitBytes"])] if "limitBytes" in query else content


def _find_container(pod: Mapping[str, Any], name: str) -> str:
    pod_name = pod["metadata"]["name"]
    names = [one["name"] for one in (*pod["spec"].get("initContainers", []), *pod["spec"]["containers"])]
    if not name and len(names) > 1:
        raise bad_request(f"a container name must be specified for pod {pod_name}, choose one of: [{' '.join(names)}]")
    if name and name not in names:
        raise bad_request(f"container {name} is not valid for pod {pod_name}")
    return name or names[0]


def _since(
    lines: list[tuple[datetime | None, str]], query: Mapping[str, str], now: datetime
) -> list[tuple[datetime | None, str]]:
    if "sinceTime" in query:
        start = datetime.fromisoformat(query["sinceTime"])
    elif "sinceSeconds" in query:
        start = now - timedelta(seconds=int(query["sinceSeconds"]))
    else:
        return lines
    # A line without a time was written now, as far as anybody can tell.
    return [(at, line) for at, line in lines if at is None or at >= start]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
