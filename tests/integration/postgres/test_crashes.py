"""Fermata dies in the middle of building an index: what the server goes on with, and what the probe makes of it."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.testing.action_contract import KEY, plan_action

pytestmark = pytest.mark.postgres
INDEX = {"table": "order_lines", "columns": ["order_id"]}
NAME = "fermata_order_lines_order_id_btree"
NOW = datetime.now(UTC)
SCRIPT = """
import asyncio, json, sys
from fermata.domain.action import PlannedAction
from fermata.integrations.postgres.settings import PostgresSettings
from fermata.integrations.postgres.system import Postgres
from fermata.kit.clock import SystemClock
from fermata.testing.action_contract import KEY

settings, planned = json.load(sys.stdin)
action = Postgres(PostgresSettings(**settings), SystemClock()).list_actions()[0]
print("ready", flush=True)
print(asyncio.run(action.execute(PlannedAction.from_json(planned), KEY)))
"""


def kill_while_building(shop, settings, planned):
    """Let another process execute the plan, and kill it once the server builds."""
    command = [sys.executable, "-c", SCRIPT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        program.stdin.write(json.dumps([settings, planned.to_json()]))
        program.stdin.close()
        program.stdout.readline()
        shop.wait_for("EXISTS (SELECT 1 FROM pg_stat_progress_create_index)")
        program.send_signal(signal.SIGKILL)


async def test_build_goes_on_without_us_and_is_told_each_step_of_the_way(shop):
    """Killed with -9: still being built; then built without our mark; dropped by hand: certainly not there."""
    action, target = shop.action("create_index_concurrently"), Entity.parse(shop.ref)
    planned = plan_action(action, target, INDEX, await action.dry_run(target, INDEX))
    holder = shop.hold("UPDATE order_lines SET sku = 'a' WHERE id = 1")
    settings = {"databases": {shop.name: {"dsn": shop.url, "write_dsn": shop.url}}}
    kill_while_building(shop, settings, planned)
    running = await action.probe(planned, KEY, NOW)
    holder.say("COMMIT")
    shop.wait_for("NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE application_name LIKE 'fermata act-%')")
    ended = await action.probe(planned, KEY, NOW)
    shop.run(f"DROP INDEX {NAME}")
    gone = await action.probe(planned, KEY, NOW)

    assert [one.outcome for one in (running, ended, gone)] == [Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.FAILED]
    assert "is still being built by pid" in running.detail
    assert "is there and valid, without the mark" in ended.detail
    assert "nothing is left of it" in gone.detail
