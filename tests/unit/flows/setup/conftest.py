"""Surroundings with nothing in them, to put something in."""

import pytest

from fermata.flows.setup.surroundings import Surroundings


@pytest.fixture
def around(tmp_path):
    """Give a function that makes surroundings in which only what is said exists; no port of this machine is asked."""

    def build(**changes):
        values = {"folder": tmp_path, "ports": ()} | changes
        return Surroundings(**values)

    return build
