"""Requests and wire models of GitHub against the description that GitHub publishes, where it is at hand.

`FERMATA_TEST_GITHUB_OPENAPI` names the file: `generated/api.github.com.json` of the npm package `@octokit/openapi`, or
`descriptions/api.github.com/api.github.com.json` of github/rest-api-description. It is never part of this repository.
"""

import os
import re
import typing
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel

from fermata.domain.action import Outcome
from fermata.integrations.github import wire
from fermata.ports.publisher import Document, Order
from fermata.ports.trail import TrailScope
from fermata.testing.action_contract import KEY, plan_action
from fermata.testing.forges.github import ROUTES
from fermata.testing.forges.openapi import Published
from fermata.testing.forges.shop import ONSET, PATCH
from fermata.testing.web_server import Answer, Request

FILE = os.environ.get("FERMATA_TEST_GITHUB_OPENAPI", "")
pytestmark = pytest.mark.skipif(not FILE, reason="FERMATA_TEST_GITHUB_OPENAPI names no description")
REPO = "/repos/o/r"
START = ONSET - timedelta(hours=1)
ANSWERS = [
    (wire.RepositoryAnswer, "GET", REPO, 200, False),
    (wire.RefAnswer, "GET", f"{REPO}/git/ref/heads", 200, False),
    (wire.CommitAnswer, "GET", f"{REPO}/commits", 200, True),
    (wire.CommitAnswer, "GET", f"{REPO}/commits/a", 200, False),
    (wire.GitCommitAnswer, "GET", f"{REPO}/git/commits/a", 200, False),
    (wire.TreeAnswer, "GET", f"{REPO}/git/trees/a", 200, False),
    (wire.BlobAnswer, "GET", f"{REPO}/git/blobs/a", 200, False),
    (wire.CompareAnswer, "GET", f"{REPO}/compare/a...b", 200, False),
    (wire.DeploymentAnswer, "GET", f"{REPO}/deployments", 200, True),
    (wire.StatusAnswer, "GET", f"{REPO}/deployments/1/statuses", 200, True),
    (wire.RunsAnswer, "GET", f"{REPO}/actions/runs", 200, False),
    (wire.ReleaseAnswer, "GET", f"{REPO}/releases", 200, True),
    (wire.PullAnswer, "GET", f"{REPO}/pulls", 200, True),
    (wire.PullAnswer, "POST", f"{REPO}/pulls", 201, False),
    (wire.CheckRunsAnswer, "GET", f"{REPO}/commits/a/check-runs", 200, False),
    (wire.ObjectMark, "POST", f"{REPO}/git/trees", 201, False),
    (wire.ObjectMark, "POST", f"{REPO}/git/commits", 201, False),
    (wire.RefAnswer, "POST", f"{REPO}/git/refs", 201, False),
    (wire.RefAnswer, "PATCH", f"{REPO}/git/refs/heads/a", 200, False),
]


@pytest.fixture(scope="module")
def published():
    """Give the description; it takes a second to read."""
    return Published(Path(FILE))


async def test_every_request_is_one_that_github_describes(github, published):
    """Collecting, checking, opening both kinds of requests, taking a branch back: method, path, parameters, bodies."""
    action = github.make_action()
    for number, given in enumerate(({"revert": github.shop.guilty}, {"patch": PATCH.to_json()})):
        plan = plan_action(action, github.entity, given, await action.dry_run(github.entity, given))
        if number:
            github.answer("POST /repos/shop/shop/pulls", Answer({"message": "no"}, 422))
            github.fake.history.branches.pop(f"fermata/{KEY.mark}")
            github.fake.pulls.pop()
        result = await action.execute(plan, KEY)
        assert result.outcome is (Outcome.FAILED if number else Outcome.DONE)
        await action.probe(plan, KEY, github.clock.now())
    await github.collect()
    await github.make_system().check()
    await make_ticket(github)
    await github.make_system().find_trail().read_trail(TrailScope(start=START, end=github.clock.now()))

    github.fake.stand_in = lambda _: None
    publisher, text = github.make_system().find_publisher(), "# Post-mortem"
    for number in range(2):
        document = Document("inc_1", "Post-mortem", f"{text} {number}", {})
        await publisher.publish(Order(github.fake.repository, document))

    for request in github.server.requests:
        published.check_request(request)
    methods = {request.method for request in github.server.requests}
    assert methods == {"GET", "POST", "PATCH", "DELETE"}


async def make_ticket(github):
    """Make a ticket with a label."""
    github.book.labels.append("db")
    action, given = github.make_ticket_action(), {"title": "Alert", "labels": ["db"]}
    plan = plan_action(action, github.entity, given, await action.dry_run(github.entity, given))
    assert (await action.execute(plan, KEY)).outcome is Outcome.DONE


@pytest.mark.parametrize(("model", "method", "path", "status", "is_list"), ANSWERS)
def test_every_field_that_is_read_is_one_that_github_sends(published, model, method, path, status, is_list):
    """By the same name; always there if it is always needed; null only where null is taken."""
    schema = published.find_answer(method, path, status)

    compare(published, model, published.resolve(schema["items"]) if is_list else schema, path)


def compare(published, model, schema, where):
    """Compare a wire model with a schema, and what lies in it."""
    known = published.list_properties(schema)
    for name, field in model.model_fields.items():
        assert name in known, f"{where} has no {name}"
        own, is_required = known[name]
        kinds = {field.annotation, *typing.get_args(field.annotation)}
        assert is_required or not field.is_required(), f"{where}.{name} may be left out"
        if published.is_nullable(own):
            assert type(None) in kinds or typing.Any in kinds, f"{where}.{name} may be null"
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                inner = published.resolve(own)
                compare(published, kind, inner.get("items", inner), f"{where}.{name}")


@pytest.mark.parametrize(
    ("method", "target", "body", "words"),
    [
        ("GET", f"{REPO}/commits?branch=main", b"", "no parameter branch"),
        ("GET", f"{REPO}/pulls?state=merged", b"", "state is one of"),
        ("GET", f"{REPO}/pulls?per_page=all", b"", "per_page is a whole number"),
        ("POST", f"{REPO}/pulls", b'{"head": "a"}', "lacks some of"),
        ("POST", f"{REPO}/git/refs", b'{"ref": "a", "sha": 7}', "sha is a string"),
        ("POST", f"{REPO}/git/refs", b'{"ref": "a", "sha": null}', "sha may not be null"),
        ("POST", f"{REPO}/git/refs", b'{"ref": "a", "sha": "b", "force": true}', "has no"),
        ("PUT", f"{REPO}/pulls", b"", "the description has no PUT"),
    ],
)
def test_what_github_does_not_describe_is_seen(published, method, target, body, words):
    """The comparison itself can fail."""
    with pytest.raises(AssertionError, match=words):
        published.check_request(Request(method, target.partition("?")[0], {}, {}, body, target))


def test_fake_takes_only_parameters_that_github_describes(published):
    """A fake that takes more would let a wrong client pass."""
    for method, path, _, _, query, _ in ROUTES:
        operation = published.find_operation(method, REPO + re.sub(r"\(\?P<\w+>[^)]+\)", "a", path).replace("\\", ""))
        known = {published.resolve(one)["name"] for one in operation.get("parameters", ())}
        assert set(query.split()) <= known, (method, path)
