"""What the emulated server holds: objects by kind, namespace and name, one counter of versions, one lock.

Every write goes the way of the real one: check, default, validate, own the fields, raise the generation, store. A dry
run goes all of it but the last step.
"""

from __future__ import annotations

import copy
import itertools
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fermata.testing.kubernetes import managed
from fermata.testing.kubernetes.answers import already_exists, bad_request, conflict, not_found
from fermata.testing.kubernetes.defaults import admit, fill_in
from fermata.testing.kubernetes.fields import flatten
from fermata.testing.kubernetes.managed import Manager
from fermata.testing.kubernetes.resources import BY_KIND, Served
from fermata.testing.kubernetes.validation import validate

Json = dict[str, Any]
Key = tuple[str, str, str]
"""Kind, namespace, name."""

# A create is compared with what the server's empty object looks like: these are there already, and owned by nobody.
_EMPTY_POD: Json = {"metadata": {}, "spec": {"containers": []}}
_EMPTY: dict[str, Json] = {
    "Pod": {**_EMPTY_POD, "status": {}},
    "Deployment": {"spec": {"strategy": {}, "template": _EMPTY_POD}},
    "StatefulSet": {"spec": {"updateStrategy": {}, "template": _EMPTY_POD}},
    "DaemonSet": {"spec": {"updateStrategy": {}, "template": _EMPTY_POD}},
    "ReplicaSet": {"spec": {"template": _EMPTY_POD}},
}
_FIRST_STATUS: dict[str, Json] = {
    "Pod": {"phase": "Pending", "qosClass": "BestEffort"},
    "Namespace": {"phase": "Active"},
}
_KEPT_META = ("uid", "creationTimestamp", "generation", "managedFields", "resourceVersion", "deletionTimestamp")


@dataclass(frozen=True, slots=True)
class Write:
    """How a write is made."""

    manager: str
    is_dry: bool = False
    subresource: str = ""
    is_apply: bool = False


class Store:
    """The objects. Not locked by itself: the server holds one lock around each request."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.objects: dict[Key, Json] = {}
        self.now = now
        self._versions = itertools.count(101)
        self.version = 100

    def stamp(self) -> str:
        """Return the instant as the API writes it."""
        return self.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def find(self, kind: str, namespace: str, name: str) -> Json | None:
        """Return the stored object itself, not a copy; `None` when there is none."""
        return self.objects.get((kind, namespace, name))

    def get(self, served: Served, namespace: str, name: str) -> Json:
        """Return the stored object itself.

        Raises:
            Refusal: 404.
        """
        found = self.find(served.kind, namespace, name)
        if found is None:
            raise not_found(served, name)
        return found

    def list_kind(self, kind: str, namespace: str = "") -> Iterator[Json]:
        """Yield the stored objects of a kind by namespace and name; of all namespaces when none is given."""
        for key in sorted(key for key in self.objects if key[0] == kind and (not namespace or key[1] == namespace)):
            yield self.objects[key]

    def create(self, served: Served, namespace: str, value: Json, write: Write) -> Json:
        """Store a new object and return it.

        Raises:
            Refusal: 409 when the name is taken, 404 for a namespace that is not there, 422, 400.
        """
        value = {"kind": served.kind, "apiVersion": served.api_version, **copy.deepcopy(value)}
        meta = value.setdefault("metadata", {})
        if "name" not in meta and meta.get("generateName"):
            meta["name"] = f"{meta['generateName']}{uuid.uuid4().hex[:5]}"
        name = meta.get("name", "")
        self._check_place(served, namespace, meta)
        if self.find(served.kind, namespace, name) is not None:
            raise already_exists(served, name)
        if served.has_status:
            value.pop("status", None)
        meta.pop("resourceVersion", None)
        if served.is_namespaced:
            meta["namespace"] = namespace
        meta.update(uid=str(uuid.uuid4()), creationTimestamp=self.stamp())
        if served.has_generation:
            meta["generation"] = 1
        given = copy.deepcopy(value)
        fill_in(value)
        validate(served, value, None)
        manager = self._manager(served, write)
        base = {"metadata": {}, **_EMPTY.get(served.kind, {"spec": {}, "status": {}})}
        base = {key: part for key, part in base.items() if key in value}
        owners = {manager: flatten(given)} if write.is_apply else managed.take({}, manager, base, value)
        managed.write_owners(value, owners, {}, self.stamp())
        admit(value)
        if served.has_status:
            value["status"] = copy.deepcopy(_FIRST_STATUS.get(served.kind, {}))
        return self._commit(served, value, write)

    def _check_place(self, served: Served, namespace: str, meta: Mapping[str, Any]) -> None:
        if not meta.get("name"):
            raise bad_request("name or generateName is required")
        stated = meta.get("namespace", namespace)
        if served.is_namespaced and stated != namespace:
            message = "the namespace of the provided object does not match the namespace sent on the request"
            raise bad_request(message)
        if served.is_namespaced and self.find("Namespace", "", namespace) is None:
            raise not_found(BY_KIND["Namespace"], namespace)

    def replace(self, served: Served, old: Json, value: Json, write: Write) -> Json:
        """Store an object's new state and return it; what a write to this (sub)resource may not change stays.

        Raises:
            Refusal: 409 when `metadata.resourceVersion` or `metadata.uid` is another one's, 422, 400.
        """
        value = {"kind": served.kind, "apiVersion": served.api_version, **copy.deepcopy(value)}
        self._check_lock(served, old, value)
        value = self._keep(served, old, value, write)
        fill_in(value)
        validate(served, value, old)
        owners, times = managed.read_owners(old)
        owners = managed.take(owners, self._manager(served, write), old, value)
        managed.write_owners(value, owners, times, self.stamp())
        return self._finish(served, old, value, write)

    def apply(self, served: Served, old: Json, config: Json, write: Write, *, is_forced: bool) -> Json:
        """Apply a configuration to an object that exists and return the object.

        Raises:
            Refusal: 409 for a conflict, and as `replace`.
        """
        self._check_lock(served, old, config)
        config = copy.deepcopy(config)
        meta = config.setdefault("metadata", {})
        for key in ("resourceVersion", "uid", "managedFields", "creationTimestamp", "generation"):
            meta.pop(key, None)
        merged, owners = managed.apply(old, config, self._manager(served, write), is_forced=is_forced)
        value = self._keep(served, old, merged, write)
        fill_in(value)
        validate(served, value, old)
        _, times = managed.read_owners(old)
        managed.write_owners(value, owners, times, self.stamp())
        return self._finish(served, old, value, write)

    def delete(self, served: Served, old: Json, write: Write) -> Json:
        """Remove an object and return it as it last was. One that has finalizers is only told to end."""
        meta = old["metadata"]
        if meta.get("finalizers") and not write.is_dry:
            meta.setdefault("deletionTimestamp", self.stamp())
            meta["resourceVersion"] = self._next_version()
        elif not write.is_dry:
            self.objects.pop((served.kind, meta.get("namespace", ""), meta["name"]), None)
            self._next_version()
        return copy.deepcopy(old)

    def edit(self, value: Json, change: Callable[[Json], object], write: Write) -> Json:
        """Write an object as a function changes it, and return the stored one; its last state when that ended it."""
        served, meta = BY_KIND[value["kind"]], value["metadata"]
        old = self.get(served, meta.get("namespace", ""), meta["name"])
        changed = copy.deepcopy(old)
        change(changed)
        done = self.replace(served, old, changed, write)
        return self.find(served.kind, meta.get("namespace", ""), meta["name"]) or done

    def _check_lock(self, served: Served, old: Json, value: Mapping[str, Any]) -> None:
        mine, given = old["metadata"], value.get("metadata", {})
        if given.get("uid") and given["uid"] != mine["uid"]:
            why = f"Precondition failed: UID in precondition: {given['uid']}, UID in object meta: {mine['uid']}"
            raise conflict(served, mine["name"], why)
        version = given.get("resourceVersion")
        if version and version != mine["resourceVersion"]:
            raise conflict(served, mine["name"])

    def _keep(self, served: Served, old: Json, value: Json, write: Write) -> Json:
        if write.subresource == "status":
            return {**copy.deepcopy(old), "status": value.get("status", {})}
        meta = value.setdefault("metadata", {})
        for key in _KEPT_META:
            meta.pop(key, None)
            if key in old["metadata"]:
                meta[key] = copy.deepcopy(old["metadata"][key])
        for key in ("labels", "annotations"):
            if key in meta and not meta[key]:
                del meta[key]
        if served.has_status:
            value.pop("status", None)
            if "status" in old:
                value["status"] = copy.deepcopy(old["status"])
        return value

    def _finish(self, served: Served, old: Json, value: Json, write: Write) -> Json:
        meta = value["metadata"]
        if served.has_generation and value.get("spec") != old.get("spec"):
            meta["generation"] = old["metadata"].get("generation", 1) + 1
        if _without_times(value) == _without_times(old):
            return copy.deepcopy(old)  # Nothing changed: the server does not write, and the version stays.
        return self._commit(served, value, write)

    def _commit(self, served: Served, value: Json, write: Write) -> Json:
        meta = value["metadata"]
        if not write.is_dry:
            meta["resourceVersion"] = self._next_version()
            key = (served.kind, meta.get("namespace", ""), meta["name"])
            self.objects[key] = copy.deepcopy(value)
            if "deletionTimestamp" in meta and not meta.get("finalizers"):
                del self.objects[key]
        return value

    def _next_version(self) -> str:
        self.version = next(self._versions)
        return str(self.version)

    def _manager(self, served: Served, write: Write) -> Manager:
        return Manager("Apply" if write.is_apply else "Update", write.manager, served.api_version, write.subresource)


def _without_times(value: Json) -> Json:
    meta = dict(value["metadata"])
    meta["managedFields"] = [{**entry, "time": ""} for entry in meta.get("managedFields", [])]
    return {**value, "metadata": meta}
