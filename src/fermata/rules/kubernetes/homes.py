"""From which namespace the answer to a command is that names none: `kubectl get -n shop` prints no namespace.

What the answer lists is looked for in what else was captured: a description, an object, an event and a list of all
namespaces say where it is. Where they do not, the answer is from the only namespace that commands name, else from the
one that is asked about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from fermata.rules.documents import Document, DocumentForm
from fermata.rules.kubernetes.kubectl.commands import ANY_NAMESPACE, Command, parse_command
from fermata.rules.kubernetes.kubectl.objects_text import iter_objects
from fermata.rules.kubernetes.kubectl.tables import Row, iter_rows

_DEFAULT = "default"
_DESCRIBED = re.compile(r"^Name: +(\S+)\s*\nNamespace: +(\S+)", re.MULTILINE)


class Homes:
    """Where answers without a namespace are from.

    Args:
        documents: All that was captured.
        commands: Those that may name a namespace.
        asked: The namespace that is asked about, if that is one.
    """

    def __init__(self, documents: Sequence[Document], commands: Iterable[Command], asked: str = "") -> None:
        self._documents = documents
        self._named = {str(command.namespace) for command in commands} - {"None", ANY_NAMESPACE}
        self._asked = asked
        self._found: dict[str, str] = {}

    @property
    def usual(self) -> str:
        """Return the only namespace that commands name, else the one that is asked about, else `default`."""
        return next(iter(self._named)) if len(self._named) == 1 else self._asked or _DEFAULT

    def __call__(self, document: Document) -> str:
        """Return the namespace of one answer: the only one that is known to have something of what it lists.

        Where several have it, or none has, it is the usual one.
        """
        found = self._found.get(document.key)
        if found is None:
            spaces = [self._spaces[name] for name in _list_names(document) if name in self._spaces]
            only = {next(iter(each)) for each in spaces if len(each) == 1}
            found = self._found[document.key] = only.pop() if len(only) == 1 else self.usual
        return found

    @cached_property
    def _spaces(self) -> Mapping[str, set[str]]:
        """Return the namespaces that are known to have something of a name."""
        found: dict[str, set[str]] = {}
        for document in self._documents:
            for name, namespace in _list_placed(document):
                found.setdefault(name, set()).add(namespace)
        return found


def _list_placed(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the names in a document that it says the namespace of."""
    if document.form is DocumentForm.API:
        places = [body.get("metadata") for item in document.objects for body in iter_objects(item)]
        for place in (place for place in places if isinstance(place, Mapping)):
            if isinstance(place.get("name"), str) and isinstance(place.get("namespace"), str):
                yield place["name"], place["namespace"]
        return
    namespace = parse_command(document.query).namespace
    if namespace is None or namespace == ANY_NAMESPACE:
        yield from ((match[1], match[2]) for match in _DESCRIBED.finditer(document.text))
        for row in _iter_rows(document):
            if row.columns.titles[0] == "NAMESPACE":
                yield _name_of(row), row.text.split(None, 1)[0]
        return
    yield from ((name, namespace) for name in _list_names(document))


def _list_names(document: Document) -> set[str]:
    """Return the names of what a command asked for or printed."""
    asked = {name for _, name in parse_command(document.query).names}
    return (asked | {_name_of(row) for row in _iter_rows(document)}) - {""}


def _iter_rows(document: Document) -> Iterator[Row]:
    return iter_rows(document.text, ("NAME",)) if parse_command(document.query).verb == "get" else iter(())


def _name_of(row: Row) -> str:
    """Return the name of what a row is about, an event's as well."""
    return (row.name or row.find("OBJECT") or "").rpartition("/")[2]
