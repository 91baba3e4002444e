"""What follows `/fermata` in a chat: answered for everyone, done for those who may."""

import dataclasses
from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, Scripted, ScriptedChannel, make_alert

from fermata.domain.heard import HeardMessage
from fermata.flows.deliver import deliver_due
from fermata.flows.desk_commands import Commands
from fermata.flows.observe import Watch
from fermata.ports.desk import Guest

KNOWN = Guest(channel="console", handle="alice")
STRANGER = Guest(channel="console", handle="mallory")
ROBOT = Guest(channel="console", handle="alice", bot=True)


@pytest.fixture
def command(stage):
    """Give a function that sends a command, of alice unless told."""

    async def send(text, guest=KNOWN):
        return await stage.house.desk.command(guest, text)

    return send


async def find_answered(stage):
    """Give the last entry about the counter."""
    entries = await stage.house.readings.list_journal(limit=1000)
    return [entry.event for entry in entries if entry.event.kind == "guest.answered"][-1]


async def test_status_tells_what_waits(stage, command):
    """Plans that wait, incidents that go on, and whether anything is halted; for anybody who is there."""
    await stage.hold()

    reply = await command("status", STRANGER)

    assert reply.text.splitlines() == [
        "Nothing is halted.",
        "Plans that wait for a person: 1. Incidents where a person must act: 0.",
        "Incidents that go on: 1. Cards on their way: 0.",
    ]


async def test_status_tells_of_a_halt_first(stage, command):
    """By whom, since when, and why."""
    await stage.house.switch.halt(ALICE, "a drill")

    reply = await command("status")

    assert reply.text.startswith("HALTED: halted by alice")


async def test_incidents_are_listed_newest_first_with_the_rest_counted(stage, command):
    """Ten, and how many more; ended ones are none."""
    for number in range(12):
        await stage.send(make_alert(f"Down{number}", f"service{number}"))
    await stage.resolve(make_alert("Down0", "service0"))
    await stage.engine.drain()

    lines = (await command("incidents")).text.splitlines()

    assert len(lines) == 11
    assert "service11" in lines[0]
    assert lines[0].count("service11") == 1
    assert lines[-1] == "and 1 more: see the page"


async def test_no_incident_is_said(command):
    """An empty list would look like a fault."""
    assert (await command("incidents")).text == "Nothing is going on."


async def test_halt_and_resume_work_and_are_for_the_room(stage, command):
    """Anybody known may halt, and resume; the room sees who did."""
    halted = await command("halt a bad deploy")
    in_force = await stage.house.switch.find()
    resumed = await command("resume")
    again = await command("resume")

    assert (halted.public, in_force.reason, in_force.by) == (True, "a bad deploy", "alice")
    assert "was refused for good: ask for a new plan" in resumed.text
    assert (resumed.public, await stage.house.switch.find()) == (True, None)
    assert (again.public, again.text) == (False, "Nothing was halted.")


async def test_halt_counts_while_the_channel_cannot_say_who_may_decide(stage, command):
    """The brake must not wait for a chat's directory: whoever is in the settings may stop, and nothing else."""
    unsure = KNOWN.model_copy(update={"barred": "Slack does not say who this is", "is_unsure": True})
    stranger = STRANGER.model_copy(update={"barred": "Slack does not say who this is", "is_unsure": True})

    refused = await command("halt now", stranger)
    halted = await command("halt now", unsure)
    resumed = await command("resume", unsure)

    assert (refused.ok, halted.ok, resumed.ok) == (False, True, False)
    assert await stage.house.switch.find() is not None


@pytest.mark.parametrize("text", ["halt now", "resume", "ask why is checkout slow?", "resolve latest done"])
@pytest.mark.parametrize(
    ("guest", "words"),
    [
        (STRANGER, "fermata link"),
        (ROBOT, "machine accounts"),
        (Guest(channel="console", handle="robot"), "machine accounts"),
        (KNOWN.model_copy(update={"barred": "a guest of the workspace"}), "a guest of the workspace"),
    ],
)
async def test_command_of_somebody_who_may_not_is_answered_and_does_nothing(stage, command, text, guest, words):
    """Told why, journalled, and nothing is halted, resumed or asked."""
    reply = await command(text, guest)

    event = await find_answered(stage)
    assert (reply.ok, words in reply.text) == (False, True)
    assert (event.data["command"], event.data["ok"]) == (text.split()[0], False)
    assert await stage.house.switch.find() is None


async def test_question_is_answered_from_live_state(stage, command):
    """With the lines that the answer rests on."""
    reply = await command("ask why is checkout slow?")

    assert reply.ok
    assert "checkout" in reply.text
    assert reply.text.endswith("(no model was asked)")


async def test_question_that_begins_with_an_incident_is_about_it(stage, command):
    """The id stands first, then the question."""
    view = await stage.hold()

    reply = await command(f"ask {view.incident.id} why is checkout down?")

    assert reply.ok
    assert "checkout stderr" in reply.text or "limit" in reply.text


@pytest.mark.parametrize("name", ["latest", "its end", "its id"])
async def test_question_may_name_its_incident_as_the_command_line_does(stage, command, name):
    """`latest` alone may begin a question; behind `--incident` it is the newest one, and an end of an id is enough."""
    view = await stage.hold()
    named = {"its end": view.incident.id[-6:], "its id": view.incident.id}.get(name, name)

    reply = await command(f"ask --incident {named} why is checkout down?")

    assert reply.ok
    assert "checkout stderr" in reply.text or "limit" in reply.text


@pytest.mark.parametrize(
    ("text", "words"), [("inc-none why?", "No incident matches 'inc-none'"), ("latest", "Ask something")]
)
async def test_question_of_an_incident_that_is_not_there_is_answered_so(stage, command, text, words):
    """It is not taken for a question about everything; nor is a name without a question."""
    await stage.hold()

    reply = await command(f"ask --incident {text}")

    assert (reply.ok, words in reply.text) == (False, True)


@pytest.mark.parametrize("text", ["ask", "ask   "])
async def test_question_without_words_is_asked_for(command, text):
    """Nothing is looked at for nothing."""
    reply = await command(text)

    assert (reply.ok, "Ask something" in reply.text) == (False, True)


async def test_incident_that_was_fixed_by_hand_is_ended_for_the_room(stage, command):
    """In the name of whoever says so, with their words; its plan is withdrawn and what fires on is named."""
    view = await stage.hold()

    reply = await command(f"resolve {view.incident.id} rolled back by hand")
    again = await command(f"resolve {view.incident.id} twice")

    assert (reply.ok, reply.public) == (True, True)
    assert reply.text == (
        f"{view.incident.id} is resolved. The plan that waited is withdrawn. Still firing: CheckoutDown. Nobody is "
        "told of it any more before it ends and fires anew."
    )
    assert (again.ok, "it is resolved" in again.text) == (False, True)
    entries = (await stage.show(view.incident.id)).journal
    (ended,) = [entry.event for entry in entries if entry.event.kind == "incident.resolved"]
    assert (ended.actor.id, dict(ended.data)) == (
        "alice",
        {"by": "alice", "reason": "rolled back by hand", "firing": ["CheckoutDown"]},
    )


async def test_end_without_an_incident_is_asked_for_one(command):
    """Which one is over is nobody's guess."""
    reply = await command("resolve")

    assert (reply.ok, reply.text.startswith("Name the incident")) == (False, True)


async def test_code_links_by_command(chatty_stage):
    """The code never stands in the journal."""
    code = await chatty_stage.house.links.issue_code("alice", "chat")
    guest = Guest(channel="chat", handle="U0001")

    reply = await chatty_stage.house.desk.command(guest, f"link {code}")

    assert (reply.ok, "You are Alice" in reply.text) == (True, True)
    entries = await chatty_stage.house.readings.list_journal(limit=1000)
    assert code not in str([entry.to_json() for entry in entries])


@pytest.mark.parametrize("text", ["link: {}", "link:{}", "link\t{}", "please link {}", "{} link", "{}", "lnik {}"])
async def test_code_of_a_mistyped_command_is_not_journalled(chatty_stage, text):
    """It is good for ten minutes still, and whoever reads the journal could enter it."""
    code = await chatty_stage.house.links.issue_code("alice", "chat")
    guest = Guest(channel="chat", handle="U0001")

    reply = await chatty_stage.house.desk.command(guest, text.format(code))

    entries = await chatty_stage.house.readings.list_journal(limit=1000)
    assert (reply.ok, "There is no command 'link ...'" in reply.text) == (False, True)
    assert code not in str([entry.to_json() for entry in entries])


@pytest.mark.parametrize(("guest", "words"), [(KNOWN, "You are Alice"), (STRANGER, "does not know who you are")])
@pytest.mark.parametrize("text", ["help", "", "sudo make me a sandwich"])
async def test_anything_else_is_answered_with_what_there_is(command, guest, words, text):
    """And with who the guest is to Fermata."""
    reply = await command(text, guest)

    assert "/fermata halt REASON" in reply.text
    assert words in reply.text


@pytest.mark.parametrize(("text", "named"), [("stauts", True), ("help", False), ("help status", False), ("", False)])
async def test_unknown_command_is_named(command, text, named):
    """A help that comes by itself reads as if the halt with a typing error had worked."""
    reply = await command(text)

    assert reply.text.startswith("There is no command 'stauts'. Did you mean 'status'? There are:") is named
    assert reply.ok is not named


@pytest.mark.parametrize("text", ["approve", "approve inc-1", "reject wrong process", "Snooze"])
async def test_decision_typed_as_a_command_is_answered_with_how_one_is_made(command, text):
    """At three in the morning a page of other commands is no answer, and a word without digits decides nothing."""
    reply = await command(text)

    assert not reply.ok
    assert reply.text.startswith(f"There is no command {text.split()[0]!r}. A plan is decided on its card")
    assert "/fermata halt" not in reply.text


async def test_plan_that_waits_is_not_buried_by_a_storm(stage, command):
    """It expires, and what nobody can do anything about by a click does not: of one severity it stands first."""
    held = (await stage.hold()).incident
    for number in range(12):
        await stage.send(make_alert(f"Down{number}", f"service{number}", severity=held.severity.value))
    await stage.engine.drain()

    lines = (await command("incidents")).text.splitlines()

    assert held.id in lines[0]


async def test_incidents_that_call_for_somebody_stand_first(stage, command):
    """However many came after them; each says since when."""
    held = await stage.hold()
    await stage.send(make_alert("BillingDown", "billing"))

    lines = (await command("incidents")).text.splitlines()

    assert lines[0].startswith(f"{held.incident.id} [critical]")
    assert lines[0].endswith("(held, since 2026-11-23 11:59 UTC)")


async def test_postmortem_without_a_name_tells_of_the_rooms_others(build_stage):
    """In a storm the newest is seldom the one that is meant: the others are named, with how to say which."""
    stage = build_stage(Scripted(channel=ScriptedChannel("console")))
    first = await stage.hold()
    for number in range(4):
        await stage.send(make_alert(f"Down{number}", f"service{number}"))
    await stage.resolve(make_alert("Down0", "service0"))
    await stage.engine.drain()
    await deliver_due(stage.context)
    homes = dataclasses.replace(stage.context.observing, homes={"console": "R1"})
    commands = Commands(dataclasses.replace(stage.context, observing=homes))

    unnamed, named = [
        await commands.run(KNOWN.model_copy(update={"room": "R1"}), f"generate-postmortem{name}")
        for name in ("", " checkout")
    ]

    assert first.incident.id in named.text
    assert "others go on" not in named.text
    assert "This room's newest was taken; others go on: " in unnamed.text
    assert "Name one: /generate-postmortem INCIDENT" in unnamed.text
    assert f"({first.incident.id})" in unnamed.text


async def test_postmortem_is_drafted_for_whoever_asked(build_stage):
    """Key times, first lines and what is missing, with the way to the whole; the room sees it only on request."""
    stage = build_stage(observer={"rooms": ["slack:C1"]}, server={"public_url": "https://ops.example.com/"})
    view = await stage.hold()
    steps = [f"rolled back checkout-{name} to the last release" for name in "abcdefgh"]
    talk = ["checkout is down, customers get errors", "lunch?", *steps]
    for number, text in enumerate([*talk, "all good, incident resolved"]):
        at = view.incident.opened_at + timedelta(minutes=number)
        message = HeardMessage(platform="slack", room="C1", id=f"{number}.0", at=at, user="U1", text=text)
        await Watch(stage.context).hear(message)
    stage.clock.advance(timedelta(hours=1))

    mine = await stage.house.desk.command(KNOWN, "generate-postmortem")
    shared = await stage.house.desk.command(KNOWN, f"generate-postmortem SHARE {view.incident.id}")

    assert (mine.ok, mine.public, shared.public) == (True, False, True)
    assert mine.text.startswith(f"Post-mortem of {view.incident.id} (checkout: CheckoutDown), version 1\nStarted 2026-")
    assert "resolved 12:10 (UTC). Not told: " in mine.text
    assert "U1: Checkout is down, customers get errors" in mine.text
    assert "more lines; " in mine.text
    assert "can be taken back" in mine.text
    assert "Missing: slack C1: what was said while nobody listened is not known" in mine.text
    assert f"Read and edit it: https://ops.example.com/postmortems/{view.incident.id}" in mine.text
    assert "Only you see this" in mine.text
    assert "Only you see this" not in shared.text
    assert "version 1 (nothing is new since)" in shared.text
    assert len(mine.text) < 1_900


async def test_postmortem_is_for_people_who_are_known(stage, command):
    """What was said in a room is not told to whoever happens to be in another."""
    await stage.hold()

    refused = [await command("generate-postmortem", guest) for guest in (STRANGER, ROBOT)]

    assert [reply.ok for reply in refused] == [False, False]
    assert all("Not done" in reply.text for reply in refused)


async def test_postmortem_is_not_quoted_where_others_read_along(stage, command):
    """An issue may be the world's to read: its first lines are written there only on request, of that issue's own."""
    view = await stage.hold()
    await stage.send(make_alert("SearchDown", "search"))
    reader = KNOWN.model_copy(update={"overheard": True, "about": view.incident.id})

    quiet, shared = [await command(f"generate-postmortem {word}", reader) for word in ("", "share")]

    assert quiet.text.startswith(
        f"The post-mortem of {view.incident.id} is drafted, version 1: `fermata postmortem show"
    )
    assert "CheckoutDown fired" not in quiet.text
    assert "CheckoutDown fired" in shared.text
    assert shared.text.startswith(f"Post-mortem of {view.incident.id} ")


async def test_postmortem_of_a_room_is_that_of_its_last_incident(build_stage):
    """Another room's incident is not meant, however new it is; one that does not exist is said to be missing."""
    stage = build_stage(Scripted(channel=ScriptedChannel("console")))
    view = await stage.hold()
    await deliver_due(stage.context)
    context = stage.context
    homes = dataclasses.replace(context.observing, homes={"console": "R1"})
    commands = Commands(dataclasses.replace(context, observing=homes))

    here, elsewhere, unknown, misspelt = [
        await commands.run(KNOWN.model_copy(update={"room": room}), f"generate-postmortem {name}".strip())
        for room, name in (("R1", ""), ("R2", ""), ("R1", "inc-none"), ("R1", "latest shrae"))
    ]

    assert view.incident.id in here.text
    assert "alertmanager: Alert CheckoutDown fired (critical): checkout is down" in here.text
    assert f"Edit it: `fermata postmortem edit {view.incident.id}`" in here.text
    assert (elsewhere.ok, "no incident of late" in elsewhere.text) == (False, True)
    assert (unknown.ok, "No incident matches 'inc-none'" in unknown.text) == (False, True)
    assert (misspelt.ok, "'shrae' is not understood" in misspelt.text) == (False, True)


async def test_words_are_kept_short_and_without_secrets(stage, command):
    """What somebody typed is journalled, not their passwords, and not a novel."""
    await command("halt token=abcdefgh12345678 " + "very " * 500)

    event = await find_answered(stage)
    assert "abcdefgh12345678" not in str(event.to_json())
    assert len(event.data["words"]) <= 320


async def test_command_is_answered_when_the_journal_cannot_be_written(stage, command, monkeypatch):
    """A halt is in force, and is said to be, whatever the store does."""

    async def fail(work):
        raise OSError(28, "no space")

    monkeypatch.setattr(stage.store, "write", fail)

    reply = await command("halt everything")

    assert reply.ok
    assert await stage.house.switch.find() is not None


async def test_stranger_is_told_how_a_code_is_made_where_others_read(command):
    """For the account they wrote from, as no other code links anybody there."""
    seen = STRANGER.model_copy(update={"name": "mal", "overheard": True})

    told, open_ = await command("halt now", STRANGER), await command("halt now", seen)

    assert f"--channel {STRANGER.channel}`" in told.text
    assert f"--channel {STRANGER.channel} --account mal`" in open_.text
