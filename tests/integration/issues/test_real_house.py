"""The whole way with the real house: an alert, an issue, a comment, an execution, and the issue that says so."""

import asyncio
import re
from datetime import timedelta

import pytest
from tests.faults.scenery import QUICK, Scenery, make_settings, write_body
from tests.integration.web.conftest import browse, serving_app

from fermata.bootstrap import House
from fermata.domain.ids import PersonId
from fermata.domain.person import Person
from fermata.engine.dbos_engine import DbosEngine
from fermata.settings.tree import StoreSettings
from fermata.store.connect import open_store


def build_stage(rig, tmp_path):
    """Give a stage with a sick workload, and a house with the forge as its channel."""
    rig.go_live()
    scenery, clock = Scenery(tmp_path), rig.clock
    scenery.add_workloads()
    systems = scenery.build_systems(clock)
    del systems["messages"]
    systems[rig.system] = rig.make_system()
    store = open_store(f"sqlite:///{tmp_path}/fermata.db")
    people = tuple(
        Person(id=user.login, name=user.login, roles=("oncall",), handles={rig.system: str(user.id)})
        for user in (rig.alice, rig.bob)
    )
    limits = QUICK.model_copy(update={"verify_within": timedelta(seconds=5)})
    values = make_settings(tmp_path, people=people, limits=limits)
    values = values.model_copy(update={"store": StoreSettings(url=str(store.database.url))})
    return scenery, House(values, systems, store, DbosEngine(store, polling_interval_s=0.02), clock)


@pytest.fixture
async def stage(rig, tmp_path):
    """Give the stage, and a client of the house's own door."""
    scenery, house = build_stage(rig, tmp_path)
    async with serving_app(house) as port, browse(port) as http:
        yield Stage(rig, scenery, house, http)


class Stage:
    """What a test needs of the house."""

    def __init__(self, rig, scenery, house, http):
        self.rig, self.scenery, self.house, self.http = rig, scenery, house, http
        self.hooks = 0

    async def find_issue(self, words, label=""):
        """Wait for the one issue to say something, and for the label that is changed right after."""
        for _ in range(1500):
            issues = self.rig.book.issues
            if issues and words in issues[0].body and label in ("", *issues[0].labels):
                assert len(issues) == 1
                return issues[0]
            await asyncio.sleep(0.01)
        raise AssertionError([issue.body for issue in self.rig.book.issues])

    async def say(self, user, text):
        """Comment, and let the forge tell the house; wait for the answer."""
        count = len(self.rig.book.list_answers())
        nonce = re.search("approve ([0-9a-f]{16})", self.rig.book.issues[0].body)
        self.nonce = nonce[1] if nonce else self.nonce
        self.rig.book.say(user, self.rig.command + text.replace("NONCE", self.nonce))
        self.hooks += 1
        headers, body = self.rig.make_hook(delivery=f"d-{self.hooks}")
        reply = await self.http.post(f"/v1/hooks/{self.rig.system}", headers=headers, content=body)
        assert reply.status_code == 202
        for _ in range(1000):
            if len(self.rig.book.list_answers()) > count:
                return self.rig.book.list_answers()[-1]
            await asyncio.sleep(0.01)
        raise AssertionError(f"{user.login} was not answered")


async def test_alert_is_mitigated_by_a_comment(stage, stranger):
    """One issue all the way, changed in place and closed at the end; the plan ran once; everybody was answered."""
    await stage.house.intake.receive("alertmanager", write_body("checkout"))
    issue = await stage.find_issue("### Decide")
    assert "held" in issue.labels

    refused = await stage.say(stranger, "approve NONCE")
    taken = await stage.say(stage.rig.alice, "approve NONCE")
    await stage.find_issue("done: limit is `134217728`")
    await stage.house.intake.receive("alertmanager", write_body("checkout", "resolved"))
    await stage.find_issue("resolved; began", label="resolved")
    late = await stage.say(stage.rig.bob, "approve NONCE")

    assert len(stage.scenery.marks["checkout"]) == 1
    assert "Not counted" in refused
    assert "Approved by alice" in taken
    assert "already" in late
    assert issue.state == "closed"
    assert "resolved" in issue.labels


async def test_rejection_with_its_reason_stands_on_the_issue(stage):
    """Nothing runs, and the label says what became of the plan."""
    await stage.house.intake.receive("alertmanager", write_body("checkout"))
    await stage.find_issue("### Decide")

    said = await stage.say(stage.rig.alice, "reject NONCE wrong service, see #12")
    issue = await stage.find_issue("wrong service", label="rejected")

    assert "Rejected by alice" in said
    assert " #12" not in issue.body.replace("`#12`", "")
    assert len(stage.scenery.marks["checkout"]) == 0


async def test_two_people_at_the_same_instant_make_one_execution(stage):
    """Both are answered; the second is told who decided."""
    await stage.house.intake.receive("alertmanager", write_body("checkout"))
    await stage.find_issue("### Decide")

    await asyncio.gather(*(stage.say(user, "approve NONCE") for user in (stage.rig.alice, stage.rig.bob)))
    await stage.find_issue("done: limit is `134217728`")
    for _ in range(500):
        if len(stage.rig.book.list_answers()) == 2:
            break
        await asyncio.sleep(0.01)

    answers = sorted(stage.rig.book.list_answers(), key=lambda text: "already" in text)
    assert "Approved by" in answers[0]
    assert "already" in answers[1]
    assert len(stage.scenery.marks["checkout"]) == 1


async def test_person_is_linked_by_a_code_in_a_comment(stage):
    """Nobody has to look their number up."""
    carol = stage.rig.book.add_user("carol")
    await stage.house.intake.receive("alertmanager", write_body("checkout"))
    await stage.find_issue("### Decide")
    code = await stage.house.links.issue_code(PersonId("alice"), stage.rig.system, "Carol")
    stage.rig.command = "/"

    said = await stage.say(carol, f"fermata link {code}")

    assert "You are alice" in said


async def test_code_that_somebody_took_from_a_comment_makes_nobody_alice(stage):
    """Whoever may write in the repository can empty a comment before it is read, and enter its code themselves."""
    carol, alice = (stage.rig.book.add_user(name) for name in ("carol", "alice-at-home"))
    await stage.house.intake.receive("alertmanager", write_body("checkout"))
    await stage.find_issue("### Decide")
    code = await stage.house.links.issue_code(PersonId("alice"), stage.rig.system, "alice-at-home")
    stage.rig.book.edit(stage.rig.book.say(alice, f"/fermata link {code}"), "thanks")
    command, stage.rig.command = stage.rig.command, "/"

    said = await stage.say(carol, f"fermata link {code}")
    stage.rig.command = command
    done = await stage.say(carol, "approve NONCE")

    assert "another account" in said
    assert "Not counted" in done
