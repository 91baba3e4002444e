"""A throw-away PostgreSQL server for tests and measurements: in a temporary folder, on a socket, gone at the end."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

# Debian keeps the server's programs out of PATH.
_DEBIAN = "usr/lib/postgresql/*/bin"
_START_TIMEOUT_S = 60


def find_binaries() -> Path | None:
    """Return the folder that holds `initdb` and `pg_ctl`, the newest first; `None` when PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    if on_path is not None and shutil.which("pg_ctl") is not None:
        return Path(on_path).parent
    found = [path for path in Path("/").glob(_DEBIAN) if (path / "initdb").exists() and (path / "pg_ctl").exists()]
    return max(found, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0, default=None)


class PostgresRig:
    """One server, many databases. It listens on a socket only, trusts everyone, and never waits for the disk."""

    def __init__(self) -> None:
        binaries = find_binaries()
        if binaries is None:
            message = "initdb and pg_ctl are not installed; on Debian: apt-get install postgresql"
            raise RuntimeError(message)
        self._binaries = binaries
        # Short, since a socket's path may have about 100 characters.
        self._folder = Path(tempfile.mkdtemp(prefix="fmpg-"))
        self._numbers = count(1)
        # initdb refuses root; the package made a user for the server.
        self._user = "postgres" if os.geteuid() == 0 else None
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(self._folder, account.pw_uid, account.pw_gid)

    @property
    def data(self) -> Path:
        """Return the server's data folder."""
        return self._folder / "data"

    def start(self) -> None:
        """Make the data folder if there is none, and start the server."""
        if not self.data.exists():
            self._run("initdb", "--auth=trust", "--username=fermata", "--encoding=UTF8", "--no-sync", f"-D{self.data}")
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        self._run("pg_ctl", "start", f"-D{self.data}", "-w", f"-l{self._folder / 'log'}", "-o", options)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server.

        Args:
            mode: `fast` ends connections politely; `immediate` is a crash.
        """
        self._run("pg_ctl", "stop", f"-D{self.data}", "-w", f"-m{mode}")

    def make_database(self, encoding: str = "UTF8") -> str:
        """Make an empty database and return its URL."""
        name = f"test{next(self._numbers)}"
        address = f"host={self._folder} user=fermata dbname=postgres"
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            made = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
            if encoding != "UTF8":  # The locale of the server's own may allow no other.
                made += sql.SQL(" ENCODING {} LOCALE 'C' TEMPLATE template0").format(sql.Literal(encoding))
            connection.execute(made)
        return f"postgresql://fermata@/{name}?host={self._folder}"

    def close(self) -> None:
        """Stop the server and remove its folder."""
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(self._binaries / program), *arguments]
        # Output to a file: the server would keep a pipe open, and whoever reads it would wait for ever.
        with (self._folder / "output").open("a+") as output:
            done = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                user=self._user,
                timeout=_START_TIMEOUT_S,
                check=False,
            )
            if done.returncode != 0:
                output.seek(0)
                message = f"{program} failed: {output.read()[-2000:]}"
                raise RuntimeError(message)
