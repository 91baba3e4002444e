"""What of a container is looked at on this machine itself."""

import os

import pytest

from fermata.integrations.docker.site import is_halted, list_full_mounts_of
from fermata.integrations.docker.wire import Inspected


@pytest.mark.parametrize(
    ("group", "pid", "told"),
    [
        ("0::/system.slice/docker-{id}.scope\n", 7, (("/data", "space"),)),
        ("12:memory:/docker/{id}\n", 7, (("/data", "space"),)),
        ("0::/user.slice\n", 7, ()),
        ("", 8, ()),
        ("", 0, ()),
    ],
)
def test_full_volume_of_a_container_is_told_where_its_process_is_here(tmp_path, engine, monkeypatch, group, pid, told):
    """The engine's number may be another process's where it is not of this machine, or we are in a container."""
    inspected = Inspected.model_validate(engine.INSPECTED | {"State": engine.INSPECTED["State"] | {"Pid": pid}})
    (tmp_path / "7" / "root" / "data").mkdir(parents=True)
    (tmp_path / "7" / "cgroup").write_text(group.format(id=engine.CONTAINER_ID))
    (tmp_path / "7" / "mounts").write_text("tmpfs /data tmpfs rw 0 0\n")
    # No file system can be filled without a mount of our own.
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result((4096, 4096, 1000, 0, 0, 10, 5, 5, 0, 255)))

    assert list_full_mounts_of(inspected, tmp_path) == told


@pytest.mark.parametrize(
    ("stat", "group", "told"),
    [
        ("7 (my (app)) T 1 7", "/docker/{id}", True),
        ("7 (T) S 1 7", "/docker/{id}", False),
        ("7 (app) T 1 7", "/user.slice", False),
        ("", "/docker/{id}", False),
    ],
)
def test_process_that_a_signal_stopped_is_told_where_it_is_here(tmp_path, engine, stat, group, told):
    """The engine goes on to call it running; the number may be another process's."""
    inspected = Inspected.model_validate(engine.INSPECTED | {"State": engine.INSPECTED["State"] | {"Pid": 7}})
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text(stat)
    (tmp_path / "7" / "cgroup").write_text(f"0::{group.format(id=engine.CONTAINER_ID)}\n")

    assert is_halted(inspected, tmp_path) is told
    assert not is_halted(inspected, tmp_path / "none")
