"""Reading states from where they lie. Nothing is ever written, locked or applied."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from fermata.integrations.terraform.command import Terraform
from fermata.integrations.terraform.s3 import Bucket, S3Store, Version
from fermata.integrations.terraform.settings import FileState, HttpState, WorkspaceSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.terraform_state import NotAState, TerraformState, parse_state
from fermata.ports.json_api import ApiTarget, JsonApi

MOST_SERIALS = 12
"""Serials read of one state. A run that goes on writes one every 20 s, so it may be the last four minutes of one."""
LARGEST_STATE_BYTES = 16 * 1024 * 1024
_ZIP = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class StoredState:
    """One serial as it was read."""

    state: TerraformState
    place: str
    """Where, so that a person can look: a path, an address, a version."""
    written_at: datetime | None
    """`None` where the place does not tell; such a serial cannot be set beside an onset."""


Reads = Mapping[str, asyncio.Future[StoredState]]
"""Serials by where they lie, newest first, each there as soon as it is read."""


class StateStore(Protocol):
    """A place with the serials of one state."""

    def open(self, since: datetime | None = None) -> AbstractAsyncContextManager[Reads]:
        """Give the serials that are being read, twelve at most; what is not read at the block's end is given up.

        Args:
            since: Where the place knows the times: those written since then, and the one before.

        Raises:
            OperationalError: They cannot be listed; of one that is awaited, it cannot be read, or holds no state.
        """
        ...


@asynccontextmanager
async def _give(states: Sequence[StoredState]) -> AsyncIterator[Reads]:
    """Give serials that were read together."""
    reads: dict[str, asyncio.Future[StoredState]] = {}
    for state in states:
        reads[state.place] = asyncio.get_running_loop().create_future()
        reads[state.place].set_result(state)
    yield reads


def open_store(name: str, settings: WorkspaceSettings, terraform: Terraform, clock: Clock) -> StateStore:
    """Return the place of a workspace's state. Opens no connection."""
    if settings.file is not None:
        return FileStore(settings.file)
    if settings.http is not None:
        return HttpStore(name, settings.http, terraform.timeout_s, clock)
    if settings.s3 is not None:
        return S3StateStore(S3Store(name, settings.s3, terraform.timeout_s, clock))
    return CommandStore(terraform)


class FileStore:
    """A file, its backup, and the earlier ones beside it."""

    def __init__(self, settings: FileState) -> None:
        self._settings = settings

    @asynccontextmanager
    async def open(self, since: datetime | None = None) -> AsyncIterator[Reads]:
        """Give the serials; the time of a copy says little, so that all are read."""
        del since
        async with _give(await asyncio.to_thread(self._read)) as reads:
            yield reads

    def _read(self) -> list[StoredState]:
        path = self._settings.path
        newest, backup = _read_file(path), path.with_name(f"{path.name}.backup")
        kept = [_read_file(other) for other in self._list_history() if other.is_file() and other not in (path, backup)]
        # Terraform copies the serial before there when it writes the next one: the file's time is that one's.
        before = [replace(_read_file(backup), written_at=None)] if backup.is_file() else []
        own = [one for one in (*before, *kept) if one.state.lineage == newest.state.lineage]
        serials = {one.state.serial: one for one in own} | {newest.state.serial: newest}
        return sorted(serials.values(), key=lambda one: one.state.serial, reverse=True)[:MOST_SERIALS]

    def _list_history(self) -> list[Path]:
        pattern = Path(self._settings.history)
        if not self._settings.history:
            return []
        folder = Path(pattern.anchor) if pattern.is_absolute() else self._settings.path.parent
        return sorted(folder.glob(str(pattern.relative_to(pattern.anchor)) if pattern.is_absolute() else str(pattern)))


def _read_file(path: Path) -> StoredState:
    try:
        stat = path.stat()
        if stat.st_size > LARGEST_STATE_BYTES:
            raise _too_large(str(path), stat.st_size)
        content = path.read_bytes()
    except OSError as error:
        raise OperationalError(
            f"The state {path} cannot be read",
            why=error.strerror or type(error).__name__,
            do="Check the path, and that Fermata's user may read it",
        ) from error
    return StoredState(read_state(content, str(path)), str(path), datetime.fromtimestamp(stat.st_mtime, UTC))


class HttpStore:
    """Terraform's http back end: one address, the newest serial only."""

    def __init__(self, name: str, settings: HttpState, timeout_s: float, clock: Clock) -> None:
        parts = urlsplit(settings.url)
        headers = {}
        if settings.username:
            login = f"{settings.username}:{settings.password.get_secret_value()}"
            headers["Authorization"] = f"Basic {base64.b64encode(login.encode()).decode()}"
        self._path = parts.path + (f"?{parts.query}" if parts.query else "")
        self._url = settings.url
        target = ApiTarget(
            name=f"The state of {name}",
            url=f"{parts.scheme}://{parts.netloc}",
            headers=headers,
            timeout_s=timeout_s,
            ca_file=settings.ca_file,
            permissions="to GET the state",
            settings_key=f"terraform.workspaces.{name}.http",
        )
        self._api = JsonApi(target, clock)

    @asynccontextmanager
    async def open(self, since: datetime | None = None) -> AsyncIterator[Reads]:
        """Give the newest serial; its time is the answer's `Last-Modified`, where there is one."""
        del since
        async with self._api.connect() as session:
            reply = await session.send("GET", self._path)
        written_at = _read_date(reply.headers.get("last-modified"))
        async with _give([await _parse(reply.body, self._url, written_at)]) as reads:
            yield reads


class S3StateStore:
    """An object in a bucket, and its versions."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    @asynccontextmanager
    async def open(self, since: datetime | None = None) -> AsyncIterator[Reads]:
        """Give the newest versions of the object, all asked for at once."""
        async with self._store.connect() as bucket:
            versions = await bucket.list_versions(MOST_SERIALS, since)
            reads = {version.place: asyncio.ensure_future(_read_version(bucket, version)) for version in versions}
            try:
                yield reads
            finally:
                for task in reads.values():
                    task.cancel()
                await asyncio.gather(*reads.values(), return_exceptions=True)


async def _read_version(bucket: Bucket, version: Version) -> StoredState:
    return await _parse(await bucket.read(version), version.place, version.modified_at)


class CommandStore:
    """`terraform state pull`, for every back end that Terraform itself can reach. It tells no time."""

    def __init__(self, terraform: Terraform) -> None:
        self._terraform = terraform

    @asynccontextmanager
    async def open(self, since: datetime | None = None) -> AsyncIterator[Reads]:
        """Give the newest serial."""
        del since
        place = f"terraform -chdir={self._terraform.directory} state pull"
        async with _give([await _parse(await self._terraform.run("state", "pull"), place, None)]) as reads:
            yield reads


async def _parse(content: bytes, place: str, written_at: datetime | None) -> StoredState:
    # Beside the loop: 16 MiB of JSON take most of a second.
    return StoredState(await asyncio.to_thread(read_state, content, place), place, written_at)


def read_state(content: bytes, place: str) -> TerraformState:
    """Return the state in a text.

    Raises:
        OperationalError: It is none.
    """
    try:
        value: Any = json.loads(content) if content.strip() else None
        return parse_state(value)
    except NotAState as error:
        why = str(error) if content.strip() else "it is empty: nothing has been applied yet"
    except (ValueError, RecursionError):
        is_plan = content.startswith(_ZIP)  # What `plan -out` writes.
        why = "it is a plan, not a state" if is_plan else "it is not JSON; an encrypted state cannot be read"
    raise OperationalError(f"{place} holds no Terraform state", why=why, do="Check what the settings point at")


def _too_large(place: str, size: int) -> OperationalError:
    return OperationalError(
        f"The state {place} is too large to be read during an incident",
        why=f"it has {size // 1024**2} MiB, of at most {LARGEST_STATE_BYTES // 1024**2}",
        do="Split the workspace",
    )


def _read_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None
