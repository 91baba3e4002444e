"""The shape of a line: values fold together, what is said stays."""

import pytest

from fermata.rules.condense.masking import FOLD, TokenMasks
from fermata.rules.condense.shapes import LONGEST_SHAPE, frame_shape, make_shape


def shape(line):
    """Make a line's shape and write it as one text."""
    return " ".join(make_shape(line.encode().translate(FOLD).decode(), TokenMasks()))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("took 93 ms", "took <*>"),
        ("sent 850 bytes, done", "sent <*> done"),
        ("10547 bytes (10.2 KB) received", "<*> received"),
        ("uid=5 (7)", "uid=<*> <*>"),
        ("fans 3552 3534 3391 ok", "fans <*> ok"),
        ("an14 an15 an16 done", "an<*> done"),
        ("at Mon Jun 20 03:40:59 2005", "at <*>"),
        ("[Sun Dec 04 20:47:17 2005] [notice] up", "<*> <*>] [notice] up"),
        ("node 3 Fri 7 up", "node <*> up"),
        ("Fri night, May be", "Fri night, May be"),
        ("", ""),
    ],
)
def test_values_fold(line, expected):
    """Runs of values, units, and dates are one value each; date words alone are words."""
    assert shape(line) == expected


def test_long_line_is_known_by_its_first_tokens():
    """A list of ten thousand hosts is the same kind of line as one of a hundred."""
    made = make_shape("host " + "name " * 10_000, TokenMasks())

    assert len(made) == LONGEST_SHAPE


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("removing node-3 from pool", "removing <*> from pool"),
        ("link () is up", "link <*> is up"),
        ("timeout=30s for x", "timeout=<*> for x"),
        ("ready: 3/4 now", "ready: <*> now"),
        ("isOverlap:true, top", "isOverlap:<*> top"),
        ("user=ann tty=ssh host=web level=error went", "user=<*> tty=<*> host=<*> level=error went"),
        ("a=1 b=2 status=gone", "a=<*> b=<*> status=gone"),
        ("4711", "<*>"),
        ("jk2_init()", "jk<*>_init()"),
    ],
)
def test_frame_reduces_what_varies(line, expected):
    """A token with a value keeps its key only; in lines of pairs every value varies but what says what happened."""
    made = make_shape(line.encode().translate(FOLD).decode(), TokenMasks())

    assert " ".join(frame_shape(made)) == expected
