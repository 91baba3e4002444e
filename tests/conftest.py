"""What every test gets: a skip with the server's name where a marked test's server is missing."""

import pytest
import structlog

import install_servers

pytest_plugins = ["tests.fixtures.stores"]
# The packages that are not here, by the marker of the tests that need them.
MISSING = pytest.StashKey[dict[str, list[str]]]()


def pytest_configure(config):
    """Look for the servers once; the table of who needs what is the installer's own."""
    missing = {}
    for server in install_servers.list_missing():
        missing.setdefault(server.marker, []).append(server.package)
    config.stash[MISSING] = missing


def pytest_runtest_setup(item):
    """Skip a test marked for a server that this machine does not have."""
    for marker, packages in item.config.stash[MISSING].items():
        if item.get_closest_marker(marker) is not None:
            pytest.skip(f"no {' or '.join(packages)}")


@pytest.fixture(autouse=True)
def _plain_logging():
    """Log as before any command set it up: what one wrote to is closed when its test ends."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
