"""A ticket as an issue of each forge: made once, found by its mark, and never more than what was shown."""

import copy
from datetime import timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.kit.diffs import write_diff
from fermata.kit.errors import OperationalError, UserError
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import KEY, OTHER_KEY, ActionContract, plan_action
from fermata.testing.forges.issues import FakeUser
from fermata.testing.web_server import Answer, Fault

TITLE = "Alert on slow statements"
STRANGER = FakeUser(99, "mallory")


def is_making(request):
    """Answer whether a request is the one that makes an issue."""
    return request.method == "POST" and request.path.endswith("/issues")


class TestCreateIssue(ActionContract):
    """The action, on both forges."""

    @pytest.fixture(autouse=True)
    def _use(self, rig):
        self.rig = rig
        rig.book.labels += ["db", "follow up"]
        rig.book.open("Another", "text", [])
        self.before = copy.deepcopy(rig.book.issues)

    def make_action(self):
        return self.rig.make_ticket_action()

    def give_target(self):
        return self.rig.entity

    def give_parameters(self):
        return {"title": TITLE, "description": "One.\nTwo.\n\n\nThree. ", "labels": ["follow up", "db", "db"]}

    def list_bad_parameters(self):
        return [
            {},
            *({"title": bad} for bad in ("", " ", 7, None, "two\nlines", "x" * 256)),
            *({"title": "x", "labels": bad} for bad in ("db", ["a,b"], [1], ["x"] * 21, [""])),
            *({"title": "x", "priority": bad} for bad in ("low", None)),
            *({"title": "x", "description": bad} for bad in (None, 1, "x" * 20_001)),
        ]

    def give_missing_target(self):
        return self.rig.entity.model_copy(update={"name": "gone"})

    async def take_snapshot(self):
        return str(self.rig.book.issues)

    async def cause_drift(self):
        self.rig.book.open(TITLE, "by somebody else", [], STRANGER)

    async def read_change(self, key):
        """Read what stands on the forge, in the form of the dry run."""
        _, new = self.rig.book.issues
        place = self.rig.fake.repository
        head = [f"title: {new.title}", f"repository: {place}", f"labels: {', '.join(new.labels)}"]
        text = "\n".join([*head, "", new.body.replace("\\\n", "\n").replace(key.mark, MARK_PLACEHOLDER)]) + "\n"
        return write_diff(f"{self.rig.system}/{place}/new issue", None, text)

    def break_system(self):
        self.rig.break_it()


async def plan(rig, **parameters):
    """Give the action, and what its dry run plans."""
    action = rig.make_ticket_action()
    given = {"title": TITLE, **parameters}
    return action, plan_action(action, rig.entity, given, await action.dry_run(rig.entity, given))


async def test_repeated_execution_makes_one_issue(rig):
    """Whoever tries again finds the first one by its mark, although people wrote around it and closed it."""
    action, planned = await plan(rig)
    await action.execute(planned, KEY)
    (issue,) = rig.book.issues
    rig.book.change(issue, body=f"Mine now.\r\n\r\n{issue.body}\r\n\r\nDone.", state="closed", title="Other words")

    again = await action.execute(planned, KEY)

    assert again.outcome is Outcome.DONE
    assert f"It is there already: {rig.fake.repository}#1 (closed): https://" in again.detail
    assert len(rig.book.issues) == 1


async def test_issue_whose_answer_was_lost_is_found(rig):
    """It was made, and nobody heard of it."""
    action, planned = await plan(rig)
    lost = Answer(fault=Fault.DROP)

    def make_and_drop(request):
        if is_making(request):
            rig.fake.stand_in = lambda _: None
            rig.fake.respond(request)
            return lost
        return None

    rig.fake.stand_in = make_and_drop
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "although the answer was lost" in result.detail
    assert len(rig.book.issues) == 1


async def test_lost_answer_without_an_issue_is_unknown(rig):
    """It may still come; nobody says that it failed."""
    action, planned = await plan(rig)
    rig.fake.stand_in = lambda request: Answer({"message": "bad gateway"}, 502) if is_making(request) else None

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert rig.book.issues == []


async def test_marks_of_others_do_not_count(rig):
    """Neither another action's, nor one that a stranger wrote, nor one that a description quotes."""
    action, planned = await plan(rig)
    other, second = await plan(rig, title="Second", description=f"Fermata-Action: {KEY.mark}")
    rig.book.open("Forged", f"Fermata-Action: {KEY.mark}", [], STRANGER)
    await other.execute(second, OTHER_KEY)

    probed = await action.probe(planned, KEY, rig.clock.now())

    assert probed.outcome is Outcome.FAILED
    assert rig.book.issues[-1].body == f"&#70;ermata-Action: {KEY.mark}\n\nFermata-Action: {OTHER_KEY.mark}"


async def test_mark_is_looked_for_over_pages_back_to_its_time(rig):
    """What lies behind older issues than the attempt is not asked for; what lies before is."""
    action, planned = await plan(rig)
    await action.execute(planned, KEY)
    for number in range(120):
        rig.book.open(f"Newer {number}", "", [])
    made_at = rig.book.issues[0].created_at

    found = await action.probe(planned, KEY, made_at)
    rig.server.requests.clear()
    late = await action.probe(planned, KEY, made_at + timedelta(days=30))

    assert found.outcome is Outcome.DONE
    assert late.outcome is Outcome.FAILED
    assert len([one for one in rig.server.requests if one.path.endswith("/issues")]) == 1


async def test_mark_behind_too_many_issues_is_not_called_absent(rig, monkeypatch):
    """Nobody knows, so nothing is made, and a probe says so."""
    monkeypatch.setattr(f"fermata.integrations.{rig.system}.tickets.MOST_OWN_PAGES", 1)
    action, planned = await plan(rig)
    for number in range(101):
        rig.book.open(f"Newer {number}", "", [])

    executed = await action.execute(planned, KEY)
    probed = await action.probe(planned, KEY, rig.book.issues[0].created_at)

    assert executed.outcome is Outcome.FAILED
    assert probed.outcome is Outcome.UNKNOWN
    assert "100 newer issues were looked through" in probed.detail
    assert len(rig.book.issues) == 101


async def test_open_issue_of_the_same_title_is_pointed_at(rig):
    """Anybody's; a closed one says nothing about today."""
    issue = rig.book.open(TITLE, "by somebody else", [], STRANGER)

    with pytest.raises(UserError, match="There is an open issue of that title") as caught:
        await plan(rig)
    rig.book.change(issue, state="closed")

    assert f"{rig.fake.repository}#1" in str(caught.value)
    assert (await plan(rig))[1].dry_run.possible


async def test_pull_request_of_the_same_title_is_no_issue(github):
    """GitHub lists both together."""
    github.book.open(TITLE, "", []).is_pull = True

    assert (await plan(github))[1].dry_run.possible


async def test_label_must_exist(rig):
    """A new one would come into being by a typing error."""
    rig.book.labels.append("db")

    with pytest.raises(UserError, match="has no label dbb") as caught:
        await plan(rig, labels=["db", "dbb"])

    assert "Make the label in Git" in caught.value.do


async def test_label_is_shown_as_the_forge_writes_it(github):
    """GitHub takes another letter case for the same label."""
    github.book.labels.append("Needs/Review")

    action, planned = await plan(github, labels=["needs/review"])
    await action.execute(planned, KEY)

    assert "+labels: Needs/Review" in planned.dry_run.diff
    assert github.book.issues[0].labels == ["Needs/Review"]


async def test_label_that_would_be_dropped_is_refused(github):
    """GitHub says nothing when the token's user may not push: the issue would not be the one that was shown."""
    github.book.labels.append("db")
    github.fake.can_push = False

    with pytest.raises(UserError, match="would get no labels"):
        await plan(github, labels=["db"])

    assert (await plan(github))[1].dry_run.possible


async def test_label_among_too_many_is_not_called_missing(gitlab, monkeypatch):
    """What was not looked at may be there."""
    monkeypatch.setattr("fermata.integrations.gitlab.tickets._MOST_LABEL_PAGES", 1)
    gitlab.book.labels += [f"label-{number:03}" for number in range(101)]

    with pytest.raises(OperationalError, match="cannot be told"):
        await plan(gitlab, labels=["label-100"])

    assert (await plan(gitlab, labels=["label-099"]))[1].dry_run.possible


@pytest.mark.parametrize("change", [{"archived": True}, {"has_issues": False, "issues_access_level": "disabled"}])
async def test_repository_without_issues_takes_no_ticket(rig, change):
    """It is said before anything is tried, and `fermata check` takes it for no fault: nobody has to make tickets."""
    row = {"id": 1, "full_name": "shop/shop", "path_with_namespace": "shop/backend/shop", "default_branch": "main"}
    path = "/repos/shop/shop" if rig.system == "github" else "/api/v4/projects/shop/backend/shop"
    rig.fake.stand_in = lambda request: Answer(row | change) if request.path == path else None

    with pytest.raises(UserError, match="No issue can be created"):
        await plan(rig)

    (finding,) = [one for one in await rig.make_system().check() if one.name.endswith(": tickets")]
    assert finding.ok
    assert "none can be made here: it" in finding.text


async def test_repository_that_is_gone_takes_no_ticket(rig):
    """The settings are to be corrected, and that is said."""
    rig.fake.is_gone = True

    with pytest.raises(UserError, match="No issue can be created") as caught:
        await plan(rig)

    assert f"{rig.system}.repositories" in caught.value.do


async def test_text_from_outside_is_shown_as_it_stands(rig):
    """It mentions nobody, refers to nothing and runs nothing; lists stay lists."""
    text = "As @ops said in #12:\n/close\n- first <b>\n- second\nEnd"

    action, planned = await plan(rig, description=text)
    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert rig.book.issues[0].body == (
        f"As `@ops` said in `#12`:\\\n`/close`\n\n- first `<b>`\n- second\n\nEnd\n\nFermata-Action: {KEY.mark}"
    )


async def test_text_that_grows_too_long_is_refused(github):
    """What keeps signs harmless takes room, and GitHub's is 65,536 characters."""
    with pytest.raises(UserError, match="too long for GitHub"):
        await plan(github, description="`\n" * 10_000)


async def test_missing_permission_is_named_when_it_is_tried(github):
    """Nothing was made, for certain."""
    action, planned = await plan(github)
    github.fake.granted -= {"issues=write"}

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "it needs Issues: write" in result.detail


async def test_missing_scope_is_named_when_it_is_tried(gitlab):
    """The same, in GitLab's words."""
    action, planned = await plan(gitlab)
    gitlab.fake.scopes = ("read_api",)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "it needs scope api" in result.detail


async def test_token_that_may_not_ask_who_it_is_finds_its_mark(github):
    """An app's installation looks through everybody's issues."""
    action, planned = await plan(github)
    refused = Answer({"message": "Resource not accessible by integration"}, 403)
    github.fake.stand_in = lambda request: refused if request.path == "/user" else None

    made = await action.execute(planned, KEY)
    again = await action.execute(planned, KEY)

    assert (made.outcome, again.outcome) == (Outcome.DONE, Outcome.DONE)
    assert len(github.book.issues) == 1


async def test_doctor_names_what_tickets_need(github):
    """Reading is tried; writing GitHub does not tell."""
    assert "Issues: write, GitHub does not tell" in await find_text(github)

    github.fake.can_push = False
    assert "they get no labels: the token's user may not push" in await find_text(github)

    github.fake.granted -= {"issues=read"}
    assert "it needs Issues: read to find tickets, and Issues: write to make them" in await find_text(github)


async def test_doctor_tells_scopes_where_they_can_be_asked_for(gitlab):
    """A job's token has none to ask for."""
    gitlab.fake.scopes = ("read_api",)
    assert "Give the token of gitlab scope api" in await find_text(gitlab)

    gitlab.answer("/personal_access_tokens/self", Answer({}, 404))
    assert "known when it is tried" in await find_text(gitlab)


async def find_text(rig):
    """Give the doctor's words about tickets."""
    (finding,) = [one for one in await rig.make_system().check() if one.name.endswith(": tickets")]
    return finding.text
