"""Clicks, forms and commands: each is taken to the desk and answered to whoever made it."""

import asyncio
from datetime import timedelta

import pytest
from tests.integration.discord.conftest import wait_for

from fermata.domain.proposal import Ruling
from fermata.integrations.discord import counter
from fermata.integrations.discord.commands import COMMANDS
from fermata.kit.errors import OperationalError
from fermata.testing.discord.guild import ALICE, BOB, MALLORY, ROBOT, Refused, find_markup
from fermata.testing.discord.server import DiscordFault


async def test_approve_counts_and_is_answered_to_whoever_clicked(discord, card, desk, listen, told):
    """The desk gets the incident and the digits of the plan that was seen; the answer is for the clicker alone."""
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    guest, ruling, incident_id, nonce, _ = desk.asked[0]
    assert (guest.channel, guest.handle, guest.name, guest.bot) == ("discord", ALICE, "Alice", False)
    assert (ruling, incident_id, nonce) == (Ruling.APPROVE, "inc-1", "0123456789abcdef")
    assert (said["text"], said["public"], click.kind) == ("Approved by alice.", False, 4)


async def test_decided_card_loses_its_buttons_in_place(guild, channel, card, desk):
    """The outbox sends the card as it is then."""
    await channel.deliver(desk.card.model_copy(update={"can_decide": False}), key="inc-1", receipt=None)

    assert guild.list_cards()[0].id == card.id
    assert card.list_buttons() == {}


async def test_two_people_at_the_same_instant_are_both_answered_and_one_counts(discord, card, desk, listen, told):
    """The desk decides; the second hears who was first."""
    async with listen(desk):
        await asyncio.gather(*(discord.gateway.click(who, card.id, "approve") for who in (ALICE, BOB)))
        texts = [(await told(ALICE))["text"], (await told(BOB))["text"]]

    assert texts == ["Approved by alice.", "Not counted: already approved by alice."]


@pytest.mark.parametrize(
    ("user", "words"),
    [(MALLORY, "nobody is"), (ROBOT, "machines never count"), (BOB, "has not yet agreed to the server's rules")],
)
async def test_click_that_does_not_count_is_answered_too(discord, guild, *, card, desk, listen, told, user, words):
    """Somebody unknown, a machine, somebody who is not through the server's door."""
    guild.users[BOB].pending = True
    async with listen(desk):
        await discord.gateway.click(user, card.id, "approve")
        said = await told(user)

    assert words in said["text"]
    assert desk.decided is None


async def test_rejection_asks_for_its_reason_in_a_form(discord, guild, card, desk, listen, told):
    """What it belongs to travels with the form."""
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "reject")
        await wait_for(lambda: guild.forms)
        await discord.gateway.submit(ALICE, guild.forms[0], reason="wrong service")
        said = await told(ALICE)

    assert desk.asked[0][1:] == (Ruling.REJECT, "inc-1", "0123456789abcdef", "wrong service")
    assert said["text"] == "Rejected by alice: wrong service."


async def test_rejection_of_a_decided_plan_opens_no_form(discord, guild, card, desk, listen, told):
    """It says at once who decided."""
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        await told(ALICE)
        await discord.gateway.click(BOB, card.id, "reject")
        said = await told(BOB)

    assert said["text"] == "Not counted: already approved by alice."
    assert guild.forms == []


async def test_form_that_cannot_be_opened_in_time_is_told(discord, guild, card, *, desk, listen, told, monkeypatch):
    """A slow store: "thinking" was shown by then, and no form can follow it."""
    monkeypatch.setattr(counter, "ANSWER_S", 0.05)
    find_card, gate = desk.find_card, asyncio.Event()

    async def find_slowly(incident_id):
        await gate.wait()
        return await find_card(incident_id)

    desk.find_card = find_slowly
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "reject")
        await click.wait()
        gate.set()
        said = await told(ALICE)

    assert said["text"] == "The form could not be opened: nothing was decided. Click again."
    assert guild.forms == []


async def test_stale_button_of_another_plan_goes_to_the_desk_with_its_own_nonce(discord, card, desk, listen, told):
    """The server keeps truth: what the button carries is compared there, not here."""
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve", custom_id="approve:inc-1:ffffffffffffffff")
        await told(ALICE)

    assert desk.asked[0][2:4] == ("inc-1", "ffffffffffffffff")


@pytest.mark.parametrize("custom_id", ["approve", "approve:inc-1", "approve::", "dance:inc-1:0123456789abcdef"])
async def test_button_that_says_nothing_sensible_is_answered(discord, card, desk, listen, told, custom_id):
    """A button of another version, or one that somebody forged."""
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve", custom_id=custom_id)
        said = await told(ALICE)

    assert "Not counted" in said["text"] or "not known" in said["text"]
    assert desk.decided is None


async def test_card_whose_text_was_removed_cannot_be_approved(discord, card, desk, listen, told):
    """Somebody with the right to manage messages can hide the text and leave the buttons: it is shown again."""
    card.flags = 4
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"].startswith("Not counted: somebody has removed the card's text")
    assert (desk.asked, card.flags) == ([], 0)


async def test_text_that_cannot_be_shown_again_is_told(discord, card, desk, listen, told):
    """Nothing counts then either."""
    card.flags = 4
    discord.fail("edit message", Refused(403, 50013, "Missing Permissions"))
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert "Missing Permissions" in said["text"]
    assert desk.asked == []


async def test_snooze_asks_for_the_span_that_its_label_promises(discord, card, desk, listen, told):
    """An hour, from the settings."""
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "snooze")
        said = await told(ALICE)

    assert desk.asked[0][1:] == ("snooze", "inc-1", timedelta(hours=1))
    assert said["text"] == "Quiet for 60 minutes."


async def test_what_takes_long_is_answered_first_with_thinking(discord, card, desk, listen, told, monkeypatch):
    """Within Discord's three seconds; the answer replaces it, for the same person alone."""
    monkeypatch.setattr(counter, "ANSWER_S", 0.05)
    desk.gate.clear()
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "ask")
        assert await click.wait()
        desk.gate.set()
        said = await told(ALICE)

    assert (click.kind, click.is_ephemeral) == (5, True)
    assert (said["by"], said["text"], said["public"]) == ("edit", "Looked again: nothing new.", False)


async def test_public_answer_that_took_long_is_told_to_the_room(
    discord, guild, *, card, desk, listen, told, monkeypatch
):
    """The word "thinking" was for one person and stays theirs; the room gets a message of its own."""
    monkeypatch.setattr(counter, "ANSWER_S", 0.05)
    desk.gate.clear()
    async with listen(desk):
        click = await discord.gateway.click(BOB, card.id, "ask")
        assert await click.wait()
        desk.gate.set()
        await told(BOB, 2)

    assert [(one["text"], one["public"]) for one in guild.whispers] == [
        ("Done.", False),
        ("Looked again: nothing new.", True),
    ]


@pytest.mark.parametrize(
    ("name", "words", "options", "text"),
    [
        ("fermata", ("status",), {}, "status"),
        ("fermata", ("ask",), {"question": "why so slow?"}, "ask why so slow?"),
        ("fermata", ("ask",), {"question": "why?", "incident": "inc-1"}, "ask --incident inc-1 why?"),
        ("fermata", ("halt",), {"reason": "storm"}, "halt storm"),
        ("fermata", ("link",), {"code": "ABC-DEF"}, "link ABC-DEF"),
        ("fermata", (), {}, "help"),
        ("generate-postmortem", (), {"incident": "inc-1"}, "generate-postmortem inc-1"),
    ],
)
async def test_command_reaches_the_desk_in_its_words(discord, *, desk, listen, told, name, words, options, text):
    """A subcommand and its options are what is typed after `/fermata` elsewhere."""
    async with listen(desk):
        await discord.gateway.command(ALICE, name, *words, **options)
        said = await told(ALICE)

    assert desk.asked[0][1:] == ("command", text)
    assert said["public"] == (words == ("halt",))


async def test_long_answer_comes_whole_in_several_messages(discord, guild, desk, listen, told):
    """Nothing is cut, and nothing in it is a format."""
    async with listen(desk):
        await discord.gateway.command(ALICE, "fermata", "incidents")
        await wait_for(lambda: "line 99 " in "".join(one["text"] for one in guild.whispers))

    whole = "".join(one["text"] for one in guild.whispers)
    assert all(f"line {number} " in whole for number in range(100))
    assert whole.count("x_y*") == 1500
    assert not any(find_markup(one["message"]["content"]) for one in guild.whispers)
    assert not any(one["public"] for one in guild.whispers)


async def test_answer_with_a_card_shows_it_without_buttons(discord, guild, desk, listen, told):
    """The incident's own card is the one that changes."""
    async with listen(desk):
        await discord.gateway.command(ALICE, "fermata", "status")
        shown = (await told(ALICE, 2))["message"]

    assert "supervisor" in shown["embeds"][0]["description"]
    assert shown["components"] == []


async def test_failure_of_the_store_is_told_and_the_click_may_be_made_again(discord, card, desk, listen, told):
    """Nothing was decided, and whoever clicked knows."""
    desk.failure = OperationalError("The store is locked", do="Try again")
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)
        desk.failure = None
        await discord.gateway.click(ALICE, card.id, "approve")
        again = await told(ALICE, 2)

    assert said["text"].startswith("Not taken, nothing was decided. The store is locked.")
    assert again["text"] == "Approved by alice."


async def test_bug_of_ours_is_told_too(discord, card, desk, listen, told):
    """The words say to look at the card."""
    desk.failure = RuntimeError("a bug")
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"].startswith("Something failed in Fermata.")


async def test_limit_on_an_answer_is_waited_out_once(discord, card, desk, listen, told):
    """A short one: the answer is still within the three seconds that Discord waits."""
    discord.retry_after_s = 0.05
    discord.fail("answer", DiscordFault.LIMITED)
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."


async def test_limit_on_what_follows_is_waited_out_for_a_minute(
    discord, card, desk, listen, *, told, clock, monkeypatch
):
    """Whoever clicked reads "thinking" until then: ten seconds more are better than for ever."""
    waits, sleep = [], clock.sleep

    async def wait(seconds):
        waits.append(seconds)
        await sleep(0 if seconds == 10.0 else seconds)

    monkeypatch.setattr(counter, "ANSWER_S", 0.05)
    monkeypatch.setattr(clock, "sleep", wait)  # The sockets need real time; a test need not wait it out.
    discord.retry_after_s = 10.0
    desk.gate.clear()
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "ask")
        await click.wait()
        discord.fail("edit answer", DiscordFault.LIMITED)
        desk.gate.set()
        said = await told(ALICE)

    assert (said["by"], said["text"]) == ("edit", "Looked again: nothing new.")
    assert 10.0 in waits


@pytest.mark.parametrize("fault", [DiscordFault.LOST, DiscordFault.CUT, DiscordFault.DOWN])
async def test_answer_on_a_bad_line_is_given_once(discord, guild, card, desk, listen, *, fault):
    """Tried a second time; if the first was taken after all, Discord says so, and nothing is told twice."""
    discord.fail("answer", fault)
    async with listen(desk):
        click = await discord.gateway.click(ALICE, card.id, "approve")
        await click.wait()
        marker = await discord.gateway.click(BOB, card.id, "snooze")
        await marker.wait()

    assert [one["text"] for one in guild.whispers if one["user"] == ALICE] == ["Approved by alice."]


async def test_answer_that_came_too_late_leaves_the_decision_alone(discord, guild, card, desk, listen):
    """It is logged; the card says what was decided."""
    discord.fail("answer", Refused(404, 10062, "Unknown interaction"))
    async with listen(desk):
        await discord.gateway.click(ALICE, card.id, "approve")
        await wait_for(lambda: discord.count("answer") == 1)

    assert desk.decided == "approved by alice"
    assert guild.whispers == []


async def test_commands_are_made_once_and_anew_only_when_they_are_others(discord, guild, desk, listen):
    """Discord allows 200 a day; and what is there in other words is replaced."""
    async with listen(desk):
        await wait_for(lambda: guild.commands)
    async with listen(desk):
        await wait_for(lambda: discord.count("list commands") == 2)
    made = discord.count("put commands")
    guild.commands[0]["description"] = "Old words"
    async with listen(desk):
        await wait_for(lambda: discord.count("put commands") == 2)

    assert made == 1
    assert [command["name"] for command in guild.commands] == [command["name"] for command in COMMANDS]
    assert guild.commands[0]["description"] == COMMANDS[0]["description"]


async def test_commands_are_made_after_a_limit(discord, guild, desk, listen):
    """What passes is tried again, after the delay that was asked for."""
    discord.retry_after_s = 0.01
    discord.fail("list commands", DiscordFault.LIMITED)
    async with listen(desk):
        await wait_for(lambda: guild.commands)

    assert discord.count("put commands") == 1


async def test_bot_that_may_not_make_commands_takes_clicks_all_the_same(discord, guild, card, desk, listen, told):
    """It was invited without the scope; the doctor says so."""
    guild.may_make_commands = False
    async with listen(desk):
        await wait_for(lambda: discord.count("list commands") == 1)
        await discord.gateway.click(ALICE, card.id, "approve")
        said = await told(ALICE)

    assert said["text"] == "Approved by alice."
