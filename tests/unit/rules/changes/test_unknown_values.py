"""Values that a reader says it does not know, and whom they speak for."""

import pytest

from fermata.rules.changes.unknown_values import find_unknown_values, write_plain

KAFKA = (
    '+++ b/notify/Consumer.java\n@@ -3,1 +3,1 @@ consume\n-  topic.subscribe("orders");\n+  topic.subscribe(name());'
)
SENT = "+++ b/shop/Publisher.java\n@@ -3,1 +3,2 @@ publish\n   publish(OPEN);\n+  publish(OrderState.PartShipped);"
UNKNOWN = 'ERROR cannot parse message: unknown order state "PART_SHIPPED" order=#'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("IllegalArgumentException: No enum constant com.acme.PaymentStatus.REFUNDED_PART", "REFUNDED_PART"),
        ('handle order.state: unknown order state "PART_SHIPPED" attempt=3', "PART_SHIPPED"),
        ('Cannot deserialize value of type `a.B` from String "CORRECTED": not one of the values', "CORRECTED"),
        ("unknown variant `GIFT`, expected one of `CARD`, `CASH`", "GIFT"),
        ("ValueError: 'ON_HOLD' is not a valid Status", "ON_HOLD"),
    ],
)
def test_complaint_about_a_value_names_it(text, value):
    """Runtimes and people word it each in their way."""
    assert find_unknown_values([text]) == {write_plain(value): value}


@pytest.mark.parametrize("text", ["unknown host shop-db", "invalid token in line 3", "No enum constant found"])
def test_complaint_about_anything_else_names_none(text):
    """Only what stands in capitals, as states and kinds do, is taken for one."""
    assert find_unknown_values([text]) == {}


def test_value_is_compared_however_its_words_are_joined():
    """A program writes it as its language does."""
    assert write_plain("PartShipped") == write_plain("PART_SHIPPED") == write_plain("part-shipped")


def test_change_that_is_not_about_the_unknown_value_is_tied_less(incident):
    """Who reads it is not to blame for what it is sent; who began to send it is."""
    incident.graph("shop>orders", "notify>orders", orders="queue").calm("notify")
    known = 'ERROR cannot parse message: no end of "text" order=#'
    incident.names = ["notify"]
    incident.change("reader1", 30, KAFKA, service="notify").release("dep-1", 8, "reader1", service="notify")
    plain = incident.log("notify", (-3, 40, known)).judge()
    incident.evidence.pop()
    incident.log("notify", (-3, 40, UNKNOWN))

    other = incident.judge()
    both = incident.change("sender1", 30, SENT).release("dep-2", 6, "sender1").judge()

    assert 0 < other.ranked[0].tie < 0.6 * plain.ranked[0].tie
    assert other.guilty is None
    assert other.checks[0].startswith("Find who began to send PART_SHIPPED: ")
    assert both.ranked[0].id == "sender1"
    assert not any(check.startswith("Find who began") for check in both.checks)
