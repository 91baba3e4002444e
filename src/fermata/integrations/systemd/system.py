"""systemd as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from fermata.integrations.systemd.actions import list_actions
from fermata.integrations.systemd.client import SUFFIX, SystemdClient
from fermata.integrations.systemd.collect import StateCollector
from fermata.integrations.systemd.collect_logs import LogCollector
from fermata.integrations.systemd.collect_settings import EnvironmentCollector, ResourceCollector
from fermata.integrations.systemd.doctor import check_site
from fermata.integrations.systemd.health import UnitHealthProbe
from fermata.integrations.systemd.site import Site
from fermata.integrations.systemd.units import complete, is_service_name
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.health import HealthProbe
from fermata.ports.system import CheckResult, System
from fermata.ports.variables import ORDINARY_NAMES


class SystemdSettings(BaseModel):
    """Which services of this machine's systemd are looked after, and how much is read of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    units: tuple[str, ...] = ()
    """Services that are looked after beside those whose files lie in /etc/systemd/system: of the distribution
    (`nginx`, `postgresql@15-main`), or started by nobody yet. The default names none: most of what a distribution
    brings is plumbing."""
    timeout_s: float = Field(default=5, gt=0, le=60)
    """Of one command, and of one health URL. systemctl answers within milliseconds; a large journal on a slow disk
    takes seconds."""
    log_lines: int = Field(default=1000, ge=10, le=20_000)
    """How many entries of the journal are read of each unit, the newest ones. 1000 hold every stack of a crash loop and
    are read within a second."""
    show_values_of: tuple[str, ...] = ORDINARY_NAMES
    """Globs of variables whose values may be shown as evidence; others become digests, which can still be compared with
    what is declared. The default names what is rarely private: addresses, times, sizes, levels, switches. Secrets are
    never shown, whatever stands here."""
    health_urls: dict[str, str] = Field(default_factory=dict)
    """By unit (`checkout`): a URL that must answer 2xx before the unit counts as healthy. Empty asks none."""

    @field_validator("units")
    @classmethod
    def _require_services(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            stem, dot, suffix = value.rpartition(".")
            if not is_service_name(complete(value)) or (dot and stem and f".{suffix}" in _OTHERS):
                message = f"{value!r} is not a service: write its name, as `checkout`, `nginx.service` or `app@1`"
                raise ValueError(message)
        return values


_OTHERS = frozenset(
    {".socket", ".timer", ".target", ".mount", ".path", ".slice", ".scope", ".swap", ".device", ".automount"}
)


class Systemd(System):
    """The systemd of this machine and its services."""

    name: ClassVar[str] = "systemd"
    Settings: ClassVar[type[BaseModel]] = SystemdSettings

    def __init__(self, settings: Any, clock: Clock, *, client: SystemdClient | None = None) -> None:
        super().__init__(settings, clock)
        named = tuple(complete(unit) for unit in settings.units)
        self._site = Site(client or SystemdClient(timeout_s=settings.timeout_s), clock, named)

    async def list_services(self) -> Sequence[str]:
        """Return the names of the services that are looked after, without suffix; of instances, the template's."""
        stems = (unit.id.removesuffix(SUFFIX).partition("@")[0] for unit in await self._site.list_own())
        return tuple(dict.fromkeys(stems))

    def list_collectors(self) -> Sequence[Collector]:
        """Return state, logs, environment and resources."""
        return (
            StateCollector(self._site),
            LogCollector(self._site, self.settings.log_lines),
            EnvironmentCollector(self._site, self.settings.show_values_of),
            ResourceCollector(self._site),
        )

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return what can be done to a unit."""
        return list_actions(self._site)

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe of `systemd:unit/*`."""
        return (UnitHealthProbe(self._site, self.settings.health_urls),)

    async def check(self) -> Sequence[CheckResult]:
        """Look at systemd, its journal and the units that the settings name."""
        return await check_site(self._site, self.settings.health_urls)
