"""Tables of file systems, and what in them is full."""

import pytest

from fermata.rules.filesystems import holds_table, list_full

GNU = [
    "wiki@w1:~$ df -h",
    "Filesystem      Size  Used Avail Use% Mounted on",
    "/dev/sda1        20G  6.1G   14G  31% /",
    "/dev/sdb1        50G   50G     0 100% /var",
    "/dev/loop3       64M   64M     0 100% /snap/core20/1",
    "wiki@w1:~$ du -sh /x",
    "/dev/sdc1        50G   50G     0 100% /not/in/a/table",
]


def test_full_file_systems_are_told_by_their_rows():
    """An image that is only read was made full, and a table ends with its rows."""
    found = list_full(GNU)

    assert [(item.mount, item.lacks, item.at) for item in found] == [("/var", "space", 3)]


@pytest.mark.parametrize(
    ("head", "row", "lacks"),
    [
        ("Filesystem     1024-blocks     Used Available Capacity Mounted on", "/dev/sda1 9 9 0 100% /", "space"),
        ("Filesystem     Type   Size  Used Avail Use% Mounted on", "/dev/sda1 ext4 9G 9G 1M 99% /", "space"),
        ("Filesystem      Inodes   IUsed   IFree IUse% Mounted on", "/dev/sda1 99 99 0 100% /", "inodes"),
    ],
)
def test_other_programs_and_flags_print_other_columns(head, row, lacks):
    """POSIX, types, and inodes."""
    (found,) = list_full([head, row])

    assert (found.mount, found.lacks) == ("/", lacks)
    assert holds_table([head])


@pytest.mark.parametrize("lines", [[], ["no table", "/dev/sda1 9 9 0 100% /"], [GNU[1], GNU[2]]])
def test_nothing_is_full_without_a_table_or_with_room(lines):
    """A percent sign alone says nothing."""
    assert list_full(lines) == ()


def test_other_text_holds_no_table():
    """The words may stand anywhere."""
    assert not holds_table(["the Filesystem is Mounted on / at Use% 3"])
