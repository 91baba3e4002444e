"""The answers of the Engine API, as far as they are read. Fields that are not read may be anything, or absent.

Source: Docker Engine API 1.41 to 1.47, read 2026-11; tried on engine 20.10.24. Go writes an empty list or map as
`null`, which is read as absent.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

PROJECT_LABEL = "com.docker.compose.project"
SERVICE_LABEL = "com.docker.compose.service"
ONEOFF_LABEL = "com.docker.compose.oneoff"
IMAGE_LABEL = "com.docker.compose.image"
"""Compose v2 notes the id of the image here, so that events carry it too."""
MARK_LABEL = "dev.fermata.action"
"""On a container that an approved action created: the action's mark."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, value: Any) -> Any:
        return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class Endpoint(_Wire):
    """A container's place in one network."""

    address: str = Field(default="", alias="IPAddress")
    """Empty while it does not run."""
    gateway: str = Field(default="", alias="Gateway")
    """The host's own address in a bridge."""
    aliases: tuple[str, ...] = Field(default=(), alias="Aliases")
    """The names under which the network's DNS knows it while it runs."""


class NetworkSettings(_Wire):
    """The networks a container is in, by name."""

    networks: dict[str, Endpoint] = Field(default_factory=dict, alias="Networks")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Return its addresses, in the order of the networks."""
        return tuple(endpoint.address for endpoint in self.networks.values() if endpoint.address)

    @property
    def gateways(self) -> tuple[str, ...]:
        """Return the addresses that the host has in its networks."""
        return tuple(endpoint.gateway for endpoint in self.networks.values() if endpoint.gateway)

    @property
    def aliases(self) -> tuple[str, ...]:
        """Return its aliases in all networks, each once."""
        return tuple(dict.fromkeys(alias for endpoint in self.networks.values() for alias in endpoint.aliases))


class Mount(_Wire):
    """One volume, bind or tmpfs of a container, as it is mounted."""

    kind: str = Field(default="", alias="Type")
    """`volume`, `bind`, `tmpfs` or `npipe`."""
    name: str = Field(default="", alias="Name")
    """Of a volume."""
    source: str = Field(default="", alias="Source")
    destination: str = Field(default="", alias="Destination")
    is_writable: bool = Field(default=True, alias="RW")

    @property
    def words(self) -> str:
        """Return what it is: `volume shop_data`, `bind of /srv/shop`, `tmpfs`."""
        if self.kind == "volume":
            return f"volume {self.name}"
        return f"bind of {self.source}" if self.kind == "bind" else self.kind or "mount"


class Published(_Wire):
    """One port of a container in the list; one that is not published has no port of the host."""

    address: str = Field(default="", alias="IP")
    port: int = Field(default=0, alias="PublicPort")


class Listed(_Wire):
    """One container of `/containers/json`."""

    id: str = Field(alias="Id", min_length=12)
    names: tuple[str, ...] = Field(default=(), alias="Names")
    image: str = Field(default="", alias="Image")
    image_id: str = Field(default="", alias="ImageID")
    created: int = Field(default=0, alias="Created")
    labels: dict[str, str] = Field(default_factory=dict, alias="Labels")
    state: str = Field(default="", alias="State")
    status: str = Field(default="", alias="Status")
    """In Docker's words: `Up 3 hours (healthy)`, `Exited (137) 2 minutes ago`."""
    mounts: tuple[Mount, ...] = Field(default=(), alias="Mounts")
    network: NetworkSettings = Field(default_factory=NetworkSettings, alias="NetworkSettings")
    ports: tuple[Published, ...] = Field(default=(), alias="Ports")

    @property
    def name(self) -> str:
        """Return its own name; links of other containers give it further ones, which hold a slash."""
        own = [name.removeprefix("/") for name in self.names if "/" not in name.removeprefix("/")]
        return own[0] if own else self.id[:12]

    @property
    def service(self) -> str:
        """Return the compose service it belongs to; empty outside of compose and for one-off runs."""
        is_oneoff = self.labels.get(ONEOFF_LABEL, "").lower() == "true"
        return "" if is_oneoff else self.labels.get(SERVICE_LABEL, "")

    @property
    def project(self) -> str:
        """Return the compose project it belongs to, or empty."""
        return self.labels.get(PROJECT_LABEL, "")

    def is_in(self, network: str) -> bool:
        """Answer whether it is in a network of a name."""
        return network in self.network.networks

    def list_names(self) -> tuple[str, ...]:
        """Return the names under which others of its networks reach it, besides its own: service and aliases.

        The engine adds the first 12 digits of the id to the aliases, which nobody writes into settings.
        """
        names = dict.fromkeys((self.service, *self.network.aliases))
        return tuple(name for name in names if name and name != self.name and name != self.id[:12])


class HealthLog(_Wire):
    """One run of the image's or container's own health check."""

    end: str = Field(default="", alias="End")
    exit_code: int = Field(default=0, alias="ExitCode")
    output: str = Field(default="", alias="Output")


class Health(_Wire):
    """What the container's own health check says."""

    status: str = Field(default="", alias="Status")
    """`starting`, `healthy`, `unhealthy` or `none`."""
    failing_streak: int = Field(default=0, alias="FailingStreak")
    log: tuple[HealthLog, ...] = Field(default=(), alias="Log")


class State(_Wire):
    """The life of a container."""

    status: str = Field(default="", alias="Status")
    """`created`, `running`, `paused`, `restarting`, `removing`, `exited` or `dead`."""
    oom_killed: bool = Field(default=False, alias="OOMKilled")
    pid: int = Field(default=0, alias="Pid")
    exit_code: int = Field(default=0, alias="ExitCode")
    error: str = Field(default="", alias="Error")
    started_at: str = Field(default="", alias="StartedAt")
    finished_at: str = Field(default="", alias="FinishedAt")
    health: Health | None = Field(default=None, alias="Health")

    @property
    def start_error(self) -> str:
        """Return why its last start failed, in the engine's words; empty for what runs, and after an end of its own.

        The engine takes the words away once a start succeeds (moby, `container.State`: `SetRunning`).
        """
        return " ".join(self.error.split()) if self.status in ("created", "exited", "restarting") else ""


class RestartPolicy(_Wire):
    """When the engine starts the container again by itself."""

    name: str = Field(default="", alias="Name")
    most_retries: int = Field(default=0, alias="MaximumRetryCount")


_CPU_PERIOD = 100_000
"""Microseconds: the kernel's period where only a quota was given (Documentation/scheduler/sched-bwc, read 2026-11)."""


class HostConfig(_Wire):
    """What the container may use of the host. Sizes in bytes; 0 means no limit."""

    memory: int = Field(default=0, alias="Memory")
    memory_swap: int = Field(default=0, alias="MemorySwap")
    """Memory and swap together; -1 means unlimited swap."""
    memory_reservation: int = Field(default=0, alias="MemoryReservation")
    nano_cpus: int = Field(default=0, alias="NanoCpus")
    cpu_quota: int = Field(default=0, alias="CpuQuota")
    cpu_period: int = Field(default=0, alias="CpuPeriod")
    network_mode: str = Field(default="", alias="NetworkMode")
    auto_remove: bool = Field(default=False, alias="AutoRemove")
    restart: RestartPolicy = Field(default_factory=RestartPolicy, alias="RestartPolicy")

    @property
    def cpu_limit(self) -> float | None:
        """Return the limit in cores, whichever way it was given; `None` without one."""
        if self.nano_cpus:
            return self.nano_cpus / 1e9
        return self.cpu_quota / (self.cpu_period or _CPU_PERIOD) if self.cpu_quota > 0 else None


class HealthTest(_Wire):
    """What a container's health check runs."""

    test: tuple[str, ...] | None = Field(default=(), alias="Test")
    """`CMD-SHELL` or `CMD`, then the command; `NONE` when it was switched off."""

    @property
    def command(self) -> str:
        """Return the command on one line."""
        return " ".join((self.test or ())[1:])


class Config(_Wire):
    """What runs inside: the image's configuration with the container's own on top."""

    env: tuple[str, ...] = Field(default=(), alias="Env")
    cmd: tuple[str, ...] = Field(default=(), alias="Cmd")
    entrypoint: tuple[str, ...] = Field(default=(), alias="Entrypoint")
    image: str = Field(default="", alias="Image")
    user: str = Field(default="", alias="User")
    working_dir: str = Field(default="", alias="WorkingDir")
    labels: dict[str, str] = Field(default_factory=dict, alias="Labels")
    tty: bool = Field(default=False, alias="Tty")
    health: HealthTest | None = Field(default=None, alias="Healthcheck")

    @field_validator("cmd", "entrypoint", mode="before")
    @classmethod
    def _accept_text(cls, value: Any) -> Any:
        # Images of old builders hold a bare text.
        return (value,) if isinstance(value, str) else value


class Inspected(_Wire):
    """One container of `/containers/<id>/json`."""

    id: str = Field(alias="Id", min_length=12)
    name_in_engine: str = Field(alias="Name")
    created: str = Field(default="", alias="Created")
    image: str = Field(default="", alias="Image")
    """Id of the image it was created from."""
    restart_count: int = Field(default=0, alias="RestartCount")
    """Starts by the restart policy since somebody last started it."""
    state: State = Field(alias="State")
    host: HostConfig = Field(alias="HostConfig")
    config: Config = Field(alias="Config")
    network: NetworkSettings = Field(default_factory=NetworkSettings, alias="NetworkSettings")
    mounts: tuple[Mount, ...] = Field(default=(), alias="Mounts")

    @property
    def name(self) -> str:
        """Return its name without the engine's slash."""
        return self.name_in_engine.removeprefix("/")

    @property
    def service(self) -> str:
        """Return the compose service it belongs to, or empty."""
        return self.as_listed().service

    @property
    def own_networks(self) -> tuple[str, ...] | None:
        """Return the networks it is in, sorted; `None` of one that shares those of its host or of another container."""
        is_shared = self.host.network_mode == "host" or self.host.network_mode.startswith("container:")
        return None if is_shared else tuple(sorted(set(self.network.networks) - {"none"}))

    def as_listed(self) -> Listed:
        """Return what the list of containers would say of it, without the words of its status."""
        return Listed(
            id=self.id,
            names=(self.name_in_engine,),
            image=self.config.image,
            image_id=self.image,
            labels=self.config.labels,
            state=self.state.status,
            network=self.network,
        )


class ImageHistory(_Wire):
    """One layer of an image, as its builder noted it."""

    created_by: str = Field(default="", alias="CreatedBy")
    comment: str = Field(default="", alias="Comment")
    size: int = Field(default=0, alias="Size")


class ImageMetadata(_Wire):
    """What this engine knows of an image beyond its content."""

    last_tag_time: str = Field(default="", alias="LastTagTime")


class Image(_Wire):
    """One image of `/images/<id>/json`."""

    id: str = Field(alias="Id", min_length=12)
    tags: tuple[str, ...] = Field(default=(), alias="RepoTags")
    digests: tuple[str, ...] = Field(default=(), alias="RepoDigests")
    created: str = Field(default="", alias="Created")
    config: Config = Field(default_factory=Config, alias="Config")
    metadata: ImageMetadata = Field(default_factory=ImageMetadata, alias="Metadata")


class ListedImage(_Wire):
    """One image of the list."""

    id: str = Field(alias="Id", min_length=12)
    tags: tuple[str, ...] | None = Field(default=(), alias="RepoTags")
    """`None`, or `<none>:<none>`, when no name is left."""
    created: int = Field(default=0, alias="Created")
    """Epoch seconds of its build."""


class Actor(_Wire):
    """Whom an event is about."""

    id: str = Field(default="", alias="ID")
    attributes: dict[str, str] = Field(default_factory=dict, alias="Attributes")


class Event(_Wire):
    """One event. Attributes hold the container's name, image and labels."""

    action: str = Field(default="", alias="Action")
    actor: Actor = Field(default_factory=Actor, alias="Actor")
    time_nano: int = Field(default=0, ge=0, lt=253_402_300_800 * 10**9, alias="timeNano")

    @property
    def name(self) -> str:
        """Return the container's name when it happened."""
        return self.actor.attributes.get("name", "")

    @property
    def at(self) -> datetime:
        """Return when it happened, by the engine's clock, in UTC."""
        return datetime.fromtimestamp(self.time_nano / 1e9, UTC)

    @property
    def exit_code(self) -> int | None:
        """Return the exit code of a `die`."""
        text = self.actor.attributes.get("exitCode", "")
        return int(text) if text.removeprefix("-").isdecimal() else None

    def as_listed(self) -> Listed:
        """Return the container as the list had it: an event's attributes are its labels and its image, too."""
        attributes = self.actor.attributes
        image = attributes.get("image", "")
        return Listed(id=f"{self.actor.id:0>12}", names=(self.name,), image=image, labels=attributes)


class CpuUsage(_Wire):
    """CPU time, in nanoseconds."""

    total_usage: int = 0


class Throttling(_Wire):
    """How often the CPU quota was used up. Time in nanoseconds."""

    periods: int = 0
    throttled_periods: int = 0
    throttled_time: int = 0


class CpuStats(_Wire):
    """CPU use since the container's start."""

    cpu_usage: CpuUsage = Field(default_factory=CpuUsage)
    throttling_data: Throttling = Field(default_factory=Throttling)
    online_cpus: int = 0


class MemoryStats(_Wire):
    """Memory use, in bytes."""

    usage: int | None = None
    max_usage: int | None = None
    """cgroup v1 only."""
    stats: dict[str, int] = Field(default_factory=dict)

    @property
    def used(self) -> int | None:
        """Return the use less the page cache the kernel can drop, as `docker stats` counts it.

        Source: docker/cli, `cli/command/container/stats_helpers.go`, `calculateMemUsageUnixNoCache`, read 2026-11.
        """
        if self.usage is None:
            return None
        cache = self.stats.get("total_inactive_file", self.stats.get("inactive_file", 0))
        return self.usage - cache if cache < self.usage else self.usage


class Stats(_Wire):
    """One reading of a container's use; all zero when it does not run."""

    cpu_stats: CpuStats = Field(default_factory=CpuStats)
    precpu_stats: CpuStats = Field(default_factory=CpuStats)
    """The reading before; all zero where only one was taken."""
    memory_stats: MemoryStats = Field(default_factory=MemoryStats)

    @property
    def watched(self) -> Throttling:
        """Return what the CPU quota did between the two readings; all zero where only one was taken."""
        now, before = self.cpu_stats.throttling_data, self.precpu_stats.throttling_data
        if not before.periods:
            return Throttling()
        return Throttling(
            periods=now.periods - before.periods,
            throttled_periods=now.throttled_periods - before.throttled_periods,
            throttled_time=now.throttled_time - before.throttled_time,
        )


class Info(_Wire):
    """What the engine says of itself and its host."""

    id: str = Field(default="", alias="ID")
    """Made at its first start, and kept with its data."""
    name: str = Field(default="", alias="Name")
    operating_system: str = Field(default="", alias="OperatingSystem")
    server_version: str = Field(default="", alias="ServerVersion")
    memory_total: int = Field(default=0, alias="MemTotal")
    cpus: int = Field(default=0, alias="NCPU")
    cgroup_version: str = Field(default="", alias="CgroupVersion")
    memory_limit: bool = Field(default=False, alias="MemoryLimit")
    """Whether the host's kernel enforces memory limits."""
    swap_limit: bool = Field(default=False, alias="SwapLimit")
