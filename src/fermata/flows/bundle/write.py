"""Write an incident's latest gathering as a bundle: what is read back gives the same diagnosis.

Everything passes redaction once more on its way out. The bundle holds what was observed, never what was concluded: no
diagnosis, no plan, nobody's decision.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermata.domain.alert import Alert
from fermata.domain.ids import IncidentId
from fermata.flows.bundle.haul import Haul
from fermata.flows.bundle.kept import FOLDER, MARK, hide_evidence
from fermata.flows.context import FlowContext
from fermata.flows.diagnose import load_case
from fermata.kit.errors import UserError
from fermata.ports.store import Transaction
from fermata.rules.signatures import Case

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    folder: Path
    evidence: int
    alerts: int
    gaps: int


async def export_incident(context: FlowContext, incident_id: IncidentId, folder: Path) -> Exported:
    """Write an incident as a bundle into a new or empty folder.

    Raises:
        NotFoundError: No such incident.
        UserError: The folder holds something already, or cannot be written.
    """
    now = context.clock.now()

    def read(transaction: Transaction) -> tuple[Case, str]:
        case = load_case(transaction, context, incident_id, now)
        return case, transaction.incidents.get(incident_id).title

    case, title = await context.store.read(read)
    return write_bundle(case, title, folder)


def write_bundle(case: Case, title: str, folder: Path) -> Exported:
    """Write a case as a bundle.

    Raises:
        UserError: The folder holds something already, or cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"{folder} is not empty", why="a bundle is written into a folder of its own")
        try:
            _write_files(case, title, folder)
        except OSError:
            # Half a bundle reads like a whole one, of an incident with less evidence.
            for child in folder.iterdir():
                shutil.rmtree(child) if child.is_dir() else child.unlink()
            raise
    except OSError as error:
        raise UserError(f"{folder} cannot be written", why=error.strerror or type(error).__name__) from error
    return Exported(folder, len(case.evidence), len(case.alerts), len(case.gaps))


def _write_files(case: Case, title: str, folder: Path) -> None:
    haul = Haul()
    scope = case.scope
    alerts = {f"alerts/{number:03}.json": _to_body(alert, haul) for number, alert in enumerate(case.alerts, start=1)}
    # JSON is YAML, and quotes whatever a title may hold.
    manifest = [
        "version: 1",
        f"id: {json.dumps(str(scope.incident_id))}",
        f"title: {json.dumps(haul.hide(title))}",
        "window:",
        f"  start: {json.dumps(scope.window_start.isoformat())}",
        f"  end: {json.dumps(scope.window_end.isoformat())}",
    ]
    if alerts:
        manifest.append(f"alert: {next(iter(alerts))}")
    (folder / "bundle.yaml").write_text("\n".join(manifest) + "\n", encoding="utf-8")
    files: dict[str, Mapping[str, Any]] = dict(alerts)
    for number, item in enumerate(case.evidence, start=1):
        name = _UNFIT.sub("-", f"{item.collector}-{item.entity.name}")[:100]
        files[f"{FOLDER}/{number:03}-{name}.json"] = {MARK: "evidence", **hide_evidence(item, haul).to_json()}
    if case.gaps:
        gaps = [{**gap.to_json(), "reason": haul.hide(gap.reason)} for gap in case.gaps]
        files[f"{FOLDER}/gaps.json"] = {MARK: "gaps", "gaps": gaps}
    files[f"{FOLDER}/scope.json"] = {
        MARK: "scope",
        "entities": [entity.ref for entity in scope.entities],
        "actions": sorted(case.known_actions),
    }
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _to_body(alert: Alert, haul: Haul) -> dict[str, Any]:
    """Return an alert as the webhook that brought it would write it; `source` says whose that was."""
    return {
        "version": "4",
        "source": alert.source,
        "alerts": [
            {
                "status": alert.status.value,
                "labels": haul.hide_deep(alert.labels),
                "annotations": haul.hide_deep(alert.annotations),
                "startsAt": alert.starts_at.isoformat(),
                "endsAt": alert.ends_at.isoformat() if alert.ends_at else None,
                "generatorURL": haul.hide(alert.generator_url),
                "fingerprint": alert.fingerprint,
                "valueString": haul.hide(alert.value),
            }
        ],
    }
