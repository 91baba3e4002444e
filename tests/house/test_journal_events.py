"""docs/journal.md lists every event of the journal with its data keys, and nothing else."""

import ast
import re
from collections import defaultdict
from itertools import product

import pytest

KIND = re.compile(r"[a-z]+\.[a-z_]+")
ROW = re.compile(r"^\| `(?P<kind>[a-z]+\.[a-z_]+)` \| (?P<when>[^|]+) \| (?P<data>[^|]*)\|$", re.MULTILINE)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Module:
    """One module's syntax, to follow a name to what it may hold: no more than journal entries need."""

    def __init__(self, tree):
        self.tree = tree
        self.functions = {node.name: node for node in ast.walk(tree) if isinstance(node, FUNCTIONS)}
        self.parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def find_function(self, node):
        """Give the function around a node that is no closure: closures share its names."""
        found = None
        while node is not None:
            found = node if isinstance(node, FUNCTIONS) else found
            node = self.parents.get(node)
        return found

    def list_values(self, name, function):
        """Give what is assigned to a name in a function, or at the top of the module."""
        for scope in (function, self.tree):
            found = [
                node.value
                for node in ast.walk(scope)
                if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
                if getattr(target, "id", None) == name
            ]
            if found:
                return found
        return []

    def list_keys_set(self, name, function):
        """Give the keys set on a name one by one: `data["reason"] = ...`."""
        return {
            target.slice.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Subscript) and getattr(target.value, "id", None) == name
        }

    def list_arguments(self, helper, name):
        """Give what the module passes for a parameter of one of its own functions, with where it does."""
        names = [argument.arg for argument in (*helper.args.args, *helper.args.kwonlyargs) if argument.arg != "self"]
        for call in ast.walk(self.tree):
            if isinstance(call, ast.Call) and call_name(call) == helper.name:
                given = dict(zip(names, call.args, strict=False)) | {item.arg: item.value for item in call.keywords}
                yield given[name], self.find_function(call), call


def call_name(call):
    """Give the last name of what is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def read_kinds(module, node, function):
    """Give every kind an expression may be."""
    match node:
        case ast.Constant(value=str(text)):
            return {text} if KIND.fullmatch(text) else set()
        case ast.Name(id=name):
            return set().union(*(read_kinds(module, value, function) for value in module.list_values(name, function)))
        case ast.JoinedStr(values=parts):
            return {"".join(texts) for texts in product(*(read_texts(module, part, function) for part in parts))}
        case ast.Dict(values=values):
            return set().union(*(read_kinds(module, value, function) for value in values))
        case ast.IfExp() | ast.Call() | ast.Subscript() | ast.Attribute():
            children = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
            return set().union(*(read_kinds(module, child, function) for child in children))
    return set()


def read_texts(module, part, function):
    """Give every text a part of an f-string may be: itself, or the values of the table it is looked up in."""
    if isinstance(part, ast.Constant):
        return [part.value]
    table = part.value.value.id
    return [value.value for found in module.list_values(table, function) for value in found.values]


def read_keys(module, node, function):
    """Give every key a dictionary expression may have, not those of dictionaries inside it."""
    match node:
        case ast.Dict(keys=keys):
            return {key.value for key in keys}
        case ast.BinOp(left=left, right=right):
            return read_keys(module, left, function) | read_keys(module, right, function)
        case ast.Name(id=name):
            values = module.list_values(name, function)
            return module.list_keys_set(name, function).union(*(read_keys(module, value, function) for value in values))
        case ast.Call() if call_name(node) in module.functions:
            helper = module.functions[call_name(node)]
            returned = [item.value for item in ast.walk(helper) if isinstance(item, ast.Return)]
            return set().union(*(read_keys(module, value, helper) for value in returned))
    return set()


def list_events(tree):
    """Give (kinds, keys) of each place where a module makes a journal event; helpers are followed to their callers."""
    module = Module(tree)
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call) or call_name(call) != "JournalEvent":
            continue
        given = {item.arg: item.value for item in call.keywords}
        helper = module.find_function(call)
        names = {argument.arg for argument in (*helper.args.args, *helper.args.kwonlyargs)}
        kind, data = given["kind"], given.get("data")
        if not (isinstance(kind, ast.Name) and kind.id in names):
            yield read_kinds(module, kind, helper), read_keys(module, data, helper)
            continue
        passed = {id(at): value for value, _, at in module.list_arguments(helper, data.id)} if data.id in names else {}
        for value, function, at in module.list_arguments(helper, kind.id):
            where = (passed[id(at)], function) if passed else (data, helper)
            yield read_kinds(module, value, function), read_keys(module, *where)


@pytest.fixture(scope="module")
def found(sources):
    """Give (kinds, keys) of every place in the package that makes an event."""
    return [
        event
        for name, tree in sources.items()
        if "/testing/" not in name and not name.endswith("domain/journal.py")
        for event in list_events(tree)
    ]


@pytest.fixture(scope="module")
def page(texts):
    """Give the page's tables: kind -> data keys."""
    return {row["kind"]: set(re.findall(r"`(\w+)`", row["data"])) for row in ROW.finditer(texts["docs/journal.md"])}


def test_every_kind_is_on_the_page(found, page):
    """The page lists exactly the kinds that code writes."""
    assert all(kinds for kinds, _ in found), "a kind could not be read from the source"
    assert set(page) == set().union(*(kinds for kinds, _ in found))


def test_data_keys_are_those_of_the_source(found, page):
    """What the page says of an event's data is what code puts there: no key more, no key less."""
    keys_of, written = defaultdict(set), defaultdict(set)
    for kinds, keys in found:
        for kind in kinds:
            keys_of[kind] |= keys
        # One place may write several kinds, each with some of its keys: together they have all of them.
        written[frozenset(kinds)] |= keys

    invented = {kind: page[kind] - keys_of[kind] for kind in page if page[kind] - keys_of[kind]}
    unsaid = {tuple(kinds): keys - set().union(*(page[kind] for kind in kinds)) for kinds, keys in written.items()}

    assert invented == {}
    assert {kinds: keys for kinds, keys in unsaid.items() if keys} == {}


@pytest.mark.parametrize(
    ("code", "events"),
    [
        ("def f():\n JournalEvent(kind='a.b', data={'x': {'y': 1}})", [({"a.b"}, {"x"})]),
        ("def f(n):\n k = 'a.b' if n else 'a.c'\n JournalEvent(kind=k)", [({"a.b", "a.c"}, set())]),
        ("T = {1: 'b', 2: 'c'}\ndef f(n):\n JournalEvent(kind=f'a.{T[n]}')", [({"a.b", "a.c"}, set())]),
        (
            "def f():\n d = {'x': 1}\n d |= {'y': 1}\n d['z'] = 1\n JournalEvent(kind='a.b', data=d)",
            [({"a.b"}, {*"xyz"})],
        ),
        ("def f(k, d):\n JournalEvent(kind=k, data=d)\ndef g():\n f('a.b', {'x': 1})", [({"a.b"}, {"x"})]),
        ("def f():\n JournalEvent(kind='a.b', data=g())\ndef g():\n return {'x': 1}", [({"a.b"}, {"x"})]),
    ],
)
def test_each_way_of_making_an_event_is_read(code, events):
    """Kinds and keys are found through names, tables and helpers."""
    assert list(list_events(ast.parse(code))) == events
