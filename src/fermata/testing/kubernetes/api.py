"""From a request to an answer: who asks, what for, and what comes of it. No sockets here."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fermata.testing.kubernetes import patches
from fermata.testing.kubernetes.answers import (
    Refusal,
    bad_request,
    conflict,
    describe,
    forbidden,
    no_such_path,
    not_modelled,
    unauthorized,
)
from fermata.testing.kubernetes.controllers import Cluster
from fermata.testing.kubernetes.lists import cut_to_metadata, list_objects, wants_metadata
from fermata.testing.kubernetes.logs import LogBook
from fermata.testing.kubernetes.networks import find_covered
from fermata.testing.kubernetes.rbac import Question, Rule, is_allowed
from fermata.testing.kubernetes.requests import Place, Request, find_place
from fermata.testing.kubernetes.special import find_discovery, review
from fermata.testing.kubernetes.store import Json, Store, Write

_LIST = frozenset({"labelSelector", "fieldSelector", "limit", "continue"})
_WRITE = frozenset({"dryRun", "fieldManager", "fieldValidation", "force"})
_LOG = frozenset(
    {"container", "previous", "tailLines", "limitBytes", "sinceTime", "sinceSeconds", "timestamps", "follow"}
)
_DELETE = frozenset({"dryRun", "gracePeriodSeconds", "propagationPolicy"})
_PATCHES: dict[str, Callable[[Any, Any], Any]] = {
    "application/merge-patch+json": patches.merge,
    "application/strategic-merge-patch+json": patches.merge_strategic,
    "application/json-patch+json": patches.apply_json_patch,
}
_APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    code: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class User:
    """Who asks, and what they may do."""

    name: str
    rules: Sequence[Rule]


@dataclass(slots=True)
class Api:
    """The server's mind."""

    store: Store = field(default_factory=Store)
    logs: LogBook = field(default_factory=LogBook)
    users: dict[str, User] = field(default_factory=dict)
    """By bearer token; the empty one is who comes without. kubectl keeps its token to itself where there is no TLS."""
    oldest_version: int = 0
    """Lists cannot be continued from before it."""
    cluster: Cluster = field(init=False)

    def __post_init__(self) -> None:
        self.cluster = Cluster(self.store)

    def answer(self, request: Request) -> Answer:
        """Return the answer to a request; its effect, and that of the controllers, has happened."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            headers = {"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s else {}
            return Answer(refusal.code, _dump(refusal.to_status()), headers=headers)

    def _answer(self, request: Request) -> Answer:
        user = self._find_user(request)
        if request.method == "GET" and (found := find_discovery(request.path)) is not None:
            return Answer(200, _dump(found))
        if request.method == "POST" and request.path.startswith("/apis/authorization.k8s.io/"):
            reviewed = review(request.path, request.read(), user.rules)
            if reviewed is None:
                raise not_modelled(request.path)
            return Answer(201, _dump(reviewed))
        if request.path.startswith(
            ("/openapi", "/readyz", "/livez", "/healthz", "/metrics", "/apis/metrics.k8s.io/v1beta1/nodes")
        ):
            raise not_modelled(request.path)
        place = find_place(request.path)
        self._authorize(user, request, place)
        if place.subresource == "log" and request.method == "GET":
            _allow(request, _LOG)
            pod = self.store.get(place.served, place.namespace, place.name)
            return Answer(200, self.logs.read(pod, request.query, self.store.now()), "text/plain")
        code, value = self._handle(request, place)
        if request.method == "GET" and wants_metadata(request):
            value = cut_to_metadata(value, place.served)
        return Answer(code, _dump(value))

    def _find_user(self, request: Request) -> User:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        user = self.users.get(token) if scheme in ("Bearer", "") else None
        if user is None:
            raise unauthorized()
        return user

    def _authorize(self, user: User, request: Request, place: Place) -> None:
        verb, served = place.find_verb(request.method), place.served
        resource = served.plural + (f"/{place.subresource}" if place.subresource else "")
        if not is_allowed(user.rules, Question(verb, served.group, resource, place.namespace)):
            where = {"subresource": place.subresource, "namespace": place.namespace}
            raise forbidden(served, place.name, user.name, verb=verb, **where)

    def _handle(self, request: Request, place: Place) -> tuple[int, Json]:
        if request.query.get("watch") in ("true", "1"):
            raise not_modelled("watch")
        if request.content_type == "application/vnd.kubernetes.protobuf":
            raise Refusal(415, "UnsupportedMediaType", "the body of the request was in an unknown format")
        if place.subresource:
            return self._handle_subresource(request, place)
        if request.method == "GET" and not place.name:
            _allow(request, _LIST)
            return 200, list_objects(self.store, place, request.query, self.oldest_version)
        if request.method == "GET":
            _allow(request, frozenset())
            return 200, self.store.get(place.served, place.namespace, place.name)
        done = self._change(request, place)
        if request.query.get("dryRun") is None:
            self.cluster.settle()
        return done

    def _change(self, request: Request, place: Place) -> tuple[int, Json]:
        if request.method == "POST" and not place.name:
            _allow(request, _WRITE)
            return 201, self.store.create(place.served, place.namespace, request.read(), _read_write(request))
        if not place.name:
            raise not_modelled(f"{request.method} of a whole list")
        if request.method == "PATCH":
            return self._patch(request, place, _read_write(request))
        if request.method == "DELETE":
            return 200, self._delete(request, place)
        if request.method != "PUT":
            raise Refusal(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        _allow(request, _WRITE)
        old = self.store.get(place.served, place.namespace, place.name)
        return 200, self.store.replace(place.served, old, request.read(), _read_write(request))

    def _patch(self, request: Request, place: Place, write: Write) -> tuple[int, Json]:
        _allow(request, _WRITE)
        if request.content_type == _APPLY:
            return self._apply(request, place, write)
        if request.content_type not in _PATCHES:
            raise Refusal(415, "UnsupportedMediaType", "the body of the request was in an unknown format")
        if "force" in request.query:
            words = 'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch'
            raise Refusal(422, "Invalid", words)
        old = self.store.get(place.served, place.namespace, place.name)
        value = _PATCHES[request.content_type](old, request.read())
        return 200, self.store.replace(place.served, old, value, write)

    def _apply(self, request: Request, place: Place, write: Write) -> tuple[int, Json]:
        if "fieldManager" not in request.query:
            words = 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
            raise Refusal(422, "Invalid", words)
        config, served = request.read(), place.served
        if (config.get("kind"), config.get("apiVersion")) != (served.kind, served.api_version):
            raise bad_request(f"the kind and apiVersion of the body must be {served.kind} and {served.api_version}")
        stated = config.get("metadata", {}).get("name", place.name)
        if stated != place.name:
            raise bad_request(f"the name of the object ({stated}) does not match the name on the URL ({place.name})")
        applied = Write(write.manager, write.is_dry, is_apply=True)
        old = self.store.find(served.kind, place.namespace, place.name)
        if old is not None:
            forced = request.query.get("force") == "true"
            return 200, self.store.apply(served, old, config, applied, is_forced=forced)
        if uid := config.get("metadata", {}).get("uid"):
            why = f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            raise conflict(served, place.name, why)
        config.setdefault("metadata", {})["name"] = place.name
        return 201, self.store.create(served, place.namespace, config, applied)

    def _delete(self, request: Request, place: Place) -> Json:
        _allow(request, _DELETE)
        served, options = place.served, request.read() or {}
        if "Orphan" in (request.query.get("propagationPolicy"), options.get("propagationPolicy")):
            raise not_modelled("propagationPolicy=Orphan")
        old = self.store.get(served, place.namespace, place.name)
        _check_preconditions(place, old, options)
        is_dry = _read_dry(request) or _read_dry_list(options)
        removed = self.store.delete(served, old, Write("", is_dry=is_dry))
        if served.kind in ("Pod", "Namespace"):
            if served.kind == "Namespace" and not is_dry:
                self._empty(place.name)
            return removed
        details = {**describe(served, place.name), "uid": old["metadata"]["uid"]}
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}

    def _empty(self, namespace: str) -> None:
        for key in [key for key in self.store.objects if key[1] == namespace]:
            del self.store.objects[key]

    def _handle_subresource(self, request: Request, place: Place) -> tuple[int, Json]:
        value = self.store.get(place.served, place.namespace, place.name)
        match place.subresource, request.method:
            case "status", "GET":
                return 200, value
            case "status", "PATCH" | "PUT" if request.content_type != _APPLY:
                write = _read_write(request, "status")
                changed = request.read()
                if request.method == "PATCH":
                    changed = _PATCHES[request.content_type](value, changed)
                done = 200, self.store.replace(place.served, value, changed, write)
            case "scale", "GET" if place.served.has_scale:
                return 200, _make_scale(value)
            case "scale", "PATCH" if place.served.has_scale and request.content_type in _PATCHES:
                scale = _PATCHES[request.content_type](_make_scale(value), request.read())
                changed = {**copy.deepcopy(value), "spec": {**value["spec"], "replicas": scale["spec"]["replicas"]}}
                done = 200, _make_scale(self.store.replace(place.served, value, changed, _read_write(request, "scale")))
            case "eviction", "POST" if place.served.kind == "Pod":
                done = 201, self._evict(request, place, value)
            case (
                ("status" | "scale" | "eviction" | "exec" | "attach" | "portforward" | "proxy" | "binding" | "token"),
                _,
            ):
                raise not_modelled(f"{request.method} of {place.served.plural}/{place.subresource} in this form")
            case _:
                raise no_such_path()
        if not _read_dry(request):
            self.cluster.settle()
        return done

    def _evict(self, request: Request, place: Place, pod: Json) -> Json:
        _allow(request, frozenset({"dryRun", "fieldManager", "fieldValidation"}))
        eviction = request.read()
        options = eviction.get("deleteOptions", {})
        if eviction.get("metadata", {}).get("name") != place.name:
            raise bad_request(f"name in URL does not match name in Eviction object: {place.name}")
        _check_preconditions(place, pod, options)
        for budget in self.store.list_kind("PodDisruptionBudget", place.namespace):
            covered = [one["metadata"]["uid"] for one in find_covered(self.store, budget)]
            status = budget.get("status", {})
            if pod["metadata"]["uid"] in covered and not status.get("disruptionsAllowed"):
                raise _refuse_eviction(budget)
        is_dry = _read_dry(request) or _read_dry_list(options)
        self.store.delete(place.served, pod, Write("", is_dry=is_dry))
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _refuse_eviction(budget: Json) -> Refusal:
    status, name = budget.get("status", {}), budget["metadata"]["name"]
    words = (
        f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods and has "
        f"{status.get('currentHealthy', 0)} currently"
    )
    causes = {"causes": [{"reason": "DisruptionBudget", "message": words}]}
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return Refusal(429, "TooManyRequests", message, details=causes)


def _check_preconditions(place: Place, value: Json, options: Mapping[str, Any]) -> None:
    wanted, meta = options.get("preconditions") or {}, value["metadata"]
    for key, words in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        if key in wanted and wanted[key] != meta[key]:
            why = f"Precondition failed: {words} in precondition: {wanted[key]}, {words} in object meta: {meta[key]}"
            raise conflict(place.served, place.name, why)


def _make_scale(value: Json) -> Json:
    meta = value["metadata"]
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = value["spec"]["selector"].get("matchLabels", {})
    selector = ",".join(f"{key}={text}" for key, text in sorted(labels.items()))
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept},
        "spec": {"replicas": value["spec"]["replicas"]},
        "status": {"replicas": value.get("status", {}).get("replicas", 0), "selector": selector},
    }


def _allow(request: Request, known: frozenset[str]) -> None:
    """Refuse a parameter that is not modelled: to ignore one is how an emulator lies."""
    unknown = request.query.keys() - known - {"pretty", "timeout"}
    if unknown:
        raise not_modelled(f"the parameter {min(unknown)} here")


def _read_write(request: Request, subresource: str = "") -> Write:
    agent = request.headers.get("user-agent", "unknown").partition("/")[0]
    return Write(request.query.get("fieldManager") or agent, _read_dry(request), subresource)


def _read_dry(request: Request) -> bool:
    text = request.query.get("dryRun")
    if text not in (None, "All"):
        words = f'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: "{text}": supported values: "All"'
        raise Refusal(422, "Invalid", words)
    return text == "All"


def _read_dry_list(options: Mapping[str, Any]) -> bool:
    return options.get("dryRun") == ["All"]


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
