"""What every alert source has to keep to, as tests: subclass, name the samples, and pytest collects the rest.

Needs hypothesis (the development set); nothing in the running product imports this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.domain.alert import Alert, AlertBatch, AlertStatus
from fermata.kit.errors import UserError
from fermata.ports.source import AlertSource
from fermata.testing.requiring import require

RECEIVED_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FUZZ_EXAMPLES = 300

Edit = Callable[[dict[str, Any]], object]

# What once broke a parser somewhere: the ends of the calendar, NUL, an unpaired surrogate, a number for a text.
_HARD = (
    "", "\x00", "\ud800", "NaN", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59",
    "2026-11-23T09:51:00", "2026-11-23", "firing ", "-1", 10**30, -1, 1.5, float("nan"), float("inf"), True,
)  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(_HARD),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


class SourceContract:
    """The suite. A subclass is named `Test...`, so that pytest collects it, and implements the first two methods."""

    def make_source(self) -> AlertSource:
        """Return the source under test."""
        raise NotImplementedError

    def list_samples(self) -> Mapping[str, bytes]:
        """Return bodies the source accepts, by name, each with at least one alert."""
        raise NotImplementedError

    def parse(self, body: bytes) -> AlertBatch:
        """Parse a body at a fixed instant."""
        return self.make_source().parse(body, RECEIVED_AT)

    def test_each_sample_gives_its_alerts(self) -> None:
        """A body the system really sends becomes alerts of this source, none lost."""
        for name, body in self.list_samples().items():
            batch = self.parse(body)

            require(len(batch.alerts) == len(json.loads(body)["alerts"]) > 0, f"{name}: an alert was lost")
            for alert in batch.alerts:
                require(alert.source == self.make_source().name, f"{name}: a source of another name")
                require(alert.received_at == RECEIVED_AT, f"{name}: another instant than the one given")

    def test_same_body_twice_gives_the_same_ids(self) -> None:
        """Delivery is at least once: the same firing is the same id however often it is sent."""
        for name, body in self.list_samples().items():
            first, second = _list_ids(self.parse(body)), _list_ids(self.parse(body))

            require(first == second, f"{name}: ids differ")
            require(len(set(first)) == len(first), f"{name}: two alerts share an id")

    def test_resolved_alert_keeps_its_id(self) -> None:
        """The end of a firing is the end of that firing: the status is not part of the id."""
        for name, body in self.list_samples().items():
            firing = self.parse(_edit_alerts(body, _put(status="firing")))
            resolved = self.parse(_edit_alerts(body, _put(status="resolved", endsAt="2026-11-23T11:59:00Z")))

            require(_list_ids(resolved) == _list_ids(firing), f"{name}: the end has another id")
            for alert in resolved.alerts:
                require(alert.status is AlertStatus.RESOLVED, f"{name}: not resolved")
                require(alert.ends_at == datetime(2026, 11, 23, 11, 59, tzinfo=UTC), f"{name}: another end")

    def test_later_firing_has_another_id(self) -> None:
        """The same rule firing anew is a new alert."""
        for name, body in self.list_samples().items():
            anew = self.parse(_edit_alerts(body, _put(startsAt="2026-11-23T11:58:00Z")))

            require(not set(_list_ids(anew)) & set(_list_ids(self.parse(body))), f"{name}: the id of the one before")

    def test_firing_alert_has_no_end(self) -> None:
        """Year 1, null, an absent field and an instant still to come all mean that it has not ended."""
        ends = (
            _put(endsAt="0001-01-01T00:00:00Z"),
            _put(endsAt=None),
            _drop("endsAt"),
            _put(endsAt="2026-11-23T13:00:00Z"),
        )
        for name, body in self.list_samples().items():
            for end in ends:
                batch = self.parse(_edit_alerts(_edit_alerts(body, _put(status="firing")), end))

                require(all(alert.ends_at is None for alert in batch.alerts), f"{name}: a firing alert has an end")

    def test_resolved_alert_always_has_an_end(self) -> None:
        """An end the source does not tell is at the latest the instant it was heard of."""
        for name, body in self.list_samples().items():
            batch = self.parse(_edit_alerts(_edit_alerts(body, _put(status="resolved")), _drop("endsAt")))

            require(all(alert.ends_at == RECEIVED_AT for alert in batch.alerts), f"{name}: resolved without an end")

    def test_nulls_for_what_only_people_read_are_tolerated(self) -> None:
        """Null or absent annotations and links cost their own text, never the alert."""
        for name, body in self.list_samples().items():
            for field in ("annotations", "generatorURL"):
                for edit in (_put(**{field: None}), _drop(field)):
                    batch = self.parse(_edit_alerts(body, edit))
                    require(_list_ids(batch) == _list_ids(self.parse(body)), f"{name}: lost without {field}")

    def test_truncation_is_shown(self) -> None:
        """Alerts the sender cut off are counted, not forgotten."""
        for name, body in self.list_samples().items():
            require(self.parse(_edit_body(body, _put(truncatedAlerts=7))).truncated == 7, f"{name}: the cut is lost")
            require(
                self.parse(_edit_body(body, _drop("truncatedAlerts"))).truncated == 0, f"{name}: a cut from nowhere"
            )

    def test_group_status_is_not_the_alerts_status(self) -> None:
        """A group with one firing alert is firing as a whole: each alert's own status counts."""
        for name, body in self.list_samples().items():
            own = [alert.status for alert in self.parse(body).alerts]
            for status in ("firing", "resolved"):
                batch = self.parse(_edit_body(body, _put(status=status)))
                require([alert.status for alert in batch.alerts] == own, f"{name}: took the group's status")

    def test_bad_alert_costs_itself_and_is_told_of(self) -> None:
        """Its neighbours are taken in, and the batch says which alert and which field it was."""
        for name, body in self.list_samples().items():
            content = json.loads(body)
            good = self.parse(body).alerts
            bad = content["alerts"][0] | {"startsAt": "yesterday"}
            batch = self.parse(json.dumps(content | {"alerts": [bad, *content["alerts"], bad]}).encode())

            require([alert.id for alert in batch.alerts] == [alert.id for alert in good], f"{name}: lost a good one")
            last = len(content["alerts"]) + 1
            places = [
                f"alerts[{index}].startsAt" in words for index, words in zip((0, last), batch.refused, strict=True)
            ]
            require(all(places), f"{name}: does not name the places: {batch.refused}")
            require("yesterday" not in str(batch.refused), f"{name}: the refusal repeats what was sent")

    def test_body_of_bad_alerts_only_is_refused(self) -> None:
        """Where nothing can be read the sender is told, with the first place."""
        for name, body in self.list_samples().items():
            content = json.loads(body)
            content["alerts"] = [alert | {"startsAt": "yesterday"} for alert in content["alerts"]]
            refusal = self._refuse(json.dumps(content).encode())

            require("alerts[0].startsAt" in refusal, f"{name}: does not name the place: {refusal}")

    def test_what_is_not_json_is_refused(self) -> None:
        """Bytes that are no JSON object are refused as the sender's fault."""
        for body in (b"", b"null", b"[]", b"3", b'"text"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"alerts":' * 10_000):
            self._refuse(body)

    def test_foreign_version_is_refused_by_name(self) -> None:
        """A format of another version may look alike and mean something else."""
        for name, body in self.list_samples().items():
            for edit in (_put(version="99"), _put(version=None), _drop("version")):
                require("version" in self._refuse(_edit_body(body, edit)), f"{name}: does not name the version")

    def test_mutated_body_is_parsed_or_refused(self) -> None:
        """Whatever arrives, the answer is a batch or a `UserError`; never another exception, never a broken record."""
        samples = list(self.list_samples().values())

        @settings(max_examples=FUZZ_EXAMPLES, deadline=None, database=None)
        @given(data=st.data())
        def check(data: st.DataObject) -> None:
            body = _mutate(data, data.draw(st.sampled_from(samples)))
            try:
                batch = self.parse(body)
            except UserError as error:
                require(len(str(error)) < 1_000, "the refusal would fill the log")
                return
            require(AlertBatch.from_json(batch.to_json()) == batch, "the batch is not what its storage gives back")
            require(not any("\x00" in text for alert in batch.alerts for text in _list_texts(alert)), "NUL in a text")

        check()

    def _refuse(self, body: bytes) -> str:
        try:
            self.parse(body)
        except UserError as error:
            return str(error)
        raise AssertionError(f"accepted: {body[:80]!r}")


def _list_ids(batch: AlertBatch) -> list[str]:
    return [alert.id for alert in batch.alerts]


def _list_texts(alert: Alert) -> list[str]:
    pairs = [*alert.labels.items(), *alert.annotations.items()]
    return [
        alert.id,
        alert.name,
        alert.fingerprint,
        alert.generator_url,
        alert.value,
        *(t for pair in pairs for t in pair),
    ]


def _put(**values: Any) -> Edit:
    return lambda item: item.update(values)


def _drop(name: str) -> Edit:
    return lambda item: item.pop(name, None)


def _edit_body(body: bytes, edit: Edit) -> bytes:
    content = json.loads(body)
    edit(content)
    return json.dumps(content).encode()


def _edit_alerts(body: bytes, edit: Edit) -> bytes:
    content = json.loads(body)
    for alert in content["alerts"]:
        edit(alert)
    return json.dumps(content).encode()


def _mutate(data: st.DataObject, body: bytes) -> bytes:
    """Spoil a body: one to three values replaced, removed or doubled, or a stretch of its bytes overwritten."""
    if data.draw(st.integers(0, 4)) == 0:
        start = data.draw(st.integers(0, len(body)))
        return body[:start] + data.draw(st.binary(max_size=8)) + body[start + data.draw(st.integers(0, 64)) :]
    content = json.loads(body)
    for _ in range(data.draw(st.integers(1, 3))):
        _mutate_value(data, content)
    return json.dumps(content).encode()


def _mutate_value(data: st.DataObject, content: Any) -> None:
    """Walk down at random and change what is there."""
    place = content
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        below = place[key]
        if isinstance(below, dict | list) and below and data.draw(st.integers(0, 3)):
            place = below
            continue
        change = data.draw(st.sampled_from(("replace", "remove", "add")))
        if change == "remove":
            del place[key]
        elif change == "replace":
            place[key] = data.draw(_JSON)
        elif isinstance(place, dict):
            place[data.draw(st.text(max_size=8))] = data.draw(_JSON)
        else:
            place.append(below)
        return
