"""Intake: what a webhook starts, what it does not start, and that nothing of it is lost or done twice."""

import asyncio
import itertools
import json
from datetime import timedelta

import pytest
from tests.unit.flows.stage import NOON, make_alert

from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.kit.errors import NotFoundError, OperationalError, UserError
from fermata.testing.engine import InlineEngine

SILENCE = {"id": "deploy", "match": {"service": "check*"}, "until": NOON + timedelta(hours=1), "reason": "a deploy"}


async def test_new_alert_opens_an_incident_and_its_investigation(stage):
    """An alert nobody has seen opens an incident and enqueues its investigation, in one commit."""
    receipt = await stage.send()

    (incident_id,) = receipt.incidents
    assert (receipt.alerts, receipt.new, receipt.truncated) == (1, 1, 0)
    assert stage.list_unfinished() == ["investigate"]
    assert await stage.list_kinds(incident_id) == ["alert.received", "incident.opened", "investigation.enqueued"]


async def test_repeated_alert_changes_nothing_but_its_count(stage):
    """The same firing sent again is counted, and starts nothing."""
    first = await stage.send()
    kinds = await stage.list_kinds()

    again = await stage.send()

    (view,) = [await stage.show(incident_id) for incident_id in again.incidents]
    assert (again.new, again.incidents) == (0, first.incidents)
    assert await stage.list_kinds() == kinds
    assert (await stage.house.readings.explain_alert(view.alerts[0].id)).sightings == 2


async def test_one_webhook_sent_from_many_sides_is_one_incident(stage):
    """Twenty deliveries of one alert at the same time open one incident and one investigation."""
    receipts = await asyncio.gather(*(stage.send() for _ in range(20)))

    assert len({receipt.incidents for receipt in receipts}) == 1
    assert sum(receipt.new for receipt in receipts) == 1
    assert stage.list_unfinished() == ["investigate"]


async def test_incident_whose_alerts_resolve_is_resolved_and_its_hold_superseded(stage):
    """When the last alert resolves by itself, the incident is over and its plan cannot be approved any more."""
    held = await stage.hold()

    receipt = await stage.resolve()

    view = await stage.show(held.incident.id)
    assert (receipt.new, view.incident.state) == (1, IncidentState.RESOLVED)
    assert view.proposal.state is ProposalState.SUPERSEDED
    assert not view.card.can_decide
    assert (await stage.list_kinds())[-3:] == ["alert.resolved", "proposal.superseded", "incident.resolved"]
    answer = await stage.decide(view)
    assert (answer.accepted, answer.rule) == (False, "already_decided")


async def test_incident_with_one_alert_left_is_not_resolved(stage):
    """An incident is over when every alert of it is."""
    both = make_alert(), make_alert("CheckoutSlow")
    held = await stage.hold(*both)

    await stage.resolve(both[0])

    view = await stage.show(held.incident.id)
    assert (view.incident.state, view.proposal.state) == (IncidentState.HELD, ProposalState.OPEN)


async def test_firing_message_that_comes_late_changes_nothing(stage):
    """A firing message of what is known to be over is a straggler: it opens nothing again."""
    receipt = await stage.send()
    await stage.resolve()
    kinds = await stage.list_kinds()

    late = await stage.send()

    assert (late.new, late.incidents) == (0, receipt.incidents)
    assert (await stage.show(receipt.incidents[0])).incident.state is IncidentState.RESOLVED
    assert await stage.list_kinds() == kinds


async def test_firing_that_its_source_had_lost_sight_of_opens_its_incident_again(stage):
    """Alertmanager says such a firing is over and then, with its old start, that it goes on: once, for hours."""
    first = await stage.send()
    await stage.resolve()
    stage.clock.advance(timedelta(hours=2))

    again = await stage.send()

    assert (again.new, again.incidents) == (1, first.incidents)
    assert (await stage.show(first.incidents[0])).incident.state is IncidentState.OPEN
    assert len(stage.list_unfinished()) >= 1


async def test_alert_that_was_over_before_it_was_seen_is_recorded_and_starts_nothing(stage):
    """An alert whose end is the first thing heard of it is in the journal, and no incident is made of it."""
    receipt = await stage.resolve()

    assert (receipt.alerts, receipt.new, receipt.incidents) == (1, 1, ())
    assert await stage.list_kinds() == ["alert.received"]
    assert stage.list_unfinished() == []


async def test_silenced_alert_is_recorded_once_and_starts_nothing(build_stage):
    """A silence keeps an alert from starting anything; the journal says so once, however often it is sent."""
    stage = build_stage(silences=[SILENCE])

    receipts = [await stage.send() for _ in range(3)]

    assert [receipt.incidents for receipt in receipts] == [()] * 3
    assert [receipt.new for receipt in receipts] == [1, 0, 0]
    assert await stage.list_kinds() == ["alert.received", "alert.held_back"]
    assert stage.list_unfinished() == []


async def test_alert_that_outlasts_its_silence_opens_an_incident(build_stage):
    """An alert that still fires when its silence is over is new to everybody: it opens an incident when it is sent."""
    stage = build_stage(silences=[SILENCE])
    await stage.send()
    stage.clock.advance(timedelta(hours=2))

    receipt = await stage.send()

    assert len(receipt.incidents) == 1
    assert stage.list_unfinished() == ["investigate"]
    assert (await stage.house.readings.explain_alert("CheckoutDown")).layer == "none"


async def test_silenced_alert_that_resolves_makes_no_incident(build_stage):
    """The end of a silenced alert is recorded, and nothing else."""
    stage = build_stage(silences=[SILENCE])
    await stage.send()

    receipt = await stage.resolve()

    assert (receipt.new, receipt.incidents) == (1, ())
    assert (await stage.list_kinds())[-1] == "alert.resolved"


async def test_related_alert_joins_with_its_reason(stage):
    """An alert of the same service joins the incident, says by which rule, and starts no second investigation."""
    first = await stage.send()

    second = await stage.send(make_alert("CheckoutSlow", at=-30), group_key="another")

    view = await stage.show(first.incidents[0])
    assert second.incidents == first.incidents
    assert [merge.rule for merge in view.incident.merges] == ["first", "entity"]
    assert "alert.grouped" in await stage.list_kinds()
    assert stage.list_unfinished() == ["investigate"]


async def test_alert_that_joins_before_the_investigation_began_is_not_held_back(stage):
    """An investigation that is enqueued will see what joins meanwhile: nothing is said of a cooldown."""
    first = await stage.send()

    await stage.send(make_alert("CheckoutSlow", at=-30))

    assert "alert.held_back" not in await stage.list_kinds(first.incidents[0])
    await stage.engine.drain()
    assert "CheckoutSlow" in (await stage.show(first.incidents[0])).card.to_text()


async def test_alert_that_joins_while_a_plan_is_held_starts_no_investigation(stage):
    """What joins an incident with a held plan is on the card; the plan stands."""
    held = await stage.hold()
    stage.clock.advance(timedelta(minutes=5))

    await stage.send(make_alert("CheckoutSlow", at=200))

    view = await stage.show(held.incident.id)
    assert (view.incident.state, len(view.alerts)) == (IncidentState.HELD, 2)
    assert view.proposal.state is ProposalState.OPEN
    assert stage.list_unfinished() == []


async def test_shadow_mode_says_what_it_would_have_joined(build_stage):
    """In shadow mode each alert gets its own incident, and the journal names the one it would have joined."""
    stage = build_stage(grouping={"mode": "shadow"})
    first = await stage.send()

    second = await stage.send(make_alert("CheckoutSlow", at=-30))

    (opened,) = [
        entry.event.data
        for entry in await stage.house.readings.list_journal(second.incidents[0])
        if entry.event.kind == "incident.opened"
    ]
    assert second.incidents != first.incidents
    assert opened["would_join"] == first.incidents[0]


async def test_grouping_that_is_off_still_folds_the_same_fingerprint(build_stage):
    """Off: different alerts are different incidents, and the same alert again is the same one."""
    stage = build_stage(grouping={"mode": "off"})
    first = await stage.send()

    other = await stage.send(make_alert("CheckoutSlow", at=-30))
    again = await stage.send(make_alert(at=-10))

    assert other.incidents != first.incidents
    assert again.incidents == first.incidents


async def test_alert_that_links_two_others_is_taken_in_its_own_order(stage):
    """Alerts of one body are taken oldest first, so that one in the middle links two that lie far apart."""
    chain = [make_alert(f"Checkout{name}", at=at) for name, at in (("C", 1000), ("A", 0), ("B", 500))]

    receipt = await stage.send(*chain)

    assert len(receipt.incidents) == 1
    assert len((await stage.show(receipt.incidents[0])).alerts) == 3


async def test_truncated_alerts_are_said_once_a_webhook(stage):
    """What the source cut from a body is counted on one incident and in the journal."""
    receipt = await stage.send(make_alert(), make_alert("BillingDown", "billing"), truncated=7)

    counts = [(await stage.show(incident_id)).incident.truncated_alerts for incident_id in receipt.incidents]
    assert receipt.truncated == 7
    assert sorted(counts) == [0, 7]
    assert (await stage.list_kinds()).count("alerts.truncated") == 1


async def test_alert_that_fires_again_soon_reopens_its_incident(stage):
    """The same alert within the window after its incident was resolved opens that incident again."""
    first = await stage.send()
    await stage.resolve()
    stage.clock.advance(timedelta(minutes=5))

    again = await stage.send(make_alert(at=290))

    assert again.incidents == first.incidents
    assert (await stage.show(first.incidents[0])).incident.state is IncidentState.OPEN


async def test_alert_that_fires_again_late_opens_another_incident(stage):
    """After the window it is another disruption."""
    first = await stage.send()
    await stage.resolve()
    stage.clock.advance(timedelta(minutes=15))

    again = await stage.send(make_alert(at=890))

    assert again.incidents != first.incidents


async def test_alert_of_an_old_incident_is_known_by_all_its_alerts(stage):
    """An incident older than the window that ends alert by alert is reopened by any of its alerts."""
    both = make_alert(), make_alert("CheckoutSlow")
    first = await stage.send(*both)
    stage.clock.advance(timedelta(hours=1))
    await stage.resolve(both[0])
    await stage.resolve(both[1])

    again = await stage.send(make_alert(at=3700))

    assert again.incidents == first.incidents


async def test_alert_within_the_cooldown_is_held_back_and_says_so(stage):
    """An incident that was investigated a moment ago rests; the alert that joined it says which layer held it."""
    await stage.hold()
    await stage.resolve()

    again = await stage.send(make_alert(at=30))

    assert (await stage.list_kinds(again.incidents[0]))[-1] == "alert.held_back"
    assert (await stage.house.readings.explain_alert("CheckoutDown")).layer == "cooldown"


async def test_alert_beyond_the_budget_is_held_back_and_still_an_incident(build_stage):
    """When the hour's investigations are spent, an alert still opens its incident."""
    stage = build_stage(limits={"investigations_per_hour": 1})
    await stage.send()

    receipt = await stage.send(make_alert("BillingDown", "billing"))

    assert len(receipt.incidents) == 1
    assert "the limit is 1; inc-" in receipt.held_back[0]
    assert stage.list_unfinished() == ["investigate"]
    assert (await stage.house.readings.explain_alert("BillingDown")).layer == "budget"


async def test_worst_alert_of_a_body_is_investigated_first(build_stage):
    """Where one of a storm can be looked at, it is the outage among the warnings, wherever it stands."""
    stage = build_stage(limits={"investigations_per_hour": 1})
    mild = [make_alert(f"Slow{number}", f"service-{number}", severity="warning") for number in range(6)]

    await stage.send(*mild[:3], make_alert("Down", "database", severity="critical"), *mild[3:])

    assert (await stage.house.readings.explain_alert("Down")).layer == "none"
    assert (await stage.house.readings.explain_alert("Slow0")).layer == "budget"


async def test_body_of_an_unknown_source_is_refused_with_its_reason(stage):
    """A source that is not configured is named, with those that are."""
    with pytest.raises(NotFoundError) as refused:
        await stage.house.intake.receive("pager", b"{}")

    assert "'pager'" in refused.value.what
    assert "alertmanager" in refused.value.why
    assert refused.value.do


async def test_body_that_is_no_alert_leaves_nothing_behind(stage):
    """What cannot be parsed is refused before anything is written."""
    with pytest.raises(UserError):
        await stage.house.intake.receive("alertmanager", b'{"version": "4", "alerts": [{}]}')

    assert await stage.list_kinds() == []


async def test_alert_that_cannot_be_read_costs_itself_only(stage):
    """The others of its body are taken in; the one that was refused is counted and in the journal."""
    receipt = await stage.send(make_alert(), make_alert("BillingDown", "billing") | {"startsAt": "yesterday"})

    assert (receipt.alerts, receipt.refused, len(receipt.incidents)) == (1, 1, 1)
    assert (await stage.list_kinds()).count("alert.refused") == 1


async def test_firing_its_source_lost_sight_of_opens_its_incident_again(stage):
    """A source that said `resolved` and, well after that, that the same firing still fires is believed."""
    receipt = await stage.send()
    await stage.resolve()
    stage.clock.advance(timedelta(minutes=5))

    again = await stage.send()

    assert again.incidents == receipt.incidents
    assert (await stage.show(receipt.incidents[0])).incident.state is IncidentState.OPEN
    assert stage.list_unfinished()


async def test_webhook_is_kept_whole_or_not_at_all(stage, sqlite_store):
    """When the run of the second alert cannot be enqueued, the first alert is not kept either: it is sent again."""

    class FullEngine(InlineEngine):
        def enqueue(self, transaction, leg, run_id, payload):
            if self.list_unfinished():
                raise OperationalError("The queue is full", why="a test says so", do="Try again")
            super().enqueue(transaction, leg, run_id, payload)

    await stage.send(make_alert("SearchDown", "search"))
    kinds = await stage.list_kinds()
    object.__setattr__(stage.context, "engine", FullEngine(sqlite_store))

    with pytest.raises(OperationalError):
        await stage.send(make_alert(), make_alert("BillingDown", "billing"))

    assert await stage.list_kinds() == kinds
    assert await stage.store.read(lambda transaction: transaction.alerts.find("CheckoutDown")) is None


async def test_webhook_is_one_stretch_of_the_journal(stage):
    """The entries of one webhook stand together in the chain, and the chain holds."""
    await asyncio.gather(
        *(stage.send(make_alert(f"Down{n}", f"s{n}"), make_alert(f"Slow{n}", f"s{n}")) for n in range(8))
    )

    entries = await stage.house.readings.list_journal(limit=1000)
    owners = [entry.event.incident_id for entry in entries]
    changes = sum(before != after for before, after in itertools.pairwise(owners))
    assert changes == 7
    assert (await stage.house.readings.verify_journal()).holds


async def test_flood_marks_a_card_once(chatty_stage, channel):
    """Fifty webhooks for one incident queue one card, made when it is delivered."""
    from fermata.flows.deliver import deliver_due

    for number in range(50):
        await chatty_stage.send(make_alert(f"Checkout{number}"))
    waiting = await chatty_stage.store.read(lambda transaction: transaction.outbox.count_undelivered())

    delivered = await deliver_due(chatty_stage.context)

    assert (waiting, delivered, len(channel.cards)) == (0, 1, 1)
    assert "further alerts" in channel.cards[0].to_text()


async def test_house_without_channels_marks_no_card(stage):
    """Where nobody receives cards, none is made."""
    receipt = await stage.send()

    assert await stage.find_flag(f"card-due/{receipt.incidents[0]}") is None


async def test_refused_bodies_are_journalled_up_to_thirty_a_minute(stage):
    """An unauthenticated flood cannot fill the journal: the rest is only counted, and a new minute begins anew."""
    for _ in range(40):
        await stage.house.intake.refuse("alertmanager", "malformed", "no JSON")
    first = (await stage.list_kinds()).count("body.refused")
    stage.clock.advance(timedelta(minutes=1))

    await stage.house.intake.refuse("alertmanager", "malformed", "no JSON")

    assert first == 30
    assert (await stage.list_kinds()).count("body.refused") == 31
    counted = stage.context.meters.refused_bodies.labels("alertmanager", "malformed")._value.get()
    assert counted == 41


async def test_refused_bodies_of_invented_sources_share_one_limit(stage):
    """A stranger who invents a source for each body gets no fresh limit with it."""
    for number in range(40):
        await stage.house.intake.refuse(f"source-{number}", "unauthenticated", "no token")

    assert (await stage.list_kinds()).count("body.refused") == 30


async def test_refused_body_is_journalled_without_secrets(stage):
    """The journal is forever: what a refusal quotes is redacted first."""
    await stage.house.intake.refuse("alertmanager", "malformed", "password=hunter2hunter2")

    (entry,) = await stage.house.readings.list_journal()
    assert "hunter2" not in entry.event.data["detail"]


async def test_malformed_alert_is_journalled_and_costs_its_neighbours_nothing(stage):
    """One broken alert in a group must not hide the others, and must not vanish either."""
    receipt = await stage.send(make_alert(), make_alert("CheckoutSlow") | {"startsAt": "yesterday"})

    assert (receipt.alerts, receipt.refused, len(receipt.incidents)) == (1, 1, 1)
    entries = await stage.house.readings.list_journal()
    (refused,) = [entry for entry in entries if entry.event.kind == "alert.refused"]
    assert "alerts[1].startsAt" in refused.event.data["text"]


async def test_start_in_the_future_is_the_moment_of_receipt(stage):
    """A source's broken clock begins no incident in years to come; the card says what it claimed."""
    receipt = await stage.send(make_alert(at=5 * 365 * 86_400))

    view = await stage.house.readings.show(receipt.incidents[0])

    assert view.incident.started_at <= stage.clock.now()
    assert "its source says 2031-11-22 12:00:00 UTC, which had not come yet" in view.card.to_text()


def _tell(status, **fields):
    return json.dumps({"title": "shop is down", "service": "checkout", "status": status} | fields).encode()


async def test_end_without_a_start_ends_the_firing_that_goes_on(stage):
    """Most tools tell the end of what fails, and not which of its failures: it is the one that is not over."""
    first = await stage.house.intake.receive("webhook", _tell("down"))
    stage.clock.advance(timedelta(minutes=7))
    again = await stage.house.intake.receive("webhook", _tell("down", summary="still"))

    over = await stage.house.intake.receive("webhook", _tell("up"))
    twice = await stage.house.intake.receive("webhook", _tell("up"))

    assert (again.new, over.incidents, twice.new) == (0, first.incidents, 0)
    assert (await stage.show(first.incidents[0])).incident.state is IncidentState.RESOLVED


async def test_firing_after_an_end_is_another_one(stage):
    """It fires anew, and its end ends that one, also where the clock of its sender says that it began before."""
    await stage.house.intake.receive("webhook", _tell("down"))
    await stage.house.intake.receive("webhook", _tell("up"))
    stage.clock.advance(timedelta(hours=5))
    earlier = (NOON - timedelta(minutes=3)).isoformat()

    anew = await stage.house.intake.receive("webhook", _tell("down", started_at=earlier))
    over = await stage.house.intake.receive("webhook", _tell("up"))

    assert anew.new == 1
    assert over.incidents == anew.incidents
    assert (await stage.show(anew.incidents[0])).incident.state is IncidentState.RESOLVED


async def test_end_of_what_nobody_told_of_starts_nothing(stage):
    """Nor is it taken for the end of something else."""
    first = await stage.house.intake.receive("webhook", _tell("down"))
    other = await stage.house.intake.receive("webhook", _tell("up", service="cart"))

    assert other.incidents == ()
    assert (await stage.show(first.incidents[0])).incident.is_live


async def test_end_that_tells_its_start_ends_that_firing_alone(stage):
    """A monitor is down while its certificate expires: two incidents of Better Stack, and one of them is over."""
    for at, over, firing in (("10", None, 1), ("20", None, 2), ("20", "30", 1), ("10", "40", 0)):
        ends = f"2026-11-23T11:{over}:00Z" if over else None
        told = {"name": "shop", "started_at": f"2026-11-23T11:{at}:00.000Z", "resolved_at": ends}
        body = json.dumps({"data": {"type": "incident", "attributes": told}}).encode()

        await stage.house.intake.receive("webhook", body)

        assert len(await stage.store.read(lambda transaction: transaction.alerts.list_firing("shop is down"))) == firing
