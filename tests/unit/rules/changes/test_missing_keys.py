"""Keys that a program misses, and the change that takes them away."""

import pytest

from fermata.rules.changes.missing_keys import judge_keys

LIMITS = '+++ b/app/limits.json\n@@ -1,4 +1,3 @@\n {\n-  "batch": 50,\n   "retries": 3\n }'
MISSED = "ERROR KeyError: 'batch'"


def judge(incident, diff, line=MISSED, before=None):
    """Return what ties a change to a failure that began since."""
    incident.log("shop", (-3, 30, line), *([(-110, 300, line)] if before else []))
    incident.change("abcdef1", 5, diff)
    return [sign.text for sign in judge_keys(incident.list_changes()[0], incident.read())]


@pytest.mark.parametrize(
    "line",
    [
        MISSED,
        "ERROR key not found: :batch (KeyError)",
        'ERROR PHP Warning: Undefined array key "batch" in /srv/app.php on line 9',
        "ERROR Undefined property: App\\Limits::$batch",
        "ERROR AttributeError: 'Limits' object has no attribute 'batch'",
        "ERROR KeyNotFoundException: The given key 'batch' was not present in the dictionary.",
        'ERROR org.json.JSONException: JSONObject["batch"] not found.',
        "ERROR Could not resolve placeholder 'batch' in value \"${batch}\"",
        "ERROR Missing required creator property 'batch' (index 0)",
    ],
)
def test_change_that_takes_away_what_is_missed_is_tied_by_its_name(incident, line):
    """Each language has its own words for it."""
    assert judge(incident, LIMITS, line) == ["it takes away batch, which is missed"]


@pytest.mark.parametrize(
    "diff",
    [
        '+++ b/app/rows.py\n@@ -9,3 +9,3 @@\n-    return {"batch": batch}\n+    return {"lot": batch}',
        '+++ b/app/rows.py\n@@ -9,3 +9,3 @@\n-    row["batch"] = lot\n+    row["lot"] = lot',
    ],
)
def test_key_that_is_called_otherwise_now_is_taken_away(incident, diff):
    """A variable of the same name stays."""
    assert judge(incident, diff) != []


@pytest.mark.parametrize(
    ("diff", "line"),
    [
        (LIMITS, "ERROR KeyError: 'batches'"),
        (LIMITS, "ERROR batch 17 failed"),
        (LIMITS.replace('"retries": 3', '"retries": 3\n+  "batch": 20'), MISSED),
        ('+++ b/app/rows.py\n@@ -9,3 +9,2 @@\n-    print(row["batch"])\n     done()', MISSED),
        ('+++ b/app/rows.py\n@@ -9,3 +9,2 @@\n-    size = row.get("batch")\n     done()', MISSED),
    ],
    ids=["another", "none is missed", "has another value", "no longer asks", "no longer gets"],
)
def test_change_that_takes_nothing_away_that_is_missed_is_not_tied(incident, diff, line):
    """Who no longer asks for a key brings no failure over it."""
    assert judge(incident, diff, line) == []


def test_what_was_missed_before_is_of_no_change_since(incident):
    """The failure is older."""
    assert judge(incident, LIMITS, before=True) == []


def test_change_of_settings_whose_key_is_missed_is_guilty(incident):
    """Nobody knows what a JSON file is for, and other keys speak of a batch as well; the name that is missed tells."""
    incident.calm("shop").log("shop", (-3, 30, MISSED))
    incident.change("abcdef1", 5, LIMITS.replace('"retries": 3', '"batch_wait": 3'), service="")
    incident.change("abcdef2", 6, "+++ b/app/batch.py\n@@ -9,3 +9,3 @@\n-    batch = 3\n+    batch = 4", service="")

    assert incident.judge().guilty == "abcdef1"
