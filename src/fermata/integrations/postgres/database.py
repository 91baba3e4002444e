"""One database as the integration knows it: its names, and who may connect for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from fermata.domain.entity import Entity
from fermata.domain.scope import Scope
from fermata.integrations.postgres.client import APPLICATION, Limits, Session, open_reader, open_writer
from fermata.integrations.postgres.settings import PostgresSettings
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError, UserError

SYSTEM = "postgres"
KIND = "database"


@dataclass(frozen=True, slots=True)
class Database:
    """One database. Holds no connection."""

    name: str
    dsn: str
    write_dsn: str
    limits: Limits
    build_timeout_s: float
    sample_s: float
    show_values: bool
    clock: Clock

    @property
    def entity(self) -> Entity:
        """Return the database as evidence and actions name it."""
        return Entity(system=SYSTEM, kind=KIND, name=self.name)

    def read(self) -> AbstractAsyncContextManager[Session]:
        """Open a read-only session."""
        return open_reader(self.dsn, self.name, self.limits)

    def rehearse(self) -> AbstractAsyncContextManager[Session]:
        """Open a read-only session as the one who acts: what it may do is what the dry run must look at.

        Raises:
            UserError: Nobody may act on this database.
        """
        return open_reader(self._get_write_dsn(), self.name, self.limits)

    def act(self, mark: str, *, statement_s: float | None = None) -> AbstractAsyncContextManager[Session]:
        """Open a session that may change something.

        Args:
            mark: The execution's; pg_stat_activity shows it for as long as the session lives.
            statement_s: How long one statement may take; `None`: as long as a reading one.

        Raises:
            UserError: Nobody may act on this database.
        """
        return open_writer(self._get_write_dsn(), self.name, self.limits, f"{APPLICATION} {mark}", statement_s)

    def _get_write_dsn(self) -> str:
        if not self.write_dsn:
            raise UserError(
                f"The database {self.name} is read-only for Fermata",
                why="its settings have no write_dsn",
                do="Set write_dsn to a role that may do this; docs/systems/postgres.md has the GRANTs",
            )
        return self.write_dsn


@dataclass(frozen=True, slots=True)
class Databases:
    """All databases of the settings, and who uses them."""

    by_name: Mapping[str, Database]
    services: Mapping[str, str]
    """By service, in lower case: its database."""

    @classmethod
    def build(cls, settings: PostgresSettings, clock: Clock) -> Databases:
        """Return the databases that the settings declare."""
        limits = Limits(settings.connect_timeout_s, settings.statement_timeout_s, settings.lock_timeout_s)
        found = {
            name: Database(
                name=name,
                dsn=one.dsn.get_secret_value(),
                write_dsn=one.write_dsn.get_secret_value(),
                limits=limits,
                build_timeout_s=settings.build_timeout_s,
                sample_s=settings.sample_s,
                show_values=settings.show_values,
                clock=clock,
            )
            for name, one in settings.list_databases().items()
        }
        return cls(found, {service.lower(): name for service, name in settings.services.items()})

    def match(self, scope: Scope) -> tuple[Database, ...]:
        """Return the databases that a scope means: by their own names, by the services that use them.

        With one database and no `services`, every service counts as a user of it. Hosts and objects of other systems
        name nothing here.
        """
        own = [entity for entity in scope.entities if entity.system in ("", SYSTEM) and entity.kind != "host"]
        named = {name.lower(): name for name in self.by_name}
        found = [named[entity.name.lower()] for entity in own if entity.name.lower() in named]
        found += [self.services[entity.name.lower()] for entity in own if entity.name.lower() in self.services]
        if (
            not found
            and not self.services
            and len(self.by_name) == 1
            and any(entity.kind == "service" for entity in own)
        ):
            found = list(self.by_name)
        return tuple(self.by_name[name] for name in dict.fromkeys(found))

    def list_clients(self, name: str) -> tuple[str, ...]:
        """Return the services that the settings say use a database, in lower case; empty when they say none."""
        return tuple(service for service, database in self.services.items() if database == name)

    def get(self, target: Entity) -> Database:
        """Return the database that an action's target is.

        Raises:
            UserError: It is no database of the settings.
        """
        refuse_foreign(target)
        found = self.by_name.get(target.name)
        if found is None:
            raise UserError(
                f"There is no database {target.name} in the settings",
                why=f"Known are {', '.join(sorted(self.by_name))}",
                do="Correct the target, or add it under systems.postgres.databases",
            )
        return found


def refuse_foreign(target: Entity) -> None:
    """Refuse a target that is no database of PostgreSQL. Pure.

    Raises:
        UserError: It is not.
    """
    if target.system != SYSTEM or target.kind != KIND or target.namespace:
        raise UserError(
            f"{target.ref} is no PostgreSQL database", do=f"Write {SYSTEM}:{KIND}/<name>, as the settings name it"
        )


def join_failures(failures: Sequence[OperationalError]) -> OperationalError:
    """Return the one failure, or all of them in one; there is at least one."""
    if len(failures) == 1:
        return failures[0]
    return OperationalError(failures[0].what, why="; ".join(str(failure) for failure in failures), do=failures[0].do)
