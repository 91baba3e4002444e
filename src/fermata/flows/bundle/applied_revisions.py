"""Which commit Flux, or Argo CD, delivered last: what they say that runs, as a rule without since when.

Flux keeps the revision that it applied in a Kustomization's status (`lastAppliedRevision`, `main@sha1:9f1c2ab...`;
before 2.0 `main/9f1c2ab...`), and prints it as `Applied revision:`. It sets it once all is healthy: what was applied
and then did not become healthy is the revision that it tried (fluxcd.io, "Kustomization", status). When its source was
fetched the GitRepository tells; newer ones keep a history. `argocd app get` prints the revision that is in sync.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.deliveries import describe_delivery
from fermata.flows.bundle.parsing import read_instant, read_text_field
from fermata.kit.digging import dig_map, dig_maps

_REVISION = re.compile(r"^\S*?(?:(?:^|[@:/])sha1:|/|^)([0-9a-f]{7,64})$")
_ROW = re.compile(r"^(?P<first>[a-z0-9][\w.-]*)\s+(?P<second>\S+)\s.*\bTrue\s+Applied revision: (?P<revision>\S+?)\s*$")
_HEAD = re.compile(r"^(?:NAMESPACE|NAME)\s")
_NAME = re.compile(r"^Name: +(?:[\w.-]+/)?([\w.-]+)\s*$")
_PATH = re.compile(r"^ *Path: +(?:\./)?(\S+)\s*$")
_DESCRIBED = re.compile(r"^ +Last (Applied|Attempted) Revision: +(\S+)\s*$")
_SYNCED = re.compile(r"^Sync Status: +Synced to \S+ \(([0-9a-f]{7,64})\)\s*$")
_UNHEALTHY = "HealthCheckFailed"
_APPLIED = "ReconciliationSucceeded"
_GROUP = "kustomize.toolkit.fluxcd.io/"


def list_flux_deliveries(items: Sequence[Mapping[str, Any]], file: str) -> Iterator[Change]:
    """Yield what the Kustomizations among objects say that was applied, each with its time where any of them tells."""
    fetched = dict(filter(None, map(_read_artifact, items)))
    for item in items:
        if item.get("kind") == "Kustomization" and str(item.get("apiVersion", "")).startswith(_GROUP):
            name = read_text_field(dig_map(item, "metadata"), "name")
            path = read_text_field(dig_map(item, "spec"), "path").removeprefix("./").strip("/")
            for at, revision in _list_applied(dig_map(item, "status"), fetched):
                if name and (sha := _REVISION.match(revision)) is not None:
                    own = describe_delivery("Flux", name, sha[1], at=at, file=file)
                    yield replace(own, files=(path,) if path else ())


def read_applied(lines: Sequence[str], file: str) -> list[Change]:
    """Return what tables of Kustomizations, their descriptions and `argocd app get` say is delivered."""
    found: dict[str, Change] = {}
    is_everywhere, app, path, applied = False, "", "", ""
    for line in lines:
        if _HEAD.match(line):
            is_everywhere = line.startswith("NAMESPACE")
        elif (row := _ROW.match(line)) is not None and (sha := _REVISION.match(row["revision"])) is not None:
            name = row["second"] if is_everywhere else row["first"]
            change = describe_delivery("Flux", name, sha[1], at=None, file=file)
            found.setdefault(change.id, change)
        elif (named := _NAME.match(line)) is not None:
            app, path, applied = named[1], "", ""
        elif (below := _PATH.match(line)) is not None:
            path = below[1]
        elif app and (synced := _SYNCED.match(line)) is not None:
            change = describe_delivery("Argo CD", app, synced[1], at=None, file=file)
            found.setdefault(change.id, replace(change, files=(path,) if path else ()))
        elif app and (described := _DESCRIBED.match(line)) is not None:
            # What was tried later than it was applied may be in effect in part.
            sha = _REVISION.match(described[2]) if described[2] == applied else None
            applied = described[2] if described[1] == "Applied" else ""
            if sha is not None:
                change = describe_delivery("Flux", app, sha[1], at=None, file=file)
                found.setdefault(change.id, replace(change, files=(path,) if path else ()))
    return list(found.values())


def _read_artifact(item: Mapping[str, Any]) -> tuple[str, datetime] | None:
    """Return a revision and when it was fetched, by an object of a source."""
    artifact = dig_map(dig_map(item, "status"), "artifact")
    revision, at = read_text_field(artifact, "revision"), read_instant(artifact.get("lastUpdateTime"))
    return (revision, at) if revision and at is not None else None


def _list_applied(status: Mapping[str, Any], fetched: Mapping[str, datetime]) -> Iterator[tuple[datetime | None, str]]:
    """Yield the revisions that are known to be applied, with since when as far as anybody tells."""
    told = False
    for entry in dig_maps(status.get("history")):
        revision = read_text_field(dig_map(entry, "metadata"), "revision")
        at = read_instant(entry.get("firstReconciled"))
        if revision and at is not None and entry.get("lastReconciledStatus") in (_APPLIED, _UNHEALTHY):
            told = True
            yield at, revision
    if told:
        return
    conditions = {read_text_field(one, "type"): one for one in dig_maps(status.get("conditions"))}
    ready = conditions.get("Ready", {})
    applied, tried = (read_text_field(status, f"last{what}Revision") for what in ("Applied", "Attempted"))
    revision = tried if ready.get("reason") == _UNHEALTHY else applied
    # Of what failed otherwise, some may be applied: nobody knows which revision runs.
    if revision and (revision == tried or not tried):
        yield fetched.get(revision), revision
