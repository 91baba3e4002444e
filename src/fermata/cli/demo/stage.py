"""The demo's stage: a small real shop under a real supervisord, that can be broken for real.

The demo's run loop drives it: create, start, break, let Fermata work, stop. The stage knows nothing of Fermata; all it
is told is where alerts go. It listens on loopback only, writes below its root (and a short directory for a socket), and
leaves no process behind, however it ends.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import dataclasses
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Self

import httpx2

from fermata.cli.demo import faults, processes, slow_query
from fermata.cli.demo.alert_watch import AlertWatch
from fermata.cli.demo.metrics_stack import TOKEN_FILE, MetricsStack, Receiver, find_programs
from fermata.cli.demo.repository import ShopRepository
from fermata.cli.demo.shop_database import ShopDatabase
from fermata.cli.demo.supervision import Supervisor, describe_end, write_config, write_program
from fermata.kit.errors import OperationalError, UserError

PROGRAM_NAMES = ("profile", "checkout", "loadgen")
_STAGE_MARK = ".fermata-stage"
# What a stage makes below its root; only these are replaced when a root is used again.
_OWN = ("shop", "conf.d", "logs", "metrics", "supervisord.conf", "supervisord.pid")
_ENDING = (signal.SIGTERM, signal.SIGHUP)


class Stage:
    """The shop, its supervisord and what watches it. Make it with `create`; use it with `with` or `async with`.

    Leaving the block stops everything; so do the end of the interpreter, SIGTERM and SIGHUP. The files stay.
    """

    program_names: tuple[str, ...] = PROGRAM_NAMES
    """What supervisord runs; a stage that runs something of the shop elsewhere leaves it out."""

    def __init__(
        self, root: Path, python: Path, receiver: Receiver, record: processes.StageRecord, *, use_prometheus: bool
    ) -> None:
        self.root = root
        """Everything of the stage lies below it: the caller owns the directory and deletes it."""
        self.python = python
        self.receiver = receiver
        self.repository_path = root / "shop"
        """The git working copy that the programs run from."""
        self.conf_dir = root / "conf.d"
        """One live `<program>.ini` for each program."""
        self.log_dir = root / "logs"
        """`<program>.out.log` and `<program>.err.log`."""
        self.socket_path = Path(record.socket_dir) / "s.sock"
        """supervisord's XML-RPC socket."""
        self.supervisor = Supervisor(self.socket_path)
        """supervisord as an operator reaches it."""
        names = [f"{name.upper()}_PORT" for name in (*PROGRAM_NAMES, "prometheus", "alertmanager")]
        self._held_ports = processes.HeldPorts(len(names))
        self.ports = dict(zip(names, self._held_ports.numbers, strict=True))
        """Port by name: `CHECKOUT_PORT` and so on."""
        self.alert_source = "nothing yet"
        """Who posts the alerts, in words; known after `start`."""
        self.prometheus_url: str | None = None
        """Base address, or `None` when Prometheus is not used."""
        self.alertmanager_url: str | None = None
        """Base address, or `None` when Alertmanager is not used."""
        self._use_prometheus = use_prometheus
        self._stack: MetricsStack | None = None
        self._record = record
        self._env = processes.build_environment(record.token)
        self._repository = ShopRepository(self.repository_path, self._env)
        self.database: ShopDatabase | None = None
        """The shop's PostgreSQL; `None` when the shop has none."""
        self._started: list[subprocess.Popen[bytes]] = []
        self._watch: asyncio.Task[None] | None = None
        self._guarded: list[signal.Signals] = []
        # Held while processes are started or ended: a Ctrl-C in between must find them all.
        self._changing = threading.Lock()
        self._stopped = False

    @classmethod
    def create(
        cls,
        root: Path,
        python: Path,
        webhook_url: str,
        webhook_token: str,
        *,
        use_prometheus: bool = True,
        use_database: bool = False,
    ) -> Self:
        """Claim a directory for a stage and clean up after a killed one; starts nothing.

        Args:
            root: Made if absent. An earlier stage's files in it are replaced, anything else is refused.
            python: Interpreter that has `supervisor` installed; runs supervisord and the shop.
            webhook_url: Where alerts are posted, in Alertmanager's format.
            webhook_token: Sent as a bearer token.
            use_prometheus: Whether the real servers are used where they are installed.
            use_database: Whether the shop keeps its orders in a PostgreSQL of its own.

        Raises:
            UserError: The directory is in use by a living stage, or holds something that is not a stage's.
        """
        root = root.absolute()
        root.mkdir(parents=True, exist_ok=True)
        processes.clean_stale(root)
        _clear(root)
        record = processes.make_record()
        record.save(root)
        stage = cls(root, python, Receiver(webhook_url, webhook_token), record, use_prometheus=use_prometheus)
        if use_database:
            log = root / "logs" / "postgres.log"
            stage.database = ShopDatabase(Path(record.socket_dir), log, stage._env, python)
        return stage

    async def start(self, progress: Callable[[str], None]) -> None:
        """Build the shop, start it with everything that watches it, and wait until shoppers are served.

        Args:
            progress: Told one line as each part stands.

        Raises:
            OperationalError: A part did not come up; what it said last is in the message. Nothing is left running.
        """
        self._guard_exit()
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            commits = await asyncio.to_thread(self._spawn_all)
            progress(f"git repository with {commits} commits in {self.repository_path}")
            await self._wait_for_shoppers()
            progress(f"supervisord runs {', '.join(self.program_names)}; shoppers are being served")
            await self._start_alerts()
            progress(f"alerts: {self.alert_source}")
            undo.pop_all()

    async def wait_until_watched(self) -> None:
        """Wait until an outage would be noticed: up to 6 s after `start` with Prometheus, else not at all.

        Prometheus takes up its targets and its Alertmanager on a fixed 5 s tick (discovery.Manager's `updatert`;
        measured with 2.42.0: 5.5 s from start). What breaks earlier is noticed that much later, and metrics then hold
        no healthy time to compare with.

        Raises:
            OperationalError: It does not scrape the shop in time.
        """
        if self.prometheus_url is not None and self._stack is not None:
            await self._stack.wait_until_watching(self.program_names)

    async def break_it(self, scenario: str) -> faults.Fault:
        """Make a real deploy or edit that breaks checkout; return what was done, without waiting for the effect.

        Args:
            scenario: `memory`, `bad-config`, `bad-commit`, `slow-query` or `container-oom`.

        Raises:
            UserError: Unknown scenario, or one that does not work on this system.
            OperationalError: The shop is not as the stage built it.
        """
        chosen = faults.parse_scenario(scenario)
        return await asyncio.to_thread(faults.break_shop, chosen, self._describe_shop(), datetime.now(UTC))

    def adapt_settings(self, tree: dict[str, Any]) -> None:
        """Change the demo's settings to what this stage is; the usual one changes nothing.

        Args:
            tree: As `plant` builds it.
        """

    def _describe_shop(self) -> faults.Shop:
        return faults.Shop(self._repository, self.supervisor, self.conf_dir, self.database)

    async def stop(self) -> None:
        """End every process of the stage. Idempotent; the files stay."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            self._watch = None
        # Shielded: a second Ctrl-C must not leave half of the processes behind.
        await asyncio.shield(asyncio.to_thread(self.end))
        self._unguard_exit()

    def end(self) -> None:
        """Do what `stop` does where no event loop runs. Idempotent."""
        with self._changing:
            if self._stopped:
                return
            self._end_servers()
            processes.end_stage(self._started, self._record.token)
            self._held_ports.release()
            processes.remove_socket_dir(self._record.socket_dir)
            (self.root / "metrics" / TOKEN_FILE).unlink(missing_ok=True)
            (self.root / processes.PID_FILE).unlink(missing_ok=True)
            self._stopped = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._unguard_exit()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def _spawn_all(self) -> int:
        """Write all files and start all processes, unless stopped meanwhile; return the number of commits."""
        with self._changing:
            if self._stopped:
                return 0
            commits = self._build_repository(datetime.now(UTC))
            self._spawn_each()
            return commits

    def _build_repository(self, now: datetime) -> int:
        """Build the shop's repository; return the number of commits."""
        commits = self._repository.build(self.ports, now)
        if self.database is not None:
            commits += slow_query.add_orders(self._repository, self.database, self.ports["PROFILE_PORT"], now)
        return commits

    def _spawn_each(self) -> None:
        config = write_config(self.root, self.socket_path)
        for name in self.program_names:
            environment = self._repository.read_environment(name)
            write_program(self.root, name, python=self.python, directory=self.repository_path, environment=environment)
        programs = find_programs() if self._use_prometheus else None
        if programs is not None:
            # Before supervisord: these take the longest, and the wait for the shop then costs nothing.
            self._stack = MetricsStack(self.root, self.ports, self._env, self._started)
            targets = {name: self.ports[f"{name.upper()}_PORT"] for name in self.program_names}
            self._stack.spawn(programs, self.receiver, targets)
        self._start_servers()
        command: list[str | Path] = [self.python, "-m", "supervisor.supervisord", "-n", "-c", config]
        log = self.log_dir / "supervisord.start.log"
        self._started.append(processes.spawn(command, log=log, cwd=self.root, env=self._env))
        leaders = tuple((process.pid, processes.find_start(process.pid) or "") for process in self._started)
        self._record = dataclasses.replace(self._record, leaders=leaders)
        self._record.save(self.root)

    def _start_servers(self) -> None:
        """Start what the shop needs beside its programs."""
        if self.database is not None:
            self._started.append(self.database.start())
            slow_query.build_database(self._repository, self.database)

    def _end_servers(self) -> None:
        """End what `_start_servers` started and a signal alone does not end well. Idempotent."""
        if self.database is not None:
            self.database.end()

    async def _wait_for_shoppers(self) -> None:
        """Wait until the load generator counted a served shopper."""
        deadline = time.monotonic() + 20.0
        served = 'shop_requests_total{outcome="ok",target="checkout"}'
        async with httpx2.AsyncClient(trust_env=False, timeout=1.0) as client:
            while True:
                with contextlib.suppress(httpx2.TransportError):
                    lines = (await client.get(self.metrics_url)).text.splitlines()
                    if any(line.startswith(served) and not line.endswith(" 0") for line in lines):
                        return
                supervisord = self._started[-1]
                if supervisord.poll() is not None or time.monotonic() > deadline:
                    raise self._describe_silence(supervisord)
                await asyncio.sleep(0.05)

    def _describe_silence(self, supervisord: subprocess.Popen[bytes]) -> OperationalError:
        ended = supervisord.poll()
        if ended is not None:
            words = (self.log_dir / "supervisord.start.log").read_text(errors="replace")[-400:].strip()
            return OperationalError(
                "supervisord of the demo did not start",
                why=f"It ended with {ended}: {words}",
                do="Check that the demo's packages are installed",
                returncode=ended,
            )
        said = {name: describe_end(self.root, name) for name in self.program_names}
        return OperationalError(
            "The demo's shop did not serve anybody in time",
            why="; ".join(f"{name}: {text}" for name, text in said.items() if text) or "No program wrote an error",
            do=f"Look at {self.log_dir}",
        )

    async def _start_alerts(self) -> None:
        """Wait for Prometheus, or watch ourselves when it is missing or does not come up."""
        reason = "Prometheus is not installed" if self._use_prometheus else "Prometheus is switched off"
        if self._stack is not None:
            try:
                self.alert_source = await self._stack.wait()
            except OperationalError as error:
                # The alert must arrive either way, and from one sender only.
                reason = error.what
                await asyncio.to_thread(self._stack.end)
            else:
                self.prometheus_url, self.alertmanager_url = self._stack.prometheus_url, self._stack.alertmanager_url
                return
        self.alert_source = f"posted by the demo in Alertmanager's format ({reason})"
        self._watch = asyncio.create_task(AlertWatch(self.metrics_url, self.receiver).run())

    @property
    def metrics_url(self) -> str:
        """The load generator's counters: what an outage looks like from outside."""
        return f"http://127.0.0.1:{self.ports['LOADGEN_PORT']}/metrics"

    def _guard_exit(self) -> None:
        """See to it that the interpreter's end and a polite kill end the stage too."""
        atexit.register(self.end)
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ENDING:
            # Only where nobody else asked to hear of it: a web server's handler comes first.
            if signal.getsignal(number) is signal.SIG_DFL:
                self._guarded.append(number)
                signal.signal(number, _leave)

    def _unguard_exit(self) -> None:
        atexit.unregister(self.end)
        for number in self._guarded:
            signal.signal(number, signal.SIG_DFL)
        self._guarded.clear()


def _leave(number: int, _: FrameType | None) -> None:
    """Turn a signal into an orderly exit, so that every block is left and the stage stops."""
    raise SystemExit(128 + number)


def _clear(root: Path) -> None:
    """Remove an earlier stage's files, or mark the empty root as a stage's.

    Raises:
        UserError: The root holds files, and no stage marked it.
    """
    mark = root / _STAGE_MARK
    if not mark.exists() and any(root.iterdir()):
        raise UserError(
            f"The demo cannot use {root}",
            why="It holds files that are not the demo's",
            do="Name an empty directory",
            root=str(root),
        )
    mark.touch()
    for name in _OWN:
        path = root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
