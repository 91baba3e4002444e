"""The plan with a model's reading on top of the rules, beside the rules alone, on systems whose weak points are known.

    python bench/weakness_model.py --write REQUESTS [FOLDER...]
    python bench/weakness_model.py --answers ANSWERS [FOLDER...]
    python bench/weakness_model.py --kept
    python bench/weakness_model.py --model-answers URL [--model NAME] [FOLDER...]

`--write` writes each request as the router would send it (`NAME-VIEW.txt`; the views are `code` and `manifests`), so
that a model, or a person in its place, can answer it without seeing what is true; `--answers` checks, merges and scores
what was answered (`NAME-VIEW.json`); only systems with an answer count. `--kept` does so for the exams that hold
answers beside their graphs, each for itself. `--model-answers` runs the command itself with
an OpenAI-compatible endpoint; `{name}` in its address is replaced by `NAME-VIEW`, so that somebody who answers in a
model's place can tell the systems apart. `--alone` leaves the rules' list out of the request and of the plan: the model
by itself. A folder holds graphs and truths, as for `weakness.py`, whose scores these are.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "src")]
from harness import write_rows  # noqa: E402 - the path comes first
from weakness import Score, describe, list_views, score_plan  # noqa: E402 - as above

from fermata.flows.chaos_plan import RulesPlan, make_rules_plan, write_plan  # noqa: E402 - as above
from fermata.flows.chaos_reading import PROMPT, apply_reading  # noqa: E402 - as above
from fermata.models.prompts import load_prompts  # noqa: E402 - as above
from fermata.rules.condense import count_tokens  # noqa: E402 - as above
from fermata.rules.planreading.answer import PLAN_READING_SCHEMA, read_plan_reading  # noqa: E402 - as above
from fermata.rules.planreading.brief import compose_plan_brief  # noqa: E402 - as above

KEPT = ("graphs-exam-7", "graphs-exam-8", "graphs-exam-9")
"""Exams with answers of somebody in a model's place, who had seen neither truth nor rules."""
VIEWS = {"with code": "code", "manifests": "manifests"}
Items = Sequence[Mapping[str, Any]]
Arm = Callable[[str, RulesPlan, Mapping[str, Any]], Items | None]
"""Name of a system and view, the rules' plan, the graph; `None`: no answer."""


def read_systems(folders: Sequence[Path]) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
    """Give each system's name and view, graph, and truth."""
    for folder in folders:
        for path in sorted(folder.glob("*.truth.json")):
            name = path.name.removesuffix(".truth.json")
            for view, graph in list_views(json.loads(path.with_name(f"{name}.json").read_text())):
                yield f"{name}-{VIEWS[view]}", VIEWS[view], graph, json.loads(path.read_text())


def plan_rules(graph: Mapping[str, Any], *, is_alone: bool) -> RulesPlan:
    """Plan by rules, or by nobody."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.json"
        path.write_text(json.dumps(graph))
        plan = make_rules_plan(path)
    return replace(plan, planned=()) if is_alone else plan


def write_requests(folders: Sequence[Path], out: Path, *, is_alone: bool) -> None:
    """Write each request, the instructions first."""
    out.mkdir(parents=True, exist_ok=True)
    prompt = load_prompts()[PROMPT].text
    for name, _, graph, _ in read_systems(folders):
        plan = plan_rules(graph, is_alone=is_alone)
        brief = compose_plan_brief(plan.land, plan.planned)
        parts = [prompt, f"Answer with JSON of this schema:\n{json.dumps(PLAN_READING_SCHEMA)}", brief.text]
        (out / f"{name}.txt").write_text("\n\n".join(parts) + "\n")


def recorded(folder: Path, counts: Counter[str]) -> Arm:
    """Answer from files, and check and merge as the command does."""

    def arm(name: str, plan: RulesPlan, _graph: Mapping[str, Any]) -> Items | None:
        path = folder / f"{name}.json"
        if not path.exists():
            return None
        text = path.read_text()
        reading = read_plan_reading(json.loads(text))
        if isinstance(reading, str):
            print(f"{name}: refused whole: {reading}")
            return write_plan(plan).items
        brief = compose_plan_brief(plan.land, plan.planned)
        made = apply_reading(plan, brief, reading, "somebody/in a model's place")
        counts["refused items"] += len(made.refused)
        counts["tokens asked"] += count_tokens(load_prompts()[PROMPT].text) + count_tokens(brief.text)
        counts["tokens answered"] += count_tokens(text)
        for refused in made.refused:
            print(f"{name}: refused: {refused}")
        return made.plan.items

    return arm


def live(url: str, model: str) -> Arm:
    """Run the command with settings that name one endpoint."""

    def arm(name: str, _plan: RulesPlan, graph: Mapping[str, Any]) -> Items | None:
        with tempfile.TemporaryDirectory() as folder:
            path, settings = Path(folder) / "graph.json", Path(folder) / "fermata.yaml"
            path.write_text(json.dumps(graph))
            price = "{input_per_mtok: 1, output_per_mtok: 5}"
            base = json.dumps(url.replace("{name}", name))
            target = f"{{base_url: {base}, model: {json.dumps(model)}, price: {price}}}"
            wait = "analysis: {when: always, deadline: 15m}"
            settings.write_text(f"state_dir: {folder}/state\nmodels:\n  targets:\n    - {target}\n{wait}\n")
            command = [sys.executable, "-m", "fermata", "--config", str(settings), "chaos", "plan", "--model", "--json"]
            told = subprocess.run([*command, "--graph", str(path)], capture_output=True, text=True, check=True)
        print(f"{name}: {told.stderr.strip()}")
        return json.loads(told.stdout)

    return arm


def main() -> None:
    """Print each system's row and the sums."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--write", type=Path, metavar="REQUESTS")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--model-answers", metavar="URL")
    parser.add_argument("--model", default="standin")
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--kept", action="store_true")
    options = parser.parse_args()
    folders = options.folders or [HERE / "cases" / name for name in ("graphs", "graphs-exam")]
    if options.write:
        write_requests(folders, options.write, is_alone=options.alone)
        return
    counts: Counter[str] = Counter()
    rows: list[tuple[str, str, str, str]] = []
    if options.kept:
        for folder in (HERE / "cases" / name for name in KEPT):
            rows += score([folder], recorded(folder / "answers", counts), is_alone=False)
        save(rows)
        return
    if bool(options.answers) == bool(options.model_answers) or (options.alone and options.model_answers):
        parser.error("give --write, --answers (also with --alone) or --model-answers")
    arm = recorded(options.answers, counts) if options.answers else live(options.model_answers, options.model)
    save(score(folders, arm, is_alone=options.alone))
    print(dict(counts))


def save(rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Print the rows as a table, and keep it for the report."""
    write_rows("weakness-model", "python bench/weakness_model.py --kept", rows)


def score(folders: Sequence[Path], arm: Arm, *, is_alone: bool) -> list[tuple[str, str, str, str]]:
    """Print the rules and the plan with a reading side by side; a row for each view."""
    sums: dict[str, tuple[list[Score], list[Score]]] = {}
    for name, view, graph, truth in read_systems(folders):
        items = arm(name, plan_rules(graph, is_alone=is_alone), graph)
        if items is None:
            continue
        rules, read = score_plan(write_plan(plan_rules(graph, is_alone=False)).items, truth), score_plan(items, truth)
        print(f"{name:27} rules alone       {describe([rules])}")
        print(f"{'':27} {'model alone' if is_alone else 'model on top':17} {describe([read])} of {len(items)} items")
        both = sums.setdefault(view, ([], []))
        both[0].append(rules)
        both[1].append(read)
    goal = "recall >= 0.92, first five >= 0.80, false collapses <= 1 of 16"
    what = "a model alone" if is_alone else "a model on top"
    where = ", ".join(folder.name for folder in folders)
    return [
        (f"{what}, {where}, {len(own)} systems, {view}", goal, describe(read), f"rules alone: {describe(own)}")
        for view, (own, read) in sums.items()
    ]


if __name__ == "__main__":
    main()
