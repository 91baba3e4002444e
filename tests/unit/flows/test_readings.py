"""Readings: lists, one incident whole, and which layer held an alert back. They change nothing."""

from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON, make_alert

from fermata.domain.alert import Severity
from fermata.domain.incident import UNFINISHED_STATES, IncidentState
from fermata.flows.readings import MOST_PENDING
from fermata.kit.clock import format_instant
from fermata.kit.errors import NotFoundError
from fermata.testing.records import make_alert as make_record
from fermata.testing.records import make_approval, make_incident

SILENCE = {"id": "deploy", "match": {"service": "checkout"}, "until": NOON + timedelta(hours=1), "reason": "a deploy"}


async def explain(stage, text="CheckoutDown"):
    """Ask what became of an alert."""
    return await stage.house.readings.explain_alert(text)


async def test_alert_that_opened_its_incident_was_held_back_by_nothing(stage):
    """`none`: the alert was delivered once and opened an incident."""
    receipt = await stage.send()

    why = await explain(stage)

    assert (why.layer, why.incident_id, why.sightings) == ("none", receipt.incidents[0], 1)
    assert "CheckoutDown has been firing since 2026-11-23T11:59:00.000Z" in why.text
    assert f"It opened incident {receipt.incidents[0]}" in why.text
    assert "Its incident is open" in why.text


@pytest.mark.parametrize("at", [-60, 600])
async def test_repeated_alert_was_held_back_as_a_duplicate(stage, at):
    """`duplicate`: the same firing again starts nothing, and is counted; also of a clock that is ahead."""
    for _ in range(3):
        await stage.send(make_alert(at=at))

    why = await explain(stage)

    assert (why.layer, why.sightings) == ("duplicate", 3)
    last = format_instant((await stage.store.read(lambda rows: rows.alerts.find("CheckoutDown"))).received_at)
    told = f"sent 2 times more in the same state, the last time at {last}: duplicates, which start nothing"
    assert told in why.text


async def test_alert_that_ended_is_no_duplicate(stage):
    """A firing and its end are two messages, and neither repeats the other."""
    await stage.send()
    await stage.resolve()

    why = await explain(stage)

    assert why.layer == "none"
    assert "fired from 2026-11-23T11:59:00.000Z until 2026-11-23T12:00:00" in why.text


async def test_related_alert_was_held_back_by_grouping(stage):
    """`grouped`: it joined an incident that is being worked on, and the text says by which rule."""
    receipt = await stage.send()
    await stage.send(make_alert("CheckoutSlow", at=-30), group_key="another")

    why = await explain(stage, "CheckoutSlow")

    assert why.layer == "grouped"
    assert f"It joined incident {receipt.incidents[0]} (entity): same service checkout" in why.text


async def test_silenced_alert_was_held_back_by_its_silence(build_stage):
    """`silenced`: the text names the silence, its end and its reason."""
    stage = build_stage(silences=[SILENCE])
    await stage.send()

    why = await explain(stage)

    assert (why.layer, why.incident_id) == ("silenced", None)
    assert "silence deploy covers it until 2026-11-23T13:00:00.000Z: a deploy" in why.text


async def test_alert_soon_after_an_investigation_was_held_back_by_the_cooldown(stage):
    """`cooldown`: the incident was investigated a moment ago, and the text says until when it rests."""
    await stage.hold()
    await stage.resolve()
    await stage.send(make_alert(at=30))

    why = await explain(stage)

    assert why.layer == "cooldown"
    assert "and rests until 2026-11-23T12:02:00" in why.text


async def test_alert_beyond_the_limit_was_held_back_by_the_budget(build_stage):
    """`budget`: the hour's investigations are spent, and the text says how many there were."""
    stage = build_stage(limits={"investigations_per_hour": 1})
    await stage.send()
    await stage.send(make_alert("BillingDown", "billing"))

    why = await explain(stage, "BillingDown")

    assert why.layer == "budget"
    assert "1 investigations started within the last hour and the limit is 1" in why.text


async def test_alert_that_was_over_when_first_seen_says_so(stage):
    """An alert without an incident explains itself: it was over before anything could start."""
    await stage.resolve()

    why = await explain(stage)

    assert (why.layer, why.incident_id) == ("none", None)
    assert "over before it was first seen, and started nothing" in why.text


async def test_alert_is_found_by_id_fingerprint_and_name(stage):
    """Whatever people have at hand finds it; the latest firing when several match."""
    await stage.send()
    await stage.resolve()
    await stage.send(make_alert(at=30))
    latest = (await explain(stage)).alert

    assert latest.starts_at == NOON + timedelta(seconds=30)
    assert (await explain(stage, latest.id)).alert == latest
    assert (await explain(stage, latest.fingerprint)).alert == latest


async def test_unknown_alert_says_where_to_look(stage):
    """An alert that never arrived is an error with the next step."""
    with pytest.raises(NotFoundError) as refused:
        await explain(stage, "Nothing")

    assert "'Nothing'" in refused.value.what
    assert "refused" not in refused.value.why
    assert "/metrics" in refused.value.do


async def test_unknown_alert_is_told_with_what_was_refused_last(stage):
    """An alert that could not be read has no name to be found by; a body without a proof neither."""
    await stage.send(make_alert("Fine"), make_alert("Broken") | {"startsAt": "yesterday"})
    for number in (0, 1, 2, 2, 2):
        await stage.house.intake.refuse("alertmanager", "unauthenticated", f"no token {number}")

    with pytest.raises(NotFoundError) as refused:
        await explain(stage, "Broken")
    told = refused.value.why

    assert told.index("no token 2") < told.index("no token 1") < told.index("no token 0")
    assert "from alertmanager" in told
    assert "startsAt" not in told


async def test_alert_that_could_not_be_read_is_told_by_its_field(stage):
    """Whoever asks why nothing happened reads which field was wrong."""
    await stage.send(make_alert("Fine"), make_alert("Broken") | {"startsAt": "yesterday"})

    with pytest.raises(NotFoundError, match=r"refused last, at .* from alertmanager: .*startsAt"):
        await explain(stage, "Broken")


async def test_incidents_are_listed_newest_first(stage):
    """A page at a time."""
    receipts = [await stage.send(make_alert(f"Down{number}", f"s{number}")) for number in range(3)]
    ids = [receipt.incidents[0] for receipt in receipts]

    listed = await stage.house.readings.list_incidents(limit=2)
    rest = await stage.house.readings.list_incidents(limit=2, offset=2)

    assert [incident.id for incident in [*listed, *rest]] == ids[::-1]


async def test_severe_incidents_are_listed_whatever_came_after_them(stage):
    """The worst first, then the newest; what is over, and a mild one that speaks of a critical thing, is left out."""
    told = [
        ("inc-1", Severity.HIGH, IncidentState.NEEDS_PERSON),
        ("inc-2", Severity.CRITICAL, IncidentState.OPEN),
        ("inc-3", Severity.CRITICAL, IncidentState.RESOLVED),
        ("inc-4", Severity.CRITICAL, IncidentState.MITIGATED),
        ("inc-5", Severity.WARNING, IncidentState.OPEN),
    ]
    with stage.store.begin() as transaction:
        for incident_id, severity, state in told:
            ended = {"resolved_at": NOON} if state is IncidentState.RESOLVED else {}
            transaction.incidents.save(
                make_incident(id=incident_id, severity=severity, state=state, title="critical-path: Slow", **ended)
            )
    readings = stage.house.readings

    severe = await readings.list_severe()
    counted = await readings.count_incidents(UNFINISHED_STATES)

    assert [incident.id for incident in severe] == ["inc-2", "inc-1"]
    assert counted == 3


async def test_severe_incident_is_listed_behind_many_mild_ones_that_speak_of_it(stage):
    """`HighLatency` is a common name of a warning, and a storm of those hides no outage."""
    with stage.store.begin() as transaction:
        transaction.incidents.save(make_incident(id="inc-0", severity=Severity.HIGH, state=IncidentState.OPEN))
        for number in range(1, 4):
            changes = {"severity": Severity.WARNING, "state": IncidentState.OPEN, "title": "HighLatency"}
            opened_at = NOON + timedelta(minutes=number)
            transaction.incidents.save(
                make_incident(id=f"inc-{number}", opened_at=opened_at, updated_at=opened_at, **changes)
            )

    severe = await stage.house.readings.list_severe(limit=2)

    assert [incident.id for incident in severe] == ["inc-0"]


async def test_incident_is_found_by_what_people_have_at_hand(stage):
    """Its id, the end of it, an alert's name, or `latest`."""
    first = (await stage.send()).incidents[0]
    second = (await stage.send(make_alert("BillingDown", "billing"))).incidents[0]

    found = [await stage.house.readings.find_incident(text) for text in (first, first[-6:], "CheckoutDown", "latest")]

    assert [incident.id for incident in found] == [first, first, first, second]


async def test_latest_is_the_newest_plan_of_more_than_are_listed(stage):
    """In a storm of plans those that expire first would hide the one that was just announced; all are counted."""
    view = await stage.hold()
    older = make_incident("inc-older")

    def add(transaction):
        transaction.incidents.save(older)
        for number in range(MOST_PENDING):
            held = view.proposal.model_copy(
                update={
                    "id": f"pr-{number}",
                    "incident_id": older.id,
                    "opened_at": view.proposal.opened_at - timedelta(seconds=1),
                    "expires_at": view.proposal.expires_at - timedelta(seconds=1),
                }
            )
            transaction.proposals.open(view.plan, held)

    await stage.house.store.write(add)
    readings = stage.house.readings

    assert (await readings.find_incident("latest")).id == view.incident.id
    assert (len(await readings.list_pending()), await readings.count_pending()) == (MOST_PENDING, MOST_PENDING + 1)
    assert len(await readings.list_pending(MOST_PENDING + 1)) == MOST_PENDING + 1


async def test_latest_is_the_incident_whose_plan_waits(stage):
    """A newer incident where nothing waits is not what somebody who approves `latest` means; once it is over, it is."""
    held = await stage.hold()
    newer = (await stage.send(make_alert("BillingDown", "billing"))).incidents[0]

    waiting = await stage.house.readings.find_incident("latest")
    stage.clock.advance(timedelta(days=1))
    expired = await stage.house.readings.find_incident("latest")

    assert (waiting.id, expired.id) == (held.incident.id, newer)


@pytest.mark.parametrize(
    ("state", "age", "meant"),
    [
        (IncidentState.RESOLVED, timedelta(hours=1), "inc-old"),
        (IncidentState.MITIGATED, timedelta(hours=1), "inc-old"),
        (IncidentState.NEEDS_PERSON, timedelta(hours=1), "inc-new"),
        (IncidentState.RESOLVED, timedelta(days=2), "inc-new"),
    ],
    ids=["over", "users are well", "live too", "nobody touched the older one for days"],
)
async def test_latest_is_a_live_incident_before_one_that_is_over(stage, state, age, meant):
    """At three in the morning what is on fire is meant, not what began last and is over."""
    now = stage.clock.now()
    ended = {"resolved_at": now} if state is IncidentState.RESOLVED else {}
    with stage.store.begin() as transaction:
        for name, live, opened in (("inc-older", IncidentState.OPEN, age * 3), ("inc-old", IncidentState.OPEN, age)):
            at = now - opened
            transaction.incidents.save(make_incident(id=name, state=live, opened_at=at, updated_at=at))
        transaction.incidents.save(make_incident(id="inc-new", state=state, opened_at=now, updated_at=now, **ended))

    assert (await stage.house.readings.find_incident("latest")).id == meant


@pytest.mark.parametrize("text", ["", "inc-none", "Nothing"])
async def test_incident_that_is_not_one_is_refused(stage, text):
    """Nothing, or more than one, is no answer."""
    await stage.send()
    await stage.send(make_alert("BillingDown", "billing"))

    with pytest.raises(NotFoundError, match="matches") as refused:
        await stage.house.readings.find_incident(text)

    assert "fermata incidents" in refused.value.do


async def test_name_of_an_alert_that_fires_in_two_incidents_names_none(stage):
    """A plan of the one must not be rejected for the other; once only one of them goes on, that is meant."""
    first = (await stage.send(make_alert("ErrorRate", "checkout"))).incidents[0]
    second = (await stage.send(make_alert("ErrorRate", "billing", at=-30), group_key="other")).incidents[0]

    with pytest.raises(NotFoundError, match="No single incident matches 'ErrorRate'") as refused:
        await stage.house.readings.find_incident("ErrorRate")

    assert first in refused.value.why
    assert second in refused.value.why
    await stage.resolve(make_alert("ErrorRate", "checkout"))
    assert (await stage.house.readings.find_incident("ErrorRate")).id == second


async def test_old_incident_is_found_by_its_id(stage):
    """An id finds its incident however many came after it."""

    def write(transaction):
        for number in range(501):
            alert = make_record(f"Down{number}")
            opened_at = NOON + timedelta(seconds=number)
            transaction.incidents.save(make_incident(f"inc-{number:04}", alert, opened_at=opened_at))

    await stage.store.write(write)

    assert (await stage.house.readings.find_incident("inc-0000")).id == "inc-0000"


async def test_view_holds_everything_of_an_incident(stage):
    """One read gives the incident with all that is known of it, at one moment."""
    held = await stage.hold()
    view = await stage.approve(held)

    assert [alert.name for alert in view.alerts] == ["CheckoutDown"]
    assert None not in (view.diagnosis, view.plan, view.proposal)
    assert {item.incident_id for item in view.evidence} == {view.incident.id}
    assert [approval.person_id for approval in view.approvals] == ["alice"]
    assert len(view.executions) == len(view.verifications) == 1
    assert view.journal[0].event.kind == "alert.received"
    assert view.card.incident_id == view.incident.id


async def test_view_of_nothing_is_an_error(stage):
    """An incident that does not exist is named."""
    with pytest.raises(NotFoundError, match="inc-none"):
        await stage.show("inc-none")


async def test_pending_plans_are_listed_until_they_are_decided(stage):
    """What waits for a person is listed with its incident; what was decided is not."""
    view = await stage.hold()
    (pending,) = await stage.house.readings.list_pending()
    before = await stage.house.readings.list_approved()

    await stage.decide(view)

    assert before == frozenset()
    assert (pending.proposal, pending.plan, pending.incident.id) == (view.proposal, view.plan, view.incident.id)
    assert await stage.house.readings.list_pending() == []


async def test_plan_that_has_a_yes_is_listed_with_it(stage):
    """Whoever reads the list sees that one more is enough."""
    view = await stage.hold()
    approval = make_approval(view.proposal)
    await stage.store.write(lambda transaction: transaction.proposals.add_approval(approval))

    (pending,) = await stage.house.readings.list_pending()

    assert pending.approvals == (approval,)


async def test_damaged_plan_does_not_hide_the_others(stage):
    """One row that cannot be read leaves the other plans listed."""
    view = await stage.hold()
    stage.rehearsal.hand.write({"search": stage.rehearsal.hand.read()["checkout"]})
    await stage.hold(make_alert("SearchDown", "search"))
    with stage.store.begin() as transaction:
        transaction.connection.exec_driver_sql("UPDATE plans SET record = '{}' WHERE id = ?", (view.plan.id,))

    (pending,) = await stage.house.readings.list_pending()

    assert pending.incident.id != view.incident.id


async def test_journal_is_read_on_from_where_a_reader_stopped(stage):
    """Entries come in order, those after a number, at most so many."""
    await stage.hold()
    everything = await stage.house.readings.list_journal()

    page = await stage.house.readings.list_journal(after=everything[1].sequence, limit=2)

    assert page == everything[2:4]


async def test_chain_is_verified(stage):
    """The audit counts every entry, and names the head to keep elsewhere."""
    view = await stage.hold()

    report = await stage.house.readings.verify_journal()

    assert (report.holds, report.entries, report.head) == (True, len(view.journal), view.journal[-1].hash)


async def test_reading_changes_nothing(stage):
    """However often an incident is looked at, its journal and its state stay."""
    view = await stage.hold()

    await stage.show(view.incident.id)
    await explain(stage)

    assert (await stage.show(view.incident.id)).journal == view.journal
    assert view.incident.state is IncidentState.HELD


async def test_incidents_are_searched_by_words_and_state(stage):
    """Every word must be mentioned; the state narrows down."""
    receipt = await stage.send()

    found = await stage.house.readings.search_incidents(("checkoutdown",), (IncidentState.OPEN,))
    elsewhere = await stage.house.readings.search_incidents(("checkoutdown", "payments"))
    settled = await stage.house.readings.search_incidents((), (IncidentState.RESOLVED,))

    assert [incident.id for incident in found] == list(receipt.incidents)
    assert (list(elsewhere), list(settled)) == ([], [])


async def test_head_of_the_journal_is_its_last_number(stage):
    """What a live page compares its own place with."""
    empty = await stage.house.readings.find_journal_head()
    await stage.send()

    assert empty == 0
    assert await stage.house.readings.find_journal_head() == (await stage.house.readings.list_journal())[-1].sequence
