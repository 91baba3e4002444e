"""What is GitHub's alone: moved issues, deleted accounts, apps, and the description that GitHub publishes."""

import os
import typing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from fermata.integrations.github import issue_wire as wire
from fermata.integrations.github.system import GitHubSettings
from fermata.kit.errors import OperationalError
from fermata.ports.chat.nonce import find_nonce
from fermata.ports.forge.issues.records import Comment
from fermata.testing.channel_contract import build_card, build_long_card
from fermata.testing.forges.github_issues import ISSUE_ROUTES
from fermata.testing.forges.openapi import Published
from fermata.testing.web_server import Answer

FILE = os.environ.get("FERMATA_TEST_GITHUB_OPENAPI", "")
REPO = "/repos/o/r"
ANSWERS = [
    (wire.UserAnswer, "GET", "/user", 200, False),
    (wire.IssueAnswer, "GET", f"{REPO}/issues", 200, True),
    (wire.IssueAnswer, "GET", f"{REPO}/issues/1", 200, False),
    (wire.IssueAnswer, "POST", f"{REPO}/issues", 201, False),
    (wire.IssueAnswer, "PATCH", f"{REPO}/issues/1", 200, False),
    (wire.CommentAnswer, "GET", f"{REPO}/issues/1/comments", 200, True),
    (wire.CommentAnswer, "GET", f"{REPO}/issues/comments", 200, True),
    (wire.CommentAnswer, "POST", f"{REPO}/issues/1/comments", 201, False),
    (wire.PermissionAnswer, "GET", f"{REPO}/collaborators/a/permission", 200, False),
    (wire.UserAnswer, "GET", "/user/7", 200, False),
    (wire.TeamAnswer, "GET", f"{REPO}/teams", 200, True),
    (wire.MembershipAnswer, "GET", "/orgs/o/teams/t/memberships/a", 200, False),
    (wire.IssueRepositoryAnswer, "GET", REPO, 200, False),
    (wire.TicketAnswer, "GET", f"{REPO}/issues", 200, True),
    (wire.TicketAnswer, "POST", f"{REPO}/issues", 201, False),
    (wire.TicketRepositoryAnswer, "GET", REPO, 200, False),
    (wire.KnownLabelAnswer, "GET", f"{REPO}/labels/a", 200, False),
]

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def published():
    """Give the description, where it is at hand; it takes a second to read."""
    if not FILE:
        pytest.skip("FERMATA_TEST_GITHUB_OPENAPI names no description")
    return Published(Path(FILE))


async def test_moved_issue_is_opened_anew(github):
    """An issue that somebody moved to another repository is gone from this one."""
    receipt = await github.deliver()
    github.book.issues[0].moved = True

    await github.deliver(receipt=receipt)

    assert len(github.book.issues) == 2


async def test_moved_issue_that_leads_to_an_id_is_no_renamed_repository(github):
    """The repository itself is asked: it is where it was."""
    receipt = await github.deliver()
    leads = Answer({"message": "Moved Permanently"}, 301, {"Location": f"{github.server.url}/repositories/9/issues/3"})
    github.answer("GET /repos/shop/shop/issues/1", leads)

    assert await github.deliver(receipt=receipt) != receipt


async def test_comment_of_a_deleted_account_is_nobodys(github):
    """Nobody can be asked what they may do, and nobody is there to be answered."""
    await github.deliver()
    github.say(None, "/approve {nonce}")

    await github.look()

    assert github.desk.asked == []


async def test_app_that_acts_for_a_person_is_an_app(github):
    """Nobody sees whether Alice wrote it, or what she once allowed to write."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}", by_app=True)

    await github.look()

    assert github.desk.asked[0][0].bot


async def test_name_that_went_to_somebody_else_bars(github):
    """The name stands for another number by now: the permission asked for would be theirs."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    answer = {"permission": "admin", "user": {"id": 4711, "login": "alice", "type": "User"}}
    github.answer("/permission", Answer(answer))

    await github.look()

    assert "belongs to another account now" in github.desk.asked[0][0].barred


async def test_app_that_may_not_ask_who_it_is_shows_one_issue(github):
    """An installation's token: its issues are found by label and marker, and its account is known once it wrote."""
    unknown = Answer({"message": "Resource not accessible by integration"}, 403)

    def stand_in(request):
        return unknown if request.path == "/user" else None

    github.fake.stand_in = stand_in
    await github.deliver(build_long_card(8_000))
    github.start()
    await github.deliver(build_long_card(8_000))
    github.say(github.alice, "/approve {nonce}")
    github.start()
    await github.look()
    await github.look()

    assert len(github.book.issues) == 1
    assert github.desk.decided == "approved by alice"
    assert len(github.book.list_answers()) == 1


async def test_issue_without_the_label_is_not_an_unknown_accounts(github):
    """Anybody can write a marker; the label takes the right to write."""
    github.answer("/user", Answer({"message": "Not Found"}, 404))
    trap = github.book.open("trap", "<!-- fermata inc-1 -->\nhello", [], author=github.bob)
    github.say(github.alice, "/approve {nonce}", issue=trap)

    await github.look()

    assert github.desk.asked == []


async def test_permission_that_may_not_be_asked_for_bars(github):
    """A token that is too narrow lets nobody decide, and the answer names what it needs."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer("/permission", Answer({"message": "Must have push access"}, 403))

    await github.look()

    assert "Metadata: read" in github.desk.asked[0][0].barred


async def test_name_that_is_gone_bars(github):
    """A login that no account has any more works on nothing."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")
    github.answer("/permission", Answer({"message": "not a user"}, 404))

    await github.look()

    assert github.desk.decided == ""


async def test_change_that_is_answered_by_a_page_is_an_error(github):
    """A gateway's page is no issue."""
    receipt = await github.deliver()
    github.answer("PATCH", Answer(b"<html>"))

    with pytest.raises(OperationalError, match="something else than an issue"):
        await github.deliver(build_card(value="1"), receipt=receipt)


async def test_labels_that_are_dropped_do_no_harm(github):
    """Without the right to push GitHub drops labels silently: the card stands, and is found again."""
    github.fake.can_push = False
    await github.deliver()
    github.start()

    await github.deliver()

    assert [issue.labels for issue in github.book.issues] == [[]]


@pytest.mark.parametrize("status", [403, 404])
async def test_label_that_cannot_be_changed_keeps_no_card_back(github, status):
    """What is told stands in the text; a label may be gone, or may not be the token's to set."""
    receipt = await github.deliver()
    github.answer("/labels", Answer({"message": "no"}, status))

    await github.deliver(build_card(value="1").model_copy(update={"subtitle": "resolved; since"}), receipt=receipt)

    assert github.book.issues[0].state == "closed"


async def test_many_comments_come_in_pages(github):
    """More than one answer holds: the rest is asked for at once, and none is missed."""
    await github.deliver()
    for number in range(1_050):
        github.book.say(github.bob, f"words {number}")
    github.say(github.alice, "/approve {nonce}")

    assert await github.look() == 0
    await github.look()

    assert github.desk.decided == "approved by alice"


async def test_old_comments_are_not_asked_for_again(github):
    """The mark moves with GitHub's own time, five minutes behind the newest comment."""
    await github.deliver()
    github.book.at += timedelta(hours=1)
    github.book.say(github.bob, "words")
    await github.look()

    await github.look()

    asked = [one.get_query("since") for one in github.server.requests if one.path == "/repos/shop/shop/issues/comments"]
    assert asked[1] == (github.book.at - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize("changes", [{"archived": True}, {"has_issues": False}])
async def test_doctor_names_a_repository_that_takes_no_issues(github, changes):
    """Archived, or its issues are switched off."""
    row = {"full_name": "shop/shop", "has_issues": True, "permissions": {"push": True}}
    github.fake.stand_in = lambda request: Answer(row | changes) if request.path == "/repos/shop/shop" else None

    found = await github.make_system(webhook_secret=None).check()

    assert [result.ok for result in found] == [False, True, True]
    assert "asked for every 60 s" in found[2].text


async def test_public_repository_is_a_fault_unless_it_is_meant(github):
    """Whoever reads the card reads hosts, commits and diffs."""
    row = {"full_name": "shop/shop", "visibility": "public", "permissions": {"push": True}}
    github.fake.stand_in = lambda request: Answer(row) if request.path == "/repos/shop/shop" else None

    found = await github.make_system().check()
    meant = await github.make_system(public=True).check()

    assert [result.ok for result in found] == [False, True, True]
    assert "everybody reads the cards" in found[0].text
    assert all(result.ok for result in meant)


async def test_renamed_repository_is_told_by_its_name_of_now(github):
    """GitHub leads from the old name to an id, which is not followed: the channel says why it is deaf."""
    leads = {"Location": f"{github.server.url}/repositories/7"}

    def stand_in(request):
        if request.path == "/repositories/7":
            return Answer({"full_name": "shop/incidents", "permissions": {"push": True}})
        moved = request.path.startswith("/repos/shop/shop")
        rest = request.path.removeprefix("/repos/shop/shop")
        return Answer({"message": "Moved Permanently"}, 301, {"Location": leads["Location"] + rest}) if moved else None

    await github.deliver()
    github.fake.stand_in = stand_in

    found = await github.make_system().check()
    with pytest.raises(OperationalError, match="renamed or moved") as deaf:
        await github.look()
    with pytest.raises(OperationalError, match="renamed or moved"):
        await github.deliver()

    assert "It is shop/incidents now" in found[0].text
    assert "`fermata check github` tells it" in str(deaf.value)


async def test_repository_of_a_person_has_no_teams(github):
    """GitHub answers 404: nobody has a role by a team."""
    github.alice.groups = ("shop/oncall",)
    github.answer("/teams", Answer({"message": "Not Found"}, 404))

    assert list(await github.make_system().find_directory().list_groups(str(github.alice.id))) == []


@pytest.mark.parametrize("approvals", ["shop", "a/b/c", "/x"])
def test_repository_has_two_names(approvals):
    """What is no repository of GitHub is refused at the start."""
    with pytest.raises(ValidationError, match="owner/name"):
        GitHubSettings.model_validate({"token": "t", "approvals": {"repository": approvals}})


def test_section_without_anything_is_refused():
    """A token alone is a mistake."""
    with pytest.raises(ValidationError, match="name repositories"):
        GitHubSettings.model_validate({"token": "t"})


async def test_every_request_is_one_that_github_describes(github, published):
    """Cards of all kinds, every command, the doctor: method, path, parameters, bodies."""
    receipt = await github.deliver(build_long_card(8_000))
    await github.deliver(build_card(), receipt=receipt)
    github.say(github.alice, "/approve {nonce}")
    await github.look()
    await github.deliver(build_card().model_copy(update={"subtitle": "resolved; x", "can_decide": False}))
    await github.make_system().check()
    github.alice.groups = ("shop/oncall",)
    await github.make_system().find_directory().list_groups(str(github.alice.id))

    for request in github.server.requests:
        published.check_request(request)
    assert {request.method for request in github.server.requests} == {"GET", "POST", "PATCH", "DELETE"}


@pytest.mark.parametrize(("model", "method", "path", "status", "is_list"), ANSWERS)
def test_every_field_that_is_read_is_one_that_github_sends(published, model, method, path, status, is_list):
    """By the same name; always there if it is always needed; null only where null is taken."""
    schema = published.find_answer(method, path, status)

    for kind in schema.get("oneOf", (schema,)):
        _compare(published, model, published.resolve(schema["items"] if is_list else kind), path)


def _compare(published, model, schema, where):
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
                _compare(published, kind, published.resolve(own), f"{where}.{name}")


@pytest.mark.parametrize("route", ISSUE_ROUTES, ids=[f"{row[0]} {row[1]}" for row in ISSUE_ROUTES])
def test_fake_takes_nothing_that_github_does_not(published, route):
    """Parameters and fields of every call of the fake are in the description, and what must be there is asked for."""
    method, path, _, _, query, body = route
    named = (
        path.replace(r"(?P<number>\d+)", "1")
        .replace(r"(?P<id>\d+)", "1")
        .replace("(?P<user>[^/]+)", "a")
        .replace("(?P<label>.+)", "a")
    )
    operation = published.find_operation(method, f"{REPO}{named}")
    known = {one["name"] for one in map(published.resolve, operation.get("parameters", ()))}

    assert set(query.split()) <= known
    if body:
        schema = published.resolve(operation["requestBody"]["content"]["application/json"]["schema"])
        schema = published.resolve(schema.get("oneOf", (schema,))[0])  # Of labels a bare list is taken as well.
        assert {name.rstrip("?") for name in body.split()} <= set(schema["properties"])
        assert set(schema.get("required", ())) <= {name for name in body.split() if not name.endswith("?")}


async def test_comment_that_was_rewritten_within_its_second_approves_nothing(github):
    """REST gives such an edit the time of the comment; GraphQL says that there was one."""
    await github.deliver()
    comment = github.say(github.alice, "I am not sure about this.")
    github.book.edit(comment, f"/approve {find_nonce(github.desk.card)}")
    comment.updated_at = comment.created_at

    await github.look()

    assert github.desk.asked == []
    assert "edited comments do not count" in github.book.list_answers()[0]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer({"data": {"node": None}, "errors": [{"type": "FORBIDDEN", "message": "no"}]}), "Give the token Issues"),
        (Answer({"data": {"node": None}}), "It is gone"),
        (Answer({"data": {"node": {}}}), "lastEditedAt"),
        (Answer({"message": "Not Found"}, 404), "cannot be told"),
    ],
)
async def test_approval_of_which_nobody_says_whether_it_was_edited_is_not_counted(github, answer, words):
    """Closed for action: what cannot be told is taken for the worse. A rejection counts."""
    await github.deliver()
    github.answer("POST /graphql", answer)
    github.say(github.alice, "/approve {nonce}")

    await github.look()

    assert github.desk.asked == []
    assert words in github.book.list_answers()[0]
    github.say(github.alice, "/reject {nonce}")
    await github.look()
    assert github.desk.decided == "rejected by alice"


async def test_issue_whose_history_nobody_tells_is_not_approved(github):
    """A token that may not see it, a proxy that knows another query: what cannot be told is taken for the worse."""
    await github.deliver()
    github.say(github.alice, "/approve {nonce}")

    def stand_in(request):
        body = request.body or b""
        return Answer({"data": {"node": None}}) if b"userContentEdits" in body else None

    github.fake.stand_in = stand_in
    await github.look()

    assert github.desk.asked == []
    assert "who rewrote the text" in github.book.list_answers()[0]


async def look_with_history(github, ends):
    """Look at the comments while GitHub tells that of the issue's text."""

    def stand_in(request):
        found = b"userContentEdits" in (request.body or b"")
        return Answer({"data": {"node": {"first": ends, "last": ends}}}) if found else None

    github.fake.stand_in = stand_in
    await github.look()


async def test_editor_whose_account_is_gone_is_somebody_else(github):
    """GitHub tells no editor then: it was not Fermata's own account, which asks."""
    await github.deliver()
    edit = {"editedAt": "2026-11-23T10:00:01Z", "editor": None}
    ends = {"totalCount": 1, "nodes": [edit]}
    github.say(github.alice, "/approve {nonce}")

    await look_with_history(github, ends)

    assert "somebody rewrote the text" in github.book.list_answers()[0]


async def test_history_that_is_counted_and_not_shown_lets_nobody_approve(github):
    """What is not read may be the rewriting that somebody saw: closed for action."""
    await github.deliver()
    ends = {"totalCount": 2, "nodes": []}
    github.say(github.alice, "/approve {nonce}")

    await look_with_history(github, ends)

    assert github.desk.asked == []
    assert "than is read" in github.book.list_answers()[0]


SLOW_DOWN = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
FAILED = "Something went wrong while executing your query. This may be the result of a timeout."


@pytest.mark.parametrize(
    "said",
    [
        {"data": {"node": None}, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]},
        {"data": None, "errors": [{"message": SLOW_DOWN}]},
        {"message": SLOW_DOWN},
        {"data": None, "errors": [{"message": FAILED}]},
    ],
)
async def test_approval_waits_while_graphql_cannot_answer(github, said):
    """GraphQL tells of its limits and of its own faults with status 200; the comment is looked at again."""
    await github.deliver()
    github.answer("POST /graphql", Answer(said))
    github.say(github.alice, "/approve {nonce}")
    await github.look()
    assert github.book.list_answers() == []

    github.fake.stand_in = lambda _: None
    github.clock.advance(timedelta(minutes=10))
    await github.look()

    assert github.desk.decided == "approved by alice"


async def test_graphql_of_a_server_of_ones_own_lies_beside_its_rest(github):
    """Its address is https://<host>/api/graphql where REST has https://<host>/api/v3."""
    asked = []

    def stand_in(request):
        asked.append(request.path)
        return Answer({"data": {"node": {"lastEditedAt": None}}})

    github.server.respond = stand_in
    settings = {"url": f"{github.server.url}/api/v3", "token": "t", "approvals": {"repository": "shop/shop"}}
    forge = github.build(settings).find_channel()._forge
    comment = Comment("1", 1, "", None, by_machine=False, created_at=NOON, updated_at=NOON, node="IC_1")

    async with forge.open_issues("shop/shop") as session:
        assert not await session.was_edited(comment)

    assert asked == ["/api/graphql"]


async def test_doctor_finds_out_that_nobody_would_say_what_was_edited(github):
    """Behind a proxy that knows only REST no approval would count."""
    github.answer("POST /graphql", Answer({"message": "Not Found"}, 404))

    found = await github.make_system().check()

    assert [one.name for one in found if "/graphql" in one.text and not one.ok] == [
        "github: issues of shop/shop",
        "github: issues of shop/payments",
    ]
