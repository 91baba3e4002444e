"""supervisord as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from fermata.integrations.supervisor.actions import list_actions
from fermata.integrations.supervisor.client import SupervisorClient
from fermata.integrations.supervisor.collect import EnvironmentCollector, ResourceCollector, StateCollector
from fermata.integrations.supervisor.collect_logs import LogCollector
from fermata.integrations.supervisor.doctor import check_site
from fermata.integrations.supervisor.health import ProcessHealthProbe
from fermata.integrations.supervisor.proc import ProcReader
from fermata.integrations.supervisor.site import Site
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.health import HealthProbe
from fermata.ports.system import CheckResult, System
from fermata.ports.variables import ORDINARY_NAMES

# unix(7): 108 bytes with the closing zero.
_LONGEST_SOCKET_BYTES = 107


class SupervisorSettings(BaseModel):
    """How to reach one supervisord."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    """`unix:///path/to/supervisor.sock`, or `http://host:port`. No default: which supervisord is a decision."""
    config_path: Path | None = None
    """Its main supervisord.conf. Needed to change anything; left out, this supervisord is read-only for Fermata."""
    username: str = ""
    """As in its [unix_http_server] or [inet_http_server]; empty when it asks for none."""
    password: SecretStr = SecretStr("")
    """By `env:` or `file:`; empty when it asks for none."""
    timeout_s: float = Field(default=5, gt=0, le=60)
    """Of one call, and of one health URL. supervisord answers within milliseconds; 5 s is what a busy machine needs."""
    log_bytes: int = Field(default=64 * 1024, ge=1024, le=4 * 1024 * 1024)
    """How much of the end of each log is read. 64 KiB are some hundred lines; more is longer, not better."""
    show_values_of: tuple[str, ...] = ORDINARY_NAMES
    """Globs of variables whose values may be shown as evidence; others become digests, which can still be compared with
    what is declared. The default names what is rarely private: addresses, times, sizes, levels, switches. Secrets are
    never shown, whatever stands here."""
    health_urls: dict[str, str] = Field(default_factory=dict)
    """By process name: a URL that must answer 2xx before the process counts as healthy. Empty asks none."""

    @field_validator("url")
    @classmethod
    def _require_known_form(cls, value: str) -> str:
        if value.startswith("unix:///"):
            if len(value.removeprefix("unix://").encode()) > _LONGEST_SOCKET_BYTES:
                message = f"a unix socket's path holds {_LONGEST_SOCKET_BYTES} bytes at most; move the socket"
                raise ValueError(message)
        elif not value.startswith(("http://", "https://")):
            message = "write unix:///path/to/supervisor.sock or http://host:port"
            raise ValueError(message)
        return value


class Supervisor(System):
    """One supervisord and its processes."""

    name: ClassVar[str] = "supervisor"
    Settings: ClassVar[type[BaseModel]] = SupervisorSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        client = SupervisorClient(
            settings.url,
            username=settings.username,
            password=settings.password.get_secret_value(),
            timeout_s=settings.timeout_s,
        )
        self._site = Site(client, settings.config_path, clock, settings.timeout_s, ProcReader())

    async def list_services(self) -> Sequence[str]:
        """Return the names of the programs; of several processes that are one program, the group's."""
        return tuple(dict.fromkeys(info.group for info in await self._site.client.fetch_processes()))

    def list_collectors(self) -> Sequence[Collector]:
        """Return state, logs, environment and resources."""
        return (
            StateCollector(self._site),
            LogCollector(self._site, self.settings.log_bytes),
            EnvironmentCollector(self._site, self.settings.show_values_of),
            ResourceCollector(self._site),
        )

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the restart and the two edits. Without `config_path` the edits refuse, and say why."""
        return list_actions(self._site)

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe of `supervisor:process/*`."""
        return (ProcessHealthProbe(self._site, self.settings.health_urls),)

    async def check(self) -> Sequence[CheckResult]:
        """Look at the socket, the API, the configuration and what may be written."""
        return await check_site(self._site, self.settings.health_urls)
