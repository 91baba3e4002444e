"""A real supervisord for each test that asks for one, with programs written into its conf.d."""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.supervisor.system import Supervisor
from fermata.kit.clock import SystemClock
from fermata.testing.action_contract import plan_action
from fermata.testing.records import make_scope

MAIN = """\
[supervisord]
nodaemon=true
{user}logfile={root}/supervisord.log
pidfile={root}/supervisord.pid
childlogdir={root}
environment=REGION="eu"

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[include]
files=conf.d/*.ini
"""

PROGRAM = """\
[program:{name}]
command=/bin/sh -c "ulimit -d 65536; exec {python} -S -E {root}/{name}.py"
environment=PAYMENT_TIMEOUT_MS="250",DB_PASSWORD="{secret}",RATE="5%%"  ; as declared
stdout_logfile={root}/{name}.out.log
stderr_logfile={root}/{name}.err.log
startsecs={startsecs}
startretries={startretries}
autorestart=true
stopwaitsecs=2
; the end of {name}
"""

CHECKOUT = Entity.parse("supervisor:process/checkout")
SECRET = "hunter2-Vq8x"
SERVE = "import time\nprint('ready', flush=True)\ntime.sleep(600)\n"
CRASH = "import sys, time\ntime.sleep(0.05)\nsys.exit('MemoryError')\n"


def wait_until(check, what, timeout_s=15):
    """Poll a real process until it is there, at most `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)


class Rig:
    """One supervisord with its files, as an operator has them."""

    SECRET = SECRET
    SERVE = SERVE
    CRASH = CRASH
    wait_until = staticmethod(wait_until)

    def __init__(self, root: Path) -> None:
        self.root = root
        # A unix socket's path is short by necessity, and tmp_path is long.
        self.socket_dir = Path(tempfile.mkdtemp(prefix="fm-"))
        self.socket = self.socket_dir / "s.sock"
        self.conf = root / "supervisord.conf"
        self.process = None
        (root / "conf.d").mkdir(parents=True)
        user = "user=root\n" if os.getuid() == 0 else ""
        self.conf.write_text(MAIN.format(root=root, socket=self.socket, user=user))

    def write_program(self, name, code=SERVE, *, startsecs=0, startretries=3, extra=""):
        """Declare a program; return its configuration file."""
        (self.root / f"{name}.py").write_text(code)
        path = self.root / "conf.d" / f"{name}.ini"
        text = PROGRAM.format(
            name=name,
            python=sys.executable,
            root=self.root,
            secret=SECRET,
            startsecs=startsecs,
            startretries=startretries,
        )
        path.write_text(text + extra)
        return path

    def start(self):
        """Start supervisord and wait until its socket is there."""
        self.socket.unlink(missing_ok=True)
        with (self.root / "supervisord.out").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self.conf)],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                cwd=self.root,
                start_new_session=True,
            )
        wait_until(self.socket.exists, "supervisord's socket")

    def kill(self):
        """Kill supervisord as the kernel would, and what it leaves behind."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        self.process.wait()
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                continue

    def close(self):
        """End everything that is left."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.socket_dir, ignore_errors=True)

    def ctl(self, *arguments):
        """Run supervisorctl as an operator does."""
        done = subprocess.run(
            [sys.executable, "-m", "supervisor.supervisorctl", "-s", f"unix://{self.socket}", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
        return done.stdout

    def system(self, **settings):
        """Return the integration, set up for this supervisord."""
        values = {"url": f"unix://{self.socket}", "config_path": self.conf, "timeout_s": 3} | settings
        return Supervisor(Supervisor.Settings(**values), SystemClock())

    def collector(self, name, **settings):
        """Return one collector by its name."""
        return next(c for c in self.system(**settings).list_collectors() if c.name == name)

    def action(self, name, **settings):
        """Return one action by its name."""
        return next(a for a in self.system(**settings).list_actions() if a.spec.name == name)

    @staticmethod
    def make_scope(*refs):
        """Return a scope over the last hour for entities by their ref."""
        return make_scope(*refs, at=datetime.now(UTC))

    async def collect(self, name, *refs, **settings):
        """Return what one collector brings for some entities."""
        return await self.collector(name, **settings).collect(self.make_scope(*refs))

    async def plan(self, name, parameters, target=CHECKOUT):
        """Return an action and its planned form, after a real dry run."""
        action = self.action(name)
        return action, plan_action(action, target, parameters, await action.dry_run(target, parameters))

    def read_pid(self, name="checkout"):
        """Return a process's id as supervisord tells it."""
        return int(self.ctl("pid", name))

    def read_proc(self, file):
        """Return what Linux says of the running checkout."""
        return Path(f"/proc/{self.read_pid()}/{file}").read_text()

    def snapshot(self):
        """Return the digest of all files that configure anything, and of what supervisord runs."""
        files = [self.conf, *sorted((self.root / "conf.d").iterdir())]
        content = b"".join(path.name.encode() + path.read_bytes() for path in files)
        status = [line.split(", uptime")[0] for line in self.ctl("status").splitlines()]
        return hashlib.sha256(content + "\n".join(status).encode()).hexdigest()

    def wait_state(self, name, *states):
        """Wait until a process is in one of the states."""
        wait_until(lambda: any(state in self.ctl("status", name) for state in states), f"{name} {states}")


@pytest.fixture
def rig(tmp_path):
    """A supervisord that is not started yet."""
    rig = Rig(tmp_path / "shop")
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def standing_shop(tmp_path_factory):
    """A shop for tests that change nothing; one that killed it finds it standing again."""
    rig = Rig(tmp_path_factory.mktemp("standing") / "shop")
    rig.write_program("checkout")
    rig.write_program("profile")
    yield rig
    rig.close()


@pytest.fixture
def shop(rig):
    """A supervisord with a healthy checkout and a healthy profile."""
    rig.write_program("checkout")
    rig.write_program("profile")
    rig.start()
    rig.wait_state("checkout", "RUNNING")
    rig.wait_state("profile", "RUNNING")
    return rig
