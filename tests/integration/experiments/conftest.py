"""A sandbox of real processes for each test."""

import pytest
from tests.integration.experiments.sandbox import Sandbox


@pytest.fixture
def sandbox(tmp_path):
    """Give the sandbox, with its services and its proxy running."""
    made = Sandbox(tmp_path).start()
    made.write_experiment()
    yield made
    made.close()
