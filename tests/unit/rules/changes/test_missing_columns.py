"""Code that asks for a column that the database does not have."""

import pytest

from fermata.rules.changes.missing_columns import judge_missing

MODEL = """
+++ b/app/models/order.py
@@ -10,3 +10,4 @@ class Order(Model):
     total = DecimalField()
+    coupon_id = IntegerField(null=True)
"""
MIGRATION = """
+++ b/db/migrate/20261120_add_coupon.rb
@@ -1,3 +1,4 @@
+    add_column :orders, :coupon_id, :integer
"""
MOVED = """
+++ b/app/models/order.py
@@ -10,3 +10,3 @@ class Order(Model):
-    coupon_id = IntegerField()
+    coupon_id = IntegerField(null=True)
"""
OTHER = MODEL.replace("coupon_id", "coupon_id_old")
MISSING = "ERROR ProgrammingError: column orders.coupon_id does not exist #"


@pytest.mark.parametrize(
    "line",
    [
        MISSING,
        "ERROR Mysql2::Error: Unknown column 'orders.coupon_id' in 'field list' #",
        "ERROR no such column: orders.coupon_id #",
        'ERROR column "coupon_id" of relation "orders" does not exist #',
        'ERROR relation "public.coupon_id" does not exist #',
        "ERROR Table 'shop.coupon_id' doesn't exist #",
    ],
)
def test_code_that_asks_for_a_missing_column_is_named_without_its_migration(incident, line):
    """It only adds a line, and the database misses the very name in it."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, MODEL).release("dep-1", 6, "c0ffee1")

    judgement = incident.judge()

    assert judgement.guilty == "c0ffee1"
    assert "it asks for coupon_id, which the database does not have" in judgement.claim.text


@pytest.mark.parametrize(
    ("line", "diff"),
    [(MISSING, OTHER), (MISSING, MOVED), (MISSING, MIGRATION), (MISSING.replace("ERROR", "INFO"), MODEL),
     ("ERROR coupon_id does not exist #", MODEL)],
    ids=["another name", "asked before", "its own migration", "no failure", "no column"],
)  # fmt: skip
def test_change_that_did_not_begin_to_ask_for_it_has_no_such_sign(incident, line, diff):
    """A migration brings the column, and code that only moves the name asked before."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    assert [sign for change in incident.list_changes() for sign in judge_missing(change, incident.read())] == []
