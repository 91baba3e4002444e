"""Who a guest is: by the settings, or by a code that was theirs alone, once, for ten minutes."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import ALICE, PEOPLE, Scripted, ScriptedChannel

from fermata.flows.identity import Handle, find_person, list_handles
from fermata.kit.errors import NotFoundError, UserError
from fermata.ports.desk import Guest

GUEST = Guest(channel="chat", handle="U0001")


@pytest.fixture
def links(chatty_stage):
    """Give the links of a stage with a chat."""
    return chatty_stage.house.links


async def find(stage, guest=GUEST):
    """Give the id of who a guest is, or nothing."""
    person = await find_person(stage.context, guest.channel, guest.handle)
    return person.id if person else None


async def test_code_links_whoever_enters_it_once(chatty_stage, links):
    """The one who enters it is that person; the next one who does is told that it is used."""
    code = await links.issue_code("alice", "chat")
    assert await find(chatty_stage) is None

    linked = await links.redeem(GUEST, code)
    again = await links.redeem(GUEST.model_copy(update={"handle": "U0002"}), code)

    assert (linked.person.id, linked.text) == ("alice", "You are Alice (alice) to Fermata now, in chat.")
    assert await find(chatty_stage) == "alice"
    assert (again.person, "used" in again.text) == (None, True)
    assert "person.linked" in await chatty_stage.list_kinds()


async def test_code_is_read_as_people_type_it(chatty_stage, links):
    """Small letters, spaces, and an O for a zero are understood."""
    code = await links.issue_code("alice", "chat")

    linked = await links.redeem(GUEST, f" {code[:5].lower()} {code[5:].replace('0', 'O')}")

    assert linked.person is not None


async def test_code_that_others_read_links_nobody(chatty_stage, links):
    """Where everybody reads it, whoever is faster would be that person: it is used up, and says what to ask for."""
    code = await links.issue_code("alice", "chat")
    carol = Guest(channel="chat", handle="7", name="carol", overheard=True)

    linked = await links.redeem(carol, code)
    again = await links.redeem(GUEST, code)

    assert (linked.person, again.person, await find(chatty_stage, carol)) == (None, None, None)
    assert "`fermata link --as alice --channel chat --account carol`" in linked.text


async def test_code_of_one_account_links_no_other(chatty_stage, links):
    """It stays good for its own account, which may be named in any letter case, with an @ or by its handle."""
    code, same = [await links.issue_code("alice", "chat", account) for account in ("@Alice-Home", "8")]
    carol = Guest(channel="chat", handle="7", name="carol", overheard=True)
    alice = Guest(channel="chat", handle="8", name="alice-home", overheard=True)

    stolen = await links.redeem(carol, code)
    nameless = await links.redeem(carol.model_copy(update={"name": ""}), code)
    linked = await links.redeem(alice, code)

    assert (stolen.person, nameless.person, "another account" in stolen.text) == (None, None, True)
    assert (linked.person.id, await find(chatty_stage, carol)) == ("alice", None)
    assert (await links.redeem(carol.model_copy(update={"name": "8"}), same)).person is None
    assert (await links.redeem(alice, same)).person.id == "alice"


async def test_code_ends_after_ten_minutes(chatty_stage, links):
    """A code in the scroll-back of a terminal is no way in."""
    code = await links.issue_code("alice", "chat")
    chatty_stage.clock.advance(timedelta(minutes=10))

    linked = await links.redeem(GUEST, code)

    assert (linked.person, "expired" in linked.text) == (None, True)
    assert await find(chatty_stage) is None


async def test_code_of_another_channel_links_nothing(chatty_stage, links):
    """And stays good for its own."""
    code = await links.issue_code("alice", "chat")

    elsewhere = await links.redeem(Guest(channel="forum", handle="U0001"), code)

    assert elsewhere.person is None
    assert (await links.redeem(GUEST, code)).person is not None


async def test_code_is_not_stored(chatty_stage, links):
    """Whoever reads the store finds only its digest."""
    code = await links.issue_code("alice", "chat")

    names = await chatty_stage.store.read(lambda transaction: str(transaction.flags.list_named("")))

    assert code not in names


async def test_somebody_of_the_settings_stays_who_they_are(build_stage):
    """A handle in the settings is never moved by a code that somebody else handed over."""
    people = [person | {"handles": {"chat": f"U-{person['id']}"}} for person in PEOPLE]
    stage = build_stage(Scripted(channel=ScriptedChannel()), people=people)
    code = await stage.house.links.issue_code("alice", "chat")
    bob = Guest(channel="chat", handle="U-bob")

    linked = await stage.house.links.redeem(bob, code)

    assert (linked.person, "You are bob" in linked.text) == (None, True)
    assert await find(stage, bob) == "bob"


async def test_new_link_takes_the_place_of_the_old_one(chatty_stage, links):
    """One account of a person in a channel counts: a lost one can be replaced."""
    for handle in ("U0001", "U0002"):
        code = await links.issue_code("alice", "chat")
        await links.redeem(Guest(channel="chat", handle=handle), code)

    assert await find(chatty_stage) is None
    assert await find(chatty_stage, Guest(channel="chat", handle="U0002")) == "alice"


async def test_link_of_somebody_who_left_the_settings_counts_for_nothing(chatty_stage, links):
    """People are those of the settings now, linked or not."""
    await links.redeem(GUEST, await links.issue_code("alice", "chat"))

    chatty_stage.restart(people=PEOPLE[1:])

    assert await find(chatty_stage) is None


async def test_code_of_somebody_who_left_links_nobody(chatty_stage, links):
    """A code outlives no change of the settings."""
    code = await links.issue_code("alice", "chat")
    chatty_stage.restart(people=PEOPLE[1:])

    linked = await chatty_stage.house.links.redeem(GUEST, code)

    assert linked.person is None


async def test_link_can_be_taken_back(chatty_stage, links):
    """Afterwards the account is nobody; taking back what is not there is said."""
    await links.redeem(GUEST, await links.issue_code("alice", "chat"))

    assert await links.unlink("alice", "chat", ALICE) == 1

    assert await find(chatty_stage) is None
    assert (await chatty_stage.list_kinds())[-1] == "person.unlinked"
    with pytest.raises(UserError, match="alice is not linked in chat"):
        await links.unlink("alice", "chat", ALICE)


@pytest.mark.parametrize(("person", "where", "words"), [("zoe", "chat", "no person"), ("alice", "fax", "no channel")])
async def test_code_needs_a_person_and_a_channel_of_the_settings(links, person, where, words):
    """Both are named where they are wrong."""
    with pytest.raises(NotFoundError, match=words):
        await links.issue_code(person, where)


async def test_handles_are_those_of_the_settings_and_of_links(chatty_stage, links):
    """Groups are asked about each name that a person has."""
    await links.redeem(GUEST, await links.issue_code("alice", "chat"))

    handles = await list_handles(chatty_stage.context, chatty_stage.context.people["alice"])

    assert handles == [Handle(channel="console", handle="alice"), Handle(channel="chat", handle="U0001")]


async def test_session_of_the_page_names_the_person(chatty_stage):
    """The page's handle is the person's id, proved by the session."""
    assert await find(chatty_stage, Guest(channel="page", handle="bob")) == "bob"
    assert await find(chatty_stage, Guest(channel="page", handle="zoe")) is None


async def test_codes_that_ran_out_leave_the_store(chatty_stage, links):
    """Nobody entered them; a day later nobody asks."""
    await links.issue_code("alice", "chat")
    chatty_stage.clock.advance(timedelta(days=2))
    await links.issue_code("alice", "chat")

    found = await chatty_stage.store.read(lambda transaction: transaction.flags.list_named("link-code/"))

    assert len(found) == 1
