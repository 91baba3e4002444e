"""Releases as `heroku releases` and `fly releases` list them: each is a change."""

import time
from datetime import UTC, datetime

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.flows.bundle.release_lists import read_releases

HEROKU = """\
=== shop-prod Releases - Current: v412

v412  Set DB_POOL config vars          sam@acme.dev  2026/11/20 14:00:00 +0000 (~ 10m ago)
v411  Deploy aa10001f                  sam@acme.dev  2026/11/20 13:31:40 +0100 (~ 2h ago)
v410  Deploy bb release command failed  sam@acme.dev  2026/11/20 12:00:00 +0000
"""
FLY_HEAD = "VERSION STATUS DESCRIPTION USER DATE\n"
FLY = """\
VERSION\tSTATUS   \tDESCRIPTION\tUSER           \tDATE
v31    \tcomplete \tRelease    \tsam@acme.dev   \tNov 20 2026 14:02
v30    \tfailed   \tRelease    \tsam@acme.dev   \t2026-11-20T12:38:00Z
v29    \tcomplete \tRelease    \tsam@acme.dev   \t3h28m ago
"""


def test_each_release_of_heroku_is_a_change():
    """A variable that was set is a setting, whose values nobody tells."""
    config, deploy, failed = read_releases(HEROKU, "changes/r.txt", "r")

    assert (config.id, config.kind, config.ref, config.service) == ("v412", "config", "DB_POOL", "shop-prod")
    assert (config.state, config.author) == ("", "sam@acme.dev")
    assert (deploy.kind, deploy.sha) == ("deployment", "aa10001f")
    assert deploy.at == datetime(2026, 11, 20, 12, 31, 40, tzinfo=UTC)
    assert failed.state == "failed"


def test_releases_of_fly_are_changes_where_their_date_is_one():
    """How long ago it was says nothing without the hour at which it was said."""
    first, second = read_releases(FLY, "changes/shop.txt", "shop")

    assert (first.id, first.at, first.service) == ("v31", datetime(2026, 11, 20, 14, 2, tzinfo=UTC), "shop")
    assert (second.at, second.state) == (datetime(2026, 11, 20, 12, 38, tzinfo=UTC), "failed")


@pytest.mark.parametrize("day", ["2026/13/45 25:00:00 +0000", "0001/01/01 00:00:00 +1400"])
def test_release_of_a_day_that_there_is_not_has_no_time(day):
    """A file that somebody typed off ends no reading."""
    (found,) = read_releases(f"v3  Deploy aa10001f  sam  {day}", "changes/r.txt", "r")

    assert (found.id, found.at) == ("v3", None)


@pytest.mark.parametrize("row", ["v1  a", "VERSION STATUS DESCRIPTION USER DATE\nv1 ok a", "v1  " + "a  " * 9_000])
def test_long_row_is_read_in_one_pass(row):
    """Blanks can be shared out among columns in many ways, of which one is tried."""
    started = time.process_time()

    assert read_releases(row + " " * 100_000, "changes/r.txt", "r") == []
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v1 is out",
        "v31  complete  Release  sam  Nov 20 2026 14:02",
        "v2  a  b  today",
        FLY_HEAD + "v3 complete Nov 20 2026 14:02",
    ],
)
def test_other_texts_are_no_list(text):
    """Without the heads or the dates of such a list nobody knows what a column is."""
    assert read_releases(text, "changes/r.txt", "r") == []


def test_release_that_a_record_tells_of_is_read_once(folder):
    """The record says more."""
    records = [
        {"id": "v412", "kind": "config", "time": "2026-11-20T14:00:00Z", "ref": "DB_POOL", "state": "20->2"},
        {"id": "d9", "kind": "deployment", "time": "2026-11-20T12:31:40Z", "sha": "aa10001f00", "service": "shop"},
    ]
    folder.write("changes/c.json", records)
    folder.write("changes/r.txt", HEROKU)

    found = [ChangeFacts.from_json(item.facts) for item in folder.read().evidence if item.kind is EvidenceKind.CHANGE]

    assert [(one.id, one.diff_read) for one in found] == [("v412", True), ("d9", False), ("v410", False)]


def test_release_of_another_app_with_the_same_number_is_another_one(folder):
    """Each app counts its own."""
    record = {"id": "v412", "kind": "deployment", "time": "2026-11-20T14:00:00Z", "service": "mail"}
    folder.write("changes/c.json", [record])
    folder.write("changes/r.txt", HEROKU)

    found = [item for item in folder.read().evidence if item.kind is EvidenceKind.CHANGE]

    assert [ChangeFacts.from_json(item.facts).id for item in found].count("v412") == 2
