"""What the benchmarks of chats share: a real house with one chat as its only channel, and an incident after the other.

The house is on SQLite, with the rehearsed workloads as what is mended. The chat is its strict stand-in on loopback, so
without the way to the service and back (some 0.1 to 0.3 s for each call).
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness import alert, body, describe, write_rows

from fermata.bootstrap import House, open_house
from fermata.integrations import resolve_system
from fermata.kit.clock import Clock
from fermata.ports.system import System
from fermata.settings import load_settings
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Stagehand, Workload

INCIDENTS = 30
_SETTINGS = """\
state_dir: state
log: {{level: error}}
people: [{{id: alice, name: Alice, roles: [oncall], handles: {{{chat}: "{handle}"}}}}]
grouping: {{mode: "off"}}
policy:
  guardrails:
    - {{id: all, actions: ["rehearsal.*"], resources: ["rehearsal:process/*"], approvers: {{roles: [oncall]}}}}
limits: {{stable_for: 0s, verify_within: 1s, investigations_per_hour: 100000}}
systems: {{}}
"""
_UNDER_WAY = ("being executed", "executed, being verified", "done: limit is")
"""What a card says of a plan that somebody has approved, whichever of them is seen first."""


@dataclass(frozen=True)
class Shown:
    """A card as people see it now."""

    id: str
    text: str
    can_decide: bool


@dataclass(frozen=True)
class Chat:
    """A stand-in, as far as it is measured."""

    name: str
    alice: str
    """Alice's handle there."""
    build_system: Callable[[Clock], System]
    list_cards: Callable[[], list[Shown]]
    """Oldest first."""
    approve: Callable[[str], Awaitable[float]]
    """Clicks Approve on the card of that id; returns the seconds until the chat had its answer."""
    count_calls: Callable[[], int]
    complaints: list[str]


@dataclass
class Taken:
    """What was measured, in seconds."""

    to_card: list[float] = field(default_factory=list)
    to_answer: list[float] = field(default_factory=list)
    to_executing: list[float] = field(default_factory=list)


async def run(chat: Chat, connected: asyncio.Event, *, table: str, title: str) -> None:
    """Measure, and write the table.

    Args:
        connected: Set once the house listens to the chat.
        table: Its name, and that of the script.
        title: The chat's name for people.
    """
    with tempfile.TemporaryDirectory(prefix="fermata-bench-") as folder:
        house = _build_house(Path(folder), chat)
        house.start()
        await connected.wait()
        taken = await _measure(house, chat)
        await house.close()
    _write_table(chat, taken, table=table, title=title)


def _build_house(root: Path, chat: Chat) -> House:
    """Return a house with the chat as its only channel."""
    names = [f"svc{number}" for number in range(INCIDENTS)]
    Stagehand(root / "workloads.json").write(
        {name: Workload(need_bytes=100 * MIB, limit_bytes=64 * MIB) for name in names}
    )
    (root / "fermata.yaml").write_text(_SETTINGS.format(chat=chat.name, handle=chat.alice))
    house = open_house(load_settings(root / "fermata.yaml", {}))
    clock = house.context.clock
    alertmanager = resolve_system("alertmanager")
    systems = {
        "alertmanager": alertmanager(alertmanager.Settings(), clock),
        "rehearsal": Rehearsal(RehearsalSettings(path=root / "workloads.json"), clock),
        chat.name: chat.build_system(clock),
    }
    return House(house.settings, systems, house.store, house.engine, clock)


async def _measure(house: House, chat: Chat) -> Taken:
    """Alert, approve, and wait for each incident; the house serves already, and the chat is connected."""
    taken = Taken()
    for number in range(INCIDENTS):
        name = f"svc{number}"
        began = time.monotonic()
        await house.intake.receive("alertmanager", body([alert("Down", {"service": name})]))
        card = await _wait_for(chat, name, lambda shown: shown.can_decide)
        taken.to_card.append(time.monotonic() - began)
        began = time.monotonic()
        taken.to_answer.append(await chat.approve(card.id))
        await _wait_for(chat, name, lambda shown: any(words in shown.text for words in _UNDER_WAY))
        taken.to_executing.append(time.monotonic() - began)
    return taken


def _write_table(chat: Chat, taken: Taken, *, table: str, title: str) -> None:
    calls = chat.count_calls() / INCIDENTS
    beside = (
        f"{len(chat.list_cards())} cards for {INCIDENTS} incidents, {calls:.1f} calls each, "
        f"{len(chat.complaints)} complaints of the stand-in"
    )
    write_rows(
        table,
        f"python bench/{table}.py",
        [
            ("alert taken until its card can be decided", "2 s", describe(taken.to_card), beside),
            (
                f"click until {title} has its answer",
                f"3 s ({title}'s own)",
                describe(taken.to_answer),
                "taken by the store first",
            ),
            (
                "click until the card says that it is executed",
                "2 s",
                describe(taken.to_executing),
                "cards go out every 0.5 s",
            ),
        ],
    )


async def _wait_for(chat: Chat, name: str, is_so: Callable[[Shown], bool]) -> Shown:
    """Wait until the card of a service is so."""
    for _ in range(6000):
        for card in reversed(chat.list_cards()):
            if f" {name}: " in card.text and is_so(card):
                return card
        await asyncio.sleep(0.005)
    raise SystemExit(f"{name}: {[card.text for card in chat.list_cards()]}")
