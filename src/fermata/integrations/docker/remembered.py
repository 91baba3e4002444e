"""What ran before, as it was seen while Fermata served: an engine forgets a container with its removal.

Its events are no help for long. It keeps the last 256, and each run of each health check makes three.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from fermata.domain.record import FrozenMap, Instant, Record
from fermata.integrations.docker.blueprint import NETWORK, describe_container
from fermata.integrations.docker.client import EngineSession
from fermata.integrations.docker.containers import is_passing, is_set_aside, parse_instant
from fermata.integrations.docker.faults import EngineBusy, EngineRefused
from fermata.integrations.docker.site import Site, Target, find_target
from fermata.integrations.docker.wire import Listed
from fermata.kit.clock import format_instant, is_within
from fermata.kit.digest import compute_digest
from fermata.ports.notes import Notes, PassingNotes

_NAME = "containers"
_MOST_NAMES = 100
"""Containers that are remembered, those that are known first. Hosts with more are few."""
_KEPT_FOR = timedelta(hours=1)
"""How old the times may be until which containers were seen, when this process ends: they are written as often."""
_MOST_RUNS = 3
_MOST_LINES = 200
_LONGEST_LINE = 500
# Told by the image's own difference, or compose's book-keeping: its hash says only that something is different.
_LEFT_OUT = re.compile(r"(?:image(?: id)?: |label (?:com\.docker\.compose\.|org\.opencontainers\.))")
_FIRST_OF_SERVER = 500  # RFC 9110, 15.6: the server failed, and did not refuse.


class SeenRun(Record):
    """One container that ran under a name."""

    id: str
    image_id: str
    image: str
    """What it was called: `shop/checkout:1`."""
    created_at: Instant
    seen_at: Instant
    """When it was last seen to be there."""
    settings: tuple[str, ...]
    """What it was created with, as lines without secrets."""
    addresses: tuple[str, ...] = ()
    """That its networks gave it when it was last seen to run: one that is down has none."""
    left: FrozenMap[str, Instant] = Field(default_factory=dict, validate_default=True)
    """The networks that it was in and is not any more, with when that was first seen."""

    def had(self, setting: str, line: str | None) -> bool:
        """Answer whether a setting certainly was as a line says; `None` for none of that name.

        Args:
            setting: As its line begins.
            line: As it is shown, in full.
        """
        if line is not None:
            return len(line) < _LONGEST_LINE and line in self.settings
        return len(self.settings) < _MOST_LINES and not any(one.startswith(setting) for one in self.settings)


class Remembered:
    """What was seen of an engine's containers.

    Args:
        shown: Globs of variables whose values may be kept; others are kept as digests, secrets always.
    """

    def __init__(self, site: Site, shown: Sequence[str]) -> None:
        self._site = site
        self._shown = tuple(shown)
        self._notes: Notes = PassingNotes()
        self._runs: dict[str, list[SeenRun]] | None = None
        self._is_new = False
        """The notes do not have all that was seen: a look, or the store, failed half-way."""
        self._kept_at: datetime | None = None
        self._engine: str | None = None

    def attach(self, notes: Notes) -> None:
        """Take notes that outlive the process."""
        self._notes = notes

    async def look(self) -> None:
        """Note what every container was created with that was not there at the last look.

        Raises:
            OperationalError: The engine cannot be asked, or the notes cannot be kept.
        """
        name = await self._find_name()
        runs = self._runs = await self._find_runs()
        now = self._site.clock.now()
        async with self._site.client.connect() as session:
            own = filter(_is_kept, await self._site.list_containers(session))
            # Of too many always the same ones: others would be new, and be written, at every look.
            for listed in sorted(own, key=lambda one: one.name not in runs)[:_MOST_NAMES]:
                known = runs.get(listed.name, [])
                if known and known[0].id == listed.id:
                    left = _list_left(known[0], listed, now)
                    self._is_new = self._is_new or left != dict(known[0].left)
                    addresses = listed.network.addresses or known[0].addresses
                    seen_now = known[0].model_copy(update={"seen_at": now, "addresses": addresses, "left": left})
                    runs[listed.name] = [seen_now, *known[1:]]
                elif (seen := await self._see(session, listed, now)) is not None:
                    rest = [one for one in known if one.id != seen.id]
                    runs[listed.name] = [seen, *rest][:_MOST_RUNS]
                    self._is_new = True
        latest = sorted(runs, key=lambda own: runs[own][0].seen_at, reverse=True)[:_MOST_NAMES]
        self._runs = {own: runs[own] for own in latest}
        if self._is_new or (self._kept_at is not None and not is_within(_KEPT_FOR, self._kept_at, now)):
            await self._notes.keep(name, _write(self._runs))
            self._is_new = False
            self._kept_at = now
        self._kept_at = self._kept_at or now

    async def list_before(self, target: Target) -> list[SeenRun]:
        """Return what was seen under a container's name before it, latest first.

        Raises:
            OperationalError: The engine cannot be asked, or the notes cannot be read.
        """
        created_at = parse_instant(target.inspected.created)
        runs = await self._find_runs()
        seen = runs.get(target.name, [])
        return [one for one in seen if one.id != target.inspected.id and created_at and one.created_at < created_at]

    async def list_left(self, listed: Listed) -> Mapping[str, datetime]:
        """Return the networks that a container was in and is not any more, with when that was first seen.

        Raises:
            OperationalError: The engine cannot be asked, or the notes cannot be read.
        """
        runs = await self._find_runs()
        seen = next((one for one in runs.get(listed.name, []) if one.id == listed.id), None)
        return {} if seen is None else {name: at for name, at in seen.left.items() if not listed.is_in(name)}

    async def list_addresses(self, listed: Sequence[Listed]) -> dict[str, tuple[str, ...]]:
        """Return the addresses that containers without one had last, by their id; of none that another has now.

        Raises:
            OperationalError: The engine cannot be asked, or the notes cannot be read.
        """
        taken = {address for one in listed for address in one.network.addresses}
        runs = await self._find_runs()
        found = {}
        for one in listed:
            seen = runs.get(one.name, [])
            if not one.network.addresses and seen and seen[0].id == one.id:
                found[one.id] = tuple(address for address in seen[0].addresses if address not in taken)
        return found

    def compare(self, before: SeenRun, target: Target) -> tuple[str, ...]:
        """Return what a container was created with that the one before was not, as a unified diff without secrets."""
        present = _list_settings(target.raw, self._shown)
        names = (f"{target.name} as seen until {format_instant(before.seen_at)}", f"{target.name}")
        return tuple(difflib.unified_diff(before.settings, present, *names, n=0, lineterm=""))

    async def _find_runs(self) -> dict[str, list[SeenRun]]:
        if self._runs is not None:
            return self._runs
        try:
            name = await self._find_name()
        except EngineBusy:
            raise
        except EngineRefused:
            return {}  # It is in trouble: what it says of now stands without what was before.
        return _read(await self._notes.find(name) or {})

    async def _find_name(self) -> str:
        """Return what this engine's notes are called: two hosts may share a store, and have containers of one name."""
        if self._engine is None:
            async with self._site.client.connect() as session:
                try:
                    self._engine = (await session.fetch_info()).id
                except EngineRefused as error:
                    # A socket proxy may keep it back, which lasts; an engine in trouble will tell, and a note under
                    # another name is lost to everybody who asks later.
                    if isinstance(error, EngineBusy) or error.status >= _FIRST_OF_SERVER:
                        raise
                    self._engine = ""
        return f"{_NAME}-{compute_digest(self._engine)[-12:]}" if self._engine else _NAME

    async def _see(self, session: EngineSession, listed: Listed, now: datetime) -> SeenRun | None:
        """Return a container that was started; `None` of one that never was, or is gone."""
        target = await find_target(session, listed.id)
        created_at = parse_instant(target.inspected.created) if target else None
        if target is None or created_at is None or parse_instant(target.inspected.state.started_at) is None:
            return None
        return SeenRun(
            id=listed.id,
            image_id=target.inspected.image,
            image=target.inspected.config.image,
            created_at=created_at,
            seen_at=now,
            settings=_list_settings(target.raw, self._shown),
            addresses=listed.network.addresses,
        )


def _list_left(seen: SeenRun, listed: Listed, now: datetime) -> dict[str, datetime]:
    if listed.state != "running":
        return dict(seen.left)
    had = [line.removeprefix(NETWORK) for line in seen.settings if line.startswith(NETWORK)]
    return {name: seen.left.get(name, now) for name in had if not listed.is_in(name)}


def _is_kept(listed: Listed) -> bool:
    """Answer whether a container keeps its name: one that is being replaced or was set aside does not."""
    return not is_set_aside(listed.name) and not is_passing(listed.name)


def _list_settings(raw: Mapping[str, Any], shown: Sequence[str]) -> tuple[str, ...]:
    lines = (line for line in describe_container(raw, shown).shown if _LEFT_OUT.match(line) is None)
    return tuple(line[:_LONGEST_LINE] for line in lines)[:_MOST_LINES]


def _write(runs: Mapping[str, Iterable[SeenRun]]) -> dict[str, Any]:
    return {name: [one.to_json() for one in seen] for name, seen in runs.items()}


def _read(kept: Mapping[str, Any]) -> dict[str, list[SeenRun]]:
    try:
        return {name: [SeenRun.from_json(one) for one in seen] for name, seen in kept.items()}
    except (ValidationError, TypeError):
        return {}  # Of another version of Fermata: what runs now is noted anew at the next look.
