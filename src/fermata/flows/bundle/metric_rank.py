"""Rank the services of some files of metrics: what `fermata metrics rank` runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.bundle.graph_file import ServiceGraph, read_graph_file
from fermata.flows.bundle.metric_files import SUFFIXES, read_metric_file
from fermata.kit.errors import UserError
from fermata.rules.metrics.ranking import Ranking, rank_metrics
from fermata.rules.metrics.series import Series


@dataclass(frozen=True, slots=True)
class RankedFiles:
    """The ranking of some files."""

    ranking: Ranking
    warnings: tuple[str, ...]
    """What could not be used, `file:line: reason`."""


def rank_files(
    metrics: Sequence[Path], graph: Path | None, *, target: str | None = None, onset: float | None = None
) -> RankedFiles:
    """Return which service a disturbance began at, by files of metrics and a service graph.

    Args:
        metrics: Files, or folders whose files are read.
        graph: Without it nobody is known to call anybody, and each node speaks for itself.
        onset: Epoch seconds the trouble began, if known.

    Raises:
        UserError: No file can be used, the graph cannot, or the target stands neither in graph nor metrics.
    """
    warnings: list[str] = []
    services = _read_graph(graph, warnings)
    # A graph may lie among the metrics.
    paths = [path for path in _list_files(metrics) if path != graph]
    series = list(_read_series(paths, services, warnings))
    if not series:
        raise UserError(
            "No file of metrics can be used",
            why="; ".join(warnings[:5]),
            do="docs/metrics.md describes the forms that are read",
        )
    known = services.names.union(item.service for item in series)
    if target is not None and target not in known:
        raise UserError(f"{target} is not known", why="it stands neither in the graph nor in the metrics")
    return RankedFiles(rank_metrics(series, services.call_graph, target=target, onset=onset), tuple(warnings))


def _read_graph(path: Path | None, warnings: list[str]) -> ServiceGraph:
    if path is None:
        return ServiceGraph()
    try:
        services = read_graph_file(_open(path))
    except Unreadable as error:
        raise UserError(f"{path} cannot be used", why=error.reason) from error
    warnings += [f"{path}: {problem}" for problem in services.problems]
    return services


def _read_series(paths: Sequence[Path], services: ServiceGraph, warnings: list[str]) -> Iterator[Series]:
    for path in paths:
        try:
            reading = read_metric_file(_open(path), services.names)
        except Unreadable as error:
            where = f"{path}:{error.line}" if error.line is not None else str(path)
            warnings.append(f"{where}: {error.reason}")
            continue
        warnings += [f"{path}: {problem}" for problem in reading.problems]
        yield from reading.series


def _list_files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        else:
            yield path


def _open(path: Path) -> SourceFile:
    try:
        return SourceFile(path.name, path, path.stat().st_size)
    except OSError as error:
        message = f"it cannot be opened: {error.strerror}"
        raise Unreadable(message) from error
