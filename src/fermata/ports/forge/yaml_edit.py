"""Changing one field of a YAML file so that nothing but that field changes: no dump, a splice at the node's place.

A round trip through a dumper moves comments, quotes and indentation, and a reviewer would read those instead of the
change. So the place is taken from the composed nodes, the text is spliced, and the result is parsed again: where it
says anything else than the old file with that one field changed (an anchor used twice), the edit is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fermata.domain.manifest import FieldEdit
from fermata.kit.errors import UserError

Node = Any  # One of ruamel.yaml, imported on first use; its types leave out what a node of a collection has.
Path = tuple[str | int, ...]

# Lists whose items go by name; where one is absent, this tells a list from a map.
_NAMED_LISTS = frozenset({"containers", "initContainers", "env", "images", "replicas", "volumes"})
_OPEN_LISTS = frozenset({"env"})
"""Lists that a new name may be added to: a container that a manifest does not have is another object's."""
_MOST_VALUES = 100_000
# Plain words that YAML 1.1 readers, Kubernetes among them, take for booleans or nothing.
_WORDS = re.compile(r"(?i:y|n|yes|no|on|off|true|false|null|~)")
# What begins with a digit may be a number, a date or a time to somebody: only amounts (`512Mi`) go without quotes.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@+-]*(?::[A-Za-z0-9_./@+-]+)*|\d+(?:\.\d+)?(?:[KMGTP]i?|m|s|h)")


def load_documents(text: str) -> list[Any]:
    """Return the documents of a YAML stream as plain values.

    Raises:
        UserError: It is not YAML, or stands for more than anybody would write.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    yaml = YAML(typ="safe", pure=True)
    try:
        documents = list(yaml.load_all(text))
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError("The file is not YAML", why=type(error).__name__, do="Change it by hand") from error
    if _is_too_large(documents):
        raise UserError(
            "The file stands for more than can be compared",
            why=f"With its anchors written out it has more than {_MOST_VALUES} values",
            do="Change it by hand",
        )
    return documents


def edit_document(text: str, index: int, edits: Sequence[FieldEdit]) -> str:
    """Return the text with the fields of its document `index` (from 0) changed, and nothing else.

    Raises:
        UserError: The file has no place for a field, or the change would reach further than the field.
    """
    for edit in edits:
        before = load_documents(text)
        changed = _splice(text, _compose(text)[index], edit)
        expected = [*before]
        expected[index] = set_field(before[index], edit.path, edit.value)
        if _prune(load_documents(changed)) != _prune(expected):
            raise _refuse(edit, "the same text stands for more than that field (an anchor, a merge key)")
        text = changed
    return text


def find_field(value: Any, path: Path) -> Any:
    """Return what stands at a path; `None` without it. Lists of named things are entered by name."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list):
            value = next((item for number, item in enumerate(value) if _is_item(item, number, step)), None)
        else:
            return None
    return value


def set_field(value: Any, path: Path, new: Any) -> Any:
    """Return a copy with the value at a path replaced, added, or taken out for `None`."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(value, list):
        items = [set_field(item, rest, new) if _is_item(item, n, step) else item for n, item in enumerate(value)]
        if not any(_is_item(item, n, step) for n, item in enumerate(value)):
            items.append(set_field({"name": step}, rest, new))
        return [item for item in items if item is not None]
    own = dict(value) if isinstance(value, Mapping) else {}
    inner = own.get(str(step))
    if inner is None and rest and step in _NAMED_LISTS:
        inner = []
    own[str(step)] = set_field(inner, rest, new)
    return {key: item for key, item in own.items() if item is not None or key != step}


def _is_item(item: Any, number: int, step: str | int) -> bool:
    return number == step if isinstance(step, int) else isinstance(item, Mapping) and item.get("name") == step


def _prune(value: Any) -> Any:
    """Leave out what is empty: removing the last entry of a map may leave the map, or nothing."""
    if isinstance(value, Mapping):
        pruned = {key: _prune(item) for key, item in value.items()}
        return {key: item for key, item in pruned.items() if item not in (None, {}, [])}
    return [_prune(item) for item in value] if isinstance(value, list) else value


def _is_too_large(documents: list[Any]) -> bool:
    """Answer whether anchors of anchors make a small file a huge value; everything below copies what it looks at."""
    waiting: list[Any] = [documents]
    seen = 0
    while waiting and seen <= _MOST_VALUES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return seen > _MOST_VALUES


def _compose(text: str) -> list[Node]:
    from ruamel.yaml import YAML

    return list(YAML(typ="rt", pure=True).compose_all(text))


def _refuse(edit: FieldEdit, why: str) -> UserError:
    where = ".".join(map(str, edit.path))
    return UserError(f"{where} cannot be changed without a person", why=why, do="Change the manifest by hand")


def _splice(text: str, root: Node, edit: FieldEdit) -> str:
    """Walk to the field as far as the file goes, and replace, add or remove there."""
    chain = [root]
    for step in edit.path:
        child = _step(chain[-1], step)
        if child is None:
            break
        chain.append(child)
    missing = edit.path[len(chain) - 1 :]
    if edit.value is None:
        if missing:
            raise _refuse(edit, "the manifest does not set it")
        return _remove(text, chain, edit)
    if missing:
        return _add(text, chain, missing, edit)
    return _replace(text, chain, edit)


def _step(node: Node, step: str | int) -> Node | None:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    if isinstance(node, MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.value):
            name = _step(item, "name") if isinstance(item, MappingNode) else None
            if number == step if isinstance(step, int) else name is not None and name.value == step:
                return item
    return None


def _replace(text: str, chain: Sequence[Node], edit: FieldEdit) -> str:
    from ruamel.yaml.nodes import ScalarNode

    node = chain[-1]
    start, end = node.start_mark.index, node.end_mark.index
    if not isinstance(node, ScalarNode) or node.style in ("|", ">"):
        raise _refuse(edit, "the manifest holds more than one value there")
    if text[start:end].startswith(("&", "!", "*")):
        raise _refuse(edit, "its value carries an anchor or a tag")
    if start == end:  # `resources:` with nothing behind it.
        place = _find_end(text, node, _find_key(chain[-2], node)) if len(chain) > 1 else None
        if place is None:
            raise _refuse(edit, "there is no plain place to put it")
        return f"{text[:place]} {_write_inline(edit.value)}{text[place:]}"
    return text[:start] + _write_scalar(edit.value, str(node.style or "")) + text[end:]


def _add(text: str, chain: Sequence[Node], missing: Path, edit: FieldEdit) -> str:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    parent = chain[-1]
    if isinstance(parent, SequenceNode):
        if isinstance(missing[0], int) or edit.path[-len(missing) - 1] not in _OPEN_LISTS:
            raise _refuse(edit, f"the manifest's list has no {missing[0]}")
        return _append(text, parent, set_field([], missing, edit.value), edit)
    if isinstance(parent, MappingNode):
        return _append(text, parent, set_field({}, missing, edit.value), edit)
    if parent.start_mark.index == parent.end_mark.index:
        return _replace(text, chain, edit.model_copy(update={"value": set_field({}, missing, edit.value)}))
    raise _refuse(edit, "the manifest holds a plain value on the way there")


def _append(text: str, parent: Node, added: Any, edit: FieldEdit) -> str:
    """Put entries behind the last one of a map or a list."""
    if parent.flow_style:
        place = parent.end_mark.index - 1
        return f"{text[:place].rstrip()}{', ' if parent.value else ''}{_write_inline(added)[1:-1]}{text[place:]}"
    found = [_find_end(text, node, key) for key, node in _list_entries(parent)]
    ends = [end for end in found if end is not None]
    if not ends:
        raise _refuse(edit, "there is no plain place to put it")
    line_end = "\r\n" if "\r\n" in text else "\n"
    place = text.find("\n", ends[-1])
    place = len(text) if place < 0 else place - (line_end == "\r\n")
    lines = _write_block(added, parent.start_mark.column)
    return text[:place] + "".join(f"{line_end}{line}" for line in lines) + text[place:]


def _list_entries(node: Node) -> list[tuple[Node | None, Node]]:
    from ruamel.yaml.nodes import MappingNode

    return list(node.value) if isinstance(node, MappingNode) else [(None, item) for item in node.value]


def _find_end(text: str, node: Node, key: Node | None) -> int | None:
    """Return where a node's own text ends; `None` where that cannot be told: a block of text, an alias."""
    from ruamel.yaml.nodes import ScalarNode

    if key is not None and isinstance(node, ScalarNode) and node.start_mark.index == node.end_mark.index:
        return text.index(":", key.end_mark.index) + 1  # The node of nothing lies at whatever comes next.
    if key is not None and node.start_mark.index < key.end_mark.index:
        return None
    if isinstance(node, ScalarNode):
        return None if node.style in ("|", ">") else int(node.end_mark.index)
    if node.flow_style or not node.value:
        return int(node.end_mark.index)
    last_key, last = _list_entries(node)[-1]
    return _find_end(text, last, last_key)


def _remove(text: str, chain: Sequence[Node], edit: FieldEdit) -> str:
    """Take whole lines out, up to the outermost map or list that holds nothing else."""
    depth = len(chain) - 1
    while depth > 1 and len(chain[depth - 1].value) == 1:
        depth -= 1
    parent, node = chain[depth - 1], chain[depth]
    key = _find_key(parent, node)
    end, first = _find_end(text, node, key), key or node
    line_start = text.rfind("\n", 0, first.start_mark.index) + 1
    before = text[line_start : first.start_mark.index]
    is_item = first is node
    if parent.flow_style or end is None or not re.fullmatch(r"\s*-\s+" if is_item else r"\s*", before):
        raise _refuse(edit, "it does not stand on lines of its own")
    line_end = text.find("\n", end)
    return text[:line_start] + (text[line_end + 1 :] if line_end >= 0 else "")


def _find_key(parent: Node, node: Node) -> Node | None:
    return next((key for key, value in _list_entries(parent) if value is node), None)


def _write_scalar(value: Any, style: str = "") -> str:
    if not isinstance(value, str):
        return _write_inline(value)
    if style == "'" and value.isascii() and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if style != '"' and _PLAIN.fullmatch(value) and not _WORDS.fullmatch(value):
        return value
    return _write_inline(value)


def _write_inline(value: Any) -> str:
    # JSON is YAML, except that YAML wants more characters escaped and knows no pairs of surrogates.
    return re.sub(r"[^\n\x20-\x7e\xa0-\ud7ff]", _escape, json.dumps(value, ensure_ascii=False))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _write_block(value: Any, indent: int) -> list[str]:
    """Return a map's or a list's lines, in block style, two columns a level."""
    space = " " * indent
    lines: list[str] = []
    if isinstance(value, list):
        for item in value:
            first, *rest = _write_block(item, indent + 2)
            lines += [f"{space}- {first.lstrip()}", *rest]
        return lines
    for key, item in value.items():
        if isinstance(item, Mapping | list) and item:
            deeper = indent if isinstance(item, list) else indent + 2
            lines += [f"{space}{_write_scalar(key)}:", *_write_block(item, deeper)]
        else:
            lines.append(f"{space}{_write_scalar(key)}: {_write_scalar(item)}")
    return lines
