"""PostgreSQL as the house sees it: settings, what it offers, and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import BaseModel

from fermata.integrations.postgres.actions import list_actions
from fermata.integrations.postgres.collect_activity import ActivityCollector
from fermata.integrations.postgres.collect_migrations import MigrationCollector
from fermata.integrations.postgres.collect_plan import PlanCollector
from fermata.integrations.postgres.collect_statements import StatementCollector
from fermata.integrations.postgres.collect_tables import TableCollector
from fermata.integrations.postgres.database import Databases
from fermata.integrations.postgres.doctor import check_databases
from fermata.integrations.postgres.health import DatabaseHealthProbe
from fermata.integrations.postgres.settings import PostgresSettings
from fermata.kit.clock import Clock
from fermata.ports.action import CatalogueAction
from fermata.ports.collector import Collector
from fermata.ports.health import HealthProbe
from fermata.ports.system import CheckResult, System


class Postgres(System):
    """One or several databases."""

    name: ClassVar[str] = "postgres"
    Settings: ClassVar[type[BaseModel]] = PostgresSettings

    def __init__(self, settings: Any, clock: Clock) -> None:
        super().__init__(settings, clock)
        self._databases = Databases.build(settings, clock)

    def list_collectors(self) -> Sequence[Collector]:
        """Return sessions, statements, tables, plans and migrations."""
        return (
            ActivityCollector(self._databases),
            StatementCollector(self._databases),
            TableCollector(self._databases),
            PlanCollector(self._databases),
            MigrationCollector(self._databases),
        )

    def list_actions(self) -> Sequence[CatalogueAction]:
        """Return the actions on indexes and on sessions. Without `write_dsn` each refuses, and says why."""
        return list_actions(self._databases)

    def list_probes(self) -> Sequence[HealthProbe]:
        """Return the probe of `postgres:database/*`."""
        return (DatabaseHealthProbe(self._databases, self.settings.slow_statement_s),)

    async def check(self) -> Sequence[CheckResult]:
        """Look at each database: whether it answers, what may be read, and what may be done."""
        return await check_databases(self._databases)
