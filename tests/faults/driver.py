"""Run as a process: imports the house once, then forks a real process for each job that comes in on stdin.

A job is a JSON line; `{"job": 1, "pid": 5}` is answered when its process began, and `{"job": 1, "status": -9}` when it
ended. Forking before anything is launched makes a start cost a tenth of a second instead of two.
"""

import asyncio
import json
import os
import random
import select
import signal
import sys
import threading
import time
import traceback
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import text
from tests.faults.scenery import CHANNEL, Scenery, make_settings, write_body

from fermata.cli.serving import build_server, open_listener, serve_until_told
from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState, Ruling
from fermata.engine.dbos_engine import DbosEngine
from fermata.kit.clock import SystemClock
from fermata.kit.log import configure_log
from fermata.ports.desk import NONCE_DIGITS, Guest
from fermata.settings.tree import EngineSettings
from fermata.store.connect import open_store
from fermata.testing.interruption import InterruptingEngine, InterruptingStore, write_at

DEADLINE_S = 30.0
_ENDED = (IncidentState.RESOLVED, IncidentState.NEEDS_PERSON)


@dataclass
class Job:
    """What a process is to play."""

    folder: str
    url: str
    kill: str = ""
    """The point at which it kills itself."""
    kill_after: int = 0
    """It kills itself when it has passed so many points; 0 for never."""
    number: int = signal.SIGKILL
    """By which signal; what is polite is heard by the server, and what runs goes on meanwhile."""
    is_served: bool = False
    """As `fermata up` serves: the web server starts and closes the house, and hears signals."""
    freeze: str = ""
    """The point at which it stops itself, to be thawed from outside."""
    record: bool = False
    """Write down the points it passes."""
    play: bool = True
    """False: it only serves; others send and click."""
    until: str = ""
    """It lives on until there is a file of this name."""
    hasty: bool = False
    """Click at once, even while runs are being taken up again; otherwise when all is quiet."""
    began: float = 0.0
    """When the first alert fires, in seconds of Unix time; in the past, so that all do, unless given."""
    apart_s: float = 0.0
    """The next one fires this much later. Every fourth is sent twice."""
    executor_id: str = "local"
    lease_s: float = 10.0
    await_file: str = ""
    """The chosen point waits until there is a file of this name."""


@dataclass
class Report:
    """What the rows say when everything has settled."""

    incidents: list = field(default_factory=list)
    alerts: dict = field(default_factory=dict)
    unfinished: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    """Runs that did not end well, each with the engine's word for it."""
    undelivered: int = 0
    unsettled: int = 0
    journal_holds: bool = False
    kinds: list = field(default_factory=list)
    points: list = field(default_factory=list)
    answers: list = field(default_factory=list)


class Player:
    """The outside of one house: Alertmanager, and the people in the chat."""

    def __init__(self, job, scenery, house, report):
        self.job, self.scenery, self.house, self.report = job, scenery, house, report
        self.told = {}

    async def play(self):
        """Send, click and wait until every alert of the stage has come to its end."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            await self.send()
            rows = await self.house.store.read(self.look)
            is_idle = not await asyncio.to_thread(self.house.engine.list_unfinished)
            if is_idle and await self.has_settled(rows):
                return
            assert time.monotonic() < deadline, f"it did not settle: {rows}"
            if is_idle or self.job.hasty:
                await self.click(rows)
            await asyncio.sleep(0.05)

    async def send(self):
        """Send as Alertmanager does: what fires or has resolved, again and again until the webhook is answered."""
        for position, (name, workload) in enumerate(self.scenery.hand.read().items()):
            status = "resolved" if workload.runs else "firing"
            if self.told.get(name) == status or time.time() < self.job.began + position * self.job.apart_s:
                continue
            for _ in range(2 if position % 4 == 3 else 1):
                with write_at(f"intake-{status}"):
                    await self.house.intake.receive("alertmanager", write_body(name, status))
            self.told[name] = status

    def look(self, transaction):
        """Give each incident's state with its hold."""
        found = transaction.incidents.list_recent(limit=100)
        return [(incident, transaction.proposals.find_for_incident(incident.id)) for incident in found]

    async def has_settled(self, rows):
        """Answer whether every incident is at an end and no card is on its way."""
        if len(rows) < len(self.scenery.hand.read()) or any(incident.state not in _ENDED for incident, _ in rows):
            return False
        return await self.house.store.read(
            lambda transaction: (
                not transaction.outbox.count_undelivered() and not transaction.flags.list_named("card-due/")
            )
        )

    async def click(self, rows):
        """Approve what is held, twice."""
        for _, proposal in rows:
            if proposal is not None and proposal.state is ProposalState.OPEN:
                await asyncio.gather(*(self.approve(proposal) for _ in range(2)))

    async def approve(self, proposal):
        """Click once, at the counter that every chat comes to."""
        guest = Guest(channel=CHANNEL, handle="dana")
        nonce = proposal.plan_digest.removeprefix("sha256:")[:NONCE_DIGITS]
        with write_at("decision"):
            answer = await self.house.desk.decide(guest, Ruling.APPROVE, incident_id=proposal.incident_id, nonce=nonce)
        self.report.answers.append([answer.accepted, answer.rule])


def read_rows(transaction, report):
    """Fill the report from the rows."""
    for incident in transaction.incidents.list_recent(limit=100):
        words = transaction.flags.find(f"no-action/{incident.id}") or {}
        proposal = transaction.proposals.find_for_incident(IncidentId(incident.id))
        report.incidents.append(
            {
                "id": incident.id,
                "state": incident.state.value,
                "alerts": list(incident.alert_ids),
                "service": incident.entities[0].name,
                "words": words.get("reason", ""),
                "proposal": proposal.state.value if proposal else "",
                "executions": len(transaction.ledger.list_executions(incident.id)),
            }
        )
        for alert_id in incident.alert_ids:
            report.alerts[alert_id] = transaction.alerts.count_sightings(alert_id)
    report.undelivered = transaction.outbox.count_undelivered()
    report.unsettled = len(transaction.ledger.list_unsettled())
    report.journal_holds = transaction.journal.verify().holds
    runs = "dbos.workflow_status" if "postgres" in transaction.connection.dialect.name else "workflow_status"
    ended = transaction.connection.execute(text(f"SELECT workflow_uuid, status, error FROM {runs}"))  # noqa: S608 - a name of ours
    report.failed = [list(row) for row in ended if row.status != "SUCCESS"]
    report.kinds = [entry.event.kind for entry in transaction.journal.list_entries(limit=10_000)]


def run(job):
    """Play one job to its end, or until it is killed."""
    folder = Path(job.folder)
    report = Report()

    passed = count(1)

    def interrupt(point):
        if job.record:
            report.points.append(point)
        if next(passed) == job.kill_after:
            os.kill(os.getpid(), job.number)
        if point not in (job.kill, job.freeze):
            return
        (folder / f"{job.executor_id}.reached").write_text(point)
        while job.await_file and not (folder / job.await_file).exists():
            time.sleep(0.01)
        (folder / f"{job.executor_id}.struck").touch()
        if point == job.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        # Not while another thread writes: the server would keep the frozen transaction's locks for a minute.
        with rows._lock:
            # To this very thread: one that another thread receives stops this one a moment later, behind the point.
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)

    scenery = Scenery(folder, interrupt)
    rows = open_store(job.url)
    store = InterruptingStore(rows, interrupt)
    settings = EngineSettings(executor_id=job.executor_id, lease=timedelta(seconds=job.lease_s))
    engine = DbosEngine(
        store, executor_id=settings.executor_id, polling_interval_s=0.05, lease=timedelta(seconds=job.lease_s)
    )
    house = scenery.build_house(
        store, InterruptingEngine(engine, interrupt), SystemClock(), make_settings(folder, engine=settings)
    )
    asyncio.run((serve_beside if job.is_served else live)(job, scenery, house, report))


async def serve_beside(job, scenery, house, report):
    """Let the outside play beside the web server; give way when a signal ends that one."""
    server = build_server(house, stop_within_s=2)

    async def play():
        while not server.started:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
        await live(job, scenery, house, report)

    outside = asyncio.create_task(play())
    try:
        await serve_until_told(server, open_listener("127.0.0.1", 0))
    finally:
        outside.cancel()


async def live(job, scenery, house, report):
    """Open the house, let the outside play, and write the report. The house is not closed: most never are."""
    if not job.is_served:
        house.start()
    note = scenery.folder / job.executor_id
    note.with_suffix(".serving").touch()
    if job.play:
        await Player(job, scenery, house, report).play()
    while job.until and not (scenery.folder / job.until).exists():  # noqa: ASYNC110 - the file is made by another process
        await asyncio.sleep(0.05)
    report.unfinished = [status.to_json() for status in await asyncio.to_thread(house.engine.list_unfinished)]
    await house.store.read(lambda transaction: read_rows(transaction, report))
    note.with_suffix(".report").write_text(json.dumps(asdict(report)))
    os._exit(0)


def fork(job, play):
    """Start a process that plays a job; return its id."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        log = os.open(Path(job.folder) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        random.seed()
        configure_log("warning")
        play(job)
        status = 0
    except BaseException:  # noqa: BLE001 - the process ends here, whatever happened; the log says what
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def say(**words):
    """Answer with a JSON line."""
    os.write(1, (json.dumps(words) + "\n").encode())


def serve(make_job, play):
    """Take jobs until stdin ends, then kill what is left."""
    say(ready=os.getpid())
    children, waiting = {}, b""
    open_ended = True
    while open_ended:
        if select.select([0], [], [], 0.01)[0]:
            piece = os.read(0, 65536)
            open_ended = bool(piece)
            waiting += piece
        *lines, waiting = waiting.split(b"\n")
        for line in lines:
            asked = json.loads(line)
            number = asked.pop("job")
            pid = fork(make_job(**asked), play)
            children[pid] = number
            say(job=number, pid=pid)
        for pid in list(children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                say(job=children.pop(pid), status=os.waitstatus_to_exitcode(status))
    for pid in children:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    serve(Job, run)
