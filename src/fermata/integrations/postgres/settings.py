"""Which databases there are, how they are reached, and which services use them."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

_DBNAME = re.compile(r"(?:^|\s)dbname\s*=\s*'?(?P<name>[^\s']+)")
_PATH = re.compile(r"postgres(?:ql)?://[^/?]*/(?P<name>[^?]+)")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


def _require_dsn(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text and "=" not in text and not text.startswith(("postgresql://", "postgres://")):
        message = "write postgresql://user@host/database or host=... dbname=... user=..., by env: or file:"
        raise ValueError(message)
    return value


Dsn = Annotated[SecretStr, AfterValidator(_require_dsn)]
"""A connection string of libpq, as a URL or as words; empty stands for none."""


class DatabaseSettings(BaseModel):
    """One database."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    dsn: Dsn
    """Who reads. Connections made with it run read-only transactions and nothing else."""
    write_dsn: Dsn = SecretStr("")
    """Who acts. Empty: this database is read-only for Fermata, and every action on it refuses."""


class PostgresSettings(BaseModel):
    """The section `postgres`."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    dsn: Dsn = SecretStr("")
    """Who reads, where there is one database; it is called by its own name. Not beside `databases`."""
    write_dsn: Dsn = SecretStr("")
    """Who acts on it. Empty: read-only."""
    databases: dict[str, DatabaseSettings] = Field(default_factory=dict)
    """Several databases, by the name that alerts, guardrails and cards use: `postgres:database/<name>`."""
    services: dict[str, str] = Field(default_factory=dict)
    """By service: the database it uses. With one database, every service counts as a user of it."""
    connect_timeout_s: float = Field(default=3, gt=0, le=60)
    """For reaching the server and logging in: a healthy one takes milliseconds."""
    statement_timeout_s: float = Field(default=4, gt=0, le=60)
    """Of one reading statement, enforced by the server too: under the default deadline of a gathering (8 s)."""
    lock_timeout_s: float = Field(default=0.5, gt=0, le=60)
    """A reading statement that has to wait for a lock this long gives up: a diagnosis must not join the queue."""
    sample_s: float = Field(default=1, ge=0, le=5)
    """How long pg_stat_statements is watched, to tell what is slow now from what was slow last month. 0: not at all."""
    build_timeout_s: float = Field(default=900, gt=0, le=86_400)
    """For building or dropping an index. The server ends the build then, and leaves it invalid."""
    slow_statement_s: float = Field(default=5, gt=0)
    """A database counts as healthy while no statement of a client has run longer than this."""
    show_values: bool = False
    """Whether literals of statements may be shown. False: they are replaced by `?`, and only their digest is kept."""

    @model_validator(mode="after")
    def _require_one_way(self) -> Self:
        if bool(self.dsn.get_secret_value()) == bool(self.databases):
            message = "set either dsn, or databases with a dsn each"
            raise ValueError(message)
        if self.databases and self.write_dsn.get_secret_value():
            message = "write_dsn belongs beside the dsn of its database"
            raise ValueError(message)
        names = set(self.list_databases())
        bad = sorted(name for name in names if not _NAME.fullmatch(name))
        if bad:
            message = f"{bad[0]!r} cannot name a database here: use letters, digits, '_', '-' and '.'"
            raise ValueError(message)
        unknown = sorted({name for name in self.services.values() if name not in names})
        if unknown:
            message = f"services name {unknown[0]!r}, and known are {', '.join(sorted(names))}"
            raise ValueError(message)
        return self

    def list_databases(self) -> dict[str, DatabaseSettings]:
        """Return the databases by name, also where there is one without a name of its own."""
        if self.databases:
            return dict(self.databases)
        name = find_database_name(self.dsn.get_secret_value())
        return {name: DatabaseSettings(dsn=self.dsn, write_dsn=self.write_dsn)}


def find_database_name(dsn: str) -> str:
    """Return the database that a connection string names; `postgres` when it names none."""
    match = _PATH.match(dsn) or _DBNAME.search(dsn)
    return match["name"] if match else "postgres"
