"""What forges tell of an incident's time: changes with the forge's times and authors, comments, and what is missing."""

from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from fermata.domain.entity import Entity
from fermata.domain.heard import HeardMessage
from fermata.ports.forge.trail import ForgeTrail
from fermata.ports.trail import TrailScope, TrailSource
from fermata.testing.forges.github import write_time
from fermata.testing.forges.issues import IssueBook
from fermata.testing.forges.shop import ONSET
from fermata.testing.web_server import Answer

INCIDENT = "inc_01kc0t2v6p9xj3mz"
START, END = ONSET - timedelta(minutes=60), ONSET + timedelta(hours=2)


@pytest.fixture
def read(rig):
    """Give a reader of the incident's three hours."""

    async def run(*, rooms=(), words=(INCIDENT, "Checkout fails for cards", "checkout"), **changes):
        scope = TrailScope(
            start=START,
            end=END,
            rooms=rooms,
            entities=(Entity(system="kubernetes", kind="service", namespace="shop", name="checkout"),),
            words=words,
        )
        source = rig.make_system(**changes).find_trail()
        assert isinstance(source, ForgeTrail)
        return await source.read_trail(scope)

    return run


def list_kinds(part):
    """Return kind and state of each change, in the order of time."""
    return [(deploy.kind, deploy.state) for deploy in part.deploys]


async def test_changes_come_with_the_forges_own_times_and_authors(rig, read):
    """Merged, tested, released at one time, deployed five minutes later; what went to staging is not production."""
    part = await read()

    deployed = next(deploy for deploy in part.deploys if deploy.kind == "deployment")
    assert {kind for kind, _ in list_kinds(part)} == {"ci_run", "deployment", "pull_request_merged", "release"}
    assert (deployed.at, deployed.author, deployed.state) == (ONSET - timedelta(minutes=15), "noor", "success")
    assert deployed.title == f"Deploy {rig.shop.guilty[:10]} to production: Speed up totals"
    assert deployed.id == f"{rig.system}:{rig.fake.repository}/deployment-2"
    assert rig.shop.guilty in deployed.url
    assert all(deploy.url.startswith("https://") for deploy in part.deploys)
    assert ("100", "noor") in {(person.user, person.name) for person in part.people}
    assert part.gaps == ()


async def test_source_is_the_one_that_the_port_describes(rig, read):
    """The house asks it by its name."""
    source = rig.make_system().find_trail()

    assert source.name == rig.system
    assert _check(source) is source


def _check(source: TrailSource) -> TrailSource:
    return source


async def test_commit_that_was_deployed_means_its_deployment(rig, read):
    """It was merged and tested before, and nobody felt that."""
    deployed = await read()
    rig.fake.deployments.clear()
    merged = await read()

    assert [one.kind for one in deployed.deploys if one.sha == rig.shop.guilty] == ["deployment"]
    assert "pull_request_merged" in [one.kind for one in merged.deploys if one.sha == rig.shop.guilty]


async def test_deployment_of_an_earlier_commit_is_a_step_back(rig, read):
    """Nobody has to compare commits for that: it ran before."""
    rig.fake.add_deployment(rig.shop.first, ONSET + timedelta(minutes=12))

    part = await read()

    (last,) = [deploy for deploy in part.deploys if deploy.at > ONSET]
    assert last.title == f"Roll back production to {rig.shop.first[:10]}"


async def test_deployment_that_waited_for_days_is_told_when_it_went_live(rig, read):
    """Behind a review or a canary it was created long before the window; what ran before is told by time, too."""
    live = ONSET + timedelta(minutes=12)
    rig.deploy_late(rig.shop.first, created_at=ONSET - timedelta(days=2), live_at=live)

    part = await read()

    (last,) = [deploy for deploy in part.deploys if deploy.at > ONSET]
    assert (last.at, last.title) == (live, f"Roll back production to {rig.shop.first[:10]}")


async def test_deployment_that_failed_never_ran(rig, read):
    """Whoever deploys the same again does not go back to it."""
    rig.fail_deployment(rig.shop.decoy, ONSET + timedelta(minutes=1))
    rig.fake.add_deployment(rig.shop.early, ONSET + timedelta(minutes=2))
    rig.fake.add_deployment(rig.shop.decoy, ONSET + timedelta(minutes=3))

    part = await read()

    titles = [deploy.title for deploy in part.deploys if deploy.at == ONSET + timedelta(minutes=3)]
    assert titles == [f"Deploy {rig.shop.decoy[:10]} to production"]


async def test_pages_are_turned_until_they_are_older_than_the_window(rig, read):
    """Most of them came after the incident."""
    for number in range(230):
        rig.fake.add_deployment(rig.shop.guilty, END + timedelta(minutes=number + 1))

    part = await read()

    assert [kind for kind, _ in list_kinds(part)].count("deployment") == 1
    assert part.gaps == ()


async def test_more_than_five_pages_are_a_gap(rig, read):
    """With the time that it goes back to."""
    for number in range(520):
        rig.fake.add_deployment(rig.shop.guilty, END + timedelta(minutes=number + 1))

    part = await read()

    (gap,) = part.gaps
    assert gap.startswith(f"{rig.system} {rig.fake.repository}: deployments: those before 2026-11-23T14:")


async def test_comments_of_issues_that_name_the_incident_are_told(rig, read):
    """By its id in the issue's text; others of the same hour are somebody else's story."""
    book = rig.fake.books[rig.fake.repository]
    noor = book.add_user("noor")
    book.at = ONSET
    issue = book.open("Checkout again", f"See {INCIDENT}", [], noor)
    comment = book.say(noor, "cards fail since the totals change", issue=issue)
    book.edit(comment, "card payments fail since the totals change")
    other = book.open("Dark mode", "please", [], noor)
    book.say(noor, "+1", issue=other)

    part = await read()

    assert [message.text for message in part.messages] == [
        f"Checkout again\n\nSee {INCIDENT}",
        "card payments fail since the totals change",
    ]
    said = part.messages[1]
    assert (said.room, said.id) == (f"{rig.fake.repository}#{issue.number}", str(comment.id))
    assert (said.at, said.edited_at) == (comment.created_at, comment.updated_at)
    assert said.url.endswith(str(comment.id))
    assert (str(noor.id), "noor") in {(person.user, person.name) for person in part.people}


async def test_what_fermata_said_and_was_told_is_left_to_its_journal(rig, read):
    """Its card, its answers, and the commands to it."""
    book = rig.fake.books[rig.fake.repository]
    noor = book.add_user("noor")
    book.at = ONSET
    card = book.open("Checkout fails for cards", f"{INCIDENT}: a plan waits", [])
    book.say(noor, "/fermata approve 0123456789abcdef", issue=card)
    book.say(book.me, "Approved", issue=card)
    book.say(noor, "rolled back, errors are gone", issue=card)

    part = await read(repository={}, rooms=(rig.fake.repository,))

    assert [message.text for message in part.messages] == ["rolled back, errors are gone"]


async def test_what_was_said_on_a_card_is_told_where_cards_have_a_repository_of_their_own(rig, read):
    """Where a team without a chat talks; and a decision that was mistyped is what somebody said."""
    book = rig.fake.books["shop/cards"] = IssueBook(rig.fake.books[rig.fake.repository].me, [])
    noor = book.add_user("noor")
    book.at = ONSET
    card = book.open("Checkout fails for cards", f"{INCIDENT}: a plan waits", [])
    book.say(noor, "only guests are hit", issue=card)
    book.say(noor, "LGTM\napprove 0123456789abcdef", issue=card)

    part = await read(repositories={}, approvals={"repository": "shop/cards"})

    assert [message.text for message in part.messages] == ["only guests are hit", "LGTM\napprove 0123456789abcdef"]
    assert part.gaps == ()


async def test_what_was_written_for_few_is_not_told(gitlab):
    """A post-mortem has other readers than an internal note and a confidential issue: how many they were is said."""
    book = gitlab.fake.books["shop/cards"] = IssueBook(gitlab.fake.books[gitlab.fake.repository].me, [])
    noor = book.add_user("noor")
    book.at = ONSET
    card = book.open("Checkout fails for cards", f"{INCIDENT}: a plan waits", [])
    book.say(noor, "Globex lost 212 orders", issue=card).is_internal = True
    book.say(book.me, "<!-- fermata reply 1 1/1 -->\n\nTo noor: nothing is halted", issue=card).is_internal = True
    book.say(noor, "only guests are hit", issue=card)
    secret = book.open("A hole", f"found during {INCIDENT}", [], noor)
    secret.is_confidential = True
    book.say(noor, "it is in the upload", issue=secret)
    settings = {"url": gitlab.server.url, "token": gitlab.fake.token, "repositories": {}}
    system = gitlab.build(settings | {"approvals": {"repository": "shop/cards"}})

    part = await system.find_trail().read_trail(TrailScope(start=START, end=END, words=(INCIDENT,)))

    assert [message.text for message in part.messages] == ["only guests are hit"]
    (gap,) = part.gaps
    assert "what 1 confidential issue and 1 internal note say, which not everybody there may read" in gap


async def test_comment_that_was_deleted_since_is_missing(rig, read):
    """Asked for by their ids, whether or not the issue names the incident any more."""
    book = rig.fake.books[rig.fake.repository]
    noor = book.add_user("noor")
    book.at = ONSET
    issue, other = (book.open(f"Checkout {number}", f"See {INCIDENT}", [], noor) for number in (1, 2))
    kept, deleted = (book.say(noor, words, issue=issue) for words in ("cards fail", "oops"))
    book.say(noor, "here, too", issue=other)
    part = await read()
    book.comments.remove(deleted)
    book.delete(other)

    missing = await rig.make_system().find_trail().find_missing(part.messages)

    here = f"{rig.system}:{rig.fake.repository}#{issue.number}"
    assert f"{here}/{deleted.id}" in missing.keys
    assert {key.rpartition("/")[0] for key in missing.keys} == {
        here,
        here.replace(f"#{issue.number}", f"#{other.number}"),
    }
    assert missing.keys.isdisjoint({f"{here}/{kept.id}", f"{here}/opened"})
    assert (len(missing.keys), missing.gaps) == (3, ())


async def test_what_cannot_be_read_again_is_not_called_missing(rig, read):
    """A repository that is closed to us answers as if there was none."""
    book = rig.fake.books[rig.fake.repository]
    book.at = ONSET
    book.open("Checkout", f"See {INCIDENT}", [], book.add_user("noor"))
    part = await read()
    rig.server.respond = lambda _: Answer({"message": "404 Not Found"}, 404)

    missing = await rig.make_system().find_trail().find_missing(part.messages)

    (gap,) = missing.gaps
    assert missing.keys == frozenset()
    assert gap.startswith(f"{rig.system} {rig.fake.repository}#")


async def test_what_became_confidential_is_missing(gitlab):
    """It may no longer be read by everybody; a note that is internal is none that was told."""
    book = gitlab.fake.books[gitlab.fake.repository]
    issue = book.open("Checkout", f"See {INCIDENT}", [], book.add_user("noor"))
    heard = HeardMessage(platform="gitlab", room=f"{gitlab.fake.repository}#{issue.number}", id="opened", at=ONSET)
    issue.is_confidential = True

    missing = await gitlab.make_system().find_trail().find_missing([heard])

    assert missing.keys == {heard.key}


async def test_notes_behind_the_five_hundredth_are_read(gitlab):
    """GitLab's own notes count among them; only what came after the incident is not asked for."""
    book = gitlab.fake.books[gitlab.fake.repository]
    noor = book.add_user("noor")
    book.at = ONSET
    issue = book.open("Checkout", f"See {INCIDENT}", [], noor)
    for number in range(620):
        book.say(noor, f"still failing, {number}", issue=issue)
    scope = TrailScope(start=START, end=END + timedelta(days=2), words=(INCIDENT,))

    part = await gitlab.make_system().find_trail().read_trail(scope)

    assert part.messages[-1].text == "still failing, 619"
    assert part.gaps == ()


async def test_notes_that_are_too_many_are_a_gap(gitlab, monkeypatch):
    """With how many were read."""
    # 2,000 notes of one issue take a minute to write down here.
    monkeypatch.setattr("fermata.integrations.gitlab.trail.MOST_NOTE_PAGES", 1)
    book = gitlab.fake.books[gitlab.fake.repository]
    noor = book.add_user("noor")
    book.at = ONSET
    issue = book.open("Checkout", f"See {INCIDENT}", [], noor)
    notes = [book.say(noor, f"still failing, {number}", issue=issue) for number in range(120)]
    scope = TrailScope(start=START, end=END, words=(INCIDENT,))
    trail = gitlab.make_system().find_trail()

    part = await trail.read_trail(scope)
    last = HeardMessage(
        platform="gitlab", room=f"{gitlab.fake.repository}#{issue.number}", id=str(notes[-1].id), at=ONSET
    )
    missing = await trail.find_missing([last])

    assert f"those behind the first 100 of #{issue.number}" in part.gaps[0]
    assert missing.keys == frozenset()
    assert "those behind the first 100" in missing.gaps[0]


async def test_nothing_but_services_named_brings_no_comments(rig, read):
    """A service's name stands in every issue of its repository."""
    book = rig.fake.books[rig.fake.repository]
    book.at = ONSET
    book.open("checkout", "checkout is slow", [], book.add_user("noor"))

    part = await read(words=("checkout", "deploy"))

    assert part.messages == []


async def test_limit_is_waited_for(rig, read):
    """Seven seconds, and everything is there."""
    asked = []

    def limit_first(request):
        asked.append(request.path)
        return Answer({"message": "slow down"}, 429, {"Retry-After": "7"}) if len(asked) == 2 else None

    rig.fake.stand_in = limit_first
    before = rig.clock.now()

    part = await read()

    assert rig.clock.now() - before >= timedelta(seconds=7)
    assert len(part.deploys) == 4
    assert part.gaps == ()


async def test_longer_limit_is_a_gap(rig, read):
    """Nobody waits an hour for a draft."""
    rig.answer("GET", Answer({"message": "slow down"}, 429, {"Retry-After": "3600"}))

    part = await read()

    assert (part.deploys, part.messages) == ([], [])
    assert part.gaps
    assert all("30 s were not enough" in gap for gap in part.gaps)


async def test_dead_forge_is_a_gap(rig, read):
    """In words, never an error."""
    rig.break_it()

    part = await read()

    assert part.deploys == []
    assert part.gaps


async def test_secret_in_a_title_is_hidden(rig, read):
    """Titles are written by people, too."""
    token = "ghp_" + "a1B2" * 9
    stamp = write_time(ONSET) if rig.system == "github" else ONSET.isoformat()
    rig.add_request("leak", ONSET, state="merged")
    rig.give_requests()[-1] |= {"title": f"Use {token}", "updated_at": stamp}

    part = await read()

    assert token not in repr(part.deploys)


@pytest.mark.parametrize(("seconds", "words"), [(240, ["its clock is 4m ahead of"]), (-90, ["behind"]), (10, [])])
async def test_clock_that_is_off_is_said(github, seconds, words):
    """Its times are told as it has them; whoever compares them with a chat must know."""
    date = format_datetime(github.clock.now() + timedelta(seconds=seconds))
    github.server.respond = lambda request: replace(github.fake.respond(request), headers={"Date": date})

    part = await github.make_system().find_trail().read_trail(TrailScope(start=START, end=END))

    assert len(part.gaps) == len(words)
    assert all(word in gap for word, gap in zip(words, part.gaps, strict=True))


async def test_missing_permission_is_a_gap_with_its_name(github):
    """The rest is there."""
    github.fake.granted = github.fake.granted - {"deployments=read", "issues=read"}
    scope = TrailScope(start=START, end=END)

    part = await github.make_system().find_trail().read_trail(scope)

    assert {kind for kind, _ in list_kinds(part)} == {"ci_run", "pull_request_merged", "release"}
    first, second = part.gaps
    assert first.startswith("github shop/shop: comments not read, HTTP 403: Resource not accessible")
    assert "needs Issues: read" in first
    assert "needs Deployments: read" in second


async def test_statuses_of_fifty_deployments_are_read(github):
    """The others are told as they were created, and that is said."""
    for number in range(60):
        github.fake.add_deployment(github.shop.guilty, ONSET + timedelta(minutes=number))

    part = await github.make_system().find_trail().read_trail(TrailScope(start=START, end=END))

    states = [state for kind, state in list_kinds(part) if kind == "deployment"]
    assert (states.count("success"), states.count("")) == (50, 11)
    assert part.gaps == ("github shop/shop: deployments: what became of 11 of 61",)


async def test_runs_are_read_page_by_page(github):
    """Five pages of them; what lies behind is said."""
    first = github.fake.runs[0]
    github.fake.runs = [first | {"id": number, "run_number": number} for number in range(230)]
    scope = TrailScope(start=START, end=END)

    some = await github.make_system().find_trail().read_trail(scope)
    github.fake.runs += [first | {"id": number} for number in range(230, 600)]
    many = await github.make_system().find_trail().read_trail(scope)

    assert [[kind for kind, _ in list_kinds(part)].count("ci_run") for part in (some, many)] == [230, 500]
    assert (some.gaps, many.gaps) == ((), ("github shop/shop: workflow runs: the 500 newest of 600",))


async def test_secondary_limit_is_no_missing_permission(github):
    """GitHub answers it with 403 and words alone."""

    def refuse(request):
        words = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return Answer({"message": words}, 403) if request.path.endswith("/deployments") else None

    github.fake.stand_in = refuse
    scope = TrailScope(start=START, end=END)

    part = await github.make_system().find_trail().read_trail(scope)

    (gap,) = part.gaps
    assert "deployments not read" in gap
    assert "permission" not in gap
    assert "Deployments: read" not in gap


async def test_comments_on_a_merge_request_that_names_the_incident_are_told(gitlab):
    """By title, description or number they are the same story; notes of the system are not."""
    stamp = (ONSET + timedelta(minutes=5)).isoformat()
    row = gitlab.fake.add_merge_request(
        "fix", title="Undo totals", description=f"for {INCIDENT}", created_at=stamp, updated_at=stamp
    )
    noor = {"id": 100, "username": "noor", "state": "active"}
    note = {"id": 5, "author": noor, "noteable_iid": row["iid"], "created_at": stamp, "updated_at": stamp}
    gitlab.fake.request_notes[row["iid"]] = [
        note | {"body": "tests pass, merging", "system": False},
        note | {"id": 6, "body": "approved this merge request", "system": True},
    ]
    scope = TrailScope(start=START, end=END, words=(INCIDENT,))

    part = await gitlab.make_system().find_trail().read_trail(scope)

    (message,) = part.messages
    assert (message.text, message.room) == ("tests pass, merging", f"shop/backend/shop!{row['iid']}")
    assert message.url.endswith(f"/merge_requests/{row['iid']}#note_5")


async def test_many_repositories_are_read_where_the_incident_names_them(github):
    """Ten of others would tell other stories; that they are left out is said when nobody can tell which count."""
    names = {f"shop/other-{number}": {"services": [f"svc-{number}"]} for number in range(12)}
    system = github.build(
        {
            "url": github.server.url,
            "token": github.fake.token,
            "repositories": {**names, "shop/shop": {"services": ["checkout"]}},
        }
    )
    scope = TrailScope(start=START, end=END, words=("checkout",))

    part = await system.find_trail().read_trail(scope)
    unnamed = await system.find_trail().read_trail(scope.model_copy(update={"words": ()}))

    assert {deploy.service for deploy in part.deploys} == {"checkout"}
    assert part.gaps == ()
    assert "github: 3 of 13 repositories not read" in unnamed.gaps
