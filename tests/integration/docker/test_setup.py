"""A real engine is found by its socket, and the settings that are proposed for it work."""

import pytest

from fermata.domain.entity import Entity
from fermata.flows.setup.engines import find_engine
from fermata.flows.setup.surroundings import Surroundings
from fermata.kit.errors import UserError

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


async def test_project_of_the_folder_is_proposed_where_another_has_a_namesake(shop, tmp_path):
    """The folder's own containers are meant; without a namesake all of the engine's are."""
    labels = {**shop.LABELS, "com.docker.compose.project.working_dir": str(tmp_path)}
    shop.run(Labels=labels)
    surroundings = Surroundings(tmp_path, docker_sockets=(shop.engine.socket_path,))
    alone = await find_engine(surroundings)
    shop.run("other-checkout-1", Labels={**shop.LABELS, "com.docker.compose.project": "other"})

    engine = await find_engine(surroundings)

    assert "projects" not in alone.found[0].section
    assert engine.found[0].section["projects"] == ["shop"]
    assert "others of this engine have services of the same names" in engine.found[0].notes[0]


async def test_namesake_of_another_project_is_told_and_left_alone(shop):
    """An alert names a service, and two projects of one host have it: whose it is the settings say."""
    shop.run()
    shop.run("other-checkout-1", Labels={**shop.LABELS, "com.docker.compose.project": "other"})
    both = {finding.name: finding.text for finding in await shop.system().check()}
    own = {finding.name: finding.text for finding in await shop.system(projects=["shop"]).check()}
    none = {finding.name: finding for finding in await shop.system(projects=["gone"]).check()}

    found = await shop.collect("docker.state", "service/checkout", projects=["shop"])

    assert "checkout is a service of other and of shop: an alert that names it means all" in both["docker: containers"]
    assert own["docker: containers"] == "1 of 1 containers run; 1 compose services"
    assert not none["docker: containers"].ok
    assert [one.entity for one in found] == [shop.CHECKOUT]
    assert len(await shop.collect("docker.state", "service/checkout")) == 2
    action = shop.system(projects=["shop"]).list_actions()[0]
    with pytest.raises(UserError, match="has no container other-checkout-1"):
        await action.dry_run(Entity.parse("docker:container/checkout/other-checkout-1"), {})
