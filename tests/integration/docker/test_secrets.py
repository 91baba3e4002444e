"""Secrets of a hundred kinds where an engine keeps text: none is in anything that is collected or shown."""

import json

import pytest
from tests.unit.kit.redaction.canaries import CANARIES

pytestmark = pytest.mark.docker
# A number of six digits may stand in a digest by chance; it is tried by itself in the tests of redaction.
PLANTED = [canary for canary in CANARIES if canary.secret != "123456"]
LOG = "\n".join(canary.text for canary in PLANTED) + "\n"
TALK = b"#!/bin/sh\ncat /log\ncat /log >&2\ntrap 'exit 0' TERM\nwhile :; do sleep 1 & wait $!; done\n"


@pytest.fixture
def telling(shop):
    """Give a container that logs every canary, with canaries as variables, labels and arguments, and one before it."""
    variables = [f"SETTING_{number}={canary.text}" for number, canary in enumerate(PLANTED)]
    variables += [f"API_TOKEN_{number}={canary.secret}" for number, canary in enumerate(PLANTED[:40])]
    labels = shop.LABELS | {f"note.{number}": canary.text for number, canary in enumerate(PLANTED)}
    # What a Dockerfile line can hold; the engine refuses others.
    lines = [canary for canary in PLANTED if not set(canary.text) & set("\n\"'\\$`") and " " not in canary.text]
    changes = [f"LABEL note{number}={canary.text}" for number, canary in enumerate(lines[:20])]
    shop.engine.import_image("shop/telling:1", {"serve.sh": TALK, "log": LOG.encode()}, changes)
    command = ["/bin/sh", "/serve.sh", PLANTED[0].text, f"--password={PLANTED[1].secret}"]
    shop.run("shop-checkout-old")
    shop.engine.call("POST", "/containers/shop-checkout-old/stop")
    shop.run(image="shop/telling:1", Cmd=command, Env=variables, Labels=labels)
    last = LOG.rstrip().splitlines()[-1].encode()
    path = f"/containers/{shop.NAME}/logs?stderr=1"
    shop.wait_until(lambda: last in shop.engine.call("GET", path), "the log")
    yield shop
    shop.clear()
    shop.engine.call("DELETE", "/images/shop/telling:1", params={"force": "1"}, expect=404)


def list_leaks(text):
    """Return the kinds of secrets that stand in a text, as they are or as JSON writes them."""
    return [c.kind for c in PLANTED if c.secret in text or json.dumps(c.secret)[1:-1] in text]


@pytest.mark.parametrize("name", ["state", "logs", "resources", "environment", "changes"])
async def test_no_secret_is_collected(telling, name):
    """Whatever a program, an image or a person wrote where the engine shows it."""
    evidence = await telling.collect(f"docker.{name}", "service/checkout")

    assert evidence
    assert list_leaks(json.dumps([item.to_json() for item in evidence], ensure_ascii=False)) == []


async def test_no_secret_is_on_the_card_of_an_action(telling):
    """The diff of a container created anew holds its variables, labels and arguments."""
    _, planned = await telling.plan("docker.recreate_with_previous_image", {"image": "previous"})

    assert "<redacted " in planned.dry_run.diff or "[redacted" in planned.dry_run.diff
    assert list_leaks(json.dumps(planned.to_json(), ensure_ascii=False)) == []
