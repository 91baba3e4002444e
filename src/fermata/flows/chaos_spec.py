"""Specs as files: an experiment from a plan or a JSON file, and what is wrong with a spec that lies on the disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fermata.domain.experiment import Experiment
from fermata.flows.chaos_plan import plan_file
from fermata.kit.errors import UserError
from fermata.kit.ids import new_id
from fermata.rules.chaosspecs.crd import validate_against_crd
from fermata.rules.chaosspecs.from_plan import Aim, Journey, is_named, make_experiment
from fermata.rules.chaosspecs.limits import SpecLimits
from fermata.rules.chaosspecs.shape import describe_shape_faults
from fermata.rules.chaosspecs.validation import validate_spec
from fermata.rules.sandbox.places import list_document_places

_LARGEST_BYTES = 4 * 1024 * 1024
_MOST_TOLD = 5
"""The largest definition of Chaos Mesh, that of a schedule, has 853 kB."""

_OF_AN_EXPERIMENT = frozenset({"target", "fault", "checks", "prediction"})
_WHOLE = "it is a whole experiment and no spec: `fermata chaos spec --experiment {path}` writes the spec to validate"


def build_experiment(path: Path, number: int, aim: Aim, journeys: Sequence[Journey], now: datetime) -> Experiment:
    """Return the experiment of one item of a plan.

    Args:
        path: A graph.json, or what `fermata chaos plan --json` printed.
        number: Of the item, from 1 on, as the plan lists it.

    Raises:
        UserError: The file cannot be read, has no such item, something is missing, or no check is to feel it.
    """
    items = read_plan(path)
    if not 1 <= number <= len(items):
        raise UserError(f"The plan has no item {number}", why=f"It has {len(items)}", do="See `fermata chaos plan`")
    item = items[number - 1]
    made = make_experiment(item, aim, journeys, experiment_id=new_id("exp", now), now=now)
    # Taken for one that must not suffer, the journey that does would end the run, with a verdict that is wrong.
    if not any(is_named(journey, item) for journey in journeys):
        named = ", ".join(item["scenario"]["steady_state"].get("journeys") or ["none"])
        raise UserError(
            "No check is of a journey that the plan expects to feel the fault",
            why=f"The plan names {named}",
            do=f"Say which check that is, with --hit: --hit {journeys[0].name}",
        )
    return made


def read_plan(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the items of a plan, best first.

    Args:
        path: A graph.json, or what `fermata chaos plan --json` printed.

    Raises:
        UserError: The file cannot be read.
    """
    found = _load(path)
    if isinstance(found, list):
        return [item for item in found if isinstance(item, Mapping)]
    return plan_file(path).items


def read_experiment(path: Path) -> Experiment:
    """Return an experiment from its JSON.

    Raises:
        UserError: The file cannot be read, or holds none.
    """
    found = _load(path)
    try:
        return Experiment.from_json(found if isinstance(found, Mapping) else {})
    except ValidationError as error:
        told = list(describe_shape_faults(error))
        more = [f"and {len(told) - _MOST_TOLD} more"] if len(told) > _MOST_TOLD else []
        why = "; ".join([*told[:_MOST_TOLD], *more])
        raise UserError(
            f"{path} holds no experiment",
            why=why,
            do="`fermata chaos spec --whole` prints a whole one to start from; see docs/chaos-specs.md",
        ) from error


def check_files(path: Path, definitions: Path | None, limits: SpecLimits) -> list[tuple[str, tuple[str, ...]]]:
    """Return what is wrong with each document of a file, by the document's name.

    Args:
        path: YAML (one document or several) or JSON.
        definitions: A folder with the cluster's custom resource definitions, one a file.

    Raises:
        UserError: A file cannot be read.
    """
    known = _read_definitions(definitions) if definitions else {}
    found = []
    for number, document in enumerate(_load_all(path), start=1):
        is_whole = isinstance(document, Mapping) and set(document) >= _OF_AN_EXPERIMENT
        problems = (_WHOLE.format(path=path),) if is_whole else validate_spec(document, limits)
        kind = document.get("kind") if isinstance(document, Mapping) else None
        if known and isinstance(document, Mapping) and "apiVersion" in document:
            own = known.get(str(kind))
            no_definition = (f"kind: {definitions} holds no definition of {kind}",)
            problems = (*problems, *(no_definition if own is None else validate_against_crd(document, own)))
        found.append((_name(document, number), problems))
    return found


def list_places(path: Path) -> tuple[str, ...]:
    """Return what the documents of a file say of where, each once: namespaces, labels and hosts.

    Raises:
        UserError: The file cannot be read.
    """
    return tuple(dict.fromkeys(place for document in _load_all(path) for place in list_document_places(document)))


def _name(document: object, number: int) -> str:
    if not isinstance(document, Mapping):
        return f"document {number}"
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else document.get("title")
    return f"{document.get('kind') or 'document'} {name or number}"


def _read_definitions(folder: Path) -> dict[str, Mapping[str, Any]]:
    found = {}
    for path in sorted(each for each in folder.glob("*") if each.suffix in {".yaml", ".yml", ".json"}):
        for document in _load_all(path):
            if isinstance(document, Mapping) and document.get("kind") == "CustomResourceDefinition":
                names = (document.get("spec") or {}).get("names") or {}
                found[str(names.get("kind"))] = document
    if not found:
        raise UserError(f"{folder} holds no definitions", do="kubectl get crd podchaos.chaos-mesh.org -o json > FILE")
    return found


def _load(path: Path) -> object:
    found = _load_all(path)
    return found[0] if len(found) == 1 else None


def _load_all(path: Path) -> list[object]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read", why=error.strerror or "") from error
    if len(raw) > _LARGEST_BYTES:
        raise UserError(f"{path} is larger than {_LARGEST_BYTES // 1024**2} MiB", do="Give it in parts")
    try:
        text = raw.decode()
        if path.suffix == ".json":
            return [json.loads(text)]
        return [document for document in YAML(typ="safe").load_all(text) if document is not None]
    except (ValueError, YAMLError, RecursionError) as error:
        why = str(error).partition("\n")[0][:200]
        raise UserError(f"{path} is neither YAML nor JSON", why=why) from error
