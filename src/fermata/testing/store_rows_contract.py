"""What every store must do with what is observed and proposed; the suite itself is `store_contract`."""
# ruff: noqa: S101 - a suite of tests asserts; pytest is told to rewrite it

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from fermata.domain.alert import AlertChange, AlertStatus, Severity
from fermata.domain.evidence import Gap, Gathering
from fermata.domain.ids import AlertId, IncidentId, PlanId, ProposalId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.kit.errors import NotFoundError
from fermata.ports.store import Store, Transaction
from fermata.testing import records
from fermata.testing.records import NOON

MINUTE = timedelta(minutes=1)


class AlertContract:
    """Alerts: one row per firing."""

    def test_alert_is_new_then_repeated_then_resolved(self, store: Store) -> None:
        """Each delivery says what it changed, and is counted."""
        alert = records.make_alert()
        resolved = records.make_alert(status=AlertStatus.RESOLVED, ends_at=NOON + MINUTE)

        with store.begin() as transaction:
            changes = [transaction.alerts.record(each) for each in (alert, alert, resolved, resolved, alert)]

        assert changes == [
            AlertChange.NEW,
            AlertChange.REPEATED,
            AlertChange.RESOLVED,
            AlertChange.REPEATED,
            AlertChange.LATE,
        ]
        with store.begin_read() as transaction:
            kept = resolved.model_copy(update={"first_received_at": alert.received_at})
            assert transaction.alerts.get(alert.id) == kept
            assert transaction.alerts.count_sightings(alert.id) == len(changes)

    def test_firing_that_goes_on_well_after_its_end_is_refired(self, store: Store) -> None:
        """A source that lost sight of an alert goes on with its old start; right after the end it is a straggler."""
        ended = records.make_alert(status=AlertStatus.RESOLVED, ends_at=NOON, received_at=NOON)
        soon, later = (records.make_alert(received_at=NOON + wait) for wait in (MINUTE, 2 * MINUTE))

        with store.begin() as transaction:
            changes = [transaction.alerts.record(each) for each in (records.make_alert(), ended, soon, later, later)]

        assert changes[2:] == [AlertChange.LATE, AlertChange.REFIRED, AlertChange.REPEATED]

    def test_repeated_alert_keeps_its_latest_words(self, store: Store) -> None:
        """The value and the annotations of the last delivery are kept."""
        with store.begin() as transaction:
            transaction.alerts.record(records.make_alert(value="3"))
            transaction.alerts.record(records.make_alert(value="7"))

            assert transaction.alerts.get(records.make_alert().id).value == "7"

    def test_start_that_had_not_come_stays_where_it_was_first_heard(self, store: Store) -> None:
        """A source whose clock is ahead tells of its alert again and again: it began once."""
        heard = [
            records.make_alert(starts_at=NOON + 9 * MINUTE, received_at=NOON + wait * MINUTE, value=str(wait))
            for wait in (0, 3, 12)
        ]
        with store.begin() as transaction:
            for alert in heard:
                transaction.alerts.record(alert)
            kept = transaction.alerts.get(heard[0].id)

        assert (kept.began_at, kept.value, kept.received_at) == (NOON, "12", NOON + 12 * MINUTE)

    def test_straggler_of_a_clock_that_is_ahead_is_late(self, store: Store) -> None:
        """Right after the end it opens nothing again, however long ago the firing was first heard."""
        first = records.make_alert(starts_at=NOON + 60 * MINUTE, received_at=NOON)
        straggler = first.model_copy(update={"received_at": NOON + 10 * MINUTE})
        ended = straggler.model_copy(update={"status": AlertStatus.RESOLVED, "ends_at": NOON + 70 * MINUTE})
        with store.begin() as transaction:
            changes = [transaction.alerts.record(each) for each in (first, ended, straggler)]

        assert changes == [AlertChange.NEW, AlertChange.RESOLVED, AlertChange.LATE]

    def test_straggler_of_a_clock_that_is_ahead_does_not_refire(self, store: Store) -> None:
        """Its first receipt is kept, and is no word of when its end was heard."""
        ahead = NOON + 9 * MINUTE
        heard = [
            records.make_alert(starts_at=ahead, received_at=NOON),
            records.make_alert(
                starts_at=ahead, status=AlertStatus.RESOLVED, ends_at=ahead + 5 * MINUTE, received_at=NOON + 5 * MINUTE
            ),
            *(records.make_alert(starts_at=ahead, received_at=NOON + wait * MINUTE) for wait in (5, 6, 7)),
        ]
        with store.begin() as transaction:
            changes = [transaction.alerts.record(alert) for alert in heard]

        assert changes[2:] == [AlertChange.LATE, AlertChange.LATE, AlertChange.REFIRED]

    def test_alert_is_found_by_id_fingerprint_and_name(self, store: Store) -> None:
        """Of several with one name, the latest is found; nothing is found for another case."""
        old = records.make_alert()
        new = records.make_alert(fingerprint="fp-new", starts_at=NOON + MINUTE)
        with store.begin() as transaction:
            for alert in (new, old):
                transaction.alerts.record(alert)

        with store.begin_read() as transaction:
            found = [transaction.alerts.find(text) for text in (old.id, "fp-new", "CheckoutDown", "checkoutdown")]
        assert found == [old, new, new, None]

    def test_alerts_come_in_the_order_asked(self, store: Store) -> None:
        """Unknown ids are left out; a thousand are no trouble."""
        alerts = [records.make_alert(f"Alert{number}") for number in range(1000)]
        with store.begin() as transaction:
            for alert in alerts:
                transaction.alerts.record(alert)
            ids = [alert.id for alert in reversed(alerts)]

            assert transaction.alerts.list_by_ids([AlertId("al-none"), *ids]) == list(reversed(alerts))
            assert transaction.alerts.list_by_ids([]) == []

    def test_firing_alerts_of_a_name_are_listed_newest_first(self, store: Store) -> None:
        """What is over, and what is called otherwise, is left out."""
        first = records.make_alert("Down")
        second = records.make_alert("Down", starts_at=first.starts_at + MINUTE)
        over = records.make_alert(
            "Down", starts_at=first.starts_at - MINUTE, status=AlertStatus.RESOLVED, ends_at=NOON, received_at=NOON
        )
        with store.begin() as transaction:
            for alert in (first, second, over, records.make_alert("Slow")):
                transaction.alerts.record(alert)

        with store.begin_read() as transaction:
            assert [alert.id for alert in transaction.alerts.list_firing("Down")] == [second.id, first.id]
            assert transaction.alerts.list_firing("None") == []

    def test_firing_that_goes_on_is_found_by_its_fingerprint(self, store: Store) -> None:
        """Also where it began before one that is over; without one it is the latest. Other sources' are not its own."""
        firing = records.make_alert("Down")
        later = {"starts_at": firing.starts_at + MINUTE, "status": AlertStatus.RESOLVED, "ends_at": NOON}
        over = records.make_alert("Down", received_at=NOON, **later)
        ended = firing.model_copy(update={"status": AlertStatus.RESOLVED, "ends_at": NOON})
        last = firing.model_copy(update={"source": "grafana", "starts_at": NOON + MINUTE})
        with store.begin() as transaction:
            for alert in (firing, over, last):
                transaction.alerts.record(alert)
            own = (firing.source, firing.fingerprint)

            assert transaction.alerts.find_going_on(*own) == firing
            transaction.alerts.record(ended)
            assert transaction.alerts.find_going_on(*own) == over
            assert transaction.alerts.find_going_on(own[0], "none") is None

    def test_unknown_alert_is_not_found(self, store: Store) -> None:
        """`get` raises, `count_sightings` is 0."""
        with store.begin_read() as transaction:
            assert is_missing(lambda: transaction.alerts.get(AlertId("al-none")))
            assert transaction.alerts.count_sightings(AlertId("al-none")) == 0

    def test_hostile_text_is_stored_as_it_came(self, store: Store) -> None:
        """NUL, quotes, astral characters and long text survive; PostgreSQL itself would refuse NUL."""
        alert = records.make_alert("a\x00b'; DROP TABLE alerts; --\U0001f525" + "x" * 100_000)
        with store.begin() as transaction:
            transaction.alerts.record(alert)

            assert transaction.alerts.get(alert.id) == alert


class IncidentContract:
    """Incidents in their latest form."""

    def test_saved_incident_comes_back_and_is_replaced(self, store: Store) -> None:
        """The last save counts."""
        incident = records.make_incident()
        changed = incident.model_copy(update={"state": IncidentState.HELD, "updated_at": NOON + MINUTE})
        with store.begin() as transaction:
            transaction.incidents.save(incident)
            transaction.incidents.save(changed)

            assert transaction.incidents.get(incident.id) == changed
            assert is_missing(lambda: transaction.incidents.get(IncidentId("inc-none")))

    def test_alert_finds_the_incident_it_belongs_to_now(self, store: Store) -> None:
        """A split moves an alert, a merge moves all; the order of the saves does not matter."""
        first, second = records.make_alert("First"), records.make_alert("Second")
        source = records.make_incident("inc-1", first, second)
        split = records.make_incident("inc-2", second)
        remaining = records.make_incident("inc-1", first)
        target = records.make_incident("inc-2", second, first)
        merged = remaining.model_copy(update={"state": IncidentState.MERGED, "merged_into": split.id})

        def list_owners(*incidents_to_save: object) -> list[str | None]:
            with store.begin() as transaction:
                for incident in incidents_to_save:
                    transaction.incidents.save(incident)  # type: ignore[arg-type]  # a tuple of incidents, spelt short
                owners = [transaction.incidents.find_by_alert(alert.id) for alert in (first, second)]
                ids = [transaction.incidents.find_owner(alert.id) for alert in (first, second)]
            assert ids == [owner.id if owner is not None else None for owner in owners]
            return [str(owner) if owner is not None else None for owner in ids]

        assert list_owners() == [None, None]
        assert list_owners(source) == ["inc-1", "inc-1"]
        assert list_owners(split, remaining) == ["inc-1", "inc-2"]
        assert list_owners(remaining, split) == ["inc-1", "inc-2"]
        assert list_owners(target, merged) == ["inc-2", "inc-2"]
        assert list_owners(merged, target) == ["inc-2", "inc-2"]

    def test_incidents_are_found_by_state_and_by_change(self, store: Store) -> None:
        """By state, the one that changed longest ago comes first; marks tell of everything that changed since."""
        rows = [
            ("inc-3", IncidentState.HELD, NOON + 3 * MINUTE, {}),
            ("inc-1", IncidentState.OPEN, NOON + MINUTE, {}),
            ("inc-2", IncidentState.RESOLVED, NOON + 2 * MINUTE, {}),
            ("inc-4", IncidentState.MERGED, NOON + 4 * MINUTE, {"merged_into": IncidentId("inc-1")}),
            ("inc-0", IncidentState.OPEN, NOON - MINUTE, {}),
        ]
        with store.begin() as transaction:
            for incident_id, state, at, more in rows:
                alert = records.make_alert(incident_id)
                changes = {"state": state, "opened_at": at, "updated_at": at, **more}
                transaction.incidents.save(records.make_incident(incident_id, alert, **changes))
            standing = transaction.incidents.list_in_states([IncidentState.HELD, IncidentState.OPEN])
            newest = transaction.incidents.list_in_states([IncidentState.HELD, IncidentState.OPEN], newest_first=True)
            marks = transaction.incidents.list_joinable(NOON)
            recent = transaction.incidents.list_recent(limit=2, offset=1)

        assert [incident.id for incident in standing] == ["inc-0", "inc-1", "inc-3"]
        assert [incident.id for incident in newest] == ["inc-3", "inc-1", "inc-0"]
        assert [(mark.id, mark.changed_at) for mark in marks] == [(row[0], row[2]) for row in sorted(rows)[1:]]
        assert [incident.id for incident in recent] == ["inc-3", "inc-2"]

    def test_incidents_are_found_by_what_they_mention(self, store: Store) -> None:
        """Every word must be there, whatever its case or its place; what only the stored form holds is not found."""
        titles = ("Checkout: Down", "checkout: 50% \u00dcbel", 'payments: "slow"', "payments: Down")
        with store.begin() as transaction:
            for number, title in enumerate(titles):
                state = IncidentState.HELD if number % 2 else IncidentState.OPEN
                changes = {"title": title, "state": state, "opened_at": NOON + number * MINUTE, "entities": ()}
                transaction.incidents.save(records.make_incident(f"inc-{number}", **changes))

            def search(*words: str, **narrowed: Any) -> list[str]:
                return [incident.id for incident in transaction.incidents.search(words, **narrowed)]

            assert search("CHECKOUT") == ["inc-1", "inc-0"]
            assert search("down", "pay") == ["inc-3"]
            assert search("\u00fcbel") == search("50%") == ["inc-1"]
            assert search('"slow"') == ["inc-2"]
            assert search("_") == search("title") == search("alert_ids") == []
            assert search(states=[IncidentState.HELD]) == ["inc-3", "inc-1"]
            assert search("down", states=[IncidentState.HELD], limit=1) == ["inc-3"]
            assert search(limit=2, offset=1) == ["inc-2", "inc-1"]

    def test_incidents_are_listed_by_how_bad_they_are(self, store: Store) -> None:
        """Whatever their titles speak of, newest first; those in other states, and beyond the limit, are left out."""
        told = (
            ("HighLatency", Severity.WARNING, IncidentState.OPEN),
            ("Slow", Severity.HIGH, IncidentState.OPEN),
            ("Down", Severity.HIGH, IncidentState.HELD),
            ('"severity":"high"', Severity.CRITICAL, IncidentState.OPEN),
            ("Full", Severity.HIGH, IncidentState.OPEN),
        )
        with store.begin() as transaction:
            for number, (title, severity, state) in enumerate(told):
                changes = {"title": title, "severity": severity, "state": state, "opened_at": NOON + number * MINUTE}
                transaction.incidents.save(records.make_incident(f"inc-{number}", **changes))

            def list_high(*states: IncidentState, limit: int = 50) -> list[str]:
                found = transaction.incidents.list_by_severity(Severity.HIGH, states, limit)
                return [incident.id for incident in found]

            assert list_high(IncidentState.OPEN, IncidentState.HELD) == ["inc-4", "inc-2", "inc-1"]
            assert list_high(IncidentState.OPEN) == ["inc-4", "inc-1"]
            assert list_high(IncidentState.OPEN, limit=1) == ["inc-4"]


class FindingContract:
    """Evidence, gaps and diagnoses."""

    def test_evidence_is_kept_once_and_gaps_are_replaced(self, store: Store) -> None:
        """The same observation again changes nothing; only the latest gaps count."""
        first, second = records.make_evidence(text="one"), records.make_evidence(text="two")
        gap = Gap(collector="git.changes", reason="timed out after 5 s")
        incident_id = first.incident_id
        with store.begin() as transaction:
            findings = transaction.findings
            findings.add_gathering(incident_id, Gathering(evidence=(second, first), gaps=(gap,), took=MINUTE))
            assert findings.list_gaps(incident_id) == [gap]
            findings.add_gathering(incident_id, Gathering(evidence=(first,), gaps=(), took=MINUTE))

            assert findings.list_evidence(incident_id) == [second, first]
            assert findings.list_gaps(incident_id) == []
            assert findings.list_evidence(IncidentId("inc-none")) == []
            assert findings.list_gaps(IncidentId("inc-none")) == []

    def test_latest_diagnosis_is_kept(self, store: Store) -> None:
        """One diagnosis per incident, replaced by the next."""
        diagnosis = records.make_diagnosis()
        other = records.make_diagnosis(records.make_evidence(text="other"))
        with store.begin() as transaction:
            assert transaction.findings.find_diagnosis(IncidentId("inc-1")) is None
            transaction.findings.save_diagnosis(IncidentId("inc-1"), other)
            transaction.findings.save_diagnosis(IncidentId("inc-1"), diagnosis)

            assert transaction.findings.find_diagnosis(IncidentId("inc-1")) == diagnosis

    def test_carried_over_evidence_keeps_the_ids_it_is_cited_by(self, store: Store) -> None:
        """Copies are counted, are not made twice, and do not replace the target's own diagnosis."""
        evidence = records.make_evidence()
        diagnosis = records.make_diagnosis(evidence)
        source, target = evidence.incident_id, IncidentId("inc-2")
        with store.begin() as transaction:
            findings = transaction.findings
            findings.add_gathering(source, Gathering(evidence=(evidence,), gaps=(), took=MINUTE))
            findings.save_diagnosis(source, diagnosis)

            assert [findings.carry_over(source, target), findings.carry_over(source, target)] == [2, 0]
            assert [item.id for item in findings.list_evidence(target)] == [evidence.id]
            assert findings.find_diagnosis(target) == diagnosis


class ProposalContract:
    """Plans, holds and approvals."""

    def test_plan_comes_back_with_its_digest(self, store: Store) -> None:
        """What was approved and what is read back are the same, to the digest."""
        plan = records.make_plan()
        proposal = records.make_proposal(plan=plan)
        with store.begin() as transaction:
            transaction.proposals.open(plan, proposal)

        with store.begin_read() as transaction:
            assert transaction.proposals.get_plan(plan.id) == plan
            assert transaction.proposals.get_plan(plan.id).digest == proposal.plan_digest
            assert transaction.proposals.get(proposal.id) == proposal
            assert is_missing(lambda: transaction.proposals.get(ProposalId("pr-none")))
            assert is_missing(lambda: transaction.proposals.get_plan(PlanId("pl-none")))

    def test_opening_again_changes_nothing(self, store: Store) -> None:
        """A hold that was decided is not opened anew by a repeated step."""
        plan = records.make_plan()
        proposal = records.make_proposal(plan=plan)
        with store.begin() as transaction:
            transaction.proposals.open(plan, proposal)
            move(transaction, proposal.id, ProposalState.OPEN, ProposalState.REJECTED)
            transaction.proposals.open(records.make_plan(summary="Something else"), proposal)

            assert transaction.proposals.get(proposal.id).state is ProposalState.REJECTED
            assert transaction.proposals.get_plan(plan.id) == plan

    def test_hold_moves_only_from_where_it_is_expected(self, store: Store) -> None:
        """The second of two decisions changes nothing, and the first one's words stay."""
        proposal = records.make_proposal()
        with store.begin() as transaction:
            transaction.proposals.open(records.make_plan(), proposal)
            rows = transaction.proposals
            first = rows.compare_and_set(
                proposal.id, ProposalState.OPEN, ProposalState.APPROVED, at=NOON + MINUTE, by="alice", reason=""
            )
            second = rows.compare_and_set(
                proposal.id, ProposalState.OPEN, ProposalState.REJECTED, at=NOON, by="bob", reason="no"
            )
            stored = rows.get(proposal.id)

        assert (first, second) == (True, False)
        assert (stored.state, stored.decided_at, stored.decided_by) == (
            ProposalState.APPROVED,
            NOON + MINUTE,
            "alice",
        )

    def test_of_racing_decisions_exactly_one_wins(self, store: Store) -> None:
        """Sixteen threads decide at once."""
        proposal = records.make_proposal()
        with store.begin() as transaction:
            transaction.proposals.open(records.make_plan(), proposal)
        won: list[bool] = []

        def decide() -> None:
            with store.begin() as transaction:
                won.append(move(transaction, proposal.id, ProposalState.OPEN, ProposalState.APPROVED))

        run_beside(*[decide] * 16)

        assert sorted(won) == [False] * 15 + [True]

    def test_one_person_says_yes_once(self, store: Store) -> None:
        """A second yes of the same person is not another one."""
        proposal = records.make_proposal()
        alice = records.make_approval(proposal, "alice", approved_at=NOON + MINUTE)
        bob = records.make_approval(proposal, "bob")
        again = alice.model_copy(update={"id": "ap-again"})
        with store.begin() as transaction:
            transaction.proposals.open(records.make_plan(), proposal)
            added = [transaction.proposals.add_approval(each) for each in (alice, again, bob)]

            assert added == [True, False, True]
            assert transaction.proposals.list_approvals(proposal.id) == [bob, alice]
            assert transaction.proposals.list_approvals(ProposalId("pr-none")) == []

    def test_holds_are_listed_by_expiry(self, store: Store) -> None:
        """The exact instant of expiry counts as expired, and so does a hold of a time to come; decided ones do not."""
        plan = records.make_plan()
        with store.begin() as transaction:
            for number, minutes in enumerate((30, 10, 20)):
                opened_at = NOON - timedelta(milliseconds=number)
                expires_at = NOON + minutes * MINUTE
                proposal = records.make_proposal(f"pr-{number}", plan, opened_at=opened_at, expires_at=expires_at)
                transaction.proposals.open(plan, proposal)
            transaction.proposals.open(plan, records.make_proposal("pr-3", plan, expires_at=NOON))
            move(transaction, ProposalId("pr-3"), ProposalState.OPEN, ProposalState.REJECTED)

            in_state = transaction.proposals.list_in_state(ProposalState.OPEN, limit=2)
            assert [proposal.id for proposal in in_state] == ["pr-1", "pr-2"]
            newest = transaction.proposals.list_in_state(ProposalState.OPEN, limit=2, newest_first=True)
            assert [proposal.id for proposal in newest] == ["pr-0", "pr-1"]
            assert transaction.proposals.count_in_state(ProposalState.OPEN) == 3
            expired = transaction.proposals.list_expired(NOON + 20 * MINUTE)
            assert [proposal.id for proposal in expired] == ["pr-1", "pr-2"]
            assert transaction.proposals.list_expired(NOON - timedelta(seconds=30)) == []
            ahead = transaction.proposals.list_expired(NOON - timedelta(seconds=31))
            assert [proposal.id for proposal in ahead] == ["pr-1", "pr-2", "pr-0"]

    def test_latest_hold_of_an_incident_is_found(self, store: Store) -> None:
        """Whatever its state."""
        plan = records.make_plan()
        old = records.make_proposal("pr-b", plan)
        new = records.make_proposal("pr-a", plan, opened_at=NOON + MINUTE)
        with store.begin() as transaction:
            for proposal in (new, old):
                transaction.proposals.open(plan, proposal)

            assert transaction.proposals.find_for_incident(plan.incident_id) == new
            assert transaction.proposals.find_for_incident(IncidentId("inc-none")) is None


def is_missing(call: Callable[[], object]) -> bool:
    """Answer whether a call raises `NotFoundError`."""
    try:
        call()
    except NotFoundError:
        return True
    return False


def move(transaction: Transaction, proposal_id: ProposalId, expected: ProposalState, new: ProposalState) -> bool:
    """Move a hold without caring who did it."""
    return transaction.proposals.compare_and_set(proposal_id, expected, new, at=NOON, by="alice", reason="")


def put_flag(store: Store, name: str) -> None:
    """Put an empty flag in a transaction of its own."""
    with store.begin() as transaction:
        transaction.flags.put(name, {})


def run_beside(*works: Callable[[], None]) -> None:
    """Run each in a thread of its own, at once, and wait for all."""
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
