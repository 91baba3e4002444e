"""Places that stacks name, beside what a change touched."""

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.rules.changes.frames import judge_frames

STACK = 'ERROR boom File "/srv/shop/basket.py", line 11, in {0}'


@pytest.fixture
def framed(incident):
    """Give a function that returns what a stack ties a change of given lines to."""

    def run(header, lines="-    return a\n+    return b", path="shop/basket.py"):
        incident.change("abcdef1", 5, f"+++ b/{path}\n{header}\n{lines}")
        return next(iter(judge_frames(incident.list_changes()[0], incident.read())), None)

    return run


@pytest.mark.parametrize(
    ("function", "points"), [("total", 1.5), ("subtotal", 0.25)], ids=["the same function", "another"]
)
def test_function_that_fails_ties_wherever_its_lines_have_moved(incident, framed, function, points):
    """The stack is of another version by some lines, and names the function."""
    incident.log("shop", (-3, 30, STACK.format(function)))

    found = framed("@@ -90,3 +90,3 @@ def total(basket):")

    assert found.points == points
    assert (f"it changed {function} of" in found.text) == (points > 1)


def test_failure_that_was_over_before_the_change_ties_nothing(incident):
    """A journal still holds what an earlier change had brought."""
    lines = "@@ -10,3 +10,3 @@ def total(basket):\n-    return a\n+    return b"
    incident.change("abcdef1", 5, f"+++ b/shop/basket.py\n{lines}")
    incident.log("shop", (-9, 1, STACK.format("total")))
    symptoms = incident.read()

    assert symptoms.places
    assert list(judge_frames(incident.list_changes()[0], symptoms)) == []


SAVED = "-    save(cart)\n+    keep(cart)"


@pytest.mark.parametrize(
    ("header", "lines", "points"),
    [
        ("@@ -8,4 +8,4 @@ def save(cart):", f"{SAVED}\n \n def total(basket):\n     return basket", 0.25),
        ("@@ -11,4 +11,4 @@ def total(basket):", f"     return basket\n \n def save(cart):\n{SAVED}", 0.25),
        ("@@ -8,2 +8,5 @@", "+def save(cart):\n+    keep(cart)\n+\n def total(basket):\n     return basket", 0.25),
        ("@@ -9,4 +9,4 @@ def save(cart):", f" def total(basket):\n{SAVED}\n     return basket", 2.0),
        ("@@ -8,4 +8,4 @@ def save(cart):", "-LEAST = 1\n+LEAST = 0\n \n def total(basket):\n     return LEAST", 2.0),
        ("@@ -9,3 +9,3 @@ def save(cart):", "+@cached\n def total(basket):\n     return basket", 2.0),
        ("@@ -90,3 +90,3 @@ def save(cart):", "+@cached\n def total(basket):\n     return basket", 1.5),
        ("@@ -90,3 +90,3 @@ def save(cart):", f"{SAVED}\n \n def total(basket):", 0.25),
    ],
    ids=["below", "above", "new above", "itself", "constant", "decorator", "moved decorator", "moved"],
)
def test_function_that_only_stands_beside_what_changed_ties_as_its_file(incident, framed, header, lines, points):
    """The lines around a change often show where the next function begins; a constant is anybody's."""
    incident.log("shop", (-3, 30, STACK.format("total")))

    assert framed(header, lines).points == points


def test_function_that_ruby_names_ties_as_well(incident, framed):
    """Another runtime, another form."""
    incident.log("shop", (-3, 30, "ERROR shop/basket.rb:11:in `Shop::Basket.total'"))

    assert framed("@@ -90,3 +90,3 @@", " def total(a)\n-  a\n+  b", "shop/basket.rb").points == 1.5


@pytest.mark.parametrize(
    ("edges", "line", "points"),
    [
        (["web>shop"], "ERROR malformed order at shop/order_validator.py:11", 1.0),
        (["web>shop"], "ERROR no memory at shop/order_validator.py:11", 2.0),
        (["shop>db"], "ERROR malformed order at shop/order_validator.py:11", 2.0),
        (["web>shop"], "ERROR malformed order at shop/order_reader.py:11", 2.0),
    ],
    ids=["refuses what it is sent", "breaks", "is asked by nobody", "is no check"],
)
def test_check_that_refuses_what_others_send_ties_half(incident, framed, edges, line, points):
    """It is where it was noticed, and who sent it is elsewhere."""
    incident.graph(*edges).calm("shop").log("shop", (-3, 30, line))

    found = framed("@@ -10,3 +10,3 @@", path=line.split()[-1].rpartition(":")[0])

    assert found.points == points


def test_check_ties_half_where_what_it_answers_is_refusals(incident, framed):
    """Its lines say nothing of it, its count of refused requests does."""
    incident.graph("web>shop").calm("shop").log("shop", (-3, 30, "ERROR boom at shop/guard.py:11"))
    incident.metric("shop", "http_422_rate", 1, 90, since=-3)

    assert framed("@@ -10,3 +10,3 @@", path="shop/guard.py").points == 1.0


def test_stack_of_other_files_ties_nothing(incident, framed):
    """Not even where a function is called alike."""
    incident.log("shop", (-3, 30, STACK.format("total")))

    assert framed("@@ -10,3 +10,3 @@ def total(basket):", path="shop/order.py") is None


@pytest.mark.parametrize(
    ("lines", "cited"),
    [
        ("+# a comment\n+def total(basket):\n+    return TABLE[basket]\n+    # the end", "    return TABLE[basket]"),
        (" kept\n-    return a\n+    return b", "    return a"),
    ],
    ids=["the line that fails", "the nearest line"],
)
def test_line_that_is_cited_is_the_nearest_that_takes_effect(incident, framed, lines, cited):
    """A comment at the top of a new file shows nobody what fails."""
    incident.log("shop", (-3, 30, STACK.format("total")))

    assert framed("@@ -9,3 +9,4 @@", lines).line.text == cited


@pytest.mark.parametrize(
    ("below", "points"),
    [
        (
            [
                "\tat a.b.Web.do(Web.java:5)",
                "Caused by: java.lang.NullPointerException: x",
                "\tat com.shop.Price.total(Price.java:41)",
            ],
            1.0,
        ),
        (["INFO next", "Caused by: java.lang.NullPointerException: x"], 2.0),
        ([], 2.0),
    ],
    ids=["wraps another", "is the last", "ends the log"],
)
def test_line_that_wraps_an_exception_ties_half(incident, framed, below, points):
    """Whoever wrote it only says so in other words; it failed where the cause was raised."""
    stack = ["2026-05-20T11:58:00Z ERROR x", "a.b.OrderFailed: no order", "\tat com.shop.Orders.place(Orders.java:11)"]
    incident.add(EvidenceKind.LOGS, "shop", ["2026-05-20T10:05:00Z INFO up", *stack, *below])

    assert framed("@@ -10,3 +10,3 @@", path="src/com/shop/Orders.java").points == points
