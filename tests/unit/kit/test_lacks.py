"""Advice for a file that cannot be made follows why it cannot be."""

import errno

import pytest

from fermata.kit.lacks import LACKS, choose_advice


@pytest.mark.parametrize("number", LACKS)
def test_what_ran_out_is_named_and_not_rights(number):
    """A full disk is not helped by a chown."""
    assert choose_advice(OSError(number, "it ran out"), "chown it") == LACKS[number]


@pytest.mark.parametrize("error", [PermissionError(errno.EACCES, "denied"), OSError("no number")])
def test_all_else_keeps_its_own_advice(error):
    """Whoever fails knows best what else it may be."""
    assert choose_advice(error, "chown it") == "chown it"
