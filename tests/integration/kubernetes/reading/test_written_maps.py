"""A config map that somebody wrote without a rollout is among the changes of the workload that refers to it."""

from datetime import UTC, datetime, timedelta

from tests.integration.kubernetes.reading.conftest import PASSWORD


async def test_config_map_that_was_written_is_told_with_its_time(shop, make_system, make_scope, gather):
    """Its former values are gone: it is dated, and not read."""
    shop.cluster.api.store.now = lambda: datetime.now(UTC) - timedelta(hours=2)
    shop.build()
    shop.cluster.api.store.now = lambda: datetime.now(UTC) - timedelta(minutes=3)
    live = shop.cluster.get("ConfigMap", "shop", "checkout-config")
    shop.cluster.edit(live, lambda item: item["data"].update(MODE="slow"))

    brought = await gather(make_system(), make_scope("kubernetes:deployment/shop/checkout"))

    (found,) = [item for item in brought if item.kind == "change" and item.facts["kind"] == "configuration"]
    assert found.facts["title"].startswith("configmap/checkout-config was written by")
    assert "; no container started since: variables are as before" in found.facts["title"]
    assert not found.facts["diff_read"]
    assert PASSWORD not in "\n".join(line.text for line in found.lines)
