"""Which images a container's service ran before, and what became different with the present one.

Only what certainly ran counts: a container that was started once and is still there, stopped or set aside; one that was
seen while Fermata served; or an event of such a container, which names its image by id (compose notes it in a label),
or by a tag that was not moved since.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import is_set_aside, parse_instant
from fermata.integrations.docker.faults import NoSuchObject
from fermata.integrations.docker.site import Target, find_target
from fermata.integrations.docker.wire import (
    IMAGE_LABEL,
    PROJECT_LABEL,
    SERVICE_LABEL,
    Event,
    Image,
    ImageHistory,
    Inspected,
    Listed,
)
from fermata.kit.clock import format_instant
from fermata.kit.destinations import hide_variable
from fermata.kit.hiding import hide_lines

if TYPE_CHECKING:
    from fermata.integrations.docker.remembered import SeenRun

_MOST_RUNS = 10
_MOST_SIBLINGS = 5
_MOST_CONTAINERS = 30
"""Of one service, the youngest: each is asked about on its own."""


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """One image that the service ran before the present one."""

    image: Image
    name: str
    """What it was called then: `shop/checkout:1`."""
    until: datetime
    """When it was last seen to run."""
    source: str
    """How this is known, in words."""


def is_same_service(inspected: Inspected, name: str, labels: dict[str, str]) -> bool:
    """Answer whether another container did the same job: same compose service, or same name but for being set aside."""
    own = inspected.config.labels
    if own.get(SERVICE_LABEL):
        return all(own.get(label) == labels.get(label) for label in (PROJECT_LABEL, SERVICE_LABEL))
    bare = name.rpartition(".fermata-")[0] if is_set_aside(name) else name
    return bare == inspected.name and not labels.get(SERVICE_LABEL)


async def list_earlier_runs(
    session: EngineSession,
    target: Target,
    listed: Sequence[Listed],
    events: Sequence[Event],
    seen: Sequence[SeenRun] = (),
) -> list[EarlierRun]:
    """Return the other images the service ran before and that are still on this engine, latest first.

    Args:
        listed: Every container.
        events: Of containers, oldest first; they may be empty.
        seen: What ran under its name before it, as it was seen.

    Raises:
        OperationalError: The engine cannot be asked.
    """
    runs = [
        *await _read_containers(session, target, listed),
        *await _read_seen(session, seen),
        *await _read_events(session, target, events),
    ]
    runs.sort(key=lambda run: run.until, reverse=True)
    latest: dict[str, EarlierRun] = {}
    for run in runs:
        if run.image.id != target.inspected.image:
            latest.setdefault(run.image.id, run)
    return list(latest.values())[:_MOST_RUNS]


async def find_predecessor_image(
    session: EngineSession, target: Target, events: Sequence[Event], seen: Sequence[SeenRun]
) -> str:
    """Return the id of the image that the last container of this very name before it ran; empty where nobody knows.

    Not of the service: another container of it, with the same image, may have begun meanwhile.

    Raises:
        OperationalError: The engine cannot be asked.
    """
    for event in reversed(events):
        if event.action == "start" and event.name == target.name and event.actor.id != target.inspected.id:
            if seen and (event.actor.id == seen[0].id or event.at <= seen[0].seen_at):
                break
            # It came and went while nobody looked.
            image = await _find_named(session, event)
            return image.id if image is not None else ""
    return seen[0].image_id if seen else ""


async def _read_seen(session: EngineSession, seen: Sequence[SeenRun]) -> list[EarlierRun]:
    found = [(one, await find_image(session, one.image_id)) for one in seen]
    return [EarlierRun(image, one.image, one.seen_at, "what was seen") for one, image in found if image is not None]


async def _read_containers(session: EngineSession, target: Target, listed: Sequence[Listed]) -> list[EarlierRun]:
    runs = []
    own = [one for one in listed if is_same_service(target.inspected, one.name, one.labels)]
    for one in sorted(own, key=lambda one: one.created, reverse=True)[:_MOST_CONTAINERS]:
        if one.id == target.inspected.id:
            continue
        other = await find_target(session, one.id)
        started = parse_instant(other.inspected.state.started_at) if other else None
        image = await find_image(session, one.image_id) if started else None
        if other is None or started is None or image is None:
            continue
        until = parse_instant(other.inspected.state.finished_at) or started
        runs.append(EarlierRun(image, other.inspected.config.image, max(until, started), f"container {one.name}"))
    return runs


async def _read_events(session: EngineSession, target: Target, events: Sequence[Event]) -> list[EarlierRun]:
    runs: dict[str, EarlierRun] = {}
    for event in reversed(events):
        if event.action != "start" or event.actor.id == target.inspected.id or event.actor.id in runs:
            continue
        if not is_same_service(target.inspected, event.name, event.actor.attributes):
            continue
        if (image := await _find_named(session, event)) is not None:
            called = event.actor.attributes.get("image", "")
            runs[event.actor.id] = EarlierRun(image, called, event.at, "an event of the engine")
    return list(runs.values())


async def _find_named(session: EngineSession, event: Event) -> Image | None:
    """Return the image that an event of a container is certain to mean, or `None`."""
    called, exact = event.actor.attributes.get("image", ""), event.actor.attributes.get(IMAGE_LABEL, "")
    image = await find_image(session, exact or called)
    return image if image is not None and (exact or _is_named_surely(image, called, event.at)) else None


def _is_named_surely(image: Image, called: str, at: datetime) -> bool:
    """Answer whether a name meant this image at that instant: it holds an id, or the tag has not been moved since."""
    if "@sha256:" in called or image.id.removeprefix("sha256:").startswith(called.removeprefix("sha256:")):
        return True
    tagged = parse_instant(image.metadata.last_tag_time)
    return tagged is not None and tagged <= at


async def find_image(session: EngineSession, name: str) -> Image | None:
    """Return an image of this engine by name or id, or `None`.

    Raises:
        OperationalError: The engine cannot be asked.
    """
    if not name:
        return None
    try:
        return (await session.inspect_image(name))[0]
    except NoSuchObject:
        return None


def find_repository(called: str) -> str:
    """Return the repository of an image's name: `registry:5000/shop/api:2` gives it without the tag; empty of an id."""
    name = called.partition("@")[0]
    head, slash, tail = name.rpartition("/")
    bare = f"{head}{slash}{tail.partition(':')[0]}"
    return "" if bare in ("", "sha256") or re.fullmatch(r"[0-9a-f]{12,64}", bare) else bare


async def list_siblings(session: EngineSession, inspected: Inspected) -> list[str]:
    """Return the names of other images of a container's repository, the youngest first, each with when it was built.

    That they are there does not say that they ran.

    Raises:
        OperationalError: The engine cannot be asked.
    """
    repository = find_repository(inspected.config.image)
    if not repository:
        return []
    listed = await session.list_images(repository)
    others = sorted((one for one in listed if one.id != inspected.image), key=lambda one: one.created, reverse=True)
    return [
        f"{tag} (built {format_instant(datetime.fromtimestamp(one.created, UTC))})"
        for one in others
        for tag in one.tags or ()
        if not tag.startswith("<none>")
    ][:_MOST_SIBLINGS]


def describe_image(image: Image, layers: Sequence[ImageHistory], shown: Sequence[str]) -> list[str]:
    """Return an image as lines that can be compared: its settings, then its layers from the first to the last.

    Args:
        shown: Globs of variables whose values may be shown; others are digests.
    """
    config = image.config
    variables = [variable.partition("=") for variable in sorted(config.env)]
    return [
        f"entrypoint: {_write(config.entrypoint)}",
        f"cmd: {_write(config.cmd)}",
        f"user: {config.user or 'root'}",
        f"workdir: {config.working_dir or '/'}",
        *(f"env {name}={hide_variable(name, value, shown)}" for name, _, value in variables),
        *(f"label {name}={value}" for name, value in sorted(config.labels.items())),
        *(f"layer {_describe_layer(layer)}" for layer in reversed(layers)),
    ]


def _write(words: Sequence[str]) -> str:
    return " ".join(words) if words else "none"


def _describe_layer(layer: ImageHistory) -> str:
    text = " ".join((layer.created_by or layer.comment or "unnamed").split())
    return f"{text[:300]} ({layer.size} bytes)"


def compare_images(before: Sequence[str], after: Sequence[str], names: tuple[str, str]) -> tuple[str, ...]:
    """Return the unified diff of two described images, secrets replaced; empty when nothing that is shown differs."""
    diff = difflib.unified_diff(before, after, *names, lineterm="")
    return hide_lines([" ".join(line.splitlines()) for line in diff]).lines
