"""docs/guards.md lists every guard of the source, and names for each a test that shows it refusing."""

import ast
import re

import pytest

# Whose `rule` is a guard's id: the call, and where in it the id stands.
CALLS = {"GuardRefused": 0, "_Refusal": 0, "_refuse_execution": 1}
# Passes on an id that was collected where it was made.
PASSED_ON = {"src/fermata/rules/approval.py": 1}
ROW = re.compile(r"^\| `(?P<id>[a-z_]+)` \| (?P<refuses>.+?) \| (?P<breaks>.+?) \| (?P<shown>.+?) \|$", re.MULTILINE)
TEST = re.compile(r"`(?P<path>tests/[\w/]+\.py)::(?P<name>test_\w+)`")


def name_call(node):
    """Give the last name of what is called."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def find_constants(node):
    """Give the texts an expression may be: a constant, or either arm of a condition."""
    if isinstance(node, ast.IfExp):
        return find_constants(node.body) | find_constants(node.orelse)
    return {node.value} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def list_ids(tree):
    """Give the guard ids a module refuses by."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_call(node) in CALLS:
            found |= find_constants(node.args[CALLS[name_call(node)]])
        elif isinstance(node, ast.Call) and name_call(node) == "Answer":
            found |= set().union(*(find_constants(item.value) for item in node.keywords if item.arg == "rule"))
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "rule" for target in node.targets):
            found |= find_constants(node.value)
    return found - {""}


def count_opaque(tree):
    """Count the refusals whose id cannot be read from the call itself."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_call(node) == "GuardRefused"]
    return sum(not find_constants(call.args[0]) for call in calls)


@pytest.fixture(scope="module")
def page(texts):
    """Give the rows of the page's tables: id -> what stands beside it."""
    rows = list(ROW.finditer(texts["docs/guards.md"]))
    assert len({row["id"] for row in rows}) == len(rows), "an id is listed twice"
    return {row["id"]: row for row in rows}


def test_every_guard_of_the_source_is_on_the_page(sources, page):
    """The page lists exactly the ids that code refuses by."""
    ids = set().union(*(list_ids(tree) for name, tree in sources.items() if "/testing/" not in name))

    assert set(page) == ids


def test_no_guard_hides_its_id(sources):
    """An id is written where the guard refuses; only the helper of approval passes one on."""
    opaque = {name: count for name, tree in sources.items() if (count := count_opaque(tree))}

    assert opaque == PASSED_ON


@pytest.mark.parametrize(
    ("code", "ids"),
    [
        ("raise GuardRefused('halt', 'x')", {"halt"}),
        ("raise errors.GuardRefused('halt', 'x')", {"halt"}),
        ("return _Refusal('bot', 'x') if bot else None", {"bot"}),
        ("return _Refusal('expired' if late else 'already_decided', 'x')", {"expired", "already_decided"}),
        ("raise _refuse_execution(plan, 'policy', 'x')", {"policy"}),
        ("Answer(accepted=False, rule='halt')", {"halt"}),
        ("rule = error.rule if known else 'unknown_state'", {"unknown_state"}),
        ("MergeReason(rule='by_hand')", set()),
    ],
)
def test_each_way_of_refusing_is_seen(code, ids):
    """A guard is found however it is written; a grouping rule is none."""
    assert list_ids(ast.parse(code)) == ids


def test_each_guard_names_a_test_that_exists(page, texts):
    """A guard without a test that shows it refusing is a promise, not a guard."""
    missing = []
    for guard, row in page.items():
        named = TEST.findall(row["shown"])
        if not named:
            missing.append(f"{guard}: names no test")
        for path, name in named:
            tree = ast.parse(texts.get(path, ""))
            functions = (ast.FunctionDef, ast.AsyncFunctionDef)
            if not any(isinstance(node, functions) and node.name == name for node in ast.walk(tree)):
                missing.append(f"{guard}: there is no {path}::{name}")

    assert missing == []


def test_named_test_speaks_of_its_guard(page, texts):
    """The file of each named test holds the guard's id: it does not merely see something refuse."""
    silent = [
        f"{guard}: {path}"
        for guard, row in page.items()
        for path, _ in TEST.findall(row["shown"])
        if guard not in texts.get(path, "")
    ]

    assert silent == []
