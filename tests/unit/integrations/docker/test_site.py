"""What of a container is looked at on this machine itself."""

import os

import pytest

from fermata.integrations.docker.site import list_full_mounts_of
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
