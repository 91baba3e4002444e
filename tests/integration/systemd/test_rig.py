"""The rig is a whole systemd for who is inside it, and nothing for the host."""

import os
import subprocess
from pathlib import Path

import pytest

from fermata.kit.errors import OperationalError
from fermata.testing.systemd import SystemdRig

GREEDY = """\
[Service]
ExecStart=/usr/bin/python3 -S -c "import time; kept = [bytearray(1 << 20) for _ in range(200)]; time.sleep(600)"
MemoryMax=30M

[Install]
WantedBy=multi-user.target
"""


def look_at_host():
    """Return what of the host a systemd could change: mounts, kernel settings, its folders and control groups."""
    settings = subprocess.run(["sysctl", "-a"], capture_output=True, text=True, check=False).stdout.splitlines()
    watched = ("fs.nr_open", "fs.file-max", "kernel.core", "kernel.hostname", "kernel.sysrq", "kernel.printk", "vm.")
    folders = ["/etc/systemd", "/etc/machine-id", "/dev/log", "/run/systemd", "/run/log", "/var/lib/systemd"]
    found = subprocess.run(["find", *folders, "-printf", "%p %T@\n"], capture_output=True, text=True, check=False)
    groups = [path for path in Path("/sys/fs/cgroup").rglob(f"fermata-rig-{os.getpid()}-*") if path.is_dir()]
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if "systemd" in line]
    return mounts, [line for line in settings if line.startswith(watched)], found.stdout, groups


@pytest.mark.usefixtures("needs_systemd")
def test_host_after_a_rig_is_as_it_was(tmp_path):
    """Mounts, kernel settings, systemd's folders and the control groups of the host are untouched."""
    before = look_at_host()

    with SystemdRig(tmp_path) as rig:
        rig.write_unit("greedy.service", GREEDY)
        rig.systemctl("daemon-reload")
        rig.systemctl("enable", "--now", "greedy.service")
        rig.systemctl("set-property", "greedy.service", "MemoryMax=40M")
        rig.wait_property("greedy.service", "ActiveState", ("failed",))
        main, pid = rig.run("journalctl", "--no-pager", "-u", "greedy.service").stdout, rig.pid
        assert rig.show("greedy.service", "MemoryMax") == str(40 << 20)

    assert "code=killed, status=9/KILL" in main
    assert not Path(f"/proc/{pid}").exists()
    assert look_at_host() == before


@pytest.mark.usefixtures("needs_systemd")
def test_rig_that_cannot_start_says_why(tmp_path):
    """What the first script said is in the error, and no control group stays."""
    (tmp_path / "machine-id").mkdir()

    with pytest.raises((OperationalError, IsADirectoryError)):
        SystemdRig(tmp_path).start()

    assert not list(Path("/sys/fs/cgroup").rglob(f"fermata-rig-{os.getpid()}-*"))
