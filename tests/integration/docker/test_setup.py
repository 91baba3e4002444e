"""A real engine is found by its socket, and the settings that are proposed for it work."""

import pytest

from fermata.flows.setup.engines import find_engine
from fermata.flows.setup.surroundings import Surroundings

pytestmark = pytest.mark.docker


async def test_engine_is_found_and_its_settings_work(shop, tmp_path):
    """What runs is named, and the doctor finds nothing missing with the proposed section."""
    shop.run()

    engine = await find_engine(Surroundings(tmp_path, docker_sockets=(shop.engine.socket_path,)))

    (found,) = engine.found
    assert found.is_default
    assert found.services == ("checkout",)
    assert "containers that run: 1 (checkout)" in found.detail
    findings = await shop.system(**found.section).check()
    assert [finding.text for finding in findings if not finding.ok] == []
