"""Edits of what two sides hold in common without saying so."""

from functools import partial

import pytest
from tests.unit.rules.changes.edit_scene import find_edits

from fermata.rules.changes.agreed_edits import AGREED_FINDERS

find = partial(find_edits, AGREED_FINDERS)


@pytest.mark.parametrize(
    ("body", "text", "kind"),
    [
        ('-  bus.publish("order.paid", o)\n+  bus.publish("orders.paid", o)', "is called orders.paid", "backlog"),
        ("-  set_header('X-Account', id)\n+  set_header('X-Subject', id)", "X-Account is called X-Subject", "auth"),
        ('-  Cookie("sid", id)\n+  Cookie("session_id", id)', "sid is called session_id", "auth"),
        ('-  os.environ["MAIL_KEY"]\n+  os.environ["SMTP_KEY"]', "MAIL_KEY is called SMTP_KEY", "config"),
        (' class Status(Enum):\n-    OPEN = "OPEN"\n+    OPEN = "open"', "OPEN is called open", "parse"),
        ('-  body.get("iban")\n+  body.get("account_iban")', "iban is called account_iban", "null"),
        ('-  use("stripe")\n+  use("adyen")', "stripe is called adyen", "notfound"),
    ],
)  # fmt: skip
def test_name_that_gives_way_to_another_is_missed(as_lines, body, text, kind):
    """Who else uses the old name misses it; what that brings depends on what is called so."""
    found = find(as_lines, body)

    assert any(text in name and kind in edit.brings for name, edit in found.items())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.py", '-  publish("order.paid", o)\n+  publish("orders.paid", o)\n+  OLD = "order.paid"'),
        ("a.py", '-  label("total_sum")\n+  label("sum")'),
        ("a.py", "-  return 'ERROR'\n+  return 'warn'"),
        ("a.py", '-  return "Other"\n+  return "Others"'),
        ("a.py", '-  start_span("get")\n+  start_span("orders.get")'),
        ("a.py", '-  raise Bad("iban")\n+  raise Bad("no_iban")'),
        ("a.py", '-  say("two words")\n+  say("three more words")'),
        ("a.py", '-  move("a_one", "b_one")\n+  move("a_two", "b_two")'),
        ("a.py", "-  use('stripe')\n+  use(\"stripe\")"),
        ("a.py", '-  use("stripe")\n+  take("adyen")'),
        ("a.yaml", '-  topic: "order.paid"\n+  topic: "orders.paid"'),
    ],
)
def test_name_that_is_kept_or_for_people_is_no_edit(as_lines, path, body):
    """It stands elsewhere still, is read by people alone, or another thing is done; settings have rows of their own."""
    assert not any("is called" in text for text in find(as_lines, body, path))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("-  return length / metres_per_km\n+  return length", "data"),
        ("-  refund(amount / 100)\n+  refund(amount)", "data"),
        ("-  MaxBytes: cfg.MaxUploadMB << 20,\n+  MaxBytes: cfg.MaxUploadMB,", "size"),
        ("-  used * 100 >= limit\n+  used >= limit", "ratelimit"),
        ("-  timeout = seconds\n+  timeout = seconds * 1_000", "timeout"),
        ("-  ttl = days\n+  ttl = days * 24 * 3600", "cache"),
        ("-  sum(a).times(100)\n+  sum(a)", "data"),
    ],
)
def test_factor_between_two_units_that_one_side_lacks_is_an_edit(as_lines, body, kind):
    """An amount that is no longer taken from one unit to the other is off by that much."""
    found = find(as_lines, body)

    assert any("times or by" in text and kind in edit.brings for text, edit in found.items())


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.go", "-  n := cfg.MB << 20\n+  n := cfg.MB * 1024 * 1024"),
        ("a.py", "-  ttl = 3600\n+  ttl = 60 * 60"),
        ("a.py", "-  a = b / 100\n+  a = b / 60"),
        ("a.py", "-  a = b / 3\n+  a = b"),
        ("a.py", "-  a = b / metres_per_km\n+  a = c / metres_per_km"),
        ("a.py", "+  a = b / 100"),
        ("a.yaml", "-  a: b / 100\n+  a: b"),
    ],
)
def test_same_amount_written_otherwise_is_no_edit(as_lines, path, body):
    """The product is the same, another factor took its place, it is no unit, or nothing was there to be off from."""
    assert not any("times or by" in text for text in find(as_lines, body, path))


def test_factor_that_came_is_not_said_to_have_gone(as_lines):
    """People read the sentence beside the diff."""
    assert [*find(as_lines, "-  ttl = days\n+  ttl = days * 24")] == ["an amount is now taken times or by 24"]
    assert [*find(as_lines, "-  ttl = days * 24\n+  ttl = days")] == ["an amount is no longer taken times or by 24"]


def test_table_of_many_factors_is_compared(as_lines):
    """Their product would be more than a number can be; one factor of nought makes none of the others equal."""
    lines = "\n".join(f"-  a{n} = b{n} * 1_000_000" for n in range(60))

    assert any("times or by" in text for text in find(as_lines, f"{lines}\n+  a = b"))
    assert any("times or by" in text for text in find(as_lines, "-  a = b * 1_000 * 0\n+  a = b * 0"))


def test_value_that_is_asked_of_what_a_thing_belongs_to_is_asked_for_each(as_lines):
    """`order.customer_name` lay at hand; `order.customer.name` is looked up for each order."""
    found = find(as_lines, "-  <%= order.customer_name %>\n+  <%= order.customer.name %>", "row.html.erb")

    assert "query" in found["customer_name is asked of what it belongs to"].brings


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("row.erb", "-  order.customer_name\n+  order.customer_title"),
        ("row.erb", "-  order.customer_name\n+  order.customer.name || order.customer_name"),
        ("row.yaml", "-  a: order.customer_name\n+  a: order.customer.name"),
    ],
)
def test_value_that_stays_at_hand_is_not_asked_for(as_lines, path, body):
    """Another value, the same one still in use, or a file of settings."""
    assert not any("belongs to" in text for text in find(as_lines, body, path))
