"""Specs that are generated, spoilt and judged: how many valid ones pass, how many bad ones are refused.

    python bench/chaos_specs.py [--crds FOLDER] [--mutations 1000]

Every item of the plans of six graphs becomes an experiment, and every experiment a spec in every form and system that
can do it; faults that no graph asks for are added at each of its services. Each spec goes through our own rules and,
with `--crds`, through the definitions of Chaos Mesh itself (`config/crd/bases` of its repository; not kept here).

Then specs that are known to be bad, and mutations of good ones: one field renamed, retyped or, where it is required,
taken away. Keys and values that a person chooses freely (labels, annotations, headers) are left alone, for another
label is another spec, not a broken one.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import chaos_bad_specs
from harness import write_rows
from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "src"))
from fermata.domain.experiment import Experiment, FaultKind, FaultSpec  # noqa: E402 - the path comes first
from fermata.flows.chaos_plan import plan_file  # noqa: E402 - as above
from fermata.kit.errors import UserError  # noqa: E402 - as above
from fermata.rules.chaosspecs import Form, validate_against_crd, validate_spec, write_spec  # noqa: E402 - as above
from fermata.rules.chaosspecs.from_plan import Aim, Journey, make_experiment  # noqa: E402 - as above
from fermata.rules.chaosspecs.validation import find_system  # noqa: E402 - as above

NOW = datetime(2026, 11, 26, tzinfo=UTC)
FREE = {"labels", "annotations", "labelSelectors", "headers", "multiSelectLabels", "tags", "secrets", "resource"}
SYSTEMS = ("chaosmesh", "gremlin", "chaostoolkit", "faultproxy")
JOURNEYS = (Journey("enter", "http://entry.staging:8080/"), Journey("other", "https://other.staging/health"))


def list_graphs() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the kept graphs of public systems, and made ones of other shapes."""
    for path in sorted((HERE / "cases" / "graphs").glob("*.json")):
        if not path.name.endswith(".truth.json"):
            yield path.stem, json.loads(path.read_text())
    yield "chain", make_graph("chain", [(n, n + 1) for n in range(9)])
    yield "star", make_graph("star", [(0, n) for n in range(1, 12)])
    yield "diamonds", make_graph("diamond", [(n, n + step) for n in range(0, 16, 2) for step in (1, 2, 3)])


def make_graph(name: str, edges: list[tuple[int, int]]) -> Mapping[str, Any]:
    """Make a graph of measured calls with pools and timeouts, every third node a store."""
    numbers = sorted({end for edge in edges for end in edge})
    nodes = [
        {"name": f"{name}-{n}", "kind": "db" if n % 3 == 2 else "app", "replicas": 1 + n % 4, "memory_limit": "256Mi"}
        for n in numbers
    ]
    calls = [
        {
            "from": f"{name}-{a}",
            "to": f"{name}-{b}",
            "rate_rps": 10.0 * (1 + a % 3),
            "latency_ms": 5.0 + b,
            "code": {"timeout_ms": 1000 * (1 + b % 2), "retries": a % 3, "pool_max": 10, "on_error": "fail"},
        }
        for a, b in edges
    ]
    return {"nodes": nodes, "edges": calls, "journeys": [{"name": "enter", "entry": f"{name}-0"}]}


def list_experiments() -> Iterator[tuple[str, Experiment]]:
    """Give each planned item for each system, and each fault at each service for those that no plan asks for."""
    for name, graph in list_graphs():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "graph.json"
            path.write_text(json.dumps(graph))
            items = plan_file(path).items
        for number, item in enumerate(items):
            for system in SYSTEMS:
                yield name, from_item(item, system, number)
        for number, item in enumerate(items[:6]):
            for fault in list_faults():
                planned = from_item(item, "chaosmesh", number)
                yield name, planned.model_copy(update={"fault": fault})


def from_item(item: Mapping[str, Any], system: str, number: int) -> Experiment:
    """Make an experiment with what a person would have to say."""
    caller, _, callee = item["target"].partition("->")
    aim = Aim(
        system=system,
        namespace="staging-shop",
        labels={"app.kubernetes.io/name": caller},
        callee_labels={"app.kubernetes.io/name": callee} if callee else {},
        ports=(8000 + number,),
        address="127.0.0.1:8474" if system == "faultproxy" or (system == "chaostoolkit" and number % 2) else "",
        replicas=None if number % 5 == 4 else 1 + number % 5,
        memory_mb=128,
    )
    return make_experiment(item, aim, JOURNEYS, experiment_id=f"exp-{number}", now=NOW)


def list_faults() -> Iterator[FaultSpec]:
    """Give one of each kind, in sizes that are not round."""
    yield FaultSpec(kind=FaultKind.LATENCY, latency_ms=0.25, percent=34)
    yield FaultSpec(kind=FaultKind.LATENCY, latency_ms=1234.5, jitter_ms=99.9, percent=50)
    yield FaultSpec(kind=FaultKind.BANDWIDTH, bytes_per_s=12_345, percent=50)
    yield FaultSpec(kind=FaultKind.BLACKHOLE, percent=1)
    yield FaultSpec(kind=FaultKind.ERROR, status=429, percent=50)
    yield FaultSpec(kind=FaultKind.RESET, percent=50)
    yield FaultSpec(kind=FaultKind.KILL, percent=50)
    yield FaultSpec(kind=FaultKind.CPU, load_percent=33.3, percent=50)
    yield FaultSpec(kind=FaultKind.MEMORY, memory_mb=77, percent=50)
    yield FaultSpec(kind=FaultKind.SLOW_BODY, bytes_per_s=100, percent=50)


def list_specs() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every spec that can be written; one that cannot is a refusal in words, and not counted."""
    for name, experiment in list_experiments():
        timed = experiment.model_copy(update={"duration": timedelta(seconds=90)})
        for form in Form:
            try:
                yield name, write_spec(timed if form is Form.WORKFLOW else experiment, form, cron="30 10 * * 2")
            except UserError:
                continue


def read_crds(folder: Path | None) -> dict[str, Mapping[str, Any]]:
    """Read the definitions of a folder by kind."""
    found = {}
    for path in sorted(folder.glob("*.yaml")) if folder else ():
        for document in YAML(typ="safe").load_all(path.read_text()):
            if document and document.get("kind") == "CustomResourceDefinition":
                found[document["spec"]["names"]["kind"]] = document
    return found


def judge(document: object, crds: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what our rules have against a document, and what its definition has."""
    own = validate_spec(document)
    if not isinstance(document, Mapping):
        return own, ()
    definition = crds.get(str(document.get("kind")))
    return own, validate_against_crd(document, definition) if definition else ()


def list_places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path of every field whose name and type are not free."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield (*path, key)
            if key not in FREE:
                yield from list_places(part, (*path, key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from list_places(part, (*path, number))


def mutate(document: Mapping[str, Any], dice: random.Random) -> tuple[str, dict[str, Any]]:
    """Rename or retype one field of a spec."""
    spoilt = copy.deepcopy(dict(document))
    path = dice.choice([place for place in list_places(spoilt) if isinstance(place[-1], str)])
    holder: Any = spoilt
    for part in path[:-1]:
        holder = holder[part]
    value = holder[path[-1]]
    if dice.random() < 0.5:
        renamed = dice.choice([path[-1] + "x", path[-1].upper() if path[-1].islower() else path[-1].lower()])
        renamed = path[-1] + "_" if renamed == path[-1] else renamed
        spoilt_items = {renamed if key == path[-1] else key: part for key, part in holder.items()}
        holder.clear()
        holder.update(spoilt_items)
        return f"renamed {'.'.join(map(str, path))}", spoilt
    holder[path[-1]] = retype(value)
    return f"retyped {'.'.join(map(str, path))}", spoilt


def retype(value: Any) -> Any:
    """Give a value of another JSON type that looks alike."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return int(value) if value.isdecimal() else [value]
    return str(value) if isinstance(value, list) else [value]


def main() -> int:
    """Print the counts; 1 when one is not as it must be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--crds", type=Path)
    parser.add_argument("--mutations", type=int, default=1000)
    given = parser.parse_args()
    crds = read_crds(given.crds)
    counts: Counter[tuple[str, str]] = Counter()
    graphs: set[str] = set()
    wrong = 0
    kept: list[dict[str, Any]] = []
    for name, document in list_specs():
        own, theirs = judge(document, crds)
        graphs.add(name)
        counts[find_system(document), str(document.get("kind", ""))] += 1
        kept.append(document)
        if own or theirs:
            wrong += 1
            print(f"REFUSED {name} {document.get('kind')}: {(*own, *theirs)[0]}")
    print(f"generated: {len(kept)} specs over {len(graphs)} graphs, {len(kept) - wrong} pass")
    for (system, kind), count in sorted(counts.items()):
        print(f"  {system:12} {kind:13} {count:5}")
    print(f"definitions: {', '.join(sorted(crds)) or 'not given (--crds)'}")
    bad = dict(chaos_bad_specs.list_bad())
    passed = [name for name, document in bad.items() if not validate_spec(document)]
    seen = sum(bool(judge(document, crds)[1]) for document in bad.values())
    theirs_too = f"; {seen} by their definition" if crds else ""
    print(f"bad specs: {len(bad) - len(passed)} of {len(bad)} refused by our rules{theirs_too}")
    for name in passed:
        print(f"  passed: {name}")
    twins = {name: judge(document, crds) for name, document in chaos_bad_specs.list_good()}
    print(f"their good twins: {sum(not any(found) for found in twins.values())} of {len(twins)} pass")
    wrong += sum(any(found) for found in twins.values())
    # A seed: the same mutations each time, so that a number can be compared with the last.
    dice = random.Random(8)
    missed = Counter[str]()
    alone = 0
    for _ in range(given.mutations):
        what, document = mutate(dice.choice(kept), dice)
        own, theirs = judge(document, crds)
        alone += bool(own)
        if not own and not theirs:
            missed[what] += 1
    refused = given.mutations - sum(missed.values())
    print(f"mutations: {refused} of {given.mutations} refused, {alone} by our rules alone")
    for what, count in missed.most_common(10):
        print(f"  passed: {what} ({count})")
    by = "our rules and the given definitions" if crds else "our rules alone: no definitions were given"
    valid = f"{len(kept) - wrong} of {len(kept)} over {len(graphs)} graphs"
    caught = f"by their definition alone {seen}" if crds else "-"
    rows = [
        (f"generated specs that are valid, by {by}", "all of >= 200", valid, "-"),
        ("known bad specs refused", "all", f"{len(bad) - len(passed)} of {len(bad)}", caught),
        ("random mutations refused", "all", f"{refused} of {given.mutations}", f"by our rules alone {alone}"),
    ]
    write_rows("chaos_specs", "python bench/chaos_specs.py [--crds DIR]", rows)
    return int(bool(wrong or passed or missed))


if __name__ == "__main__":
    raise SystemExit(main())
