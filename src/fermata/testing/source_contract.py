"""What every alert source has to keep to, as tests: subclass, name the samples, and pytest collects the rest.

Needs hypothesis (the development set); nothing in the running product imports this.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fermata.domain.alert import Alert, AlertBatch, AlertStatus
from fermata.kit.errors import UserError
from fermata.ports.source import AlertSource

RECEIVED_AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FUZZ_EXAMPLES = 300


class SourceContract:
    """The suite. A subclass is named `Test...`, so that pytest collects it, and implements the first two methods."""

    def make_source(self) -> AlertSource:
        """Return the source under test."""
        raise NotImplementedError

    def list_samples(self) -> Mapping[str, bytes]:
        """Return bodies the source accepts, by name; with at least one alert each, and one firing and resolved."""
        raise NotImplementedError

    def parse(self, body: bytes) -> AlertBatch:
        """Parse a body at a fixed instant."""
        return self.make_source().parse(body, RECEIVED_AT)

    def test_each_sample_gives_its_alerts(self) -> None:
        """A body the system really sends becomes alerts of this source, none lost."""
        for name, body in self.list_samples().items():
            batch = self.parse(body)

            _require(len(batch.alerts) == len(json.loads(body)["alerts"]) > 0, f"{name}: an alert was lost")
            _require({alert.source for alert in batch.alerts} == {self.make_source().name}, f"{name}: foreign source")
            _require(
                all(alert.received_at == RECEIVED_AT for alert in batch.alerts), f"{name}: another instant than given"
            )

    def test_same_body_twice_gives_the_same_ids(self) -> None:
        """Delivery is at least once: the same firing is the same id however often it is sent."""
        for name, body in self.list_samples().items():
            _require(self._ids(body) == self._ids(body), f"{name}: ids differ")

    def test_alerts_of_a_body_have_their_own_ids(self) -> None:
        """Two alerts of one body are two alerts."""
        for name, body in self.list_samples().items():
            _require(len(set(self._ids(body))) == len(self._ids(body)), f"{name}: two alerts share an id")

    def test_resolved_alert_keeps_its_id(self) -> None:
        """The end of a firing is the end of that firing: the status is not part of the id."""

        def end(alert: dict[str, Any]) -> None:
            alert |= {"status": "resolved", "endsAt": "2026-11-23T11:59:00Z"}

        for name, body in self.list_samples().items():
            before, after = self.parse(body).alerts, self.parse(_edit_alerts(body, end)).alerts

            _require([alert.id for alert in after] == [alert.id for alert in before], f"{name}: another id")
            _require({alert.status for alert in after} == {AlertStatus.RESOLVED}, f"{name}: not resolved")
            _require(
                all(alert.ends_at == datetime(2026, 11, 23, 11, 59, tzinfo=UTC) for alert in after), f"{name}: its end"
            )

    def test_later_firing_has_another_id(self) -> None:
        """The same rule firing anew is a new alert."""

        def restart(alert: dict[str, Any]) -> None:
            alert["startsAt"] = "2026-11-23T11:58:00Z"

        for name, body in self.list_samples().items():
            anew = self._ids(_edit_alerts(body, restart))
            _require(not set(anew) & set(self._ids(body)), f"{name}: the id of the firing before")

    def test_firing_alert_has_no_end(self) -> None:
        """Year 1, null, an absent field and an instant in the future all mean that it has not ended."""
        ends: Sequence[Callable[[dict[str, Any]], Any]] = (
            lambda alert: alert.update(status="firing", endsAt="0001-01-01T00:00:00Z"),
            lambda alert: alert.update(status="firing", endsAt=None),
            lambda alert: (alert.update(status="firing"), alert.pop("endsAt", None)),
            lambda alert: alert.update(status="firing", endsAt="2026-11-23T13:00:00Z"),
        )
        for body in self.list_samples().values():
            for edit in ends:
                alerts = self.parse(_edit_alerts(body, edit)).alerts
                _require(all(alert.ends_at is None for alert in alerts), "a firing alert has an end")

    def test_nulls_for_what_only_people_read_are_tolerated(self) -> None:
        """Null or absent annotations and links cost their own text, never the alert."""
        for name, body in self.list_samples().items():
            for field in ("annotations", "generatorURL"):
                with_null = self.parse(_edit_alerts(body, lambda alert, field=field: alert.update({field: None})))  # type: ignore[misc]  # default argument binds the loop variable
                without = self.parse(_edit_alerts(body, lambda alert, field=field: alert.pop(field, None)))  # type: ignore[misc]  # as above

                _require(_ids_of(with_null) == _ids_of(without) == self._ids(body), f"{name}: lost without {field}")

    def test_truncation_is_shown(self) -> None:
        """Alerts the sender cut off are counted, not forgotten."""
        for name, body in self.list_samples().items():
            batch = self.parse(_edit(body, lambda value: value.update(truncatedAlerts=7)))
            _require(batch.truncated == 7, f"{name}: the cut is not shown")  # noqa: PLR2004 - the seven written above

    def test_group_status_is_not_the_alerts_status(self) -> None:
        """A group with one firing alert is firing as a whole: each alert's own status counts."""
        for name, body in self.list_samples().items():
            for status in ("firing", "resolved"):
                other = self.parse(_edit(body, lambda value, status=status: value.update(status=status)))  # type: ignore[misc]  # default argument binds the loop variable
                _require(_statuses(other) == _statuses(self.parse(body)), f"{name}: took the group's status")

    def test_one_bad_alert_refuses_the_body_by_its_index(self) -> None:
        """Nothing is dropped in silence: the body is refused whole, and says which alert and which field it was."""
        for name, body in self.list_samples().items():
            last = len(json.loads(body)["alerts"]) - 1
            spoilt = _edit(body, lambda value, last=last: value["alerts"][last].update(startsAt="yesterday"))  # type: ignore[misc]  # default argument binds the loop variable
            try:
                self.parse(spoilt)
            except UserError as error:
                _require(f"[{last}]" in str(error), f"{name}: the index is not named")
                _require("startsAt" in str(error), f"{name}: the field is not named")
                _require("yesterday" not in str(error), f"{name}: the refusal repeats what was sent")
            else:
                _require(False, f"{name}: accepted")  # noqa: FBT003 - reads as the sentence it is

    def test_mutated_body_is_parsed_or_refused(self) -> None:
        """Whatever arrives, the answer is a batch or a `UserError`; never another exception, never a broken record."""
        from hypothesis import given, settings
        from hypothesis import strategies as st

        samples = list(self.list_samples().values())

        @settings(max_examples=FUZZ_EXAMPLES, deadline=None, database=None)
        @given(data=st.data())
        def check(data: st.DataObject) -> None:
            body = _mutate(data, st, data.draw(st.sampled_from(samples)))
            try:
                batch = self.parse(body)
            except UserError as error:
                _require(0 < len(str(error)) < 1_000, "a refusal that fills the log")  # noqa: PLR2004 - some lines
                return
            _require(AlertBatch.from_json(batch.to_json()) == batch, "the batch does not survive its storage")
            _require(all(alert.id and "\x00" not in json.dumps(alert.to_json()) for alert in batch.alerts), "no id")

        check()

    def _ids(self, body: bytes) -> list[str]:
        return _ids_of(self.parse(body))
