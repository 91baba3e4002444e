"""What every store must do with what was heard and with post-mortems; part of `store_contract`."""
# ruff: noqa: S101 - a suite of tests asserts; pytest is told to rewrite it

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.domain.ids import IncidentId
from fermata.domain.postmortem import Postmortem
from fermata.ports.store import Store
from fermata.ports.trail_rows import ForgottenLine
from fermata.testing.records import NOON
from fermata.testing.store_rows_contract import MINUTE, run_beside

HOUR = timedelta(hours=1)


def make_heard(number: int = 1, text: str = "it is down", **changes: Any) -> HeardMessage:
    """Build a message of Slack, said `number` minutes after noon."""
    defaults = {"platform": "slack", "room": "C1", "id": f"{number}.0", "at": NOON + number * MINUTE, "user": "U1"}
    return HeardMessage.model_validate({**defaults, "text": text, **changes})


def make_postmortem(version: int = 1, text: str = "# Down\n", **changes: Any) -> Postmortem:
    """Build the post-mortem of `inc-1`."""
    defaults = {"incident_id": "inc-1", "base": "# Down\n", "generated_at": NOON, "updated_at": NOON}
    return Postmortem.model_validate({**defaults, "version": version, "text": text, **changes})


class TrailContract:
    """What was heard."""

    def test_messages_of_rooms_come_in_the_order_of_time(self, store: Store) -> None:
        """Both ends of the time are in it; other rooms and other platforms are not."""
        said = [make_heard(number) for number in (3, 1, 2, 0, 4)]
        others = [make_heard(2, room="C2"), make_heard(2, room="C3"), make_heard(2, platform="discord")]
        with store.begin() as transaction:
            transaction.trail.hear([*said, *others])

            found = transaction.trail.list_messages("slack", ["C1", "C2"], NOON + MINUTE, NOON + 3 * MINUTE)
            first = transaction.trail.list_messages("slack", ["C1"], NOON, NOON + HOUR, limit=1)
            none = transaction.trail.list_messages("slack", [], NOON, NOON + HOUR)
        assert [(message.room, message.id) for message in found] == [
            ("C1", "1.0"),
            ("C1", "2.0"),
            ("C2", "2.0"),
            ("C1", "3.0"),
        ]
        assert [message.id for message in first] == ["0.0"]
        assert list(none) == []

    def test_youngest_form_is_kept_whatever_comes_last(self, store: Store) -> None:
        """Events come twice and out of order, and a page of history brings what was said first."""
        first = make_heard(text="db is slow")
        second = make_heard(text="db is down", edited_at=NOON + 5 * MINUTE)
        third = make_heard(text="cache is down", edited_at=NOON + 6 * MINUTE)
        with store.begin() as transaction:
            rows = transaction.trail
            replaced = [list(rows.hear([form])) for form in (first, third, second, third, first)]

            (kept,) = rows.list_messages("slack", ["C1"], NOON, NOON + HOUR)
            within_one = list(rows.hear([make_heard(2, "a"), make_heard(2, "b"), make_heard(2, "b")]))
        assert kept == third
        assert replaced == [[], [(first, third)], [], [], []]
        assert [(old.text, new.text) for old, new in within_one] == [("a", "b")]

    def test_deleted_message_never_comes_back(self, store: Store) -> None:
        """Neither an older event nor a later form of it is kept, and its reactions are gone."""
        message = make_heard(text="the password is hunter2")
        with store.begin() as transaction:
            rows = transaction.trail
            rows.hear([message, make_heard(2)])
            rows.react(message.key, name="eyes", user="U2", present=True, at=NOON)
            was = rows.forget("slack", "C1", message.id, NOON + HOUR)
            again = rows.forget("slack", "C1", message.id, NOON + 2 * HOUR)
            never_heard = rows.forget("slack", "C1", "9.0", NOON + HOUR)
            rows.hear([message, make_heard(text="edited", edited_at=NOON + 2 * HOUR), make_heard(9)])
            rows.react(message.key, name="eyes", user="U2", present=True, at=NOON)

            kept = rows.list_messages("slack", ["C1"], NOON, NOON + HOUR)
            gone = rows.list_forgotten([message.key, kept[0].key, "slack:C1/9.0"])
        assert (was, again, never_heard) == (message, None, None)
        assert [(item.id, dict(item.reactions)) for item in kept] == [("2.0", {})]
        assert gone == {message.key, "slack:C1/9.0"}

    def test_each_person_reacts_once(self, store: Store) -> None:
        """A reaction that is told twice counts once, one that is taken back no longer, one that comes first waits."""
        message = make_heard()
        with store.begin() as transaction:
            rows = transaction.trail
            for user, present in (("U1", True), ("U1", True), ("U2", True), ("U3", True), ("U3", False), ("U4", False)):
                rows.react(message.key, name="fire", user=user, present=present, at=NOON)
            rows.hear([message.model_copy(update={"reactions": {"fire": 1, "eyes": 3}})])
            rows.hear([make_heard(text="edited", edited_at=NOON + MINUTE)])

            (kept,) = rows.list_messages("slack", ["C1"], NOON, NOON + HOUR)
        assert dict(kept.reactions) == {"fire": 2, "eyes": 3}
        assert kept.text == "edited"

    def test_pin_stays_until_it_is_taken_out(self, store: Store) -> None:
        """A later form of a message keeps its pin; what is not kept cannot be pinned."""
        message = make_heard()
        with store.begin() as transaction:
            rows = transaction.trail
            rows.hear([message])
            rows.pin(message.key, present=True)
            rows.pin("slack:C1/none", present=True)
            rows.hear([make_heard(text="edited", edited_at=NOON + MINUTE)])
            pinned = [item.is_pinned for item in rows.list_messages("slack", ["C1"], NOON, NOON + HOUR)]
            rows.pin(message.key, present=False)

            unpinned = [item.is_pinned for item in rows.list_messages("slack", ["C1"], NOON, NOON + HOUR)]
        assert (pinned, unpinned) == ([True], [False])

    def test_people_are_known_by_their_last_name(self, store: Store) -> None:
        """The same id on another platform is somebody else."""
        old, new, other = (
            HeardPerson(platform="slack", user="U1", name="al"),
            HeardPerson(platform="slack", user="U1", name="alice", zone="Europe/Berlin"),
            HeardPerson(platform="discord", user="U1", name="bob"),
        )
        with store.begin() as transaction:
            transaction.trail.meet([old, new, other], NOON)

            assert transaction.trail.list_people("slack", ["U1", "U9"]) == [new]
            assert transaction.trail.list_people("slack", []) == []

    def test_line_that_was_deleted_stays_deleted(self, store: Store) -> None:
        """An edit that takes the same line back later is the lesser word; other rooms are asked for by name."""
        deleted, edited = ForgottenLine("a", is_deleted=True), ForgottenLine("b", is_deleted=False)
        with store.begin() as transaction:
            rows = transaction.trail
            rows.forget_lines("slack", "C1", [deleted, edited], NOON)
            rows.forget_lines("slack", "C1", [ForgottenLine("a", is_deleted=False)], NOON)
            rows.forget_lines("slack", "C2", [ForgottenLine("b", is_deleted=True)], NOON)
            rows.forget_lines("slack", "C2", [], NOON)

            assert rows.list_forgotten_lines("slack", ["C1"]) == {"a": True, "b": False}
            assert rows.list_forgotten_lines("slack", ["C1", "C2"]) == {"a": True, "b": True}
            assert rows.list_forgotten_lines("discord", ["C1"]) == {}

    def test_what_is_too_old_goes_in_bounded_batches(self, store: Store) -> None:
        """The exact instant stays; whoever still speaks stays known; nothing is left behind of what is gone."""
        person = HeardPerson(platform="slack", user="U1", name="alice")
        with store.begin() as transaction:
            rows = transaction.trail
            rows.meet([person, HeardPerson(platform="slack", user="U2", name="bob")], NOON - HOUR)
            rows.hear([make_heard(number) for number in range(5)])
            rows.react("slack:C1/1.0", name="eyes", user="U2", present=True, at=NOON)
            rows.forget("slack", "C1", "0.0", NOON)
            rows.forget_lines("slack", "C1", [ForgottenLine("a", is_deleted=True)], NOON)

            before = rows.has_older(NOON + 3 * MINUTE), rows.has_older(NOON - 2 * HOUR)
            swept = [rows.sweep(NOON + 3 * MINUTE, limit=1) for _ in range(3)]
            kept = rows.list_messages("slack", ["C1"], NOON, NOON + HOUR)

            assert (before, rows.has_older(NOON + 3 * MINUTE)) == ((True, False), False)
            assert swept == [5, 1, 0]
            assert [(item.id, dict(item.reactions)) for item in kept] == [("3.0", {}), ("4.0", {})]
            assert rows.list_forgotten(["slack:C1/0.0"]) == frozenset()
            assert rows.list_forgotten_lines("slack", ["C1"]) == {}
            assert rows.list_people("slack", ["U1", "U2"]) == [person]

    def test_rooms_that_are_no_longer_observed_are_emptied(self, store: Store) -> None:
        """In bounded batches, of every platform; without any room that is kept, all of them."""
        said = [make_heard(number, room=room) for number in range(3) for room in ("C1", "C2")]
        with store.begin() as transaction:
            rows = transaction.trail
            rows.hear([*said, make_heard(platform="discord")])

            swept = [rows.sweep_rooms([("slack", "C1")], limit=3) for _ in range(3)]
            kept = rows.list_messages("slack", ["C1", "C2"], NOON, NOON + HOUR)

            assert swept == [3, 1, 0]
            assert [message.room for message in kept] == ["C1"] * 3
            assert rows.sweep_rooms([], limit=9) == 3

    def test_hostile_words_are_kept(self, store: Store) -> None:
        """NUL in an id or a text breaks neither the row nor its key; thousands at once are no trouble."""
        hostile = make_heard(1, id="1\x00", text="a\x00'; DROP TABLE heard_messages; --\U0001f525")
        with store.begin() as transaction:
            transaction.trail.hear([hostile, *(make_heard(number) for number in range(2, 2_002))])
            found = transaction.trail.list_messages("slack", ["C1"], NOON, NOON + 48 * HOUR)

        assert (found[0], len(found)) == (hostile, 2_001)


class PostmortemContract:
    """Post-mortems."""

    def test_postmortem_is_replaced_by_its_next_version_alone(self, store: Store) -> None:
        """Of two who edit the same version, the second is told; nothing of the first is lost."""
        first = make_postmortem()
        mine, theirs = make_postmortem(2, "# Mine\n", updated_by="alice"), make_postmortem(2, "# Theirs\n")
        with store.begin() as transaction:
            rows = transaction.postmortems
            saved = [rows.save(version) for version in (mine, first, first, mine, theirs, make_postmortem(4))]

            assert saved == [False, True, False, True, False, False]
            assert rows.find(IncidentId("inc-1")) == mine
            assert rows.find(IncidentId("inc-2")) is None

    def test_of_racing_editors_exactly_one_wins(self, store: Store) -> None:
        """Eight threads save the second version at once."""
        with store.begin() as transaction:
            transaction.postmortems.save(make_postmortem())
        won: list[bool] = []

        def save() -> None:
            with store.begin() as transaction:
                won.append(transaction.postmortems.save(make_postmortem(2)))

        run_beside(*[save] * 8)

        assert sorted(won) == [False] * 7 + [True]

    def test_postmortem_is_found_by_a_message_it_holds(self, store: Store) -> None:
        """Wherever it is cited; a key that begins like another one's, or holds a wildcard, is not taken for it."""
        key = 'slack:C1/1.0_%"'
        with store.begin() as transaction:
            rows = transaction.postmortems
            rows.save(make_postmortem(incident_id="inc-1", sources={key: {"kind": "message"}}))
            rows.save(make_postmortem(incident_id="inc-2", kept=(key,)))
            rows.save(make_postmortem(incident_id="inc-3", text='slack:C1/1.0xx"'))

            assert rows.list_citing([key, "slack:C1/9.9"]) == ["inc-1", "inc-2"]
            assert rows.list_citing([key], limit=1) == ["inc-1"]
            assert rows.list_citing([]) == []

    def test_last_changed_comes_first(self, store: Store) -> None:
        """Lists are read in pages."""
        with store.begin() as transaction:
            for number in (2, 3, 1):
                transaction.postmortems.save(
                    make_postmortem(incident_id=f"inc-{number}", updated_at=NOON + number * MINUTE)
                )

            found = transaction.postmortems.list_recent(limit=2, offset=1)
        assert [item.incident_id for item in found] == ["inc-2", "inc-1"]
