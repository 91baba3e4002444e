"""Secrets of a hundred kinds where systemd keeps text: none is in anything that is collected or shown."""

import json
from datetime import UTC, datetime

import pytest
from tests.unit.kit.redaction.canaries import CANARIES

from fermata.domain.entity import Entity
from fermata.integrations.systemd.client import SystemdClient
from fermata.integrations.systemd.system import Systemd, SystemdSettings
from fermata.kit.clock import SystemClock
from fermata.testing.records import make_scope

# A number of six digits may stand in a digest by chance; it is tried by itself in the tests of redaction.
PLANTED = [canary for canary in CANARIES if canary.secret != "123456"]
WORKER = Entity.parse("systemd:unit/worker.service")
TALK = "import sys, time\nprint(open(sys.argv[1]).read(), flush=True)\nprint('told', flush=True)\ntime.sleep(600)\n"


def quote(text):
    """Write a text as a word of a unit's file (systemd.syntax(7))."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("%", "%%")
    return f'"{escaped}"'


@pytest.fixture(params=["runs", "is down"])
def telling(shop, request):
    """Give a service that writes every canary to the journal, with canaries as variables, arguments and status."""
    (shop.root / "log").write_text("\n".join(canary.text for canary in PLANTED))
    lines = [f"Environment={quote(f'SETTING_{number}={canary.text}')}" for number, canary in enumerate(PLANTED)]
    lines += [
        f"Environment={quote(f'API_TOKEN_{number}={canary.secret}')}" for number, canary in enumerate(PLANTED[:40])
    ]
    (shop.root / "env").write_text(
        "".join(
            f"FILE_TOKEN_{n}='{c.secret}'\n"
            for n, c in enumerate(PLANTED[:40])
            if "'" not in c.secret and "\n" not in c.secret
        )
    )
    shop.write("worker", TALK, service="\n".join([*lines, f"EnvironmentFile={shop.root}/env"]))
    path = shop.rig.units / "worker.service"
    arguments = [str(shop.root / "log"), PLANTED[0].text, f"--password={PLANTED[1].secret}"]
    command = f"{shop.root / 'worker'}.py {' '.join(quote(word) for word in arguments).replace('$', '$$')}"
    path.write_text(path.read_text().replace(f"{shop.root / 'worker'}.py", command))
    shop.rig.systemctl("daemon-reload")
    shop.rig.systemctl("start", "worker.service")
    shop.wait_said("worker", "told")
    if request.param == "is down":
        shop.rig.systemctl("kill", "--signal=KILL", "worker.service")
        shop.rig.wait_property("worker.service", "ActiveState", ("failed",))
        path.write_text(path.read_text() + "# changed since\n")
    return shop


def list_leaks(text):
    """Return the kinds of secrets that stand in a text, as they are or as JSON writes them."""
    return [c.kind for c in PLANTED if c.secret in text or json.dumps(c.secret)[1:-1] in text]


async def test_no_secret_is_collected(telling):
    """Whatever a program or a person wrote where systemd, its journal or `/proc` shows it."""
    client = SystemdClient(prefix=telling.rig.prefix, root=telling.site().client.root)
    system = Systemd(SystemdSettings(log_lines=5000), SystemClock(), client=client)
    scope = make_scope("service/worker", at=datetime.now(UTC))

    for collector in system.list_collectors():
        evidence = await collector.collect(scope)

        assert evidence
        assert list_leaks(json.dumps([item.to_json() for item in evidence], ensure_ascii=False)) == [], collector.name


async def test_no_secret_is_on_the_card_of_an_action(telling):
    """What an action shows and compares is made of what the unit is declared as."""
    for name, parameters in (("systemd.restart", {}), ("systemd.set_memory_limit", {"limit_bytes": 256 << 20})):
        action, planned = await telling.plan(name, parameters, WORKER)

        version = await action.observe_version(WORKER, parameters)

        assert list_leaks(json.dumps(planned.to_json(), ensure_ascii=False) + version) == []
