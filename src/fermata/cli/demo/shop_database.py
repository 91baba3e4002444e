"""The shop's PostgreSQL: a real server in a folder of its own, on a socket, with a table worth an index.

Only the scenario `slow-query` needs it. The server's programs come from where the system keeps them; nothing is
installed, and no server that runs here already is touched.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import LiteralString

from fermata.kit.errors import OperationalError, UserError

NAME = "shop"
OWNER = "shop"
READER = "fermata_read"
ACTOR = "fermata_act"
_ADMIN = "postgres"
_START_WITHIN_S = 30.0
_STOP_WITHIN_S = 5.0
_MIGRATE_WITHIN_S = 60.0
# Nothing of the demo's has to survive a power cut. One process per statement, so that a scan takes what it takes.
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "50",
    "max_parallel_workers_per_gather": "0",
    "track_commit_timestamp": "on",
}


def refuse_without_postgres(scenario: str) -> None:
    """Refuse a scenario that needs PostgreSQL where there is none.

    Raises:
        UserError: The server's programs, the driver, or the user it runs as are missing.
    """
    try:
        from fermata.testing.postgres import find_binaries
    except ModuleNotFoundError as error:
        raise UserError(
            f"The scenario {scenario!r} does not run here",
            why=f"It needs the Python package {error.name}, which is not installed",
            do="pip install 'fermata-ops[demo,postgres]'",
        ) from error
    missing = "" if find_binaries() is not None else "initdb and pg_ctl are not installed"
    if not missing and os.geteuid() == 0 and not _has_account():
        missing = f"PostgreSQL refuses to run as root, and there is no user {_ADMIN!r} to run it as"
    if missing:
        raise UserError(
            f"The scenario {scenario!r} does not run here",
            why=f"It needs a PostgreSQL server of its own: {missing}",
            do="Install PostgreSQL (on Debian: apt-get install postgresql), or choose another scenario",
            scenario=scenario,
        )
    closed = _find_closed(Path(tempfile.gettempdir())) if os.geteuid() == 0 else None
    if closed is not None:
        raise UserError(
            f"The scenario {scenario!r} does not run here",
            why=f"PostgreSQL runs as the user {_ADMIN!r}, who cannot pass through {closed}",
            do="Set TMPDIR to a directory that everybody can pass through, such as /tmp",
            scenario=scenario,
        )


def _find_closed(folder: Path) -> Path | None:
    """Return the first directory on the way to a folder that not everybody can pass through, or `None`."""
    way = (*reversed(folder.resolve().parents), folder.resolve())
    return next((place for place in way if not place.stat().st_mode & stat.S_IXOTH), None)


def _has_account() -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(_ADMIN))
    return False


class ShopDatabase:
    """One server with one database, and three roles: who owns it, who reads for Fermata, who acts for Fermata.

    Args:
        folder: Short, private to this user; the server's files and its socket go below it.
        log: The server's log.
        env: Environment of the server and of the migrations.
        python: Interpreter that has alembic.
    """

    def __init__(self, folder: Path, log: Path, env: Mapping[str, str], python: Path) -> None:
        from fermata.testing.postgres import find_binaries

        self._folder = folder / "pg"
        self._log = log
        self._env = env
        self._python = python
        # Through links that somebody put on PATH: all of its programs lie together, not all of them need a link.
        self._binaries = ((find_binaries() or Path()) / "initdb").resolve().parent
        self._account = pwd.getpwnam(_ADMIN) if os.geteuid() == 0 else None
        self.process: subprocess.Popen[bytes] | None = None
        """The server; `None` until it was started."""

    def write_address(self, role: str) -> str:
        """Return the URL by which a role connects. There is no password: only this user reaches the socket."""
        return f"postgresql://{role}@/{NAME}?host={self._folder}"

    def start(self) -> subprocess.Popen[bytes]:
        """Make the server's files, start it and make the database with its roles; return its process.

        Raises:
            OperationalError: It did not come up; its last words are in the message.
        """
        self._make_folder()
        data = self._folder / "data"
        options = ("--auth=trust", f"--username={_ADMIN}", "--encoding=UTF8", "--locale=C", "--no-sync")
        self._run("initdb", *options, f"--pgdata={data}")
        settings = dict(_SETTINGS, unix_socket_directories=str(self._folder))
        if self._has_library("pg_stat_statements.so"):
            settings["shared_preload_libraries"] = "pg_stat_statements"
        flags = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(self._binaries / "postgres"), "-D", str(data), *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                env=dict(self._env),
                user=self._account.pw_uid if self._account else None,
                group=self._account.pw_gid if self._account else None,
                extra_groups=[] if self._account else None,
                start_new_session=True,
            )
        self._wait()
        self._make_database(has_statements="shared_preload_libraries" in settings)
        return self.process

    def migrate(self, repository: Path, revision: str = "head") -> None:
        """Apply the repository's migrations up to a revision, as the shop's own role, by alembic.

        Raises:
            OperationalError: alembic failed.
        """
        done = subprocess.run(
            [str(self._python), "-m", "alembic", "upgrade", revision],
            cwd=repository,
            env={**self._env, "SHOP_DATABASE": self.write_address(OWNER)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_MIGRATE_WITHIN_S,
            check=False,
        )
        if done.returncode != 0:
            raise OperationalError(f"The shop's migrations to {revision} failed", why=done.stderr.strip()[-400:])

    def settle(self) -> None:
        """Gather the planner's statistics, and let the statements of the set-up be forgotten."""
        self._execute("VACUUM (ANALYZE)")
        with contextlib.suppress(OperationalError):  # Where the extension could not be loaded.
            self._execute("SELECT pg_stat_statements_reset()")

    def end(self) -> None:
        """Stop the server, politely first. Idempotent."""
        if self.process is None or self.process.poll() is not None:
            return
        # SIGINT is the fast shutdown: it does not wait for clients to leave (documentation, section 19.5).
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _make_folder(self) -> None:
        self._folder.mkdir()
        if self._account is not None:
            os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
            # The server's user has to pass through; nobody else does.
            os.chown(self._folder.parent, 0, self._account.pw_gid)
            self._folder.parent.chmod(0o710)

    def _has_library(self, name: str) -> bool:
        """Answer whether the server could load a library; one that it cannot load keeps it from starting."""
        if not (self._binaries / "pg_config").exists():
            return False
        return (Path(self._run("pg_config", "--pkglibdir").strip()) / name).exists()

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(self._binaries / program), *arguments],
            cwd=self._folder,
            env=dict(self._env),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            user=self._account.pw_uid if self._account else None,
            group=self._account.pw_gid if self._account else None,
            extra_groups=[] if self._account else None,
            timeout=_START_WITHIN_S,
            check=False,
        )
        if done.returncode != 0:
            raise OperationalError(f"{program} of PostgreSQL failed", why=(done.stderr or done.stdout).strip()[-400:])
        return done.stdout

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_WITHIN_S
        while True:
            try:
                self._execute("SELECT 1", database="postgres")
            except OperationalError as error:
                ended = self.process is not None and self.process.poll() is not None
                if ended or time.monotonic() > deadline:
                    words = self._log.read_text(errors="replace")[-400:].strip()
                    raise OperationalError("PostgreSQL of the demo did not start", why=words or error.why) from error
                time.sleep(0.05)
            else:
                return

    def _make_database(self, *, has_statements: bool) -> None:
        for statement in (
            f"CREATE ROLE {OWNER} LOGIN",
            # The least that Fermata needs, as docs/systems/postgres.md has it.
            f"CREATE ROLE {READER} LOGIN IN ROLE pg_monitor",
            f"CREATE ROLE {ACTOR} LOGIN IN ROLE pg_monitor, pg_signal_backend, {OWNER}",
            f"CREATE DATABASE {NAME} OWNER {OWNER}",
        ):
            self._execute(statement, database="postgres")
        self._execute(f"GRANT CREATE ON SCHEMA public TO {OWNER}")
        self._execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT ON TABLES TO {READER}")
        if has_statements:
            self._execute("CREATE EXTENSION pg_stat_statements")

    def _execute(self, statement: LiteralString, *, database: str = NAME) -> None:
        import psycopg

        address = f"host={self._folder} user={_ADMIN} dbname={database}"
        try:
            with contextlib.closing(psycopg.connect(address, autocommit=True)) as connection:
                connection.execute(statement)
        except psycopg.Error as error:
            raise OperationalError("PostgreSQL of the demo refused", why=str(error).strip()) from error
