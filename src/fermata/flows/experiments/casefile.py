"""A rehearsal kept as a test of the signatures: a bundle of what it measured, and beside it what it did.

DIR/bundle/         what an investigation would see; written and redacted as every export is
DIR/expected.json   what is known; outside of the bundle, so that no reader of one finds it
"""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermata.domain.experiment import Experiment, ExperimentResult
from fermata.flows.bundle.diagnose import build_case
from fermata.flows.bundle.files import SourceFile, Unreadable, list_files
from fermata.flows.bundle.graph_file import read_graph_file
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.manifest import NAMES
from fermata.flows.bundle.read import read_bundle
from fermata.flows.bundle.write import write_bundle
from fermata.flows.experiments.report import SAVED
from fermata.kit.errors import UserError
from fermata.rules.rehearsed import FEWEST_BEFORE, RehearsedCase, compose_case, name_known

BUNDLE = "bundle"
EXPECTED = "expected.json"
_OWN = "rehearsal"


@dataclass(frozen=True, slots=True)
class SavedCase:
    """What was written."""

    folder: Path
    evidence: int
    notes: tuple[str, ...]
    """What makes it a weak test, and what of the files beside it was not used."""


def save_case(
    experiment: Experiment,
    result: ExperimentResult | None,
    folder: Path,
    *,
    graph: Path | None = None,
    beside: Path | None = None,
) -> SavedCase:
    """Write a rehearsal that was felt as a case.

    Args:
        folder: New or empty.
        graph: The system's `graph.json`.
        beside: A bundle's folder with what else was seen meanwhile: logs, metrics, objects, changes.

    Raises:
        UserError: It broke nothing, the graph cannot be read, or the folder holds something or cannot be written.
    """
    if result is None or result.verdict not in SAVED:
        came = "it has no result" if result is None else f"it is {result.verdict.value}"
        raise UserError(
            f"There is no case in {experiment.id}", why=came, do="Save one that ended collapsed or contained"
        )
    known_graph = _read_graph(graph, experiment)
    composed = compose_case(experiment, result, known_graph)
    notes = _list_notes(composed, experiment, has_graph=known_graph is not None)
    try:
        refuse_full(folder)
        with tempfile.TemporaryDirectory(prefix="fermata-case-") as draft:
            _write_draft(composed, experiment.id, Path(draft))
            warnings = _copy(beside, Path(draft)) if beside is not None else []
            bundle = read_bundle(Path(draft))
        written = write_bundle(build_case(bundle), bundle.title, folder / BUNDLE)
        expected = Haul().hide_deep(name_known(experiment, result, composed.journeys).to_json())
        (folder / EXPECTED).write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{folder} cannot be written", why=error.strerror or type(error).__name__) from error
    return SavedCase(folder, written.evidence, (*notes, *warnings, *bundle.warnings))


def refuse_full(folder: Path) -> None:
    """Refuse a folder that holds something already.

    Raises:
        UserError: It does.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} is not empty", why="a case is written into a folder of its own")


def _read_graph(path: Path | None, experiment: Experiment) -> Mapping[str, Any] | None:
    if path is None:
        if not experiment.target.callee:
            raise UserError(
                f"The case of {experiment.id} needs a graph",
                why="a service was broken, and through which services the journeys pass is not known without one",
                do="Add --graph graph.json",
            )
        return None
    try:
        if not path.is_file():
            raise Unreadable("it is no file")
        read_graph_file(SourceFile(path.name, path, path.stat().st_size))
    except Unreadable as error:
        raise UserError(f"{path} cannot be used", why=error.reason, do="See docs/bundle.md for its form") from error
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _list_notes(composed: RehearsedCase, experiment: Experiment, *, has_graph: bool) -> list[str]:
    notes = []
    if composed.before_s < FEWEST_BEFORE:
        notes.append(
            f"the baseline is {composed.before_s} s: below {FEWEST_BEFORE} s nothing tells what is normal, and metrics "
            "name nothing"
        )
    if not has_graph:
        target = experiment.target
        notes.append(f"without --graph only the call {target.service}->{target.callee} is known: an easy test")
    return notes


def _write_draft(composed: RehearsedCase, bundle_id: str, folder: Path) -> None:
    for name in ("alerts", "metrics"):
        (folder / name).mkdir()
    manifest = {
        "version": 1,
        "id": bundle_id,
        "title": composed.title,
        "window": {"start": composed.start.isoformat(), "end": composed.end.isoformat()},
    }
    # JSON is YAML, and quotes whatever a journey may be called.
    (folder / NAMES[0]).write_text(json.dumps(manifest), encoding="utf-8")
    for number, alert in enumerate(composed.alerts, start=1):
        (folder / "alerts" / f"{_OWN}-{number:03}.json").write_text(json.dumps(alert), encoding="utf-8")
    (folder / "graph.json").write_text(json.dumps(composed.graph), encoding="utf-8")
    with (folder / "metrics" / f"{_OWN}.csv").open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream)
        rows.writerow(("time", "service", "metric", "value"))
        rows.writerows((point.at.isoformat(), point.service, point.metric, point.value) for point in composed.points)


def _copy(source: Path, folder: Path) -> list[str]:
    """Copy a bundle's files between ours, which stay; return what was left out."""
    if not source.is_dir():
        raise UserError(f"{source} is no folder", do="Give one with logs/, metrics/ ... as docs/bundle.md lays it out")
    listing = list_files(source)
    left = [f"{name}: {reason}" for name, reason in listing.refused.items()]
    for file in listing.files:
        target = folder / file.name
        if file.name in NAMES:
            continue
        if target.exists():
            left.append(f"{file.name}: the rehearsal's own is used")
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file.path, target)
    return left
