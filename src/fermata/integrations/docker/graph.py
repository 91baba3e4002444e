"""What an engine runs, for the service graph: its containers, each inspected once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from fermata.integrations.docker.containers import is_set_aside
from fermata.integrations.docker.faults import NoSuchObject
from fermata.integrations.docker.site import Site
from fermata.integrations.docker.wire import ONEOFF_LABEL, Listed
from fermata.kit.errors import OperationalError
from fermata.ports.graph import GraphReading

MOST_CONTAINERS = 300
"""Inspected in one reading. One answers in a millisecond or two; more than this is no host of one shop."""
_ALIVE = frozenset({"running", "restarting", "paused"})


class DockerGraphReader:
    """Lists what runs. Implements `GraphReader`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def read_graph(self, queries: Mapping[str, str]) -> GraphReading:
        """Inspect every container of the engine, or of the projects of the settings.

        One that vanishes meanwhile is left out; one that cannot be inspected is a gap.

        Raises:
            OperationalError: The engine cannot be asked, or none of them can be inspected.
        """
        del queries  # For systems that keep metrics.
        async with self._site.client.connect() as session:
            wanted = list_wanted(await self._site.list_containers(session))
            asked = wanted[:MOST_CONTAINERS]
            answers = await asyncio.gather(*(_look(session.inspect(one.id)) for one in asked))
            ids = sorted({one.image_id for one in asked} - {""})
            images = await asyncio.gather(*(_look(session.inspect_image(image)) for image in ids))
        failed = [
            (one, answer) for one, answer in zip(asked, answers, strict=True) if isinstance(answer, OperationalError)
        ]
        if failed and len(failed) == len(asked):
            raise failed[0][1]
        gaps = [f"container {one.name}: {error}" for one, error in failed]
        if len(wanted) > len(asked):
            gaps.append(f"there are {len(wanted)} containers, and {MOST_CONTAINERS} of them were read")
        refused = [answer for answer in images if isinstance(answer, OperationalError)]
        if refused:
            gaps.append(f"images, so that what they bring counts as set for the container: {refused[0]}")
        return GraphReading(
            containers=tuple(answer for answer in answers if isinstance(answer, dict)),
            images=tuple(answer for answer in images if isinstance(answer, dict)),
            gaps=tuple(gaps),
        )


def list_wanted(listed: Sequence[Listed]) -> list[Listed]:
    """Return the containers that stand for services, by name: what runs, and all of a compose project that is up.

    What has ended outside of compose is somebody's `docker run` of last week; in a project of which some run it is
    a service that is down. One-off runs and what was set aside are no services.
    """
    alive = {one.project for one in listed if one.state in _ALIVE} - {""}
    return sorted(
        (
            one
            for one in listed
            if (one.state in _ALIVE or one.project in alive)
            and not is_set_aside(one.name)
            and one.labels.get(ONEOFF_LABEL, "").lower() != "true"
        ),
        key=lambda one: one.name,
    )


async def _look(call: Awaitable[tuple[Any, dict[str, Any]]]) -> dict[str, Any] | OperationalError | None:
    """Return what an object is, as the engine wrote it; `None` when it is gone."""
    try:
        return (await call)[1]
    except NoSuchObject:
        return None
    except OperationalError as error:
        return error
