"""What the observer heard: each message in its youngest form, and nothing of one that was deleted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, bindparam, delete, func, select, tuple_, update

from fermata.domain.heard import HeardMessage, HeardPerson
from fermata.ports.trail_rows import ForgottenLine
from fermata.store.erasing import note_erased
from fermata.store.statements import insert_all_new, read_record, upsert_all, write_record
from fermata.store.tables import (
    forgotten_lines,
    forgotten_messages,
    heard_messages,
    heard_people,
    heard_reactions,
)

T = TypeVar("T")

# SQLite allows 32,766 bound values in one statement, PostgreSQL 65,535; 500 keeps the plans small.
_BATCH = 500
_SWEPT = (heard_messages, heard_reactions, heard_people, forgotten_messages, forgotten_lines)


@dataclass(frozen=True, slots=True)
class SqlTrailRows:
    """`ports.store.TrailRows` over SQL."""

    connection: Connection

    def hear(self, messages: Sequence[HeardMessage]) -> Sequence[tuple[HeardMessage, HeardMessage]]:
        """Keep messages, each in its youngest form; return what was replaced by what."""
        keys = {message.key for message in messages}
        gone = self.list_forgotten(keys)
        kept = {message.key: message for message in self._find(keys)}
        changed: dict[str, HeardMessage] = {}
        replaced: list[tuple[HeardMessage, HeardMessage]] = []
        for message in messages:
            if message.key in gone:
                continue
            known = kept.get(message.key)
            form = message if known is None else _choose(known, message)
            if form is known:
                continue
            if known is not None:
                replaced.append((known, form))
            kept[message.key] = changed[message.key] = form
        if changed:
            self._put(changed.values())
        if replaced:
            note_erased(self.connection)
        return replaced

    def forget(self, platform: str, room: str, message_id: str, at: datetime) -> HeardMessage | None:
        """Remove a message with its reactions for good, and remember that it was deleted; return what it was."""
        key = _key(platform, room, message_id)
        known = next(iter(self._find([key])), None)
        self.connection.execute(delete(heard_messages).where(heard_messages.c.key == key))
        self.connection.execute(delete(heard_reactions).where(heard_reactions.c.message_key == key))
        insert_all_new(self.connection, forgotten_messages, [{"key": key, "at": at}], ["key"])
        if known is not None:
            note_erased(self.connection)
        return known

    def forget_lines(self, platform: str, room: str, lines: Collection[ForgottenLine], at: datetime) -> None:
        """Remember lines that are no longer said. A deleted one stays a deleted one."""
        place = {"platform": platform, "room": room, "at": at}
        rows = [{**place, "digest": line.digest, "is_deleted": line.is_deleted} for line in lines]
        key = ["platform", "room", "digest"]
        insert_all_new(self.connection, forgotten_lines, [row for row in rows if not row["is_deleted"]], key)
        upsert_all(self.connection, forgotten_lines, [row for row in rows if row["is_deleted"]], key)

    def react(self, key: str, *, name: str, user: str, present: bool, at: datetime) -> None:
        """Note that somebody's reaction to a message is there, or is no longer."""
        values = {"message_key": key, "name": name, "user": user, "at": at}
        if present:
            if not self.list_forgotten([key]):
                insert_all_new(self.connection, heard_reactions, [values], ["message_key", "name", "user"])
            return
        rows = heard_reactions.c
        same = (rows.message_key == key) & (rows.name == name) & (rows.user == user)
        self.connection.execute(delete(heard_reactions).where(same))

    def pin(self, key: str, *, present: bool) -> None:
        """Note that a message is pinned, or no longer. One that is not kept is left alone."""
        for message in self._find([key]):
            self._put([message.model_copy(update={"is_pinned": present})])

    def meet(self, people: Sequence[HeardPerson], at: datetime) -> None:
        """Keep who they are; the last word counts."""
        last = {(person.platform, person.user): person for person in people}
        rows = [
            {"platform": platform, "user": user, "at": at, "record": write_record(person)}
            for (platform, user), person in last.items()
        ]
        upsert_all(self.connection, heard_people, rows, ["platform", "user"])

    def list_messages(
        self, platform: str, rooms: Sequence[str], start: datetime, end: datetime, limit: int = 200_000
    ) -> Sequence[HeardMessage]:
        """Return what was said in rooms in a time, in its order, with reactions."""
        rows = heard_messages.c
        query = (
            select(rows.key, rows.record)
            .where(rows.platform == platform, rows.room.in_(rooms), rows.at >= start, rows.at <= end)
            .order_by(rows.at, rows.key)
            .limit(limit)
        )
        found = [_read(row) for row in self.connection.execute(query)]
        reactions = self._count_reactions([message.key for message in found])
        return [_add_reactions(message, reactions.get(message.key, {})) for message in found]

    def list_people(self, platform: str, users: Collection[str]) -> Sequence[HeardPerson]:
        """Return who these are, by id; unknown ones are left out."""
        rows = heard_people.c
        found: list[HeardPerson] = []
        for batch in _split(sorted(users)):
            query = select(rows.user, rows.record).where(rows.platform == platform, rows.user.in_(batch))
            found += [
                read_record(HeardPerson, row.record, f"person {row.user} of {platform}")
                for row in self.connection.execute(query.order_by(rows.user))
            ]
        return found

    def list_forgotten(self, keys: Collection[str]) -> frozenset[str]:
        """Return those of these keys that were deleted."""
        found: set[str] = set()
        for batch in _split(sorted(keys)):
            query = select(forgotten_messages.c.key).where(forgotten_messages.c.key.in_(batch))
            found.update(self.connection.execute(query).scalars())
        return frozenset(found)

    def list_forgotten_lines(self, platform: str, rooms: Sequence[str]) -> Mapping[str, bool]:
        """Return the digests of lines that are no longer said in rooms -> whether they were deleted."""
        lines = forgotten_lines.c
        query = select(lines.digest, lines.is_deleted).where(lines.platform == platform, lines.room.in_(rooms))
        found: dict[str, bool] = {}
        for digest, is_deleted in self.connection.execute(query):
            found[digest] = found.get(digest, False) or is_deleted
        return found

    def sweep_rooms(self, kept: Collection[tuple[str, str]], limit: int) -> int:
        """Remove what was said in other rooms than these, at most so many rows; return how many."""
        rows = heard_messages.c
        others = select(rows.key).where(~tuple_(rows.platform, rows.room).in_(sorted(kept))).limit(limit)
        return self._count_erased(self.connection.execute(delete(heard_messages).where(rows.key.in_(others))).rowcount)

    def has_older(self, before: datetime) -> bool:
        """Answer whether `sweep` would remove anything."""
        oldest = [select(func.min(table.c.at)).scalar_subquery() for table in _SWEPT]
        row = self.connection.execute(select(*oldest)).one()
        return any(at is not None and at < before for at in row)

    def sweep(self, before: datetime, limit: int) -> int:
        """Remove what is older than an instant, at most so many rows of each kind; return how many."""
        return self._count_erased(sum(self._sweep(table, before, limit) for table in _SWEPT))

    def _count_erased(self, rows: int) -> int:
        if rows:
            note_erased(self.connection)
        return rows

    def _sweep(self, table: Table, before: datetime, limit: int) -> int:
        key = tuple_(*table.primary_key.columns)
        old = select(*table.primary_key.columns).where(table.c.at < before).order_by(table.c.at).limit(limit)
        return self.connection.execute(delete(table).where(key.in_(old))).rowcount

    def _find(self, keys: Collection[str]) -> Iterator[HeardMessage]:
        rows = heard_messages.c
        for batch in _split(sorted(keys)):
            query = select(rows.key, rows.record).where(rows.key.in_(batch))
            yield from map(_read, self.connection.execute(query))

    def _put(self, messages: Collection[HeardMessage]) -> None:
        rows = [
            {
                "key": message.key,
                "platform": message.platform,
                "room": message.room,
                "at": message.at,
                "record": write_record(message),
            }
            for message in messages
        ]
        upsert_all(self.connection, heard_messages, rows, ["key"])
        # Whoever still speaks is still known: people are forgotten with the last of what they said.
        said = {(message.platform, message.user): message.at for message in messages if message.user}
        touched = [{"a_platform": one, "a_user": user, "an_at": at} for (one, user), at in said.items()]
        if touched:
            people = heard_people.c
            is_same = (people.platform == bindparam("a_platform")) & (people.user == bindparam("a_user"))
            is_older = people.at < bindparam("an_at", type_=people.at.type)
            self.connection.execute(
                update(heard_people).where(is_same, is_older).values(at=bindparam("an_at", type_=people.at.type)),
                touched,
            )

    def _count_reactions(self, keys: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        rows = heard_reactions.c
        found: dict[str, dict[str, int]] = {}
        for batch in _split(keys):
            query = (
                select(rows.message_key, rows.name, func.count())
                .where(rows.message_key.in_(batch))
                .group_by(rows.message_key, rows.name)
                .order_by(rows.message_key, rows.name)
            )
            for key, name, count in self.connection.execute(query):
                found.setdefault(key, {})[name] = count
        return found


def _choose(known: HeardMessage, other: HeardMessage) -> HeardMessage:
    """Return the younger of two forms with what both know of reactions and pins; `known` itself when nothing is new."""
    is_older = known.edited_at is not None and (other.edited_at is None or other.edited_at < known.edited_at)
    form = known if is_older else other
    chosen = form.model_copy(
        update={
            "is_pinned": known.is_pinned or other.is_pinned,
            "reactions": _join(known.reactions, other.reactions),
            "url": form.url or known.url or other.url,
        }
    )
    return known if chosen == known else chosen


def _add_reactions(message: HeardMessage, heard: Mapping[str, int]) -> HeardMessage:
    if not heard:
        return message
    return message.model_copy(update={"reactions": _join(message.reactions, heard)})


def _join(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    """Return the larger count of each reaction: a history tells counts, and events tell people."""
    return {name: max(one.get(name, 0), other.get(name, 0)) for name in {**one, **other}}


def _key(platform: str, room: str, message_id: str) -> str:
    return f"{platform}:{room}/{message_id}"


def _read(row: Any) -> HeardMessage:
    return read_record(HeardMessage, row.record, f"message {row.key}")


def _split(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
