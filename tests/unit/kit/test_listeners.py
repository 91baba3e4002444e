"""Who listens at a port, from a folder made like `/proc`."""

import os
import socket
from pathlib import Path

import pytest

from fermata.kit.listeners import list_listener_groups

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.fixture
def proc(tmp_path):
    """Give a machine on which process 7 listens at port 80, and answers a caller from it."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text(
        f"{HEAD}   0: 00000000:0050 00000000:0000 0A 0:0 0:0 0 0 0 111 1\n"
        "   1: 0100007F:0051 0100007F:9000 01 0:0 0:0 0 0 0 222 1\n   2: cut\n"
    )
    own = tmp_path / "7" / "fd"
    own.mkdir(parents=True)
    (own / "3").symlink_to("socket:[111]")
    (own / "4").write_text("no link")
    (tmp_path / "7" / "cgroup").write_text("0::/system.slice/docker-c0ffee.scope\n")
    (tmp_path / "8").mkdir()
    return tmp_path


def test_group_of_who_listens_is_told(proc):
    """A call that goes on at a port is no listener; a process that may not be looked at is passed over."""
    assert list_listener_groups(80, proc) == ("0::/system.slice/docker-c0ffee.scope\n",)
    assert list_listener_groups(81, proc) == ()


def test_listener_that_may_not_be_looked_at_is_not_taken_for_none(proc):
    """Another user's process shows its port and not its open files."""
    (proc / "7" / "fd" / "3").unlink()

    assert list_listener_groups(80, proc) is None


@pytest.mark.parametrize(
    ("user", "found"), [("999", ("0::/docker-c0ffee.scope\n", "0::/user.slice\n")), ("0", None), ("5", None)]
)
def test_listener_of_another_user_is_one_of_that_user_s_processes(proc, user, found):
    """Else each agent in the host's network stands for a server beside it; what root opened may be anybody's since."""
    row = f"   0: 00000000:0052 00000000:0000 0A 0:0 0:0 0 {user} 0 333 1\n"
    (proc / "net" / "tcp6").write_text(HEAD + row)
    for pid, owner, group in (
        (11, 999, "docker-c0ffee.scope"),
        (12, 1000, "docker-a9e27.scope"),
        (13, 999, "user.slice"),
    ):
        (proc / str(pid)).mkdir()
        (proc / str(pid) / "status").write_text(f"Name:\tx\nUid:\t{owner}\t{owner}\t{owner}\t{owner}\n")
        (proc / str(pid) / "cgroup").write_text(f"0::/{group}\n")

    groups = list_listener_groups(82, proc)

    assert (tuple(sorted(groups)) if groups else groups) == found


def test_own_listener_is_found_on_this_machine():
    """The kernel's own table is read as it is written here."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        own = Path(f"/proc/{os.getpid()}/cgroup").read_text()

        assert own in (list_listener_groups(server.getsockname()[1]) or ())
