"""Start-up and footprint: CPU of `--help`, time until serving, idle memory, and the size of the core install.

Beside it stands the same for a bare interpreter and for a bare web server of the same kind in the same run.
"""

from __future__ import annotations

import json
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import FERMATA, ROOT, cpu_s, environment, rss_mib, serve, write_rows

RUNS = 7
MB = 1.048576
IDLE_S = 10
BARE_SERVER = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
app = Starlette(routes=[Route("/readyz", lambda r: PlainTextResponse("ok"))])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error")
"""


def measure_cpu(command: list[str]) -> float:
    """Median CPU seconds (user and system) of a command."""
    seconds = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, stdout=subprocess.DEVNULL, env=environment(), check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(seconds)


def measure_idle(root: Path) -> tuple[float, float, float]:
    """Seconds until ready, then resident MiB and CPU percent of a server that has nothing to do."""
    with serve(root=root) as served:
        time.sleep(3)
        busy, began = cpu_s(served.pid), time.monotonic()
        time.sleep(IDLE_S)
        share = (cpu_s(served.pid) - busy) / (time.monotonic() - began) * 100
        return served.ready_s, rss_mib(served.pid), share


def measure_bare_server() -> float:
    """Resident MiB of an empty Starlette under uvicorn."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", BARE_SERVER, str(port)])
    try:
        for _ in range(200):
            time.sleep(0.05)
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
        time.sleep(1)
        return rss_mib(process.pid)
    finally:
        process.kill()
        process.wait()


def measure_install() -> tuple[int, float]:
    """Packages and MiB of the locked core install in a fresh environment, without bytecode."""
    with tempfile.TemporaryDirectory(prefix="fermata-install-") as temporary:
        venv = Path(temporary) / "venv"
        uv = str(ROOT / ".venv" / "bin" / "uv")
        subprocess.run([uv, "venv", "-q", "-p", sys.executable, venv], check=True)
        python = venv / "bin" / "python"
        lock = ROOT / "requirements" / "core.txt"
        subprocess.run([uv, "pip", "install", "-q", "--python", python, "--require-hashes", "-r", lock], check=True)
        listed = subprocess.run(
            [uv, "pip", "list", "--python", python, "--format", "json"], capture_output=True, text=True, check=True
        )
        files = [path for path in venv.rglob("*") if path.is_file() and not path.is_symlink() and path.suffix != ".pyc"]
        return len(json.loads(listed.stdout)), sum(path.stat().st_size for path in files) / 1024**2


def main() -> None:
    """Measure and write the table."""
    help_cpu = measure_cpu([str(FERMATA), "--help"])
    bare_cpu = measure_cpu([sys.executable, "-c", "pass"])
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as root:
        first_s, first_memory, _ = measure_idle(Path(root))
        again = [measure_idle(Path(root)) for _ in range(2)]
    ready = [first_s, *(item[0] for item in again)]
    memory, idle_cpu = again[-1][1:]
    bare_memory = measure_bare_server()
    packages, size = measure_install()
    write_rows(
        "start",
        "python bench/start.py",
        [
            (
                "`fermata --help`, CPU, median of 7",
                "<= 0.3 s",
                f"{help_cpu:.2f} s",
                f"bare interpreter: {bare_cpu:.2f} s",
            ),
            (
                "process start until /readyz answers, wall, worst of 3",
                "<= 3 s",
                f"{max(ready):.2f} s",
                "first start makes the store",
            ),
            (
                "idle resident memory",
                "<= 110 MB",
                f"{memory * MB:.0f} MB (the very first start, which makes the tables: {first_memory * MB:.0f} MB)",
                f"empty Starlette + uvicorn: {bare_memory * MB:.0f} MB",
            ),
            ("idle CPU", "-", f"{idle_cpu:.1f} % of one core", "the queue is looked at ten times a second"),
            (
                "core install",
                "about 40 packages, <= 130 MB",
                f"{packages} packages, {size:.0f} MiB",
                "without bytecode",
            ),
        ],
    )
    sys.exit(0 if help_cpu <= 0.3 and max(ready) <= 3 and memory * MB <= 110 else 1)


if __name__ == "__main__":
    main()
