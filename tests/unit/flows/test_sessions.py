"""Who is at the page: one link, one login, and only digests of tokens are stored."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.flows.stage import PEOPLE

from fermata.domain.person import Person
from fermata.flows.sessions import Sessions
from fermata.kit.errors import NotFoundError


async def test_link_lets_one_person_in_once(stage):
    """The token is good for one login; the journal says who came."""
    sessions = stage.house.sessions
    token = await sessions.issue_link_token("alice")

    session, again = await sessions.redeem(token), await sessions.redeem(token)

    assert (session.person.id, again) == ("alice", None)
    (entry,) = await stage.house.readings.list_journal()
    assert (entry.event.kind, entry.event.actor.id) == ("person.logged_in", "alice")


async def test_of_many_that_race_for_a_link_one_gets_in(stage):
    """However many open a link at once, it opens one session."""
    token = await stage.house.sessions.issue_link_token("alice")

    found = await asyncio.gather(*(stage.house.sessions.redeem(token) for _ in range(10)))

    assert sum(session is not None for session in found) == 1


async def test_old_link_is_worth_nothing(stage):
    """After ten minutes a link in a terminal's scroll-back lets nobody in."""
    token = await stage.house.sessions.issue_link_token("alice")
    stage.clock.advance(timedelta(minutes=10))

    assert await stage.house.sessions.redeem(token) is None


async def test_invented_token_is_worth_nothing(stage):
    """What was never issued opens nothing."""
    assert await stage.house.sessions.redeem("guess") is None
    assert await stage.house.sessions.find("guess") is None


async def test_link_is_issued_to_known_people_only(stage):
    """Nobody is let in whom the settings do not name."""
    with pytest.raises(NotFoundError, match="'mallory'"):
        await stage.house.sessions.issue_link_token("mallory")


async def test_session_holds_for_a_shift(stage):
    """A session is found with its person and form secret until it ends."""
    session = await stage.house.sessions.redeem(await stage.house.sessions.issue_link_token("alice"))

    assert await stage.house.sessions.find(session.id) == session
    stage.clock.advance(timedelta(hours=12))
    assert await stage.house.sessions.find(session.id) is None


async def test_session_ends_by_logging_out(stage):
    """A session that was ended is not found again."""
    session = await stage.house.sessions.redeem(await stage.house.sessions.issue_link_token("alice"))

    await stage.house.sessions.end(session.id)

    assert await stage.house.sessions.find(session.id) is None


async def test_person_who_left_the_settings_has_no_session(stage):
    """Links and sessions of somebody who was removed are worth nothing from that moment."""
    sessions = stage.house.sessions
    session = await sessions.redeem(await sessions.issue_link_token("alice"))
    token = await sessions.issue_link_token("alice")
    stage.restart(people=PEOPLE[1:])

    assert await stage.house.sessions.find(session.id) is None
    assert await stage.house.sessions.redeem(token) is None


async def test_tokens_are_not_in_the_store(stage):
    """Whoever reads the store cannot log in with what stands there."""
    token = await stage.house.sessions.issue_link_token("alice")
    session = await stage.house.sessions.redeem(await stage.house.sessions.issue_link_token("bob"))

    flags = await stage.store.read(lambda transaction: transaction.flags.list_named(""))

    assert len(flags) == 2
    assert token not in str(flags)
    assert session.id not in str(flags)


async def test_person_whom_another_system_names_gets_a_session(stage):
    """By their handle there; the journal says which way they came."""
    session = await stage.house.sessions.admit("console", "alice")

    (entry,) = await stage.house.readings.list_journal()
    found = await stage.house.sessions.find(session.id)
    assert (session.person.id, found) == ("alice", session)
    assert (entry.event.kind, entry.event.data) == ("person.logged_in", {"via": "console"})


@pytest.mark.parametrize("handle", ["mallory", "ci-bot"])
async def test_stranger_and_bot_are_journalled_and_stay_outside(stage, handle):
    """Whoever another system vouches for is nobody here until a person is given that handle; a bot never is."""
    people = dict(stage.house.context.people)
    bot = Person(id="bot", name="Bot", handles={"oidc": "ci-bot"}, bot=True)
    sessions = Sessions(replace(stage.house.context, people=people | {bot.id: bot}))

    session = await sessions.admit("oidc", handle)

    (entry,) = await stage.house.readings.list_journal()
    assert session is None
    assert (entry.event.kind, entry.event.actor.kind) == ("person.refused", "unknown")
    assert entry.event.data == {"channel": "oidc", "handle": handle}


async def test_logins_that_ran_out_leave_the_store(stage):
    """One a day for a year would stay for ever, with who it was; a day late it is still told from an invented one."""
    sessions = stage.house.sessions
    await sessions.issue_link_token("bob")
    kept = await sessions.redeem(await sessions.issue_link_token("alice"))

    counts = []
    for hours in (12, 23, 24):
        stage.clock.advance(timedelta(hours=hours))
        last = await sessions.redeem(await sessions.issue_link_token("alice"))
        counts.append([len(await list_flags(stage, prefix)) for prefix in ("session/", "link/")])

    assert counts == [[2, 1], [3, 0], [2, 0]]
    assert await sessions.find(last.id) is not None
    assert await sessions.find(kept.id) is None


async def list_flags(stage, prefix):
    """Give the names that begin so."""
    return await stage.store.read(lambda transaction: [name for name, _ in transaction.flags.list_named(prefix)])
