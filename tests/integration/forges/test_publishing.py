"""A document as files on a branch of a GitHub and of a GitLab, with the request that people merge."""

import pytest

from fermata.kit.errors import OperationalError, TransientError, UserError
from fermata.ports.publisher import Order, PublishState
from fermata.testing.publisher_contract import SVG, TEXT, PublisherContract, make_document
from fermata.testing.web_server import Answer, Fault

NEWER = TEXT.replace("14:05:00", "14:06:30")
NAME = "fermata/postmortem-inc_1"
PATH = "postmortems/inc_1.md"


class Stage:
    """A forge and what publishes to it."""

    shows_comments = True

    def __init__(self, rig):
        self.rig = rig
        self.history = rig.fake.history
        self.place = rig.fake.repository
        self.publisher = rig.make_system().find_publisher()

    def list_requests(self):
        """Give the rows of requests that Fermata opened, with the names that both forges have for things."""
        for row in self.rig.give_requests():
            branch = row.get("source_branch") or row["head"]["ref"]
            if branch.startswith("fermata/"):
                yield row, branch, row.get("web_url") or row["html_url"]

    def list_pages(self):
        """Give the Markdown of each open request."""
        found = {}
        for row, branch, url in self.list_requests():
            if row["state"] in ("open", "opened"):
                tree = self.history.find(branch).tree
                text = "".join(content.decode() for path, (_, content) in tree.items() if path.endswith(".md"))
                # As it is read once it is rendered.
                found[url] = text.replace("\\<", "<").replace("\\>", ">")
        return found

    def read(self, branch=NAME, path=PATH):
        """Give a file's text on a branch."""
        return self.history.find(branch).tree[path][1].decode()

    def edit(self, old, new):
        """Let somebody push to the branch."""
        self.history.commit(NAME, {PATH: self.read().replace(old, new)}, "Say more")

    def remove(self):
        """Let somebody close the request."""
        self.end("closed")

    def end(self, state):
        """Close or merge the one request."""
        ((row, branch, _),) = self.list_requests()
        row["state"] = "closed" if "head" in row else state
        if state == "merged":
            tree = self.history.find(branch).tree
            sha = self.history.commit("main", {path: content for path, (_, content) in tree.items()}, "Merge")
            row.update(merged_at=row["created_at"], merge_commit_sha=sha)

    async def publish(self, text=TEXT, **changes):
        """Publish a document."""
        return await self.publisher.publish(Order(self.place, make_document(text), **changes))


@pytest.fixture(params=["github", "gitlab"])
def stage(request):
    """Give each forge."""
    return Stage(request.getfixturevalue(request.param))


class TestForge(PublisherContract):
    """Both forges keep the contract."""

    # A file is shown as it is: nothing brings the halves of a secret together but whoever reads it.
    test_secret_that_markup_parts_is_hidden = None


async def test_request_holds_the_document_and_its_drawings(stage):
    """Markdown as it is, drawings beside it, and a request that says what it is."""
    published = await stage.publish()

    assert stage.read() == TEXT
    assert stage.read(path="postmortems/plots/errors.svg") == SVG
    branch, title, body = stage.rig.read_opened()
    assert (branch, title) == (NAME, "Post-mortem: Checkout fails (inc_1)")
    assert "what you change stays" in body
    assert published.receipt.version == stage.history.branches[NAME]
    assert "Fermata-Document: inc_1" in stage.history.find(NAME).message


async def test_folder_may_be_named(stage):
    """What is none of a repository is refused."""
    await stage.publisher.publish(Order(f"{stage.place}:docs/incidents", make_document()))

    assert stage.read(path="docs/incidents/inc_1.md") == TEXT
    for folder in ("../x", "/etc", "a//b", ".git/hooks", "a/../b"):
        with pytest.raises(UserError, match="no folder"):
            await stage.publisher.publish(Order(f"{stage.place}:{folder}", make_document()))


async def test_merged_document_is_continued_by_a_new_request(stage):
    """As long as nobody changed the file on the base branch."""
    first = await stage.publish()
    stage.end("merged")

    same = await stage.publish(receipt=first.receipt)
    newer = await stage.publish(NEWER, receipt=first.receipt)

    assert (same.state, same.url) == (PublishState.UNCHANGED, first.url)
    assert newer.state is PublishState.CREATED
    assert newer.url != first.url
    assert stage.read(f"{NAME}-2") == NEWER
    assert stage.read("main") == TEXT


async def test_merged_document_that_was_edited_is_left(stage):
    """An edit on the base branch is nobody's to take back, until it is said."""
    first = await stage.publish()
    stage.end("merged")
    stage.history.commit("main", {PATH: TEXT.replace("Second", "Second thoughts")}, "Say more")

    left = await stage.publish(NEWER, receipt=first.receipt)
    forgotten = await stage.publish(NEWER)
    forced = await stage.publish(NEWER, receipt=first.receipt, is_forced=True)

    assert (left.state, forgotten.state) == (PublishState.LEFT, PublishState.LEFT)
    assert "was changed on main" in left.why
    assert forced.state is PublishState.CREATED
    assert "thoughts" in stage.read("main")


async def test_file_that_says_the_same_needs_no_request(stage):
    """Somebody put it on the base branch by hand."""
    plots = {f"postmortems/{path}": svg for path, svg in make_document().drawings.items()}
    stage.history.commit("main", {PATH: TEXT, **plots}, "By hand")

    published = await stage.publish()

    assert (published.state, stage.list_pages()) == (PublishState.UNCHANGED, {})


async def test_merged_document_whose_file_or_receipt_is_gone_is_left(stage):
    """Then nobody can say whether somebody changed it."""
    first = await stage.publish()
    stage.end("merged")
    unknown = first.receipt.model_copy(update={"version": "0" * 40})

    lost = await stage.publish(NEWER, receipt=unknown)
    stage.history.commit("main", {PATH: None}, "Away with it")
    away = await stage.publish(NEWER, receipt=first.receipt)

    assert (lost.state, away.state) == (PublishState.LEFT, PublishState.LEFT)


async def test_commit_that_is_refused_is_no_push_of_somebody_else(stage):
    """The branch did not move: it is said as it is."""
    first = await stage.publish()
    stage.rig.fake.stand_in = lambda request: (
        Answer({"message": "protected"}, 403) if request.method in ("POST", "PATCH") else None
    )

    with pytest.raises(OperationalError, match="HTTP 403"):
        await stage.publish(NEWER, receipt=first.receipt)


async def test_document_without_end_is_refused(stage):
    """After fifty closed requests, somebody should look."""
    for number in range(1, 51):
        stage.rig.add_request(NAME if number == 1 else f"{NAME}-{number}", stage.rig.clock.now(), "closed")

    with pytest.raises(UserError, match="50 times"):
        await stage.publish(is_forced=True)


async def test_branch_without_its_request_gets_one(stage):
    """A crash between the two leaves a branch: the next export goes on there."""
    stage.rig.fake.stand_in = lambda request: (
        Answer({"message": "no"}, 422)
        if request.method == "POST" and request.path.endswith(stage.rig.merge_path)
        else None
    )
    with pytest.raises(OperationalError):
        await stage.publish()
    assert stage.list_pages() == {}
    stage.rig.fake.stand_in = lambda _: None

    published = await stage.publish(NEWER)

    assert published.state is PublishState.CREATED
    assert stage.read() == NEWER


async def test_push_at_the_same_moment_is_left(stage):
    """Between reading the branch and writing to it, somebody pushes."""
    first = await stage.publish()

    def race(request):
        # The last call before the branch is written to that is not repeated.
        if request.path.endswith("/git/commits") or "/repository/files/" in request.path:
            stage.rig.fake.stand_in = lambda _: None
            stage.edit("Second", "Second thoughts")

    stage.rig.fake.stand_in = race

    left = await stage.publish(NEWER, receipt=first.receipt)

    assert left.state is PublishState.LEFT
    assert "Second thoughts" in stage.read()


async def test_forge_without_repositories_publishes_nothing(stage):
    """Where only approvals are set, there is no place to publish to."""
    approvals = {"repository": stage.place}
    system = stage.rig.make_system(repositories={}, approvals=approvals)

    assert system.find_publisher() is None


def lose_answer(stage, is_meant):
    """Let the first such call be done, and its answer not arrive."""
    real, lost = stage.rig.server.respond, []

    def respond(request):
        answer = real(request)
        if lost or not is_meant(request):
            return answer
        lost.append(request)
        return Answer(fault=Fault.DROP)

    stage.rig.server.respond = respond


def is_commit(request):
    """Answer whether a call puts a commit on a branch that is there."""
    return request.method in ("PATCH", "PUT") or request.path.endswith("/repository/commits")


async def test_commit_whose_answer_was_lost_is_no_push_of_somebody_else(stage):
    """It is on the branch and proves itself: nobody is told that they pushed, and the next export goes on there."""
    first = await stage.publish()
    lose_answer(stage, is_commit)

    updated = await stage.publish(NEWER, receipt=first.receipt)

    assert (updated.state, stage.read()) == (PublishState.UPDATED, NEWER)
    assert updated.receipt.version == stage.history.branches[NAME]
    assert len(list(stage.list_requests())) == 1


async def test_refusal_is_told_where_nothing_can_be_asked_after_it(stage):
    """A limit closes the way: what it said is the reason, and not that nobody is asked now."""
    first = await stage.publish()
    limit = Answer({"message": "slow down"}, 429, {"Retry-After": "90"})
    stage.rig.fake.stand_in = lambda request: limit if request.method in ("POST", "PUT", "PATCH") else None

    with pytest.raises(TransientError, match=r"slow down.*asks to wait 1m"):
        await stage.publish(NEWER, receipt=first.receipt)


async def test_update_that_a_crash_left_without_its_receipt_is_gone_on_with(stage):
    """What is remembered is one commit behind: the commit after it is known as one of Fermata's."""
    first = await stage.publish()
    await stage.publish(NEWER, receipt=first.receipt)

    same = await stage.publish(NEWER, receipt=first.receipt)
    back = await stage.publish(receipt=first.receipt)

    assert same.state is PublishState.UNCHANGED
    assert (back.state, stage.read()) == (PublishState.UPDATED, TEXT)


async def test_amended_commit_proves_nothing(stage):
    """Who amends a commit of Fermata's keeps its trailers, and another text under them."""
    first = await stage.publish()
    message = stage.history.find(NAME).message
    stage.history.commit(NAME, {PATH: TEXT.replace("Second", "Second thoughts")}, message)

    left = await stage.publish(NEWER, receipt=first.receipt)

    assert left.state is PublishState.LEFT
    assert "Second thoughts" in stage.read()


async def test_file_taken_off_the_branch_is_left_away(stage):
    """Under the trailers of a commit of Fermata's, too."""
    first = await stage.publish()
    stage.history.commit(NAME, {PATH: None}, stage.history.find(NAME).message)

    assert (await stage.publish(NEWER, receipt=first.receipt)).state is PublishState.LEFT


async def test_github_that_was_written_to_too_fast_lacks_no_permission(github):
    """Its secondary limit is answered with 403 and no header that says so."""
    stage = Stage(github)
    github.answer("POST", Answer({"message": "You have exceeded a secondary rate limit."}, 403))

    with pytest.raises(TransientError, match="within a minute") as caught:
        await stage.publish()

    assert "Widen" not in str(caught.value)
