"""What is GitLab's alone: quick actions, roles, blocked accounts, and comments that do not touch their issue."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from fermata.integrations.gitlab.system import GitLabSettings
from fermata.kit.errors import OperationalError
from fermata.ports.chat.nonce import find_nonce
from fermata.testing.channel_contract import build_card
from fermata.testing.web_server import Answer


async def test_card_offers_what_gitlab_lets_through(gitlab):
    """`/approve` is GitLab's own: it would be taken out, and nothing said. `/fermata approve` arrives."""
    await gitlab.deliver()
    nonce = find_nonce(gitlab.desk.card)
    assert f"\n/fermata approve {nonce}\n" in gitlab.book.issues[0].body

    swallowed = gitlab.fake.comment(gitlab.alice, f"/approve {nonce}", repository=gitlab.repository)
    arrived = gitlab.fake.comment(gitlab.alice, f"/fermata approve {nonce}", repository=gitlab.repository)
    await gitlab.look()

    assert swallowed is None
    assert arrived is not None
    assert gitlab.desk.decided == "approved by alice"


async def test_title_that_was_put_back_is_no_approval(gitlab):
    """GitLab notes a change of the title like one of the text."""
    await gitlab.deliver()
    issue = gitlab.book.issues[0]
    whole = issue.title
    gitlab.book.change(issue, title="[held] Nothing of weight")
    gitlab.book.change(issue, title=whole)
    gitlab.say(gitlab.alice, "/approve {nonce}")

    await gitlab.look()

    assert gitlab.desk.asked == []
    assert "rewrote the text of this issue" in gitlab.book.list_answers()[0]


@pytest.mark.parametrize("box", ["checklist item", "task"])
async def test_text_that_was_rewritten_with_a_ticked_box_is_no_approval(gitlab, box):
    """Of a change that ticks a box GitLab notes the box, whatever else was rewritten; older servers say task."""
    gitlab.book.box = box
    await gitlab.deliver()
    issue = gitlab.book.issues[0]
    whole = issue.body
    # The box is Fermata's own, so that nothing but the ticking is noted of somebody else.
    gitlab.book.change(issue, gitlab.book.me, body=f"{whole}\n- [ ] read the runbook")
    gitlab.book.change(issue, body="nothing of weight\n- [x] read the runbook")
    gitlab.book.change(issue, gitlab.book.me, body=whole)
    gitlab.say(gitlab.alice, "/approve {nonce}")

    await gitlab.look()

    assert gitlab.desk.asked == []
    assert "rewrote the text of this issue" in gitlab.book.list_answers()[0]


async def test_notes_that_go_on_behind_an_empty_page_let_nobody_approve(gitlab):
    """What is not read may be the rewriting that somebody saw: closed for action."""
    await gitlab.deliver()
    gitlab.say(gitlab.alice, "/approve {nonce}")
    asked = []

    def stand_in(request):
        if request.get_query("sort") == "desc":
            asked.append(request.target)
        # What is new is asked for first, and answered.
        is_history = len(asked) > 1 and asked[-1] == request.target
        return (
            Answer([], headers={"Link": f'<{gitlab.server.url}{request.target}>; rel="next"'}) if is_history else None
        )

    gitlab.fake.stand_in = stand_in
    await gitlab.look()

    assert gitlab.desk.asked == []
    assert "More was written there than is read" in gitlab.book.list_answers()[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"member": False}, "not a member"),
        ({"permission": "read"}, "no role Developer"),
        ({"blocked": True}, "the account is blocked"),
    ],
)
async def test_who_may_not_is_told_why(gitlab, changes, words):
    """Role and account are asked for at the comment."""
    await gitlab.deliver()
    for name, value in changes.items():
        setattr(gitlab.alice, name, value)
    gitlab.say(gitlab.alice, "/approve {nonce}")

    await gitlab.look()

    assert words in gitlab.desk.asked[0][0].barred


async def test_account_of_a_token_is_a_machine_on_old_servers_too(gitlab):
    """A server that does not say `bot` is known by the names it gives."""
    await gitlab.deliver()
    robot = gitlab.book.add_user("group_12_bot_0a1b")
    gitlab.say(robot, "/approve {nonce}")
    user = {"id": robot.id, "username": robot.login, "state": "active"}
    gitlab.answer(f"/users/{robot.id}", Answer(user))

    await gitlab.look()

    assert gitlab.desk.asked[0][0].bot


async def test_server_that_keeps_profiles_to_itself_is_taken_at_its_word(gitlab):
    """The membership says who may; the comment says who wrote."""
    await gitlab.deliver()
    gitlab.say(gitlab.alice, "/approve {nonce}")
    gitlab.answer(f"/users/{gitlab.alice.id}", Answer({"message": "403 Forbidden"}, 403))

    await gitlab.look()

    assert gitlab.desk.decided == "approved by alice"


async def test_note_of_the_system_is_no_comment(gitlab):
    """GitLab's own notes quote titles, and those are text of others."""
    await gitlab.deliver()
    gitlab.say(gitlab.alice, "/approve {nonce}", by_app=True)

    await gitlab.look()

    assert gitlab.desk.asked == []


async def test_comment_that_did_not_touch_its_issue_is_found(gitlab):
    """Within a minute of the last change the issue keeps its time: five minutes more are asked for."""
    await gitlab.deliver()
    await gitlab.look()
    gitlab.say(gitlab.alice, "/approve {nonce}")
    assert gitlab.book.issues[0].updated_at < gitlab.book.comments[0].created_at

    await gitlab.look()

    assert gitlab.desk.decided == "approved by alice"


async def test_issues_that_rest_are_not_asked_for(gitlab):
    """A look costs a call, and one for each issue that changed of late."""
    await gitlab.deliver()
    gitlab.book.at += timedelta(hours=1)
    await gitlab.deliver(key="inc-2")
    await gitlab.look()
    before = len(gitlab.server.requests)

    await gitlab.look()

    assert [one.path.rpartition("/")[2] for one in gitlab.server.requests[before:]] == [
        "issues",
        "notes",
        "issues",  # Of the other project.
    ]


async def test_lists_come_in_pages(gitlab):
    """Many issues and many comments: all are read."""
    gitlab.fake.page_size = 3
    for number in range(7):
        await gitlab.deliver(key=f"inc-{number}")
        for line in range(5):
            gitlab.book.say(gitlab.bob, f"words {line}")
    gitlab.say(gitlab.alice, "/approve {nonce}", issue=gitlab.book.find_issue(2))

    await gitlab.look()

    assert gitlab.desk.asked[0][2] == "inc-1"


async def test_issue_deleted_while_it_is_looked_at_costs_nothing(gitlab):
    """It was in the list, and is gone when its comments are asked for."""
    await gitlab.deliver()
    await gitlab.deliver(key="inc-2")
    gitlab.say(gitlab.alice, "/approve {nonce}", issue=gitlab.book.issues[0])
    gitlab.answer("/issues/2/notes", Answer({"message": "404 Not found"}, 404))

    await gitlab.look()

    assert gitlab.desk.decided == "approved by alice"


async def test_change_that_is_answered_by_a_page_is_an_error(gitlab):
    """A gateway's page is no issue."""
    receipt = await gitlab.deliver()
    gitlab.answer("PUT", Answer(b"<html>"))

    with pytest.raises(OperationalError, match="something else than an issue"):
        await gitlab.deliver(build_card(value="1"), receipt=receipt)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"archived": True}, "shop/backend/shop is archived"),
        ({"issues_access_level": "disabled"}, "shop/backend/shop has its issues switched off"),
    ],
)
async def test_project_that_takes_nothing_asks_for_no_permission(gitlab, changes, words):
    """GitLab says no more than "403 Forbidden", as for a role that is too low."""
    for name, value in changes.items():
        setattr(gitlab.fake, name, value)

    with pytest.raises(OperationalError, match=words) as caught:
        await gitlab.deliver()

    assert "role Reporter" not in str(caught.value)


async def test_role_that_may_not_write_is_named(gitlab):
    """Also where the project itself is as it should be."""
    gitlab.answer("POST", Answer({"message": "403 Forbidden"}, 403))

    with pytest.raises(OperationalError, match="role Reporter"):
        await gitlab.deliver()


@pytest.mark.parametrize("fault", ["", "gone", "disabled", "stranger", "public"])
async def test_doctor_says_what_is_missing(gitlab, fault):
    """Each call is made; nothing is written."""
    if fault == "gone":
        gitlab.fake.books.pop("shop/payments")
    elif fault == "disabled":
        gitlab.fake.issues_access_level = "disabled"
    elif fault == "public":
        gitlab.fake.visibility = "public"
    elif fault == "stranger":
        gitlab.book.me.member = False

    found = await gitlab.make_system().check()

    assert all(result.ok for result in found) is (fault == "")
    assert [one.method for one in gitlab.server.requests if one.method != "GET"] == []


@pytest.mark.parametrize(
    ("scopes", "permission", "words"),
    [
        (("read_api",), "write", "No card can be kept in shop/payments. The token has the scopes read_api. Give"),
        (("api",), "none", "has the access level 5: its issues get no labels. Give the token of gitlab scope api"),
    ],
)
async def test_doctor_names_a_token_that_may_not_write_cards(gitlab, scopes, permission, words):
    """What is known not to work is no finding that is well."""
    gitlab.fake.scopes, gitlab.book.me.permission = scopes, permission

    found = await gitlab.make_system().check()

    (finding,) = [one for one in found if one.name == "gitlab: issues of shop/payments"]
    assert (finding.ok, words in finding.text) == (False, True), finding.text


async def test_renamed_project_is_told_by_its_path_of_now(gitlab):
    """GitLab leads from the old path to an id, which is not followed: the channel says why it is deaf."""
    old = f"/api/v4/projects/{gitlab.repository}"

    def stand_in(request):
        if request.path == "/api/v4/projects/7":
            return Answer({"path_with_namespace": "shop/incidents"})
        if not request.path.startswith(old):
            return None
        if request.method != "GET":
            return Answer({"message": "Non GET methods are not allowed for moved projects"}, 405)
        leads = f"{gitlab.server.url}/api/v4/projects/7{request.path.removeprefix(old)}"
        return Answer({"message": "Moved"}, 301, {"Location": leads})

    await gitlab.deliver()
    gitlab.fake.stand_in = stand_in

    found = await gitlab.make_system().check()
    with pytest.raises(OperationalError, match="renamed or moved") as deaf:
        await gitlab.look()
    with pytest.raises(OperationalError, match="renamed or moved"):
        await gitlab.deliver(build_card(value="1"))

    assert "It is shop/incidents now. Write that in the settings of gitlab" in found[0].text
    assert "`fermata check gitlab` tells it" in str(deaf.value)


async def test_address_without_gitlab_is_told_as_that(gitlab):
    """Who has a token is asked of every GitLab: where nobody knows the question, the address is wrong."""
    gitlab.answer("/user", Answer({"error": "404 Not Found"}, 404))

    found = await gitlab.make_system().check()

    assert "This is no GitLab's API. Check gitlab.url" in found[0].text


@pytest.mark.parametrize(
    ("expires_at", "told"),
    [
        ("2026-12-01", (True, "good until 2026-12-01")),
        ("2026-11-30", (False, "it ends on 2026-11-30, and with it all reading and writing")),
        ("2026-11-24", (False, "it ends on 2026-11-24")),
        (None, None),
        ("some day", None),
    ],
)
async def test_token_that_ends_within_a_week_is_a_finding(gitlab, expires_at, told):
    """Nobody reads a bot's mail: at the end of that day no card would arrive any more."""
    gitlab.answer("/personal_access_tokens/self", Answer({"scopes": ["api"], "expires_at": expires_at}))

    found = {one.name: (one.ok, one.text) for one in await gitlab.make_system().check()}.get("gitlab: token")

    assert (found and (found[0], found[1][: len(told[1])])) == told


async def test_doctor_knows_no_scopes_of_a_token_of_another_kind(gitlab):
    """A job's token cannot be asked: whether it may write is known when it is tried."""
    gitlab.answer("/personal_access_tokens/self", Answer({}, 404))

    found = await gitlab.make_system().check()

    assert all(finding.ok for finding in found)


def test_section_without_anything_is_refused():
    """A token alone is a mistake."""
    with pytest.raises(ValidationError, match="name repositories"):
        GitLabSettings.model_validate({"token": "t"})


@pytest.mark.parametrize("is_internal", [True, False])
async def test_answer_is_for_those_alone_who_can_read_the_comment(gitlab, is_internal):
    """An internal note is answered by one, and a comment by one that everybody reads."""
    await gitlab.deliver()
    gitlab.say(gitlab.alice, "/ask why now?").is_internal = is_internal

    await gitlab.look()

    answer = next(one for one in gitlab.book.comments if one.body.startswith("<!-- fermata reply "))
    assert answer.is_internal is is_internal
