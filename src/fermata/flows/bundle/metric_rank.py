"""Rank the services of some files of metrics: what `fermata metrics rank` runs."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from operator import attrgetter
from pathlib import Path

from fermata.flows.bundle.files import Unreadable, open_file
from fermata.flows.bundle.graph_file import ServiceGraph, read_graph_file
from fermata.flows.bundle.haul import describe
from fermata.flows.bundle.metric_files import SUFFIXES, read_metric_file
from fermata.kit.clock import format_instant
from fermata.kit.errors import UserError
from fermata.rules.metrics.means import join_means
from fermata.rules.metrics.moved import list_moved
from fermata.rules.metrics.parts import name_labels
from fermata.rules.metrics.ranking import NOTHING_LEFT, RankedNode, Ranking, rank_metrics
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.shift import Shift
from fermata.rules.metrics.stopped import Stop, list_stopped, name_whole
from fermata.rules.metrics.symptoms import find_signal
from fermata.rules.metrics.words import describe_shift

_MOST_NAMED = 20
_FEW_NAMED = 3
_UNUSABLE = (ValueError, TypeError, KeyError, OverflowError, csv.Error)


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved far, and which of the series of its name it is."""

    shift: Shift
    labels: str = ""
    """What tells it from the others of its service and name, as `queue orders`; empty where it is the only one."""

    @property
    def why(self) -> str:
        """Say what moved, for people."""
        said = describe_shift(self.shift)
        return f"{said} ({self.labels})" if self.labels else said


@dataclass(frozen=True, slots=True)
class RankedFiles:
    """The ranking of some files."""

    ranking: Ranking
    warnings: tuple[str, ...]
    """What could not be used, `file:line: reason`."""
    moved: tuple[Moved, ...] = ()
    """What moved far and no entry of the ranking tells of: it is not judged, and nobody may call it calm."""
    is_calm: bool = True
    """Whether nothing is named, nothing moved or stopped, and nothing had moved before the onset that was given."""
    stopped: tuple[Stop, ...] = ()
    """What is measured no more though its recording goes on."""


def rank_files(
    metrics: Sequence[Path], graph: Path | None, *, target: str | None = None, onset: float | None = None
) -> RankedFiles:
    """Return which service a disturbance began at, by files of metrics and a service graph.

    Args:
        metrics: Files, or folders whose files are read.
        graph: Without it nobody is known to call anybody, and each node speaks for itself.
        onset: Epoch seconds the trouble began, if known.

    Raises:
        UserError: No file can be used, the graph cannot, the target stands neither in graph nor metrics, or the onset
            lies outside what was recorded.
    """
    warnings: list[str] = []
    services = _read_graph(graph, warnings)
    # A graph may lie among the metrics.
    paths = [path for path in _list_files(metrics, warnings) if path != graph]
    recordings = list(_read_recordings(paths, services, warnings))
    # A sum and its count may be two queries, and so two files.
    series = join_means(item for recording in recordings for item in recording)
    if not series:
        raise UserError(
            "No file of metrics can be used",
            why="; ".join(warnings[:_MOST_NAMED]) or "no file was named, or the folder holds none",
            do="docs/metrics.md describes the forms that are read",
        )
    if all(value is None for item in series for value in item.values):
        raise UserError(
            "The metrics hold no number",
            why="each of their points says that nothing was measured",
            do="docs/metrics.md describes the forms that are read",
        )
    _refuse_outside(onset, series)
    measured = frozenset(item.service for item in series)
    warnings += _compare_names(graph, services.names, measured)
    known = services.names | measured
    if target is not None and target not in known:
        raise UserError(f"{target} is not known", why="it stands neither in the graph nor in the metrics")
    ranking = rank_metrics(series, services.call_graph, target=target, onset=onset)
    is_blind = target is not None and target not in measured and not ranking.items
    if is_blind:
        # What is not measured cannot be seen to move, and that clears nothing of what it depends on.
        ranking = Ranking(why=f"{target} is not measured: no series in the metrics is its own. Name a service that is")
    moved = list_moved(series, onset=onset)
    if onset is not None and not ranking.items and not moved:
        # An onset that is a few minutes late makes the fault its own reference.
        earlier = rank_metrics(series, services.call_graph, target=target)
        first = next((item for item in earlier.items if item.onset < onset), None)
        if first is not None:
            return RankedFiles(Ranking(why=_say_before(first, onset)), tuple(warnings), is_calm=False)
        moved = tuple(shift for shift in list_moved(series) if shift.onset < onset)
    stopped = _list_stopped(recordings)
    if (moved or stopped) and ranking.why == NOTHING_LEFT:
        ranking = Ranking(why="nothing that is judged left its normal range")
    return RankedFiles(
        ranking,
        tuple(warnings),
        tuple(Moved(shift, name_labels(shift.series, series)) for shift in _leave_told(moved, ranking)),
        is_calm=not (ranking.items or moved or stopped or is_blind),
        stopped=stopped,
    )


def _say_before(first: RankedNode, onset: float) -> str:
    given, began = (format_instant(datetime.fromtimestamp(at, UTC)) for at in (onset, first.onset))
    return (
        f"nothing left its normal range from {given} on; {first.node} left it before, at {began}: "
        f"{describe_shift(first.shift)}. Give that onset, or none"
    )


def _leave_told(moved: Sequence[Shift], ranking: Ranking) -> tuple[Shift, ...]:
    """Return what no entry tells of; beside entries, slowness and failures were judged, and belong to somebody."""
    told = " ".join(item.why for item in ranking.items)
    return tuple(
        shift
        for shift in moved
        if describe_shift(shift) not in told and not (ranking.items and find_signal(shift.series.metric))
    )


def _read_graph(path: Path | None, warnings: list[str]) -> ServiceGraph:
    if path is None:
        return ServiceGraph()
    try:
        services = read_graph_file(open_file(path))
    except Unreadable as error:
        raise UserError(f"{path} cannot be used", why=error.reason, do="See docs/bundle.md for its form") from error
    except _UNUSABLE as error:
        why = f"it holds a value that cannot be used: {describe(error)}"
        raise UserError(f"{path} cannot be used", why=why) from error
    warnings += [f"{path}: {problem}" for problem in services.problems]
    return services


def _compare_names(path: Path | None, named: frozenset[str], measured: frozenset[str]) -> list[str]:
    """Return a warning where the graph is of another system: nothing of it can say who waits for whom here."""
    if path is None or not named or named & measured:
        return []
    graph, metrics = (", ".join(sorted(names)[:_FEW_NAMED]) for names in (named, measured))
    told = f"the graph has {graph}, the metrics have {metrics}"
    return [f"{path}: it shares no name with the metrics, so each node speaks for itself: {told}"]


def _list_stopped(recordings: Sequence[Sequence[Series]]) -> tuple[Stop, ...]:
    """Return what stopped within its file and goes on in no other: files may follow one another."""
    last: dict[tuple[str, str], float] = {}
    for item in (item for recording in recordings for item in recording):
        known = (time for time, value in zip(item.times, item.values, strict=True) if value is not None)
        key = name_whole(item.service), item.metric
        last[key] = max(last.get(key, -inf), max(known, default=-inf))
    found = {stop for recording in recordings for stop in list_stopped(recording)}
    return tuple(
        sorted(
            (stop for stop in found if last[stop.node, stop.metric] <= stop.since),
            key=attrgetter("since", "node", "metric"),
        )
    )


def _read_recordings(
    paths: Sequence[Path], services: ServiceGraph, warnings: list[str]
) -> Iterator[tuple[Series, ...]]:
    for path in paths:
        try:
            reading = read_metric_file(open_file(path), services.names)
        except Unreadable as error:
            where = f"{path}:{error.line}" if error.line is not None else str(path)
            warnings.append(f"{where}: {error.reason}")
            continue
        except _UNUSABLE as error:
            # One file's odd value costs that file and no other.
            warnings.append(f"{path}: it holds a value that cannot be used: {describe(error)}")
            continue
        warnings += [f"{path}: {problem}" for problem in reading.problems]
        yield reading.series


def _refuse_outside(onset: float | None, series: Sequence[Series]) -> None:
    start = min(item.times[0] for item in series if item.times)
    end = max(item.times[-1] for item in series if item.times)
    # A time between the last two looks, or right behind the last one, is still told by what was recorded.
    if onset is not None and not start < onset <= end + (end - start) / 20:
        first, last, asked = (format_instant(datetime.fromtimestamp(at, UTC)) for at in (start, end, onset))
        raise UserError(
            f"The onset {asked} is outside what was recorded",
            why=f"the metrics go from {first} to {last}, and what is normal must be seen before the onset",
            do="Name a time between them, or leave --onset out",
        )


def _list_files(paths: Sequence[Path], warnings: list[str]) -> Iterator[Path]:
    for path in paths:
        try:
            if path.is_dir():
                yield from sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
            else:
                yield path
        except OSError as error:
            warnings.append(f"{path}: the folder cannot be listed: {error.strerror}")
