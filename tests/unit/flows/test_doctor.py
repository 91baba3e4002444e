"""Every system is looked at, all at once, and none keeps the others' findings from being told."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from fermata.domain.person import Person
from fermata.flows.doctor import check_systems
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.ports.server_clock import note_server_time
from fermata.ports.system import CheckResult, System

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SOON = timedelta(milliseconds=50)


def build(check):
    """Give a system with this doctor."""

    class Patient(System):
        name = "patient"

        async def check(self):
            return await check()

    return Patient(None, SystemClock())


async def be_well():
    """Answer that all is well."""
    return [CheckResult(name="well: server", ok=True, text="answers")]


@pytest.mark.parametrize(("ok", "names"), [(True, ["seen: server", "seen: people"]), (False, ["seen: server"])])
async def test_people_are_looked_up_where_all_else_is_well(ok, names):
    """Only those who have a handle there; behind a token that is refused, each name would say that again."""
    asked = []

    async def check():
        return [CheckResult(name="seen: server", ok=ok, text="answers")]

    async def check_people(handles):
        asked.append(handles)
        return [CheckResult(name="seen: people", ok=True, text="known")]

    system = build(check)
    system.check_people = check_people
    people = [Person(id="alice", name="Alice", handles={"seen": "U1"}), Person(id="bob", name="Bob")]

    found = await check_systems({"seen": system}, people=people)

    assert [finding.name for finding in found][: len(names)] == names
    assert asked == ([{"alice": "U1"}] if ok else [])


async def test_findings_come_in_the_order_of_the_settings():
    """However long each takes, two runs can be compared."""

    async def answer_late():
        await asyncio.sleep(0)
        return [CheckResult(name="late: server", ok=True, text="answers")]

    told = []
    found = await check_systems(
        {"late": build(answer_late), "well": build(be_well)}, on_checked=lambda name, _: told.append(name)
    )

    assert [finding.name for finding in found] == ["late: server", "well: server"]
    assert told == ["well", "late"]


async def test_hanging_doctor_is_given_up_and_named():
    """One that hangs costs its deadline, and is a finding that says what to look at."""
    found = await check_systems({"hung": build(asyncio.Event().wait), "well": build(be_well)}, deadline=SOON)

    assert [(finding.name, finding.ok) for finding in found] == [("hung: doctor", False), ("well: server", True)]
    assert "has not answered within 50ms" in found[0].text
    assert "--deadline" in found[0].text


async def test_doctor_that_does_not_let_go_keeps_nobody_waiting():
    """To be cancelled is a request; one that ignores it is left behind."""
    release = asyncio.Event()

    async def cling():
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return []

    found = await check_systems({"clung": build(cling)}, deadline=SOON)

    assert [finding.name for finding in found] == ["clung: doctor"]
    release.set()
    await asyncio.sleep(0)


async def test_doctor_that_crashes_or_gives_up_is_a_finding():
    """A bug is told as one; a failure that a doctor let through keeps its advice."""

    async def crash():
        raise ZeroDivisionError

    async def give_up():
        raise OperationalError("It is down", do="Start it")

    found = await check_systems({"broken": build(crash), "down": build(give_up), "well": build(be_well)})

    assert [(finding.name, finding.ok) for finding in found] == [
        ("broken: doctor", False),
        ("down: doctor", False),
        ("well: server", True),
    ]
    assert "crashed (ZeroDivisionError)" in found[0].text
    assert found[1].text == "It is down. Start it."


@pytest.mark.parametrize(
    ("ahead_s", "ok", "words"),
    [
        (0, True, "agree within 30s"),
        (-30, True, "agree within 30s"),
        (95, False, "1m 35s ahead of this machine's"),
        (-31, False, "31s behind this machine's"),
    ],
)
async def test_clock_that_answers_tell_is_judged(ahead_s, ok, words):
    """More than half a minute apart, and events stand in the wrong order: a finding with its fix."""

    async def ask():
        note_server_time(format_datetime(NOON + timedelta(seconds=ahead_s), usegmt=True), NOON)
        return []

    (finding,) = await check_systems({"api": build(ask)})

    assert (finding.name, finding.ok) == ("api: clock", ok)
    assert words in finding.text


async def test_best_answer_counts_for_the_clock():
    """An answer that was long under way tells an old time; one good answer acquits the clock."""

    async def ask():
        for ahead_s in (-120, -2):
            note_server_time(format_datetime(NOON + timedelta(seconds=ahead_s), usegmt=True), NOON)
        return []

    (finding,) = await check_systems({"api": build(ask)})

    assert finding.ok


async def test_doctor_that_judges_the_clock_itself_has_the_word():
    """Where a protocol tells the time better than a header does, that finding stands alone."""

    async def ask():
        note_server_time(format_datetime(NOON + timedelta(hours=1), usegmt=True), NOON)
        return [CheckResult(name="api: clock", ok=True, text="its own")]

    found = await check_systems({"api": build(ask)})

    assert [finding.text for finding in found] == ["its own"]
