"""Which chats are asked again, and for what, right before a post-mortem leaves."""

from datetime import timedelta

from tests.unit.flows.postmortem.talk import Teller, make_heard
from tests.unit.flows.stage import NOON

from fermata.domain.postmortem import Postmortem
from fermata.flows.postmortem.gone_now import Gone, find_gone
from fermata.kit.clock import format_instant
from fermata.kit.errors import OperationalError
from fermata.ports.trail import Missing, TrailPart


def make_source(minute=0, **changes):
    """Give a message as a post-mortem keeps it."""
    at = format_instant(NOON + timedelta(minutes=minute))
    return {
        "kind": "message",
        "at": at,
        "who": "mei",
        "text": "x",
        "thread": "",
        "room": "slack:C1",
        "url": "",
    } | changes


def make_postmortem(sources):
    """Give a post-mortem that rests on these."""
    return Postmortem(
        incident_id="inc-1", version=1, base="x", text="x", sources=sources, generated_at=NOON, updated_at=NOON
    )


async def test_only_chats_that_are_observed_are_asked(tell):
    """Not another source's comments, where it can say nothing of one; not our own journal; not what names no room."""
    chat, forge = Teller(TrailPart(messages=(make_heard(1, "other"),))), Teller(name="github")
    stage, _ = await tell(sources=(chat, forge))
    sources = {
        "slack:C1/0.0": make_source(),
        "slack:C1/0.5": make_source(thread="0.0"),
        "github:shop/shop#1/7": make_source(room="github:shop/shop#1"),
        "journal:3": make_source(room="fermata:journal"),
        "m17": make_source(room="C1"),
        "slack:C2/1": make_source(),
        "d1": {"kind": "deploy", "at": "", "who": "", "text": "", "url": ""},
    }

    gone = await find_gone(stage.context, make_postmortem(sources))

    assert gone == Gone(frozenset({"slack:C1/0.0"}), ())
    assert forge.scopes == []
    (scope,) = chat.scopes
    assert (scope.rooms, scope.end - scope.start) == (("C1",), timedelta(seconds=10))


class Forge(Teller):
    """A source that can be asked for its comments by their ids."""

    def __init__(self, missing):
        super().__init__(name="github")
        self.missing, self.asked = missing, []

    async def find_missing(self, messages):
        """Say which are gone, or fail."""
        self.asked += [message.key for message in messages]
        if isinstance(self.missing, Exception):
            raise self.missing
        return self.missing


async def test_comments_of_a_forge_are_asked_for_by_their_ids(tell):
    """Nobody hears it when one is deleted."""
    key = "github:shop/shop#1/7"
    forge = Forge(Missing(frozenset({key}), ("github shop/shop#2: not read again",)))
    stage, _ = await tell(sources=(forge,))

    gone = await find_gone(stage.context, make_postmortem({key: make_source(room="github:shop/shop#1")}))

    assert gone == Gone(frozenset({key}), ("github shop/shop#2: not read again",))
    assert (forge.asked, forge.scopes) == ([key], [])


async def test_forge_that_fails_is_a_gap(tell):
    """What cannot be looked at is not called gone."""
    forge = Forge(OperationalError("GitHub did not answer", why="no route"))
    stage, _ = await tell(sources=(forge,))

    gone = await find_gone(stage.context, make_postmortem({"github:a/b#1/7": make_source(room="github:a/b#1")}))

    assert gone == Gone(frozenset(), ("github: GitHub did not answer: no route",))


async def test_nothing_is_asked_for_a_post_mortem_without_talk(tell):
    """Metrics and deployments are not deleted."""
    chat = Teller()
    stage, _ = await tell(sources=(chat,))

    assert await find_gone(stage.context, make_postmortem({})) == Gone(frozenset(), ())
    assert chat.scopes == []
