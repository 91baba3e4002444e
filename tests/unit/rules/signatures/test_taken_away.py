"""A name that a failure misses, and the change that took it away."""

from datetime import UTC, datetime, timedelta

import pytest

from fermata.rules.signatures.change import FAULTY_COMMIT

ONSET = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)
GUILTY = "abc1234" * 5 + "abcde"
TEA = [
    "--- a/catalog/app.py",
    "+++ b/catalog/app.py",
    "@@ -4,1 +4,1 @@",
    '-PRICES = {"tea": 300}',
    '+PRICES = {"oolong": 300}',
]
LIMITS = ["--- a/app/limits.json", "+++ b/app/limits.json", "@@ -1,3 +1,2 @@", " {", '-  "tea": 50,']


def match(scene, stack, error="KeyError: 'tea'", diff=TEA, path="catalog/app.py"):
    """Return what is made of a failure in line 11 of an image's /app/app.py, and of a commit."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    scene.logs(["ERROR unhandled", *stack(error, "/app/app.py:11:do_GET")])
    return scene.change(GUILTY, {path: [4]}, diff=diff).match(FAULTY_COMMIT)


@pytest.mark.parametrize(
    "error",
    [
        "KeyError: 'tea'",
        "NameError: name 'tea' is not defined",
        "AttributeError: 'Shop' object has no attribute 'tea'",
        "ImportError: cannot import name 'tea' from 'shop'",
        "ReferenceError: tea is not defined",
        "RuntimeError: no such item 'tea'",
    ],
)
def test_commit_that_took_away_what_is_missed_is_blamed(scene, stack, error):
    """The stack's line is untouched, and its file has another folder in the image: the name says it."""
    (found,) = match(scene, stack, error)

    assert found.confidence == 0.8
    assert "took 'tea' out of catalog/app.py" in found.text
    assert found.citations[1].quote == TEA[3]
    assert [one.name for one in found.suggestions] == ["git.revert_commit", "supervisor.restart"]


def test_name_that_a_file_of_settings_lost_is_found_there(scene, stack):
    """No stack names a file of data."""
    (found,) = match(scene, stack, diff=LIMITS, path="app/limits.json")

    assert "took 'tea' out of app/limits.json" in found.text


@pytest.mark.parametrize(
    "other",
    [
        {"error": "ValueError: bad price 'tea'"},
        {"error": "KeyError: 'cup'"},
        {"error": "KeyError: 7"},
        {"diff": [*TEA, '+ALIASES = {"tea": "oolong"}']},
        {"diff": [*TEA[:3], '-PRICES = {"green_tea": 300}']},
        {"path": "catalog/other.py", "diff": [line.replace("app.py", "other.py") for line in TEA]},
    ],
    ids=["not missed", "another name", "no name", "only moved", "part of a name", "another file"],
)
def test_commit_that_took_nothing_of_that_name_away_is_not(scene, stack, other):
    """A failure of another kind, a name that is there still, or a file that the program does not read."""
    assert match(scene, stack, **other) == []


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("AttributeError: 'Shop' object has no attribute 'tea'", "shop = Shop()"),
        ("AttributeError: 'NoneType' object has no attribute 'tea'", "pour(cup.tea)"),
        ("AttributeError: module 'shop' has no attribute 'tea'", "import shop"),
        ("ImportError: cannot import name 'tea' from 'shop.cups'", "import shop.cups"),
        ("NoMethodError: undefined method `tea' for nil:NilClass", "pour cup.tea"),
        ("NoMethodError: undefined method 'tea' for an instance of Shop", "shop = 'Shop'"),
        ("TypeError: Cannot read properties of undefined (reading 'tea')", "pour(cup.tea)"),
    ],
)
def test_name_of_who_lacks_it_or_of_what_nothing_lacks_is_not_missed(scene, stack, error, line):
    """What was asked is there, and lacks something else; or nothing at all was asked, and lacks everything."""
    assert match(scene, stack, error, [*TEA[:3], f"-{line}", "+pass"]) == []
