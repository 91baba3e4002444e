"""A password that was rotated, on a real engine: who was made anew with the other one is named, and never a value."""

from datetime import UTC, datetime

import pytest

from fermata.rules.signatures import Case, diagnose
from fermata.testing.records import make_alert

pytestmark = pytest.mark.docker
REFUSED = "while :; do echo 'ERROR password authentication failed for user \"shop\"'; sleep 1 & wait $!; done"
FILE = "/run/secrets/db_password"


def run(shop, service, *, env=(), binds=(), **config):
    """Start the container of a service, as compose does."""
    labels = shop.LABELS | {"com.docker.compose.service": service}
    shop.run(f"shop-{service}-1", Labels=labels, env=env, HostConfig={"Binds": list(binds)}, **config)


async def look(shop, system):
    """Collect everything about quotes once it has said that it is refused, and diagnose it."""
    path = "/containers/shop-quotes-1/logs"
    shop.wait_until(lambda: shop.engine.call("GET", path, params={"stdout": "1"}).count(b"ERROR") > 2, "three lines")
    scope = shop.make_scope("service/quotes")
    gathered = [item for collector in system.list_collectors() for item in await collector.collect(scope)]
    alert = make_alert(starts_at=datetime.now(UTC))
    return diagnose(Case(scope=scope, alerts=(alert,), evidence=tuple(gathered)))


async def test_side_that_was_made_anew_with_another_password_is_named(shop):
    """Its variable became different; the database was not made since."""
    system = shop.system()
    run(shop, "db")
    run(shop, "quotes", env=["DB_HOST=db", "API_PASSWORD=first-Vq8x"])
    await system.find_watcher().look()
    shop.engine.remove("shop-quotes-1")
    run(shop, "quotes", env=["DB_HOST=db", "API_PASSWORD=second-Vq8x"], Cmd=["/bin/sh", "-c", REFUSED])

    diagnosis = await look(shop, system)

    assert diagnosis.leading.cause == "credential_refused"
    assert "shop-quotes-1 was made anew at" in diagnosis.leading.text
    assert "with another API_PASSWORD; shop-db-1 was made before and not since" in diagnosis.leading.text
    assert "Vq8x" not in str(diagnosis.to_json())


async def test_side_that_read_the_file_of_a_secret_anew_is_named(shop, tmp_path):
    """The engine does not know what stands in it: whoever was made before may hold what stood there."""
    secret = tmp_path / "db_password"
    secret.write_text("first-Vq8x")
    bind = f"{secret}:{FILE}:ro"
    run(shop, "db", binds=[bind])
    secret.write_text("second-Vq8x")
    run(shop, "quotes", binds=[bind], Cmd=["/bin/sh", "-c", REFUSED])

    diagnosis = await look(shop, shop.system())

    assert diagnosis.leading.cause == "credential_refused"
    assert f"read {FILE} (bind of {secret}) as it is since; shop-db-1 was made before" in diagnosis.leading.text
