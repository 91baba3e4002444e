"""What every fault test plays on: rehearsed workloads, an alert source that sees them, a chat in a file, one house."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fermata.bootstrap import House
from fermata.domain.person import Person
from fermata.domain.policy import Approvers
from fermata.integrations import resolve_system
from fermata.settings import Settings
from fermata.settings.tree import (
    EngineSettings,
    GroupingSection,
    GuardrailSettings,
    LimitSettings,
    PolicySettings,
    StoreSettings,
)
from fermata.testing.message_file import MessageFile, MessageFileSettings, MessageSystem
from fermata.testing.rehearsal import MIB, Rehearsal, RehearsalSettings, Stagehand, Workload

ONCE = (
    "alert.received",
    "incident.opened",
    "investigation.started",
    "proposal.opened",
    "proposal.approved",
    "execution.started",
    "action.intended",
)
"""What the journal tells exactly once, however often a process ends and a step is run again."""
STARTED = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHANNEL = "messages"
DANA = Person(id="dana", name="Dana", roles=("oncall",), handles={CHANNEL: "dana"})
EVE = Person(id="eve", name="Eve", roles=("oncall",), handles={CHANNEL: "eve"})
MAX = Person(id="max", name="Max", roles=("sales",), handles={CHANNEL: "max"})
ROBOT = Person(id="robot", name="A robot", roles=("oncall",), handles={CHANNEL: "robot"}, bot=True)
GUARDRAIL = GuardrailSettings(
    id="rehearsals",
    actions=("rehearsal.*",),
    resources=("rehearsal:process/*",),
    approvers=Approvers(roles=("oncall",)),
)
SICK = Workload(need_bytes=100 * MIB, limit_bytes=64 * MIB)
QUICK = LimitSettings(
    stable_for=timedelta(0),
    verify_within=timedelta(seconds=2),
    verify_poll=timedelta(milliseconds=50),
    overdue_after=timedelta(seconds=1),
)
"""Limits for tests that run in real time."""


def make_settings(folder: Path, **changes):
    """Give settings whose state lies in `folder`."""
    values = {
        "state_dir": folder / "state",
        "people": (DANA, EVE, MAX, ROBOT),
        "policy": PolicySettings(guardrails=(GUARDRAIL,)),
        "limits": QUICK,
        "grouping": GroupingSection(mode="off"),
        "engine": EngineSettings(poll=timedelta(milliseconds=20)),
    }
    settings = Settings(**values | changes)
    settings.state_dir.mkdir(exist_ok=True, parents=True)
    return settings


def go_on(point):
    """Do nothing at a point."""


def crash(*_, **__):
    """Fail as a bug does."""
    message = "a bug that nobody knows of"
    raise RuntimeError(message)


@dataclass
class Scenery:
    """The outside world: a folder that survives every crash of the house."""

    folder: Path
    interrupt: object = field(default=go_on)

    @property
    def hand(self):
        """The workloads."""
        return Stagehand(self.folder / "workloads.json")

    @property
    def messages(self):
        """The chat."""
        return MessageFile(self.folder / "messages.json", go_on).read()

    @property
    def marks(self):
        """The effects that ever happened, by workload."""
        return {name: workload.marks for name, workload in self.hand.read().items()}

    def add_workloads(self, *names):
        """Put sick workloads on the stage."""
        self.hand.write(dict.fromkeys(names or ("checkout",), SICK))

    def build_systems(self, clock):
        """Give the outside systems."""
        alertmanager = resolve_system("alertmanager")
        return {
            "alertmanager": alertmanager(alertmanager.Settings(), clock),
            "rehearsal": Rehearsal(
                RehearsalSettings(path=self.folder / "workloads.json"), clock, interrupt=self.interrupt
            ),
            "messages": MessageSystem(
                MessageFileSettings(path=self.folder / "messages.json"), clock, interrupt=self.interrupt
            ),
        }

    def build_house(self, store, engine, clock, settings=None):
        """Give a house on this stage that was not started."""
        settings = settings or make_settings(self.folder)
        # A SQLite store is locked against a second process, one on PostgreSQL is not.
        settings = settings.model_copy(update={"store": StoreSettings(url=str(store.database.url))})
        return House(settings, self.build_systems(clock), store, engine, clock)


def write_body(name, status="firing", starts_at=STARTED, symptom="Down"):
    """Give the webhook body that Alertmanager sends for a workload, the same every time."""
    at = starts_at.isoformat().replace("+00:00", "Z")
    alert = {
        "status": status,
        "labels": {"alertname": f"{name.title()}{symptom}", "service": name, "severity": "critical"},
        "annotations": {"summary": f"{name} is down"},
        "startsAt": at,
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else at,
        "generatorURL": "",
        "fingerprint": f"fp-{name}-{symptom}",
    }
    body = {
        "receiver": "fermata",
        "status": status,
        "alerts": [alert],
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.test",
        "version": "4",
        "groupKey": f"group-{name}",
        "truncatedAlerts": 0,
    }
    return json.dumps(body).encode()
