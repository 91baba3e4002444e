"""A Docker engine as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from fermata.integrations.docker.actions import list_actions
from fermata.integrations.docker.addresses import ContainerAddresses
from fermata.integrations.docker.client import EngineClient
from fermata.integrations.docker.collect import ResourceCollector, StateCollector
from fermata.integrations.docker.collect_logs import LogCollector
from fermata.integrations.docker.collect_settings import ChangeCollector, EnvironmentCollector
from fermata.integrations.docker.doctor import check_site
from fermata.integrations.docker.graph import DockerGraphReader, list_wanted
from fermata.integrations.docker.health import ContainerHealthProbe
from fermata.integrations.docker.remembered import Remembered
from fermata.integrations.docker.site import Site
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.graph import GraphReader
from fermata.ports.health import HealthProbe
from fermata.ports.notes import Notes, Watcher
from fermata.ports.system import CheckResult, System
from fermata.ports.variables import ORDINARY_NAMES

# unix(7): 108 bytes with the closing zero.
_LONGEST_SOCKET_BYTES = 107


class DockerSettings(BaseModel):
    """How to reach one Docker engine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    socket: str
    """`unix:///var/run/docker.sock`, or `tcp://host:port`. No default: which engine is a decision."""
    tls_ca: Path | None = None
    """For `tcp://`: the certificate of the authority that signed the engine's. Set all three, or none."""
    tls_cert: Path | None = None
    """Our certificate, which the engine asks for."""
    tls_key: Path | None = None
    """Its key; a file only this user can read."""
    projects: tuple[str, ...] = ()
    """The compose projects whose containers are looked after: no others are seen, nor acted on. Empty: every container
    of the engine. Name them where a service of yours has a namesake in a project of somebody else."""
    timeout_s: float = Field(default=5, gt=0, le=60)
    """Of one call, and of one health URL. An engine answers within milliseconds; 5 s is what a busy machine needs."""
    log_lines: int = Field(default=4000, ge=10, le=100_000)
    """How many lines of a container's log are asked for, from the end of the window."""
    log_bytes: int = Field(default=256 * 1024, ge=1024, le=4 * 1024 * 1024)
    """How much of each stream is kept. 256 KiB are some thousand lines; more is longer, not better."""
    show_values_of: tuple[str, ...] = (*ORDINARY_NAMES, "PATH")
    """Globs of variables whose values may be shown as evidence; others become digests, which can still be compared with
    what is declared. The default names what is rarely private: addresses, times, sizes, levels, switches. Secrets are
    never shown, whatever stands here."""
    health_urls: dict[str, str] = Field(default_factory=dict)
    """By container name or compose service: a URL that must answer 2xx before the container counts as healthy. Empty
    asks none."""

    @field_validator("socket")
    @classmethod
    def _require_known_form(cls, value: str) -> str:
        if value.startswith("unix:///"):
            if len(value.removeprefix("unix://").encode()) > _LONGEST_SOCKET_BYTES:
                message = f"a unix socket's path holds {_LONGEST_SOCKET_BYTES} bytes at most; move the socket"
                raise ValueError(message)
        elif not value.startswith("tcp://") or not value.removeprefix("tcp://").strip("/"):
            message = "write unix:///path/to/docker.sock or tcp://host:port"
            raise ValueError(message)
        return value.rstrip("/")

    @model_validator(mode="after")
    def _require_whole_tls(self) -> Self:
        given = [path is not None for path in (self.tls_ca, self.tls_cert, self.tls_key)]
        if any(given) and not all(given):
            message = "tls_ca, tls_cert and tls_key belong together: set all three, or none"
            raise ValueError(message)
        if any(given) and not self.socket.startswith("tcp://"):
            message = "tls_ca, tls_cert and tls_key are for tcp://"
            raise ValueError(message)
        return self

    @property
    def tls(self) -> tuple[Path, Path, Path] | None:
        """Return the three files, or `None` when TLS is not spoken."""
        if self.tls_ca is None or self.tls_cert is None or self.tls_key is None:
            return None
        return self.tls_ca, self.tls_cert, self.tls_key


class Docker(System):
    """One Docker engine and its containers."""

    name: ClassVar[str] = "docker"
    Settings: ClassVar[type[BaseModel]] = DockerSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        client = EngineClient(settings.socket, tls=settings.tls, timeout_s=settings.timeout_s)
        self._site = Site(client, clock, settings.projects)
        self._remembered = Remembered(self._site, settings.show_values_of)

    def list_collectors(self) -> Sequence[Collector]:
        """Return state, logs, resources, environment and changes."""
        shown = self.settings.show_values_of
        return (
            StateCollector(self._site, self._remembered),
            LogCollector(self._site, self.settings.log_lines, self.settings.log_bytes),
            ResourceCollector(self._site),
            EnvironmentCollector(self._site, shown),
            ChangeCollector(self._site, shown, self._remembered),
        )

    async def list_services(self) -> Sequence[str]:
        """Return the compose services, and the names of containers that compose did not start."""
        async with self._site.client.connect() as session:
            listed = list_wanted(await self._site.list_containers(session))
        return tuple(dict.fromkeys(one.service or one.name for one in listed))

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the restart, the live memory limit and the ways back to a previous image or setting."""
        return list_actions(self._site, self.settings.show_values_of, self._remembered)

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe of `docker:container/*`."""
        return (ContainerHealthProbe(self._site, self.settings.health_urls, self.settings.timeout_s),)

    def find_graph_reader(self) -> GraphReader:
        """Return what tells which containers run, and what they are told to call."""
        return DockerGraphReader(self._site)

    def find_address_book(self) -> ContainerAddresses:
        """Return what tells which container an address is of."""
        return ContainerAddresses(self._site)

    def attach_notes(self, notes: Notes) -> None:
        """Take the notes in which what ran before is kept."""
        self._remembered.attach(notes)

    def find_watcher(self) -> Watcher:
        """Return what notes each container's settings: the engine forgets them with its removal."""
        return self._remembered

    async def check(self) -> Sequence[CheckResult]:
        """Look at the socket, the containers, the events and the clock."""
        is_plain = self.settings.socket.startswith("tcp://") and self.settings.tls is None
        return await check_site(self._site, is_plain_tcp=is_plain)
