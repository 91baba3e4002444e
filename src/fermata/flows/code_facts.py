"""Facts of a graph's calls from code: read by patterns, then by a model where one is configured; checked, and merged.

What `fermata chaos facts` runs. Reads files and asks the models through the gateway, under the budgets and the deadline
of an analysis; changes nothing but what it returns. Without an answer the patterns' facts stand, and it says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from fermata.domain.analysis import When
from fermata.domain.model import ModelAnswer, ModelRequest, TaskKind
from fermata.flows.asking_models import Round, ask_each
from fermata.flows.bundle import graph_file
from fermata.flows.bundle.files import SourceFile, Unreadable, list_files, read_text
from fermata.flows.context import FlowContext
from fermata.flows.service_graph import tell_problems
from fermata.kit.errors import UserError
from fermata.kit.redaction import redact
from fermata.ports.model import ModelGateway
from fermata.rules.codefacts.brief import CodeBrief, compose_brief
from fermata.rules.codefacts.claims import FACTS_SCHEMA, CodeFact, Refusal, check_claims, read_claims, settle_facts
from fermata.rules.codefacts.files import CodeFile, find_service, make_file
from fermata.rules.codefacts.partial import keep_nones, list_calls, make_partial
from fermata.rules.codefacts.patterns import read_patterns
from fermata.rules.codefacts.selecting import Mentions, find_mentions
from fermata.rules.servicegraph.merging import MergedGraph, merge
from fermata.rules.servicegraph.names import clean_name
from fermata.rules.servicegraph.partial import PartialGraph
from fermata.rules.servicegraph.writing import write_graph
from fermata.rules.servicegraph.written import read_written

PROMPT = "codefacts"
BY_PATTERN = "code, by pattern"
_ANSWER_TOKENS = 1_500
_MOST_BRIEFS = 24
"""Callers that are asked about."""
_LARGEST = 256 * 1024
"""Bytes of a file; larger ones are data or generated."""
_MOST_READ = 64 * 1024 * 1024
_SUFFIXES = frozenset(
    {
        ".py", ".go", ".js", ".mjs", ".cjs", ".ts", ".jsx", ".tsx", ".java", ".kt", ".scala", ".cs", ".rb", ".php",
        ".rs", ".ex", ".exs", ".yaml", ".yml", ".properties", ".toml", ".conf", ".ini", ".json", ".xml",
    }
)  # fmt: skip
_PASSED_OVER = frozenset(
    {
        "test", "tests", "__tests__", "spec", "testdata", "node_modules", "vendor", "third_party", "dist", "build",
        "target", "genproto", "mocks", "docs", "examples", "migrations",
    }
)  # fmt: skip
_TESTS = ("_test.go", "_test.py", "test.java", "tests.java", "tests.cs", "test.php", "_spec.rb")
_RUNNERS = ("playwright.", "cypress.", "jest.", "vitest.", "karma.")
"""Settings of those who run tests."""
_DEPLOYED = re.compile(r"(?m)^(?:apiVersion|services|x-[\w-]+):")
"""Manifests and compose files: the graph's own readers know what in them is a probe's and what a call's."""
_GENERATED = ("_pb2.py", "_pb2_grpc.py", ".pb.go", "_pb.js", "package.json", "package-lock.json", ".min.js")


@dataclass(slots=True)
class CodeFacts:
    """What code says of a graph's calls."""

    graph: MergedGraph
    """With the facts in it."""
    by_pattern: list[CodeFact] = field(default_factory=list)
    by_model: list[CodeFact] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    asked: str = ""
    """Whether a model was asked, in words."""
    target: str = ""
    """`provider/model` that answered last."""
    cost_usd: Decimal = Decimal(0)
    problems: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return what was found, refused, and what asking cost."""
        told = [(BY_PATTERN, fact) for fact in self.by_pattern]
        told += [(f"code, read by {self.target}", fact) for fact in self.by_model]
        return {
            "facts": [
                {
                    "call": fact.call.id,
                    "field": fact.field,
                    "value": fact.value,
                    "source": f"{source}, {fact.where}",
                    "quote": redact(fact.quote).text,
                }
                for source, fact in told
            ],
            "refused": [{"claim": redact(each.claim).text, "why": each.why} for each in self.refused],
            "model": {"asked": self.asked, "target": self.target, "cost_usd": str(self.cost_usd)},
            "problems": self.problems,
        }


@dataclass(frozen=True, slots=True)
class ReadCode:
    """A graph and the code beside it, read."""

    graph: PartialGraph
    mentions: tuple[Mentions, ...]
    """Of each caller."""
    problems: tuple[str, ...]


def read_code(graph: Path, folders: Sequence[tuple[str, Path]]) -> ReadCode:
    """Read a graph and the folders of code.

    Args:
        graph: A `graph.json`.
        folders: Each with the service that it belongs to; without one, folders in it are named like services.

    Raises:
        UserError: The graph cannot be read, a folder is none, or is said to be of a service that the graph lacks.
    """
    return _read_code(_read_graph(graph), graph.name, folders)


def read_merged_code(graph: MergedGraph, folders: Sequence[tuple[str, Path]]) -> ReadCode:
    """Read the folders of code beside a graph that several sources told, or running systems.

    Raises:
        UserError: As `read_code`.
    """
    code = _read_code(graph_file.read_graph(json.dumps(write_graph(graph))), "the merged graph", folders)
    return replace(code, problems=(*tell_problems(graph), *code.problems))


def _read_code(written: graph_file.ServiceGraph, source: str, folders: Sequence[tuple[str, Path]]) -> ReadCode:
    services = [{**item.facts, "name": item.name} for item in written.services]
    edges = [{**item.facts, "from": item.caller, "to": item.callee} for item in written.calls]
    calls = list_calls(services, edges)
    files, problems = _read_files(folders, {clean_name(name) for name in written.names})
    callers = dict.fromkeys(call.caller for call in calls)
    mentions = [find_mentions([call for call in calls if call.caller == caller], files) for caller in callers]
    partial = read_written(services, keep_nones(edges), written.journeys, source=source)
    return ReadCode(partial, tuple(each for each in mentions if each.files), (*written.problems, *problems))


def find_facts(code: ReadCode, asked: str) -> CodeFacts:
    """Return what patterns find, merged into the graph.

    Args:
        asked: Why no model is asked, in words.
    """
    facts, refused = read_patterns(code.mentions)
    merged = merge([code.graph, make_partial(facts, BY_PATTERN)])
    return CodeFacts(merged, facts, refused=refused, asked=asked, problems=list(code.problems))


async def ask_facts(context: FlowContext, code: ReadCode) -> CodeFacts:
    """Return what patterns find and what stands of a model's answers. Never raises for a model's fault."""
    gateway = context.models
    if gateway is None or context.analysis.when is When.NEVER or not gateway.can_ask(TaskKind.PARSE):
        return find_facts(code, "no model is configured for this: patterns alone")
    briefs = [brief for each in code.mentions if (brief := compose_brief(each)) is not None][:_MOST_BRIEFS]
    course = Round()
    facts, refused = await _ask_all(context, gateway, briefs, course)
    found = find_facts(code, _tell(course, len(briefs)))
    found.by_model, found.refused = facts, [*found.refused, *refused]
    found.target = course.target
    found.cost_usd = course.cost_usd
    parts = [code.graph, make_partial(found.by_pattern, BY_PATTERN)]
    found.graph = merge([*parts, make_partial(facts, f"code, read by {course.target}")] if facts else parts)
    return found


async def _ask_all(
    context: FlowContext, gateway: ModelGateway, briefs: Sequence[CodeBrief], course: Round
) -> tuple[list[CodeFact], list[Refusal]]:
    read = await ask_each(
        gateway,
        briefs,
        write=lambda brief: _write_request(context, brief),
        read=_read_answer,
        course=course,
        deadline=context.analysis.deadline,
    )
    facts = [fact for _, (each, _) in read for fact in each]
    return settle_facts(facts, [refusal for _, (_, each) in read for refusal in each])


def _read_answer(
    brief: CodeBrief, answer: ModelAnswer
) -> tuple[tuple[list[CodeFact], list[Refusal]] | None, Sequence[str]]:
    claims = read_claims(answer.value)
    if isinstance(claims, str):
        return None, [claims]
    return check_claims(claims, brief.calls, brief.rows), ()


def _write_request(context: FlowContext, brief: CodeBrief) -> ModelRequest:
    prompt = context.prompts[PROMPT]
    return ModelRequest(
        kind=TaskKind.PARSE,
        prompt_name=prompt.name,
        prompt_digest=prompt.digest,
        instructions=prompt.text,
        content=brief.text,
        output_schema=FACTS_SCHEMA,
        max_output_tokens=_ANSWER_TOKENS,
    )


def _tell(course: Round, briefs: int) -> str:
    if not briefs:
        return "no file speaks of a call: no model was asked"
    if not course.answers:
        why = course.refusals[-1] if course.refusals else "nobody could be asked"
        return f"no model answered: {redact(why).text[:200]}"
    return f"{course.target} answered {course.answers} of {briefs} times"


def _read_graph(path: Path) -> graph_file.ServiceGraph:
    try:
        if not path.is_file():
            raise Unreadable("it is no file")
        return graph_file.read_graph_file(SourceFile(path.name, path, path.stat().st_size))
    except Unreadable as error:
        raise UserError(f"{path} cannot be used", why=error.reason, do="See docs/chaos-facts.md") from error


def _read_files(folders: Sequence[tuple[str, Path]], services: set[str]) -> tuple[list[CodeFile], list[str]]:
    files: list[CodeFile] = []
    problems: list[str] = []
    left = _MOST_READ
    for service, folder in folders:
        owner = clean_name(service)
        if service and owner not in services:
            raise UserError(f"The graph has no service {service}", do="Give --code SERVICE=FOLDER with one it has")
        if not folder.is_dir():
            why = "it is a file" if folder.exists() else "there is no such folder"
            raise UserError(f"{folder} is no folder of code", why=why, do="Give --code [SERVICE=]FOLDER")
        listing = list_files(folder)
        ownerless = 0
        for file in filter(_is_code, listing.files):
            name = f"{folder.resolve().name}/{file.name}"
            if not (whose := owner or find_service(name, services)):
                ownerless += 1
                continue
            left -= file.size
            if left < 0:
                problems.append(f"only the first {_MOST_READ:,} bytes are read: {name} and what follows is not")
                return files, problems
            try:
                text = read_text(file)
            except Unreadable as error:
                problems.append(f"{name}: {error.reason}")
                continue
            if file.suffix not in {".yaml", ".yml"} or not _DEPLOYED.search(text):
                files.append(make_file(name, whose, text))
        if ownerless:
            problems.append(
                f"{folder}: {ownerless} files lie in no folder named like a service (--code SERVICE=FOLDER)"
            )
    return files, problems


def _is_code(file: SourceFile) -> bool:
    *folders, name = file.name.lower().split("/")
    is_test = name.startswith(("test_", *_RUNNERS)) or ".test." in name or ".spec." in name or name.endswith(_TESTS)
    is_passed_over = is_test or name.endswith(_GENERATED) or not _PASSED_OVER.isdisjoint(folders)
    return file.suffix in _SUFFIXES and file.size <= _LARGEST and not is_passed_over
