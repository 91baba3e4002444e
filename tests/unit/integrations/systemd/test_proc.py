"""What `/proc` tells of a unit's main process, and when it is another's by now."""

import pytest

from fermata.integrations.systemd.proc import (
    count_open_files,
    find_environment,
    find_host_available,
    find_open_files_limit,
)

GROUP = "/system.slice/checkout.service"


@pytest.fixture
def proc(tmp_path):
    """A process of the unit."""
    folder = tmp_path / "7"
    (folder / "fd").mkdir(parents=True)
    (folder / "environ").write_bytes(b"PORT=80\0BAD\0GREETING=a=b\xff\0")
    (folder / "cgroup").write_text(f"1:name=systemd:{GROUP}\n")
    (folder / "limits").write_text("Limit  Soft\nMax open files            512                  1024         files \n")
    (folder / "fd" / "0").touch()
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:       3 kB\n")
    return tmp_path


def test_process_of_the_unit_is_read(proc):
    """Bytes that are no UTF-8 are replaced, and what is no assignment is left out."""
    assert find_environment(proc, 7, GROUP) == {"PORT": "80", "GREETING": "a=b\ufffd"}
    assert count_open_files(proc, 7, GROUP) == 1
    assert find_open_files_limit(proc, 7, GROUP) == 512
    assert find_host_available(proc) == 3 * 1024


@pytest.mark.parametrize("group", ["/system.slice/mail.service", ""])
def test_number_that_another_process_has_by_now_tells_nothing(proc, group):
    """Numbers are given anew; the control group says whose it is."""
    assert find_environment(proc, 7, group) is None
    assert count_open_files(proc, 7, group) is None
    assert find_open_files_limit(proc, 7, group) is None


def test_process_that_is_gone_tells_nothing(tmp_path):
    """Or that is somebody else's to read."""
    assert find_environment(tmp_path, 7, GROUP) is None
    assert count_open_files(tmp_path, 7, GROUP) is None
    assert find_open_files_limit(tmp_path, 7, GROUP) is None
    assert find_host_available(tmp_path) is None


def test_limit_that_is_none_is_not_a_number(proc):
    """`unlimited` is what it says."""
    (proc / "7" / "limits").write_text("Max open files  unlimited  unlimited  files\n")

    assert find_open_files_limit(proc, 7, GROUP) is None
