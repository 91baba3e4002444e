"""What every store must do, as tests: subclass `StoreContract` and give it a `store` fixture."""
# ruff: noqa: S101 - a suite of tests asserts; pytest is told to rewrite it

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from functools import partial

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.domain.ids import ActionId, ExecutionId, IncidentId
from fermata.domain.journal import GENESIS, JournalEntry
from fermata.domain.model import Spent
from fermata.kit.errors import InvariantBroken, NotFoundError, OperationalError
from fermata.ports.store import Store, Transaction
from fermata.testing import records
from fermata.testing.records import CHECKOUT, NOON
from fermata.testing.store_experiments_contract import ExperimentContract
from fermata.testing.store_outbox_contract import OutboxContract
from fermata.testing.store_rows_contract import (
    MINUTE,
    AlertContract,
    FindingContract,
    IncidentContract,
    ProposalContract,
    put_flag,
    run_beside,
)
from fermata.testing.store_trail_contract import PostmortemContract, TrailContract


class TransactionContract:
    """Everything in a transaction happens, or nothing."""

    def test_failed_transaction_leaves_nothing(self, store: Store) -> None:
        """An exception takes every row of its transaction back, the journal's too."""
        with suppress(ZeroDivisionError), store.begin() as transaction:
            transaction.flags.put("halt", {"by": "alice"})
            transaction.journal.append(records.make_event(), NOON)
            raise ZeroDivisionError

        with store.begin_read() as transaction:
            assert transaction.flags.find("halt") is None
            assert transaction.journal.list_entries() == []
            assert transaction.journal.verify().holds

    async def test_write_and_read_give_what_their_work_returns(self, store: Store) -> None:
        """`write` commits and `read` sees it; an error of the work comes through and commits nothing."""
        assert await store.write(lambda transaction: transaction.flags.put_if_absent("a", {"n": 1}))
        assert await store.read(lambda transaction: transaction.flags.find("a")) == {"n": 1}

        def fail(transaction: Transaction) -> None:
            transaction.flags.remove("a")
            raise NotFoundError("gone")

        with suppress(NotFoundError):
            await store.write(fail)
        assert await store.read(lambda transaction: transaction.flags.find("a")) == {"n": 1}

    def test_reader_sees_one_moment_and_blocks_nobody(self, store: Store) -> None:
        """A reader keeps its view while a writer commits beside it."""
        with store.begin_read() as reader:
            assert reader.flags.find("a") is None
            run_beside(lambda: put_flag(store, "a"))
            assert reader.flags.find("a") is None

        with store.begin_read() as reader:
            assert reader.flags.find("a") == {}

    def test_read_transaction_cannot_write(self, store: Store) -> None:
        """What was opened to read changes nothing."""
        with suppress(OperationalError), store.begin_read() as transaction:
            transaction.flags.put("a", {})

        with store.begin_read() as transaction:
            assert transaction.flags.find("a") is None

    def test_nested_write_is_refused(self, store: Store) -> None:
        """A write inside a write would wait for itself for ever."""
        refused = False
        with store.begin() as transaction:
            transaction.flags.put("a", {})
            try:
                with store.begin():
                    pass
            except InvariantBroken:
                refused = True

        assert refused
        with store.begin_read() as transaction:
            assert transaction.flags.find("a") == {}

    def test_racing_writers_wait_for_each_other(self, store: Store) -> None:
        """Eight threads count to 80 without losing one."""

        def count() -> None:
            for _ in range(10):
                with store.begin() as transaction:
                    value = transaction.flags.find("count") or {"n": 0}
                    transaction.flags.put("count", {"n": value["n"] + 1})

        run_beside(*[count] * 8)

        with store.begin_read() as transaction:
            assert transaction.flags.find("count") == {"n": 80}


class LedgerContract:
    """The intent ledger."""

    def test_action_is_intended_once_ever(self, store: Store) -> None:
        """Also after it was settled: an action id is never used again."""
        intent = records.make_intent()
        with store.begin() as transaction:
            ledger = transaction.ledger
            assert ledger.find(intent.action_id) is None
            assert [ledger.intend(intent), ledger.intend(intent)] == [True, False]
            assert ledger.list_unsettled() == [intent]
            ledger.settle(intent.action_id, Outcome.DONE, "restarted", NOON + MINUTE)

            assert not ledger.intend(intent)
            assert ledger.list_unsettled() == []
            settled = ledger.find(intent.action_id)
        assert settled == intent.model_copy(
            update={"outcome": Outcome.DONE, "detail": "restarted", "settled_at": NOON + MINUTE}
        )

    def test_of_racing_executions_exactly_one_intends(self, store: Store) -> None:
        """The primary key is the fence."""
        won: list[bool] = []

        def intend() -> None:
            with store.begin() as transaction:
                won.append(transaction.ledger.intend(records.make_intent()))

        run_beside(*[intend] * 8)

        assert sorted(won) == [False] * 7 + [True]

    def test_result_without_an_intent_is_refused(self, store: Store) -> None:
        """An effect nobody intended must not exist."""
        refused = False
        try:
            with store.begin() as transaction:
                transaction.ledger.settle(ActionId("act-none"), Outcome.DONE, "done", NOON)
        except InvariantBroken:
            refused = True

        assert refused

    def test_execution_and_verification_are_replaced(self, store: Store) -> None:
        """The last save counts; lists are in order of their start."""
        begun = records.make_execution()
        ended = begun.model_copy(update={"ended_at": NOON + MINUTE})
        earlier = records.make_execution("ex-2", started_at=NOON - MINUTE)
        verification = records.make_verification()
        with store.begin() as transaction:
            ledger = transaction.ledger
            assert ledger.find_execution(begun.id) is None
            assert ledger.find_verification(begun.id) is None
            for execution in (begun, ended, earlier):
                ledger.save_execution(execution)
            ledger.save_verification(verification)
            ledger.save_verification(verification)

            assert ledger.find_execution(begun.id) == ended
            assert ledger.list_executions(begun.incident_id) == [earlier, ended]
            assert ledger.find_verification(ExecutionId("ex-1")) == verification

    def test_earlier_actions_say_what_they_achieved(self, store: Store) -> None:
        """Newest first, on this target only, since a given time; what was never settled is unknown."""
        elsewhere = Entity(system="supervisor", kind="process", name="checkout-2")
        with store.begin() as transaction:
            ledger = transaction.ledger
            for number, target in enumerate((CHECKOUT, CHECKOUT, CHECKOUT, elsewhere)):
                at = NOON + number * MINUTE
                ledger.intend(records.make_intent(f"act-{number}", f"pl-{number}", target=target, intended_at=at))
            ledger.settle(ActionId("act-1"), Outcome.DONE, "it restarted", NOON + MINUTE)
            ledger.save_execution(records.make_execution("ex-1", "pl-1"))
            ledger.save_verification(records.make_verification("ex-1"))

            newest, older = ledger.list_earlier(CHECKOUT, NOON + MINUTE)
            assert len(ledger.list_earlier(CHECKOUT, NOON, limit=2)) == len((newest, older))
        assert (newest.outcome, newest.verdict, newest.at) == (Outcome.UNKNOWN, "", NOON + 2 * MINUTE)
        assert (older.outcome, older.verdict, older.action_name) == (
            Outcome.DONE,
            "restored",
            "supervisor.set_memory_limit",
        )
        assert "it restarted" in older.text
        assert "no result was ever recorded" in newest.text


class JournalContract:
    """The hash chain, untouched; what tampering does to it is tested where it can be done."""

    def test_entries_form_a_chain(self, store: Store) -> None:
        """Each names the one before, whoever built it; the whole of it verifies."""
        events = [records.make_event(number=number, text="ü\x00\U0001f525") for number in range(3)]
        with store.begin() as transaction:
            entries = [transaction.journal.append(event, NOON + number * MINUTE) for number, event in enumerate(events)]

        with store.begin_read() as transaction:
            stored = transaction.journal.list_entries()
            report = transaction.journal.verify()
            assert transaction.journal.find_head() == 3
            assert list(transaction.journal.iterate()) == stored
        assert stored == entries
        previous = GENESIS
        for sequence, (entry, event) in enumerate(zip(stored, events, strict=True), start=1):
            assert entry == JournalEntry.chain(sequence, entry.at, event, previous)
            previous = entry.hash
        assert (report.entries, report.head, report.faults) == (3, previous, ())

    def test_empty_journal_holds(self, store: Store) -> None:
        """Nothing happened, and nothing was removed."""
        with store.begin_read() as transaction:
            report = transaction.journal.verify()
            assert transaction.journal.find_head() == 0

        assert (report.entries, report.head, report.holds) == (0, GENESIS, True)

    def test_entries_are_listed_by_incident_kind_and_place(self, store: Store) -> None:
        """In order, after a number, no more than asked."""
        with store.begin() as transaction:
            journal = transaction.journal
            for kind, incident in (("a", "inc-1"), ("b", "inc-1"), ("a", "inc-2"), ("c", None), ("a", "inc-1")):
                journal.append(records.make_event(f"test.{kind}", incident), NOON)
            own = journal.list_entries(incident_id=IncidentId("inc-1"))
            kinds = journal.list_entries(kinds=["test.a", "test.c"], after=1, limit=2)
            last = [journal.find_last("test.a", before=number) for number in (6, 5, 3, 1)]

        assert [entry.sequence for entry in own] == [1, 2, 5]
        assert last == [5, 3, 1, 0]
        assert [entry.sequence for entry in kinds] == [3, 4]

    def test_entries_are_found_by_their_data(self, store: Store) -> None:
        """By exact text under its key, however long, oldest first."""
        long = "x" * 5000
        with store.begin() as transaction:
            journal = transaction.journal
            for value in ("a", long + "1", "a", long + "2"):
                journal.append(records.make_event(plan_id=value, other="a"), NOON)

            found = {value: journal.find_by_data("plan_id", value) for value in ("a", "A", long + "2", "b")}
            assert [entry.sequence for entry in journal.find_by_data("plan_id", "a", limit=1)] == [1]
            late = journal.append(records.make_event(plan_id="a").model_copy(update={"kind": "test.late"}), NOON)
            assert journal.find_by_data("plan_id", "a", limit=1, kinds=("test.late",)) == [late]
        sequences = {value[-1]: [entry.sequence for entry in entries] for value, entries in found.items()}
        assert sequences == {"a": [1, 3], "A": [], "2": [4], "b": []}

    def test_racing_writers_share_one_chain(self, store: Store) -> None:
        """Eight threads append; nobody overwrites, nobody leaves a gap."""

        def append() -> None:
            for _ in range(5):
                with store.begin() as transaction:
                    transaction.journal.append(records.make_event(), NOON)

        run_beside(*[append] * 8)

        with store.begin_read() as transaction:
            report = transaction.journal.verify()
        assert (report.entries, report.holds) == (40, True)


class FlagContract:
    """Small named values."""

    def test_flag_is_put_found_and_removed_once(self, store: Store) -> None:
        """Only the first removal finds something."""
        with store.begin() as transaction:
            flags = transaction.flags
            flags.put("halt", {"by": "alice"})
            flags.put("halt", {"by": "bob"})

            assert not flags.put_if_absent("halt", {"by": "carol"})
            assert flags.put_if_absent("other", {})
            assert flags.find("halt") == {"by": "bob"}
            assert [flags.remove("halt"), flags.remove("halt")] == [True, False]
            assert flags.find("halt") is None

    def test_of_racing_removals_exactly_one_wins(self, store: Store) -> None:
        """A one-time token is used once."""
        put_flag(store, "token/1")
        won: list[bool] = []

        def remove() -> None:
            with store.begin() as transaction:
                won.append(transaction.flags.remove("token/1"))

        run_beside(*[remove] * 8)

        assert sorted(won) == [False] * 7 + [True]

    def test_prefix_is_taken_literally(self, store: Store) -> None:
        """Wildcards and case mean nothing."""
        with store.begin() as transaction:
            for name in ("lease/b", "lease/a", "LEASE/c", "leasex", "l%"):
                transaction.flags.put(name, {"name": name})

            assert transaction.flags.list_named("lease/") == [
                ("lease/a", {"name": "lease/a"}),
                ("lease/b", {"name": "lease/b"}),
            ]
            assert transaction.flags.list_named("l%") == [("l%", {"name": "l%"})]

    def test_names_that_hold_an_instant_are_found_when_it_has_come(self, store: Store) -> None:
        """`below` leaves out the name itself and all after it; `limit` the later ones."""
        with store.begin() as transaction:
            for minute in (30, 10, 20):
                transaction.flags.put(f"due/2026-11-23T12:{minute}/a", {"minute": minute})
            flags = transaction.flags

            assert [value["minute"] for _, value in flags.list_named("due/", below="due/2026-11-23T12:30")] == [10, 20]
            assert [value["minute"] for _, value in flags.list_named("due/", limit=1)] == [10]
            assert flags.list_named("due/", below="due/2026") == []


class SpendContract:
    """The ledger of calls to models."""

    def test_reserved_and_spent_count_alike(self, store: Store) -> None:
        """By incident, day, month, tier and provider; what lies before the month counts for its incident only."""
        drafts = [
            records.make_attempt("a", cost_usd="0.10"),
            records.make_attempt("b", cost_usd="0.20", target="anthropic/x", incident_id=None),
            records.make_attempt("c", cost_usd="0.40", tier="low", at=NOON - 24 * 60 * MINUTE),
            records.make_attempt("d", cost_usd="0.80", at=NOON - 40 * 24 * 60 * MINUTE),
        ]
        with store.begin() as transaction:
            for draft in drafts:
                transaction.spending.open(draft)
            transaction.spending.settle(drafts[0].model_copy(update={"cost_usd": Decimal("0.05")}))

            spent = transaction.spending.sum_spent(records.make_attempt("e"))

        assert spent == Spent(
            incident_usd=Decimal("1.25"),
            day_usd=Decimal("0.25"),
            month_usd=Decimal("0.65"),
            tier_day_usd=Decimal("0.25"),
            provider_day_usd=Decimal("0.05"),
        )

    def test_each_dollar_counts_on_its_own_day_and_month(self, store: Store) -> None:
        """A clock that was ahead for a minute must not use up every day until then; a call counts where it began."""
        last_second = NOON.replace(hour=23, minute=59, second=59)
        rows = {"before": last_second - 24 * 60 * MINUTE, "last": last_second, "next": last_second + MINUTE / 60,
                "ahead": NOON + 400 * 24 * 60 * MINUTE}  # fmt: skip
        with store.begin() as transaction:
            for name, at in rows.items():
                transaction.spending.open(records.make_attempt(name, cost_usd="0.10", at=at))

            spent = {
                name: transaction.spending.sum_spent(records.make_attempt("e", at=at)) for name, at in rows.items()
            }

        tenth = Decimal("0.10")
        assert [each.day_usd for each in spent.values()] == [tenth] * 4
        assert [each.month_usd for each in spent.values()] == [3 * tenth] * 3 + [tenth]

    def test_sums_are_exact(self, store: Store) -> None:
        """A third of a millionth of a dollar, a thousand times; rounded up, never down."""
        with store.begin() as transaction:
            for number in range(1000):
                transaction.spending.open(records.make_attempt(f"a{number}", cost_usd="0.000000333333"))
            transaction.spending.open(records.make_attempt("tiny", cost_usd="0.0000000000001"))

            spent = transaction.spending.sum_spent(records.make_attempt("e"))

        assert spent.day_usd == Decimal("0.000333333001")

    def test_open_call_is_settled_or_withdrawn(self, store: Store) -> None:
        """A settled one stays, whoever withdraws it; settling again changes nothing."""
        first, second = records.make_attempt("a"), records.make_attempt("b", at=NOON + MINUTE)
        with store.begin() as transaction:
            rows = transaction.spending
            for draft in (first, second):
                rows.open(draft)
            assert rows.list_open(NOON + MINUTE) == [first]
            for _ in range(2):
                rows.settle(first)
            for draft in (first, second):
                rows.withdraw(draft.id)

            assert rows.list_open(NOON + 60 * MINUTE) == []
            assert rows.list_attempts(NOON, NOON + MINUTE) == [first]
            assert rows.list_of_incident(IncidentId("inc-1")) == [first]

    def test_racing_calls_never_spend_the_same_dollar(self, store: Store) -> None:
        """Of fifty at the edge of a budget, exactly as many fit as the budget bears."""
        won: list[str] = []

        def reserve(number: int) -> None:
            draft = records.make_attempt(f"a{number}", cost_usd="0.10")
            with store.begin() as transaction:
                if transaction.spending.sum_spent(draft).day_usd + draft.cost_usd <= 1:
                    transaction.spending.open(draft)
                    won.append(draft.id)

        run_beside(*(partial(reserve, number) for number in range(50)))

        with store.begin() as transaction:
            assert transaction.spending.sum_spent(records.make_attempt("e")).day_usd == 1
        assert len(won) == 10


class StoreContract(
    TransactionContract,
    AlertContract,
    IncidentContract,
    FindingContract,
    ProposalContract,
    LedgerContract,
    OutboxContract,
    TrailContract,
    PostmortemContract,
    JournalContract,
    FlagContract,
    SpendContract,
    ExperimentContract,
):
    """The whole suite. A fixture `store` gives an empty store, and closes it."""
