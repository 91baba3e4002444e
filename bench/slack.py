"""Slack: from an alert to its card, and from a click to the card that says what is done.

Against the strict stand-in on loopback, so without the way to Slack and back (some 0.1 to 0.3 s for each call). The
house is the real one, on SQLite, with the rehearsed workloads as what is mended; one incident after another.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness import alert, body, describe, write_rows

from fermata.bootstrap import House, open_house
from fermata.integrations import resolve_system
from fermata.integrations.slack.settings import SlackSettings
from fermata.integrations.slack.system import Slack
from fermata.kit.clock import SystemClock
from fermata.settings import load_settings
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Stagehand, Workload
from fermata.testing.slack.server import SlackServer
from fermata.testing.slack.workspace import (
    APP_TOKEN,
    BOT_TOKEN,
    SlackMessage,
    SlackWorkspace,
    list_buttons,
    read_blocks,
)

INCIDENTS = 30
SETTINGS = """\
state_dir: state
log: {level: error}
people: [{id: alice, name: Alice, roles: [oncall], handles: {slack: UALICE}}]
grouping: {mode: "off"}
policy:
  guardrails:
    - {id: all, actions: ["rehearsal.*"], resources: ["rehearsal:process/*"], approvers: {roles: [oncall]}}
limits: {stable_for: 0s, verify_within: 1s, investigations_per_hour: 100000}
systems: {}
"""


def build_house(root: Path, slack: SlackServer) -> House:
    """A house with Slack as its only channel."""
    names = [f"svc{number}" for number in range(INCIDENTS)]
    Stagehand(root / "workloads.json").write(
        {name: Workload(need_bytes=100 * MIB, limit_bytes=64 * MIB) for name in names}
    )
    (root / "fermata.yaml").write_text(SETTINGS)
    house = open_house(load_settings(root / "fermata.yaml", {}))
    clock = house.context.clock
    alertmanager = resolve_system("alertmanager")
    settings = SlackSettings(bot_token=BOT_TOKEN, app_token=APP_TOKEN, channel="C0INCIDENTS", api_url=slack.api_url)
    systems = {
        "alertmanager": alertmanager(alertmanager.Settings(), clock),
        "rehearsal": Rehearsal(RehearsalSettings(path=root / "workloads.json"), clock),
        "slack": Slack(settings, clock),
    }
    return House(house.settings, systems, house.store, house.engine, clock)


async def wait_for(slack: SlackServer, name: str, check: Callable[[SlackMessage], bool]) -> SlackMessage:
    """Wait until the card of a service is so."""
    for _ in range(6000):
        for card in reversed(slack.space.list_cards()):
            if f" {name}: " in card.text and check(card):
                return card
        await asyncio.sleep(0.005)
    raise SystemExit(f"{name}: {[card.text for card in slack.space.list_cards()]}")


def is_held(card: SlackMessage) -> bool:
    """A plan waits, with its buttons."""
    return "approve" in list_buttons(card.blocks)


def is_under_way(card: SlackMessage) -> bool:
    """Being executed, or further already."""
    shown = read_blocks(card.blocks)
    return "being executed" in shown or "executed, being verified" in shown or "done: limit is" in shown


async def main() -> None:
    to_card, to_ack, to_executing = [], [], []
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as folder:
        async with SlackServer(SlackWorkspace(SystemClock())) as slack:
            house = build_house(Path(folder), slack)
            house.start()
            await slack.sockets.connected.wait()
            for number in range(INCIDENTS):
                name = f"svc{number}"
                began = time.monotonic()
                await house.intake.receive("alertmanager", body([alert("Down", {"service": name})]))
                card = await wait_for(slack, name, is_held)
                to_card.append(time.monotonic() - began)
                began = time.monotonic()
                ack = await slack.sockets.click("UALICE", card.ts, "approve")
                to_ack.append(ack.after_s)
                await wait_for(slack, name, is_under_way)
                to_executing.append(time.monotonic() - began)
            cards = len(slack.space.list_cards())
            calls = len(slack.calls) / INCIDENTS
            complaints = len(slack.complaints)
            await house.close()
    beside = f"{cards} cards for {INCIDENTS} incidents, {calls:.1f} calls each, {complaints} complaints of the stand-in"
    write_rows(
        "slack",
        "python bench/slack.py",
        [
            ("alert taken until its card can be decided", "2 s", describe(to_card), beside),
            (
                "click until Slack has its acknowledgement",
                "3 s (Slack's own)",
                describe(to_ack),
                "taken by the store first",
            ),
            (
                "click until the card says that it is executed",
                "2 s",
                describe(to_executing),
                "cards go out every 0.5 s",
            ),
        ],
    )


if __name__ == "__main__":
    asyncio.run(main())
