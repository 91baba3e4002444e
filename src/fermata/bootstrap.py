"""The door: builds a house from settings. The only module that knows everyone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fermata.engine.delegating import DelegatingEngine
from fermata.engine.driver import driver_on_demand
from fermata.flows.boundary import contain
from fermata.flows.clock_note import check_clock
from fermata.flows.context import FlowContext
from fermata.flows.courier import is_anybody_there
from fermata.flows.curate import Curation
from fermata.flows.decide import Decisions
from fermata.flows.desk import Counter
from fermata.flows.desk_commands import Commands
from fermata.flows.doctor import DEADLINE, OnChecked, check_systems
from fermata.flows.experiments.context import ExperimentContext
from fermata.flows.experiments.holding import Experiments
from fermata.flows.experiments.keeping import ExperimentKeeper
from fermata.flows.experiments.rules import SandboxRules
from fermata.flows.graph_systems import LiveGraph
from fermata.flows.halt import HaltSwitch, halt_after_loss
from fermata.flows.hooks import Hooks, check_hooks
from fermata.flows.identity import PAGE, Links
from fermata.flows.ingest import Intake
from fermata.flows.investigate import Investigation
from fermata.flows.known_graph import GraphWatcher
from fermata.flows.legs import INVESTIGATE, REMEDIATE
from fermata.flows.listening import Ears, check_channels
from fermata.flows.meters import Meters
from fermata.flows.observe import Watch
from fermata.flows.proof import ensure_key, prove
from fermata.flows.readings import Readings
from fermata.flows.remediate import Remediation
from fermata.flows.seen_end import halt_if_lost
from fermata.flows.sessions import Sessions
from fermata.flows.spending import Spending
from fermata.flows.store_probe import StoreProbe, refuse_unguarded
from fermata.flows.sweep import Sweeper, measure
from fermata.flows.switch import Switch
from fermata.flows.watching import KeptNotes, Watching
from fermata.integrations import resolve_system
from fermata.kit.clock import Clock, SystemClock
from fermata.kit.digest import compute_digest
from fermata.kit.errors import InvariantBroken, OperationalError, UserError
from fermata.kit.lacks import choose_advice
from fermata.kit.loading import load_aside
from fermata.models.prompts import load_prompts
from fermata.models.warming import WarmUp
from fermata.ports.channel import CountsByRoom, Directory, Webhook
from fermata.ports.engine import Engine
from fermata.ports.model import ModelGateway
from fermata.ports.observer import Observes
from fermata.ports.store import Store
from fermata.ports.system import CheckResult, System
from fermata.rules.grouping import GroupingSettings, Topology
from fermata.rules.notices import find_channel
from fermata.settings import LoadedSettings, Settings
from fermata.store.connect import open_store
from fermata.store.faults import translate_faults
from fermata.store.left_behind import count_incidents_in
from fermata.store.lock import ProcessLock, list_lock_paths
from fermata.store.unit_of_work import SqlStore

if TYPE_CHECKING:
    from fermata.engine.dbos_engine import DbosEngine
    from fermata.flows.postmortem.editors import Editors


class House:
    """Everything, built and wired. `start` makes it work; until then it only reads and takes decisions.

    A command that runs beside a serving process builds a house too and never starts it: its decisions are rows, and the
    serving process takes them up.
    """

    def __init__(
        self, settings: Settings, systems: Mapping[str, System], store: Store, engine: Engine, clock: Clock
    ) -> None:
        self.settings = settings
        self.systems = systems
        self.store = store
        self.engine = engine
        self.context = _build_context(settings, systems, store, engine, clock)
        self.intake = Intake(self.context)
        self.decisions = Decisions(self.context)
        self.readings = Readings(self.context)
        self.curation = Curation(self.context)
        self.sessions = Sessions(self.context)
        self.switch = Switch(self.context)
        self.links = Links(self.context)
        self.rehearsing = _build_rehearsing(settings, systems, self.context)
        self.experiments = Experiments(self.rehearsing)
        self.graphs = LiveGraph(systems, clock, settings.topology)
        self._experiment_keeper = ExperimentKeeper(self.rehearsing)
        self.desk = Counter(self.context, self.decisions, Commands(self.context), self.experiments)
        webhooks = _list_webhooks(systems)
        self.hooks = Hooks(self.context, webhooks, self.desk)
        listeners = {name: system.find_listener() for name, system in systems.items()}
        self._listeners = {name: listener for name, listener in listeners.items() if listener is not None}
        self._attach_observer({**webhooks, **self._listeners})
        self._ears = Ears(self.context, self._listeners, self.desk)
        self.web = settings.server
        self._sweeper = Sweeper(self.context, self._reap if hasattr(engine, "reap") else None)
        self._watching = _build_watching(systems, store, self.graphs, clock)
        self._warming = WarmUp(self.context.models)
        self._store_probe = StoreProbe(store, clock, _find_store_folder(settings))
        self._locks = [ProcessLock(path) for path in _list_locks(settings)]
        self._started = False
        if (watch_loss := getattr(store, "watch_loss", None)) is not None:
            watch_loss(partial(halt_after_loss, self.context.halt))

    async def open_postmortems(self) -> Editors:
        """Return what people do to post-mortems. Its rules take 0.4 s to load: when asked for, and in a thread."""
        await load_aside("fermata.flows.postmortem.editors")
        from fermata.flows.postmortem.editors import Editors

        return Editors(self.context)

    def claim(self) -> None:
        """Take the locks of a store that one process alone may serve; once more changes nothing.

        On PostgreSQL blocks until the executor id is known to be nobody's: some seconds after a worker that was killed.

        Raises:
            OperationalError: Another process serves this state directory or this file already; its pid is named. Or one
                works under this executor id.
        """
        for lock in self._locks:
            lock.acquire()
        if (claim := getattr(self.engine, "claim", None)) is not None:
            claim()

    async def is_served(self) -> bool:
        """Answer whether a process serves this store: a SQLite file by its locks, PostgreSQL by who delivers for all.

        Raises:
            OperationalError: The store cannot be read.
        """
        if not self.context.worker:
            return any(lock.is_held() for lock in self._locks)
        now = self.context.clock.now()
        return await self.store.read(lambda transaction: is_anybody_there(transaction, self.context, now))

    def start(self) -> None:
        """Take the locks, launch the engine and the sweeps. On a running event loop; once more changes nothing.

        Raises:
            OperationalError: Another process serves this state directory or this file already; its pid is named. Or the
                engine's part of the store cannot be read or written, or nothing guards its journal.
        """
        if self._started:
            return
        self.claim()
        with self.store.begin_read() as transaction:
            refuse_unguarded(transaction)
            halt_if_lost(transaction, self.context.halt)
        self.context.home.settle(asyncio.get_running_loop())
        self.engine.register(INVESTIGATE, Investigation(self.context).run)
        self.engine.register(REMEDIATE, Remediation(self.context).run)
        with self._translate_faults():
            self.engine.launch()
        self._sweeper.start()
        self._ears.start()
        self._watching.start()
        self._warming.start()
        self._experiment_keeper.start()
        self._started = True

    async def close(self) -> None:
        """Stop working at once; unfinished runs are taken up at the next start."""
        if self._started:
            await self._experiment_keeper.stop()
            self._warming.stop()
            await self._watching.stop()
            await self._ears.stop()
            await self._sweeper.stop()
            await asyncio.to_thread(self.engine.close)
            self.context.home.settle(None)
            self._started = False
        elif (close_models := getattr(self.context.models, "close", None)) is not None:
            # A serving house's connections belong to the engine's loop, which has just ended, and end with it.
            await close_models()
        for lock in self._locks:
            lock.release()
        close_store = getattr(self.store, "close", None)
        if close_store is not None:
            close_store()

    def _attach_observer(self, plugs: Mapping[str, object]) -> None:
        """Let those who hear what is said in an observed room tell the observer; others need no right to."""
        watch = Watch(self.context)
        for name, plug in plugs.items():
            if isinstance(plug, Observes) and self.context.observing.list_rooms(name):
                plug.attach(watch)

    def _reap(self) -> object:
        """Take over what dead workers left."""
        with self._translate_faults():
            return self.engine.reap()  # type: ignore[attr-defined]  # asked for where it is handed on

    def _translate_faults(self) -> AbstractContextManager[None]:
        """Say in words what the engine meets: it asks the store by itself, whose faults are no bugs."""
        return translate_faults(str(getattr(self.store, "name", "the store")))

    async def prove(self, challenge: str) -> str:
        """Return what shows, to whoever can read the store, that this process serves it; empty for no challenge."""
        return await prove(self.store, challenge)

    async def ensure_proof(self) -> None:
        """Be able to prove it from now on, also when the store cannot be written any more."""
        await contain("server.proof", lambda: ensure_key(self.store))

    async def find_left_behind(self) -> tuple[Path, int] | None:
        """Return the SQLite file of the state directory and how many incidents are in it, where this store is another.

        `None` as soon as this store remembers anything: then it is the one that is meant.
        """
        file = self.settings.state_dir / "fermata.db"  # Where the default of `store.url` lies.
        if not self.settings.store.url or await self.readings.find_journal_head():
            return None
        count = count_incidents_in(file)
        return (file, count) if count else None

    async def is_ready(self) -> Sequence[CheckResult]:
        """Return what readiness rests on: the engine runs, and the store can be read and written."""
        results = [CheckResult(name="engine", ok=self._started, text="running" if self._started else "not started")]
        return [*results, await self._store_probe.look()]

    async def check(
        self, *, deadline: timedelta = DEADLINE, on_checked: OnChecked | None = None
    ) -> Sequence[CheckResult]:
        """Run every system's doctor, concurrently. One that crashes or hangs is a finding of its own."""
        found = await check_systems(self.systems, deadline=deadline, on_checked=on_checked)
        return [*found, *await self.check_clock(), *await self.check_channels()]

    async def check_clock(self) -> Sequence[CheckResult]:
        """Say where this machine's clock has leapt ahead, and what waits for it to be believed."""
        return (await contain("clock", lambda: check_clock(self.context))).value or ()

    async def check_workers(self) -> Sequence[CheckResult]:
        """Name the workers that serve this store by other settings than these; none is found on SQLite."""
        if not self.context.worker:
            return ()
        from fermata.engine.leases import list_unlike

        digest = _digest_deciding(self.settings)
        unlike = (await contain("workers", lambda: self.store.read(lambda opened: list_unlike(opened, digest)))).value
        text = "It goes by other people, groups, policy or limits than these settings: start it anew with the same"
        # No failure: settings are checked before those who serve are started with them.
        named = [f"worker {name}: settings" for name in unlike or ()]
        return [CheckResult(name=name, ok=True, is_partial=True, text=text) for name in named]

    async def check_channels(self) -> Sequence[CheckResult]:
        """Say of each channel whether clicks are heard and cards arrive, as the serving process wrote it down."""
        heard = await contain("listeners", lambda: check_channels(self.context, list(self._listeners)))
        refused = await contain("hooks", lambda: self.store.read(check_hooks))
        return [*(heard.value or ()), *(refused.value or ())]

    async def render_metrics(self) -> bytes:
        """Return the Prometheus text, gauges freshly measured."""
        await measure(self.context)
        self._ears.measure()
        return self.context.meters.render()


def _build_watching(systems: Mapping[str, System], store: Store, graphs: LiveGraph, clock: Clock) -> Watching:
    """Give each system its notes, which any process on this store reads, and gather who looks while it is served."""
    for name, system in systems.items():
        system.attach_notes(KeptNotes(store, name))
    found = {name: system.find_watcher() for name, system in systems.items()}
    watchers = {name: watcher for name, watcher in found.items() if watcher is not None}
    if graphs.is_there:
        watchers["the service graph"] = GraphWatcher(graphs, store, clock)
    return Watching(watchers)


def _list_webhooks(systems: Mapping[str, System]) -> Mapping[str, Webhook]:
    found: dict[str, Webhook] = {}
    for system in systems.values():
        webhook = system.find_webhook()
        if webhook is not None and found.setdefault(webhook.name, webhook) is not webhook:
            raise InvariantBroken(f"Two systems take webhooks as {webhook.name}", do="Remove one of them")
    return found


def find_store_file(settings: Settings) -> Path | None:
    """Return the SQLite file that the settings name; `None` for a server."""
    kind, _, path = settings.store_url.partition(":///")
    return Path(path) if kind.startswith("sqlite") else None


def _find_store_folder(settings: Settings) -> Path | None:
    file = find_store_file(settings)
    return file.parent if file is not None else None


def _find_directories(systems: Mapping[str, System], addresses: Sequence[str]) -> Mapping[str, Directory]:
    """Return what knows the accounts of each channel, with the rooms that cards go to."""
    found: dict[str, Directory] = {}
    for name, system in systems.items():
        directory = system.find_directory()
        if directory is None:
            continue
        found[name] = directory
        if isinstance(directory, CountsByRoom):
            own = dict.fromkeys(address for address in addresses if find_channel(address) == name)
            directory.attach_rooms([room for address in own if (room := address.partition(":")[2])])
    return found


def _find_homes(systems: Mapping[str, System]) -> Mapping[str, str]:
    """Return the room of each chat: its settings call it `channel`."""
    found = {name: getattr(system.settings, "channel", "") for name, system in systems.items()}
    return {name: room for name, room in found.items() if room}


def build_systems(loaded: LoadedSettings, clock: Clock) -> dict[str, System]:
    """Build every system that has a section in the settings. Opens no connection."""
    return {name: resolve_system(name)(section, clock) for name, section in loaded.systems.items()}


def open_house(loaded: LoadedSettings, clock: Clock | None = None, *, enqueues: bool = True) -> House:
    """Build a house from loaded settings; creates the state directory and brings the store's tables up to date.

    Args:
        enqueues: False for a command that starts no run: it goes without the engine, which is most of the start-up.

    Raises:
        OperationalError: The state directory cannot be made, or the store cannot be opened.
        UserError: The store belongs to a newer Fermata.
    """
    clock = clock or SystemClock()
    settings = loaded.settings
    _make_state_dir(settings.state_dir)
    store = open_store(settings.store_url)
    engine = LateEngine(lambda: _build_engine(settings, store))
    if enqueues:
        engine.prepare()
    return House(settings, build_systems(loaded, clock), store, engine, clock)


def _make_state_dir(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        # On a file system that is read-only, under a file, in a folder of somebody else.
        raise OperationalError(
            f"The state directory {path} cannot be made",
            why=error.strerror or str(error),
            do=choose_advice(
                error, "Run it as the user whom it belongs to, or set state_dir to a folder that this user may write to"
            ),
        ) from error


def refuse_if_served(settings: Settings) -> None:
    """Do nothing, or refuse because a process serves this state directory or this SQLite file already.

    Raises:
        OperationalError: It does; its pid is named.
    """
    for path in _list_locks(settings):
        if path.exists():
            with ProcessLock(path):
                pass


def _list_locks(settings: Settings) -> Sequence[Path]:
    """Return the locks of a SQLite file; none for a server, which several may serve."""
    database = find_store_file(settings)
    return list_lock_paths(settings.state_dir, database) if database is not None else ()


class LateEngine(DelegatingEngine):
    """An engine that is built when asked to: commands that only read must not pay for importing dbos (0.7 s CPU).

    It is never built inside a transaction: bringing dbos's tables up to date would wait for the lock that is held.
    """

    def __init__(self, build: Callable[[], DbosEngine]) -> None:
        self._build = build
        self._built: DbosEngine | None = None

    def prepare(self) -> None:
        """Build it. Outside of any transaction; again changes nothing."""
        self._built = self._built or self._build()

    @property
    def _engine(self) -> DbosEngine:
        if self._built is None:
            raise InvariantBroken("The engine was used before it was prepared", do="Report this")
        return self._built

    def close(self) -> None:
        """Stop working; one that was never used is not built for it."""
        if self._built is not None:
            self._built.close()


def _build_engine(settings: Settings, store: SqlStore) -> DbosEngine:
    with driver_on_demand():
        from fermata.engine.dbos_engine import DbosEngine

    with translate_faults(store.name):  # It brings its tables up to date and notes its queue: a full disk shows here.
        return DbosEngine(
            store,
            executor_id=settings.engine.executor_id,
            worker_concurrency=settings.engine.workers,
            polling_interval_s=settings.engine.poll.total_seconds(),
            lease=settings.engine.lease,
            settings=_digest_deciding(settings),
        )


def _digest_deciding(settings: Settings) -> str:
    """Return the digest of what says who may decide and what may be executed: alike on all workers of a store."""
    return compute_digest(settings.model_dump(mode="json", include={"people", "groups", "policy", "limits"}))


def _build_models(settings: Settings, store: Store, clock: Clock, meters: Meters) -> ModelGateway | None:
    if not settings.models.targets:
        return None
    from fermata.models.gateway import Gateway

    return Gateway(settings.models, Spending(store, clock, settings.budgets.build(), meters), clock)


def _build_rehearsing(settings: Settings, systems: Mapping[str, System], context: FlowContext) -> ExperimentContext:
    rules = SandboxRules(settings.chaos.build())
    injectors = (system.find_injector(rules) for system in systems.values())
    books = {name: system.find_address_book() for name, system in systems.items()}
    return ExperimentContext(
        flow=context,
        injectors={injector.name: injector for injector in injectors if injector is not None},
        address_books={name: book for name, book in books.items() if book is not None},
        production_words=settings.chaos.production_words,
        folder=settings.halt_path.parent / "experiments",
        proposal_valid=settings.chaos.wait,
        slot=settings.chaos.slot.build() if settings.chaos.slot else None,
        announce=settings.chaos.announce,
    )


def _build_context(
    settings: Settings, systems: Mapping[str, System], store: Store, engine: Engine, clock: Clock
) -> FlowContext:
    actions = {}
    for system in systems.values():
        for action in system.list_actions():
            if action.spec.name in actions:
                raise InvariantBroken(f"Two systems offer {action.spec.name}", do="Remove one of them")
            actions[action.spec.name] = action
    if PAGE in systems:
        # Its guests are taken for the people whose ids they carry: the page's sessions prove that, and nobody else can.
        raise UserError(f"No system can be called {PAGE}", why="it is the page's own name", do="Give it another one")
    meters = Meters()
    models = _build_models(settings, store, clock, meters)
    sources = (system.find_source() for system in systems.values())
    channels = (system.find_channel() for system in systems.values())
    directories = _find_directories(systems, settings.notify.list_addresses())
    return FlowContext(
        store=store,
        engine=engine,
        clock=clock,
        policy=settings.policy.build(),
        people={person.id: person for person in settings.people},
        halt=HaltSwitch(settings.halt_path, clock),
        meters=meters,
        limits=settings.limits.build(),
        budgets=settings.budgets.build(),
        models=models,
        prompts=load_prompts() if models else {},
        analysis=settings.analysis.build(),
        sources={source.name: source for source in sources if source is not None},
        systems=systems,
        collectors=tuple(collector for system in systems.values() for collector in system.list_collectors()),
        actions=actions,
        probes=tuple(probe for system in systems.values() for probe in system.list_probes()),
        channels={channel.name: channel for channel in channels if channel is not None},
        directories=directories,
        groups=settings.groups,
        notify=settings.notify.build(),
        public_url=settings.server.public_url,
        observing=settings.observer.build(settings.notify.list_addresses(), _find_homes(systems)),
        trails=tuple(trail for system in systems.values() if (trail := system.find_trail()) is not None),
        worker="" if settings.store_url.startswith("sqlite") else settings.engine.executor_id,
        lease=settings.engine.lease,
        grouping=GroupingSettings(mode=settings.grouping.mode, window=settings.grouping.window),
        topology=Topology(edges=settings.topology),
        silences=settings.silences,
    )
