import pytest

from fermata.integrations.supervisor.memory_limit import list_limits

MIB = 1024**2


@pytest.mark.parametrize(
    ("command", "size", "kind"),
    [
        ('/bin/sh -c "ulimit -d 65536; exec app"', 64 * MIB, "ulimit -d"),
        ("sh -c 'ulimit -v 65536 && exec app'", 64 * MIB, "ulimit -v"),
        ("sh -c 'ulimit -Sd 1024; app'", MIB, "ulimit -d"),
        ("sh -c 'ulimit -H -v 1024; app'", MIB, "ulimit -v"),
        ("prlimit --data=67108864 app", 64 * MIB, "prlimit --data"),
        ("/usr/bin/prlimit --core=0 --as=67108864 -- app --data=5", 64 * MIB, "prlimit --as"),
    ],
)
def test_limit_is_found_where_its_number_stands(command, size, kind):
    """The units are the tool's own: KiB for ulimit, bytes for prlimit."""
    limit = list_limits(command)[0]

    assert (limit.size_bytes, limit.kind) == (size, kind)
    assert command[limit.start : limit.end] == str(size // limit.unit_bytes)


@pytest.mark.parametrize(
    "command",
    [
        "app --data=5",
        "ulimit -n 1024",
        "ulimit -d unlimited",
        "ulimit -d $LIMIT",
        "ulimit -d 65536k",
        "ulimit -d 65%(x)s",
        "prlimit --data=unlimited app",
        "myulimit-d 5",
    ],
)
def test_what_is_no_plain_number_is_no_limit(command):
    """Better none than a wrong one: an edit would go into the wrong place."""
    assert list_limits(command) == ()


def test_soft_and_hard_part_are_told_apart():
    """Two numbers are one too many to edit one."""
    (limit,) = list_limits("prlimit --data=1000:2000 app")

    assert limit.has_hard_part
    assert limit.size_bytes == 1000
