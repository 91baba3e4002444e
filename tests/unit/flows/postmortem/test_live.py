"""From an incident's id to a draft: what was heard and what systems tell, with every gap named."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests.unit.flows.postmortem.talk import MINUTE, SECRET, TALK, Teller, make_heard
from tests.unit.flows.stage import NOON, make_alert

from fermata.domain.heard import HeardPerson
from fermata.domain.trail import Deploy
from fermata.flows.listening import ListenerState
from fermata.flows.observe import Watch
from fermata.flows.postmortem import live
from fermata.flows.postmortem.asking import ask_trails
from fermata.flows.postmortem.live import draft_told, find_window, read_incident
from fermata.kit.errors import NotFoundError, TransientError
from fermata.ports.trail import TrailPart
from fermata.testing.channel_contract import build_card


def list_talk(told):
    """Give what people and their bots said, without our own record."""
    return [message for message in told.trail.messages if not message.id.startswith("journal:")]


async def test_what_was_heard_becomes_a_draft(tell):
    """Lines cite what was said, by the name of who said it."""
    talk = [make_heard(minute, text) for minute, text in enumerate(TALK)]
    stage, incident_id = await tell(*talk, people=[HeardPerson(platform="slack", user="U1", name="ana")])

    told = await read_incident(stage.context, incident_id)
    draft = draft_told(told)

    assert {"slack:C1/0.0", "slack:C1/4.0"} <= {name for entry in draft.entries for name in entry.citations}
    assert {actor for entry in draft.entries for actor in entry.actors} == {"ana", "alertmanager", "fermata"}
    assert draft.key_times["resolved"].at == NOON + 4 * MINUTE
    assert told.gaps == ("slack C1: what was said while nobody listened is not known",)


async def test_history_fills_gaps_and_is_kept_for_observed_rooms(tell):
    """What a history brings is hidden like what was heard, is kept only where one observes, and deletes nothing."""
    old = make_heard(-30, f"deploying v42 with {SECRET}")
    stale = make_heard(1, "an older form")
    elsewhere = make_heard(2, "from another room", room="C2")
    source = Teller(TrailPart(messages=[old, stale, elsewhere], people=[HeardPerson(platform="slack", user="U1")]))
    heard = make_heard(1, "the last form", edited_at=NOON + 5 * MINUTE)
    stage, incident_id = await tell(heard, sources=[source])

    told = await read_incident(stage.context, incident_id)

    with stage.store.begin_read() as transaction:
        kept = transaction.trail.list_messages("slack", ["C1", "C2"], NOON - timedelta(hours=1), NOON + MINUTE)
    assert [message.id for message in kept] == ["-30.0", "1.0"]
    assert [message.text for message in list_talk(told)][1:] == ["the last form", "from another room"]
    assert SECRET not in str(told)
    (scope,) = source.scopes
    assert (scope.rooms, scope.known_from) == (("C1",), None)
    assert scope.start == NOON - MINUTE - timedelta(hours=1)
    assert incident_id in scope.words
    assert "checkout" in scope.words
    assert told.gaps == ()


async def test_history_is_asked_only_for_what_nobody_heard(tell):
    """Since a listener hears without a break, with time to connect; and since something that was told was not kept."""
    source = Teller()
    stage, incident_id = await tell(sources=[source])
    since = NOON - 30 * MINUTE
    state = ListenerState(listens=True, text="listens", since=since)

    def put(transaction, **changes):
        transaction.flags.put("listener/slack", state.model_copy(update=changes).to_json())

    for at, changes in ((None, {}), (NOON, {}), (NOON, {"listens": False})):
        with stage.store.begin() as transaction:
            put(transaction, **changes)
            if at is not None:
                transaction.flags.put("observer/missed/slack", {"at": at.isoformat()})
        await read_incident(stage.context, incident_id)

    heard = await read_incident(stage.context, incident_id)

    assert [scope.known_from for scope in source.scopes[:3]] == [since + timedelta(seconds=30), NOON, None]
    assert heard.gaps == ()


async def test_deleted_message_is_not_in_a_draft(tell):
    """Neither from the store nor from a history that still has it, nor as a quote."""
    gone = make_heard(1, "the CEO broke prod again")
    quote = make_heard(2, "> the CEO broke prod again\nmitigated")
    stage, incident_id = await tell(gone, quote, sources=[Teller(TrailPart(messages=[gone, quote]))])
    await Watch(stage.context).forget("slack", "C1", "1.0", NOON + 3 * MINUTE)

    told = await read_incident(stage.context, incident_id)

    assert [message.text for message in list_talk(told)] == ["mitigated"]


async def test_message_that_was_deleted_while_nobody_listened_is_left_out(tell):
    """A whole history without it says so; the draft tells how many, and not what they said."""
    talk = [make_heard(minute, text) for minute, text in enumerate(TALK)]
    stage, incident_id = await tell(*talk, sources=[Teller(TrailPart(messages=[talk[0], *talk[2:]]))])

    told = await read_incident(stage.context, incident_id)

    assert [message.text for message in list_talk(told)] == [TALK[0], *TALK[2:]]
    assert told.gaps == ("left out, since the history has it no longer: 1 of what was heard",)


async def test_system_that_fails_or_is_late_is_a_named_gap(tell, monkeypatch):
    """The others are used; nobody waits for ever."""
    late = Teller(name="late", error="never")
    broken = Teller(name="broken", error=TransientError("It is down", do="Wait"))
    crashed = Teller(name="crashed", error=ValueError("no"))
    deploy = Deploy(id="d1", at=NOON, title="v42", service="checkout", author="ana")
    good = Teller(TrailPart(deploys=[deploy], gaps=["two pages were not read"]), name="forge")
    stage, incident_id = await tell(sources=[late, broken, crashed, good])
    monkeypatch.setattr(live, "ask_trails", lambda *given: ask_trails(*given, timedelta(milliseconds=200)))

    told = await read_incident(stage.context, incident_id)

    assert told.gaps[:4] == (
        "late: no answer within 200ms",
        "broken: It is down. Wait",
        "crashed: it crashed (ValueError); the trace is in Fermata's log",
        "forge: two pages were not read",
    )
    assert [item.id for item in told.trail.deploys] == ["d1"]


async def test_message_is_taken_back_into_the_draft(tell):
    """A person's word counts more than the rules'."""
    stage, incident_id = await tell(make_heard(1, "hm, lunch?"))
    told = await read_incident(stage.context, incident_id)

    plain, kept = draft_told(told), draft_told(told, ["slack:C1/1.0", "slack:C1/none"])

    assert ("slack:C1/1.0",) not in [entry.citations for entry in plain.entries]
    assert ("slack:C1/1.0",) in [entry.citations for entry in kept.entries]


async def test_unknown_incident_is_said(stage):
    """Nothing is drafted of nothing."""
    with pytest.raises(NotFoundError):
        await read_incident(stage.context, "inc-none")


async def test_window_goes_from_an_hour_before_to_two_hours_after(stage):
    """While it goes on it ends now."""
    view = await stage.hold()
    open_incident = view.incident.model_copy(update={"resolved_at": None})
    ended = view.incident.model_copy(update={"resolved_at": NOON + MINUTE})
    first, now = NOON - MINUTE, NOON + timedelta(days=1)

    assert find_window(open_incident, view.alerts, now) == (first - timedelta(hours=1), now)
    assert find_window(ended, view.alerts, now) == (first - timedelta(hours=1), NOON + timedelta(hours=2, minutes=1))
    assert find_window(ended, view.alerts, NOON + 2 * MINUTE)[1] == NOON + 2 * MINUTE


def test_comments_at_a_forge_are_the_incidents_own():
    """Its card is an issue of a repository, and what is told of others there names the incident."""
    own = SimpleNamespace(own_rooms=frozenset({"github:shop/incidents", "slack:C1"}))
    rooms = (("github", "shop/incidents#5"), ("github", "shop/checkout#12"), ("slack", "C1"), ("slack", "C2"))
    messages = [make_heard(0, "text", platform=platform, room=room) for platform, room in rooms]

    channels = live._list_channels(own, messages)

    assert channels == ["C1", "shop/checkout#12", "shop/incidents#5"]


async def test_chat_that_the_settings_name_no_more_is_a_gap(tell):
    """The card is there, and so is what people said of it."""
    stage, incident_id = await tell()
    now = stage.clock.now()
    with stage.store.begin() as transaction:
        transaction.outbox.put("slack", incident_id, build_card(), now=now)
        transaction.outbox.mark_delivered(transaction.outbox.list_due(now, channel="slack")[0], "r1", now=now)

    told = await read_incident(stage.context, incident_id)

    assert "slack: its card is there, and the settings name it no more: nothing of it was read" in told.gaps


def _show_card(stage, incident_id):
    """Let a card of an incident stand in the room."""
    now = stage.clock.now()
    with stage.store.begin() as transaction:
        transaction.outbox.put("slack:C1", incident_id, build_card(), now=now)
        for entry in transaction.outbox.list_due(now, channel="slack:C1"):
            transaction.outbox.mark_delivered(entry, '{"ts":"5.0"}', now=now)


async def test_talk_of_an_incident_that_was_over_before_is_left_out(tell):
    """Its start, its detection and its fix are none of this one's; the messages can be taken back."""
    stage, first = await tell(make_heard(10, "checkout is down, looking"), make_heard(11, "customers see 502s"))
    _show_card(stage, first)
    await stage.resolve()
    stage.clock.advance(MINUTE)
    second = (await stage.hold(make_alert("PaymentsDown", "payments", at=60 * 60 + 30))).incident.id

    told = await read_incident(stage.context, second)
    draft = draft_told(told)

    assert not {"slack:C1/10.0", "slack:C1/11.0"} & {name for entry in draft.entries for name in entry.citations}
    assert {(item.id, item.why) for item in draft.dropped} >= {
        ("slack:C1/10.0", "another incident"),
        ("slack:C1/11.0", "another incident"),
    }
    assert draft.key_times["detected"].citation.startswith("journal:")
    assert "slack:C1/11.0" in {
        name for entry in draft_told(told, ["slack:C1/11.0"]).entries for name in entry.citations
    }


async def test_talk_of_an_incident_that_goes_on_is_left_out_until_this_one_began(tell):
    """From then on nobody can tell by the time whose talk it is; what is said below its card stays its own."""
    talk = [make_heard(10, "checkout is down, looking"), make_heard(50, "checkout answers 502, payments too")]
    talk.append(make_heard(51, "restarted it by hand, it is back", thread="5.0"))
    stage, first = await tell(*talk)
    _show_card(stage, first)
    second = (await stage.hold(make_alert("PaymentsDown", "payments", at=40 * 60))).incident.id

    assert (await read_incident(stage.context, second)).foreign == {"slack:C1/10.0", "slack:C1/51.0"}
