"""What is named, and what is not, in incidents of different kinds."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes import judge
from fermata.rules.changes.belief import WORTH

POOL = """
@@ config/database.yml @@
   adapter: postgresql
-  pool: 40
+  pool: 4
"""
LEAK = """
+++ b/src/recommend/profile.py
@@ -10,3 +10,5 @@ def profile(user):
+_seen = {}
     data = load(user)
+    _seen[user.request_id] = data
     return data
"""
RENAMED = """
+++ b/app/events.py
@@ -3,3 +3,3 @@ def order_event(order):
-        "customer_id": order.customer,
+        "customerId": order.customer,
"""
GUARDED = """
+++ b/shop/discount.py
@@ -20,3 +20,5 @@ def price(cart):
+    if flags.on("loyalty_discount"):
+        return cart.total - cart.member["tier"].rate
     return cart.total
"""
WORDING = """
+++ b/shop/handler.py
@@ -3,3 +3,3 @@ def handle(request):
-    log.info("basket accepted")
+    log.info("Basket accepted")
"""
DOCS = """
+++ b/README.md
@@ -1,1 +1,1 @@
-Run it.
+Run it twice.
"""
POOL_ERROR = "ERROR QueuePool limit of size 4 reached, connection timed out order=#"


def test_smaller_pool_is_named_when_the_pool_runs_out(incident):
    """A setting that was lowered minutes before is guilty of what follows from it."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("cfg-1", 5, POOL, kind="config", state="applied", environment="production")
    incident.change("c0ffee1", 90, WORDING).release("dep-1", 60, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty == "cfg-1"
    assert judgement.claim.change == "cfg-1"
    assert "a smaller pool" in judgement.claim.text
    assert judgement.ranked[0].blame > 0.5
    assert judgement.verdicts[0].id == "cfg-1"
    assert judgement.none_because == ""


def test_latest_release_of_the_alerted_service_is_not_named_for_that(incident):
    """Time and place alone name nobody: a log statement cannot exhaust a pool."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR NullPointerException in Basket.total order=#"))
    incident.change("c0ffee1", 30, WORDING).release("dep-1", 5, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.none_because == "none is tied to the failure closely enough"
    assert judgement.checks
    assert judgement.ranked[0].points <= 1.0


def test_leak_is_named_hours_after_its_release(incident):
    """A fault may need hours to show; what was released then is still what leaks."""
    incident.calm("shop").log("shop", (-2, 6, "FATAL killed: out of memory, rss above limit in profile of request_id"))
    incident.metric("shop", "memory_rss_bytes", 2e8, 9e8, since=-10)
    incident.change("leak123", 230, LEAK).release("dep-1", 110, "leak123")
    incident.change("words12", 40, WORDING).release("dep-2", 20, "words12")

    assert incident.judge().guilty == "leak123"


def test_renamed_field_is_named_for_the_failure_of_its_reader(incident):
    """A service that sends what its reader cannot read is guilty of the reader's errors."""
    incident.names = ["mailer"]
    incident.calm("mailer").log("mailer", (-4, 30, "ERROR KeyError: missing required field customer_id in order_event"))
    incident.graph("mailer>shop")
    incident.change("feed123", 30, RENAMED).release("dep-1", 7, "feed123")
    incident.change("docs123", 20, DOCS, service="mailer").release("dep-2", 6, "docs123", service="mailer")

    assert incident.judge().guilty == "feed123"


def test_code_behind_a_flag_is_named_rather_than_the_flag(incident):
    """The flag only turned on what a commit of last week does wrong."""
    incident.calm("shop").log(
        "shop",
        (-1, 30, 'ERROR KeyError: tier\n  File "/srv/shop/discount.py", line 21, in price'),
    )
    incident.change("old1234", 9000, GUARDED).release("dep-1", 8900, "old1234")
    incident.change("F-1", 2, kind="flag", ref="shop.loyalty_discount", state="off->on", environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "old1234"
    assert "F-1 turned it on" in judgement.ranked[0].why


@pytest.mark.parametrize(
    ("guard", "ref"),
    [
        ('        if on("x7-tier"): pass', "shop.x7-tier"),
        ("        # shop.q only", "shop.q"),
        ("        tier = cart.discount", "shop.discount"),
    ],
)
def test_code_is_tied_to_its_flag_by_name_or_by_its_own_words(incident, guard, ref):
    """The diff names the flag, whole or by its word, where the code is what fails."""
    incident.calm("shop").log("shop", (-1, 30, 'ERROR KeyError File "/srv/shop/discount.py", line 21, in price'))
    incident.change("old1234", 9000, GUARDED.replace('    if flags.on("loyalty_discount"):', guard))
    incident.release("dep-1", 8900, "old1234")
    incident.change("F-1", 2, kind="flag", ref=ref, state="off->on", environment="production")
    incident.change("F-2", 2, kind="flag", ref="shop.banner", state="off->on", environment="production")

    first = incident.judge().ranked[0]

    assert first.id == "old1234"
    assert f"{ref} guards its code" in first.why


def test_claim_quotes_the_change_though_no_line_of_it_stands_out(incident):
    """What ties it may stand in the heading alone; the change is quoted all the same."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR VoucherLedger gave up order=#"))
    incident.change("cfg-1", 5, "@@ class VoucherLedger @@\n-    a()\n+    b()", kind="config", state="applied")

    judgement = incident.judge()

    assert judgement.guilty == "cfg-1"
    assert judgement.claim.quotes[0].text == "@@ class VoucherLedger @@"


def test_claim_without_a_name_for_its_service_is_about_the_evidence(incident):
    """A name that no entity may bear does not keep the change from being named."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("cfg-1", 5, POOL, kind="config", state="applied", environment="production")
    last = incident.evidence[-1]
    incident.evidence[-1] = last.model_copy(update={"facts": dict(last.facts) | {"service": "web / shop"}})

    claim = incident.judge().claim

    assert claim.subject.ref == "service/shop"


def test_flag_is_named_when_no_code_is_known_that_explains_it(incident):
    """A switch whose own name stands in the failures is guilty itself."""
    incident.calm("shop").log("shop", (-1, 30, "ERROR quote rejected: components do not add up engine=v2 id=#"))
    incident.change("F-1", 1, kind="flag", ref="shop.engine_v2", state="off->on", environment="production")

    assert incident.judge().guilty == "F-1"


def test_change_that_came_after_the_first_sign_is_ruled_out(incident):
    """What comes after the trouble began did not begin it, however well it fits."""
    incident.calm("shop").log("shop", (-12, 60, POOL_ERROR))
    incident.change("cfg-1", 4, POOL, kind="config", state="applied", environment="production")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.none_because == "none that was read was in effect where it hurts when it began"
    assert judgement.ranked[0].why.startswith("Ruled out: it came ")


def test_change_whose_diff_was_not_read_is_never_named(incident):
    """Nobody is blamed unread; the diff is what has to be fetched."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("cfg-1", 5, kind="config", state="applied", environment="production", title="pool 40 to 4")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert "Get the diff of cfg-1." in judgement.checks
    assert "what it changed was not read" in judgement.ranked[0].why


def test_two_changes_as_likely_are_both_left_unnamed(incident):
    """Where nothing tells two apart, neither is blamed, and the check says how to tell."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("cfg-1", 5, POOL, kind="config", state="applied", environment="production")
    incident.change("cfg-2", 5, POOL, kind="config", state="applied", environment="production")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.none_because == "cfg-1 and cfg-2 are about equally likely"
    assert judgement.checks[0].startswith("Take back cfg-1 and cfg-2 in a copy of the service, one at a time, and")
    assert judgement.checks[1].startswith("Explain line 1 of 'logs of shop', \"")
    assert judgement.checks[1].endswith('order=1000".')


def test_one_change_is_not_taken_back_one_at_a_time(incident):
    """There is only one to take back."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("cfg-1", 5, POOL, kind="config", state="applied", environment="production")
    ranked = incident.judge().ranked

    assert judge._list_checks(ranked, incident.read())[0] == (
        "Take back cfg-1 in a copy of the service and see whether the failure goes."
    )


def test_commit_is_named_rather_than_its_pull_request_or_release(incident):
    """Three records of one change are no three suspects."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("c0ffee1", 30, POOL).change("PR-7", 29, POOL, kind="pull_request_merged", sha="c0ffee1")
    incident.change("dep-1", 5, POOL, kind="deployment", sha="c0ffee1", environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "c0ffee1"
    assert "c0ffee1 is the same change, by its own name" in judgement.ranked[1].why


def test_cause_outside_keeps_a_loosely_tied_change_from_being_blamed(incident):
    """A provider's outage explains the failure; a change of attempts nearby needs a closer tie."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR s3 put failed: 503 slow down, attempt 2 of 2 key=#"))
    incident.status(service="s3", region="eu-1", status="investigating", title="Errors", started_at=-10)
    incident.labels["region"] = "eu-1"
    incident.change("c0ffee1", 90, "@@ src/put.py @@\n-  attempts = 2\n+  attempts = 3").release("dep-1", 60, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.none_because.startswith("it is explained without a change: cloud reports 'Errors'")
    assert judgement.outside[0].cause == "provider_outage"
    assert judgement.checks == ()


def test_change_with_a_close_tie_is_blamed_beside_a_cause_outside(incident):
    """One partner's file fails because the reader of such files was changed."""
    failure = (
        "ERROR ParseError: unexpected token in segment partner=NORD file=nord.edi redelivered\n"
        '  File "/srv/shop/lexer.py", line 12, in parse_segment'
    )
    incident.calm("shop").log("shop", (-3, 40, failure))
    diff = "+++ b/shop/lexer.py\n@@ -10,3 +10,3 @@ def segment(text):\n-    return parse_segment(text.strip())\n"
    incident.change("lexer12", 20, f"{diff}+    return parse_segment(text)").release("dep-1", 6, "lexer12")

    judgement = incident.judge()

    assert judgement.outside[0].cause == "bad_input_data"
    assert judgement.guilty == "lexer12"


def test_incident_without_changes_has_no_guilty_one(incident):
    """Nothing changed, as far as is known: that is the answer, with a line to explain."""
    judgement = incident.calm("shop").log("shop", (-3, 40, POOL_ERROR)).judge()

    assert judgement.guilty is None
    assert judgement.ranked == ()
    assert judgement.none_because == "none that was read was in effect where it hurts when it began"
    assert judgement.checks[0].startswith("Explain line ")
    assert POOL_ERROR[:40] in judgement.checks[0]
    assert judgement.checks[0].endswith(": nothing that changed is tied to it closely.")


def test_incident_without_any_evidence_is_answered_too(incident):
    """An empty case gives an empty judgement."""
    judgement = incident.judge()

    assert (judgement.guilty, judgement.claim, judgement.checks) == (None, None, ())


def test_same_case_is_judged_once(incident):
    """Every signature asks; the work is done for the first."""
    from fermata.rules.changes.judge import judge_changes

    case = incident.calm("shop").build()

    assert judge_changes(case) is judge_changes(case)


SHARED = "+++ b/money.proto\n@@ -1,3 +1,3 @@ enum Kind\n-  KIND_REFUND = 2;\n+  KIND_REFUND = 3;"


def test_first_of_one_release_is_named_beside_its_sibling(incident):
    """The next act is the same for both: to take the release back."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("aaaaaa1", 30, POOL).change("bbbbbb2", 31, POOL)
    incident.change("dep-1", 5, kind="deployment", commits=("aaaaaa1", "bbbbbb2"), environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "aaaaaa1"
    assert "bbbbbb2 of the same release is nearly as likely" in judgement.claim.text
    assert judgement.is_shared


def test_commit_of_a_library_is_named_rather_than_the_step_to_it(incident):
    """What the new version brought is known, so that the step itself is no suspect of its own."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR wrong account: mismatch KIND_REFUND id=#"))
    incident.change("lib0001", 300, SHARED, service="", repository="money-protos")
    diff = '+++ b/package.json\n@@ -1,1 +1,1 @@\n-  "money-protos": "1.0.0"\n+  "money-protos": "2.0.0"'
    incident.change("bump001", 30, diff, repository="shop").release("dep-1", 5, "bump001")

    judgement = incident.judge()

    assert judgement.guilty == "lib0001"
    assert "lib0001 is part of what it moves to" in next(one.why for one in judgement.ranked if one.id == "bump001")


def test_step_to_a_library_that_was_not_released_stays_ruled_out(incident):
    """Nothing is held against what is no suspect."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR wrong account: mismatch KIND_REFUND id=#"))
    incident.change("lib0001", 300, SHARED, repository="money-protos").release("dep-1", 5, "lib0001")
    diff = '+++ b/package.json\n@@ -1,1 +1,1 @@\n-  "money-protos": "1.0.0"\n+  "money-protos": "2.0.0"'
    incident.change("bump001", 30, diff, repository="shop", state="open")

    judgement = incident.judge()

    assert next(one.ruled_out for one in judgement.ranked if one.id == "bump001").startswith("it never took effect")


def test_infrastructure_taken_back_without_effect_so_far_is_not_acquitted(incident):
    """A machine is replaced in its own time."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR)).metric("shop", "error_rate", 0.1, 20, since=-3)
    incident.change("tf-1", 5, POOL, kind="terraform", state="applied", environment="production")
    undo = POOL.replace("-  pool: 40", "-  pool: 4").replace("+  pool: 4\n", "+  pool: 40\n")
    incident.change("tf-2", -10, undo, kind="terraform", title="Back to the old pool", environment="production")

    first = incident.judge().ranked[0]

    assert next(sign.points for sign in first.signs if sign.name == "undone") == 0.0


HARMFUL = "+++ b/shop/cookies.go\n@@ -3,1 +3,1 @@\n-\tJar: Lax,\n+\tJar: Narrow,"


def test_only_harmful_change_where_and_when_it_began_is_not_named_without_a_tie(incident):
    """Being the only one that is near proves nothing: the silence is the answer, and the change stands first."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR visitor goes round in circles"))
    incident.change("aaaaaa1", 30, HARMFUL).release("dep-1", 8, "aaaaaa1")
    incident.change("bbbbbb2", 30, WORDING).release("dep-2", 5, "bbbbbb2")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.none_because == "none is tied to the failure closely enough"


def test_flag_is_named_for_what_the_code_that_it_turned_on_explains(incident):
    """The code lay there for a day and hurt nobody: what took effect, and is taken back at once, is the flag."""
    incident.calm("shop").log("shop", (-3, 40, "WARN cache hit rate fell, pool wait #"))
    diff = '+++ b/shop/headlines.go\n@@ -3,1 +3,1 @@\n-\tkey := "headlines:" + s\n+\tkey := "headlines:" + s + r'
    incident.change("aaaaaa1", 2000, diff).release("dep-1", 1900, "aaaaaa1")
    incident.change("F-1", 4, kind="flag", ref="shop.personal_headlines", state="off->on", environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "F-1"
    assert "it turned on aaaaaa1: what is" in judgement.claim.text


@pytest.mark.parametrize(("share", "guilty"), [(0.4, None), (0.99, "aaaaaa1")])
def test_reader_that_does_well_with_all_files_but_one_is_not_named(incident, share, guilty):
    """Whether the rest goes well decides between the file and whoever changed how files are read."""
    incident.calm("shop").metric("shop", "error_rate", 0.001, share, since=-3)
    incident.log("shop", (-3, 40, "ERROR row_feed.py:3 nord_full.csv line 41207: cannot decode, try #"))
    diff = "+++ b/shop/row_feed.py\n@@ -30,1 +30,1 @@\n-    load(data.decode('utf-8'))\n+    read(data.decode('ascii'))"
    incident.change("aaaaaa1", 4, diff, kind="config", environment="production")

    assert incident.judge().guilty == guilty


def test_change_has_to_be_likelier_the_more_others_were_weighed(incident):
    """Of two changes one is rarely tied by chance; of a hundred and fifty one nearly always is."""
    incident.calm("shop").log("shop", (-3, 40, "WARN mismatch in order #"))
    incident.change("cfg-1", 30, "@@ stock.py @@\n-    round(a, 2)\n+    round(a, 3)", kind="config")
    alone = incident.judge()
    for number in range(150):
        incident.change(f"cfg-x{number}", 300 + number, HARMFUL, kind="config", service=f"other{number}")

    crowded = incident.judge()

    assert alone.guilty == "cfg-1"
    assert crowded.ranked[0].id == "cfg-1"
    assert crowded.none_because == "none is tied to the failure closely enough"


@pytest.mark.parametrize(("share", "because"), [(0.49, "cfg-1 is the likeliest, and"), (0.34, "none is tied")])
def test_likeliest_change_is_told_and_not_named_below_the_bound(incident, monkeypatch, share, because):
    """Nearly as likely as not is what people want to hear of, and not enough to blame somebody for."""
    monkeypatch.setattr(judge, "share_belief", lambda points, _: (share,) * len(points))
    incident.calm("shop").log("shop", (-3, 40, "WARN mismatch in order #"))
    incident.change("cfg-1", 30, "@@ stock.py @@\n-    round(a, 2)\n+    round(a, 3)", kind="config")

    judgement = incident.judge()

    assert judgement.guilty is None
    assert judgement.none_because.startswith(because)


NAMED_POOL = """
+++ b/deploy/shop.yaml
@@ -12,3 +12,3 @@ spec:
           - name: DB_POOL_SIZE
-            value: "20"
+            value: "2"
"""
LESS_MEMORY = """
+++ b/k8s/shop.yaml
@@ -30,3 +30,3 @@
             limits:
-              memory: 512Mi
+              memory: 128Mi
"""


@pytest.mark.parametrize("kind", ["config", "commit", "deployment"])
def test_pool_whose_size_is_set_by_a_variable_is_named(incident, kind):
    """Manifests give the name in one line and the value in the next."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("cfg-1", 5, NAMED_POOL, kind=kind, state="applied", environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "cfg-1"
    assert "DB_POOL_SIZE" in judgement.claim.text


def test_rollout_that_lowered_the_limit_is_named_for_who_is_killed(incident):
    """Who is killed for memory logs nothing: the orchestrator's word is the symptom."""
    incident.calm("shop").add(EvidenceKind.STATE, "shop", ["shop-7d9: 0/1 CrashLoopBackOff, last OOMKilled (137)"])
    incident.change("dep-1", 6, LESS_MEMORY, kind="deployment", state="success", environment="production")

    judgement = incident.judge()

    assert judgement.guilty == "dep-1"
    assert judgement.ranked[0].blame > 0.4


@pytest.mark.parametrize(("before", "points"), [(60, 1.0), (600, 0.7)])
def test_what_shows_with_the_first_request_counts_less_hours_later(incident, before, points):
    """A renamed field has been missed for as long as it has been renamed."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR missing key in order #"))
    fresh = incident.change("cfg-1", 10, RENAMED, kind="config").judge().ranked[0]
    incident.change("cfg-2", before, RENAMED, kind="config")

    old = next(one for one in incident.judge().ranked if one.id == "cfg-2")

    kinds = [next(sign.points for sign in one.signs if sign.name == "kind") for one in (old, fresh)]
    assert kinds[0] == pytest.approx(points * kinds[1], abs=0.02)


def test_flag_and_the_code_that_it_turned_on_are_one_suspect(incident):
    """Both are taken back together: that both are likely makes neither less so."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR KeyError: tier in loyalty_discount of cart #"))
    incident.change("aaaaaa1", 600, GUARDED).release("dep-1", 500, "aaaaaa1")
    incident.change("flag-1", 4, kind="flag", ref="loyalty_discount", state="off -> on", title="loyalty_discount on")

    judgement = incident.judge()

    assert judgement.guilty == "flag-1"
    assert judgement.ranked[1].turned_by == "flag-1"


@pytest.mark.parametrize(("alone", "points"), [(True, [0.33, 0.33, None]), (False, [None, None])])
def test_changes_that_came_together_say_so_where_not_all_did(incident, alone, points):
    """Of a larger lot more breaks; where there is but one lot, that tells nothing."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR))
    incident.change("aaaaaa1", 90, RENAMED).change("bbbbbb2", 80, GUARDED)
    incident.release("dep-1", 60, "bbbbbb2", commits=("aaaaaa1", "bbbbbb2"))
    if alone:
        incident.change("cfg-1", 5, POOL, kind="config")

    ranked = {one.id: one for one in incident.judge().ranked if not one.ruled_out}

    names = sorted(ranked)
    found = [next((sign.points for sign in ranked[name].signs if sign.name == "together"), None) for name in names]
    assert found == [one and round(one * WORTH["together"], 2) for one in points]


def test_two_findings_that_it_came_from_outside_leave_less_for_a_change(incident):
    """One may be mistaken; that both are is less likely."""
    incident.calm("shop").log("shop", (-3, 40, POOL_ERROR.replace("ERROR", "WARN")))
    incident.change("cfg-1", 5, POOL, kind="config")
    incident.log("shop", (-3, 40, "ERROR guest reports steal 61%"))
    one = incident.judge()
    incident.log("shop", (-3, 40, "ERROR maps says OVER_DAILY_LIMIT"))
    both = incident.judge()

    assert both.ranked[0].blame < one.ranked[0].blame
    assert len({cause.cause for cause in both.outside}) > len({cause.cause for cause in one.outside})
