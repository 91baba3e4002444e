"""What of an object becomes evidence: without bookkeeping, without secrets, otherwise as the API gave it. Pure.

Left out is what no person and no signature reads: managed fields, the copy of the last applied manifest, what the API
server fills in everywhere, a node's list of images. What a diff is made of is kept whole: what is left out would be
approved unseen. Variables are hidden by name and by look, everything else by look; names of secrets stay, since what
refers to a Secret that is not there is a cause. The content of Secrets never gets here: it is never asked for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.kit.destinations import hide_variable
from fermata.kit.digging import dig_map, dig_maps
from fermata.kit.hiding import hide_lines, hide_value
from fermata.kit.redaction import describe_secret, is_secret_name, redact
from fermata.kit.redaction.cutting import BEYOND, cut_hidden
from fermata.kit.showing import cover, lose, names_program

Json = dict[str, Any]

_METADATA = frozenset({"managedFields", "resourceVersion", "selfLink", "generateName"})
_ANNOTATIONS = frozenset(
    {
        "kubectl.kubernetes.io/last-applied-configuration",
        "objectset.rio.cattle.io/applied",
        "control-plane.alpha.kubernetes.io/leader",
    }
)
_FILLED_IN: Mapping[str, object] = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "securityContext": {},
    "enableServiceLinks": True,
    "preemptionPolicy": "PreemptLowerPriority",
    "priority": 0,
    "internalTrafficPolicy": "Cluster",
    "ipFamilyPolicy": "SingleStack",
    "sessionAffinity": "None",
}
"""Values that the API server writes where nobody says otherwise."""
_IDENTIFIERS = frozenset({"uid", "containerID"})
"""What names the same thing as its name does, and looks random."""
_TOLERATED = frozenset({"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
_ACCESS_VOLUME = "kube-api-access-"
_ACCESS_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
_REFERENCES = re.compile(r"(?:\$\([\w.-]+\))+")
"""A value made of other variables and nothing besides: what stands between two of them may be a password."""
_LONGEST_VALUE = 4000
"""Characters of one value: a configuration file of a hundred lines; a certificate bundle is not read by anybody."""
_SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Pruned:
    """Objects as evidence holds them."""

    items: tuple[Json, ...]
    redactions: int


def prune(items: Sequence[Mapping[str, Any]], shown: Sequence[str] = ("*",)) -> Pruned:
    """Return objects without bookkeeping and secrets.

    Args:
        shown: Globs of variables whose values may be shown.
    """
    pruner = _Pruner(shown)
    return Pruned(tuple(pruner.prune(item) for item in items), pruner.redactions)


def hide_secrets(item: Mapping[str, Any]) -> Json:
    """Return an object as a diff is made of it: all that it declares, whatever the server fills in, without secrets.

    A line of which more than a value is hidden is one that `fermata.kit.showing.refuse_lost` knows.
    """
    return _Pruner(("*",), is_whole=True).prune(item)


class _Pruner:
    def __init__(self, shown: Sequence[str], *, is_whole: bool = False) -> None:
        self._shown = shown
        self._is_whole = is_whole
        self._seen: dict[str, str] = {}
        self.redactions = 0

    def prune(self, item: Mapping[str, Any]) -> Json:
        kept = {key: value for key, value in item.items() if key not in ("data", "binaryData", "stringData")}
        metadata = kept.get("metadata")
        if isinstance(metadata, Mapping):
            kept["metadata"] = self._prune_metadata(metadata)
        if item.get("kind") == "Node" and isinstance(kept.get("status"), Mapping):
            dropped = ("images", "volumesInUse", "volumesAttached", "nodeInfo")
            kept["status"] = {key: value for key, value in kept["status"].items() if key not in dropped}
        if item.get("kind") == "ControllerRevision":
            kept["data"] = {"spec": {"template": dig_map(item, "data", "spec", "template")}}
        pruned: Json = self._walk(kept)
        if self._is_whole:
            pruned |= _digest_data(item)
        if item.get("kind") == "ConfigMap":
            pruned |= self._hide_data(item)
        return pruned

    def _prune_metadata(self, metadata: Mapping[str, Any]) -> Json:
        kept = {key: value for key, value in metadata.items() if key not in _METADATA}
        annotations = kept.get("annotations")
        if isinstance(annotations, Mapping):
            kept["annotations"] = {
                key: describe_secret(str(value))
                if key in _ANNOTATIONS
                else self._hide_entry(key.rpartition("/")[2], str(value))
                for key, value in annotations.items()
                if self._is_whole or key not in _ANNOTATIONS
            }
            if not kept["annotations"]:
                del kept["annotations"]
        return kept

    def _walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._hide(value)
        if isinstance(value, Mapping):
            return self._walk_mapping(value)
        if isinstance(value, list):
            return self._walk_list([item for item in value if self._is_whole or not _is_noise(item)])
        return value

    def _walk_mapping(self, value: Mapping[str, Any]) -> Json:
        name, written = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(written, str) and len(value) == 2:
            return {"name": name, "value": self._hide_variable(name, written)}
        if self._is_whole:
            # Null is no value to the API server, and it writes them as it likes.
            return {key: self._walk(item) for key, item in value.items() if item is not None}
        kept = {key: self._walk(item) for key, item in value.items() if not _is_filled_in(key, item)}
        # What held nothing but noise says nothing any more.
        return {key: item for key, item in kept.items() if item != [] or value[key] == []}

    def _walk_list(self, items: list[Any]) -> list[Any]:
        kept = []
        for index, item in enumerate(items):
            before = items[index - 1] if index else None
            if isinstance(item, str) and isinstance(before, str) and _announces_secret(before, item):
                self.redactions += 1
                kept.append(self._describe(before, item))
            else:
                kept.append(self._walk(item))
        return kept

    def _hide_variable(self, name: str, value: str) -> str:
        # An empty value hides nothing, and a reference to other variables is no value.
        if not value or _REFERENCES.fullmatch(value):
            return value
        if not self._is_whole:
            hidden = hide_variable(name, value, self._shown)
            self.redactions += hidden != value
            return hidden
        is_hidden = hide_value(name, value, self._shown) != value
        self.redactions += is_hidden
        return self._describe(name, value) if is_hidden else value

    def _describe(self, name: str, value: str) -> str:
        """Return what stands for a value that is hidden whole, as its name or its look is a secret's.

        Of a diff a person must see what is run: a command is no single value, even where a secret comes of it.
        """
        shown = describe_secret(value)
        if not self._is_whole:
            return shown
        is_more = "\n" in value.strip() or names_program(name)
        return lose(value) if is_more else cover(value, shown, is_value=True)

    def _hide(self, value: str, *, is_entry: bool = False) -> str:
        """Return a text without what looks like a secret.

        Args:
            is_entry: It stands under a name that somebody chose, as an annotation does, and may be hidden whole. What
                the API's own fields hold (an image, a path of the node, what is run) is never approved unseen.
        """
        if len(value) < _SHORTEST_SECRET:
            return value
        if self._is_whole:
            covered = _cover_lines(value, is_entry=is_entry)
            self.redactions += covered != value
            return covered
        found = self._seen.get(value)
        if found is None:
            shown = "\n".join(hide_lines(value[: _LONGEST_VALUE + BEYOND].split("\n"), longest=0).lines)
            is_whole = len(value) <= _LONGEST_VALUE + BEYOND
            found = self._seen[value] = cut_hidden(shown, _LONGEST_VALUE, is_whole=is_whole)
            if len(value) > _LONGEST_VALUE:
                self._seen[value] = found = f"{found}\n... {len(value) - _LONGEST_VALUE} more characters"
        self.redactions += "redacted" in found and found != value
        return found

    def _hide_data(self, item: Mapping[str, Any]) -> Json:
        """Return a config map's data: values hidden by the name of their key and by look, files line by line."""
        found: Json = {}
        data = item.get("data")
        if isinstance(data, Mapping):
            found["data"] = {str(key): self._hide_entry(str(key), str(value)) for key, value in data.items()}
        binary = item.get("binaryData")
        if isinstance(binary, Mapping) and not self._is_whole:
            found["binaryData"] = {str(key): f"{len(str(value)) * 3 // 4} bytes" for key, value in binary.items()}
        return found

    def _hide_entry(self, key: str, value: str) -> str:
        if "\n" not in value.strip() and is_secret_name(key) and value.strip():
            self.redactions += 1
            return self._describe(key, value)
        if redact(f"{key}={value[:200]}").count and not redact(value[:200]).count and "\n" not in value.strip():
            self.redactions += 1
            return self._describe(key, value)
        return self._hide(value, is_entry=True)


def _cover_lines(value: str, *, is_entry: bool) -> str:
    written = value.split("\n")
    shown = hide_lines(written, longest=0).lines
    is_value = is_entry and len(written) == 1
    return "\n".join(cover(*pair, is_value=is_value) for pair in zip(written, shown, strict=True))


def _digest_data(item: Mapping[str, Any]) -> Json:
    """Return the content of a Secret, and what is no text, as digests: they differ when it does."""
    return {
        field: {str(key): describe_secret(str(value)) for key, value in data.items()}
        for field in ("data", "binaryData", "stringData")
        if isinstance(data := item.get(field), Mapping)
    }


def _announces_secret(option: str, value: str) -> bool:
    """Answer whether an argument is an option such as `--db-password` whose value is the next argument."""
    is_option = option.startswith("-") and "=" not in option and is_secret_name(option.lstrip("-"))
    return is_option and bool(value) and not value.startswith("-") and not _REFERENCES.fullmatch(value)


def _is_filled_in(key: str, item: Any) -> bool:
    return item is None or key in _IDENTIFIERS or (key in _FILLED_IN and item == _FILLED_IN[key])


def _is_noise(item: Any) -> bool:
    """Answer whether a list's item is what Kubernetes adds to every pod: the token's volume, two tolerations."""
    if not isinstance(item, Mapping):
        return False
    if str(item.get("name") or "").startswith(_ACCESS_VOLUME):
        return _is_token(item) or item.get("mountPath") == _ACCESS_PATH
    return str(item.get("key")) in _TOLERATED and item.get("tolerationSeconds") == 300


def _is_token(volume: Mapping[str, Any]) -> bool:
    """Answer whether a volume is the projected token and nothing else: only its name would be anybody's to choose."""
    sources = dig_maps(volume, "projected", "sources")
    return set(volume) == {"name", "projected"} and any("serviceAccountToken" in one for one in sources)
