"""A whole bundle: every file by its reader, whatever is broken left out, and no input that crashes or leaks."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fermata.domain.evidence import EvidenceKind
from fermata.flows.bundle.diagnose import diagnose_bundle
from fermata.flows.bundle.folders import READERS, SHARED
from fermata.flows.bundle.read import read_bundle
from fermata.kit.errors import UserError

NAMES = [
    "bundle.yaml",
    *(f"{top}/x.json" for top in (*READERS, *SHARED) if "." not in top),
    *(name for name in READERS if "." in name),
    "evidence/x.json",
    "logs/x.log",
    "changes/x.diff",
    "metrics/x.csv",
    "objects/x.yaml",
    "objects/x.txt",
    "terraform/x.tfstate",
]
FIELDS = """
    id kind time title diff files state metadata items events alerts labels startsAt status spans data resourceSpans
    processes services edges messages serial resources instances points values name signature count State Config
    statename top_sql fermata version window
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(FIELDS.split()), inner, max_size=6),
    max_leaves=20,
)


def test_unknown_files_are_listed_and_ignored(folder):
    """A folder or a suffix that nobody reads is no fault."""
    folder.write("logs/a.log", "x\n")
    folder.write("screens/shot.png", b"\x89PNG")
    folder.write("alerts/readme.docx", "x")

    bundle = folder.read()

    assert bundle.unknown_files == ("alerts/readme.docx", "screens/shot.png")
    assert bundle.warnings == ()


def test_bundle_without_anything_usable_is_refused(folder):
    """The reasons are in the message."""
    folder.write("changes/a.json", "{")

    with pytest.raises(UserError, match=r"changes/a\.json:1"):
        folder.read()


def test_evidence_is_about_the_bundles_incident_and_stale(folder):
    """It carries the bundle's id, was observed when the window ended, and no action may rest on it."""
    folder.write("logs/a.log", "x\n")

    (item,) = folder.read().evidence

    assert item.incident_id == "shop-1"
    assert item.observed_at == datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert not item.is_fresh(item.observed_at)


def test_bundle_without_any_time_still_has_a_window(folder):
    """Nothing says when: the window is somewhere, and ends after it starts."""
    folder.write("bundle.yaml", "version: 1\n")
    folder.write("objects/a.json", {"kind": "Pod", "metadata": {"name": "x"}})

    bundle = folder.read()

    assert bundle.window.start < bundle.window.end
    assert diagnose_bundle(bundle).case.scope.onset == bundle.onset


def test_value_that_no_record_can_hold_costs_its_file_only(folder):
    """An endless number in one file is a gap; the next file is read."""
    folder.write("objects/a.json", '{"kind": "Pod", "metadata": {"name": "x", "n": 1e999}}')
    folder.write("logs/a.log", "x\n")

    bundle = folder.read()

    assert [item.kind for item in bundle.evidence] == [EvidenceKind.LOGS]
    assert "objects/a.json" in bundle.warnings[0]


def test_same_content_elsewhere_is_the_same_bundle(folder, tmp_path):
    """The digest is of the files, not of the place."""
    folder.write("logs/a.log", "x\n" * 400_000)
    copy = tmp_path / "copy"
    folder.path.rename(copy)
    first = read_bundle(copy).digest
    copy.rename(folder.path)

    assert folder.read().digest == first


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(name=st.sampled_from(NAMES), content=JSON | st.binary(max_size=200) | st.text(max_size=200))
def test_no_content_of_any_file_crashes_the_reader(folder, name, content):
    """Whatever stands in it, a file is used or named; what is used can be diagnosed."""
    folder.write("logs/other.log", "ERROR x\n")
    written = content if isinstance(content, bytes | str) else json.dumps(content)
    path = folder.write(name, written if isinstance(written, bytes) else written.encode("utf-8", "replace"))

    bundle = folder.read()

    assert any(item.title == "logs/other.log" for item in bundle.evidence)
    assert diagnose_bundle(bundle).diagnosis is not None
    path.unlink()


def test_file_in_the_place_of_a_folder_is_named(folder):
    """It has the folder's name, and is none."""
    folder.write("objects", "x")
    folder.write("logs/a.log", "x")

    assert folder.read().warnings == ("objects: it is a file, where a folder is expected",)
