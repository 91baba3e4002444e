"""One object of a cluster, in the API's own shape, whichever source told of it.

An object knows where it was read, so that whoever draws a conclusion from it can quote the line. Its body is put
together when somebody first asks for more than a table's columns: a captured cluster holds thousands of texts, and a
diagnosis looks closely at a few dozen objects.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from fermata.domain.entity import FORBIDDEN, Entity
from fermata.rules.claims import Quote
from fermata.rules.documents import Document
from fermata.rules.kubernetes.quantities import parse_age, parse_time

# Nearly all of them are plain ones, which are told faster.
_MAPPINGS = (dict, Mapping)
_UNFIT = re.compile(f"[{FORBIDDEN}]+")


class Owner(NamedTuple):
    """What controls an object."""

    kind: str
    name: str


class Passage(NamedTuple):
    """The part of a document that speaks of one object. A tuple, because a capture holds thousands."""

    document: Document
    start: int = 0
    end: int = -1
    """Positions in the document's text; -1 is its end."""

    @property
    def text(self) -> str:
        """Return the part itself."""
        return self.document.text[self.start : self.end if self.end >= 0 else None]

    def find(self, word: str) -> Quote | None:
        """Quote the first line of the passage that holds the word."""
        text = self.document.text
        end = len(text) if self.end < 0 else self.end
        position = text.find(word, self.start, end)
        return quote_at(self.document, position) if position >= 0 else None


def quote_at(document: Document, position: int) -> Quote:
    """Quote the line of a document that holds a position of its text."""
    text = document.text
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    return document.quote(text.count("\n", 0, position), text[start : end if end >= 0 else len(text)])


class Loader(Protocol):
    """Reads what was captured of an object, each part when it is first asked for."""

    @property
    def is_detailed(self) -> bool:
        """Return whether more than rows of tables tells of it."""

    def body(self) -> Mapping[str, Any]:
        """Return its body."""

    def passages(self) -> Sequence[Passage]:
        """Return where it was read, the most detailed first."""

    def printed(self) -> Mapping[str, str]:
        """Return its columns."""

    def description(self) -> str:
        """Return the text of its latest description; empty without one."""


class KubeObject:
    """A kind, a name, and everything that was captured of it."""

    __slots__ = (
        "_body",
        "_is_given",
        "_labels",
        "_loader",
        "_passages",
        "_printed",
        "_ref",
        "kind",
        "name",
        "namespace",
    )

    def __init__(
        self,
        kind: str,
        namespace: str,
        *,
        name: str,
        body: Mapping[str, Any] | None = None,
        loader: Loader | None = None,
    ) -> None:
        self.kind = kind
        """In the API's spelling."""
        self.namespace = namespace
        """Empty for kinds that have none."""
        self.name = name
        self._loader = loader
        self._is_given = body is not None
        self._body: Mapping[str, Any] | None = None if loader is not None else body or {}
        self._printed: Mapping[str, str] | None = None
        self._passages: Sequence[Passage] | None = None
        self._ref = ""
        self._labels: Mapping[str, str] | None = None

    def __repr__(self) -> str:
        return f"<{self.ref}>"

    @property
    def body(self) -> Mapping[str, Any]:
        """Return the object in the API's shape, as far as its sources tell: what is missing is not known.

        A printed column that no field of the API holds stands under `printed`, by its header.
        """
        if self._body is None:
            self._body = self._loader.body() if self._loader is not None else {}
        return self._body

    @property
    def printed(self) -> Mapping[str, str]:
        """Return the columns that tables print for it, by header; cheap, since no detail is read for it.

        What only descriptions print, such as a node's allocated requests, stands in the body under `printed`.
        """
        if self._printed is None:
            found = self._loader.printed() if self._loader is not None else self.body.get("printed")
            self._printed = found if isinstance(found, Mapping) else {}
        return self._printed

    @property
    def is_detailed(self) -> bool:
        """Return whether a description or the API told of it: what is missing then, is not there."""
        return self._loader.is_detailed if self._loader is not None else self._is_given

    @property
    def description(self) -> str:
        """Return the text of its latest description; empty without one."""
        return self._loader.description() if self._loader is not None else ""

    @property
    def passages(self) -> Sequence[Passage]:
        """Return where it was read, the most detailed first."""
        if self._passages is None:
            self._passages = self._loader.passages() if self._loader is not None else ()
        return self._passages

    @property
    def documents(self) -> tuple[Document, ...]:
        """Return the documents that speak of it, the most detailed first."""
        return tuple({passage.document.key: passage.document for passage in self.passages}.values())

    def get(self, *path: str | int, default: Any = None) -> Any:
        """Dig through mappings by key and through lists by position; what is not there is the default."""
        found: Any = self.body
        for step in path:
            if found is None:
                return default
            if isinstance(step, int):
                if not isinstance(found, list) or not -len(found) <= step < len(found):
                    return default
                found = found[step]
            elif isinstance(found, _MAPPINGS):
                found = found.get(step)
            else:
                return default
        return default if found is None else found

    def get_map(self, *path: str | int) -> Mapping[str, Any]:
        """Return the mapping at a path; empty when something else or nothing stands there."""
        found = self.get(*path)
        return found if isinstance(found, Mapping) else {}

    def get_maps(self, *path: str | int) -> list[Mapping[str, Any]]:
        """Return the mappings of the list at a path; empty when something else or nothing stands there."""
        return maps_of(self.get(*path))

    @property
    def labels(self) -> Mapping[str, str]:
        """Return its labels; empty also when they are not known."""
        # Tables that show labels show all of them, and cost less than the description.
        if self._labels is None:
            column = self.printed.get("LABELS")
            if column is not None:
                self._labels = parse_labels(column)
            else:
                self._labels = texts_of(self.get("metadata", "labels")) if self.is_detailed else {}
        return self._labels

    @property
    def annotations(self) -> Mapping[str, str]:
        """Return its annotations; empty also when they are not known."""
        return self.get_map("metadata", "annotations")

    @property
    def owner(self) -> Owner | None:
        """Return its controller; `None` when it has none or none is known."""
        owners = self.get_maps("metadata", "ownerReferences")
        for reference in sorted(owners, key=lambda item: item.get("controller") is not True):
            if reference.get("kind") and reference.get("name"):
                return Owner(str(reference["kind"]), str(reference["name"]))
        return None

    @property
    def entity(self) -> Entity:
        """Return it as an entity; characters that cannot name one become `_`."""
        return entity_of(self.kind, self.namespace, self.name)

    @property
    def ref(self) -> str:
        """Return its entity's ref, such as `kubernetes:pod/shop/checkout-1`."""
        # Asked for at every comparison of objects.
        if not self._ref:
            self._ref = ref_of(self.kind, self.namespace, self.name)
        return self._ref

    @property
    def pod_spec(self) -> Mapping[str, Any]:
        """Return the pod specification that it has or whose template it holds; empty when unknown or without one."""
        if self.kind == "Pod":
            return self.get_map("spec")
        if self.kind == "CronJob":
            return self.get_map("spec", "jobTemplate", "spec", "template", "spec")
        if self.kind == "ControllerRevision":
            return self.get_map("data", "spec", "template", "spec")
        return self.get_map("spec", "template", "spec")

    @property
    def containers(self) -> tuple[Mapping[str, Any], ...]:
        """Return its containers' specifications, each with its status (pods only) under `status`."""
        return self._containers("containers", "containerStatuses")

    @property
    def init_containers(self) -> tuple[Mapping[str, Any], ...]:
        """Return its init containers as `containers` does."""
        return self._containers("initContainers", "initContainerStatuses")

    def _containers(self, specs: str, statuses: str) -> tuple[Mapping[str, Any], ...]:
        found: dict[str, dict[str, Any]] = {
            str(spec.get("name", "")): dict(spec) for spec in maps_of(self.pod_spec.get(specs))
        }
        for status in self.get_maps("status", statuses):
            name = str(status.get("name", ""))
            found.setdefault(name, {"name": name})["status"] = status
        return tuple(found.values())

    @property
    def created_at(self) -> datetime | None:
        """Return when it was created (a pod without that: when it was started), aware, or `None` when unknown."""
        return parse_time(self.get("metadata", "creationTimestamp")) or parse_time(self.get("status", "startTime"))

    @property
    def age_s(self) -> float | None:
        """Return its age in seconds when it was captured: as printed, else by the document's time."""
        printed = parse_age(self.printed.get("AGE"))
        if printed is not None:
            return printed
        created = self.created_at
        seen = [passage.document.observed_at for passage in self.passages if passage.document.observed_at]
        return (max(seen) - created).total_seconds() if created is not None and seen else None


def parse_labels(text: str) -> dict[str, str]:
    """Return labels or a selector of equalities from the form `a=b,c=d`; `<none>` and other text is empty."""
    pairs = (part.strip().partition("=") for part in text.split(","))
    return {key: value for key, equals, value in pairs if equals}


def texts_of(value: Any) -> dict[str, str]:
    """Return the texts of a mapping by key; what is no text is left out, and anything but a mapping is empty."""
    pairs = value.items() if isinstance(value, Mapping) else ()
    return {key: text for key, text in pairs if isinstance(text, str)}


def maps_of(value: Any) -> list[Mapping[str, Any]]:
    """Return the mappings of a list; empty for anything else."""
    return [item for item in value if isinstance(item, _MAPPINGS)] if isinstance(value, list) else []


def entity_of(kind: str, namespace: str, name: str) -> Entity:
    """Return an object's name as an entity; characters that cannot name one become `_`."""
    return Entity(
        kind=_UNFIT.sub("_", kind.lower()) or "_",
        name=_UNFIT.sub("_", name) or "_",
        system="kubernetes",
        namespace=_UNFIT.sub("_", namespace),
    )


def ref_of(kind: str, namespace: str, name: str) -> str:
    """Return the ref of an object's entity without building the entity."""
    if _UNFIT.search(f"{kind}{namespace}{name}") is not None:
        kind, namespace, name = (_UNFIT.sub("_", part) for part in (kind, namespace, name))
    middle = f"{namespace}/" if namespace else ""
    return f"kubernetes:{kind.lower() or '_'}/{middle}{name or '_'}"
