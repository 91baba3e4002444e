"""What every store must do with cards on their way and with what channels brought; part of `store_contract`."""
# ruff: noqa: S101 - a suite of tests asserts; pytest is told to rewrite it

from __future__ import annotations

from datetime import timedelta

from fermata.domain.ids import IncidentId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.ports.store import Store
from fermata.testing import records
from fermata.testing.records import NOON
from fermata.testing.store_rows_contract import MINUTE


class OutboxContract:
    """Cards on their way."""

    def test_card_is_due_until_it_is_delivered(self, store: Store) -> None:
        """The receipt is kept for the next version."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("console", "inc-1", records.make_card("first"), now=NOON)
            assert outbox.list_due(NOON - MINUTE) == []
            (entry,) = outbox.list_due(NOON)
            outbox.mark_delivered(entry, "receipt-1", now=NOON)
            assert (outbox.count_undelivered(), outbox.list_due(NOON)) == (0, [])

            outbox.put("console", "inc-1", records.make_card("second"), now=NOON + MINUTE)
            (newer,) = outbox.list_due(NOON + MINUTE)
        assert (entry.version, entry.receipt, entry.card.title) == (1, None, "first")
        assert (newer.version, newer.receipt, newer.card.title) == (2, "receipt-1", "second")

    def test_card_replaced_while_it_is_sent_stays_due(self, store: Store) -> None:
        """The newer card still has to go out; the late answer to the older one is not lost, and does not win."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("console", "inc-1", records.make_card("first"), now=NOON)
            (first,) = outbox.list_due(NOON)
            outbox.put("console", "inc-1", records.make_card("second"), now=NOON)
            outbox.mark_delivered(first, "receipt-1", now=NOON)
            (second,) = outbox.list_due(NOON)
            assert (second.card.title, second.receipt) == ("second", "receipt-1")

            outbox.mark_delivered(second, "receipt-2", now=NOON)
            outbox.mark_delivered(first, "receipt-late", now=NOON)
            assert outbox.count_undelivered() == 0
            outbox.put("console", "inc-1", records.make_card("third"), now=NOON)
            assert [entry.receipt for entry in outbox.list_due(NOON)] == ["receipt-2"]

    def test_failed_delivery_is_tried_again_later(self, store: Store) -> None:
        """With the reason, which is forgotten once a delivery succeeds; a replaced card has its own time."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("console", "inc-1", records.make_card("first"), now=NOON)
            (entry,) = outbox.list_due(NOON)
            outbox.mark_failed(entry, "no route", MINUTE, now=NOON)
            assert outbox.list_due(NOON) == []
            (again,) = outbox.list_due(NOON + MINUTE)
            assert (again.attempts, again.last_error, again.due_at) == (0, "no route", NOON + MINUTE)

            outbox.put("console", "inc-1", records.make_card("second"), now=NOON)
            outbox.mark_failed(again, "no route", 60 * MINUTE, now=NOON)
            (newer,) = outbox.list_due(NOON)
            outbox.mark_delivered(newer, "receipt", now=NOON)
            outbox.put("console", "inc-1", records.make_card("third"), now=NOON)
            assert [(due.attempts, due.last_error) for due in outbox.list_due(NOON)] == [(0, "")]

    def test_due_cards_come_oldest_first(self, store: Store) -> None:
        """And no more than asked."""
        with store.begin() as transaction:
            for number in (2, 0, 1):
                now = NOON + number * MINUTE
                transaction.outbox.put("console", f"inc-{number}", records.make_card(), now=now)

            due = transaction.outbox.list_due(NOON + 9 * MINUTE, limit=2)
            assert [entry.key for entry in due] == ["inc-0", "inc-1"]
            assert transaction.outbox.count_undelivered() == 3

    def test_cards_whose_plan_waits_come_before_all_others(self, store: Store) -> None:
        """However many are older; what a card quotes makes it none of them."""
        plain = records.make_card().model_copy(update={"can_decide": False})
        sly = plain.model_copy(update={"subtitle": '"can_decide":true'})
        with store.begin() as transaction:
            outbox = transaction.outbox
            for number in range(30):
                outbox.put("chat", f"inc-{number:02}", sly, now=NOON)
            outbox.put("chat", "inc-held", plain.model_copy(update={"can_decide": True}), now=NOON + MINUTE)

            due = outbox.list_due(NOON + MINUTE, limit=2, channel="chat")
            assert [entry.key for entry in due] == ["inc-held", "inc-00"]

    def test_plan_that_waits_comes_first_however_often_its_card_failed(self, store: Store) -> None:
        """After an outage it is what people need first; a card that was put off comes when its time has come."""
        card = records.make_card()
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("chat", "inc-held", card.model_copy(update={"can_decide": True}), now=NOON)
            outbox.put("chat", "inc-0", card.model_copy(update={"can_decide": False}), now=NOON)
            for _ in range(9):
                (first, _) = outbox.list_due(NOON, channel="chat")
                assert first.key == "inc-held"
                outbox.mark_failed(first, "it was archived", timedelta(0), now=NOON)

            outbox.put_off("chat", "inc-held", first.version, MINUTE, now=NOON)
            assert [entry.key for entry in outbox.list_due(NOON, channel="chat")] == ["inc-0"]
            due = outbox.list_due(NOON + MINUTE, channel="chat")
            assert [(entry.key, entry.attempts) for entry in due] == [("inc-held", 1), ("inc-0", 0)]

    def test_card_that_was_replaced_is_not_put_off(self, store: Store) -> None:
        """The newer one was not refused yet; once one arrives, nothing is held against it any more."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("chat", "inc-1", records.make_card("first"), now=NOON)
            outbox.put("chat", "inc-1", records.make_card("second"), now=NOON)
            outbox.put_off("chat", "inc-1", 1, MINUTE, now=NOON)
            (entry,) = outbox.list_due(NOON)
            assert (entry.version, entry.attempts) == (2, 0)

            outbox.put_off("chat", "inc-1", 2, timedelta(0), now=NOON)
            outbox.mark_delivered(entry, "receipt", now=NOON)
            outbox.put("chat", "inc-1", records.make_card("third"), now=NOON)
            assert [due.attempts for due in outbox.list_due(NOON)] == [0]

    def test_due_cards_of_one_channel_are_read_by_its_name(self, store: Store) -> None:
        """A channel that many cards wait for keeps nobody from reading those of another."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            for number in range(30):
                outbox.put("down", f"inc-{number}", records.make_card(), now=NOON)
            outbox.put("up:room", "inc-0", records.make_card(), now=NOON + MINUTE)

            assert [outbox.list_waiting(at) for at in (NOON, NOON + MINUTE, None)] == [
                ["down"],
                ["down", "up:room"],
                ["down", "up:room"],
            ]
            assert [entry.key for entry in outbox.list_due(NOON + MINUTE, channel="up:room")] == ["inc-0"]

    def test_cards_that_are_due_late_are_read_by_that(self, store: Store) -> None:
        """Those that are due sooner, and delivered ones, are left out, however many they are."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            for number in range(30):
                outbox.put("chat", f"inc-{number}", records.make_card(), now=NOON)
            outbox.put("chat", "inc-late", records.make_card(), now=NOON + 9 * MINUTE)

            assert [entry.key for entry in outbox.list_due_after(NOON + MINUTE)] == ["inc-late"]
            assert outbox.list_due_after(NOON + 9 * MINUTE) == []

    def test_same_card_again_is_not_sent_again(self, store: Store) -> None:
        """Delivered or not: nobody's message is edited for nothing, and a failing channel is not tried sooner."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("chat", "inc-1", records.make_card("first"), now=NOON)
            (entry,) = outbox.list_due(NOON)
            outbox.mark_failed(entry, "no route", MINUTE, now=NOON)
            outbox.put("chat", "inc-1", records.make_card("first"), now=NOON)
            assert outbox.list_due(NOON) == []

            (entry,) = outbox.list_due(NOON + MINUTE)
            outbox.mark_delivered(entry, "receipt", now=NOON)
            outbox.put("chat", "inc-1", records.make_card("first"), now=NOON)
            assert outbox.count_undelivered() == 0

    def test_places_of_a_card_say_whether_it_is_shown_there(self, store: Store) -> None:
        """Where it was delivered once it has to be kept true; the others have not seen it."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            for channel in ("a", "b"):
                outbox.put(channel, "inc-1", records.make_card(), now=NOON)
            (entry,) = outbox.list_due(NOON, channel="a")
            outbox.mark_delivered(entry, "receipt", now=NOON)

            places = outbox.list_places("inc-1")
            assert [(place.channel, place.is_shown, place.is_delivered) for place in places] == [
                ("a", True, True),
                ("b", False, False),
            ]
            assert outbox.list_places("inc-2") == []

    def test_shown_card_is_renewed_as_it_is(self, store: Store) -> None:
        """Under its receipt; one that was never shown, or waits already, is left alone."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            outbox.put("a", "inc-1", records.make_card("first"), now=NOON)
            assert not outbox.renew("a", "inc-1", now=NOON)
            (entry,) = outbox.list_due(NOON)
            outbox.mark_delivered(entry, "receipt", now=NOON)

            assert outbox.renew("a", "inc-1", now=NOON + MINUTE)

            assert (outbox.renew("a", "inc-1", now=NOON), outbox.renew("b", "inc-1", now=NOON)) == (False, False)
            (again,) = outbox.list_due(NOON + MINUTE)
            assert (again.receipt, again.card) == ("receipt", entry.card)
            outbox.mark_delivered(again, "receipt-2", now=NOON + MINUTE)
            assert outbox.count_undelivered() == 0

    def test_stranded_cards_are_those_that_never_went_elsewhere(self, store: Store) -> None:
        """Delivered ones, and ones that are at the other place already, are left out."""
        with store.begin() as transaction:
            outbox = transaction.outbox
            for key in ("inc-1", "inc-2", "inc-3"):
                outbox.put("down", key, records.make_card(), now=NOON)
            outbox.put("other", "inc-5", records.make_card(), now=NOON)
            outbox.put("beside", "inc-2", records.make_card(), now=NOON)
            (first, *_) = outbox.list_due(NOON, channel="down")
            outbox.mark_delivered(first, "receipt", now=NOON)

            assert [entry.key for entry in outbox.list_stranded(["down"], "beside")] == ["inc-3"]
            assert [entry.key for entry in outbox.list_stranded(["down", "other"], "beside", limit=1)] == ["inc-3"]
            assert outbox.list_stranded([], "beside") == []

    def test_delivery_is_noted_once_for_each_channel_until_it_is_forgotten(self, store: Store) -> None:
        """The same id in two channels is two deliveries."""
        with store.begin() as transaction:
            deliveries = transaction.deliveries
            noted = [deliveries.add(channel, "1", NOON) for channel in ("a", "a", "b")]
            assert noted == [True, False, True]
            assert deliveries.add("a", "2", NOON + MINUTE)

            assert deliveries.forget(NOON + MINUTE, "b") == 1
            assert [deliveries.has("a", "1"), deliveries.has("b", "1")] == [True, False]
            assert deliveries.forget(NOON + MINUTE) == 1
            assert [deliveries.has("a", "1"), deliveries.has("a", "2")] == [False, True]

    def test_incidents_are_counted_by_state(self, store: Store) -> None:
        """Without reading one of them."""
        with store.begin() as transaction:
            for number, state in enumerate((IncidentState.OPEN, IncidentState.HELD, IncidentState.HELD)):
                transaction.incidents.save(records.make_incident(f"inc-{number}", state=state))

            assert transaction.incidents.count_in_states((IncidentState.HELD,)) == 2
            assert transaction.incidents.count_in_states((IncidentState.HELD, IncidentState.OPEN)) == 3
            assert transaction.incidents.count_in_states((IncidentState.VERIFYING,)) == 0

    def test_holds_of_an_incident_come_newest_first(self, store: Store) -> None:
        """Superseded ones are among them."""
        plan = records.make_plan()
        old = records.make_proposal("pr-b", plan)
        new = records.make_proposal("pr-a", plan, opened_at=NOON + MINUTE)
        with store.begin() as transaction:
            for proposal in (old, new):
                transaction.proposals.open(plan, proposal)

            assert transaction.proposals.list_for_incident(plan.incident_id) == [new, old]
            assert transaction.proposals.list_for_incident(plan.incident_id, limit=1) == [new]
            transaction.proposals.compare_and_set(
                new.id, ProposalState.OPEN, ProposalState.SUPERSEDED, at=NOON, by="fermata", reason="by its time alone"
            )
            assert transaction.proposals.find_for_incident(plan.incident_id) == old
            assert transaction.proposals.list_for_incident(IncidentId("inc-none")) == []
