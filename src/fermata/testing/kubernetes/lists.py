"""Lists: selected, in pages, whole or as metadata."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Mapping
from typing import Any

from fermata.testing.kubernetes.answers import Refusal, bad_request
from fermata.testing.kubernetes.requests import Place, Request
from fermata.testing.kubernetes.resources import Served
from fermata.testing.kubernetes.selectors import read_field_selector, read_label_selector
from fermata.testing.kubernetes.store import Json, Store

_EXPIRED = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def list_objects(store: Store, place: Place, query: Mapping[str, str], oldest: int) -> Json:
    """Return one page of a list.

    Args:
        oldest: The first version that may still be continued from.

    Raises:
        Refusal: 400 for a selector or token that cannot be read, 410 for a token that is too old.
    """
    served = place.served
    has_label = read_label_selector(query.get("labelSelector", ""))
    has_field = read_field_selector(served, query.get("fieldSelector", ""))
    found = [one for one in store.list_kind(served.kind, place.namespace) if has_label(one) and has_field(one)]
    start, version = _read_token(query.get("continue", ""), oldest)
    found = [one for one in found if _order(one) >= start]
    limit = int(query.get("limit", "0"))
    metadata: dict[str, Any] = {"resourceVersion": str(version or store.version)}
    if limit and len(found) > limit:
        token = {"v": "meta.k8s.io/v1", "rv": version or store.version, "start": _order(found[limit])}
        metadata["continue"] = base64.urlsafe_b64encode(json.dumps(token).encode()).decode()
        if not query.get("labelSelector") and not query.get("fieldSelector"):
            metadata["remainingItemCount"] = len(found) - limit
        found = found[:limit]
    items = [{key: part for key, part in one.items() if key not in ("kind", "apiVersion")} for one in found]
    return {"kind": f"{served.kind}List", "apiVersion": served.api_version, "metadata": metadata, "items": items}


def _order(value: Json) -> str:
    return f"{value['metadata'].get('namespace', '')}/{value['metadata']['name']}"


def _read_token(text: str, oldest: int) -> tuple[str, int]:
    if not text:
        return "", 0
    try:
        token = json.loads(base64.urlsafe_b64decode(text))
        start, version = str(token["start"]), int(token["rv"])
    except (ValueError, KeyError, TypeError) as error:
        raise bad_request("continue key is not valid: illegal base64 data") from error
    if version < oldest:
        raise Refusal(410, "Expired", _EXPIRED)
    return start, version


def cut_to_metadata(value: Json, served: Served) -> Json:
    """Return an object or a list as `PartialObjectMetadata` of it."""

    def cut(one: Json) -> Json:
        return {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": copy.deepcopy(one["metadata"]),
        }

    if value["kind"] != f"{served.kind}List":
        return cut(value)
    whole = {"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "metadata": value["metadata"]}
    return {**whole, "items": [cut(one) for one in value["items"]]}


def wants_metadata(request: Request) -> bool:
    """Answer whether the first thing a client accepts is metadata only.

    Raises:
        Refusal: 406 when it accepts nothing that is served: tables alone, protobuf alone.
    """
    accepted = [part.strip() for part in request.headers.get("accept", "*/*").split(",")]
    for media in accepted:
        if media.startswith("application/json;as=PartialObjectMetadata"):
            return True
        if media.partition(";")[0] in ("*/*", "application/*", "application/json") and "as=" not in media:
            return False
    message = "only the following media types are accepted: application/json"
    raise Refusal(406, "NotAcceptable", message, details={})
