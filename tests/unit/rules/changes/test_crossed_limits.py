"""Limits that a change lowered, and failing lines that are about that very limit."""

import pytest

from fermata.rules.changes.crossed_limits import _TIME, _list_told, judge_limits
from fermata.rules.changes.links import list_signs, measure_rarity
from fermata.rules.changes.live import Rollouts


@pytest.fixture
def signs(incident):
    """Give a function that returns the signs of a change of the incident, by name."""

    def run(change_id):
        changes, symptoms = incident.list_changes(), incident.read()
        change = next(one for one in changes if one.id == change_id)
        effect = Rollouts(changes, began_at=symptoms.began_at).judge(change)
        return {sign.name: sign for sign in list_signs(change, effect, symptoms, measure_rarity(changes))}

    return run


KILLED = (
    "ERROR Memory cgroup out of memory: Killed process # (node) total-vm:1100000kB, anon-rss:{}kB, file-rss:1200kB,"
    " shmem-rss:0kB"
)


def lower(name, old, new, path="app.yaml"):
    """Write a diff that gives a name another amount."""
    return f"\n+++ b/{path}\n@@ -4,3 +4,3 @@\n-  {name}{old}\n+  {name}{new}\n"


REPEATED = "which is the very limit of the failing lines"
HELD = "what was killed held"
PASSED = "what is refused would have passed before"


@pytest.mark.parametrize(
    ("line", "diff", "said"),
    [
        ("ERROR Task timed out after 10 seconds #", lower('"maxDuration": ', 60, 10, "vercel.json"), REPEATED),
        ("ERROR Task timed out after 3.00 seconds #", lower("timeout: ", 30, 3), REPEATED),
        ("ERROR AxiosError: timeout of 2000ms exceeded #", lower("timeout: ", 30000, 2000, "pay.js"), REPEATED),
        ("ERROR Read timed out. (read timeout=2) #", lower("timeout=", 30, 2, "pay.py"), REPEATED),
        ("ERROR deadline exceeded, more than 5s #", lower("deadline: ", "1m", "5s"), REPEATED),
        ("ERROR Memory limit of 256 MiB exceeded with 263 MiB used #", lower("memory: ", "512Mi", "256Mi"), REPEATED),
        ("ERROR Allowed memory size of 134217728 bytes gone #", lower("memory_limit = ", "512M", "128M"), REPEATED),
        (KILLED.format(259000), lower("mem_limit: ", "512m", "256m"), HELD + " 254 MiB, as it could before"),
        ("ERROR client sent too large body: 5242880 bytes #", lower("client_max_body_size ", "20m;", "1m;"), PASSED),
    ],
)  # fmt: skip
def test_limit_that_failing_lines_are_about_ties_the_change_that_lowered_it(incident, line, diff, said):
    """The line gives the new limit, or an amount that the old one let through."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    (sign,) = (sign for change in incident.list_changes() for sign in judge_limits(change, incident.read()))

    assert said in sign.text


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        ("ERROR Task timed out after 10 seconds #", lower("maxDuration: ", 10, 60)),
        ("ERROR Task timed out after 30 seconds #", lower("maxDuration: ", 60, 10)),
        ("ERROR Task timed out after 10 seconds #", lower("retries: ", 60, 10)),
        ("ERROR Memory limit of 128 MiB exceeded #", lower("pool_size: ", 512, 128)),
        ("ERROR Allowed memory size of 134217728 bytes gone #", lower("batch-size: ", 512, 128)),
        ("ERROR Task timed out after 10 seconds #", lower("timeout: ", "60q", "10q")),
        ("ERROR Task timed out after 10 seconds #", lower("timeout: ", "6_000", "1_000")),
        ("ERROR Task timed out. Then 10 seconds passed #", lower("maxDuration: ", 60, 10)),
        ("ERROR Task timed out 10 times #", lower("maxDuration: ", 60, 10)),
        ("ERROR Task timed out with 10 #", lower("maxDuration: ", 60, 10)),
        ("ERROR it took 10 seconds #", lower("maxDuration: ", 60, 10)),
        ("ERROR Task timed out after 10 seconds #", lower("maxDuration: ", 14, 10)),
        (KILLED.format(259000), lower("mem_limit: ", "340m", "256m")),
        (KILLED.format(900000), lower("mem_limit: ", "512m", "256m")),
        (KILLED.format(50000), lower("mem_limit: ", "512m", "256m")),
        (KILLED.format(259000).replace("Killed", "Saw"), lower("mem_limit: ", "512m", "256m")),
        ("ERROR client sent too large body: 52428800 bytes #", lower("client_max_body_size ", "20m;", "1m;")),
        ("ERROR client sent body within max: 5242880 bytes #", lower("client_max_body_size ", "20m;", "1m;")),
    ],
    ids=[
        "raised", "another limit", "no time", "a count", "a count with a dash",
        "no unit of time", "another form", "another sentence", "times", "no unit",
        "no limit", "hardly lower",
        "hardly less", "more than both", "less by far", "not killed", "refused before too", "not refused",
    ],
)  # fmt: skip
def test_limit_that_the_lines_are_not_about_ties_nothing(incident, line, diff):
    """A value of another kind, of another limit, or one that would have failed before as well, says nothing."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    assert [sign for change in incident.list_changes() for sign in judge_limits(change, incident.read())] == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [("compose.yaml", "mem_limit: 512m", "mem_limit: 256m"), ("php.ini", "memory_limit = 512M", "memory_limit = 128M")],
)
def test_memory_limit_that_fell_is_no_relief_of_memory(incident, signs, path, old, new):
    """A lower limit of anything may spare memory; a lower limit of memory does not."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR out of memory #"))
    incident.change("c0ffee1", 5, f"+++ b/{path}\n@@ -3,3 +3,3 @@\n-{old}\n+{new}", kind="config")

    assert "mends" not in signs("c0ffee1")
    assert "memory" in signs("c0ffee1")["kind"].text


@pytest.mark.parametrize(("told", "relieves"), [("after 3001ms", False), ("", True)])
def test_what_fails_at_the_very_limit_is_not_relieved_by_it(incident, signs, told, relieves):
    """Who waits for a shorter time spares a pool, unless it is that wait that fails."""
    incident.calm("shop").log("shop", (-3, 40, f"ERROR HikariPool-1 - no connection is available, timed out {told} #"))
    diff = "+++ b/application.yml\n@@ -3,3 +3,3 @@\n-  connection-timeout: 30000\n+  connection-timeout: 3000"
    incident.change("c0ffee1", 5, diff, kind="config")

    assert ("mends" in signs("c0ffee1")) is relieves


@pytest.mark.parametrize(
    ("name", "ties"), [("timeout", False), ("internal_port", True), ("status_after", False)], ids=str
)
def test_port_in_failing_lines_is_no_amount(incident, signs, name, ties):
    """A port that refuses is not the limit of three thousand milliseconds of another change."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR Health check on port 3456 has failed #"))
    incident.change("c0ffee1", 5, f"+++ b/app.toml\n@@ -3,3 +3,3 @@\n-{name} = 8080\n+{name} = 3456", kind="config")

    assert ("number" in signs("c0ffee1")) is ties


@pytest.mark.parametrize("word", ["max", "abort", "exceed", "timed out "])
def test_line_of_one_word_is_read_in_linear_time(word):
    """What programs print may be one word of 200,000 letters."""
    assert _list_told(word * (200_000 // len(word)), _TIME) == []
