"""The memory of grouping candidates: whatever happened, it holds what a fresh read would give."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.flows.stage import NOON, make_alert, write_body

from fermata.flows import candidates
from fermata.flows.candidates import CandidateMemory

_EVENTS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(
                st.sampled_from(["Down", "Slow", "Full"]),
                st.sampled_from(["checkout", "billing"]),
                st.sampled_from(["firing", "firing", "resolved"]),
                st.sampled_from([-600, -60, 0, 60]),
            ),
            max_size=4,
        ),
        st.sampled_from(["one", "two"]),
        st.sampled_from([0, 30, 500, 2000]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def describe(known):
    """Give what grouping sees of candidates; the order of alerts and keys means nothing to it."""
    return {
        candidate.incident.id: (
            candidate.incident,
            {(alert.id, alert.name, alert.starts_at, alert.labels["service"]) for alert in candidate.alerts},
            set(candidate.group_keys),
        )
        for candidate in known
    }


async def load_both(stage):
    """Give the candidates as the house remembers them, and as the rows have them."""
    now, window = stage.clock.now(), stage.context.grouping.window

    def load(transaction):
        memory = stage.house.intake._memory
        return memory.load(transaction, now, window), CandidateMemory().load(transaction, now, window)

    return await stage.store.read(load)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=_EVENTS)
async def test_memory_equals_a_fresh_read(stage, events):
    """After any webhooks, pauses and investigations, the memory and the rows give the same candidates."""
    stage.clock.advance(timedelta(days=1))  # What earlier examples left behind is too old to matter.
    began_s = (stage.clock.now() - NOON).total_seconds() // 1
    for alerts, group, pause_s, investigated in events:
        sent = [make_alert(name, service, status=status, at=began_s + at) for name, service, status, at in alerts]
        await stage.house.intake.receive("alertmanager", write_body(*sent, group_key=group))
        if investigated:
            await stage.engine.drain()
        stage.clock.advance(timedelta(seconds=pause_s))

        remembered, fresh = await load_both(stage)
        assert describe(remembered) == describe(fresh)


async def test_index_begins_anew_once_most_of_its_keys_are_stale(stage, monkeypatch):
    """What is read again has keys of its own, also where no alert is new; and what is joinable stays so."""
    monkeypatch.setattr(candidates, "_MOST_KEYS", 5)
    every = [make_alert("Down", f"service-{number}") for number in range(4)]
    first = await stage.send(*every)

    held = []
    for _ in range(9):
        await stage.store.write(lambda transaction: touch(transaction, first.incidents, stage.clock.now()))
        again = await stage.send(*every)
        held.append(len(stage.house.intake._memory._index.cache))

    assert again.incidents == first.incidents
    assert max(held) <= 20
    remembered, fresh = await load_both(stage)
    assert describe(remembered) == describe(fresh)


def touch(transaction, incident_ids, now):
    """Change incidents, as an investigation does."""
    for incident_id in incident_ids:
        incident = transaction.incidents.get(incident_id)
        transaction.incidents.save(incident.model_copy(update={"updated_at": now}))


async def test_source_group_is_known_after_a_restart(stage):
    """Under which of its source's groups an incident's alerts came is written down: a restart groups the same way."""
    first = await stage.send(make_alert("CheckoutDown"), group_key="one")
    stage.clock.advance(timedelta(minutes=12))
    stage.restart()

    late = await stage.send(make_alert("CheckoutDown", at=700, path="/pay"), group_key="one")

    assert late.incidents == first.incidents
    assert (await stage.show(first.incidents[0])).incident.merges[-1].rule == "source_group"
