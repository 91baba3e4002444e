"""What a real engine tells is enough: the signatures see the cause, and propose what the catalogue holds."""

from datetime import UTC, datetime

import pytest

from fermata.domain.diagnosis import Verdict
from fermata.rules.signatures import Case, diagnose
from fermata.testing.records import make_alert

pytestmark = pytest.mark.docker
AGAIN = {"RestartPolicy": {"Name": "always"}}


async def look(shop, service="checkout"):
    """Collect everything about a service and diagnose it."""
    scope = shop.make_scope(f"service/{service}")
    system = shop.system()
    gathered = [item for collector in system.list_collectors() for item in await collector.collect(scope)]
    known = frozenset(action.spec.name for action in system.list_actions())
    alert = make_alert(starts_at=datetime.now(UTC))
    case = Case(scope=scope, alerts=(alert,), evidence=tuple(gathered), known_actions=known)
    return diagnose(case)


async def test_container_killed_for_memory_is_proposed_twice_its_limit(shop):
    """OOMKilled, by the engine's own word: the limit is doubled by docker's own action."""
    shop.run(image="shop/leak:1", memory=16 * shop.MIB, HostConfig=AGAIN)
    shop.wait_until(lambda: shop.engine.inspect(shop.NAME)["RestartCount"] >= 2, "two restarts")

    diagnosis = await look(shop)

    assert (diagnosis.verdict, diagnosis.leading.cause) == (Verdict.IDENTIFIED, "memory_limit_exceeded")
    (suggestion,) = diagnosis.leading.suggestions
    assert (suggestion.name, suggestion.target) == ("docker.set_memory_limit", shop.CHECKOUT)
    assert dict(suggestion.parameters) == {"limit_bytes": 32 * shop.MIB}
    await shop.plan(suggestion.name, dict(suggestion.parameters), suggestion.target)


async def test_container_that_crashes_otherwise_is_proposed_no_memory(shop):
    """An exit code of its own is no kill: nothing is proposed for a symptom."""
    # A service of its own: the engine remembers which images the usual one had.
    labels = shop.LABELS | {"com.docker.compose.service": "till"}
    shop.run("shop-till-1", "shop/crash:1", HostConfig=AGAIN, Labels=labels)
    shop.wait_until(lambda: shop.engine.inspect("shop-till-1")["RestartCount"] >= 3, "three restarts")

    diagnosis = await look(shop, "till")

    assert diagnosis.verdict is Verdict.UNDETERMINED
    assert "memory_limit_exceeded" not in [hypothesis.cause for hypothesis in diagnosis.hypotheses]
    assert not any(hypothesis.suggestions for hypothesis in diagnosis.hypotheses)
    assert any("Find out why shop-till-1 ends" in check for check in diagnosis.checks)


async def test_image_that_took_the_place_of_a_good_one_goes_back(shop):
    """The engine remembers what ran before under this name: that is the way back, whatever ails the new one."""
    shop.run()
    shop.engine.remove(shop.NAME)
    shop.run(image="shop/crash:1", HostConfig=AGAIN)
    shop.wait_until(lambda: shop.engine.inspect(shop.NAME)["RestartCount"] >= 3, "three restarts")

    diagnosis = await look(shop)

    assert (diagnosis.verdict, diagnosis.leading.cause) == (Verdict.IDENTIFIED, "new_image_does_not_stay_up")
    assert [suggestion.name for suggestion in diagnosis.leading.suggestions] == ["docker.recreate_with_previous_image"]


async def test_container_that_was_stopped_is_proposed_a_restart(shop):
    """Somebody stopped it, and nothing else explains that it is down."""
    shop.run()
    shop.engine.call("POST", f"/containers/{shop.NAME}/stop")

    diagnosis = await look(shop)

    (suggestion,) = diagnosis.leading.suggestions
    assert (diagnosis.leading.cause, suggestion.name) == ("stopped_process", "docker.restart_container")


async def test_healthy_container_is_blamed_for_nothing(shop):
    """An alert about something else finds nothing here."""
    shop.run()

    diagnosis = await look(shop)

    assert diagnosis.leading is None
