"""What a diff can bring, read from its lines."""

import pytest

from fermata.rules.changes.diffs import parse_diff
from fermata.rules.changes.failures import KINDS
from fermata.rules.changes.risk_tables import LINES, PLACES, TURNS
from fermata.rules.changes.risks import find_move, find_risks


def find(as_lines, text):
    """Return text -> risk of a diff."""
    return {risk.text: risk for risk in find_risks(parse_diff(as_lines(text)))}


def test_every_row_brings_known_kinds():
    """A kind that nobody can observe would be a dead row."""
    named = {kind for row in (*TURNS, *LINES, *PLACES) for kind in row.brings}
    named |= {kind for row in TURNS for kind in row.relieves}

    assert named <= set(KINDS)


@pytest.mark.parametrize(
    ("diff", "text", "kind"),
    [
        ("+++ b/db/1.sql\n+DROP INDEX a_idx;", "an index is dropped", "query"),
        ("+++ b/up.sh\n-sync dist\n+sync --delete dist", "something is deleted that used to stay", "notfound"),
        ("+++ b/a.py\n-    conn.close()", "something is no longer closed, released or emptied", "pool"),
        ("+++ b/a.cs\n+  x.Load().GetAwaiter().GetResult();", "waiting blocks a thread", "starvation"),
        ("+++ b/a.go\n-  time.Sleep(backoff(i))", "attempts lose their pause or their end", "retry"),
        ("+++ b/sg.tf\n-  cidr_blocks = [a]", "a network rule changes", "refused"),
        ("+++ b/redis.conf\n-maxmemory-policy allkeys-lru", "what is thrown out when memory is full changes", "memory"),
    ],
)
def test_line_that_comes_or_goes_brings_what_follows_from_it(as_lines, diff, text, kind):
    """Each row says what a line can bring."""
    assert kind in find(as_lines, diff)[text].brings


@pytest.mark.parametrize(
    ("line", "is_bound"),
    [
        ("limits:", False),
        ("resources:", False),
        ("limits: {memory: 48Mi}", True),
        ("    mem_limit: 48m", True),
        ("    cpus: 0.2", True),
        ("          memory: 48Mi", True),
    ],
)
def test_heading_of_limits_bounds_nothing_by_itself(as_lines, line, is_bound):
    """Which limits they are, of memory or of how often something is asked, the lines below it say."""
    found = find(as_lines, f"+++ b/deploy/app.yaml\n+{line}")

    assert ("what it may use is bounded anew" in found) == is_bound


def test_surroundings_say_what_a_changed_value_is_for(as_lines):
    """The path of a probe is no more than a path; the line above says that it is a probe."""
    diff = "@@ deployment.yaml @@\n readinessProbe:\n-      path: /sys/a\n+      path: /sys/b"

    risk = find(as_lines, diff)["a probe or a life cycle changes"]

    assert risk.strength == pytest.approx(0.6 * 0.9)
    assert risk.line.text.strip() == "path: /sys/b"


def test_setting_that_goes_down_says_from_what_to_what(as_lines):
    """The values stand in the words for people, and the factor in the strength."""
    risk = find(as_lines, "@@ a.yml @@\n-  pool: 40\n+  pool: 4")["a smaller pool: pool 40 -> 4"]
    halved = find(as_lines, "@@ a.yml @@\n-  pool: 40\n+  pool: 20")["a smaller pool: pool 40 -> 20"]

    assert risk.strength == 1.25
    assert halved.strength == 0.67
    assert "pool" in risk.brings


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("terraform_data.checkout.input.settings.pool", "terraform_data.checkout.input.settings.pool"),
        (f"module.{'shop_' * 20}.input.pool", "\u2026input.pool"),
        (f"where the orders of {'all ' * 9}customers set pool", "\u2026all all all all all customers set pool"),
        ("\u0142" * 101 + "pool", "\u2026" + "\u0142" * 36 + "pool"),
    ],
)
def test_long_name_of_a_setting_is_cut_between_words(as_lines, key, said):
    """An address stays whole while a line has room; what is left out is marked, and no half of a word is shown."""
    (risk,) = (text for text in find(as_lines, f"@@ a.yml @@\n-{key}: 40\n+{key}: 4") if "->" in text)

    assert risk == f"a smaller pool: {said} 40 -> 4"


def test_parts_of_a_name_count_as_words(as_lines):
    """`promoTimeoutMs` is about time like `promo_timeout_ms`; a word in capitals is no setting."""
    risks = find(as_lines, "@@ a.ts @@\n-const promoTimeout = 9000\n+const promoTimeout = 3000")

    assert "a shorter time limit: const promoTimeout 9000 -> 3000" in risks
    assert "a needed setting is renamed or removed" not in risks


def test_small_step_is_a_small_risk(as_lines):
    """Ten percent more rarely breaks anything."""
    risks = find(as_lines, "@@ a.yml @@\n-threads: 10\n+threads: 11")

    assert risks["more at once: threads 10 -> 11"].strength == 0.1


def test_what_was_only_moved_is_not_gone(as_lines):
    """A guard that stands in an added line again still guards."""
    moved = "+++ b/a.py\n-    if x is None: return\n+        if x is None: return"

    assert "a check or a guard goes" not in find(as_lines, moved)


def test_row_for_migrations_is_silent_elsewhere(as_lines):
    """`not null` in a service's code is no constraint of a table."""
    assert "a rule on the data is added" in find(as_lines, "+++ b/db/1.sql\n+ALTER TABLE a ADD b int NOT NULL;")
    assert "a rule on the data is added" not in find(as_lines, "+++ b/a.py\n+b = 'NOT NULL'")


def test_file_about_caches_can_change_what_is_cached(as_lines):
    """What a file is about is a weak risk whatever its lines say."""
    assert "code about caching changes" in find(as_lines, "+++ b/internal/cache/key.go\n+  k += t")
    assert "code about caching changes" not in find(as_lines, "+++ b/package.json\n+  k += t")


@pytest.mark.parametrize(
    ("new", "strength"), [("5.0.0", 0.9), ("4.9.0", 0.45), ("4.8.3", 0.25)]
)  # fmt: skip
def test_library_that_moves_is_a_risk_by_the_size_of_the_step(as_lines, new, strength):
    """A major version may break anything on purpose."""
    diff = f'+++ b/package.json\n-  "@acme/fetch": "^4.8.2",\n+  "@acme/fetch": "^{new}",'

    risk = find(as_lines, diff)[f"@acme/fetch moves from 4.8.2 to {new}"]

    assert risk.strength == strength


@pytest.mark.parametrize(
    "diff",
    [
        "+++ b/package.json\n+  no version here",
        '+++ b/package.json\n+  "new": "1.0.0"',
        '+++ b/package.json\n-  "same": "1.0.0"\n+  "same": "1.0.0" ',
        "+++ b/values.yaml\n-  weight: 1.5\n+  weight: 2.5",
        "+++ b/a.py\n-version = 1.5\n+version = 2.5",
    ],
)  # fmt: skip
def test_what_is_no_move_of_a_version_is_none(as_lines, diff):
    """A new library, the same version, and numbers that are no version."""
    assert all(find_move(hunk) is None for hunk in parse_diff(as_lines(diff)).hunks)


def test_image_of_a_chart_moves_too(as_lines):
    """Settings name versions of images and engines."""
    (hunk,) = parse_diff(as_lines("+++ b/values.yaml\n-  engine_version: 14.2\n+  engine_version: 15.1")).hunks

    assert find_move(hunk).strength == 0.9


@pytest.mark.parametrize(
    "diff",
    [
        "@@ money.proto @@\n   KIND_CHARGE = 1;\n-  KIND_REFUND = 2;\n+  KIND_REFUND = 3;",
        "+++ b/kind.h\n@@ -1,3 +1,3 @@ enum Kind {\n-  REFUND = 2,\n+  REFUND = 3,",
    ],
)
def test_number_that_others_read_is_a_risk_when_it_changes(as_lines, diff):
    """Whoever was built before goes on reading the old one."""
    (risk,) = [risk for risk in find(as_lines, diff).values() if "a number that others read" in risk.text]

    assert {"data", "parse"} <= risk.brings
    assert "2 -> 3" in risk.text


@pytest.mark.parametrize(
    "diff",
    [
        "@@ a.proto @@\n-  // v = 2;\n+  // v = 3;",
        "@@ a.proto @@\n+  MEMO = 4;",
        '@@ a.proto @@\n-  int32 a = "x";\n+  int32 a = "y";',
    ],
)
def test_new_or_commented_number_is_no_changed_one(as_lines, diff):
    """Nobody reads it yet."""
    assert not any("a number that others read" in text for text in find(as_lines, diff))


def test_step_to_another_base_image_is_a_move(as_lines):
    """Half a system comes with it, and its version need not be a number."""
    diff = parse_diff(as_lines("+++ b/Dockerfile\n-FROM python:3.11-bullseye\n+FROM python:3.11-bookworm"))

    move = find_move(diff.hunks[0])

    assert (move.name, move.old, move.new) == ("python", "python:3.11-bullseye", "python:3.11-bookworm")
    assert move.strength == 0.7


def test_base_image_that_is_new_or_the_same_is_no_move(as_lines):
    """There is nothing to compare it with."""
    diff = parse_diff(as_lines("+++ b/Dockerfile\n-USER app\n+FROM alpine AS run"))

    assert find_move(diff.hunks[0]) is None


@pytest.mark.parametrize(("name", "brings"), [("@acme/http", True), ("left-pad", False)])
def test_library_that_holds_connections_brings_failures_of_connections(as_lines, name, brings):
    """Its limits of idleness move with it; a library of strings opens nothing."""
    diff = f'+++ b/package.json\n-    "{name}": "6.4.0"\n+    "{name}": "7.0.0"'

    risk = find(as_lines, diff)[f"{name} moves from 6.4.0 to 7.0.0"]

    assert ("refused" in risk.brings) is brings


def test_number_of_records_a_poll_is_a_lot_and_no_pause(as_lines):
    """How often is one thing, how many at once another."""
    records = find(as_lines, "@@ a.yml @@\n-  max-poll-records: 500\n+  max-poll-records: 200")
    every = find(as_lines, "@@ a.yml @@\n-  poll-interval: 500\n+  poll-interval: 200")

    assert any(text.startswith("smaller lots") for text in records)
    assert not any(text.startswith("less pause") for text in records)
    assert any(text.startswith("less pause") for text in every)


def test_exact_amounts_that_become_floats_bring_wrong_sums(as_lines):
    """Cents are lost in sums; an exact number that only moved loses none."""
    text = "exact amounts become inexact"
    gone = find(as_lines, "+++ b/totals.ts\n-  sum = Big(price).times(n)\n+  sum = Number(price) * n")
    moved = find(as_lines, "+++ b/totals.ts\n-  sum = Big(price).times(n)\n+  sum = n > 0 ? Big(price).times(n) : 0")

    assert "data" in gone[text].brings
    assert text not in moved


def test_guard_that_is_written_in_another_form_is_not_gone(as_lines):
    """Only what is not there any more can be missed."""
    kept = "+++ b/a.go\n-\terr := post(in)\n-\tif err != nil {\n+\tif err := post(in); err != nil {"
    gone = "+++ b/a.go\n-\terr := post(in)\n-\tif err != nil {\n+\tpost(in)"

    assert "a check or a guard goes" not in find(as_lines, kept)
    assert "a check or a guard goes" in find(as_lines, gone)


def test_call_that_stays_with_less_in_it_counts_half(as_lines):
    """`patient` is no longer fetched with the rest, though something else still is."""
    diff = '+++ b/a.py\n-    return rows.select_related("doctor", "patient")\n+    return rows.select_related("doctor")'

    assert find(as_lines, diff)["what was fetched together is fetched one by one"].strength == 0.45


def test_locks_of_what_is_run_once_pass_and_rules_on_data_do_not(as_lines):
    """An index is built and done; a constraint stays."""
    built = find(as_lines, "+++ b/db/1.sql\n+CREATE INDEX a_idx ON a (b);")["an index is built on a live table"]
    ruled = find(as_lines, "+++ b/db/1.sql\n+ALTER TABLE a ADD CONSTRAINT c UNIQUE (b);")["a rule on the data is added"]

    assert built.passing == {"lock", "timeout", "pool"}
    assert "constraint" in ruled.brings - ruled.passing


def test_row_about_either_side_counts_half_for_what_was_only_moved(as_lines):
    """An order that changed may matter; what stands around it says nothing."""
    moved = find(as_lines, "+++ b/a.go\n-\tlock(b)\n-\tlock(a)\n+\tlock(a)\n+\tlock(b)\n timeout: 3s")
    new = find(as_lines, "+++ b/a.go\n-\tlock(b)\n+\tlock(a)\n+\tunlock(c)")

    assert moved["locks or a transaction change"].strength == 0.45
    assert new["locks or a transaction change"].strength == 0.9


def test_context_says_nothing_of_what_was_only_moved(as_lines):
    """The same words in another order need no explanation by what stands around them."""
    diff = "+++ b/deployment.yaml\n readinessProbe:\n-  path: /a\n-  port: 80\n+  port: 80\n+  path: /a"

    assert "a probe or a life cycle changes" not in find(as_lines, diff)


def test_import_alone_brings_nothing(as_lines):
    """A name that is made known and not yet used."""
    text = "what is read or written is parsed differently"

    assert text not in find(as_lines, "+++ b/a.py\n+import json\n+show(a)")
    assert text in find(as_lines, "+++ b/a.py\n+import json\n+show(json.loads(a))")


def test_switch_is_no_amount(as_lines):
    """To log waits is no longer wait; a longer wait is."""
    switched = find(as_lines, "@@ pg.conf @@\n-log_lock_waits = off\n+log_lock_waits = on")
    longer = find(as_lines, "@@ pg.conf @@\n-lock_wait = 5\n+lock_wait = 50")

    assert not any("more pause" in text for text in switched)
    assert any("more logged" in text or "more is logged" in text for text in switched)
    assert any("more pause" in text for text in longer)


def test_file_that_goes_as_a_whole_is_missed_by_its_users_only(as_lines):
    """Code that nobody calls takes no cache with it; a part of a file may."""
    whole = "+++ b/cache/tips.go\n@@ -1,3 +0,0 @@\n-package tips\n-\n-func (c *Cache) Get(k string) []byte { }"
    part = "+++ b/cache/tips.go\n@@ -9,3 +9,2 @@\n func Tip(k string) []byte {\n-\treturn cache.Get(k)\n }"

    assert {text: risk.brings for text, risk in find(as_lines, whole).items()} == {
        "a file goes": {"import", "notfound"}
    }
    assert "a cache goes" in find(as_lines, part)


@pytest.mark.parametrize(
    ("diff", "text", "kind"),
    [
        ("+++ b/a.ts\n+  const all = await Promise.all(parts.map(load));", "all of it is held at once", "memory"),
        ("+++ b/a.ts\n-const NEVER = ['host'];\n+const headers = KNOWN;", "what is sent along changes", "auth"),
        ("+++ b/compose.yml\n-      - ./up:/srv/up\n+    volumes: []", "where files lie changes", "notfound"),
        ("+++ b/pg.conf\n-autovacuum = on\n+autovacuum = off", "how a database keeps house changes", "disk"),
        ("+++ b/a.env\n-LANG=de_DE.UTF-8\n+LANG=C", "the language of texts changes", "encoding"),
        ("+++ b/a.service\n-LimitNOFILE=65536\n+LimitNOFILE=1024", "fewer files may be open", "fd"),
    ],
)
def test_row_brings_what_follows_from_it(as_lines, diff, text, kind):
    """How programs, databases and hosts work."""
    found = next(risk for name, risk in find(as_lines, diff).items() if name.startswith(text))

    assert kind in found.brings


@pytest.mark.parametrize(
    ("diff", "text"),
    [
        ("+++ b/a.ts\n-  const all = await Promise.all(parts.map(load));", "all of it is held at once"),
        ("+++ b/a.ts\n+const heading = title(page);", "what is sent along changes"),
        ("+++ b/a.py\n+volume = price * count", "where files lie changes"),
        ("+++ b/a.py\n+vacuum_cleaners = []", "how a database keeps house changes"),
        ("+++ b/a.py\n+slang = words", "the language of texts changes"),
        ("+++ b/a.service\n-LimitNOFILE=1024\n+LimitNOFILE=65536", "fewer files may be open"),
    ],
)
def test_row_does_not_bring_what_only_looks_like_it(as_lines, diff, text):
    """The other way about, another kind of file, and words within words."""
    assert not any(name.startswith(text) for name in find(as_lines, diff))


@pytest.mark.parametrize(
    ("path", "old", "new", "is_told"),
    [
        ("nginx/edge.conf", "client_max_body_size 1m;", "client_max_body_size 9m;", False),
        ("nginx/edge.conf", "client_max_body_size 9m;", "client_max_body_size 1m;", True),
        ("nginx/edge.conf", "client_max_body_size 0;", "client_max_body_size 9m;", True),
        ("nginx/edge.conf", "root /a;", "root /b;", True),
        ("nginx/edge.conf", "rate 10;", "rate 20;", True),
    ],
)
def test_what_a_file_is_about_is_no_risk_of_what_only_gives_room(as_lines, path, old, new, is_told):
    """Routes suffer from no larger body; of anything else in the file they may."""
    found = find(as_lines, f"+++ b/{path}\n@@ -1,1 +1,1 @@\n-{old}\n+{new}")

    assert ("code about routes changes" in found) is is_told


def test_turn_from_nought_relieves_nothing(as_lines):
    """A limit that was none is a limit now."""
    (risk,) = [r for n, r in find(as_lines, "-timeout: 0\n+timeout: 30").items() if n.startswith("a longer time limit")]

    assert risk.relieves == frozenset()


@pytest.mark.parametrize("around", ["", " readinessProbe:\n"])
def test_probe_that_waits_for_longer_does_not_what_one_that_gives_up_sooner_does(as_lines, around):
    """Who is given more time is not taken out of service for it; another path is another matter."""
    text = "a probe or a life cycle changes"
    longer = find(as_lines, f"@@ a.yaml @@\n{around}-  initialDelaySeconds: 5\n+  initialDelaySeconds: 30")
    shorter = find(as_lines, f"@@ a.yaml @@\n{around}-  initialDelaySeconds: 30\n+  initialDelaySeconds: 5")
    other = find(as_lines, "@@ a.yaml @@\n readinessProbe:\n-  path: /a\n+  path: /b")

    assert not {text, "whether it is well is asked otherwise"} & longer.keys()
    assert text in shorter
    assert text in other


def test_limit_that_was_lowered_is_no_limit_that_went(as_lines):
    """It says another amount, and stands where it stood."""
    found = find(as_lines, "+++ b/a.py\n-TIMEOUT = 2.0\n+TIMEOUT = 1.0")

    assert "a time limit goes" not in found
    assert [text for text in found if text.startswith("a shorter time limit: TIMEOUT 2.0 -> 1.0")]


def test_word_in_another_argument_is_no_edit(as_lines):
    """A secret that stands beside a life time did not change."""
    diff = '+++ b/a.py\n-P(to, key=env["DB_SECRET"], life=None)\n+P(to, key=env["DB_SECRET"], life=1800)'

    found = find(as_lines, diff)

    assert found["a right, a role or a secret changes"].strength < 0.3
    assert "a needed setting is renamed or removed" not in found


def test_time_after_which_work_is_given_to_others_is_no_number_of_attempts(as_lines):
    """`retry_after` says when, and not how often."""
    found = find_risks(
        parse_diff(as_lines("+++ b/config/queue.php\n-  'retry_after' => 600,\n+  'retry_after' => 45,"))
    )

    assert not any("attempts" in risk.text for risk in found)
    assert any("duplicate" in risk.brings and "before it is done" in risk.text for risk in found)


def test_old_files_that_go_sooner_are_missed(as_lines):
    """Who asks for a file of last week does not find it."""
    found = find_risks(
        parse_diff(as_lines("+++ b/jobs/clean.sh\n-find /srv -mtime +30 -delete\n+find /srv -mtime +3 -delete"))
    )

    assert any("thrown away sooner" in risk.text and "notfound" in risk.brings for risk in found)
