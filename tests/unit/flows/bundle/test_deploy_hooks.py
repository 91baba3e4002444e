"""Deploys as hosting platforms tell of them by webhook."""

import pytest

from fermata.flows.bundle.deploy_hooks import read_hook

AT = "2026-11-26T21:25:00Z"
VERCEL = {
    "id": "evt_1",
    "type": "deployment.succeeded",
    "createdAt": 1795728300000,
    "payload": {
        "deployment": {
            "id": "dpl_1",
            "name": "shop",
            "meta": {"githubCommitSha": "9f1c2ab", "githubCommitMessage": "Cache", "githubCommitAuthorName": "dana"},
        },
        "target": "production",
    },
}
HEROKU = {
    "id": "w1",
    "resource": "release",
    "action": "update",
    "data": {
        "id": "r1",
        "app": {"name": "shop"},
        "description": "Deploy 4f2c9aa1",
        "status": "succeeded",
        "version": 142,
        "created_at": AT,
        "user": {"email": "dana@example.com"},
        "slug": {"commit": "4f2c9aa1"},
    },
}
RENDER = {
    "type": "deploy_ended",
    "timestamp": AT,
    "data": {"id": "evt-1", "serviceId": "srv-1", "serviceName": "shop", "status": "succeeded"},
}
NETLIFY = {
    "id": "65",
    "site_id": "s",
    "state": "ready",
    "name": "shop",
    "created_at": "2026-11-26T21:20:00Z",
    "updated_at": AT,
    "commit_ref": "9f1c2ab",
    "context": "production",
    "title": "Cache",
    "committer": "dana",
}
RAILWAY = {
    "type": "DEPLOY",
    "timestamp": AT,
    "project": {"name": "shop"},
    "environment": {"name": "production"},
    "deployment": {"id": "d", "meta": {}},
    "status": "CRASHED",
}
RAILWAY_NEW = {
    "type": "Deployment.deployed",
    "timestamp": AT,
    "details": {"commitHash": "9f1c2ab", "commitMessage": "Cache", "commitAuthor": "dana"},
    "resource": {"deployment": {"id": "d"}, "service": {"name": "api"}, "environment": {"name": "production"}},
}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (VERCEL, {"id": "dpl_1", "time": 1795728300000, "state": "success", "service": "shop", "sha": "9f1c2ab",
                  "title": "Cache", "author": "dana", "environment": "production"}),
        (HEROKU, {"id": "v142", "time": AT, "state": "success", "service": "shop", "sha": "4f2c9aa1",
                  "title": "Deploy 4f2c9aa1", "author": "dana@example.com"}),
        (RENDER, {"id": "evt-1", "time": AT, "state": "success", "service": "shop", "title": "Deploy of shop"}),
        (RENDER | {"type": "deploy_started", "data": {"id": "evt-1", "serviceId": "srv-1"}},
         {"id": "evt-1", "time": AT, "state": "pending", "service": "srv-1", "title": "Deploy of srv-1"}),
        (NETLIFY, {"id": "65", "time": AT, "state": "success", "service": "shop", "sha": "9f1c2ab", "title": "Cache",
                   "author": "dana", "environment": "production"}),
        (RAILWAY, {"id": "d", "time": AT, "state": "failed", "service": "shop", "title": "Deploy of shop",
                   "environment": "production"}),
        (RAILWAY_NEW, {"id": "d", "time": AT, "state": "success", "service": "api", "sha": "9f1c2ab", "title": "Cache",
                       "author": "dana", "environment": "production"}),
    ],
)  # fmt: skip
def test_deploy_of_a_platform_is_a_deployment(body, fields):
    """Who, what, when and where, in the fields of a record of our own."""
    assert read_hook(body) == {"kind": "deployment", **fields}


def test_deploy_without_a_target_is_a_preview():
    """Vercel deploys each branch; nobody's customers see it."""
    payload = {name: value for name, value in VERCEL["payload"].items() if name != "target"}

    assert read_hook(VERCEL | {"payload": payload})["environment"] == "preview"


def test_deploy_that_is_promoted_is_productions():
    """Vercel names no target then: it promotes nothing but to production."""
    payload = {name: value for name, value in VERCEL["payload"].items() if name != "target"}
    promoted = read_hook(VERCEL | {"type": "deployment.promoted", "payload": payload})

    assert (promoted["environment"], promoted["state"]) == ("production", "success")


@pytest.mark.parametrize(
    "record",
    [
        {"id": "dep-31", "kind": "deployment", "service": "shop", "payload": {}},
        {"id": "a", "type": "deployment.created", "payload": "x"},
        {"id": "a", "type": "deployment.integration.action.start", "payload": {"deployment": {"id": "dpl_1"}}},
        {"id": "a", "type": "deploy_window", "data": {"name": "x"}},
        {"id": "a", "resource": "release"},
        {"id": "a", "site_id": "s", "state": "ready"},
    ],
)
def test_record_of_no_platform_stays_as_it_is(record):
    """A word that a platform uses is no platform's body."""
    assert read_hook(record) is record


def test_bodies_in_a_bundle_are_changes(folder):
    """Each says when, so none is placed at the start of the window."""
    for name, body in (("a", VERCEL), ("b", HEROKU), ("c", RENDER), ("d", NETLIFY), ("e", RAILWAY)):
        folder.write(f"changes/{name}.json", body)

    bundle = folder.read()

    assert bundle.warnings == ()
    assert [item.facts["id"] for item in bundle.evidence] == ["dpl_1", "v142", "evt-1", "65", "d"]


GITHUB = {
    "id": 2041,
    "sha": "9f1c2ab3d4",
    "ref": "main",
    "task": "deploy",
    "environment": "production",
    "description": None,
    "created_at": AT,
    "creator": {"login": "dana"},
    "statuses_url": "https://api.github.com/repos/shop/api/deployments/2041/statuses",
    "repository_url": "https://api.github.com/repos/shop/api",
}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("success", "success"),
        ("failure", "failed"),
        ("error", "failed"),
        ("in_progress", "pending"),
        ("inactive", None),
    ],
)
def test_deployment_of_github_is_one_with_the_outcome_of_its_status(status, state):
    """The webhook tells it; the one that a later one replaced was in effect."""
    later = AT.replace("21:25", "21:27")
    at = AT if status == "inactive" else later
    body = {
        "action": "created",
        "deployment_status": {"state": status, "created_at": later},
        "deployment": GITHUB,
        "repository": {"full_name": "shop/api"},
    }

    found = read_hook(body)

    assert found.get("state") == state
    assert (found["kind"], found["id"], found["time"]) == ("deployment", "deployment-2041", at)
    assert (found["service"], found["repo"], found["sha"]) == ("api", "shop/api", "9f1c2ab3d4")


def test_deployment_of_github_alone_tells_no_outcome():
    """As its API lists them."""
    found = read_hook(GITHUB)

    assert (found["kind"], found["service"], found["time"], found["author"]) == ("deployment", "api", AT, "dana")
    assert found["title"] == "Deployment of main"
    assert "state" not in found


@pytest.mark.parametrize("body", [{"id": 1, "sha": "9f1c2ab"}, {"deployment_status": {"state": "success"}}])
def test_record_that_is_no_deployment_of_github_stays_as_it_is(body):
    """A commit has no statuses of its own, and a status without its deployment says nothing."""
    assert read_hook(body) is body
