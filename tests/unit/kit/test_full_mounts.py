"""Which file systems a process may write to have no room, from a folder made like `/proc`."""

import os

import pytest

from fermata.kit.full_mounts import list_full_mounts

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
/dev/sdb1 /my\\040data xfs rw 0 0
/dev/loop1 /snap squashfs ro 0 0
server:/share /share nfs4 rw 0 0
/dev/sdc1 /backup ext4 ro 0 0
/dev/sdd1 /gone ext4 rw 0 0
/dev/sdb1 /etc/hosts-data ext4 rw 0 0
"""


@pytest.mark.parametrize(
    ("values", "lacks"),
    [
        ({"blocks": 1000, "bavail": 9, "files": 10, "favail": 5}, "space"),
        ({"blocks": 1000, "bavail": 500, "files": 10, "favail": 0}, "inodes"),
        ({"blocks": 1000, "bavail": 10, "files": 10, "favail": 5}, ""),
        ({"blocks": 0, "bavail": 0, "files": 0, "favail": 0}, ""),
    ],
)
def test_file_systems_without_room_are_told(tmp_path, monkeypatch, values, lacks):
    """Those that it may write to, of its own host; one whose folder is gone tells nothing, nor does a single file."""
    own = tmp_path / "7"
    (own / "root" / "my data").mkdir(parents=True)
    (own / "root" / "etc").mkdir()
    (own / "root" / "etc" / "hosts-data").write_text("")
    (own / "mounts").write_text(MOUNTS)
    real = os.statvfs
    full = os.statvfs_result(
        (4096, 4096, values["blocks"], 0, values["bavail"], values["files"], 0, values["favail"], 0, 255)
    )
    roomy = os.statvfs_result((4096, 4096, 1000, 900, 900, 10, 9, 9, 0, 255))

    def measure(path):
        real(path)
        return full if str(path).endswith("data") else roomy

    # No file system can be filled without a mount of our own.
    monkeypatch.setattr(os, "statvfs", measure)

    assert list_full_mounts(7, tmp_path) == (((("/my data", lacks)),) if lacks else ())


def test_process_that_is_gone_has_none(tmp_path):
    """Nothing is said of what nobody can read."""
    assert list_full_mounts(7, tmp_path) == ()
