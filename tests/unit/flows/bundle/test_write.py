"""An incident written as a bundle: what is read back is diagnosed the same, and holds no secret."""

import json
import resource

import pytest
from tests.unit.flows.stage import Scripted, make_alert

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.read import read_bundle
from fermata.flows.bundle.write import export_incident, write_bundle
from fermata.kit.errors import NotFoundError, OperationalError, UserError
from fermata.rules.signatures import Case
from fermata.testing.records import NOON, make_evidence, make_scope
from fermata.testing.records import make_alert as make_record

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


class Failing:
    """A collector of a system that is down."""

    name = "scripted.down"

    def wants(self, scope):
        """Want everything."""
        return True

    async def collect(self, scope):
        """Fail."""
        raise OperationalError("Nobody answers", why="a test")


def make_case(**changes):
    """Give a case of one alert and one log line."""
    values = {"scope": make_scope("service/checkout"), "alerts": (make_record(),), "evidence": (make_evidence(),)}
    return Case(**(values | changes))


async def test_export_reads_back_to_the_same_diagnosis(stage, tmp_path):
    """A live incident and its export have the same evidence, by id, and the same diagnosis, word for word."""
    view = await stage.hold()

    written = await export_incident(stage.context, view.incident.id, tmp_path / "out")
    diagnosed = diagnose_bundle(read_bundle(tmp_path / "out"))

    assert written.evidence == len(view.evidence) == 3
    assert [item.id for item in diagnosed.bundle.evidence] == [item.id for item in view.evidence]
    assert [alert.id for alert in diagnosed.bundle.alerts] == [alert.id for alert in view.alerts]
    assert diagnosed.diagnosis == view.diagnosis
    assert diagnosed.diagnosis.leading.suggestions


async def test_gaps_are_kept(build_stage, tmp_path):
    """What the live investigation could not see is missing in the bundle too, and said there."""
    stage = build_stage(Scripted(collectors=(Failing(),)))
    view = await stage.hold()

    await export_incident(stage.context, view.incident.id, tmp_path / "out")

    assert read_bundle(tmp_path / "out").gaps == view.gaps
    assert view.gaps


async def test_only_the_latest_look_is_exported(stage, tmp_path):
    """Evidence of an earlier investigation is not what the diagnosis rests on, so it stays at home."""
    view = await stage.hold()
    stage.rehearsal.hand.write({})
    await stage.send(make_alert("CheckoutSlow", at=-50))
    await stage.engine.drain()

    await export_incident(stage.context, view.incident.id, tmp_path / "out")

    latest = await stage.find_flag(f"gathered/{view.incident.id}")
    assert [item.id for item in read_bundle(tmp_path / "out").evidence] == latest["evidence"]


async def test_unknown_incident_is_not_exported(stage, tmp_path):
    """An id that nobody knows is an error, and no folder is left behind."""
    with pytest.raises(NotFoundError):
        await export_incident(stage.context, "inc-none", tmp_path / "out")

    assert not (tmp_path / "out").exists()


def test_folder_that_holds_something_is_refused(tmp_path):
    """Nothing is overwritten: a bundle needs a folder of its own."""
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(UserError, match="not empty"):
        write_bundle(make_case(), "checkout", tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_place_that_cannot_be_a_folder_is_an_error_with_its_reason(tmp_path):
    """A file where the folder should be is named."""
    (tmp_path / "file").write_text("")

    with pytest.raises(UserError, match="cannot be written"):
        write_bundle(make_case(), "checkout", tmp_path / "file")


def test_secret_that_slipped_into_evidence_does_not_leave(tmp_path):
    """Redaction runs again on what is written: lines, facts, titles, alerts."""
    evidence = make_evidence(
        text=f"auth failed for {TOKEN}", facts={"path": f"/x?{TOKEN}"}, title=f"log {TOKEN}", query=f"tail {TOKEN}"
    )
    alert = make_record(annotations={"summary": f"token {TOKEN}"}, labels={"service": "checkout", "t": TOKEN})

    write_bundle(make_case(evidence=(evidence,), alerts=(alert,)), f"checkout {TOKEN}", tmp_path / "out")

    written = [path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(written) == 4
    assert all(TOKEN not in text for text in written)
    assert any("redacted" in text for text in written)


def test_alert_keeps_its_identity(tmp_path):
    """Source, fingerprint, start to the microsecond and value come back as they were."""
    alert = make_record(source="grafana", starts_at=NOON.replace(microsecond=123456), value="A=3")

    write_bundle(make_case(alerts=(alert,)), "checkout", tmp_path / "out")
    (read,) = read_bundle(tmp_path / "out").alerts

    assert (read.id, read.value, read.source) == (alert.id, "A=3", "grafana")


def test_kept_file_that_is_no_record_is_named_and_left_out(tmp_path):
    """A broken record costs itself: the rest of the export is used."""
    write_bundle(make_case(), "checkout", tmp_path / "out")
    kept = tmp_path / "out" / "evidence"
    (kept / "002-broken.json").write_text(json.dumps({"fermata": "evidence", "kind": "logs"}))
    (kept / "003-unmarked.json").write_text("{}")
    (kept / "004-other.json").write_text(json.dumps({"fermata": "plan"}))
    (kept / "005-cut.json").write_text('{"fermata": "evi')
    (kept / "006-gaps.json").write_text(json.dumps({"fermata": "gaps"}))

    bundle = read_bundle(tmp_path / "out")

    assert [item.kind for item in bundle.evidence] == [EvidenceKind.LOGS]
    assert [warning.partition(":")[0] for warning in bundle.warnings] == [
        f"evidence/{name}.json" for name in ("002-broken", "003-unmarked", "004-other", "005-cut", "006-gaps")
    ]


def test_label_that_names_a_secret_is_not_exported(tmp_path):
    """Also where an older version kept it."""
    named = {"db_password": "zebra-lantern-copper"}
    alert = make_record(labels={"service": "checkout", **named}, annotations=named)

    write_bundle(make_case(alerts=(alert,)), "checkout is down", tmp_path / "out")

    assert all("zebra" not in path.read_text() for path in (tmp_path / "out").rglob("*.json"))


def test_bundle_that_found_no_room_leaves_nothing(tmp_path):
    """Half of one would be read as a whole one, and stand in the way of the next try."""
    long = make_case(alerts=(make_record(annotations={"summary": "x" * 5_000}),))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(UserError, match="cannot be written"):
            write_bundle(long, "checkout: Down", tmp_path / "case")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list((tmp_path / "case").iterdir()) == []
    assert write_bundle(long, "checkout: Down", tmp_path / "case").alerts == 1
