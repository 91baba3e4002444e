"""What is wrong in a case, and since when: log lines that are new, metrics that moved, spans that failed.

Everything is compared with the earlier part of the same source: a line that was always logged explains nothing, however
loud it is. What comes up late in an incident (somebody's mitigation, the third follow-up error) counts less.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ProviderStatusFacts, TraceSpan
from fermata.rules.changes.calendar import find_calendar_edge
from fermata.rules.changes.failures import classify
from fermata.rules.changes.library_lines import is_library_line
from fermata.rules.changes.unknown_values import find_unknown_values
from fermata.rules.changes.words import find_numbers, find_quoted, find_words, has_name
from fermata.rules.levels import LogLevel
from fermata.rules.metrics.callgraph import CallGraph
from fermata.rules.metrics.semantics import Kind
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift
from fermata.rules.metrics.words import write_number

if TYPE_CHECKING:
    from fermata.rules.changes.cluster_ties import Unmatched

LATE = timedelta(minutes=12)
"""What first shows that long after the beginning, and after the alert, is a consequence, or somebody's answer."""
_FRAME = re.compile(
    r"(?<![\w$./<>-])([\w$./<>-]+\.(?:py|java|kt|go|js|mjs|ts|tsx|rb|rs|cs|php|scala|exs?|cpp|cc|c|swift))"
    r"\"?(?::line |:|, line |\()(\d+)"
)
LOUD = 0.4  # A warning, or an ordinary line that names a kind of failure.
_FAILING = 0.8  # A severe new line, errors on spans with them, or a metric that left its range beyond doubt.
_FAILING_STORE = 0.5  # A store is watched by few metrics, and no log of its own.
_GENERAL = frozenset({Kind.ERRORS, Kind.LATENCY, Kind.TRAFFIC, Kind.SUCCESS, Kind.CPU})
_FELT = frozenset({Kind.ERRORS, Kind.LATENCY, Kind.SUCCESS})
STORES = frozenset({"db", "cache", "queue", "external"})
"""Kinds of services that hold or pass on what others give them; they have few metrics, and often no log."""
REFUSALS = frozenset({"parse", "data", "schema", "encoding", "constraint"})
"""Kinds of failure that say that something was read which should not have been written so."""
_LIBRARY = 0.3  # Of a word in a line of a library: every caller of the library could have it there.
_INTRINSIC = frozenset({"memory", "import", "recursion", "fd"})  # Kinds of failure of a process, whatever it calls.
_OF_AMPLIFIED = {"load": 1.0, "query": 0.9, "cache": 0.6, "retry": 0.6}
_UNCLEAR, _TROUBLED, _BEHIND, _ASLEEP = 0.45, 0.4, 0.75, 0.1
_FAR_MORE = 4.0  # Times as much as its caller is asked: of a few requests most may be of another sort.
_SENT = re.compile(r"outbound|outgoing|egress|calls_out|upstream_(?:req|rq|call)", re.IGNORECASE)
_GOT = re.compile(r"inbound|incoming|ingress", re.IGNORECASE)
_REFUSED = re.compile(
    r"(?<!\d)4(?:00|22|xx)(?!\d)|bad_?request|invalid_?(?:request|input|payload|message)", re.IGNORECASE
)
_SUFFERED = re.compile(r"err|fail|dlq|dead|reject|drop|abort|refus|block|miss|lost|wait|kill", re.IGNORECASE)
_VALUE = re.compile(
    r"(?:^|_)(?:avg|average|mean|median|p\d\d|amount|price|fee|cents|eur|usd|ratio|percent|pct|share|score)(?:_|$)",
    re.IGNORECASE,
)
"""What is measured of each thing done, not how much is done."""
_NUMBERED = re.compile(r"\d+")
_ALIKE = 2  # Calm ones for each that moved.
_WAKES = timedelta(minutes=6)
_GROWN = 1.7  # Times as many requests: more than a busy hour brings.


@dataclass(frozen=True, slots=True)
class Telling:
    """Lines of one shape that came up, or came up far more often, with the fault."""

    evidence: Evidence
    number: int
    """Line number of the first one."""
    text: str
    """That line."""
    service: str
    at: datetime | None
    level: LogLevel | None
    count: int
    before: int
    weight: float
    """0..1: how bad, how new, how early."""
    samples: tuple[str, ...] = ()
    """Up to five of the lines, spread over the fault."""
    last_at: datetime | None = None
    """When the last one was written; `None` where nobody says."""
    log_until: datetime | None = None
    """When the last line of any kind was written in the same log."""

    @property
    def severe(self) -> bool:
        """Answer whether the program itself called it an error."""
        return self.level is not None and self.level.is_severe

    @property
    def words(self) -> frozenset[str]:
        """Return the words of its samples."""
        return frozenset(word for text in self.samples for word in find_words(text))

    @property
    def numbers(self) -> frozenset[float]:
        """Return the numbers of its samples."""
        return frozenset(number for text in self.samples for number in find_numbers(text))


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a program that a failing line of a log names."""

    file: str
    line: int
    telling: Telling


@dataclass(frozen=True, slots=True)
class Moved:
    """A metric that left its normal range around the onset."""

    evidence: Evidence
    position: int
    """Number of the series' line in the evidence, from 1."""
    shift: Shift

    @property
    def service(self) -> str:
        """Return whose metric it is."""
        return self.shift.series.service

    @property
    def words(self) -> str:
        """Return it for people: `rows_read_per_s of parcels-pg went from 21,000 to 9,400,000`."""
        series, before, after = self.shift.series, self.shift.before, self.shift.after
        return f"{series.metric} of {series.service} went from {write_number(before, 4)} to {write_number(after, 4)}"


@dataclass(frozen=True)
class Symptoms:
    """All of it."""

    onset: datetime
    """When the alert started."""
    began_at: datetime
    """When the first sign showed, never after the alert."""
    alerted: frozenset[str]
    alert_text: str
    tellings: tuple[Telling, ...]
    moved: tuple[Moved, ...]
    steady: tuple[Series, ...]
    """Series that did not move: what is known to be normal."""
    spans: tuple[TraceSpan, ...]
    graph: CallGraph
    kinds_of: Mapping[str, str]
    """Service -> what the graph says it is (`db`, `gateway` ...)."""
    healthy_words: frozenset[str]
    """Words of lines that were logged before the fault."""
    statuses: tuple[tuple[Evidence, ProviderStatusFacts], ...] = ()
    labels: tuple[str, ...] = ()
    """Values of the alerts' labels."""
    logged: frozenset[str] = field(default_factory=frozenset)
    """Services whose logs were collected."""
    calm: tuple[tuple[str, str], ...] = ()
    """Services, and ordinary lines that they went on to write since it began."""
    undated: tuple[Telling, ...] = ()
    """Errors of logs without times: they may have been written at any time."""
    given: frozenset[str] = field(default_factory=frozenset)
    """Names of the variables that objects give to containers."""
    usual: frozenset[str] = field(default_factory=frozenset)
    """Services that get as much more at that hour on other days, too."""
    complaints: tuple[Telling, ...] = ()
    """What a cluster complains of in its objects, a telling a line; it makes no service a failing one."""
    unmatched: tuple[Unmatched, ...] = ()
    """Services that lead nowhere, by the objects."""
    throttled: frozenset[str] = field(default_factory=frozenset)
    """Names of what alerts say is kept from computing, by its limit."""
    workload_names: frozenset[str] = field(default_factory=frozenset)
    """What the names of pods begin with."""
    charted: Mapping[str, str] = field(default_factory=dict)  # Whose manifests are where: see `list_charted`.

    @property
    def late(self) -> datetime:
        """Return from when on what shows up is a consequence."""
        return max(self.began_at + LATE, self.onset)

    @cached_property
    def services(self) -> frozenset[str]:
        """Return every service that something is known of."""
        metric = {item.service for item in self.moved} | {series.service for series in self.steady}
        return frozenset(self.mapped | metric | set(self.kinds_of) | self.alerted | self.logged)

    @cached_property
    def watched(self) -> frozenset[str]:
        """Return the services whose load was measured."""
        series = (*self.steady, *(item.shift.series for item in self.moved))
        return frozenset(one.service for one in series if one.meaning.kind is Kind.TRAFFIC)

    @cached_property
    def mapped(self) -> frozenset[str]:
        """Return the services whose callers and callees are known."""
        return frozenset(name for edge in self.graph.edges for name in edge)

    @cached_property
    def abnormal(self) -> Mapping[str, float]:
        """Return service -> how much is wrong with it, 0..1 and only where something is."""
        found: dict[str, float] = {}
        for telling in self.tellings:
            if telling.severe or telling.level is LogLevel.WARNING:
                found[telling.service] = max(found.get(telling.service, 0.0), telling.weight)
        for item in self.moved:
            on_time = item.shift.onset <= self.late.timestamp()
            if on_time and item.shift.series.meaning.kind not in (Kind.TRAFFIC, Kind.NETWORK):
                found[item.service] = max(found.get(item.service, 0.0), self._weigh_move(item))
        for span in self.spans:
            if span.error:
                found[span.service] = max(found.get(span.service, 0.0), 0.8)
        return found

    def _weigh_move(self, item: Moved) -> float:
        """Return how bad it is that a metric moved, 0..1: one whose name says nothing may be the better for it."""
        series = item.shift.series
        tells = series.meaning.kind is not Kind.OTHER or bool(classify(series.metric.replace("_", " ")))
        is_clear = tells or item.service in self.alerted
        is_store = self.kinds_of.get(item.service) in STORES
        return item.shift.strength if is_clear or is_store else min(item.shift.strength, _UNCLEAR)

    @cached_property
    def failing(self) -> frozenset[str]:
        """Return services bad enough to be what their callers suffer from; where none is, those that are a bit bad."""
        return self._list_failing(_FAILING, _FAILING_STORE) or self._list_failing(_FAILING_STORE, _FAILING_STORE)

    def _list_failing(self, least: float, store: float) -> frozenset[str]:
        return frozenset(
            name
            for name, weight in self.abnormal.items()
            if weight >= (store if self.kinds_of.get(name) in STORES else least)
        )

    @cached_property
    def origins(self) -> frozenset[str]:
        """Return where it begins: failing services none of whose callees fails, and callers that began to call more.

        A caller that sends its callee far more than it gets itself brings the load, however well it looks.
        """
        named = {callee for name in self.failing for callee in self.list_failing_callees(name)}
        first = frozenset(name for name in self.failing | named if not self.list_failing_callees(name))
        return first | self.amplifiers | self._dying

    @cached_property
    def _dying(self) -> frozenset[str]:
        """Return failing services that say of themselves what no callee can do to them."""
        return frozenset(
            telling.service
            for telling in self.tellings
            if telling.severe and telling.weight >= _FAILING and telling.service in self.failing
            if _INTRINSIC & classify(telling.samples[0])
        )

    def list_failing_callees(self, service: str) -> tuple[str, ...]:
        """Return the callees that a service may suffer from."""
        named = self.named.get(service, frozenset())
        return tuple(
            callee
            for callee in self.graph.callees.get(service, ())
            if callee in self.failing or (callee in named and self._is_troubled(callee))
        )

    def _is_troubled(self, service: str) -> bool:
        """Answer whether a service shows some trouble of its own, and is not measured to do well."""
        return self.abnormal.get(service, 0.0) >= _TROUBLED and service not in self._sound

    @cached_property
    def _sound(self) -> frozenset[str]:
        """Return the services whose errors or times are measured, and did not move."""
        steady = {series.service for series in self.steady if series.meaning.kind in _FELT}
        return frozenset(steady - {item.service for item in self.moved if item.shift.series.meaning.kind in _FELT})

    @cached_property
    def named(self) -> Mapping[str, frozenset[str]]:
        """Return service -> its callees that its severe lines name."""
        found: dict[str, set[str]] = {}
        for telling in self.tellings:
            if telling.severe and telling.weight >= _TROUBLED:
                own = found.setdefault(telling.service, set())
                callees = self.graph.callees.get(telling.service, ())
                own.update(callee for callee in callees if any(has_name(callee, text) for text in telling.samples))
        return {service: frozenset(callees) for service, callees in found.items()}

    @cached_property
    def amplifiers(self) -> frozenset[str]:
        """Return troubled services whose callees get far more requests while they themselves get as many as ever."""
        return frozenset(caller for caller, _ in self._amplified)

    @cached_property
    def grown(self) -> Mapping[str, float]:
        """Return service -> epoch seconds since when it gets far more requests."""
        traffic = (item for item in self.moved if _is_asked(item.shift.series))
        return {item.service: item.shift.onset for item in traffic if (item.shift.ratio or 9.0) >= _GROWN}

    @cached_property
    def woken(self) -> frozenset[str]:
        """Return services that did next to nothing until the fault began: a nightly run, a schedule, a first use."""
        return frozenset(
            item.service
            for item in self.moved
            if item.shift.series.meaning.kind in (Kind.TRAFFIC, Kind.OTHER)
            and item.shift.before <= _ASLEEP * item.shift.after
            and abs(item.shift.onset - self.began_at.timestamp()) <= _WAKES.total_seconds()
            and not _SUFFERED.search(item.shift.series.metric)
            and not _VALUE.search(item.shift.series.metric)
            and not classify(item.shift.series.metric.replace("_", " "))
        )

    @cached_property
    def _amplified(self) -> frozenset[tuple[str, str]]:
        return self._multiplied | frozenset(
            (caller, name)
            for name, times in self._growth.items()
            for caller in self.graph.callers.get(name, ())
            if caller in self.watched and self.abnormal.get(caller, 0.0) >= _TROUBLED
            if caller not in self.grown or times >= _FAR_MORE * self._growth[caller]
        )

    @cached_property
    def _multiplied(self) -> frozenset[tuple[str, str]]:
        """Return who by its own count sends far more than it gets, with its failing callees."""
        asked = {one.service for one in (*self.steady, *(item.shift.series for item in self.moved)) if _is_asked(one)}
        return frozenset(
            (item.service, callee)
            for item in self.moved
            if _SENT.search(item.shift.series.metric) and item.service in asked
            if (item.shift.ratio or 0.0) >= _FAR_MORE * self._growth.get(item.service, 1.0)
            for callee in self.graph.callees.get(item.service, ())
            if callee in self.failing
        )

    @cached_property
    def _growth(self) -> Mapping[str, float]:
        """Return service -> how many times as much it is asked."""
        traffic = (item for item in self.moved if item.service in self.grown)
        traffic = (item for item in traffic if _is_asked(item.shift.series))
        return {item.service: item.shift.ratio or _GROWN for item in traffic}

    @cached_property
    def kinds(self) -> Mapping[str, float]:
        """Return kind of failure -> weight, 0..1, over everything that was observed."""
        return self._list_kinds(None)

    @cached_property
    def own_kinds(self) -> Mapping[str, float]:
        """Return the same over what was observed where the trouble begins: no callee brought it there."""
        return self._list_kinds(self.beginnings)

    @cached_property
    def accused(self) -> frozenset[str]:
        """Return the callees that failing services complain of by name, unless those suffer from others themselves."""
        return frozenset(
            callee
            for service in self.origins & self.named.keys()
            for callee in self.named[service]
            if not self.list_failing_callees(callee)
        )

    @cached_property
    def refusing(self) -> frozenset[str]:
        """Return the origins that find wrong what they are sent, by their own words or by what they answer."""
        by_words = {
            telling.service
            for telling in self.tellings
            if telling.weight >= _TROUBLED and REFUSALS & {kind for text in telling.samples for kind in classify(text)}
        }
        by_answers = {
            item.service
            for item in self.moved
            if item.shift.after > item.shift.before
            if item.shift.strength >= _FAILING and _REFUSED.search(item.shift.series.metric)
        }
        return frozenset((by_words | by_answers) & self.origins)

    @cached_property
    def refused(self) -> frozenset[str]:
        """Return who may have sent what the origins refuse: callers whose requests they find wrong."""
        return frozenset(caller for name in self.refusing for caller in self.graph.callers.get(name, ()))

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """Return the origins, and those that fail with a store which begins it: a store does what it is asked."""
        stores = {name for name in self.origins if self.kinds_of.get(name) in STORES - {"external"}}
        users = {caller for store in stores for caller in self.graph.callers.get(store, ())}
        return self.origins | (users & self.failing) | self.accused

    def _list_kinds(self, services: frozenset[str] | None) -> Mapping[str, float]:
        found = {"time": find_calendar_edge(self.began_at)}
        for text, weight in self._observe(services):
            for kind in classify(text):
                found[kind] = max(found.get(kind, 0.0), weight)
        if "backlog" in found:  # What cannot keep up is slow, though nobody times it.
            found["slow"] = max(found.get("slow", 0.0), _BEHIND * found["backlog"])
        for weight in self._list_lopsided(services):
            found["skew"] = max(found.get("skew", 0.0), weight)
        # More is asked for each request: a row at a time, again and again, or what a cache used to answer.
        for kind, weight in _OF_AMPLIFIED.items() if self._amplified else ():
            found[kind] = max(found.get(kind, 0.0), weight)
        return {kind: weight for kind, weight in found.items() if weight > 0}

    def _list_lopsided(self, services: frozenset[str] | None) -> Iterator[float]:
        """Yield how far a few of many alike moved, the others not: one partition lags, eleven do not."""
        calm = Counter((series.service, _NUMBERED.sub("#", series.metric)) for series in self.steady)
        moved = Counter((item.service, _NUMBERED.sub("#", item.shift.series.metric)) for item in self.moved)
        for item in self.moved:
            name = item.service, _NUMBERED.sub("#", item.shift.series.metric)
            if (services is None or item.service in services) and calm[name] >= _ALIKE * moved[name]:
                yield item.shift.strength

    def _observe(self, services: frozenset[str] | None) -> Iterator[tuple[str, float]]:
        """Yield the texts of what some services showed, or all of them, with their weight."""
        if services is None or services & self.alerted:
            yield self.alert_text, 0.65
        for telling in self.tellings:
            if services is None or telling.service in services:
                yield from ((sample, telling.weight) for sample in telling.samples)
        for item in self.moved:
            if services is None or item.service in services:
                # What everybody measures (errors, latency) says less than a metric of the thing itself.
                name, kind = item.shift.series.metric, item.shift.series.meaning.kind
                if kind is Kind.TRAFFIC and item.shift.after < item.shift.before:
                    continue  # Who is asked less suffers from nothing of its own.
                weight = (0.6 if kind in _GENERAL else 0.85) * item.shift.strength
                yield from ((name.replace("_", " "), weight), (name, weight))
                if self.kinds_of.get(item.service) == "queue" and item.shift.after > item.shift.before:
                    yield "backlog", weight  # Whatever a queue has more of, somebody does not keep up.
        for span in self.spans:
            if span.error and (services is None or span.service in services):
                yield _describe_span(span), 0.6

    @cached_property
    def words(self) -> Mapping[str, float]:
        """Return word -> weight, 0..1; words of healthy lines weigh a quarter."""
        found: dict[str, float] = {}

        def note(text: str, weight: float, named: str = "") -> None:
            for line in text.split("\n"):
                share = _LIBRARY if is_library_line(line) else 1.0
                for word in find_words(line) - find_words(named):
                    own = weight * share * (0.25 if word in self.healthy_words else 1.0)
                    found[word] = max(found.get(word, 0.0), own)

        note(self.alert_text, 0.4)
        for telling in self.tellings:
            # A state names what it is the state of, whatever ails that.
            own = telling.evidence.entity.ref if telling.evidence.kind is EvidenceKind.STATE else ""
            for sample in telling.samples:
                note(sample, telling.weight, own)
        for item in self.moved:
            note(item.shift.series.metric, 0.4 * item.shift.strength)
        for span in self.spans:
            note(_describe_span(span), 0.6 if span.error else 0.2)
        return {word: weight for word, weight in found.items() if word not in self._service_words}

    @cached_property
    def quoted(self) -> frozenset[str]:
        """Return the values that new failing lines quote."""
        return frozenset(word for text in self._new_failures for word in find_quoted(text))

    @cached_property
    def unknown(self) -> Mapping[str, str]:
        """Return the values that new failing lines say they do not know: plain -> as they stand there."""
        return find_unknown_values(self._new_failures)

    @cached_property
    def _new_failures(self) -> tuple[str, ...]:
        severe = (telling for telling in self.tellings if telling.severe and telling.before == 0)
        return tuple(text for one in severe for text in one.samples)

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Return the lines of programs that stacks name, the loudest first."""
        loud = (telling for telling in self.tellings if telling.weight >= LOUD)
        found = ((file, int(line), telling) for telling in loud for file, line in _FRAME.findall(telling.samples[0]))
        return tuple(Place(*place) for place in found)

    @cached_property
    def _service_words(self) -> frozenset[str]:
        # Of `rules-db` the whole name; `rules` alone may be anything.
        return frozenset(re.sub(r"[^a-z0-9]+", "_", name.casefold()) for name in self.services)


def _is_asked(series: Series) -> bool:
    """Answer whether it counts what somebody is asked, not what it asks."""
    name = series.metric
    return not _SENT.search(name) and (series.meaning.kind is Kind.TRAFFIC or _GOT.search(name) is not None)


def _describe_span(span: TraceSpan) -> str:
    values = " ".join(f"{key}={value}" for key, value in span.attributes.items())
    return f"{span.operation} {values}"
