"""What hosting platforms tell of a deploy by webhook, in the fields of a change record.

Sources (read 2026-11-27; no body was received from a platform): vercel.com/docs/webhooks/webhooks-api, and bodies in
public repositories for the commits in its `meta`; devcenter.heroku.com/articles/webhook-events;
render.com/docs/webhooks; docs.railway.com/observability/webhooks, whose older form, `DEPLOY`, is from memory; for
Netlify, the deploy of its API (docs.rs/crate/netlify-rust, `docs/Deploy.md`) but for `committer`, from memory; so are
GitHub's deployments and its event `deployment_status` (docs.github.com/rest/deployments).
Each is known by fields that no other has; anything else stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.flows.bundle.parsing import read_text_field
from fermata.kit.digging import dig_map

_STATES = {
    "succeeded": "success", "ready": "success", "promoted": "success", "success": "success", "deployed": "success",
    "error": "failed", "failed": "failed", "crashed": "failed", "canceled": "cancelled", "cancelled": "cancelled",
}  # fmt: skip
"""Their words for an outcome -> ours. Any other is of a deploy that goes on: it is not in effect yet."""
_DONE_AT = ("published_at", "updated_at", "created_at")


def read_hook(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a deploy that a platform tells of as a change record; any other record as it is."""
    for read in (_read_vercel, _read_heroku, _read_render, _read_netlify, _read_railway, _read_github):
        found = read(record)
        if found is not None:
            return {"kind": "deployment", **{name: value for name, value in found.items() if value}}
    return record


def _read_vercel(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    payload = dig_map(record, "payload")
    deployment = dig_map(payload, "deployment")
    kind = read_text_field(record, "type")
    if not kind.startswith("deployment.") or not read_text_field(deployment, "name"):
        return None  # What integrations and checks do about a deployment names its id alone.
    meta = dig_map(deployment, "meta")
    return {
        "id": read_text_field(deployment, "id"),
        "time": record.get("createdAt"),
        "state": _write_state(kind.removeprefix("deployment.")),
        "service": read_text_field(deployment, "name"),
        "sha": read_text_field(meta, "githubCommitSha", "gitlabCommitSha", "bitbucketCommitSha"),
        "title": read_text_field(meta, "githubCommitMessage", "gitlabCommitMessage", "bitbucketCommitMessage"),
        "author": read_text_field(meta, "githubCommitAuthorName", "gitlabCommitAuthorName"),
        # Without a target it is a preview: nobody's customers see it. Only production is promoted, and has none told.
        "environment": read_text_field(payload, "target")
        or ("production" if kind == "deployment.promoted" else "preview"),
    }


def _read_heroku(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    data = dig_map(record, "data")
    if read_text_field(record, "resource") != "release" or not data:
        return None
    slug = dig_map(data, "slug")
    return {
        "id": f"v{read_text_field(data, 'version')}",
        "time": next((data[name] for name in _DONE_AT if data.get(name)), None),
        "state": _write_state(read_text_field(data, "status")),
        "service": read_text_field(dig_map(data, "app"), "name"),
        "sha": read_text_field(slug, "commit"),
        "title": read_text_field(data, "description"),
        "author": read_text_field(dig_map(data, "user"), "email"),
    }


def _read_render(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    data = dig_map(record, "data")
    kind = read_text_field(record, "type")
    if not kind.startswith("deploy_") or not read_text_field(data, "serviceId"):
        return None
    return {
        "id": read_text_field(data, "id"),
        "time": record.get("timestamp"),
        "state": _write_state(read_text_field(data, "status") or kind.removeprefix("deploy_")),
        "service": read_text_field(data, "serviceName", "serviceId"),
        "title": f"Deploy of {read_text_field(data, 'serviceName', 'serviceId')}",
    }


def _read_netlify(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not read_text_field(record, "site_id") or "commit_ref" not in record:
        return None
    return {
        "id": read_text_field(record, "id"),
        "time": next((record[name] for name in _DONE_AT if record.get(name)), None),
        "state": _write_state(read_text_field(record, "state")),
        "service": read_text_field(record, "name"),
        "sha": read_text_field(record, "commit_ref"),
        "title": read_text_field(record, "title"),
        "author": read_text_field(record, "committer"),
        # Previews of a request or of another branch are no site that customers see.
        "environment": "production" if read_text_field(record, "context") == "production" else "preview",
    }


def _read_railway(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Read both of its forms: `DEPLOY` with the deployment beside it, and `Deployment.<outcome>` with a resource."""
    kind = read_text_field(record, "type")
    if kind != "DEPLOY" and not kind.startswith("Deployment."):
        return None
    where = dig_map(record, "resource") or record
    details = dig_map(record, "details") or dig_map(dig_map(record, "deployment"), "meta")
    project, service = dig_map(where, "project"), dig_map(where, "service")
    return {
        "id": read_text_field(dig_map(where, "deployment"), "id") or read_text_field(details, "id"),
        "time": record.get("timestamp"),
        "state": _write_state(read_text_field(record, "status") or kind.removeprefix("Deployment.")),
        "service": read_text_field(service, "name") or read_text_field(project, "name"),
        "sha": read_text_field(details, "commitHash"),
        "title": read_text_field(details, "commitMessage") or f"Deploy of {read_text_field(project, 'name')}",
        "author": read_text_field(details, "commitAuthor"),
        "environment": read_text_field(dig_map(where, "environment"), "name"),
    }


def _read_github(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Read a deployment as the API gives it, which tells no outcome, or what a webhook tells of its status."""
    status = dig_map(record, "deployment_status")
    deployment = dig_map(record, "deployment") if status else record
    if not read_text_field(deployment, "statuses_url") and not status:
        return None
    if not read_text_field(deployment, "sha"):
        return None
    repository = (
        read_text_field(dig_map(record, "repository"), "full_name")
        or read_text_field(deployment, "repository_url").partition("/repos/")[2]
    )
    word = read_text_field(status, "state")
    # One that is inactive was in effect until the next one came, which is when its status says so.
    over = word == "inactive"
    return {
        "id": f"deployment-{read_text_field(deployment, 'id')}",
        "time": (None if over else status.get("created_at")) or deployment.get("created_at"),
        "state": _write_state("failed" if word == "failure" else word) if word and not over else "",
        "service": repository.rpartition("/")[2],
        "repo": repository,
        "sha": read_text_field(deployment, "sha"),
        "title": read_text_field(deployment, "description") or f"Deployment of {read_text_field(deployment, 'ref')}",
        "author": read_text_field(dig_map(deployment, "creator"), "login"),
        "environment": read_text_field(deployment, "environment"),
    }


def _write_state(word: str) -> str:
    return _STATES.get(word.lower(), "pending")
