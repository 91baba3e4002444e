"""Signs that tie a change to a failure, one by one."""

import pytest

from fermata.rules.changes.links import measure_rarity, weigh_words
from fermata.rules.changes.live import Effect
from fermata.rules.changes.places import list_affected

CODE = "+++ b/shop/basket.py\n@@ -10,3 +10,3 @@ def total(basket):\n-    return a\n+    return b"


@pytest.mark.parametrize(
    ("service", "points"),
    [("shop", 0.25), ("stock", 1.5), ("tax", 1.0), ("edge", 0.25), ("mail", -1.5), ("nobody", -0.75), ("", 0.25)],
)
def test_place_counts_where_the_trouble_begins(incident, signs, service, points):
    """The origin most, then what it calls, then what only has to do with it; a service that is well speaks against."""
    incident.graph("edge>shop", "shop>stock", "stock>tax", "edge>mail", "page>mail")
    incident.names = ["shop"]
    incident.log("shop", (-3, 30, "ERROR stock: 503")).log("stock", (-3, 30, "ERROR boom"))
    incident.change("cfg-1", 5, CODE, kind="config", service=service)

    assert signs("cfg-1")["place"].points == points


def test_change_that_names_no_service_may_be_anywhere(incident, signs):
    """Nothing speaks for it, nothing against it."""
    incident.log("shop", (-3, 30, "ERROR boom")).change("cfg-1", 5, "@@\n-a\n+b", kind="config", service="")

    assert signs("cfg-1")["place"].points == 0.5


def test_signs_of_a_caller_whose_callee_fails_count_less(incident, signs):
    """Its own time limit fires because the callee is slow."""
    incident.graph("shop>stock").log("shop", (-3, 30, "ERROR stock timed out after 13 s"))
    diff = "@@ shop.yml @@\n-timeout: 30s\n+timeout: 13s"
    incident.change("cfg-1", 5, diff, kind="config")
    alone = signs("cfg-1")["kind"].points

    incident.log("stock", (-3, 30, "ERROR boom"))

    assert 0 < signs("cfg-1")["kind"].points < 0.7 * alone


def test_place_counts_for_whoever_uses_the_store_where_it_shows(incident, signs):
    """A queue fills up because of what takes from it, however well that looks."""
    incident.graph("shop>jobs", jobs="queue").metric("jobs", "queue_depth", 10, 9000, since=-3)
    incident.change("cfg-1", 5, CODE, kind="config")

    assert signs("cfg-1")["place"].text == "shop uses jobs, where the trouble shows"


def test_place_counts_for_the_gateway_in_front(incident, signs):
    """It decides what reaches a service, and can break that without failing itself."""
    incident.graph("edge>shop", edge="gateway").log("shop", (-3, 30, "ERROR boom"))
    incident.change("cfg-1", 5, CODE, kind="config", service="edge")

    assert signs("cfg-1")["place"].text == "edge decides what reaches shop"


def test_place_counts_for_whoever_feeds_what_fails(incident, signs):
    """Producer and consumer know each other by their queue alone."""
    incident.graph("shop>events", "mail>events", events="queue").log("mail", (-3, 30, "ERROR cannot decode"))
    incident.change("cfg-1", 5, CODE, kind="config")

    assert signs("cfg-1")["place"].text == "what fails reads from events what shop writes"


def test_place_counts_less_for_whoever_shares_a_store_that_carries_nothing_wrong(incident, signs):
    """Who waits too long for a queue read nothing wrong from it."""
    incident.graph("shop>events", "mail>events", events="queue").log("mail", (-3, 30, "ERROR timed out"))
    incident.change("cfg-1", 5, CODE, kind="config")

    assert signs("cfg-1")["place"].text == "shop shares events with what fails"


def test_own_limit_that_fires_is_no_news_where_the_callee_fails(incident, signs):
    """Its number stands in the lines because what it waits for is slow."""
    incident.graph("shop>stock").log("shop", (-3, 30, "ERROR stock timed out after 1500 ms"))
    incident.log("stock", (-3, 30, "ERROR boom")).change("cfg-1", 5, "@@ a.env @@\n+X=1500", kind="config")

    assert "number" not in signs("cfg-1")


def test_migration_works_on_the_database_of_its_service(incident, signs):
    """A schema change hurts where the table is."""
    incident.graph("shop>db", "shop>mail", db="db", mail="app").metric("db", "rows_read_per_s", 1e4, 9e6)
    incident.change("V1", 5, "+++ b/db/V1.sql\n+DROP INDEX item_idx;", kind="migration")

    assert signs("V1")["place"].text == "the trouble begins at db"


def test_change_without_a_service_is_about_what_its_words_name(incident):
    """Infrastructure names services in its references, titles and paths."""
    incident.graph("shop>stock").change("tf-1", 5, CODE, kind="terraform", service="", title="Resize stock pool")
    (change,) = incident.list_changes()

    assert list_affected(change, Effect(None, frozenset(), ""), incident.read()) == {"shop", "stock"}


@pytest.mark.parametrize(
    ("kind", "before", "points"),
    [
        ("config", 2, 1.75),
        ("commit", 2, 1.25),
        ("commit", 12, 1.2),
        ("commit", 45, 0.75),
        ("config", 45, 0.75),
        ("commit", 60, 0.71),
        ("commit", 240, 0.25),
        ("commit", 1800, 0.0),
        ("commit", 5000, -0.5),
    ],
)
def test_time_counts_less_the_longer_ago(incident, signs, kind, before, points):
    """What takes effect at once and did so a moment ago is the closest."""
    incident.log("shop", (0, 30, "ERROR boom")).change("x", before, CODE, kind=kind)

    assert signs("x")["time"].points == points


def test_time_counts_against_a_commit_that_nobody_rolled_out(incident, signs):
    """Others were released on record; this one was not."""
    incident.log("shop", (0, 30, "ERROR boom")).change("x", 2, CODE)

    assert signs("x", certain=False)["time"].points == -0.5


def test_kind_ties_a_risk_to_what_is_seen(incident, signs):
    """A smaller pool and an empty pool."""
    incident.log("shop", (-3, 30, "ERROR QueuePool exhausted, timed out"))
    incident.change("cfg-1", 5, "@@ a.yml @@\n-pool: 40\n+pool: 4", kind="config")

    found = signs("cfg-1")["kind"]

    assert found.points > 1
    assert found.text == "a smaller pool: pool 40 -> 4, which fits what is seen: an exhausted pool and timeouts"
    assert found.line.text == "pool: 4"
    assert found.is_link


def test_change_that_brings_nothing_of_what_is_seen_has_no_tie(incident, signs):
    """A dropped index explains no expired token."""
    incident.log("shop", (-3, 30, "ERROR jwt signature mismatch"))
    incident.change("V1", 5, "+++ b/db/1.sql\n+DROP INDEX a_idx;", kind="migration")

    assert set(signs("V1")) == {"place", "time"}


def test_cure_is_not_taken_for_the_cause(incident, signs):
    """A larger limit of time mends time-outs; it does not bring them."""
    incident.log("shop", (-3, 30, "ERROR gateway timeout"))
    incident.change("cfg-1", 5, "@@ a.yml @@\n-timeout: 5s\n+timeout: 30s", kind="config")

    found = signs("cfg-1")["mends"]

    assert found.points == -1.0
    assert not found.is_link
    assert "relieves timeout rather than bringing it" in found.text


@pytest.mark.parametrize(
    ("failure", "kind"),
    [("ERROR gateway timeout", None), ("FATAL sorry, too many clients already, timeout", "connections")],
)
def test_cure_brings_only_what_it_does_not_mend_and_is_clearly_seen(incident, signs, failure, kind):
    """A line that relieves what is seen is not blamed for what anything broken shows as well."""
    incident.log("shop", (-3, 30, failure))
    incident.change("cfg-1", 5, "@@ pg.conf @@\n-max_connections = 100\n+max_connections = 400", kind="config")

    found = signs("cfg-1")

    assert ("kind" in found) is (kind is not None)
    assert kind is None or kind in found["kind"].text


def test_rare_shared_word_ties_and_says_where_it_stands(incident, signs):
    """The table that a query names and a migration changes."""
    incident.log("shop", (-3, 30, "ERROR timeout: select * from parcel_event where barcode = #"))
    incident.change("V1", 5, "+++ b/db/1.sql\n+ANALYZE parcel_event;", kind="migration")
    incident.change("V2", 6, "+++ b/db/2.sql\n+ANALYZE carrier;", kind="migration")

    found = signs("V1")["word"]

    assert found.text.startswith("both speak of parcel_event")
    assert found.line.text == "ANALYZE parcel_event;"
    assert "parcel_event" in found.telling.text
    assert "word" not in signs("V2")


def test_word_of_every_change_is_rarer_than_none(incident):
    """What all changes say sets none apart."""
    incident.change("a", 5, "@@\n+voucher = 1\n+coupon = 2").change("b", 5, "@@\n+voucher = 3")

    rarity = measure_rarity(incident.list_changes())

    assert rarity["coupon"] == 1.0
    assert rarity["voucher"] < 0.5


def test_words_of_a_library_count_by_the_size_of_its_step(incident):
    """Every stack names the libraries in use, so that a patch's name says little."""
    diff = '+++ b/package.json\n-  "pgdriver": "4.8.2",\n+  "pgdriver": "4.8.3",'
    incident.change("a", 5, diff, title="pgdriver 4.8.3")
    (change,) = incident.list_changes()

    assert weigh_words(change)["pgdriver"] < 0.1


def test_change_without_an_effective_diff_has_no_words(incident):
    """A title alone ties nothing."""
    incident.change("a", 5, "+++ b/README.md\n+voucher", title="Voucher")
    (change,) = incident.list_changes()

    assert weigh_words(change) == {}


@pytest.mark.parametrize(
    ("line", "failure", "points"),
    [
        ("READ_TIMEOUT_MS=850", "timed out after 850 ms", 1.5),
        ("READ_TIMEOUT_MS=850", "timed out (read timeout=0.85)", 1.5),
        ("threads=24", "24 of 24 busy", 0.5),
        ("READ_TIMEOUT_MS=8000", "timed out after 8 s", 1.5),
    ],
)
def test_new_number_in_the_failing_lines_ties(incident, signs, line, failure, points):
    """In whatever unit; a small count less."""
    incident.log("shop", (-3, 30, f"ERROR {failure}"))
    incident.change("cfg-1", 5, f"@@ a.env @@\n+{line}", kind="config")

    found = signs("cfg-1")["number"]

    assert found.points == points
    assert found.telling is not None


@pytest.mark.parametrize(
    ("line", "is_tied"),
    [("ORDERS_URL=http://orders:8000", False), ("PSP_URL=http://psp:8000", True), ("PORT=8000", True)],
)
def test_port_of_another_host_is_another_number(incident, signs, line, is_tied):
    """Half of all services listen on 8000; a port without a host may be anybody's."""
    incident.log("shop", (-3, 30, "WARNING charge at http://psp:8000 failed: HTTP Error 503"))
    incident.change("cfg-1", 5, f"@@ a.env @@\n+{line}", kind="config")

    assert ("number" in signs("cfg-1")) is is_tied


def test_number_beside_the_change_ties_less(incident, signs):
    """The port of a rule that was changed."""
    incident.log("shop", (-3, 30, "ERROR REJECT dport=1433"))
    incident.change("tf-1", 5, "@@ sg.tf @@\n from_port = 1433\n-groups = [a]\n+groups = []", kind="terraform")

    assert signs("tf-1")["number"].points == 0.5


def test_number_that_was_there_before_does_not_tie(incident, signs):
    """It was no trouble until now."""
    incident.log("shop", (-3, 30, "ERROR timed out after 850 ms"))
    incident.change("cfg-1", 5, "@@ a.env @@\n-a=850\n+b=850", kind="config")

    assert "number" not in signs("cfg-1")


@pytest.mark.parametrize(
    ("header", "points"),
    [("@@ -10,3 +10,3 @@", 2.0), ("@@ -90,3 +90,3 @@", 0.25), ("@@ shop/basket.py @@", 1.5)],
)
def test_failing_line_ties_the_change_that_touched_it(incident, signs, header, points):
    """The lines around it, the file somewhere, or a fragment that does not say where."""
    incident.log("shop", (-3, 30, 'ERROR boom File "/srv/shop/basket.py", line 11, in total'))
    path = "" if "basket" in header else "+++ b/shop/basket.py\n"
    incident.change("abcdef1", 5, f"{path}{header}\n-    return a\n+    return b")

    assert signs("abcdef1")["frame"].points == points


def test_closest_of_several_places_counts(incident, signs):
    """A stack has many lines, a change many hunks."""
    incident.log("shop", (-3, 30, "ERROR at Other.java:3 at Basket.java:11 at Basket.java:90"))
    hunk = "@@ -{0},3 +{0},3 @@\n-    return a\n+    return b"
    incident.change("abcdef1", 5, f"+++ b/src/Basket.java\n{hunk.format(10)}\n{hunk.format(50)}\n{hunk.format(89)}")

    assert signs("abcdef1")["frame"].points == 2.0


def test_stack_in_an_unimportant_line_ties_nothing(incident, signs):
    """A notice that names a place is no failure."""
    incident.log("shop", (-3, 30, "INFO loaded shop/basket.py:11")).change("abcdef1", 5, CODE)

    assert "frame" not in signs("abcdef1")


def test_rule_that_names_the_failing_service_ties(incident, signs):
    """A security group of the database lost one client, and that client fails."""
    incident.graph("shop>db", "mail>db", db="db").log("shop", (-3, 30, "ERROR timed out"))
    diff = "@@ sg.tf @@\n-  groups = [var.sg_shop, var.sg_mail]\n+  groups = [var.sg_mail]"
    incident.change("tf-1", 5, diff, kind="terraform", service="db").change("tf-2", 5, CODE, kind="config")

    found = signs("tf-1")["named"]

    assert found.text == "its lines are about shop, where the trouble begins"
    assert "sg_shop" in found.line.text
    assert "named" not in signs("tf-2")


def test_word_that_was_taken_away_counts_more(incident, signs):
    """What is gone is what others miss."""
    incident.log("shop", (-3, 30, "ERROR message has no tenant"))
    incident.change("gone", 5, '@@ a.go @@\n-  h["tenant"] = t', kind="config")
    incident.change("kept", 5, '@@ b.go @@\n-  h["tenant"] = t\n+  h["tenant"] = u', kind="config")
    for number in range(4):
        incident.change(f"other{number}", 5, CODE, kind="config")

    assert signs("gone")["word"].points > signs("kept")["word"].points


@pytest.mark.parametrize(("state", "share"), [("0%->100%", 1.0), ("5%->55%", 0.5), ("off->on", 1.0)])
def test_flag_counts_by_the_share_of_callers_it_moved(incident, signs, state, share):
    """Other code runs for them, whatever it does."""
    incident.log("shop", (-3, 30, "ERROR deadlock found"))
    incident.change("F-1", 5, kind="flag", ref="shop.x", state=state)

    assert signs("F-1")["kind"].points == pytest.approx(0.25 * share * 1.2, abs=0.02)


def test_flag_without_a_diff_of_its_own_is_no_risk(incident, signs):
    """Nobody says from what to what it went."""
    incident.log("shop", (-3, 30, "ERROR deadlock found")).change("F-1", 5, kind="flag", ref="shop.x", state="on")

    assert "kind" not in signs("F-1")


def test_schedule_that_came_due_ties_an_old_change_to_the_fault(incident, signs):
    """It took effect when its job ran."""
    incident.log("shop", (-3, 30, "ERROR deadlock found"))
    incident.change("cron", 900, '@@ cron.yaml @@\n-  at: "0 2 * * *"\n+  at: "55 11 * * *"', kind="config")

    assert signs("cron")["due"].text == "what it sets for 11:55 UTC came due"
    assert signs("cron")["due"].is_link


def test_instant_at_which_a_change_was_made_does_not_come_due(incident, signs):
    """A restart writes when it was asked for; that is no schedule."""
    incident.log("shop", (-3, 30, "ERROR deadlock found"))
    text = '@@ web.yaml @@\n+  kubectl.kubernetes.io/restartedAt: "2026-05-20T11:50:00Z"'
    incident.change("restart", 5, text, kind="rollout")

    assert "due" not in signs("restart")


def test_load_that_grew_with_a_change_ties_it_to_an_overload(incident, signs):
    """None of its callers asks for more: the change does."""
    incident.graph("edge>shop").log("shop", (-3, 30, "ERROR 429 quota exceeded"))
    incident.metric("shop", "request_rate", 10, 90, since=-30)
    incident.change("F-1", 31, kind="flag", ref="shop.suggest", state="off->on")
    incident.change("F-2", 60, kind="flag", ref="shop.other", state="off->on")

    assert signs("F-1")["load"].points == 1.0
    assert "load" not in signs("F-2")


def test_load_that_callers_bring_ties_nothing(incident, signs):
    """It was asked for further out."""
    incident.graph("edge>shop").log("shop", (-3, 30, "ERROR 429 quota exceeded"))
    incident.metric("shop", "request_rate", 10, 90, since=-30).metric("edge", "request_rate", 10, 90, since=-30)
    incident.change("F-1", 31, kind="flag", ref="shop.suggest", state="off->on")

    assert "load" not in signs("F-1")


def test_load_ties_nothing_to_a_failure_that_no_load_brings(incident, signs):
    """More requests make no certificate unknown."""
    incident.graph("edge>shop").log("shop", (-3, 30, "ERROR certificate unknown"))
    incident.metric("shop", "request_rate", 10, 90, since=-30)
    incident.change("F-1", 31, kind="flag", ref="shop.suggest", state="off->on")

    assert "load" not in signs("F-1")


def test_lock_of_a_table_explains_nothing_hours_later(incident, signs):
    """It was held while the index was built; what is slow for good is another matter."""
    incident.metric("shop", "lock_waits", 1, 90, since=-3).log("shop", (-3, 30, "ERROR waiting for lock on t"))
    diff = "+++ b/db/1.sql\n+CREATE INDEX t_idx ON t (a);"
    incident.change("mig-1", 5, diff, kind="migration").change("mig-2", 300, diff, kind="migration")

    assert "kind" in signs("mig-1")
    assert "kind" not in signs("mig-2")


def test_value_that_is_brought_and_quoted_counts_more(incident, signs):
    """A state that the diff writes and the failure quotes is the same thing; the same word outside of quotes may be."""
    incident.log("mail", (-3, 30, 'ERROR no template for state "PART_SHIPPED"'))
    incident.change("c1", 5, "@@ a.ts @@\n+  return 'PART_SHIPPED'", kind="config")
    incident.change("c2", 5, "@@ a.ts @@\n+  part_shipped(order)", kind="config")

    assert signs("c1")["word"].points == pytest.approx(1.5 * signs("c2")["word"].points, abs=0.3)
    assert signs("c1")["word"].points > signs("c2")["word"].points


@pytest.mark.parametrize(
    ("line", "diff", "is_tied"),
    [
        ("ERROR no constant PART_SHIPPED", "+  send(PART_SHIPPED)", True),
        ("WARN no constant PART_SHIPPED", "+  send(PART_SHIPPED)", False),
        ("ERROR no constant PART_SHIPPED", "-  send(PART_SHIPPED, 1)\n+  send(PART_SHIPPED, 2)", False),
        ("ERROR no constant PART_SHIPPED", "+  send(SHIPPED)", False),
        ("ERROR no constant PICKED_UP", "+  send(PICKED_UP)", False),
    ],
)
def test_state_that_only_its_new_lines_know_ties_it_to_who_cannot_read_it(incident, signs, line, diff, is_tied):
    """Not one that was there before, nor one that healthy lines speak of."""
    incident.calm("mail", "INFO order # PICKED_UP").log("mail", (-3, 30, line))
    incident.change("c1", 5, f"@@ a.ts @@\n{diff}", kind="config")

    assert ("constant" in signs("c1")) is is_tied


@pytest.mark.parametrize(
    ("line", "diff", "ties"),
    [
        ("ERROR request timed out", "-    n.round(10)\n+    n.round(12)", False),
        ("ERROR invalid total: rounding differs", "-    n.round(10)\n+    n.round(12)", True),
        ("ERROR request timed out", "-    timeout = 30\n+    timeout = 3", True),
        ("ERROR slow request", "-    timeout = 3\n+    timeout = 30", False),
        ("ERROR pool exhausted, thread pool starvation", "-    timeout = 3\n+    timeout = 30", True),
    ],
    ids=[
        "everything ends in it",
        "only such a change brings it",
        "a setting",
        "more room",
        "room that hurts",
    ],
)
def test_word_in_a_line_ties_only_to_what_not_everything_ends_in(incident, signs, line, diff, ties):
    """A calculation that changed beside requests that time out is near, and no more."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("cfg-1", 5, f"+++ b/shop/cache.py\n@@ -10,1 +10,1 @@\n{diff}", kind="config")

    assert signs("cfg-1")["kind"].points > 0
    assert signs("cfg-1")["kind"].is_link is ties


@pytest.mark.parametrize(("path", "ties"), [("shop/cache.py", True), ("shop/cache.yml", False)])
def test_what_a_file_is_about_ties_code_only(incident, signs, path, ties):
    """Lines of settings say themselves what they set."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR no cached page in redis"))
    incident.change("cfg-1", 5, f"+++ b/{path}\n@@ -10,1 +10,1 @@\n-  a: b\n+  a: c", kind="config")

    assert signs("cfg-1")["kind"].is_link is ties
